"""Quiet hours, by default from nine in the evening

Revision ID: e0517a4d92cb
Revises: 27fd8c3e6b90
"""

import sqlalchemy as sa
from alembic import op

revision = "e0517a4d92cb"
down_revision = "27fd8c3e6b90"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("business", sa.Column("quiet_from", sa.Time()))
    op.execute("UPDATE business SET quiet_from = TIME '21:00' WHERE quiet_from IS NULL")


def downgrade():
    op.drop_column("business", "quiet_from")
