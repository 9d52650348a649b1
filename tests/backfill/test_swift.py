"""The quick way through a batch: taken where it is the same as the long one, and left when anything is not as expected."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection

from backfill.test_batches import UPDATE, Database, counted, define, state
from migration_guard.backfill import Backfill, batch, look, swift, worker
from migration_guard.backfill.asks import Question
from migration_guard.backfill.attempt import Outcome
from migration_guard.backfill.connect import address, engine
from migration_guard.backfill.preflight import examine, server
from migration_guard.backfill.report import Reporter
from migration_guard.backfill.runner import run_all
from migration_guard.backfill.session import Session
from migration_guard.backfill.standing import Counts
from migration_guard.backfill.state import Store
from migration_guard.backfill.steering import Steering

ROWS = 3_000
TRIGGER = """
CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER t BEFORE UPDATE ON leads FOR EACH ROW EXECUTE FUNCTION t()
"""
FUNCTIONS = """
CREATE TABLE other (id int);
CREATE FUNCTION ours(text) RETURNS text LANGUAGE sql STABLE AS 'SELECT $1';
CREATE FUNCTION vowed(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT count(*)::text FROM other';
CREATE FUNCTION whole(leads) RETURNS text LANGUAGE sql STABLE AS 'SELECT count(*)::text FROM other'
"""
READS = "CREATE FUNCTION reads(text) RETURNS bool LANGUAGE plpgsql AS 'BEGIN RETURN EXISTS (SELECT FROM leads); END'; "


@pytest.fixture
def db(database: str) -> Iterator[Database]:
    made = Database(database)
    made.leads(ROWS)
    yield made
    made.console.close()


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[Outcome]:
    """What blocks of the quick way have come to."""
    seen: list[Outcome] = []

    def progress(*arguments: Any) -> Outcome:
        seen.append(swift.progress(*arguments))
        return seen[-1]

    monkeypatch.setattr(worker, "progress", progress)
    return seen


def is_swift(db: Database, definition: Backfill) -> bool:
    session = Session(engine(address(db.url, "the URL"), "test"))
    try:
        with session.transaction() as connection:
            return swift.way(connection, examine(connection, definition, server(connection))) is not None
    finally:
        session.close()


def test_what_nobody_disturbs_goes_the_quick_way(db: Database, taken: list[Outcome]) -> None:
    result = db.run()
    assert (state(result), counted(result)) == ("completed", (ROWS, ROWS, 0, 0, 0, 0))
    assert sum(one.counts.changed for one in taken) >= ROWS * 2 // 3


def test_the_size_that_is_told_is_that_of_the_batches(db: Database, taken: list[Outcome]) -> None:
    """The pace learns from them, and may be of larger ones by then."""
    told: list[int] = []

    class Sizes(Reporter):
        def batch(self, counts: Counts, seconds: float, size: int, *_: object, **__: object) -> None:
            if counts.changed:  # and not of the pass that proves
                told.append(size)

    db("INSERT INTO leads (id) SELECT generate_series(%s, %s)", ROWS + 1, 20 * ROWS)
    (result,) = run_all([define()], address(db.url, "the URL"), reporter=Sizes())
    assert result.complete, str(result)
    assert sum(one.batches for one in taken) > len(taken)
    assert max(told) == worker.QUICK


def test_partitions_go_the_quick_way(db: Database, taken: list[Outcome]) -> None:
    """A partition that comes later joins the table as a trigger does."""
    db("CREATE TABLE parts (id bigint PRIMARY KEY, status text) PARTITION BY RANGE (id)")
    db("CREATE TABLE p1 PARTITION OF parts FOR VALUES FROM (1) TO (2000)")
    db("CREATE TABLE p2 PARTITION OF parts FOR VALUES FROM (2000) TO (9000)")
    db("INSERT INTO parts SELECT generate_series(1, %s)", ROWS)
    result = db.run(define(table="parts", update="UPDATE parts SET status = 'new' WHERE id = ANY(:ids)"))
    assert (state(result), counted(result)) == ("completed", (ROWS, ROWS, 0, 0, 0, 0))
    assert sum(one.counts.changed for one in taken) >= ROWS // 2


def test_all_of_it_is_done_with_the_rights_of_its_role(db: Database, taken: list[Outcome]) -> None:
    """Also what is sent together with a transaction's beginning."""
    role = f"filler_{db.console.info.dbname}"
    db(f"CREATE ROLE {role}; GRANT SELECT, UPDATE ON leads TO {role}")
    db(
        "CREATE FUNCTION whose(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS "
        "'BEGIN PERFORM pg_notify(''whose'', current_user::text); RETURN $1; END'"
    )
    try:
        db("CREATE INDEX ON leads (whose(status))")
        db("LISTEN whose")
        result = db.run(define(role=role))
        assert (state(result), sum(one.batches for one in taken) > 1) == ("completed", True)
        assert {one.payload for one in db.console.notifies(timeout=1.0)} == {role}
    finally:
        db(f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_the_pace_that_is_set_is_that_of_all_batches(db: Database, taken: list[Outcome]) -> None:
    """Also of those that go by what the one before has asked."""
    assert state(db.run()) == "completed"
    steer(db, Steering(max_size=30))
    taken.clear()
    assert state(db.run()) == "completed"
    assert sum(one.batches for one in taken) > 3
    assert all(one.passed <= 30 * one.batches for one in taken)


def steer(db: Database, steering: Steering) -> None:
    """Set a pace, and let all be done once more."""
    db("UPDATE leads SET status = NULL")
    db("UPDATE migration_guard.backfills SET state = 'queued', sweep = 0, swept = false, floor = NULL")
    session = Session(engine(address(db.url, "the URL"), "test"))
    with session.transaction() as connection:
        Store().steer(connection, "status", steering, "me")
    session.close()


@pytest.mark.parametrize(("pause", "expected"), [(None, (True, True)), (0, (False, True)), (0.001, (False, False))])
def test_batches_that_follow_each_other_leave_a_rest_between_them_unless_a_person_says_how_long(
    db: Database,
    taken: list[Outcome],
    monkeypatch: pytest.MonkeyPatch,
    pause: float | None,
    expected: tuple[bool, bool],
) -> None:
    """A pause that is set is behind each batch, with no transaction open; none at all keeps them on the server."""
    inner, heard = swift.stride, list[str]()

    def stride(*arguments: Any) -> Question:
        asked, sleep = inner(*arguments), "PERFORM pg_catalog.pg_sleep"
        assert asked.sql.count(sleep) == 1
        return replace(asked, sql=asked.sql.replace(sleep, f"PERFORM pg_notify('rests', mg_rest::text); {sleep}"))

    db(f"INSERT INTO leads (id) SELECT generate_series({ROWS + 1}, {5 * ROWS})")
    assert state(db.run()) == "completed"
    steer(db, Steering(pause=pause))
    taken.clear()
    monkeypatch.setattr(worker, "stride", stride)
    db.console.add_notify_handler(lambda one: heard.append(one.payload))
    db("LISTEN rests")
    assert state(db.run()) == "completed"
    db("SELECT 1")  # with which what was told comes
    assert (bool(heard), max(one.batches for one in taken) > 1) == expected


@pytest.mark.parametrize(
    ("seconds", "batches", "rest", "expected"),
    [(0.08, 3, 0.5, 0.02), (0.1, 1, 0.5, 0.0), (0.1, 0, 0.5, 0.0), (0.1, 9, 0.0, 0.0), (0.3, 2, 1.0, 0.1)],
)
def test_the_time_of_a_block_is_told_apart_from_its_rests(
    seconds: float, batches: int, rest: float, expected: float
) -> None:
    """As many of them as batches, but for the last: that is left to who comes after the block."""
    assert swift.rested(seconds, batches, rest) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("update", "where", "expected"),
    [
        (UPDATE, "status IS NULL", True),
        (
            "UPDATE leads SET status = lower(coalesce(phone, 'x')) WHERE id = ANY(:ids) AND id > 3",
            "status IS NULL",
            True,
        ),
        ("UPDATE public.leads SET status = 'a' -- why\n WHERE (id = ANY(:ids)) -- so", "leads.status IS NULL", True),
        ("UPDATE leads AS l SET status = 'a' WHERE id = ANY(:ids)", "status IS NULL", False),
        ("UPDATE leads SET status = 'a' FROM other WHERE leads.id = ANY(:ids)", "status IS NULL", False),
        ("UPDATE leads SET status = (SELECT 'a') WHERE id = ANY(:ids)", "status IS NULL", False),
        ("UPDATE leads SET status = 'a' WHERE id = ANY(:ids) RETURNING id", "status IS NULL", False),
        ("UPDATE leads SET status = ours(phone) WHERE id = ANY(:ids)", "status IS NULL", False),
        ("UPDATE leads SET status = public.ours(phone) WHERE id = ANY(:ids)", "status IS NULL", False),
        (UPDATE, "status IS NULL AND ours(phone) IS NOT NULL", False),
        (UPDATE, "status IS NULL AND NOT EXISTS (SELECT FROM other)", False),
        ("DELETE FROM leads WHERE id = ANY(:ids)", "status IS NULL", False),
        ("UPDATE leads SET status = pg_catalog.current_setting('a.b', true) WHERE id = ANY(:ids)", "true", False),
        ("UPDATE leads SET status = vowed(phone) WHERE id = ANY(:ids)", "status IS NULL", False),
        ("UPDATE leads SET status = leads.whole WHERE id = ANY(:ids)", "status IS NULL", False),
        ("UPDATE leads SET status = age(phone) WHERE id = ANY(:ids)", "status IS NULL", False),
        (
            "UPDATE leads SET status = concat(age(now(), now()), substring(phone, 1, 2)) WHERE id = ANY(:ids)",
            "id > 0",
            True,
        ),
        ("UPDATE leads SET id = id + 0, status = 'a' WHERE id = ANY(:ids)", "status IS NULL", False),
        ("UPDATE leads SET status = cardinality(:ids)::text WHERE id = ANY(:ids)", "status IS NULL", False),
        ("UPDATE leads SET status = DEFAULT WHERE id = ANY(:ids)", "status IS NULL", False),
        ("UPDATE leads SET status = phone OPERATOR(pg_catalog.||) 'a' WHERE id = ANY(:ids)", "status IS NULL", False),
        ("UPDATE leads SET status = 'a' WHERE id IN (SELECT unnest(:ids))", "status IS NULL", False),
    ],
)
def test_only_what_depends_on_its_rows_alone(db: Database, update: str, where: str, expected: bool) -> None:
    db(FUNCTIONS)
    if " age(phone)" in update:
        db("CREATE FUNCTION age(text) RETURNS text LANGUAGE sql STABLE AS 'SELECT $1'")
    assert is_swift(db, define(update=update, where=where)) is expected


@pytest.mark.parametrize(
    "besides",
    [
        TRIGGER,
        "ALTER TABLE leads ADD COLUMN u int, ADD UNIQUE (u) DEFERRABLE",
        "CREATE TABLE child (lead bigint REFERENCES leads DEFERRABLE)",
        f"{READS} ALTER TABLE leads ADD CHECK (reads(name))",
        f"{READS} CREATE DOMAIN d AS text CHECK (reads(VALUE))",
        f"{READS} CREATE OPERATOR ### (RIGHTARG = text, FUNCTION = reads)",
        f"{READS} ALTER TABLE leads ADD COLUMN r bool DEFAULT reads('')",
        "CREATE RULE r AS ON INSERT TO leads DO ALSO NOTHING",
    ],
)
def test_nothing_must_happen_besides_or_later(db: Database, besides: str) -> None:
    assert is_swift(db, define())
    db(besides)
    assert not is_swift(db, define())


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("id = ANY(:ids)", (True, True)),
        ("((leads.id = ANY (CAST(:ids AS bigint[]))))", (False, False)),
        ("( id = ANY ( :ids :: bigint[] ) )", (True, True)),
        ("phone IS NULL AND id = ANY(:ids)", (True, False)),
        ("NOT (id = ANY(:ids) AND id > 7)", (True, False)),
        ("id = ANY(:ids) IS NOT FALSE", (False, False)),
        ("- id = ANY(:ids)", (False, False)),
        ("coalesce(id = ANY(:ids), true)", (False, False)),
        ("id >= ANY(:ids)", (False, False)),
        ("tenant_id = ANY(:ids)", (False, False)),
    ],
)
def test_a_range_stands_for_keys_where_these_are_a_condition(condition: str, expected: tuple[bool, bool]) -> None:
    _, ranged, exact = swift._change(f"UPDATE leads SET status = 'a' WHERE {condition}", "id")
    assert (ranged, exact) == expected


