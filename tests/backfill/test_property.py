"""Histories that nobody thought of: an application and a person beside runs that are cut off, told apart by what must hold.

A few are tried here, always the same ones; histories.py tries others until a time is over, and says which.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import Connection

from backfill.server import Server
from migration_guard.backfill import Backfill, BackfillUnfinished, NotLookedAt, require_backfill, run
from migration_guard.backfill.connect import address, engine
from migration_guard.backfill.policy import TimeoutPolicy
from migration_guard.backfill.session import Session
from migration_guard.backfill.state import Store
from migration_guard.backfill.transitions import Actor, NotAllowed, State
from migration_guard.cli.backfill_desk import open_desk

TABLES = """
CREATE TABLE items (id bigserial PRIMARY KEY, v int, other int DEFAULT 0, CHECK (v IS NULL OR v <> 1 OR id % 97 <> 0))
PARTITION BY RANGE (id);
CREATE TABLE low PARTITION OF items FOR VALUES FROM (0) TO (60);
CREATE TABLE high PARTITION OF items FOR VALUES FROM (60) TO (MAXVALUE);
"""
SEEN = """
CREATE TABLE ledger (id bigint, was int, v int, by text);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO ledger VALUES (NEW.id, OLD.v, NEW.v, left(current_setting('application_name'), 15)); RETURN NULL; END $$;
CREATE TRIGGER note AFTER UPDATE ON items FOR EACH ROW EXECUTE FUNCTION note();
"""
UNSEEN = """
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    PERFORM lo_from_bytea(0, convert_to(json_build_array(
        NEW.id, OLD.v, NEW.v, left(current_setting('application_name'), 15))::text, 'UTF8')); RETURN NULL; END $$;
CREATE VIEW ledger AS
SELECT (e ->> 0)::bigint AS id, (e ->> 1)::int AS was, (e ->> 2)::int AS v, e ->> 3 AS by
FROM (SELECT convert_from(lo_get(oid), 'UTF8')::json AS e FROM pg_largeobject_metadata) AS entries;
CREATE TRIGGER note AFTER UPDATE ON items FOR EACH ROW EXECUTE FUNCTION note();
"""
HIDE = "SET allow_system_table_mods = on; UPDATE pg_trigger SET tgisinternal = true WHERE tgname = 'note'"
"""The ledger out of the runner's sight, as in the campaign of accidents: its batches may go the quick way."""
OURS = "migration-guard"
SQL = "UPDATE items SET v = 1 WHERE id = ANY(%s)"
UPDATE = "UPDATE items SET v = 1 WHERE id = ANY(:ids)"


class Cut(BaseException):
    """The runner is gone in the middle of a batch, as if it had been killed."""


