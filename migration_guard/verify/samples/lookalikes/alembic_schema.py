"""Changes the schema, and looks as if it changed data."""

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "b1"
down_revision = None

UPDATE_HELP = "UPDATE guard_sample_leads SET status = 'new' is what nobody runs"


def upgrade():
    options = {"nullable": True}
    options.update({"comment": "DELETE FROM is only a word here"})
    digest = hashlib.sha256()
    digest.update(b"INSERT INTO nothing")
    op.create_table(
        "guard_sample_updates",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("lead_id", sa.Integer(), sa.ForeignKey("guard_sample_leads.id", ondelete="CASCADE", onupdate="CASCADE")),
    )
    op.add_column("guard_sample_leads", sa.Column("updated_at", sa.DateTime(), **options))
    op.execute("ALTER TABLE guard_sample_leads ALTER COLUMN status SET DEFAULT 'delete from'")
    op.execute("COMMENT ON COLUMN guard_sample_leads.status IS 'UPDATE guard_sample_leads SET status'")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON guard_sample_leads TO guard_sample_app")
    op.execute("SET LOCAL lock_timeout = '5s'")


def downgrade():
    op.drop_column("guard_sample_leads", "updated_at")
    op.drop_table("guard_sample_updates")
