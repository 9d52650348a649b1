"""Receipts in other currencies than the dollar

Revision ID: c94e05b6a217
Revises: 83a6e1d07f54
"""

import sqlalchemy as sa
from alembic import op

revision = "c94e05b6a217"
down_revision = "83a6e1d07f54"
branch_labels = None
depends_on = None


def upgrade():
    # PostgreSQL keeps a constant default in the catalogue: no row is rewritten.
    op.add_column("receipts", sa.Column("currency", sa.CHAR(3), nullable=False, server_default="USD"))
    op.execute("ALTER TABLE receipts ADD CONSTRAINT receipts_cents_positive CHECK (cents > 0) NOT VALID")


def downgrade():
    op.execute("ALTER TABLE receipts DROP CONSTRAINT receipts_cents_positive")
    op.drop_column("receipts", "currency")
