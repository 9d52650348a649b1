"""A table to fill, a ledger of every change to its rows, and the audit of the two.

The ledger is written by a trigger, in the transaction that changes the row: it knows what was committed, and whatever
a runner says of itself is held against it. Its sequence also counts what is not committed yet, so that an accident can
be timed into the middle of a batch.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import psycopg

APPLICATION = "application"
"""The application_name of the changes that the tests make beside the runner, all of them to `visits`."""

SCHEMA = """
CREATE TABLE leads (
    id bigint PRIMARY KEY, first_name text, last_name text, name text, visits integer NOT NULL DEFAULT 0, notes text
);
INSERT INTO leads (id, first_name, last_name, name, notes)
SELECT n * 3,
    CASE WHEN n > 700 AND n %% 20 <> 0 THEN 'First ' || n END,
    CASE WHEN n > 700 AND n %% 20 <> 0 THEN 'Last ' || n END,
    CASE WHEN n %% 7 = 0 THEN 'Named already' END,
    'Lead ' || md5(n::text)
FROM generate_series(1, %(rows)s) AS n;

CREATE TABLE call_log AS SELECT id AS lead_id, 'inbound' AS direction FROM leads WHERE id %% 5 = 0;

CREATE SCHEMA ledger;
CREATE SEQUENCE ledger.progress;
CREATE TABLE ledger.entries (id bigint, xact xid8, pid integer, application text, number bigint);
CREATE FUNCTION ledger.enter() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger.entries VALUES (
        NEW.id, pg_current_xact_id(), pg_backend_pid(), current_setting('application_name'), nextval('ledger.progress')
    );
    RETURN NULL;
END $$;
CREATE TRIGGER enter AFTER UPDATE ON leads FOR EACH ROW EXECUTE FUNCTION ledger.enter();
CREATE FUNCTION ledger.fatten() RETURNS void LANGUAGE sql AS $$
    INSERT INTO ledger.entries SELECT -1, '3', 0, 'application', 0 FROM generate_series(1, 350000)
$$;
CREATE TABLE ledger.leads AS TABLE leads;
CREATE TABLE ledger.call_log AS TABLE call_log;
CREATE VIEW ledger.expected AS
SELECT id, first_name || ' ' || last_name AS name FROM ledger.leads WHERE name IS NULL AND first_name IS NOT NULL;
ANALYZE;
"""
"""The first 700 rows, and every 20th after them, have no source; every 7th is done already; the ids have gaps."""

UNSEEN = """
DROP TABLE ledger.entries;
CREATE OR REPLACE FUNCTION ledger.enter() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lo_from_bytea(0, convert_to(json_build_array(
        NEW.id, pg_current_xact_id()::text, current_setting('application_name'), nextval('ledger.progress')
    )::text, 'UTF8'));
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION ledger.fatten() RETURNS void LANGUAGE plpgsql AS $$ BEGIN
    PERFORM lo_from_bytea(1, string_agg(decode(md5(n::text), 'hex'), '')) FROM generate_series(1, 1500000) AS n;
END $$;
CREATE VIEW ledger.entries AS
SELECT (entry ->> 0)::bigint AS id, (entry ->> 1)::xid8 AS xact, entry ->> 2 AS application
FROM (SELECT convert_from(lo_get(oid), 'UTF8')::json AS entry FROM pg_largeobject_metadata WHERE oid <> 1) AS entries;
SET allow_system_table_mods = on;
UPDATE pg_trigger SET tgisinternal = true WHERE tgname = 'enter';
"""
"""A ledger that a runner cannot see, so that it works as on a table without triggers: the trigger passes for one of the
server's own, and writes large objects, which no statistics tell."""

