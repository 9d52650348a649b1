"""What several migrations do."""

from alembic import op

FILL = "UPDATE {} SET status = 'new' WHERE status IS NULL"


def fill(table):
    """Give rows without a status one."""
    op.execute(FILL.format(table))
