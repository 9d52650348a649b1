"""A worker's brake: looks at the server between two batches, if nobody else has done so just now, and writes down for all
whether the backfill is held.

What it costs is bounded: every gauge has its own short time, and all of them together at most a tenth of the time, as far
as a look that is as rare as that still tells what is going on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from migration_guard.backfill.brake import archive, dead_rows, lag, snapshot, throttle, vacuum, waiters
from migration_guard.backfill.brake.law import judged, worst
from migration_guard.backfill.brake.marks import NO_MARKS, Mark, Marks
from migration_guard.backfill.brake.reading import Reading, limits_of
from migration_guard.backfill.brake.replica import Replicas
from migration_guard.backfill.brake.scene import Scene
from migration_guard.backfill.brake.verdicts import Lease, Verdicts
from migration_guard.backfill.errors import Trouble
from migration_guard.backfill.errors import judged as fault_of
from migration_guard.backfill.pinned import milliseconds
from migration_guard.backfill.session import Session
from migration_guard.backfill.trust import PINNED
from migration_guard.config.settings import BrakeSettings

EVERY = (1.0, 5.0)
"""Seconds between two looks: where they are quick, and where they take long."""
COST = 0.1
"""The part of the time that looks may take."""
PATIENCE = 0.5
"""Seconds that a statement of a gauge may take."""
LEASE = 10.0
"""Seconds after which another worker looks, if who was at it says nothing."""
PROGRESS = 10.0
"""Seconds between two events that say how far all are."""
THIN_EVERY = 50

_QUICKLY = {"statement_timeout": milliseconds(PATIENCE), "lock_timeout": milliseconds(PATIENCE / 2)}
_Gauge = Callable[[Scene], Iterable[Reading]]


class Brake:
    """Of one worker at one backfill."""

    def __init__(
        self, session: Session, verdicts: Verdicts, settings: BrakeSettings, tables: Sequence[int] = ()
    ) -> None:
        self._session = session
        self._verdicts = verdicts
        self._settings = settings
        self._limits = limits_of(settings)
        self._tables = tables
        self._gauges = dict(_gauges(settings))
        self._replicas = Replicas(settings.replicas if settings.replicas and {*lag.LIMITS} & {*self._limits} else ())
        self._made = False
        self._next = 0.0
        self._progress = time.monotonic() + PROGRESS
        self._written = 0
        self._asked = 0.0
        self._behind: Reading | None = None
        """The most that waited behind a batch of ours since it was last written down."""

    def keep(self, batch: Mapping[str, float] | None = None) -> None:
        """Look, if it is time and nobody else does. What goes wrong is no error: nobody has looked, which is known to all."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + EVERY[0]
        try:
            self._look(batch or {})
        except SQLAlchemyError as error:
            self._failed(error)

    def watch(self, connection: Connection) -> None:
        """Count, at the end of a batch and now and then, who waits for it."""
        if "waiters" not in self._limits or time.monotonic() - self._asked < EVERY[0]:
            return
        self._asked = time.monotonic()
        self._behind = waiters.read(connection)

    def tell(self) -> None:
        """Say at once that too many wait: whoever measures has batches of his own, and does not see ours."""
        seen, self._behind = self._behind, None
        if seen is None or seen.value is None or seen.value < self._limits["waiters"].hold:
            return
        try:
            with self._transaction() as connection:
                self._verdicts.change(connection, lambda before, now: judged(before, [seen], self._limits, now))
        except SQLAlchemyError as error:
            self._failed(error)

    def close(self) -> None:
        """Give the replicas' connections back."""
        self._replicas.close()

    def _look(self, batch: Mapping[str, float]) -> None:
        with self._transaction() as connection:
            if not self._made:
                self._verdicts.make(connection)
            lease = self._verdicts.lease(connection, LEASE)
        self._made = True
        if lease is None:
            return
        began = time.monotonic()
        marks, readings = self.read(lease.marks)
        rest = min(max(EVERY[0], (time.monotonic() - began) / COST), EVERY[1])
        self._next = time.monotonic() + rest
        self._write(lease, marks, readings, rest)
        if time.monotonic() >= self._progress:
            self._say_how_far(batch)

    def _write(self, lease: Lease, marks: Marks, readings: Sequence[Reading], rest: float) -> None:
        with self._transaction() as connection:
            if self._verdicts.give_back(connection, lease, marks, rest):
                self._verdicts.change(connection, lambda before, now: judged(before, readings, self._limits, now))

    def read(self, marks: Marks = NO_MARKS) -> tuple[Marks, tuple[Reading, ...]]:
        """Read all gauges; one that fails shows nothing."""
        found = [Reading("waiters", 0.0)]
        with self._transaction() as connection:
            scene, why = _placed(connection, marks, self._tables)
            for limits, read in self._gauges.items():
                found += _read_one(scene, limits, read) if scene is not None else _blind(limits, why)
        if self._replicas.asked:
            found += self._replicas.read(scene.marks) if scene is not None else _blind(lag.LIMITS, why)
        if self._settings.throttle is not None:
            found.append(self._throttle(self._settings.throttle))
        return scene.marks if scene is not None else marks, worst(found)

    def _throttle(self, query: str) -> Reading:
        try:
            with self._session.transaction({**_QUICKLY, **throttle.SETTINGS}) as connection:
                return throttle.read(connection, query)
        except DBAPIError as error:
            self._failed(error)
            return throttle.failed(error)

    def _say_how_far(self, batch: Mapping[str, float]) -> None:
        self._progress = time.monotonic() + PROGRESS
        with self._transaction() as connection:
            self._written += self._verdicts.progress(connection, PROGRESS, batch)
            if self._written >= THIN_EVERY:
                self._written = 0
                self._verdicts.thin(connection)

    def _failed(self, error: SQLAlchemyError) -> None:
        if not isinstance(error, DBAPIError) or fault_of(error).trouble is Trouble.CONNECTION:
            self._session.drop()

    def _transaction(self) -> AbstractContextManager[Connection]:
        return self._session.transaction({**_QUICKLY, **PINNED})


