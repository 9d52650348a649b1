"""Clean: the UPDATE runs when the trigger fires, not when the migration does."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade():
    op.execute(
        """
        CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE owners SET touched = now() WHERE id = NEW.id;
            RETURN NEW;
        END $$
        """
    )
