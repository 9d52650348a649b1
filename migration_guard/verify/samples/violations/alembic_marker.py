import sqlalchemy as sa
from alembic import op

revision = "a4"
down_revision = "a3"


def upgrade():
    # Backfill the region of old leads  # expect: MG201
    op.add_column("guard_sample_leads", sa.Column("area", sa.Text()))


def downgrade():
    op.drop_column("guard_sample_leads", "area")
