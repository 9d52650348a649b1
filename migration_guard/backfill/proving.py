"""Proves what a function says that it has done: reads all rows of its claim, in windows whose cursor the state keeps.

So a proof that is cut off goes on where it stood, as a pass does, and what it has not read is never taken for read.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy import Connection

from migration_guard.backfill import preflight
from migration_guard.backfill.attempt import Asked, Hold
from migration_guard.backfill.clock import Clock, Stop
from migration_guard.backfill.definition import Claim
from migration_guard.backfill.ends import end_of, first_of, has_passed, standing_floor
from migration_guard.backfill.errors import LostClaim
from migration_guard.backfill.keys import Value
from migration_guard.backfill.pace import Pace
from migration_guard.backfill.proof import FIRST_SIZE, beyond, shown
from migration_guard.backfill.record import Entry, Record
from migration_guard.backfill.report import Reporter
from migration_guard.backfill.span import span
from migration_guard.backfill.standing import NOTHING
from migration_guard.backfill.state import Store
from migration_guard.backfill.subject import Source
from migration_guard.backfill.transitions import State
from migration_guard.backfill.trying import Terms, Tries
from migration_guard.backfill.waiting import HOLD_CHECK
from migration_guard.backfill.writers import wait_for_writers, writer_named, writers

BY_ITS_WORD = ("",)
"""The bound of what a function counts: no key, since nobody knows which rows those are."""


class Proof:
    """One proof, from its first window, or from where it was cut off, to its end."""

    def __init__(self, tries: Tries, terms: Terms, store: Store, clock: Clock, reporter: Reporter) -> None:
        self._tries = tries
        self._policy = terms.policy
        self._store = store
        self._clock = clock
        self._reporter = reporter

    def is_pending(self, record: Record) -> bool:
        """Tell whether a proof was cut off: its function is not called again for that."""
        if record.swept or record.bound in {None, BY_ITS_WORD}:
            return False
        windows = self._tries.tried(lambda connection: self._store.windows(connection, record.key))
        return any(not window.done for window in windows)

    def proved(self, claim: Claim, record: Record, *, pending: bool) -> tuple[State, str | None]:
        """Read all rows, and tell in which state that leaves the backfill."""
        source = self._tries.tried(lambda connection: _located(connection, claim))
        if not pending:
            record = self._begun(source, record)
        self._turn(source, record)
        try:
            for cursor, to_do in self._windows(source, record):
                if to_do:
                    return State.INCOMPLETE, f"its function has left work: rows after key {shown(cursor)} match `where`"
        except Stop as stopped:
            if stopped.state is not State.INCOMPLETE:
                raise
            told = f"{stopped.reason}; its function is done, and its proof goes on with the next run"
            raise Stop(stopped.state, told, passes=stopped.passes) from None
        self._tries.tried(lambda connection: self._ended(connection, source, record))
        return State.COMPLETED, None

    def _begun(self, source: Source, record: Record) -> Record:
        """Freeze the end, and wait for those that are writing below it."""

        def frozen(connection: Connection) -> tuple[Value | None, list[str], bool]:
            with preflight.as_role(connection, source.claim):
                bound = end_of(connection, source.key, source.table.sql)
                floor = standing_floor(connection, source, record.floor, record.members)
            return bound, writers(connection, source.members), floor is not None

        bound, open_, keeps = self._tries.tried(frozen)
        wait_for_writers(
            lambda: self._tries.tried(lambda connection: writers(connection, source.members)),
            lambda one: self._tries.tried(lambda connection: writer_named(connection, one)),
            open_,
            self._clock,
            patience=self._policy.lock,
            table=source.table.name,
        )
        begun = replace(record, sweep=record.sweep + 1, bound=bound, swept=False)
        store, key, token = self._store, record.key, record.token
        self._tries.tried(
            lambda connection: store.begin_sweep(
                connection, key, token, sweep=begun.sweep, bound=bound, keeps=keeps, members=source.identity
            )
        )
        return begun

    def _turn(self, source: Source, record: Record) -> None:
        def first(connection: Connection) -> Value | None:
            with preflight.as_role(connection, source.claim):
                return first_of(connection, source.key, source.table.sql)

        low = self._tries.tried(first)
        self._reporter.turn(record.sweep, span(source.key.columns[0].type, low or (), record.bound or ()))

    def _windows(self, source: Source, record: Record) -> Iterator[tuple[Value | None, int]]:
        """Read window after window; give where each began, and how many rows in it are to do."""
        pace, key = Pace(FIRST_SIZE), record.key
        for window in self._tries.tried(lambda connection: self._store.windows(connection, key)):
            done = window.done
            while not done:
                self._clock.check(ahead=2 * pace.last)
                began = time.monotonic()
                read = self._read(source, record, window.id, pace.size)
                if read is None:
                    continue
                cursor, examined, last, to_do, done = read
                pace.done(time.monotonic() - began)
                self._reporter.batch(NOTHING, pace.last, pace.size, examined, last)
                yield cursor, to_do

    def _read(
        self, source: Source, record: Record, window: int, size: int
    ) -> tuple[Value | None, int, Value, int, bool] | None:
        """Read one window, and move the cursor; None if a schema change goes first."""
        store = self._store

        def read(connection: Connection) -> tuple[Value | None, int, Value, int, bool]:
            control = store.control(connection, record.key, record.token, (window,), source.members)
            if control.request:
                raise Asked(control.request)
            if control.queued:
                raise Hold
            (place,) = control.places
            assert record.bound is not None  # an empty table has no windows
            with preflight.as_role(connection, source.claim):
                sql, parameters = beyond(source, place.cursor, record.bound, size)
                examined, last, to_do, _ = connection.exec_driver_sql(sql, parameters).one()
            done = bool(to_do) or examined < size or tuple(last) == record.bound
            entry = Entry(place, NOTHING, touched=to_do, cursor=tuple(last) if examined else None, done=done)
            store.record(connection, record.key, record.token, (entry,), lease=self._policy.lease)
            return place.cursor, examined, tuple(last), to_do, done

        try:
            return self._tries.tried(read)
        except Asked as asked:
            raise asked.stop from None
        except Hold:
            self._clock.sleep(HOLD_CHECK)
            self._clock.check()
            return None

    def _ended(self, connection: Connection, source: Source, record: Record) -> None:
        """Write down what was proved, if it is still ours to say."""
        store, key, token = self._store, record.key, record.token
        swept = store.result_of_sweep(connection, key, token, record.sweep)
        if swept.left:
            raise LostClaim("its proof was begun anew meanwhile")
        now = _located(connection, source.claim)
        if not set(now.identity) <= set(swept.members):
            raise Stop(State.INCOMPLETE, f"{source.table.name} is not what it was when its proof began", passes=True)
        with preflight.as_role(connection, source.claim):
            grows = now.grows and has_passed(connection, now.table.oid, now.key, record.bound)
        store.end_sweep(connection, key, token, record.sweep, grows=grows, members=now.identity)


def _located(connection: Connection, claim: Claim) -> Source:
    with preflight.as_role(connection, claim):
        return preflight.located(connection, claim)
