"""Changes rows: a helper of the repository puts the statement together."""

from shared.rows import fill

revision = "0003"
down_revision = "0002"


def upgrade():
    for table in ("leads", "leads_archive"):
        fill(table)