def _gauges(settings: BrakeSettings) -> Iterator[tuple[tuple[str, ...], _Gauge]]:
    """Give those that are asked in the server, by the thresholds that they are for.

    Where replicas are named, they are asked in place of what the server knows of them, which not every role may see.
    """
    wanted = limits_of(settings)
    if settings.replicas and not settings.standbys:
        wanted = {key: limit for key, limit in wanted.items() if key not in lag.LIMITS}
    every: tuple[tuple[tuple[str, ...], _Gauge], ...] = (
        (lag.LIMITS, lambda scene: lag.read(scene, settings.standbys)),
        (("archive-bytes",), archive.read),
        (("autovacuum",), vacuum.read),
        (("dead-rows",), dead_rows.read),
        (("snapshot-seconds",), snapshot.read),
    )
    return ((limits, read) for limits, read in every if not wanted.keys().isdisjoint(limits))


def _placed(connection: Connection, marks: Marks, tables: Sequence[int]) -> tuple[Scene | None, str]:
    """Say where the server is now, or why it does not tell."""
    scene = Scene(connection, marks, tables)
    try:
        with connection.begin_nested():
            ((at, wal, xid),) = scene.ask("gauge_position")
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        return None, f"the server does not tell where its WAL is (SQLSTATE {fault_of(error).sqlstate})"
    return replace(scene, marks=marks.added(Mark(float(at), int(wal), int(xid)))), ""


def _read_one(scene: Scene, limits: Sequence[str], read: _Gauge) -> list[Reading]:
    try:
        with scene.connection.begin_nested():
            return list(read(scene))
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        return _blind(limits, f"it could not be read (SQLSTATE {fault_of(error).sqlstate})")


def _blind(limits: Sequence[str], why: str) -> list[Reading]:
    return [Reading(limit, None, blind=why) for limit in limits]
