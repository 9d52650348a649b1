"""A batch that holds rows waits for nobody long: whatever it needs beside its own rows may be somebody else's."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Connection

from backfill.test_batches import Database, define, state
from migration_guard.backfill import Backfill, batch
from migration_guard.backfill.bench import Bench
from migration_guard.backfill.clock import Clock
from migration_guard.backfill.connect import address, engine
from migration_guard.backfill.policy import TimeoutPolicy
from migration_guard.backfill.report import Reporter, Result
from migration_guard.backfill.runner import Limits, run_all
from migration_guard.backfill.session import Session
from migration_guard.backfill.state import Store

if TYPE_CHECKING:
    from typing import LiteralString  # of Python 3.11

ROWS = 1_000
OWNERS = "CREATE TABLE owners (id int PRIMARY KEY, note text); INSERT INTO owners SELECT generate_series(0, 9)"
TENTH = "UPDATE leads SET tenant_id = id % 10 WHERE id = ANY(:ids)"


@pytest.fixture
def db(database: str) -> Iterator[Database]:
    made = Database(database)
    made(OWNERS)
    made("INSERT INTO leads (id) SELECT generate_series(1, %s)", ROWS)
    yield made
    made.console.close()


def owned(**fields: object) -> Backfill:
    return define(**{"where": "tenant_id IS NULL", "update": TENTH, **fields})


def write_by_function(connection: Connection, ids: list[int]) -> None:
    connection.exec_driver_sql("UPDATE leads SET tenant_id = id %% 10 WHERE id = ANY(%s)", (ids,))


FOREIGN_KEY = "ALTER TABLE leads ADD FOREIGN KEY (tenant_id) REFERENCES owners"
TRIGGER = """
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM FROM owners WHERE id = NEW.tenant_id FOR UPDATE; RETURN NEW; END $$;
CREATE TRIGGER touch BEFORE UPDATE ON leads FOR EACH ROW EXECUTE FUNCTION touch()
"""


@contextmanager
def application(url: str) -> Iterator[list[str]]:
    """Change rows beside the run, one at a time, and give what kept it from that: it is not that patient."""
    failed, over = list[str](), threading.Event()

    def write() -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("SET lock_timeout = '3s'")
            n = 0
            while not over.is_set():
                n += 1
                try:
                    connection.execute("UPDATE leads SET name = 'x' WHERE id = %s", (n % ROWS + 1,))
                except psycopg.Error as error:
                    failed.append(type(error).__name__)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield failed
    finally:
        over.set()
        writer.join()


def run_until_stuck(db: Database, fill: Backfill) -> Result:
    """Run until all is done that can be."""
    stop, results = threading.Event(), list[Result]()
    running = threading.Thread(
        target=lambda: results.extend(run_all([fill], address(db.url, "the URL"), limits=Limits(120), stop=stop))
    )
    running.start()
    while running.is_alive() and not stop.is_set():
        there = db("SELECT to_regclass('migration_guard.windows') IS NOT NULL") == [(True,)]
        done = there and db("SELECT sum(changed) FROM migration_guard.windows") == [(ROWS * 9 // 10,)]
        if done and db("SELECT bool_and(done) FROM migration_guard.windows WHERE kind = 'whole'") == [(True,)]:
            stop.set()
        time.sleep(0.05)
    running.join()
    return results[0]


@pytest.mark.parametrize("by_function", [False, True])
@pytest.mark.parametrize("how", [FOREIGN_KEY, f"{FOREIGN_KEY} DEFERRABLE INITIALLY DEFERRED", TRIGGER])
def test_one_locked_parent_keeps_its_own_rows_only(db: Database, how: LiteralString, by_function: bool) -> None:
    db(how)
    fill = owned(update=None, apply=write_by_function) if by_function else owned()
    with db.holding("SELECT FROM owners WHERE id = 5 FOR UPDATE"), application(db.url) as failed:
        result = run_until_stuck(db, fill)
    assert failed == []
    assert state(result) == "incomplete"
    assert (result.counts.changed, result.counts.locked) == (ROWS * 9 // 10, ROWS // 10)
    after = db.run(fill)
    assert (state(after), after.counts.changed) == ("completed", ROWS)
    assert db("SELECT count(*) FROM leads WHERE tenant_id = id % 10") == [(ROWS,)]


def test_a_value_that_somebody_is_about_to_take(db: Database) -> None:
    """A unique index waits for the transaction that has the value."""
    db("CREATE UNIQUE INDEX ON leads (phone)")
    fill = owned(where="phone IS NULL AND id < 1000", update="UPDATE leads SET phone = id::text WHERE id = ANY(:ids)")
    with psycopg.connect(db.url) as other:
        other.execute("UPDATE leads SET phone = '77' WHERE id = 1000")
        release = threading.Timer(3.0, other.rollback)
        release.start()
        result = db.run(fill)
        release.join()
    assert (state(result), result.counts.changed) == ("completed", ROWS - 1)


def test_a_value_that_somebody_has_taken(db: Database) -> None:
    db("CREATE UNIQUE INDEX ON leads (phone)")
    fill = owned(where="phone IS NULL AND id < 1000", update="UPDATE leads SET phone = id::text WHERE id = ANY(:ids)")
    with psycopg.connect(db.url) as other:
        other.execute("UPDATE leads SET phone = '77' WHERE id = 1000")
        release = threading.Timer(3.0, other.commit)
        release.start()
        result = db.run(fill)
        release.join()
    assert (state(result), result.counts.changed) == ("completed_with_quarantine", ROWS - 2)
    assert db("SELECT row_key, sqlstate FROM migration_guard.quarantine") == [(["77"], "23505")]


def test_who_holds_what_we_need_and_needs_what_we_hold_goes_first(db: Database) -> None:
    """It would be a deadlock if we waited as long as it does."""
    db(FOREIGN_KEY)
    victims = list[str]()
    waiting = threading.Event()

    def other() -> None:
        with psycopg.connect(db.url) as connection:
            connection.execute("SELECT FROM owners WHERE id = 5 FOR UPDATE")
            waiting.wait(30)
            try:
                connection.execute("UPDATE leads SET name = 'mine' WHERE id <= 100")
                connection.commit()
            except psycopg.errors.DeadlockDetected as error:
                victims.append(str(error))

    def fill(connection: Connection, ids: list[int]) -> None:
        waiting.set()
        write_by_function(connection, ids)

    application_ = threading.Thread(target=other)
    application_.start()
    result = db.run(owned(update=None, apply=fill))
    application_.join()
    assert (state(result), victims) == ("completed", [])
    assert db("SELECT count(*) FROM leads WHERE name = 'mine'") == [(100,)]


def test_a_slow_update_is_not_taken_for_a_lock(db: Database) -> None:
    db("UPDATE leads SET tenant_id = 1 WHERE id > 3")
    slow = owned(update="UPDATE leads SET tenant_id = 1 FROM pg_sleep(0.7) WHERE id = ANY(:ids)")
    result = db.run(slow)
    assert (state(result), result.counts.changed) == ("completed", 3)


def test_somebody_who_holds_our_line_of_the_state(db: Database) -> None:
    started = threading.Event()

    def fill(connection: Connection, ids: list[int]) -> None:
        write_by_function(connection, ids)
        started.set()

    def hold() -> None:
        started.wait(30)
        with psycopg.connect(db.url) as other:
            other.execute("UPDATE migration_guard.backfills SET request = NULL")
            other.execute("SELECT pg_sleep(1)")

    holder = threading.Thread(target=hold)
    holder.start()
    with application(db.url) as failed:
        result = db.run(owned(update=None, apply=fill, batch_size=50))
    holder.join()
    assert (state(result), failed, result.counts.changed) == ("completed", [], ROWS)


def test_deadlocks_are_told(db: Database) -> None:
    """Those of others as well, as far as the server counts them."""
    seen = threading.Barrier(2)

    def cross(first: int, second: int) -> None:
        with psycopg.connect(db.url) as connection:
            try:
                connection.execute("UPDATE owners SET note = 'x' WHERE id = %s", (first,))
                seen.wait(30)
                connection.execute("UPDATE owners SET note = 'x' WHERE id = %s", (second,))
            except psycopg.errors.DeadlockDetected:
                connection.rollback()

    def fill(connection: Connection, ids: list[int]) -> None:
        write_by_function(connection, ids)
        if 1 in ids:
            crossing = [threading.Thread(target=cross, args=pair) for pair in ((1, 2), (2, 1))]
            for thread in crossing:
                thread.start()
            for thread in crossing:
                thread.join()

    assert state(db.run(owned(update=None, apply=fill, batch_size=50))) == "completed"
    told = db("SELECT detail FROM migration_guard.events WHERE kind = 'deadlocks'")
    assert [line for (line,) in told] == [
        "1 deadlock(s) in this database while it ran; 0 ended a batch of ours, which was done again"
    ]


def test_parents_of_several_columns(db: Database) -> None:
    db("CREATE TABLE lines (a int, b text, PRIMARY KEY (a, b))")
    db("""INSERT INTO lines SELECT a, 'x "y" \\ ' || b FROM generate_series(0, 4) AS a, generate_series(0, 1) AS b""")
    db("ALTER TABLE leads ADD a int, ADD b text, ADD FOREIGN KEY (a, b) REFERENCES lines")
    fill = owned(
        where="a IS NULL", update="UPDATE leads SET a = id % 5, b = 'x \"y\" \\ ' || id % 2 WHERE id = ANY(:ids)"
    )
    held = "SELECT FROM lines WHERE a = 3 AND b LIKE '%1' FOR UPDATE"
    with db.holding(held), application(db.url) as failed:
        result = run_until_stuck(db, fill)
    assert (failed, state(result), result.counts.locked) == ([], "incomplete", ROWS // 10)
    assert db("SELECT count(*) FROM leads WHERE a IS NULL AND (id % 5 <> 3 OR id % 2 <> 1)") == [(0,)]
    assert state(db.run(fill)) == "completed"


def test_a_role_that_sees_no_parents_tries_its_rows(db: Database) -> None:
    db(FOREIGN_KEY)
    name = f"blind_{uuid4().hex[:12]}"
    db(sql.SQL("CREATE ROLE {0}; GRANT SELECT, UPDATE ON leads TO {0}").format(sql.Identifier(name)).as_string())
    try:
        with db.holding("SELECT FROM owners WHERE id = 5 FOR UPDATE"):
            result = run_until_stuck(db, owned(role=name))
        assert (state(result), result.counts.locked) == ("incomplete", ROWS // 10)
    finally:
        db(sql.SQL("DROP OWNED BY {0}; DROP ROLE {0}").format(sql.Identifier(name)).as_string())


def test_rows_that_stand_in_each_others_way(db: Database) -> None:
    """Each could take the value alone: one of them does, the other is set aside."""
    db("CREATE UNIQUE INDEX ON leads (phone)")
    value = "CASE WHEN id IN (20, 700) THEN 'same' ELSE id::text END"
    fill = owned(where="phone IS NULL", update=f"UPDATE leads SET phone = {value} WHERE id = ANY(:ids)")
    result = db.run(fill)
    assert (state(result), result.counts.changed) == ("completed_with_quarantine", ROWS - 1)
    assert db("SELECT row_key, sqlstate FROM migration_guard.quarantine") == [(["700"], "23505")]


def test_a_table_that_is_locked_before_anything_is_done_is_work_that_is_left(db: Database) -> None:
    """To plan a statement locks the table: that is waited for as long as the run lasts, and says nothing of the definition."""
    with db.holding("LOCK TABLE leads IN EXCLUSIVE MODE"):
        result = db.run(seconds=1)
    assert state(result) == "incomplete"
    assert str(result.reason).startswith("locks: ")
    assert state(db.run()) == "completed"


@pytest.mark.parametrize(("left", "expected"), [(0.0, "3s"), (10.0, "10s"), (600.0, "1min")])
def test_the_state_is_waited_for_as_long_as_the_run_lasts(db: Database, left: float, expected: str) -> None:
    where = address(db.url, "the URL")
    session = Session(engine(where, "test"))
    begin = time.monotonic()
    clock = Clock(begin + left)
    bench = Bench(where, "test", session, Store(), clock, Reporter(), TimeoutPolicy())
    with bench.transaction() as connection:
        shown = str(connection.exec_driver_sql("SHOW lock_timeout").scalar())
    passed = 1_000 * (time.monotonic() - begin)
    session.close()
    assert _milliseconds(expected) - passed - 1 <= _milliseconds(shown) <= _milliseconds(expected)


def _milliseconds(shown: str) -> int:
    for unit, factor in (("ms", 1), ("min", 60_000), ("s", 1_000)):
        if shown.endswith(unit):
            return int(shown.removesuffix(unit)) * factor
    raise ValueError(shown)


def test_a_runner_that_is_stopped_lets_its_rows_go(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """As by SIGSTOP: it says nothing while it holds rows. The server ends its session, and it begins anew.

    The quick way holds none while it waits for a runner.
    """
    monkeypatch.setattr("migration_guard.backfill.trying.UNATTENDED", 0.2)
    inner: Any = batch.change_together  # type: ignore[attr-defined]
    edits: list[LiteralString] = []

    def stopped(*arguments: object) -> object:
        done = inner(*arguments)
        if not edits:
            edits.append("UPDATE leads SET name = 'theirs' WHERE id > 0")
            db(edits[0])
        return done

    monkeypatch.setattr(batch, "change_together", stopped)
    update = "UPDATE leads SET status = concat(status, 'x') WHERE id = ANY(:ids)"
    result = db.run(define(update=update, batch_size=200))
    assert (state(result), result.counts.changed, len(edits)) == ("completed", ROWS, 1)
    assert db("SELECT status, count(*) FROM leads GROUP BY 1") == [("x", ROWS)]
    assert db("SELECT count(*) FROM leads WHERE name = 'theirs'") == [(ROWS,)]
