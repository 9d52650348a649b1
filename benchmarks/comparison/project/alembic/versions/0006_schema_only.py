"""Clean, though words say otherwise: UPDATE leads SET status = 'new'."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade():
    # We used to run op.execute("UPDATE leads SET status = 'new'") here.
    op.add_column("leads", sa.Column("last_update", sa.DateTime, comment="when DELETE FROM leads was last thought of"))
