"""Schema migrations of the CRM that came before Alembic and still run at every start of the server.

Each block checks whether it has been applied, so the script may be run any number of times. Blocks are numbered by
a comment; the number is the name by which the operators speak of them.
"""

from __future__ import annotations

import logging
import os

from sqlalchemy import Engine, create_engine, text

log = logging.getLogger(__name__)

LEAD_STATUSES = ("new", "contacted", "won", "lost")


def exec_ddl(engine: Engine, sql: str) -> None:
    """Change the schema, and give up quickly rather than queue behind a long transaction."""
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL lock_timeout = '5s'"))
        connection.execute(text("SET LOCAL statement_timeout = '30s'"))
        connection.execute(text(sql))


def exec_dml(engine: Engine, sql: str) -> int:
    """Change rows; returns how many."""
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL lock_timeout = '5s'"))
        return int(connection.execute(text(sql)).rowcount)


def table_exists(engine: Engine, table: str) -> bool:
    with engine.connect() as connection:
        return connection.execute(text("SELECT to_regclass(:name)"), {"name": table}).scalar() is not None


def column_exists(engine: Engine, table: str, column: str) -> bool:
    query = "SELECT 1 FROM information_schema.columns WHERE table_name = :table AND column_name = :column"
    with engine.connect() as connection:
        return connection.execute(text(query), {"table": table, "column": column}).first() is not None


def index_exists(engine: Engine, index: str) -> bool:
    with engine.connect() as connection:
        return (
            connection.execute(text("SELECT 1 FROM pg_indexes WHERE indexname = :name"), {"name": index}).first()
            is not None
        )


