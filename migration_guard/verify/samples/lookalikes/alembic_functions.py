"""Creates functions, triggers and policies, whose statements run later or never."""

from alembic import op

revision = "b2"
down_revision = "b1"


def upgrade():
    op.execute(
        """
        CREATE FUNCTION guard_sample_touch() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE guard_sample_leads SET updated_at = now() WHERE id = NEW.lead_id;
            DELETE FROM guard_sample_cache;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER guard_sample_touched AFTER INSERT OR UPDATE OR DELETE ON guard_sample_calls "
        "FOR EACH ROW EXECUTE FUNCTION guard_sample_touch()"
    )
    op.execute("CREATE POLICY guard_sample_own ON guard_sample_leads FOR UPDATE USING (owner = current_user)")
    op.execute("CREATE VIEW guard_sample_open AS SELECT * FROM guard_sample_leads WHERE status <> 'deleted'")


def downgrade():
    op.execute("DROP VIEW guard_sample_open")
    op.execute("DROP FUNCTION guard_sample_touch CASCADE")
