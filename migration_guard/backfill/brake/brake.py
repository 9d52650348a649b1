"""A worker's brake: looks at the server between two batches, if nobody else has done so just now, and writes down for all
whether the backfill is held.

What it costs is bounded: every gauge has its own short time, and all of them together at most a tenth of the time, as far
as a look that is as rare as that still tells what is going on.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from migration_guard.backfill.brake import waiters
from migration_guard.backfill.brake.gauges import Gauges, drop_if_gone, quickly
from migration_guard.backfill.brake.law import judged
from migration_guard.backfill.brake.marks import Marks
from migration_guard.backfill.brake.reading import Reading, limits_of
from migration_guard.backfill.brake.verdicts import Lease, Verdicts
from migration_guard.backfill.session import Session
from migration_guard.config.settings import BrakeSettings

EVERY = (1.0, 5.0)
"""Seconds between two looks: where they are quick, and where they take long."""
COST = 0.1
"""The part of the time that looks may take."""
LEASE = 10.0
"""Seconds after which another worker looks, if who was at it says nothing."""
PROGRESS = 10.0
"""Seconds between two events that say how far all are."""
THIN_EVERY = 50


class Brake:
    """Of one worker at one backfill."""

    def __init__(
        self, session: Session, verdicts: Verdicts, settings: BrakeSettings, tables: Sequence[int] = ()
    ) -> None:
        self._session = session
        self._verdicts = verdicts
        self._limits = limits_of(settings)
        self._gauges = Gauges(session, settings, tables)
        self._made = False
        self._next = 0.0
        self._progress = time.monotonic() + PROGRESS
        self._written = 0
        self._asked = 0.0
        self._behind: Reading | None = None
        """Who waited behind a batch of ours when it was last asked, until that is told."""

    def keep(self, batch: Mapping[str, float] | None = None) -> None:
        """Look, if it is time and nobody else does. What goes wrong is no error: nobody has looked, which is known to all.

        Who has batches that are counted says of which size they are, so that how far all are is written down.
        """
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + EVERY[0]
        try:
            self._look(batch)
        except SQLAlchemyError as error:
            drop_if_gone(self._session, error)

    @property
    def watches(self) -> bool:
        """Whether it is time to count who waits for a batch."""
        return "waiters" in self._limits and time.monotonic() - self._asked >= EVERY[0]

    def watch(self, connection: Connection) -> None:
        """Count, at the end of a batch and now and then, who waits for it."""
        if not self.watches:
            return
        self._asked = time.monotonic()
        self._behind = waiters.read(connection)

    def tell(self) -> None:
        """Say at once that too many wait: whoever measures has batches of his own, and does not see ours."""
        seen, self._behind = self._behind, None
        if seen is None or seen.value is None or seen.value < self._limits["waiters"].hold:
            return
        try:
            with quickly(self._session) as connection:
                self._verdicts.change(connection, lambda before, now: judged(before, [seen], self._limits, now))
        except SQLAlchemyError as error:
            drop_if_gone(self._session, error)

    def close(self) -> None:
        """Give the replicas' connections back."""
        self._gauges.close()

    def _look(self, batch: Mapping[str, float] | None) -> None:
        with quickly(self._session) as connection:
            if not self._made:
                self._verdicts.make(connection)
            lease = self._verdicts.lease(connection, LEASE)
        self._made = True
        if lease is None:
            return
        began = time.monotonic()
        marks, readings = self._gauges.read(lease.marks)
        rest = min(max(EVERY[0], (time.monotonic() - began) / COST), EVERY[1])
        self._next = time.monotonic() + rest
        self._write(lease, marks, readings, rest)
        if batch is not None and time.monotonic() >= self._progress:
            self._say_how_far(batch)

    def _write(self, lease: Lease, marks: Marks, readings: Sequence[Reading], rest: float) -> None:
        with quickly(self._session) as connection:
            if self._verdicts.give_back(connection, lease, marks, rest):
                self._verdicts.change(connection, lambda before, now: judged(before, readings, self._limits, now))

    def _say_how_far(self, batch: Mapping[str, float]) -> None:
        self._progress = time.monotonic() + PROGRESS
        with quickly(self._session) as connection:
            self._written += self._verdicts.progress(connection, PROGRESS, batch)
            if self._written >= THIN_EVERY:
                self._written = 0
                self._verdicts.thin(connection)
