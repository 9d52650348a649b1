"""Ranges that several workers share: none is two's, what is left is free again, and who was replaced is fenced off."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from backfill.process import until
from backfill.test_batches import Database
from migration_guard.backfill import ranges
from migration_guard.backfill.connect import address, engine
from migration_guard.backfill.definition import Backfill
from migration_guard.backfill.errors import LostClaim
from migration_guard.backfill.keys import Value
from migration_guard.backfill.preflight import examine, server
from migration_guard.backfill.ranges import SMALLEST, Claimed, Ranges, edges, holders
from migration_guard.backfill.record import Entry, Place
from migration_guard.backfill.runner import prepare
from migration_guard.backfill.session import Session
from migration_guard.backfill.standing import NOTHING
from migration_guard.backfill.state import Store

if TYPE_CHECKING:
    from typing import LiteralString  # of Python 3.11

RANGES, STORE = Ranges("migration_guard", "k"), Store()


@pytest.fixture
def db(database: str) -> Iterator[Database]:
    made = Database(database)
    prepare(address(database, "the URL"), STORE)
    made(
        "INSERT INTO migration_guard.backfills (key, state, fingerprint, table_name, token, sweep, bound) "
        "VALUES ('k', 'running', 'f', 'leads', 1, 1, ARRAY['20'])"
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


def share(connection: Connection, *ends: int) -> None:
    RANGES.share(connection, 1, [(str(end),) for end in ends], None, ("20",), proves=True)


def claim(connection: Connection, who: str, lease: float = 60) -> Claimed:
    found = RANGES.claim(connection, 1, who, lease)
    assert found is not None
    return found


def advance(connection: Connection, of: Claimed, cursor: int, *, done: bool = False, lease: float = 60) -> None:
    (place,) = STORE.control(connection, "k", 1, of.windows, ()).places
    entry = Entry(place, NOTHING, cursor=(str(cursor),), done=done)
    STORE.record(connection, "k", 1, (entry,), lease=lease, share=of.share)


def place_of(connection: Connection, of: Claimed) -> Place:
    (place,) = STORE.control(connection, "k", 1, of.windows, ()).places
    return place


def test_no_range_is_anothers_and_what_is_left_is_free_again(db: Database) -> None:
    with connected(db) as one, connected(db) as other:
        with one.transaction() as connection:
            share(connection, 10)
        with one.transaction() as mine, other.transaction() as theirs:  # both at the same time
            first, second = claim(mine, "a"), claim(theirs, "b")
            assert RANGES.claim(mine, 1, "c", 60) is None
            assert [place_of(mine, first).cursor, place_of(theirs, second).cursor] == [None, ("10",)]
        assert (first.high, second.high) == (("10",), ("20",))
        with one.transaction() as connection:
            assert [(who.by, who.alive) for who in holders(connection, "migration_guard")] == [
                ("a", True), ("b", True), (None, False),
            ]  # fmt: skip
            RANGES.leave(connection, first.share)
        with other.transaction() as connection:
            again = claim(connection, "b")
        assert again.windows == first.windows
        assert not again.taken_over


@pytest.mark.parametrize("how", ["its lease is over", "its connection is gone"])
def test_a_range_is_taken_over_from_its_cursor_and_the_one_before_is_fenced_off(db: Database, how: str) -> None:
    with connected(db) as one, connected(db) as other:
        with one.transaction() as connection:
            share(connection)
            first = claim(connection, "a")
        with one.transaction() as connection:
            advance(connection, first, 7, lease=0 if "lease" in how else 60)
        if "connection" in how:
            one.drop()
            until(lambda: len(db("SELECT 1 FROM pg_stat_activity WHERE application_name = 'test'")) <= 1)
        with other.transaction() as connection:
            second = claim(connection, "b")
            assert place_of(connection, second).cursor == ("7",)
        assert (second.windows, second.taken_over) == (first.windows, True)
        with pytest.raises(LostClaim), one.transaction() as connection:
            advance(connection, first, 9, done=True)
        with other.transaction() as connection:
            advance(connection, second, 20, done=True)


def test_what_was_begun_by_who_is_gone_goes_before_what_nobody_has_begun(db: Database) -> None:
    with connected(db) as one, connected(db) as other:
        with one.transaction() as connection:
            share(connection, 5, 10, 15)
            begun, given_back = claim(connection, "a"), claim(connection, "b")
        with one.transaction() as connection:
            advance(connection, begun, 3, lease=0)  # more than others have done
            advance(connection, given_back, 7)
            RANGES.leave(connection, given_back.share)
        with other.transaction() as connection:
            order = [claim(connection, who).windows[0] - begun.windows[0] for who in ("c", "d", "e", "f")]
        assert order == [0, 2, 3, 1]


def test_one_ends_a_pass_when_all_is_done(db: Database) -> None:
    with connected(db) as one, connected(db) as other:
        with one.transaction() as connection:
            share(connection)
            mine = claim(connection, "a")
        with other.transaction() as connection:
            assert RANGES.claim(connection, 1, "b", 60) is None
        with one.transaction() as connection:
            advance(connection, mine, 20, done=True)
        with other.transaction() as connection:
            end = claim(connection, "b", lease=0)
            assert end.share.ends
        with one.transaction() as connection:
            assert claim(connection, "a").share.ends  # the other is gone
            assert RANGES.claim(connection, 1, "c", 60) is None
        with pytest.raises(LostClaim), other.transaction() as connection:
            RANGES.hold_end(connection, end.share)


@pytest.mark.parametrize("what", ["a range", "the end"])
def test_nobody_leaves_while_somebody_claims_and_nobody_claims_meanwhile(db: Database, what: str) -> None:
    with connected(db) as leaving, connected(db) as claiming:
        with leaving.transaction() as connection:
            share(connection, *((10,) if what == "a range" else ()))
            mine = claim(connection, "a")
        if what == "the end":
            with leaving.transaction() as connection:
                advance(connection, mine, 20, done=True)
        with claiming.transaction() as theirs:  # open, so that nobody can see it yet
            claim(theirs, "b")
            with pytest.raises(DBAPIError, match="lock timeout"), leaving.transaction() as connection:
                connection.exec_driver_sql("SET LOCAL lock_timeout = '50ms'")
                RANGES.one_by_one(connection)
        with leaving.transaction() as connection:
            RANGES.one_by_one(connection)
            assert RANGES.others(connection, "a")
            with claiming.transaction() as theirs:
                theirs.exec_driver_sql("SET LOCAL lock_timeout = '50ms'")
                assert RANGES.claim(theirs, 1, "b", 60) is None


def test_nothing_is_claimed_of_what_a_person_wants_to_stop(db: Database) -> None:
    with connected(db) as one, one.transaction() as connection:
        share(connection)
        STORE.ask(connection, "k", "pause")
        assert RANGES.claim(connection, 1, "a", 60) is None


def test_of_many_tenants_some_are_claimed_at_once_and_the_few_one_by_one(db: Database) -> None:
    db(
        "INSERT INTO migration_guard.windows (backfill, kind, tenant, sweep) "
        "SELECT 'k', 'range', n::text, 1 FROM generate_series(1, 64) AS n"
    )
    with connected(db) as one, one.transaction() as connection:
        RANGES.share(connection, 1, (), None, None, proves=True)
        assert len(claim(connection, "a").windows) == 4
        db("UPDATE migration_guard.windows SET done = true WHERE kind = 'range' AND id > 10")
        assert len(claim(connection, "b").windows) == 1


def test_what_a_worker_has_let_go_of_is_free_for_it_again(db: Database) -> None:
    with connected(db) as one, one.transaction() as connection:
        share(connection, 10)
        first, again = claim(connection, "a"), claim(connection, "a")
        assert (again.windows, again.taken_over) == (first.windows, False)
        assert again.share.tokens != first.share.tokens


@pytest.mark.parametrize("kind", ["bigint", "text", "several columns", "partitions", "never analysed"])
def test_a_sample_splits_a_table_in_pieces_of_about_the_same_size(db: Database, kind: str) -> None:
    rows, made = 60_000, "CREATE TABLE t (id bigint PRIMARY KEY, done bool)"
    columns: tuple[str, ...] = ("id",)
    if kind == "text":
        made = "CREATE TABLE t (id text PRIMARY KEY, done bool)"
    if kind == "several columns":
        columns, made = ("a", "id"), "CREATE TABLE t (id bigint, a int DEFAULT 1, done bool, PRIMARY KEY (a, id))"
    if kind == "partitions":
        made = "CREATE TABLE t (id bigint PRIMARY KEY, done bool) PARTITION BY HASH (id)"
    statements: list[LiteralString] = [
        "CREATE TABLE t0 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 0)",
        "CREATE TABLE t1 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
    ]
    db(made)
    for statement in statements if kind == "partitions" else ():
        db(statement)
    # Keys that lie far apart at the end.
    db("INSERT INTO t (id) SELECT n::bigint * n FROM generate_series(1, %s) AS n", rows)
    if kind != "never analysed":
        db("ANALYZE t")
    update = f"UPDATE t SET done = true WHERE {'id = ANY(:ids)' if len(columns) == 1 else '(a, id) IN (:ids)'}"
    definition = Backfill(key="k", table="t", key_columns=columns, where="done IS NULL", update=update)
    order = "(a, id)" if len(columns) > 1 else "id"
    last = db("SELECT t.id::text FROM t ORDER BY t.id DESC LIMIT 1")[0][0]
    high: Value = ("1", last) if len(columns) > 1 else (last,)
    with connected(db) as one, one.transaction() as connection:
        subject = examine(connection, definition, server(connection))
        found = edges(connection, subject, None, high, workers=4)
        assert edges(connection, subject, None, high, workers=1) is None
    assert found is not None
    assert len(found) >= 0.6 * rows / SMALLEST
    value = "(1, %s::bigint)" if len(columns) > 1 else f"%s::{subject.key.columns[0].type}"
    below = [db(f"SELECT count(*) FROM t WHERE {order} <= {value}", edge[-1])[0][0] for edge in found]
    sizes = [b - a for a, b in zip([0, *below], [*below, rows])]
    assert max(sizes) < 3 * rows / len(sizes)


def test_few_rows_are_not_shared() -> None:
    assert ranges.parts_of(2 * SMALLEST - 1, 8) < 2
    assert ranges.parts_of(10**9, 1) == ranges.MOST_ALONE
    assert ranges.parts_of(10**9, 1_000) == 8_000
    assert ranges.parts_of(10**9, 5_000) == ranges.MOST
    assert ranges.parts_of(10**6, 4) == 32
