"""What is simulated is what the server does: the same ranges are claimed; and what it says of a thousand workers."""

from __future__ import annotations

import json
import random
from contextlib import ExitStack

import pytest

from backfill.process import until
from backfill.simulation import FOREVER, ROW_BYTES, Law, Range, simulate
from backfill.test_batches import Database
from backfill.test_ranges import RANGES, STORE, connected, db, place_of
from migration_guard.backfill.errors import LostClaim
from migration_guard.backfill.ranges import Claimed, parts_of
from migration_guard.backfill.record import Entry
from migration_guard.backfill.session import Session
from migration_guard.backfill.standing import NOTHING

__all__ = ["db"]  # the fixture

LONG = 3_600.0
STEPS = 120


class Both:
    """A worker, on the server and in the model."""

    def __init__(self, who: int, session: Session) -> None:
        self.who, self.session = who, session
        self.sql: Claimed | None = None
        self.law: tuple[Range, int] | None = None

    def claim(self, law: Law, now: float, first: int) -> None:
        with self.session.transaction() as connection:
            found = RANGES.claim(connection, 1, str(self.who), LONG)
        if found is not None and found.share.ends:
            assert not law.left
            found = None
        expected = law.claim(self.who, now, FOREVER)
        assert (found is None) == (expected is None)
        if found is not None and expected is not None:
            assert (found.windows[0] - first, found.taken_over) == (expected[0].id, expected[1])
            self.sql, self.law = found, (expected[0], expected[0].token)

    def batch(self, law: Law, now: float, *, done: bool = False, lapses: bool = False) -> None:
        """Do a batch; the server refuses it where the model says that somebody else has the range."""
        assert self.sql is not None
        assert self.law is not None
        one, token = self.law
        goes = law.batch(one, token, now, lease=0 if lapses else FOREVER)
        try:
            with self.session.transaction() as connection:
                entry = Entry(place_of(connection, self.sql), NOTHING, cursor=("1",), done=done)
                lease = 0 if lapses else LONG
                STORE.record(connection, "k", 1, (entry,), lease=lease, share=self.sql.share)
        except LostClaim:
            assert not goes
            done = True
        else:
            assert goes
            if done:
                law.finish(one)
        if done:
            self.sql = self.law = None

    def leave(self, law: Law) -> None:
        assert self.sql is not None
        assert self.law is not None
        with self.session.transaction() as connection:
            RANGES.leave(connection, self.sql.share)
        if self.law[0].token == self.law[1]:
            law.leave(self.law[0])
        self.sql = self.law = None

    def hang_up(self, law: Law, db: Database) -> None:
        assert self.law is not None
        with self.session.transaction() as connection:
            pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
        self.session.drop()
        until(lambda: not db("SELECT FROM pg_stat_activity WHERE pid = %s", pid))
        if self.law[0].token == self.law[1]:
            law.hang_up(self.law[0])
        self.sql = self.law = None


@pytest.mark.parametrize("seed", [1, 2])
def test_the_model_claims_what_the_server_claims(db: Database, seed: int) -> None:
    chance, ranges = random.Random(seed), 12
    law = Law(ranges)
    with ExitStack() as stack:
        crew = [Both(n, stack.enter_context(connected(db))) for n in range(3)]
        with crew[0].session.transaction() as connection:
            RANGES.share(connection, 1, [(str(n),) for n in range(1, ranges)], None, ("20",), proves=True)
        ((first,),) = db("SELECT min(id) FROM migration_guard.windows WHERE kind = 'part'")
        for now in range(STEPS):
            one = chance.choice(crew)
            if one.sql is None:
                one.claim(law, now, first)
                continue
            match chance.choices(("batch", "done", "lapses", "leaves", "hangs up"), (5, 2, 2, 1, 1))[0]:
                case "leaves":
                    one.leave(law)
                case "hangs up":
                    one.hang_up(law, db)
                case what:
                    one.batch(law, now, done=what == "done", lapses=what == "lapses")
        assert law.left < ranges


def test_a_row_of_the_state_is_as_large_as_is_said(db: Database) -> None:
    count = 4_000
    parts = json.dumps([[[str(10_000_000 + n)], [str(10_000_001 + n)]] for n in range(count)])
    with connected(db) as one, one.transaction() as connection:
        RANGES._sent(connection, "share", token=1, parts=parts, unproven=0)
    ((size,),) = db("SELECT pg_total_relation_size('migration_guard.windows')")
    assert 0.7 < size / count / ROW_BYTES < 1.3


def test_a_thousand_workers_share_a_billion_rows() -> None:
    few, many = simulate(1_000, 10**9, accidents=200, parts=1_024), simulate(1_000, 10**9, accidents=200)
    assert parts_of(10**9, 1_000) == many.ranges
    assert many.seconds < 1.15 * many.ideal < few.seconds  # so many ranges are what lets the slow keep nobody waiting
    assert many.fairness > 0.98
    assert len(many.waits) > 100
