"""What a worker waits for before a batch: a schema change that goes first, the brake, the hours. It says so, and when that is over."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from migration_guard.backfill.attempt import Attempt, Braked, Outcome
from migration_guard.backfill.brake.brake import Brake
from migration_guard.backfill.clock import Clock, Stop
from migration_guard.backfill.job import Job
from migration_guard.backfill.report import Reporter
from migration_guard.backfill.trying import Tries

HOLD_CHECK = 0.5
QUEUED = "a schema change waits for the table: held until it is through"
BRAKE_CHECK = 1.0
RENEW = 20.0
"""Seconds between two renewals of a claim under which nothing is done; many of them fit into a lease."""


class Waiting:
    """Of one worker: until when, what for, and for how long in all."""

    def __init__(
        self, tries: Tries, clock: Clock, brake: Brake, reporter: Reporter, write: Callable[[str, str], None]
    ) -> None:
        self._tries = tries
        self._clock = clock
        self._brake = brake
        self._reporter = reporter
        self._write = write
        self._queued: float | None = None
        """Since when a schema change goes first, if one does."""
        self._held: str | None = None
        """Why nothing may be done now, by the brake or by the hours."""
        self.held = 0.0
        """Seconds for which that was so."""

    def check_time(self, ahead: float) -> None:
        """Raise Stop if less than so many seconds of the run are left; what held at its end is said."""
        try:
            self._clock.check(ahead=ahead)
        except Stop as stop:
            if self._held is None:
                raise
            raise Stop(stop.state, f"{stop.reason}; held: {self._held}", passes=stop.passes) from None

    def until_free(
        self, job: Job, attempt: Attempt, batch: Callable[[], Outcome], ahead: float, speed: Mapping[str, float]
    ) -> tuple[float, Outcome]:
        """Do a batch as soon as neither the brake nor the hours hold; tell when it began."""
        size, since, renewed = attempt.size, time.monotonic(), time.monotonic()
        while True:
            self._brake.keep(speed)
            began, attempt.size = time.monotonic(), size
            try:
                outcome = batch()
            except Braked as held:
                if self._held is None:
                    self._reporter.held(job.key, str(held))
                self._held = str(held)
            else:
                if self._held is not None:
                    self.held += began - since
                    self._held = None
                    self._reporter.released(job.key, began - since)
                return began, outcome
            if time.monotonic() - renewed >= RENEW:
                renewed = time.monotonic()
                self._tries.tried(job.renew)
            self._clock.sleep(BRAKE_CHECK)
            self.check_time(ahead)

    def lets_go_first(self, job: Job, ahead: float) -> None:
        """Let a schema change go first: a batch would queue behind it, and readers behind the batch."""
        if self._queued is None:
            self._queued = time.monotonic()
            self._reporter.held(job.key, QUEUED)
            self._write("hold", QUEUED)
        self._clock.sleep(HOLD_CHECK)
        self.check_time(ahead)
        self._tries.tried(job.renew)

    def goes_on(self, job: Job) -> None:
        """Say that the schema change is through, if there was one."""
        if self._queued is not None:
            seconds, self._queued = time.monotonic() - self._queued, None
            self._reporter.released(job.key, seconds)
            self._write("release", f"after {seconds:.0f} s: {QUEUED}")
