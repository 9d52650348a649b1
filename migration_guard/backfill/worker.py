"""Runs batches one after the other: retries what passes, halves what does not, sets aside what never will."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection

from migration_guard.backfill.attempt import Asked, Attempt, Barred, Hold, Odd, Outcome, Phase
from migration_guard.backfill.batch import again, asking, begin_stride, forward, pass_over, set_aside
from migration_guard.backfill.brake.brake import Brake
from migration_guard.backfill.care import GROUPS_FOR_WAITS, Care, Haste
from migration_guard.backfill.clock import Clock, Stop
from migration_guard.backfill.errors import AllFail, Fault, LostClaim, Trouble
from migration_guard.backfill.given_up import given_up
from migration_guard.backfill.job import Job
from migration_guard.backfill.pace import REST, Pace
from migration_guard.backfill.pinned import search_settings
from migration_guard.backfill.planning import plan
from migration_guard.backfill.preflight import as_role
from migration_guard.backfill.report import Reporter
from migration_guard.backfill.session import Session
from migration_guard.backfill.singly import ROW_WAIT
from migration_guard.backfill.span import Span
from migration_guard.backfill.state import FEW
from migration_guard.backfill.swift import Measure, progress, rested, stride
from migration_guard.backfill.transitions import Actor, State
from migration_guard.backfill.trying import TRIES, WAITS, Terms, Tries
from migration_guard.backfill.waiting import Waiting

T = TypeVar("T")

QUICK = 500
"""Rows of a batch of the quick way, unless a person says how many at most: more are hardly quicker there, and held for longer."""
BREAKER_ROWS = 50
"""From this many rows set aside on, a run stops if they are half of all that it tried."""
_ROWS = (Trouble.DATA, Trouble.TIMEOUT, Trouble.INTERNAL, Trouble.DEFINITION)
_NOBODYS = (*WAITS, Trouble.DEFINITION)
"""What no row is to blame for while it is written down what became of them."""


class Worker:
    """Does the batches of one job over one session."""

    def __init__(
        self, session: Session, job: Job, clock: Clock, brake: Brake, reporter: Reporter, *, proven: bool
    ) -> None:
        self._tries = Tries(session, clock, _terms(job))
        self._waiting = Waiting(self._tries, clock, brake, reporter, self._write)
        self._job = job
        self._brake = brake
        self._clock = clock
        self._reporter = reporter
        self._pace = Pace(job.subject.definition.batch_size)
        self._care = Care(may_sift=job.subject.definition.apply is None)
        self._haste = Haste(open=job.subject.swift is not None)
        self._proven = proven
        """Whether rows have ever gone through."""
        self._sieves = False
        """Whether the predicate has just failed on some rows, so that there may be more of them ahead."""
        self._fruitless = False
        """Whether the last block has come to nothing, although batches might be."""
        self._noted: set[str] = set()
        self.told = 0
        """The sweep of which it has told that it is at it."""
        self._tried = 0
        self._set_aside = 0
        self._last = 0.0
        """Seconds that the last batch took."""

    @property
    def job(self) -> Job:
        return self._job

    @property
    def clock(self) -> Clock:
        return self._clock

    @property
    def reporter(self) -> Reporter:
        return self._reporter

    @property
    def held(self) -> float:
        """Seconds for which the brake or the hours have held."""
        return self._waiting.held

    @property
    def victims(self) -> int:
        """Batches of ours that the server has ended to resolve a deadlock."""
        return self._tries.victims

    def turn_to(self, job: Job, span: Span | None = None) -> None:
        """Go on with a sweep, over a span of keys."""
        self.take(job)
        self.told = job.sweep
        self._reporter.turn(job.sweep, span)

    def take(self, job: Job) -> None:
        """Go on with another part of the same sweep."""
        self._job = job

    def advance(self, windows: Sequence[int]) -> Outcome | None:
        """Do one batch of windows, and rest; None if it did not go through, and the next one is smaller."""
        self.check_time()
        care, pace = self._care, self._pace
        if care.careful:
            attempt = Attempt(care.rows, care.group, care.sifts, care.allowance, care.asks)
        else:
            swift = self._hastes and not self._brake.watches  # who waits for a batch can be seen from within one only
            attempt = Attempt(self._size, allowance=care.allowance, swift=swift)
        attempt.sieves = self._sieves
        some = windows if pace.size > 1 else windows[:1]
        job = self._job
        attempt.begins = partial(asking, job, some)
        if attempt.swift:
            outcome = self._judged(
                lambda: self._tries.again(lambda: self._stride(some, attempt), TRIES, attempt), attempt
            )
        else:
            outcome = self._batch(lambda connection: forward(connection, job, some, attempt), attempt)
        if isinstance(outcome, Fault):
            self._cope(some[0], outcome, attempt)
            return None
        if outcome is not None:
            care.asks &= attempt.answered
            self._learn(outcome, attempt)
        return outcome

    def _stride(self, windows: Sequence[int], attempt: Attempt) -> Outcome:
        """Do batches that follow each other on the server. What some of them have come to is told, whatever became of the next."""
        job = self._job
        found = self._tries.once(lambda connection: begin_stride(connection, job, windows, attempt), attempt)
        if found is None:
            raise Odd
        (place, before), began, pause = found, time.monotonic(), attempt.steering.pause
        rest = REST if pause is None else 0.0
        measure = Measure(attempt.size, attempt.allowance, rest, once=bool(pause))

        def came_to() -> Outcome:
            seconds = time.monotonic() - began
            outcome = self.tried(lambda connection: progress(place, before, job.store.stands(connection, place.window)))
            return replace(outcome, rested=rested(seconds, outcome.batches, rest))

        try:
            asked = not self._tries.block(lambda settings: stride(job, place, measure, settings), attempt)
        except Exception:
            outcome = came_to()
            if outcome.batches:
                self._tell(outcome, time.monotonic() - began - outcome.rested)
            raise
        outcome = came_to()
        if asked and not outcome.batches and self._fruitless:
            raise LostClaim("another runner has taken it over")
        self._fruitless = not outcome.batches
        return outcome

    def come_back(self, window: int, keys: int) -> int:
        """Try the locked keys of a window again without waiting; tell how many are no longer locked."""
        rows = keys
        while True:
            self.check_time()
            group = 1 if self._job.subject.definition.apply is None else min(rows, GROUPS_FOR_WAITS)
            attempt = Attempt(min(rows, FEW), group, allowance=self._care.allowance)
            outcome = self._again(window, attempt, wait=False)
            if outcome is None:
                continue
            if not isinstance(outcome, Fault):
                return -outcome.counts.locked
            if outcome.trouble in WAITS and attempt.phase is not Phase.LOOK:
                if rows == 1:
                    return 0
                rows = 1
            elif outcome.trouble not in _ROWS:
                raise given_up(outcome)
            elif rows > 1:
                rows //= 2
            else:
                self._quarantine(window, outcome)
                return 1

    def wait_for(self, window: int) -> bool:
        """Wait for the first locked key of a window, for a moment; tell whether it was to be had."""
        self.check_time()
        attempt = Attempt(1, allowance=self._care.allowance)
        outcome = self._again(window, attempt, wait=True)
        if outcome is None:
            return False
        if not isinstance(outcome, Fault):
            return True
        if outcome.trouble is Trouble.LOCKS:
            return False
        if outcome.trouble is Trouble.TIMEOUT and self._care.slow(self._job.subject.definition.policy.statement):
            return False
        if outcome.trouble not in _ROWS:
            raise given_up(outcome)
        self._quarantine(window, outcome)
        return True

    def _again(self, window: int, attempt: Attempt, *, wait: bool) -> Outcome | Fault | None:
        job, tries = self._job, 1 if wait else TRIES
        return self._batch(lambda connection: again(connection, job, window, attempt, wait=wait), attempt, tries)

    def tried(self, action: Callable[[Connection], T], tries: int = TRIES, attempt: Attempt | None = None) -> T:
        """Run a transaction, and once more where that may help."""
        return self._tries.tried(action, tries, attempt)

    def _batch(
        self, action: Callable[[Connection], Outcome], attempt: Attempt, tries: int = TRIES
    ) -> Outcome | Fault | None:
        """Do one batch, or say why it did not go through; None if a schema change goes first."""

        def watched(connection: Connection) -> Outcome:
            outcome = action(connection)
            self._brake.watch(connection)
            return outcome

        return self._judged(lambda: self.tried(watched, tries, attempt), attempt)

    def _judged(self, work: Callable[[], Outcome], attempt: Attempt) -> Outcome | Fault | None:
        """Do it as soon as nothing holds, and judge what went wrong."""
        attempt.proven = self._proven
        way = self._job.subject.swift  # what was found odd of it may also have joined the table: a trigger, say
        attempt.repeats = self._haste.open and way is not None and way.repeats
        attempt.allowance = max(attempt.allowance, self._pace.aim)
        speed = {"size": self._size, "seconds": round(self._last, 4), "rows": self._job.subject.table.rows}
        try:
            began, outcome = self._waiting.until_free(self._job, attempt, work, self._ahead, speed)
        except Asked as asked:
            raise asked.stop from None
        except Hold:
            self._waiting.lets_go_first(self._job, self._ahead)
            return None
        except Odd:
            self._haste.open = False
            return None
        except AllFail as failed:
            raise Stop(State.FAILED, str(failed)) from None
        except (Barred, LostClaim, Stop):
            raise
        except Exception as error:  # noqa: BLE001 -- judged, and raised again if it is none of the database's
            fault = self._tries.judged(error, attempt)
            if fault.trouble is Trouble.DEFINITION:
                self._check_definition()
            return fault
        seconds = time.monotonic() - began - outcome.rested
        self._last = seconds / max(outcome.batches, 1)
        self._waiting.goes_on(self._job)
        if attempt.steering != self._pace.steering:
            self._pace.obey(attempt.steering)
            self._reporter.steered(self._job.key, str(attempt.steering))
        self._brake.tell()
        if outcome.batches:
            self._tell(outcome, seconds)
        return outcome

    def _check_definition(self) -> None:
        """Raise Unfit if the definition itself does not fit any more: what the server can plan fails on a row only."""
        subject = self._job.subject

        def planned(connection: Connection) -> None:
            with as_role(connection, subject.definition):
                plan(connection, subject)

        self.tried(planned)

    def _learn(self, outcome: Outcome, attempt: Attempt) -> None:
        counts, care, pace, batches = outcome.counts, self._care, self._pace, outcome.batches
        if not batches:
            return
        self._sieves = outcome.unreadable > 0
        self._haste.done(outcome.passed, counts.changed, swift=attempt.swift)
        if care.careful:
            rows = counts.changed + counts.unchanged + outcome.waited + outcome.bad
            care.learn(rows, waited=outcome.waited, bad=outcome.bad, seconds=self._last)
            pace.last = max(0.0, self._last - outcome.waited * ROW_WAIT)  # to wait for others is no work
        else:
            worked = counts.changed + counts.unchanged
            pace.done(self._last, outcome.passed // batches, worked=worked > 0)
        if counts.changed or counts.unchanged:  # where nothing was locked there is nothing to make up for
            self._clock.sleep(pace.rest)

    def _cope(self, window: int, fault: Fault, attempt: Attempt) -> None:
        """Let the next batch be smaller, or more careful; or end the run, where that is no help."""
        care, pace = self._care, self._pace
        waits = fault.trouble in WAITS
        if attempt.swift and fault.trouble is Trouble.REFUSED:  # the long way tells whether it is right
            self._haste.open = False
        elif fault.trouble not in (*_ROWS, Trouble.LOCKS) or (
            attempt.phase is Phase.RECORD and fault.trouble in _NOBODYS
        ):
            raise given_up(fault)
        elif attempt.swift:  # the long way tells which row it was
            self._haste.disturbed()
        elif attempt.phase is Phase.LOOK:
            if fault.trouble is Trouble.LOCKS:
                raise given_up(fault)
            care.careful = False
            if fault.trouble is not Trouble.TIMEOUT and not attempt.sieves and not pace.halved:
                self._sieves = True
                return
            self._sieves = False  # it was no help: there is no PL/pgSQL, or somebody has just written such a row
            if not pace.failed(attempt.size):
                self._quarantine(window, fault)
        elif not attempt.group:
            care.begin(attempt.size, asks=waits and bool(self._job.subject.parents))
            if fault.trouble is Trouble.TIMEOUT:
                pace.slow()
        elif attempt.sifted:
            care.keep()
        elif care.shrink():
            return
        elif fault.trouble is Trouble.LOCKS:
            self._pass_over(window)
        elif fault.trouble is not Trouble.TIMEOUT or not care.slow(self._job.subject.definition.policy.statement):
            self._quarantine(window, fault)

    def _pass_over(self, window: int) -> None:
        attempt, began = Attempt(1), time.monotonic()
        outcome = self.tried(lambda connection: pass_over(connection, self._job, window, attempt), attempt=attempt)
        self._tell(outcome, time.monotonic() - began)

    def _quarantine(self, window: int, fault: Fault) -> None:
        began = time.monotonic()
        outcome = self.tried(lambda connection: set_aside(connection, self._job, window, fault.of_row))
        self._tell(outcome, time.monotonic() - began, fault.of_row)

    def _tell(self, outcome: Outcome, seconds: float, fault: Fault | None = None) -> None:
        counts = outcome.counts
        self._tried += counts.changed + counts.unchanged + counts.quarantined
        self._set_aside += counts.quarantined
        self._proven = self._proven or counts.changed + counts.unchanged > 0
        self._reporter.batch(
            counts,
            seconds,
            self._size,
            outcome.passed,
            outcome.at,
            batches=outcome.batches,
        )
        for note in outcome.notes:
            self.note("note", note)
        if counts.quarantined and self._set_aside >= BREAKER_ROWS and self._set_aside * 2 >= self._tried:
            told = f"{self._set_aside} of {self._tried} rows cannot be changed"
            raise Stop(State.FAILED, f"{told}; the last: {fault or outcome.fault}")

    def note(self, kind: str, detail: str) -> None:
        """Say and write down what is worth it, once a run."""
        if detail in self._noted:
            return
        self._noted.add(detail)
        self._reporter.warn(self._job.key, detail)
        self._write(kind, detail)

    def _write(self, kind: str, detail: str) -> None:
        job = self._job
        self.tried(lambda connection: job.store.note(connection, job.key, Actor.RUNNER, kind, detail))

    def check_time(self) -> None:
        """Raise Stop if the run is over."""
        self._waiting.check_time(self._ahead)

    @property
    def _hastes(self) -> bool:
        """Whether the next batch may go the quick way."""
        return self._haste.swift and self._job.sweep == 1 and not self._sieves

    @property
    def _size(self) -> int:
        """Rows of the next batch, at most."""
        care, pace = self._care, self._pace
        if care.careful:
            return care.rows
        return min(pace.size, QUICK) if self._hastes and pace.steering.max_size is None else pace.size

    @property
    def _ahead(self) -> float:
        """Seconds that must be left for another batch."""
        return 2 * self._pace.last


def _terms(job: Job) -> Terms:
    definition, server = job.subject.definition, job.subject.server
    return Terms(
        definition.policy,
        server.version,
        search_settings(definition),
        python=definition.apply is not None,
        hold=job.hold,
    )
