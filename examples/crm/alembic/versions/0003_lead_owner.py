"""Every lead has an owner

Revision ID: 83a6e1d07f54
Revises: 5b7d90e4c812
"""

import sqlalchemy as sa
from alembic import op

revision = "83a6e1d07f54"
down_revision = "5b7d90e4c812"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("leads", sa.Column("owner_id", sa.Integer(), nullable=True))
    op.execute(
        """
        UPDATE leads l
        SET owner_id = s.value::integer
        FROM settings s
        WHERE s.business_id = l.tenant_id AND s.name = 'default_owner'
        """
    )
    op.alter_column("leads", "owner_id", nullable=False)


def downgrade():
    op.drop_column("leads", "owner_id")
