"""Changes rows: SQLAlchemy's expressions."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

leads = sa.table("leads", sa.column("name", sa.Text), sa.column("status", sa.Text))


def upgrade():
    op.get_bind().execute(leads.update().where(leads.c.status == "").values(status="new"))
