"""What goes wrong on a server, told by its SQLSTATE: what passes is tried again, what does not is told apart."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Connection

from backfill.pooler import Pooler
from backfill.server import Server
from migration_guard.backfill import Backfill, run
from migration_guard.backfill.errors import Trouble, judged
from migration_guard.backfill.report import Result

UPDATE = "UPDATE leads SET status = 'new' WHERE id = ANY(%s)"


def fill(url: str, count: int = 100) -> None:
    with psycopg.connect(url, autocommit=True) as console:
        console.execute("CREATE TABLE leads (id bigint PRIMARY KEY, status text)")
        console.execute("INSERT INTO leads SELECT generate_series(1, %s)", [count])


def run_with(url: str, state: str, times: int, seconds: float = 30) -> Result:
    """Run a function that meets an error so many times."""
    met: list[str] = []

    def apply(connection: Connection, ids: list[int]) -> None:
        connection.exec_driver_sql(UPDATE, (ids,))
        if len(met) < times:
            met.append(state)
            connection.exec_driver_sql(f"DO $$BEGIN RAISE EXCEPTION 'injected' USING ERRCODE = '{state}'; END$$")

    (result,) = run([Backfill(key="k", table="leads", where="status IS NULL", apply=apply)], url, max_seconds=seconds)
    return result


@pytest.mark.parametrize(
    "state", ["55P03", "40P01", "40001", "08006", "57P01", "57P03", "25P03", "25006", "53300", "53100", "XX000"]
)
def test_5_what_passes_is_tried_again(database: str, state: str) -> None:
    fill(database)
    result = run_with(database, state, 2)
    assert (str(result), result.counts.changed) == ("k: completed", 100)


@pytest.mark.parametrize("state", ["25P04", "23505", "22012", "P0001", "42P01", "0A000"])
def test_5_a_batch_that_fails_is_halved(database: str, state: str) -> None:
    fill(database)
    result = run_with(database, state, 2)
    assert (str(result), result.counts.changed) == ("k: completed", 100)


@pytest.mark.parametrize("state", ["42P01", "42703", "42501", "42601", "3F000"])
def test_5_what_never_passes_ends_the_run(database: str, state: str) -> None:
    fill(database)
    result = run_with(database, state, 1_000_000)
    assert str(result).startswith("k: failed (no row goes through, of 64 that were tried: ")
    assert f"SQLSTATE {state}" in str(result)
    assert "injected" not in str(result)
    assert result.counts.quarantined == 0


def test_5_a_cancel_by_somebody_is_a_pause(database: str) -> None:
    fill(database)
    assert str(run_with(database, "57014", 1)).startswith("k: paused (somebody cancelled its statement")


def test_5_locks_that_stay_leave_work(database: str) -> None:
    fill(database)
    result = run_with(database, "40P01", 1_000_000, seconds=5)
    assert str(result).startswith("k: incomplete (time")
    assert 0 < result.counts.locked <= 100
    assert (result.counts.changed, result.counts.quarantined) == (0, 0)


def test_5_a_timeout_of_ours_is_no_cancel_by_somebody() -> None:
    error = psycopg.errors.QueryCanceled("canceling statement due to statement timeout")
    assert judged(error, seconds=119, statement_timeout=120).trouble is Trouble.TIMEOUT
    assert judged(error, seconds=3, statement_timeout=120).trouble is Trouble.CANCELLED


def test_only_the_first_line_of_an_error_is_told(database: str) -> None:
    fill(database)
    with psycopg.connect(database) as console:
        with pytest.raises(psycopg.Error) as caught:
            console.execute("ALTER TABLE leads ADD CHECK (id < 0)").fetchall()
        console.rollback()
        fault = judged(caught.value)
        with pytest.raises(psycopg.Error) as other:
            console.execute("INSERT INTO leads VALUES (1, 'a secret')")
    assert fault.sqlstate == "23514"
    assert "(id)=(1)" in str(other.value)
    assert "(id)=(1)" not in str(judged(other.value))


def test_a_table_that_is_dropped_meanwhile(database: str) -> None:
    fill(database, 1_000)

    def apply(connection: Connection, ids: list[int]) -> None:
        connection.exec_driver_sql(UPDATE, (ids,))
        connection.exec_driver_sql("SET LOCAL client_min_messages = warning")
        if ids[0] > 1:
            connection.exec_driver_sql("ALTER TABLE leads RENAME COLUMN status TO gone")

    definition = Backfill(key="k", table="leads", where="status IS NULL", apply=apply, batch_size=100)
    (result,) = run([definition], database)
    assert result.state is not None
    assert result.state.value == "failed"
    assert "cannot be looked at: undefined column (SQLSTATE 42703)" in str(result.reason)
    with psycopg.connect(database) as console:
        assert console.execute("SELECT count(status) FROM leads").fetchone() == (100,)


# Behind a pooler with one connection, which is everybody's.


def shown(url: str) -> list[Any]:
    names = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout", "row_security", "search_path")
    with psycopg.connect(url, autocommit=True) as next_client:
        return [next_client.execute(sql.SQL("SHOW {}").format(sql.Identifier(name))).fetchone() for name in names]


def test_4_the_next_client_of_a_pooler_finds_its_defaults(
    pgbouncer: Pooler, database: str, database_name: str, server: Server
) -> None:
    fill(database, 3_000)
    url = pgbouncer.url(database_name)
    defaults = shown(url)
    definition = Backfill(
        key="k", table="leads", where="status IS NULL", search_path="public", batch_size=100,
        update="UPDATE leads SET status = 'new' WHERE id = ANY(:ids)",
    )  # fmt: skip
    assert str(run([definition], url)[0]) == "k: completed"
    assert shown(url) == defaults
    server.execute("DROP SCHEMA migration_guard CASCADE; UPDATE leads SET status = NULL", database_name)
    assert "failed" in str(run_with(url, "42P01", 1_000_000))
    assert shown(url) == defaults


def test_15_a_pooler_that_is_started_again(pgbouncer: Pooler, database: str, database_name: str) -> None:
    fill(database, 2_000)
    restarted: list[int] = []

    def apply(connection: Connection, ids: list[int]) -> None:
        connection.exec_driver_sql(UPDATE, (ids,))
        if len(restarted) < 2:
            restarted.append(ids[0])
            pgbouncer.restart()

    definition = Backfill(key="k", table="leads", where="status IS NULL", apply=apply, batch_size=200)
    (result,) = run([definition], pgbouncer.url(database_name))
    assert (str(result), result.counts.changed, len(restarted)) == ("k: completed", 2_000, 2)


@pytest.mark.parametrize(
    ("change", "told", "changed"),
    [
        (
            "SET status = lower(COALESCE(status, 'NEW')) WHERE status IS DISTINCT FROM lower(COALESCE(status, 'NEW'))",
            "completed",
            100,
        ),
        ("SET status = COALESCE(status, '') || 'x' WHERE TRUE", "failed (the function changes rows again", 0),
    ],
)
def test_a_function_that_settles_is_called_again_for_what_it_has_changed(
    database: str, change: str, told: str, changed: int
) -> None:
    fill(database)

    def apply(connection: Connection, ids: list[int]) -> None:
        connection.exec_driver_sql(f"UPDATE leads {change} AND id = ANY(%s)", (ids,))

    definition = Backfill(key="k", table="leads", where="TRUE", apply=apply, settles=True, batch_size=50)
    (result,) = run([definition], database, max_seconds=30)
    assert (told in str(result), result.counts.changed) == (True, changed), str(result)
    with psycopg.connect(database) as console:
        row = console.execute("SELECT count(*) FROM leads WHERE status IS NOT NULL").fetchone()
    assert row == (changed,)


@pytest.mark.parametrize(
    ("change", "told", "noted"),
    [
        ("INSERT INTO notes SELECT x FROM unnest(%s::bigint[]) AS x ON CONFLICT DO NOTHING", "completed", 100),
        (
            "INSERT INTO notes SELECT x + 1000 * random() FROM unnest(%s::bigint[]) AS x ON CONFLICT DO NOTHING",
            "again",
            0,
        ),
    ],
)
def test_a_function_that_writes_elsewhere_is_called_again_for_all_of_its_batch(
    database: str, change: str, told: str, noted: int
) -> None:
    fill(database)
    with psycopg.connect(database, autocommit=True) as console:
        console.execute("CREATE TABLE notes (id numeric PRIMARY KEY)")

    def apply(connection: Connection, ids: list[int]) -> None:
        connection.exec_driver_sql(change, (ids,))

    definition = Backfill(
        key="k", table="leads", where="TRUE", apply=apply, settles=True, tables=("leads", "notes"), batch_size=50
    )
    (result,) = run([definition], database, max_seconds=30)
    assert (told in str(result), result.counts.changed) == (True, noted), str(result)
    with psycopg.connect(database) as console:
        assert console.execute("SELECT count(*) FROM notes").fetchone() == (noted,)


def test_what_a_trigger_writes_elsewhere_is_no_change_of_the_functions(database: str) -> None:
    fill(database)
    with psycopg.connect(database, autocommit=True) as console:
        console.execute(
            "CREATE TABLE notes (id numeric PRIMARY KEY); CREATE TABLE log (id bigint); "
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO log VALUES (NEW.id); RETURN NEW; END'; "
            "CREATE TRIGGER t AFTER UPDATE ON leads FOR EACH ROW EXECUTE FUNCTION f()"
        )

    def apply(connection: Connection, ids: list[int]) -> None:
        sql = "UPDATE leads SET status = 'x' WHERE id = ANY(%s) AND id %% 2 = 0 AND status IS DISTINCT FROM 'x'"
        connection.exec_driver_sql(sql, (ids,))

    definition = Backfill(
        key="k", table="leads", where="TRUE", apply=apply, settles=True, tables=("leads", "notes"), batch_size=50
    )
    (result,) = run([definition], database, max_seconds=30)
    assert (str(result), result.counts.changed, result.counts.unchanged) == ("k: completed", 50, 50)
