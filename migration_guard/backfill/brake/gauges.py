"""All gauges that are configured, read one after the other; each has a short time, and one that fails shows nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from migration_guard.backfill.brake import archive, dead_rows, lag, snapshot, throttle, vacuum
from migration_guard.backfill.brake.law import worst
from migration_guard.backfill.brake.marks import NO_MARKS, Mark, Marks
from migration_guard.backfill.brake.reading import Reading, limits_of
from migration_guard.backfill.brake.replica import Replicas
from migration_guard.backfill.brake.scene import Scene
from migration_guard.backfill.errors import Trouble, judged
from migration_guard.backfill.pinned import milliseconds
from migration_guard.backfill.session import Session
from migration_guard.backfill.trust import PINNED
from migration_guard.config.settings import BrakeSettings

PATIENCE = 0.5
"""Seconds that a statement of a gauge may take."""

_QUICKLY = {"statement_timeout": milliseconds(PATIENCE), "lock_timeout": milliseconds(PATIENCE / 2)}
_Gauge = Callable[[Scene], Iterable[Reading]]


class Gauges:
    """Those for which thresholds are set, of the tables of one backfill, by their OIDs."""

    def __init__(self, session: Session, settings: BrakeSettings, tables: Sequence[int] = ()) -> None:
        self._session = session
        self._settings = settings
        self._tables = tables
        self._gauges = dict(_gauges(settings))
        asked = not limits_of(settings).keys().isdisjoint(lag.LIMITS)
        self._replicas = Replicas(settings.replicas if asked else ())

    def close(self) -> None:
        """Give the replicas' connections back."""
        self._replicas.close()

    def read(self, marks: Marks = NO_MARKS) -> tuple[Marks, tuple[Reading, ...]]:
        """Read all gauges; one that fails shows nothing."""
        found = [Reading("waiters", 0.0)]
        with quickly(self._session) as connection:
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
            drop_if_gone(self._session, error)
            return throttle.failed(error)


def quickly(session: Session) -> AbstractContextManager[Connection]:
    """Begin a transaction whose statements may take a moment only."""
    return session.transaction({**_QUICKLY, **PINNED})


def drop_if_gone(session: Session, error: SQLAlchemyError) -> None:
    """Let the next transaction have a new connection, where an error says that this one may be of no use."""
    if not isinstance(error, DBAPIError) or judged(error).trouble is Trouble.CONNECTION:
        session.drop()


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
        return None, f"the server does not tell where its WAL is (SQLSTATE {judged(error).sqlstate})"
    return replace(scene, marks=marks.added(Mark(float(at), int(wal), int(xid)))), ""


def _read_one(scene: Scene, limits: Sequence[str], read: _Gauge) -> list[Reading]:
    try:
        with scene.connection.begin_nested():
            return list(read(scene))
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        return _blind(limits, f"it could not be read (SQLSTATE {judged(error).sqlstate})")


def _blind(limits: Sequence[str], why: str) -> list[Reading]:
    return [Reading(limit, None, blind=why) for limit in limits]
