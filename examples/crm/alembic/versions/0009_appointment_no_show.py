"""An appointment may end as a no-show

Revision ID: 4de92b706fa8
Revises: b17c40d95ea3
"""

from alembic import op

revision = "4de92b706fa8"
down_revision = "b17c40d95ea3"
branch_labels = None
depends_on = None


STATES = "appointments_state"


def upgrade():
    op.create_check_constraint(STATES, "appointments", "state IN ('booked', 'kept', 'cancelled', 'no_show')")


def downgrade():
    op.drop_constraint(STATES, "appointments")
    # The older application does not know the new state.
    op.execute("UPDATE appointments SET state = 'cancelled' WHERE state = 'no_show'")