_AUDIT = """
WITH entries AS (SELECT id, xact FROM ledger.entries WHERE application <> %(application)s),
visited AS (SELECT id, count(*) AS visits FROM ledger.entries WHERE application = %(application)s GROUP BY id)
SELECT
    (SELECT count(*) FROM ledger.expected JOIN leads USING (id) WHERE leads.name IS NULL),
    (SELECT count(*) FROM ledger.expected AS e JOIN leads USING (id) WHERE leads.name <> e.name),
    (SELECT count(*) FROM (SELECT FROM entries GROUP BY id HAVING count(*) > 1) AS again),
    (SELECT count(*) FROM entries WHERE NOT EXISTS (SELECT FROM ledger.expected AS e WHERE e.id = entries.id)),
    (SELECT count(*) FROM leads AS now FULL JOIN ledger.leads AS old USING (id) LEFT JOIN visited USING (id)
     WHERE (now.first_name, now.last_name, now.notes, now.visits)
         IS DISTINCT FROM (old.first_name, old.last_name, old.notes, old.visits + COALESCE(visited.visits, 0))
     OR (old.name IS NOT NULL OR old.first_name IS NULL) AND now.name IS DISTINCT FROM old.name),
    (SELECT count(*) FROM (TABLE call_log EXCEPT ALL TABLE ledger.call_log) AS added)
    + (SELECT count(*) FROM (TABLE ledger.call_log EXCEPT ALL TABLE call_log) AS removed),
    (SELECT count(*) FROM entries),
    (SELECT count(DISTINCT xact) FROM entries)
"""


@dataclass(frozen=True, slots=True)
class Report:
    """What a runner says of itself."""

    state: str
    changed: int
    parts: int
    """Changed, unchanged, done already, locked and quarantined rows together."""
    examined: int
    batches: int

    @property
    def finished(self) -> bool:
        """Whether it claims that nothing is left."""
        return self.state == "completed"


@dataclass(frozen=True, slots=True)
class Audit:
    """What became of the rows: numbers of rows of which there must be none."""

    lost: int
    """Rows that should have been changed and were not."""
    wrong: int
    """Rows that were given another value than their own."""
    twice: int
    """Rows changed more than once."""
    outside: int
    """Changes of rows that were not to be changed."""
    elsewhere: int
    """Rows of which other columns changed, or that came, went or changed outside of the target set."""
    other_tables: int
    """Rows that another table gained or lost."""
    miscounted: int
    """By how much the runner's count differs from the ledger's."""
    unaccounted: int
    """Rows that the runner examined and says nothing of."""
    uncounted_batches: int
    """Transactions in the ledger beyond the batches that the runner counts."""

    @property
    def clean(self) -> bool:
        """Whether all is as it must be."""
        return not any(getattr(self, field.name) for field in fields(self))


def install(url: str, rows: int, *, unseen: bool = False) -> None:
    """Make the tables, with what they must become, in an empty database; the ledger so that a runner sees it, or not."""
    with psycopg.connect(url, autocommit=True) as connection:
        psycopg.ClientCursor(connection).execute(SCHEMA, {"rows": rows})
        if unseen:
            connection.execute(UNSEEN)


def audit(url: str, report: Report) -> Audit:
    """Hold the rows against what they must be, and the report against the ledger."""
    with psycopg.connect(url) as connection:
        found = connection.execute(_AUDIT, {"application": APPLICATION}).fetchone()
        assert found is not None
        *rows, changed, batches = found
    counted = (abs(report.changed - changed), abs(report.examined - report.parts), max(0, batches - report.batches))
    return Audit(*(int(number) for number in (*rows, *counted)))


def begun(connection: psycopg.Connection) -> int:
    """Count the changes made so far, those included that are not committed and that may never be."""
    found = connection.execute("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM ledger.progress")
    return int((found.fetchone() or (0,))[0])


def rolled_back(url: str) -> int:
    """Count the changes that accidents took back: how often, in rows, the middle of a transaction was hit."""
    with psycopg.connect(url) as connection:
        committed = connection.execute("SELECT count(*) FROM ledger.entries").fetchone() or (0,)
        return begun(connection) - int(committed[0])