def test_what_is_asked_while_batches_follow_each_other_is_taken_up_by_the_next(
    db: Database, taken: list[Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = swift.stride

    def stride(*arguments: Any, **named: Any) -> Question:
        db("UPDATE migration_guard.backfills SET request = 'pause'")
        return inner(*arguments, **named)

    monkeypatch.setattr(worker, "stride", stride)
    assert state(db.run()) == "paused"
    assert [one.batches for one in taken] == [0]


def test_a_range_that_another_has_taken_over_ends_the_quick_way(
    db: Database, taken: list[Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody who asks before a batch is told of it: each batch finds it out."""
    inner = swift.stride

    def stride(*arguments: Any, **named: Any) -> Question:
        asked = inner(*arguments, **named)
        db("UPDATE migration_guard.backfills SET token = token + 1")
        return asked

    monkeypatch.setattr(worker, "stride", stride)
    result = db.run()
    assert "another runner has taken it over" in str(result)
    assert [one.batches for one in taken] == [0]


def test_a_batch_that_takes_too_long_is_rolled_back_though_no_time_out_ends_it(
    db: Database, taken: list[Outcome]
) -> None:
    """The server's time-out counts from the beginning of a block: a short one of the role's ends none of them either."""
    db(f"ALTER DATABASE {db.console.info.dbname} SET statement_timeout = '300ms'")
    db("DELETE FROM leads WHERE id > 700")
    db(
        "CREATE FUNCTION slow(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS "
        "'BEGIN PERFORM pg_sleep(0.001) WHERE $1 IS NOT NULL; RETURN $1; END'"
    )
    db("CREATE INDEX ON leads (slow(status))")
    assert state(db.run(define(batch_size=200))) == "completed"
    assert taken[0].batches == 0


def test_a_row_that_somebody_holds_is_left_out_by_the_long_way(db: Database, taken: list[Outcome]) -> None:
    with db.holding(f"SELECT FROM leads WHERE id = {ROWS - 10} FOR UPDATE"):
        result = db.run(seconds=5)
        assert (state(result), result.counts.locked, result.counts.changed) == ("incomplete", 1, ROWS - 1)
    assert taken
    assert state(db.run()) == "completed"


def test_what_joins_the_table_during_the_run_ends_the_quick_way(
    db: Database, taken: list[Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trigger that writes elsewhere is refused by the long way: nothing that it did by then may stand."""
    joined: list[bool] = []
    inner = swift.stride

    def stride(*arguments: Any, **named: Any) -> Question:
        if not joined:
            joined.append(True)
            db(
                "CREATE TABLE log (id bigint); "
                + TRIGGER.replace("RETURN NEW", "INSERT INTO log VALUES (NEW.id); RETURN NEW")
            )
        return inner(*arguments, **named)

    monkeypatch.setattr(worker, "stride", stride)
    result = db.run()
    assert (state(result), joined) == ("failed", [True])
    assert "log" in str(result)
    assert db("SELECT count(*) FROM log") == [(0,)]


NEVER_LOST = ("claim", "begin_sweep", "result_of_sweep", "end_sweep", "step")
NOTED = """
CREATE FUNCTION noted(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN
    PERFORM pg_notify('noted', current_setting('synchronous_commit'));
    RETURN $1;
END $$;
CREATE INDEX ON leads (noted(status))
"""
"""Tells of each transaction that changed rows, when it is committed, whether that was waited for."""


@pytest.fixture
def batches(db: Database) -> Callable[[], list[str]]:
    """Whether the COMMIT of each batch that changed rows was waited for, in their order."""
    heard: list[str] = []
    db.console.add_notify_handler(lambda one: heard.append(one.payload))
    db(NOTED)
    db("LISTEN noted")

    def of_all() -> list[str]:
        db("SELECT 1")
        return heard

    return of_all


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Whether the COMMIT is waited for, by what else is written in its transaction."""
    seen: dict[str, list[str]] = {}

    def watch(name: str) -> None:
        inner = getattr(Store, name)

        def watched(self: Store, connection: Connection, *given: object, **named: object) -> object:
            seen.setdefault(name, []).append(str(connection.exec_driver_sql("SHOW synchronous_commit").scalar()))
            return inner(self, connection, *given, **named)

        monkeypatch.setattr(Store, name, watched)

    for name in NEVER_LOST:
        watch(name)
    return seen


@pytest.mark.parametrize(
    ("value", "expected"),
    [("'new'", "off"), ("upper(id::text)", "off"), ("now()::text", "on"), ("gen_random_uuid()::text", "on")],
)
def test_no_commit_is_waited_for_where_a_lost_batch_is_the_same_again(
    db: Database, batches: Callable[[], list[str]], waited: dict[str, list[str]], value: str, expected: str
) -> None:
    """What says how far a backfill is, or that it is over, is always on disk before anybody is told."""
    assert state(db.run(define(update=f"UPDATE leads SET status = {value} WHERE id = ANY(:ids)"))) == "completed"
    assert set(batches()) == {expected}
    assert set(waited) == set(NEVER_LOST)
    assert {setting for settings in waited.values() for setting in settings} == {"on"}


def test_what_joins_the_table_during_the_run_is_waited_for(
    db: Database, batches: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trigger may write what is another thing after a crash."""
    inner = swift.stride

    def stride(*arguments: Any, **named: Any) -> Question:
        if not joined:
            joined.append(len(batches()))
            db(TRIGGER)
        return inner(*arguments, **named)

    joined: list[int] = []
    monkeypatch.setattr(worker, "stride", stride)
    assert state(db.run()) == "completed"
    before, after = batches()[: joined[0]], batches()[joined[0] :]
    assert (set(before), set(after)) == ({"off"}, {"on"})


def test_what_joins_the_table_while_batches_go_the_long_way_is_waited_for(
    db: Database, batches: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where few rows are to do, no batch goes the quick way; what it rests on is asked nevertheless."""
    db("UPDATE leads SET status = 'done' WHERE id % 3 <> 0")
    inner: Any = look.lock

    def lock(*arguments: Any, **named: Any) -> Any:
        if not joined:
            joined.append(len(batches()))
            db(TRIGGER)
        return inner(*arguments, **named)

    joined: list[int] = []
    monkeypatch.setattr(batch, "lock", lock)
    result = db.run(define(batch_size=200))
    assert (state(result), result.counts.changed) == ("completed", ROWS // 3)
    assert set(batches()[joined[0] :]) == {"on"}


def test_what_others_write_meanwhile_is_not_overwritten(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The row is held when the statement comes to it; then it is filled by the one who held it."""
    monkeypatch.setattr("migration_guard.backfill.trying.WAIT", 5.0)
    monkeypatch.setattr("migration_guard.backfill.job.HOLD", 5.0)
    db(f"ALTER DATABASE {db.console.info.dbname} SET deadlock_timeout = '20s'")
    with psycopg.connect(db.url) as application:
        application.execute("UPDATE leads SET status = 'theirs' WHERE id = %s", [ROWS - 10])
        run = threading.Thread(target=lambda: results.append(db.run()))
        results: list[object] = []
        run.start()
        waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'DO %'"
        while db(waits) == [(0,)]:
            assert run.is_alive()
            time.sleep(0.01)
        application.commit()
        run.join()
    (result,) = results
    assert (state(result), counted(result)) == ("completed", (ROWS, ROWS - 1, 0, 1, 0, 0))  # type: ignore[arg-type]
    assert db("SELECT id FROM leads WHERE status = 'theirs'") == [(ROWS - 10,)]


@pytest.mark.parametrize(
    ("update", "said"),
    [
        ("UPDATE leads SET status = 'new' WHERE id = ANY(:ids) OR id % 7 = 0", "must keep to id = ANY(:ids)"),
        (
            "UPDATE leads SET status = 'new' WHERE id = ANY(:ids) AND id % 9 <> 0 OR id = 2990",
            "a batch must change its own rows only",
        ),
        ("UPDATE leads SET name = 'new' WHERE id = ANY(:ids)", ""),
    ],
)
def test_what_is_odd_is_told_by_the_long_way(db: Database, update: str, said: str) -> None:
    result = db.run(define(update=update))
    assert not result.complete
    assert said in str(result)


def test_rows_that_cannot_be_changed_are_found(db: Database) -> None:
    db("ALTER TABLE leads ADD CHECK (id % 500 <> 0 OR status IS NULL)")
    result = db.run()
    assert (state(result), counted(result)) == ("completed_with_quarantine", (ROWS, ROWS - 6, 0, 0, 0, 6))


def test_rows_that_the_update_leaves_are_counted_as_before(db: Database, taken: list[Outcome]) -> None:
    result = db.run(define(update=f"{UPDATE} AND id % 20 <> 0"))
    assert (state(result), counted(result)) == ("incomplete", (ROWS, ROWS - ROWS // 20, ROWS // 20, 0, 0, 0))
    assert str(result.reason).startswith(f"residue: `where` matches {ROWS // 20} rows")
    assert taken
