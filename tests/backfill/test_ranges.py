"""Ranges that several workers share: each key once, whoever dies."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from sqlalchemy import Connection

from backfill.test_batches import Database
from migration_guard.backfill.connect import address, engine
from migration_guard.backfill.errors import LostClaim
from migration_guard.backfill.keys import Key, KeyColumn
from migration_guard.backfill.ranges import SMALLEST_RANGE, Ranges, edges
from migration_guard.backfill.runner import prepare
from migration_guard.backfill.session import Session
from migration_guard.backfill.standing import NOTHING
from migration_guard.backfill.state import Store

ROWS = 4_000
ID = Key((KeyColumn("id", "bigint"),))
WORKER = """
import sys
from migration_guard.backfill.connect import address, engine
from migration_guard.backfill.errors import LostClaim
from migration_guard.backfill.ranges import Ranges
from migration_guard.backfill.session import Session
from migration_guard.backfill.standing import NOTHING

session, ranges = Session(engine(address(sys.argv[1], "the URL"), "worker")), Ranges("migration_guard", "k")
TAKE = (
    "INSERT INTO ledger SELECT id FROM leads WHERE id > %(low)s AND id <= %(high)s ORDER BY id LIMIT 40 RETURNING id"
)
print("begun", flush=True)
while True:
    with session.transaction() as connection:
        mine = ranges.claim(connection, 1, sys.argv[2], lease=1.0)
        if mine is None and ranges.is_over(connection, 1, 1):
            break
    done = mine is None
    cursor = mine and int(mine.cursor[0]) if mine and mine.cursor else 0
    while not done:
        try:
            with session.transaction() as connection:
                high = int(mine.high[0]) if mine.high else 1 << 60
                ids = [row[0] for row in connection.exec_driver_sql(TAKE, {"low": cursor, "high": high})]
                connection.exec_driver_sql("SELECT pg_sleep(0.002)")
                done = len(ids) < 40
                cursor = max(ids, default=cursor)
                ranges.advance(connection, mine, (str(cursor),), NOTHING, done=done, lease=1.0)
        except LostClaim:
            done = True
