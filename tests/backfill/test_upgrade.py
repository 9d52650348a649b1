"""The state of the version before goes on in place, and what it took for complete is looked at again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import psycopg
import pytest

from migration_guard.backfill import Backfill, BackfillUnfinished, LegacyBackfill, require_backfill, run
from migration_guard.backfill.connect import address, engine
from migration_guard.backfill.errors import CannotRun
from migration_guard.backfill.session import Session
from migration_guard.backfill.state import Store

DUMPS = Path(__file__).parents[1] / "fixtures" / "state"
DUMP = DUMPS / "version_1.sql"
TABLES = """
CREATE TABLE leads (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tenant_id int, phone text, name text, status text);
INSERT INTO leads (tenant_id, phone, name, status)
SELECT n % 3, n::text, nullif(n, 7)::text, CASE WHEN n <= 40 THEN 'half' ELSE 'new' END FROM generate_series(1, 300) AS n;
CREATE TABLE empty (id bigserial PRIMARY KEY, v int);
ALTER TABLE leads ADD CHECK (id <> 7 OR name IS NULL);
"""


def update(key: str, table: str, where: str, set_: str, **more: Any) -> Backfill:
    sql = f"UPDATE {table} SET {set_} WHERE id = ANY(:ids)"
    return Backfill(key=key, table=table, where=where, update=f"{sql}{more.pop('rest', '')}", **more)


STATUS = update("status", "leads", "status IS NULL", "status = 'new'")
NAMES = update("names", "leads", "name IS NULL", "name = phone", per="tenant_id")
IDLE = update("idle", "leads", "phone IS NOT NULL", "phone = phone", rest=" AND false")
EMPTY = update("empty", "empty", "v IS NULL", "v = 1")


@pytest.fixture
def console(database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(cast("Any", TABLES + DUMP.read_text(encoding="utf-8")))
        yield connection


def test_what_was_complete_is_looked_at_again(console: psycopg.Connection, database: str) -> None:
    with pytest.raises(BackfillUnfinished, match="is of version 1, not 7: the next run upgrades it"):
        require_backfill(console, STATUS)
    told = {result.key: str(result) for result in run([STATUS, NAMES, IDLE, EMPTY], database)}
    assert told["status"] == "status: completed (completed before)"
    assert told["names"].startswith("names: completed_with_quarantine")
    assert told["idle"].startswith("idle: incomplete (nothing changed")
    assert told["empty"] == "empty: completed (completed before)"
    for done in (STATUS, EMPTY):
        require_backfill(console, done)
    console.execute("INSERT INTO empty (v) VALUES (NULL)")
    with pytest.raises(BackfillUnfinished, match="no longer"):
        require_backfill(console, EMPTY)
    (again,) = run([EMPTY], database)
    assert (again.complete, again.counts.changed) == (True, 1)
    assert console.execute("SELECT array_agg(version ORDER BY version) FROM migration_guard.versions").fetchone() == (
        [1, 2, 3, 4, 5, 6, 7],
    )


def test_a_word_is_a_word(console: psycopg.Connection, database: str) -> None:
    called = []

    def word(*_: object) -> tuple[int, bool]:
        called.append(1)
        return 0, True

    definition = LegacyBackfill(key="word", function_object=word, tables=("leads",))
    console.execute(
        "UPDATE migration_guard.backfills SET fingerprint = %s WHERE key = 'word'", [definition.fingerprint]
    )
    (result,) = run([definition], database)
    assert (called, result.complete) == ([1], False)
    assert str(result).startswith("word: done_by_its_word")


def test_what_was_half_done_goes_on(console: psycopg.Connection, database: str) -> None:
    half = update("half", "leads", "status = 'new'", "status = 'half'")
    console.execute("UPDATE migration_guard.backfills SET fingerprint = %s WHERE key = 'half'", [half.fingerprint])
    (result,) = run([half], database)
    assert (result.complete, result.counts.examined, result.counts.changed) == (True, 300, 300)
    assert console.execute("SELECT count(*) FROM leads WHERE status = 'half'").fetchone() == (300,)


def test_who_only_reads_upgrades_nothing(console: psycopg.Connection, database: str) -> None:
    session = Session(engine(address(database, "the URL"), "test"))
    older = "is of version 1, this migration-guard keeps 7: the next run"
    with session.transaction() as connection, pytest.raises(CannotRun, match=older):
        Store().tables.ready(connection)
    session.close()
    assert console.execute("SELECT max(version) FROM migration_guard.versions").fetchone() == (1,)


def test_what_was_shared_goes_on(database: str) -> None:
    tables = """
    CREATE TABLE leads (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, phone text, name text, status text);
    INSERT INTO leads (phone, name, status)
    SELECT n::text, n::text, CASE WHEN n <= 250 THEN 'rests' ELSE 'new' END FROM generate_series(1, 20000) AS n;
    """
    names = update("names", "leads", "name IS NULL", "name = phone")
    rests = update("rests", "leads", "status = 'new'", "status = 'rests'")
    with psycopg.connect(database, autocommit=True) as console:
        console.execute(cast("Any", tables + (DUMPS / "version_4.sql").read_text(encoding="utf-8")))
        for one in (STATUS, names, rests):
            console.execute(
                "UPDATE migration_guard.backfills SET fingerprint = %s WHERE key = %s", [one.fingerprint, one.key]
            )
        told = {one.key: one for one in run([STATUS, names, rests], database)}
        assert all(one.complete for one in told.values()), told
        assert str(told["status"]) == "status: completed (completed before)"
        assert (told["names"].counts.changed, told["rests"].counts.changed) == (20_000, 20_000)
        assert console.execute("SELECT max(version) FROM migration_guard.versions").fetchone() == (7,)
        assert console.execute("SELECT count(*) FROM leads WHERE status = 'rests'").fetchone() == (20_000,)