def apply_migrations(engine: Engine) -> list[str]:
    """Apply what is missing; returns the numbers of the blocks that did something."""
    applied: list[str] = []

    # Migration 30: Add recording_url to call_log
    if not column_exists(engine, "call_log", "recording_url"):
        exec_ddl(engine, "ALTER TABLE call_log ADD COLUMN recording_url text")
        applied.append("30")

    # Migration 31: Index call_log by lead and time
    if not index_exists(engine, "ix_call_log_lead_time"):
        exec_ddl(engine, "CREATE INDEX ix_call_log_lead_time ON call_log (lead_id, created_at)")
        applied.append("31")

    # Migration 32: Add plan to business
    if not column_exists(engine, "business", "plan"):
        exec_ddl(engine, "ALTER TABLE business ADD COLUMN plan text")
        exec_dml(engine, "UPDATE business SET plan = 'standard' WHERE plan IS NULL")
        exec_ddl(engine, "ALTER TABLE business ALTER COLUMN plan SET NOT NULL")
        applied.append("32")

    # Migration 33: Replace the old reminder settings
    if table_exists(engine, "settings"):
        removed = exec_dml(engine, "DELETE FROM settings WHERE name IN ('remind_email', 'remind_sms')")
        if removed:
            log.info("removed %s reminder settings", removed)
            applied.append("33")

    # Migration 34: Receipts know their business
    if not column_exists(engine, "receipts", "tenant_id"):
        exec_ddl(engine, "ALTER TABLE receipts ADD COLUMN tenant_id integer REFERENCES business (id)")
        exec_dml(
            engine,
            """
            UPDATE receipts
            SET tenant_id = leads.tenant_id
            FROM leads
            WHERE leads.id = receipts.lead_id
            """,
        )
        applied.append("34")

    # Migration 35: Campaigns, one row for each import so far
    if not table_exists(engine, "campaigns"):
        exec_ddl(
            engine,
            """
            CREATE TABLE campaigns (
                id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                tenant_id integer NOT NULL REFERENCES business (id) ON DELETE CASCADE,
                name text NOT NULL
            )
            """,
        )
        exec_dml(
            engine,
            """
            INSERT INTO campaigns (tenant_id, name)
            SELECT DISTINCT tenant_id, 'Import of ' || created_at::date
            FROM leads
            """,
        )
        applied.append("35")

    # Migration 36: Add last_call_direction to leads
    # The backfill has moved to server/db_backfills.py, where it runs in small batches after the deployment.
    if not column_exists(engine, "leads", "last_call_direction"):
        exec_ddl(engine, "ALTER TABLE leads ADD COLUMN last_call_direction text")
        applied.append("36")

    # Migration 37: Message threads
    # Backfill thread_id by hand tonight, before the column becomes NOT NULL.
    if not column_exists(engine, "messages", "thread_id"):
        exec_ddl(engine, "ALTER TABLE messages ADD COLUMN thread_id bigint")
        applied.append("37")

    # Migration 38: Count unread messages of a lead in the database
    exec_ddl(
        engine,
        """
        CREATE OR REPLACE FUNCTION mark_read(lead bigint) RETURNS void LANGUAGE sql AS $$
            UPDATE messages SET read_at = now() WHERE lead_id = lead AND read_at IS NULL
        $$
        """,
    )

    # Migration 39: Statuses come from a fixed list
    allowed = ", ".join(f"'{status}'" for status in LEAD_STATUSES)
    if not index_exists(engine, "ix_leads_open"):
        exec_dml(engine, f"UPDATE leads SET status = 'lost' WHERE status NOT IN ({allowed})")
        exec_ddl(engine, "CREATE INDEX ix_leads_open ON leads (tenant_id) WHERE status IN ('new', 'contacted')")
        applied.append("39")

    # Migration 40: Appointments without a lead are left over from the first version
    exec_dml(engine, 'DELETE FROM "appointments" a WHERE NOT EXISTS (SELECT 1 FROM leads l WHERE l.id = a.lead_id)')

    # Migration 41: The dialler's queue starts afresh
    if table_exists(engine, "dialler_queue"):
        exec_dml(engine, "TRUNCATE dialler_queue")
        applied.append("41")

    # Migration 42: Fixes that support has written down for single customers
    for name in sorted(os.listdir("support/fixes")) if os.path.isdir("support/fixes") else ():
        exec_dml(engine, os.environ[f"FIX_{name.upper()}"])
        applied.append("42")

    # Migration 42a: Time zones of businesses that registered before there were any
    exec_dml(engine, "UPDATE business SET time_zone = 'UTC' WHERE time_zone = ''")

    # Migration 43: The summary of calls becomes a view
    exec_ddl(
        engine,
        """
        CREATE OR REPLACE VIEW call_summary AS
        SELECT lead_id, count(*) AS calls, max(created_at) AS last_call
        FROM call_log
        GROUP BY lead_id
        """,
    )

    # Migration 44: Leads are deleted with their business
    exec_ddl(engine, "ALTER TABLE leads DROP CONSTRAINT IF EXISTS leads_tenant_id_fkey")
    exec_ddl(
        engine,
        "ALTER TABLE leads ADD CONSTRAINT leads_tenant_id_fkey "
        "FOREIGN KEY (tenant_id) REFERENCES business (id) ON DELETE CASCADE NOT VALID",
    )
    exec_ddl(engine, "ALTER TABLE leads VALIDATE CONSTRAINT leads_tenant_id_fkey")

    # Migration 45: Messages of the same minute are shown once
    exec_dml(
        engine,
        """
        WITH doubled AS (
            SELECT id, row_number() OVER (PARTITION BY lead_id, body ORDER BY id) AS copy
            FROM messages
        )
        DELETE FROM messages
        USING doubled
        WHERE messages.id = doubled.id AND doubled.copy > 1
        """,
    )

    # Migration 46: Support may change messages, the reporting role only reads
    exec_ddl(engine, "GRANT UPDATE, DELETE ON messages TO support")
    exec_ddl(engine, "GRANT SELECT ON messages TO reporting")

    return applied


def main() -> None:
    logging.basicConfig(level=logging.INFO)
    applied = apply_migrations(create_engine(os.environ["DATABASE_URL"]))
    log.info("applied: %s", ", ".join(applied) or "nothing")


if __name__ == "__main__":
    main()