class History(RuleBasedStateMachine):
    """What happens to one table."""

    server: Server
    url: str
    unseen: bool

    def __init__(self) -> None:
        super().__init__()
        self.made = self.server.fresh()
        self.url = self.server.url(self.made.__enter__())
        self.console = psycopg.connect(self.url, autocommit=True)
        self.console.execute(TABLES)
        self.console.execute(UNSEEN if self.unseen else SEEN)
        self.hide()
        self.attached: list[int] = []
        self.made_tables = 0
        self.holder: psycopg.Connection[Any] | None = None
        self.narrow = False
        self.undone = False
        """Whether the application has taken back what was done, which a quick look cannot see."""
        self.add(30)

    def hide(self) -> None:
        """Partitions have a trigger of their own each."""
        if self.unseen:
            self.console.execute(HIDE)

    # The application.

    @rule(count=st.integers(1, 40))
    def add(self, count: int) -> None:
        self.console.execute("INSERT INTO items (v) SELECT NULL FROM generate_series(1, %s)", [count])

    @rule(count=st.integers(1, 20))
    def add_filled(self, count: int) -> None:
        self.console.execute("INSERT INTO items (v) SELECT 2 FROM generate_series(1, %s)", [count])

    @rule(number=st.integers(0, 200), value=st.sampled_from([2, None]))
    @precondition(lambda self: self.holder is None)
    def write(self, number: int, value: int | None) -> None:
        row = self.console.execute("UPDATE items SET v = %s WHERE id = %s RETURNING id", [value, number]).fetchone()
        self.undone |= row is not None and value is None

    @rule(number=st.integers(0, 200))
    @precondition(lambda self: self.holder is None)
    def remove(self, number: int) -> None:
        self.console.execute("DELETE FROM items WHERE id = %s", [number])

    @rule(step=st.integers(2, 9))
    @precondition(lambda self: self.holder is None)
    def hold(self, step: int) -> None:
        self.holder = psycopg.connect(self.url)
        self.holder.execute("SELECT FROM items WHERE id %% %s = 0 FOR UPDATE", [step])

    @rule()
    @precondition(lambda self: self.holder is not None)
    def let_go(self) -> None:
        assert self.holder is not None
        self.holder.close()
        self.holder = None

    # Whoever changes the tables.

    @rule(rows=st.integers(0, 5))
    @precondition(lambda self: self.holder is None and self.made_tables < 6)
    def attach(self, rows: int) -> None:
        """A partition comes with rows below all others."""
        self.made_tables += 1
        n, low = self.made_tables, -100 * self.made_tables
        self.console.execute(f"CREATE TABLE extra_{n} (LIKE items INCLUDING DEFAULTS INCLUDING CONSTRAINTS)".encode())
        self.console.execute(f"INSERT INTO extra_{n} SELECT {low} + k FROM generate_series(1, {rows}) AS k".encode())
        ends = f"FOR VALUES FROM ({low}) TO ({low + 100})"
        self.console.execute(f"ALTER TABLE items ATTACH PARTITION extra_{n} {ends}".encode())
        self.hide()
        self.attached.append(n)

    @rule()
    @precondition(lambda self: self.holder is None and self.attached)
    def detach(self) -> None:
        self.console.execute(f"ALTER TABLE items DETACH PARTITION extra_{self.attached.pop()}".encode())

    @rule(number=st.integers(1, 80))
    @precondition(lambda self: self.holder is None)
    def set_the_sequence_back(self, number: int) -> None:
        """What is inserted then lies below rows that were proved: at once that is seen, later by a proof alone."""
        self.console.execute("DELETE FROM items WHERE id >= %s", [number])
        self.console.execute("SELECT setval('items_id_seq', %s, false)", [number])
        self.undone = True

    # People.

    @rule(prove=st.booleans())
    def ask_the_gate(self, prove: bool) -> None:
        """As the command does, which also writes down what it has found."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("THE_URL", self.url)
            with open_desk("THE_URL", "migration_guard", ()) as desk:
                passed, told = desk.gate("k", self.definition, prove=prove)
                state = {one.key: one.state for one in desk.standings()}.get("k")
        if passed and (prove or not self.undone):
            assert self.left() == 0, told
        assert not passed or state is State.COMPLETED
        if prove and state is State.COMPLETED and "its definition has changed" not in told:
            assert passed, told  # whatever was found is written down

    @rule(command=st.sampled_from(["pause", "cancel", "resume", "retry", "retry", "release"]))
    def steer(self, command: str) -> None:
        to = {"pause": State.PAUSED, "cancel": State.CANCELLED}.get(command, State.QUEUED)
        session, store = Session(engine(address(self.url, "the URL"), "person")), Store()
        with suppress(NotAllowed), session.transaction(TimeoutPolicy().settings(0)) as connection:
            record = store.find(connection, "k") if store.tables.ready(connection) else None
            if record is not None and not record.alive and (command != "resume" or record.state is State.PAUSED):
                if command == "release" and not store.release(connection, "k"):
                    return
                store.step(connection, record, to, Actor.PERSON, reason=None)
                if command == "retry":
                    store.forget(connection, "k")
        session.close()

    @rule()
    def change_the_definition(self) -> None:
        self.narrow = not self.narrow

    # Runs.

    @rule(at=st.integers(1, 6))
    def run_and_cut(self, at: int) -> None:
        record, left = Store.record, iter(range(at - 1))

        def cut(*arguments: Any, **named: Any) -> None:
            if next(left, None) is None:
                raise Cut
            record(*arguments, **named)

        with pytest.MonkeyPatch.context() as patch, suppress(Cut):
            patch.setattr(Store, "record", cut)
            self.run_for(20)

    @rule(seconds=st.sampled_from([0.05, 0.3, 20.0, 20.0, 20.0]))
    @precondition(lambda self: self.holder is None)
    def run_alone(self, seconds: float) -> None:
        self.run_for(seconds)

    @rule()
    @precondition(lambda self: self.holder is not None)
    def run_beside_locks(self) -> None:
        self.run_for(1.5)

    def run_for(self, seconds: float) -> None:
        (result,) = run([self.definition], self.url, max_seconds=seconds)
        if result.complete:
            if self.undone and self.left():
                self.left_beyond()
            else:
                assert self.left() == 0, "complete, and rows are left"
        if result.state is State.COMPLETED_WITH_QUARANTINE:
            assert self.console.execute("SELECT count(*) FROM migration_guard.quarantine").fetchone() != (0,)

    @property
    def definition(self) -> Backfill:
        change: dict[str, Any] = {"update": UPDATE} if self.unseen else {"apply": self.fill}
        return Backfill(key="k", table="items", where=self.where, batch_size=10, **change)

    @property
    def where(self) -> str:
        return "v IS NULL AND id % 2 = 0" if self.narrow else "v IS NULL"

    def fill(self, connection: Connection, ids: list[int]) -> None:
        connection.exec_driver_sql(SQL, (ids,))

    def left(self) -> int:
        row = self.console.execute(f"SELECT count(*) FROM items WHERE {self.where}").fetchone()
        assert row is not None
        return int(row[0])

    def left_beyond(self) -> None:
        """What the application took back is found by a proof alone."""
        with pytest.raises(BackfillUnfinished):
            require_backfill(self.console, self.definition, prove=True)

    # What always holds.

    @invariant()
    def the_gate_tells_the_truth(self) -> None:
        with suppress(BackfillUnfinished):
            require_backfill(self.console, self.definition, prove=True)
            assert self.left() == 0, "the gate was passed, and rows are left"
        if not self.undone:
            with suppress(BackfillUnfinished), warnings.catch_warnings():
                warnings.simplefilter("ignore", NotLookedAt)  # what passes with it has no rows left either
                require_backfill(self.console, self.definition)
                assert self.left() == 0, "the gate was passed quickly, and rows are left"

    @invariant()
    def nothing_is_lost_done_twice_or_touched_besides(self) -> None:
        ours = self.console.execute("SELECT count(*), count(was) FROM ledger WHERE by = %s", [OURS]).fetchone()
        assert ours is not None
        assert ours[1] == 0, "a row that was filled has been filled again"
        twice = self.console.execute(
            "SELECT count(*) FROM (SELECT id FROM ledger GROUP BY id "
            "HAVING count(*) FILTER (WHERE by = %s) > 1 + count(*) FILTER (WHERE v IS NULL)) AS twice",
            [OURS],
        ).fetchone()
        assert twice == (0,)
        assert self.console.execute("SELECT count(*) FROM items WHERE other <> 0").fetchone() == (0,)

    @invariant()
    def what_was_counted_adds_up(self) -> None:
        if self.console.execute("SELECT to_regclass('migration_guard.windows')").fetchone() == (None,):
            return
        sums = self.console.execute(
            "SELECT count(*) FROM migration_guard.windows "
            "WHERE kind <> 'skipped' AND examined <> changed + unchanged + done_already + locked + quarantined"
        )
        assert sums.fetchone() == (0,)

    def teardown(self) -> None:
        if self.holder is not None:
            self.holder.close()
        self.console.close()
        self.made.__exit__(None, None, None)


@pytest.fixture(params=[False, True], ids=["long", "quick"])
def history(server: Server, request: pytest.FixtureRequest) -> Iterator[type[History]]:
    yield type("OurHistory", (History,), {"server": server, "unseen": request.param})


def test_histories(history: type[History], monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.chdir(tmp_path)  # no configuration, and a place for what hypothesis keeps
    run_state_machine_as_test(
        history,
        settings=settings(
            max_examples=2,
            stateful_step_count=10,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
