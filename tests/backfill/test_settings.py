"""Nobody's settings are trusted: those of a role, a database or a URL change neither keys nor values nor meaning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from backfill.test_batches import Database, state
from migration_guard.backfill import Backfill, require_backfill
from migration_guard.backfill.errors import CannotRun

ROWS = 600
KINDS = {
    "float8": "n / 7.0::float8",
    "real": "n / 7.0::real",
    "timestamptz": "'2024-03-30 22:00:00.000001+00'::timestamptz + n * interval '7 min'",
    "timestamp": "'2024-10-26'::timestamp + n * interval '7 min'",
    "date": "'0001-01-05 BC'::date + n",
    "interval": "n * interval '1 month 3 s'",
    "money": "(n * 1234.5)::numeric::money",
    "bytea": "decode(lpad(to_hex(n), 8, '0'), 'hex')",
    "numeric": "n / 7.0",
    "text": r"'a\b''€' || n",
}
ODD = {
    "extra_float_digits": "-15",
    "DateStyle": "SQL, DMY",
    "IntervalStyle": "sql_standard",
    "bytea_output": "escape",
    "TimeZone": "America/New_York",
    "array_nulls": "off",
    "transform_null_equals": "on",
    "backslash_quote": "on",
    "standard_conforming_strings": "on",
    "default_transaction_isolation": "serializable",
    "statement_timeout": "60s",
    "enable_indexscan": "off",
    "client_encoding": "LATIN1",
}


@pytest.fixture
def db(database: str) -> Iterator[Database]:
    made = Database(database)
    for name, value in ODD.items():
        made(f"ALTER DATABASE {made.console.info.dbname} SET {name} = '{value}'")
    yield made
    made.console.close()


def things(**fields: Any) -> Backfill:
    update = "UPDATE things SET v = 1 WHERE id = ANY(:ids)"
    return Backfill(
        **{"key": "t", "table": "things", "where": "v IS NULL", "update": update, "batch_size": 50, **fields}
    )


@pytest.mark.parametrize("kind", KINDS)
def test_keys_travel_unchanged(db: Database, kind: str) -> None:
    db(f"CREATE TABLE things (id {kind} PRIMARY KEY, n int, v int)")
    db(f"INSERT INTO things SELECT {KINDS[kind]}, n FROM generate_series(1, {ROWS}) AS n")
    db("ALTER TABLE things ADD CHECK (n <> 77 OR v IS NULL)")
    with db.holding("SELECT FROM things WHERE n = 200 FOR UPDATE"):
        first = db.run(things(), seconds=6)
        assert state(first) == "incomplete"
        assert (first.counts.locked, first.counts.quarantined) == (1, 1)
    db("ALTER DATABASE " + db.console.info.dbname + " SET TimeZone = 'Asia/Tokyo'")
    second = db.run(things())
    assert (state(second), second.counts.changed) == ("completed_with_quarantine", ROWS - 1)
    assert db("SELECT n FROM things WHERE v IS NULL") == [(77,)]


@pytest.mark.parametrize(
    "value", ["infinity", "-infinity", "0044-03-15 12:00 BC", "1883-11-18 12:03:57 America/New_York"]
)
def test_moments_at_the_edges(db: Database, value: str) -> None:
    db("CREATE TABLE things (id timestamptz PRIMARY KEY, v int); INSERT INTO things VALUES ('2024-01-01')")
    db("INSERT INTO things VALUES (%s::timestamptz)", value)
    assert (state(db.run(things())), db("SELECT count(v) FROM things")) == ("completed", [(2,)])
    require_backfill(db.console, things())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("default_transaction_read_only", "on"),
        ("default_transaction_deferrable", "on"),
        ("search_path", "pg_temp"),
        ("search_path", "nowhere', 'public"),
        ("row_security", "on"),
        ("statement_timeout", "40"),
        ("lock_timeout", "1"),
        ("idle_in_transaction_session_timeout", "100"),
        ("idle_session_timeout", "40"),
        ("transaction_timeout", "100"),
        ("plan_cache_mode", "force_generic_plan"),
        ("lc_messages", "xx"),
        ("lc_numeric", "de_DE.UTF-8"),
        ("client_min_messages", "debug1"),
        ("quote_all_identifiers", "on"),
        ("check_function_bodies", "off"),
        ("synchronous_commit", "off"),
        ("jit_above_cost", "0"),
        ("work_mem", "64"),
        ("constraint_exclusion", "on"),
        ("default_tablespace", "pg_default"),
        ("temp_file_limit", "0"),
        ("vacuum_freeze_min_age", "0"),
        ("xmloption", "document"),
        ("escape_string_warning", "off"),
        ("lo_compat_privileges", "on"),
    ],
)
def test_a_setting_of_the_database_stops_no_run(db: Database, name: str, value: str) -> None:
    """Batches go on, and mean the same."""
    db(f"CREATE TABLE things (id int PRIMARY KEY, v int); INSERT INTO things SELECT generate_series(1, {ROWS})")
    try:
        db(f"ALTER DATABASE {db.console.info.dbname} SET {name} = '{value}'")
    except psycopg.Error as error:
        pytest.skip(f"this server does not take it: {error}")
    path = {"search_path": "public"} if name == "search_path" and value == "pg_temp" else {}
    result = db.run(things(**path))
    assert (state(result), result.counts.changed) == ("completed", ROWS)
    assert db("SELECT count(v) FROM things") == [(ROWS,)]


def test_the_definition_keeps_the_time_zone_of_the_role(db: Database) -> None:
    db(
        "CREATE TABLE things (id int PRIMARY KEY, at timestamptz, v int); INSERT INTO things VALUES (1, '2024-01-02 02:00+00')"
    )
    result = db.run(things(where="v IS NULL AND at::date = '2024-01-01'"))
    assert (state(result), result.counts.changed) == ("completed", 1)


def test_dates_are_read_in_the_order_of_the_role(db: Database) -> None:
    db("CREATE TABLE things (id int PRIMARY KEY, at date, v int); INSERT INTO things VALUES (1, '2024-02-01')")
    result = db.run(things(where="v IS NULL AND at = '01/02/2024'"))
    assert (state(result), result.counts.changed) == ("completed", 1)


@pytest.mark.parametrize("mode", ["replica", "local"])
def test_a_session_that_looks_at_no_constraint_is_refused(db: Database, mode: str) -> None:
    db("CREATE TABLE things (id int PRIMARY KEY, v int); INSERT INTO things VALUES (1)")
    db(f"ALTER DATABASE {db.console.info.dbname} SET session_replication_role = '{mode}'")
    with pytest.raises(CannotRun, match=f"session_replication_role is {mode}"):
        db.run(things())
    assert db("SELECT v FROM things") == [(None,)]
