"""What was said: calls, messages, appointments, receipts

Revision ID: 5b7d90e4c812
Revises: 1c0f2a9be301
"""

import sqlalchemy as sa
from alembic import op

revision = "5b7d90e4c812"
down_revision = "1c0f2a9be301"
branch_labels = None
depends_on = None


def lead_id():
    return sa.Column("lead_id", sa.BigInteger(), sa.ForeignKey("leads.id", ondelete="CASCADE"), nullable=False)


def upgrade():
    op.create_table(
        "call_log",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        lead_id(),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        lead_id(),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "appointments",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        lead_id(),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, server_default="booked"),
    )
    op.create_table(
        "receipts",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        lead_id(),
        sa.Column("cents", sa.BigInteger(), nullable=False),
    )


def downgrade():
    for table in ("receipts", "appointments", "messages", "call_log"):
        op.drop_table(table)
