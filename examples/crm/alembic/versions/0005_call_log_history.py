"""Calls older than a year go to a table of their own

Revision ID: 27fd8c3e6b90
Revises: c94e05b6a217
"""

import sqlalchemy as sa
from alembic import op

revision = "27fd8c3e6b90"
down_revision = "c94e05b6a217"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "call_log_history",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("lead_id", sa.BigInteger(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    connection = op.get_bind()
    connection.execute(
        sa.text(
            """
            INSERT INTO call_log_history (id, lead_id, direction, seconds, created_at)
            SELECT id, lead_id, direction, seconds, created_at
            FROM call_log
            WHERE created_at < now() - interval '1 year'
            """
        )
    )
    connection.execute(sa.text("DELETE FROM call_log WHERE created_at < now() - interval '1 year'"))


def downgrade():
    op.drop_table("call_log_history")