"""


@pytest.fixture
def db(database: str) -> Iterator[Database]:
    made = Database(database)
    prepare(address(database, "the URL"), Store())
    made(
        "INSERT INTO migration_guard.backfills (key, state, fingerprint, table_name, token, sweep) "
        "VALUES ('k', 'running', 'f', 'leads', 1, 1)"
    )
    yield made
    made.console.close()


@contextmanager
def connected(db: Database) -> Iterator[Session]:
    session = Session(engine(address(db.url, "the URL"), "test"))
    try:
        yield session
    finally:
        session.close()


RANGES = Ranges("migration_guard", "k")


def lay(connection: Connection, *ends: int) -> None:
    RANGES.lay(connection, 1, [(str(end),) for end in ends])


def test_no_range_is_anothers_and_what_is_left_is_free_again(db: Database) -> None:
    with connected(db) as one, connected(db) as other:
        with one.transaction() as connection:
            lay(connection, 10)
        with one.transaction() as mine, other.transaction() as theirs:  # both at the same time
            first, second = RANGES.claim(mine, 1, "a", 60), RANGES.claim(theirs, 1, "b", 60)
            assert RANGES.claim(mine, 1, "a", 60) is None
        assert first is not None
        assert second is not None
        assert (first.cursor, first.high, second.cursor, second.high) == (None, ("10",), ("10",), None)
        with one.transaction() as connection:
            assert [(who.by, who.alive) for who in RANGES.holders(connection)] == [("a", True), ("b", True)]
            RANGES.leave(connection, first)
        with other.transaction() as connection:
            again = RANGES.claim(connection, 1, "b", 60)
        assert again is not None
        assert (again.id, again.token, again.taken_over) == (first.id, first.token + 1, False)


@pytest.mark.parametrize("how", ["its lease is over", "its connection is gone"])
def test_a_range_is_taken_over_from_its_cursor_and_the_one_before_is_fenced_off(db: Database, how: str) -> None:
    with connected(db) as one, connected(db) as other:
        lease = 0.0 if "lease" in how else 60.0
        with one.transaction() as connection:
            lay(connection)
            first = RANGES.claim(connection, 1, "a", 60)
            assert first is not None
        with one.transaction() as connection:
            RANGES.advance(connection, first, ("7",), NOTHING, done=False, lease=lease)
        if "connection" in how:
            one.drop()
            deadline = time.monotonic() + 10
            while db("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'test'") != [(0,)]:
                assert time.monotonic() < deadline
        with other.transaction() as connection:
            second = RANGES.claim(connection, 1, "b", 60)
        assert second is not None
        assert (second.id, second.cursor, second.taken_over) == (first.id, ("7",), True)
        with pytest.raises(LostClaim), one.transaction() as connection:
            RANGES.advance(connection, first, ("9",), NOTHING, done=True, lease=60)
        with other.transaction() as connection:
            RANGES.advance(connection, second, ("9",), NOTHING, done=True, lease=60)


def test_the_first_who_asks_ends_a_pass(db: Database) -> None:
    with connected(db) as one:
        with one.transaction() as connection:
            lay(connection)
            mine = RANGES.claim(connection, 1, "a", 60)
            assert mine is not None
            assert not RANGES.is_over(connection, 1, 1)
            RANGES.advance(connection, mine, None, NOTHING, done=True, lease=60)
            assert RANGES.is_over(connection, 1, 1)
        db("UPDATE migration_guard.backfills SET sweep = 2")
        with one.transaction() as connection:
            assert not RANGES.is_over(connection, 1, 1)


@pytest.mark.parametrize("kind", ["bigint", "text", "several columns", "partitions"])
def test_a_sample_splits_a_table_in_pieces_of_about_the_same_size(db: Database, kind: str) -> None:
    rows, key, made = 60_000, ID, "CREATE TABLE t (id bigint PRIMARY KEY)"
    if kind == "text":
        key, made = Key((KeyColumn("id", "text"),)), "CREATE TABLE t (id text PRIMARY KEY)"
    if kind == "several columns":
        key = Key((KeyColumn("a", "integer"), KeyColumn("id", "bigint")))
        made = "CREATE TABLE t (id bigint, a int DEFAULT 1, PRIMARY KEY (a, id))"
    if kind == "partitions":
        made = "CREATE TABLE t (id bigint PRIMARY KEY) PARTITION BY HASH (id)"
    db(made)
    if kind == "partitions":
        db("CREATE TABLE t0 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 0)")
        db("CREATE TABLE t1 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 1)")
    db(
        "INSERT INTO t (id) SELECT n::bigint * n FROM generate_series(1, %s) AS n", rows
    )  # keys that lie far apart at the end
    with connected(db) as one, one.transaction() as connection:
        found = edges(connection, key, "t", rows, workers=4)
        assert edges(connection, key, "t", SMALLEST_RANGE, workers=4) == ()
    assert len(found) == rows // SMALLEST_RANGE - 1
    order = "(a, id)" if len(key.columns) > 1 else "id"
    value = "(1, %s::bigint)" if len(key.columns) > 1 else f"%s::{key.columns[0].type}"
    below = [db(f"SELECT count(*) FROM t WHERE {order} <= {value}", edge[-1])[0][0] for edge in found]
    sizes = [b - a for a, b in zip([0, *below], [*below, rows])]
    assert max(sizes) < 3 * rows / len(sizes)


def test_workers_that_are_killed_leave_each_key_done_once(db: Database) -> None:
    """Five processes; whichever is killed, another takes its range over from the cursor."""
    db.leads(ROWS)
    db("CREATE TABLE ledger (id bigint)")
    with connected(db) as one, one.transaction() as connection:
        lay(connection, *range(500, ROWS, 500))
    chosen = random.Random(5)

    def start(name: str) -> subprocess.Popen[str]:
        process = subprocess.Popen([sys.executable, "-c", WORKER, db.url, name], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        process.stdout.readline()
        return process

    workers = [start(f"w{n}") for n in range(3)]
    kills = 0
    with psycopg.connect(db.url, autocommit=True) as console:
        while any(worker.poll() is None for worker in workers):
            done = console.execute("SELECT count(*) FROM ledger").fetchone()
            if kills < 3 and done is not None and done[0] > kills * 600:
                victim = chosen.choice([worker for worker in workers if worker.poll() is None])
                victim.send_signal(signal.SIGKILL)
                victim.wait()
                kills += 1
                workers.append(start(f"k{kills}"))
            time.sleep(0.005)
    assert kills == 3
    assert sorted(worker.returncode for worker in workers) == [-9, -9, -9, 0, 0, 0]
    assert db("SELECT count(*), count(DISTINCT id) FROM ledger") == [(ROWS, ROWS)]
    for worker in workers:
        assert worker.stdout is not None
        worker.stdout.close()
