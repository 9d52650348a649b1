"""Customers and their leads

Revision ID: 1c0f2a9be301
Revises: none
"""

import sqlalchemy as sa
from alembic import op

revision = "1c0f2a9be301"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "business",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False, server_default="UTC"),
    )
    op.create_table(
        "settings",
        sa.Column("business_id", sa.Integer(), sa.ForeignKey("business.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("value", sa.Text(), nullable=False),
    )
    op.create_table(
        "leads",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("tenant_id", sa.Integer(), sa.ForeignKey("business.id"), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False, server_default="new"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    )
    op.create_index("ix_leads_tenant_status", "leads", ["tenant_id", "status"])


def downgrade():
    op.drop_table("leads")
    op.drop_table("settings")
    op.drop_table("business")
