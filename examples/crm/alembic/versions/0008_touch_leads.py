"""A lead knows when it was last touched

Revision ID: b17c40d95ea3
Revises: 6a38f1bc04de
"""

import sqlalchemy as sa
from alembic import op

revision = "b17c40d95ea3"
down_revision = "6a38f1bc04de"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("leads", sa.Column("touched_at", sa.DateTime(timezone=True)))
    # The function runs when the application writes a call, not while this migration does.
    op.execute(
        """
        CREATE FUNCTION touch_lead() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE leads SET touched_at = now() WHERE id = NEW.lead_id;
            RETURN NEW;
        END
        $$
        """
    )
    op.execute("CREATE TRIGGER call_touches_lead AFTER INSERT ON call_log FOR EACH ROW EXECUTE FUNCTION touch_lead()")


def downgrade():
    op.execute("DROP TRIGGER call_touches_lead ON call_log")
    op.execute("DROP FUNCTION touch_lead()")
    op.drop_column("leads", "touched_at")
