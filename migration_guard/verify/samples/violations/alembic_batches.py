import sqlalchemy as sa
from alembic import op

revision = "a3"
down_revision = "a2"


def upgrade():
    op.add_column("guard_sample_leads", sa.Column("region", sa.Text()))
    connection = op.get_bind()
    while True:  # expect: MG302
        changed = connection.execute(
            sa.text(
                "UPDATE guard_sample_leads SET region = 'eu' "  # expect: MG101, MG301
                "WHERE id IN (SELECT id FROM guard_sample_leads WHERE region IS NULL LIMIT 500)"
            )
        )
        if not changed.rowcount:
            break


def downgrade():
    op.drop_column("guard_sample_leads", "region")
