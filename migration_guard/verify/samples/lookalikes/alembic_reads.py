"""Reads, and fills only a table that it has just created."""

import sqlalchemy as sa
from alembic import op

revision = "b3"
down_revision = "b2"


def upgrade():
    connection = op.get_bind()
    waiting = connection.execute(sa.text("SELECT count(*) FROM guard_sample_leads WHERE status = 'update'")).scalar()
    if waiting:
        connection.execute(sa.text("SELECT id FROM guard_sample_leads FOR UPDATE NOWAIT"))
    op.create_table("guard_sample_kinds", sa.Column("name", sa.Text()))
    op.execute("UPDATE guard_sample_kinds SET name = 'new'")
    op.execute("DELETE FROM guard_sample_kinds")


def downgrade():
    op.drop_table("guard_sample_kinds")
