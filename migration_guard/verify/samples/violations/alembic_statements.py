import sqlalchemy as sa
from alembic import op

revision = "a1"
down_revision = None

leads = sa.table("guard_sample_leads", sa.column("status"))


def upgrade():
    op.execute("UPDATE guard_sample_leads SET status = 'new'")  # expect: MG101
    op.execute(leads.update().values(status="new"))  # expect: MG101
    op.execute("INSERT INTO guard_sample_archive (id) SELECT id FROM guard_sample_leads")  # expect: MG102
    op.execute("CREATE TABLE guard_sample_copy AS SELECT * FROM guard_sample_leads")  # expect: MG102
    op.execute("DELETE FROM guard_sample_leads WHERE status = 'spam'")  # expect: MG103
    op.execute("TRUNCATE guard_sample_leads")  # expect: MG104
    op.execute(
        "MERGE INTO guard_sample_leads l USING guard_sample_archive a ON a.id = l.id "  # expect: MG105
        "WHEN MATCHED THEN UPDATE SET status = 'old'"
    )
    op.execute(
        """
        WITH moved AS (
            DELETE FROM guard_sample_leads RETURNING id  -- expect: MG103
        )
        INSERT INTO guard_sample_archive (id) SELECT id FROM moved  -- expect: MG102
        """
    )
    op.execute("DO $$ BEGIN UPDATE guard_sample_leads SET status = 'x'; END $$")  # expect: MG101


def downgrade():
    pass
