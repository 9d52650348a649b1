"""Tags are written in lower case

Revision ID: 6a38f1bc04de
Revises: e0517a4d92cb
"""

from alembic import op

revision = "6a38f1bc04de"
down_revision = "e0517a4d92cb"
branch_labels = None
depends_on = None


TAGS = "lead_tags"


def upgrade():
    op.execute(f"UPDATE {TAGS} SET name = lower(name) WHERE name <> lower(name)")
    op.create_check_constraint("lead_tags_lower_case", TAGS, "name = lower(name)")


def downgrade():
    op.drop_constraint("lead_tags_lower_case", TAGS)
