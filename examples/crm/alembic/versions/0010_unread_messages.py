"""Unread messages are found by an index

Revision ID: f6b03c7d18e5
Revises: 4de92b706fa8
"""

import sqlalchemy as sa
from alembic import op

revision = "f6b03c7d18e5"
down_revision = "4de92b706fa8"
branch_labels = None
depends_on = None


def upgrade():
    with op.get_context().autocommit_block():
        op.create_index(
            "ix_messages_unread",
            "messages",
            ["lead_id"],
            postgresql_where=sa.text("read_at IS NULL"),
            postgresql_concurrently=True,
        )


def downgrade():
    with op.get_context().autocommit_block():
        op.drop_index("ix_messages_unread", "messages", postgresql_concurrently=True)
