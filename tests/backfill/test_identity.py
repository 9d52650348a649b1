"""What a completion is about: rows that are other ones by now, or that may come from elsewhere, were never looked at."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from sqlalchemy import Connection, create_engine

from backfill.test_batches import Database, state
from backfill.test_completeness import FILL, GROWING, gate, items
from migration_guard.backfill import BackfillUnfinished, look, preflight, proof, require_backfill, run, turn, worker
from migration_guard.backfill import gate as gate_module
from migration_guard.backfill.arguments import Argument
from migration_guard.backfill.attempt import Outcome
from migration_guard.backfill.clock import Stop
from migration_guard.backfill.connect import address
from migration_guard.backfill.definition import Claim
from migration_guard.backfill.runner import Limits, run_all
from migration_guard.backfill.state import Store
from migration_guard.backfill.subject import Unfit
from migration_guard.backfill.transitions import State
from migration_guard.backfill.turn import Turn
from migration_guard.cli.backfill_run import last_line

if TYPE_CHECKING:
    from typing import LiteralString  # of Python 3.11


@pytest.fixture
def db(database: str) -> Iterator[Database]:
    made = Database(database)
    yield made
    made.console.close()


@pytest.fixture
def asks(database: str) -> Iterator[Connection]:
    """Give a connection whose transaction is rolled back."""
    engine = create_engine(database.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def claimed(where: str = "v IS NULL", **fields: Any) -> Claim:
    return Claim("items", "items", where, **fields)


CALLED = "CREATE FUNCTION {} RETURNS {} LANGUAGE sql STABLE AS 'SELECT {}'"
ELSEWHERE: list[tuple[str, str, str]] = [
    ("", "v IS NULL AND at < 'now'::timestamptz", "'now'"),
    ("", "v IS NULL AND at < timestamptz E'  Today 04:00'", "E'  Today 04:00'"),
    ("", "v IS NULL AND at < CAST($$tomorrow$$ AS date)", "$$tomorrow$$"),
    ("", "v IS NULL AND at < '04:00 today'", "'04:00 today'"),
    ("", "v IS NULL AND at < 'today04:00'", "'today04:00'"),
    ("", "v IS NULL AND at <@ '[2020-01-01,now)'::tstzrange", "'[2020-01-01,now)'"),
    ("", "v IS NULL AND at < E'\\x6eow'", "E'\\x6eow'"),
    ("", "v IS NULL AND at < U&'\\006eow'", "'\\006eow'"),
    ("", "v IS NULL AND at < 'no'\n'w'", "'w'"),
    ("", "v IS NULL AND at < :since::timestamptz", "the argument since"),
    (
        (
            f"{CALLED.format('asks(bigint, int)', 'bool', '$1 IN (SELECT item FROM calls)')};"
            "CREATE OPERATOR @@@ (leftarg = bigint, rightarg = int, function = asks)"
        ),
        "v IS NULL AND id @@@ 1",
        "asks()",
    ),
    (CALLED.format("asks(items)", "bool", "$1.id IN (SELECT item FROM calls)"), "items.asks", "asks()"),
    (
        (
            f"CREATE TYPE mood AS ENUM ('a'); {CALLED.format('asks(bigint)', 'mood', 'NULL::mood FROM calls')};"
            "CREATE CAST (bigint AS mood) WITH FUNCTION asks(bigint)"
        ),
        "v IS NULL AND id::mood IS NULL",
        "asks()",
    ),
]


def test_what_a_predicate_asks_beside_its_row(asks: Connection) -> None:
    """Also without a call: a word that means another time each time, an operator, a cast, what looks like a column."""
    asks.exec_driver_sql(
        "CREATE TABLE items (id bigserial PRIMARY KEY, v int, at timestamptz); CREATE TABLE calls (item bigint)"
    )
    since = Argument("since", value="now")
    steady = "v IS NULL AND at < '2020-01-01' AND id % 2 = 0 AND at <> 'infinity' AND 'knows' <> 'nowhere'"
    steady += " AND E'pay_now' <> '\\d'"
    assert preflight.located(asks, claimed(steady.replace("%", "%%"))).grows
    for made, where, said in ELSEWHERE:
        with asks.begin_nested() as savepoint:
            if made:
                asks.exec_driver_sql(made)
            source = preflight.located(asks, claimed(where, arguments=(since,) if ":since" in where else ()))
            assert (source.grows, source.moves) == (False, said), where
            savepoint.rollback()


RULE = "CREATE RULE r AS ON INSERT TO items WHERE NEW.id > 9 DO INSTEAD NOTHING"
TRIGGER = (
    'CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.U&"\\0069d" := -NEW.id; RETURN NEW; END$$;'
    "CREATE TRIGGER t BEFORE INSERT ON items FOR EACH ROW EXECUTE FUNCTION f()"
)
SUBSCRIBED = (
    "CREATE SUBSCRIPTION s CONNECTION 'dbname=nowhere' PUBLICATION p WITH (connect = false);"
    "INSERT INTO pg_subscription_rel SELECT oid, 'items'::regclass, 'r' FROM pg_subscription"
)
PARTS = "CREATE TABLE items (id bigint DEFAULT nextval('s') PRIMARY KEY, v int) PARTITION BY RANGE (id);"
PART = "CREATE TABLE low PARTITION OF items FOR VALUES FROM (0) TO (100)"


@pytest.mark.parametrize(
    ("made", "grows"),
    [
        (GROWING, True),
        (f"{PARTS} {PART}", True),
        (f"{PARTS.replace('bigint', 'numeric')} {PART}; INSERT INTO items VALUES (10.5)", False),
        ("CREATE TABLE items (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v int)", True),
        (f"{GROWING}; {RULE}", False),
        (f"{GROWING}; {TRIGGER}", False),
        (f"{GROWING}; {SUBSCRIBED}", False),
        ("CREATE TABLE items (id bigint GENERATED ALWAYS AS IDENTITY (INCREMENT 50) PRIMARY KEY, v int)", False),
        (
            (
                "CREATE TABLE items (id bigint DEFAULT nextval(CASE WHEN random() < 0.5 THEN 's'::regclass ELSE 't' END) "
                "PRIMARY KEY, v int)"
            ),
            False,
        ),
        (f"{PARTS} {PART}; ALTER TABLE low ALTER id SET DEFAULT nextval('t')", False),
        (
            (
                f"{PARTS.replace('items', 'above')} {PART.replace('low', 'items').replace('OF items', 'OF above')};"
                "ALTER TABLE items ALTER id SET DEFAULT nextval('t')"
            ),
            False,
        ),
    ],
)
def test_keys_that_may_come_from_elsewhere_do_not_only_grow(asks: Connection, made: str, *, grows: bool) -> None:
    asks.exec_driver_sql(f"CREATE SEQUENCE s; CREATE SEQUENCE t; {made}")
    assert preflight.located(asks, claimed()).grows is grows


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ("id int[] PRIMARY KEY", "of type integer[]: a list of arrays is no list of keys"),
        ("id numbers PRIMARY KEY", "of type numbers: a list of arrays"),
        ("id text COLLATE aged PRIMARY KEY", "made by another version of its collation (aged)"),
        ("id int UNIQUE, CONSTRAINT n CHECK (id > 0)", "may be NULL"),
    ],
)
def test_keys_by_which_rows_would_be_passed_over_are_refused(asks: Connection, made: str, said: str) -> None:
    asks.exec_driver_sql(
        "CREATE DOMAIN numbers AS int[]; CREATE COLLATION aged (provider = libc, locale = 'C');"
        "UPDATE pg_collation SET collversion = '1' WHERE collname = 'aged'"
    )
    asks.exec_driver_sql(f"CREATE TABLE items ({made}, v int)")
    version = asks.exec_driver_sql("SELECT current_setting('server_version_num')::int").scalar() or 0
    if "UNIQUE" in made and version >= 180000:
        asks.exec_driver_sql("INSERT INTO items VALUES (NULL, NULL)")
        asks.exec_driver_sql("ALTER TABLE items ADD CONSTRAINT there NOT NULL id NOT VALID")
    with pytest.raises(Unfit, match=re.escape(said)):
        preflight.located(asks, claimed())


ANEW: list[tuple[str, str, str]] = [
    ("", "v IS NULL", "ALTER TABLE items RENAME v TO w; ALTER TABLE items ADD v int"),
    (
        "CREATE FUNCTION todo(int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1 IS NULL'",
        "todo(v)",
        "CREATE OR REPLACE FUNCTION todo(int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1 IS DISTINCT FROM 2'",
    ),
    (
        "ALTER TABLE items ADD todo bool GENERATED ALWAYS AS (v IS NULL) STORED",
        "todo",
        "ALTER TABLE items DROP todo; ALTER TABLE items ADD todo bool GENERATED ALWAYS AS (v IS DISTINCT FROM 2) STORED",
    ),
]


@pytest.mark.parametrize(("made", "where", "anew"), ANEW)
def test_what_a_predicate_asks_is_another_one(
    db: Database, monkeypatch: pytest.MonkeyPatch, made: LiteralString, where: str, anew: LiteralString
) -> None:
    monkeypatch.setattr(proof, "BELOW", 0.0)
    db(GROWING)
    db("INSERT INTO items (v) SELECT NULL FROM generate_series(1, 100)")
    if made:
        db(made)
    definition = items(where=where)
    assert (state(db.run(definition)), "not looked at" in gate(db, definition)) == ("completed", False)
    db("ALTER TABLE items ADD other int")
    assert gate(db, definition) == ""
    db(anew)
    assert "is no longer: rows after key (the first)" in gate(db, definition)


def test_keys_that_were_left_unchanged_are_those_of_other_rows(db: Database) -> None:
    db(f"{GROWING}; CREATE TABLE source AS SELECT n AS id FROM generate_series(2, 100, 2) AS n")
    db("INSERT INTO items (v) SELECT NULL FROM generate_series(1, 100)")
    definition = items(update="UPDATE items SET v = 1 FROM source WHERE source.id = items.id AND items.id = ANY(:ids)")
    assert (state(db.run(definition)), gate(db, definition, prove=True)) == ("completed", "")
    db(
        "TRUNCATE items; INSERT INTO items SELECT n FROM generate_series(1, 99, 2) AS n; INSERT INTO source SELECT id FROM items"
    )
    assert "is no longer" in gate(db, definition, prove=True)
    assert (state(db.run(definition)), db("SELECT count(*) FROM items WHERE v IS NULL")) == ("completed", [(0,)])


Between = Callable[[int, Callable[[], object]], None]


@pytest.fixture
def between(monkeypatch: pytest.MonkeyPatch) -> Between:
    """Let batches be small, and something happen behind one of them, counted through all passes."""
    monkeypatch.setattr(look, "LARGEST", 50)
    monkeypatch.setattr(look, "AIM", 0.0)
    monkeypatch.setattr(worker, "QUICK", 50)
    advance = worker.Worker.advance

    def happens(sweep: int, what: Callable[[], object]) -> None:
        left = [4]

        def advanced(self: worker.Worker, *given: Any) -> Outcome | None:
            outcome = advance(self, *given)
            left[0] -= self.job.sweep == sweep
            if not left[0]:
                left[0] = -1
                what()
            return outcome

        monkeypatch.setattr(worker.Worker, "advance", advanced)

    return happens


SWAPPED = """
CREATE TABLE fresh (LIKE items INCLUDING ALL); INSERT INTO fresh SELECT n, CASE WHEN n > 50 THEN 1 END FROM generate_series(1, 400) AS n;
ALTER TABLE items RENAME TO gone; ALTER TABLE fresh RENAME TO items
"""
ALTERED = "not what it was when the run began"


@pytest.mark.parametrize(
    ("changed", "ends", "said"),
    [
        (SWAPPED, "incomplete", ALTERED),
        ("TRUNCATE items; INSERT INTO items VALUES (5, NULL), (400, 1)", "incomplete", ALTERED),
        (
            "ALTER TABLE items RENAME v TO w; ALTER TABLE items ADD v int; UPDATE items SET v = 1 WHERE id > 50",
            "incomplete",
            ALTERED,
        ),
        (
            "CREATE TABLE more (LIKE items); INSERT INTO more VALUES (5, NULL); ALTER TABLE more INHERIT items",
            "failed",
            "more inherit from items",
        ),
        (
            "ALTER TABLE items DROP CONSTRAINT items_pkey; ALTER TABLE items ALTER id DROP NOT NULL; INSERT INTO items VALUES (NULL, NULL)",
            "failed",
            "id may be NULL",
        ),
    ],
)
def test_what_changes_under_a_pass_is_not_proven_by_it(
    db: Database, between: Between, changed: LiteralString, ends: str, said: str
) -> None:
    db(GROWING)
    db("INSERT INTO items (v) SELECT NULL FROM generate_series(1, 400)")
    between(2, lambda: db(changed))
    result = db.run(items(batch_size=50))
    assert (state(result), said in str(result.reason)) == (ends, True), result
    if ends == "incomplete":
        assert result.passes
        assert (state(db.run(items())), db("SELECT count(*) FROM items WHERE v IS NULL")) == ("completed", [(0,)])


def test_a_partition_that_is_attached_under_a_shared_pass(
    db: Database, between: Between, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look, "LARGEST", 1_000)
    db(
        "CREATE TABLE items (id bigint GENERATED BY DEFAULT AS IDENTITY (START 1000) PRIMARY KEY, v int) PARTITION BY RANGE (id)"
    )
    db("CREATE TABLE high PARTITION OF items FOR VALUES FROM (1000) TO (90000)")
    db("INSERT INTO items (v) SELECT 1 FROM generate_series(1, 12000); ANALYZE items")
    between(1, lambda: db(
        "CREATE TABLE low (LIKE items); INSERT INTO low VALUES (5, NULL);"
        "ALTER TABLE items ATTACH PARTITION low FOR VALUES FROM (0) TO (1000)"
    ))  # fmt: skip
    definition = items(batch_size=500)

    def shared() -> str:
        (result,) = run_all([definition], address(db.url, "the URL"), limits=Limits(60, expected=2))
        return state(result)

    assert shared() == "incomplete"
    assert db("SELECT shared FROM migration_guard.backfills") == [(True,)]
    assert (shared(), db("SELECT count(*) FROM items WHERE v IS NULL")) == ("completed", [(0,)])


def test_a_pass_that_goes_on_with_another_table(db: Database, between: Between) -> None:
    db(GROWING)
    db("INSERT INTO items (v) SELECT NULL FROM generate_series(1, 400)")

    def cut() -> None:
        raise Stop(State.INCOMPLETE, "time")

    between(2, cut)
    assert state(db.run(items(batch_size=50))) == "incomplete"
    assert db("SELECT cursor_key FROM migration_guard.windows")[0][0] is not None
    db(SWAPPED)
    assert (state(db.run(items(batch_size=50))), db("SELECT count(*) FROM items WHERE v IS NULL")) == (
        "completed",
        [(0,)],
    )


def test_a_row_that_goes_to_a_tenant_whose_turn_was(db: Database, between: Between) -> None:
    db("CREATE TABLE items (id bigserial PRIMARY KEY, tenant int, v int)")
    db(
        "INSERT INTO items (tenant, v) SELECT n % 3, 1 FROM generate_series(1, 1500) AS n; UPDATE items SET v = NULL WHERE id = 1499"
    )
    order = "SELECT tenant::int FROM migration_guard.windows WHERE kind = 'range' ORDER BY done DESC, cursor_key IS NULL, id"

    def goes() -> None:
        first, *_, last = [row[0] for row in db(order)]
        db(
            "UPDATE items SET id = CASE WHEN v IS NULL THEN 1 ELSE -id END, tenant = CASE WHEN v IS NULL THEN %s ELSE tenant END WHERE id IN (1, 1499)",
            first,
        )
        assert first != last

    between(1, goes)
    assert state(db.run(items(per="tenant", batch_size=50))) == "completed"
    assert db("SELECT count(*) FROM items WHERE v IS NULL") == [(0,)]


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
@pytest.mark.parametrize("rows", [0, 10])
def test_a_gate_whose_snapshot_is_older_than_its_question(db: Database, level: str, rows: int) -> None:
    db(GROWING)
    db("INSERT INTO items (v) SELECT NULL FROM generate_series(1, %s)", rows)
    assert state(db.run(items())) == "completed"
    with psycopg.connect(db.url) as migration:
        migration.execute(f"SET TRANSACTION ISOLATION LEVEL {level}")
        migration.execute("SELECT FROM items")
        db("INSERT INTO items (v) VALUES (NULL)")
        with pytest.raises(BackfillUnfinished, match=f"{level} sees its rows as they were when it began"):
            require_backfill(migration, items(), prove=True)
    db(f"SET default_transaction_isolation = '{level}'")
    assert "is no longer" in gate(db, items())  # a transaction of its own is what it has to be


def test_a_table_that_somebody_fills_just_now_is_no_fresh_installation(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    db(f"{GROWING}; CREATE TABLE empty (id int)")
    assert gate(db, items()) == ""
    monkeypatch.setattr(gate_module, "EMPTY", 0.1)
    with db.holding("INSERT INTO items (v) VALUES (NULL)") as filling:
        assert "items has no rows, and a transaction that has written to it does not end" in gate(db, items())
        monkeypatch.undo()
        timer = threading.Timer(0.5, filling.commit)
        timer.start()
        assert "has never been run" in gate(db, items())
        timer.join()
    with pytest.raises(BackfillUnfinished, match="`table=` names empty, and its table is items"):
        require_backfill(db.console, items(), table="empty")
    with pytest.raises(BackfillUnfinished, match="has never been run"):
        require_backfill(db.console, items(), table="public.items")


def test_what_waits_for_a_backfill_looks_whether_it_holds(db: Database) -> None:
    db(f"{GROWING}; INSERT INTO items (v) VALUES (NULL)")
    first, then = (
        items(key="first"),
        items(key="then", where="v = 1", update=FILL.replace("v = 1", "v = 2"), after="first"),
    )
    assert [state(one) for one in run([first, then], db.url)] == ["completed", "completed"]
    db("INSERT INTO items (v) VALUES (1)")
    with db.holding("INSERT INTO items (v) VALUES (NULL)") as late:
        late.commit()
        where, known = address(db.url, "the URL"), [items(key="first", status="deprecated"), first]
        (result,) = run_all([then], where, known=known)
        assert str(result).startswith(
            "then: not run (waits for first, which was completed up to key 1, and is no longer: "
        )
    assert state(db.run(first)) == "completed"
    changed = items(key="first", where="v IS NULL AND id > 0")
    results = [str(one) for one in run([changed, then], db.url)]
    assert "waits for first, which is completed, but its definition has changed since" in results[1]
    assert state(run_all([then], where, known=[first])[0]) == "completed"


def test_another_version_of_a_definition_that_is_taken_in_before_the_claim(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the one has done is not what the other was complete for."""
    db(f"{GROWING}; INSERT INTO items (v) SELECT NULL FROM generate_series(1, 100)")
    other, waiting = items(), Turn._waiting

    def meanwhile(self: Turn, record: Any) -> str | None:
        db("UPDATE migration_guard.backfills SET fingerprint = %s", other.fingerprint)
        return waiting(self, record)

    monkeypatch.setattr(Turn, "_waiting", meanwhile)
    monkeypatch.setattr(turn, "CLAIM_PATIENCE", 0.0)
    result = db.run(items(where="v IS NULL AND id <= 10"))
    assert (result.complete, result.ran, result.counts.examined) == (False, False, 0)
    assert "is queued" in gate(db, other)


def test_a_completion_that_could_not_be_written_down_is_none(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    db(f"{GROWING}; INSERT INTO items (v) SELECT NULL FROM generate_series(1, 100)")
    step = Store.step

    def ends(self: Store, *given: Any, **named: Any) -> None:
        db(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        step(self, *given, **named)

    monkeypatch.setattr(Store, "step", ends)
    monkeypatch.setattr(turn, "PATIENCE", 0.0)
    result = db.run(items())
    assert (result.state, result.complete, result.passes) == (None, False, True)
    assert last_line([result]).startswith(
        "WORK IS LEFT: 1 of 1 backfills not complete: items: ran (completed; and that could not be written down: "
    )
    assert "is running" in gate(db, items())
