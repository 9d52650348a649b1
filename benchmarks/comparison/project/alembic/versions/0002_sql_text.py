"""Changes rows: a statement that stands where it is executed."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.execute("UPDATE leads SET status = 'new' WHERE status IS NULL")
