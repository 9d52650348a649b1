"""Runs batches one after the other: retries what passes, halves what does not, sets aside what never will."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import Connection
from tenacity import RetryCallState, Retrying, retry_if_exception, wait_random_exponential

from migration_guard.backfill.batch import Asked, Hold, Job, Outcome, again, forward, set_aside
from migration_guard.backfill.errors import Fault, LostClaim, Trouble, judged
from migration_guard.backfill.pace import Pace
from migration_guard.backfill.preflight import search_settings
from migration_guard.backfill.report import Reporter
from migration_guard.backfill.session import Session
from migration_guard.backfill.span import Span
from migration_guard.backfill.transitions import Actor, State

T = TypeVar("T")

TRIES = 3
PATIENCE = 60.0
"""Seconds without a server, after which a run gives up."""
LONGEST_WAIT = 5.0
HOLD_CHECK = 0.5
BREAKER_ROWS = 50
"""From this many rows set aside on, a run stops if they are half of all that it tried."""


class Stop(Exception):
    """The run of this backfill ends here, in a state and with a reason."""

    def __init__(self, state: State, reason: str) -> None:
        super().__init__(state, reason)
        self.state = state
        self.reason = reason


class Locked(Stop):
    """It ends since a lock was not to be had."""


@dataclass(slots=True)
class Clock:
    """How much of the run is left; by the monotonic clock, as the other one jumps."""

    deadline: float
    stop: threading.Event = field(default_factory=threading.Event)
    """Set by the first signal: finish the batch, and end."""

    @property
    def left(self) -> float:
        return self.deadline - time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait, unless the run is over before."""
        self.stop.wait(max(0.0, min(seconds, self.left)))


class Worker:
    """Does the batches of one job over one session."""

    def __init__(self, session: Session, job: Job, clock: Clock, reporter: Reporter) -> None:
        self._session = session
        self._job = job
        self._clock = clock
        self._reporter = reporter
        self._pace = Pace(job.subject.definition.batch_size)
        self._noted: set[str] = set()
        self._tried = 0
        self._set_aside = 0
        self._went_past = False
        """Whether the last batch ended with its one row set aside."""

    @property
    def job(self) -> Job:
        return self._job

    def turn_to(self, job: Job, span: Span | None = None) -> None:
        """Go on with a sweep, over a span of keys."""
        self._job = job
        self._reporter.turn(job.sweep, span)

    def advance(self, window: int) -> bool:
        """Do one batch of a window, and rest; tell whether the window is done."""
        self._check_time()
        pace = self._pace
        outcome = self._one(window, lambda connection: forward(connection, self._job, window, pace.size), pace)
        if outcome is None:
            return False
        if (
            outcome.counts.changed or outcome.counts.unchanged
        ):  # where nothing was locked there is nothing to make up for
            self._clock.sleep(self._pace.rest)
        return outcome.done

    def come_back(self, window: int, keys: int) -> int:
        """Try the locked keys of a window again without waiting; tell how many are no longer locked."""
        pace = Pace(keys)
        while True:
            self._check_time()
            outcome = self._one(
                window, lambda connection: again(connection, self._job, window, pace.size, wait=False), pace
            )
            if outcome is not None:
                return -outcome.counts.locked
            if self._went_past:
                return 1

    def wait_for(self, window: int) -> bool:
        """Wait for the first locked key of a window, as long as the policy allows; tell whether it was to be had."""
        self._check_time()
        try:
            self._one(window, lambda connection: again(connection, self._job, window, 1, wait=True), Pace(1), tries=1)
        except Locked:
            return False
        return True

    def tried(self, action: Callable[[Connection], T], tries: int = TRIES, *, single: bool = False) -> T:
        """Run a transaction, and once more where that may help."""

        def hopeful(error: BaseException) -> bool:
            if not isinstance(error, Exception) or isinstance(error, (Asked, Hold, LostClaim, Stop)):
                return False
            return judged(error).trouble in _PASSING or (single and judged(error).trouble in _ROWS)

        def enough(state: RetryCallState) -> bool:
            outside = judged(_error_of(state)).trouble in _OUTSIDE
            spent = (state.seconds_since_start or 0.0) >= PATIENCE if outside else state.attempt_number >= tries
            return spent or self._clock.stop.is_set() or self._clock.left <= 0

        retrying = Retrying(
            retry=retry_if_exception(hopeful),
            stop=enough,
            wait=wait_random_exponential(multiplier=0.1, max=LONGEST_WAIT),
            sleep=self._clock.sleep,
            reraise=True,
        )
        result: T = retrying(self._transaction, action)
        return result

    def _transaction(self, action: Callable[[Connection], T]) -> T:
        policy, server = self._job.subject.definition.policy, self._job.subject.server
        settings = {**policy.settings(server.version), **search_settings(self._job.subject.definition)}
        # Nobody waits for a lock longer than there is a run to use it.
        settings["lock_timeout"] = f"{round(1000 * max(1.0, min(policy.lock, self._clock.left)))}ms"
        try:
            with self._session.transaction(settings) as connection:
                return action(connection)
        except Exception as error:
            if not isinstance(error, (Asked, Hold, LostClaim)) and judged(error).trouble is Trouble.CONNECTION:
                self._session.drop()
            raise

    def _one(
        self, window: int, action: Callable[[Connection], Outcome], pace: Pace, tries: int = TRIES
    ) -> Outcome | None:
        """Do one batch; None if it did not go through, and has become smaller."""
        began = time.monotonic()
        self._went_past = False
        try:
            outcome = self.tried(action, tries, single=pace.size == 1)
        except Asked as asked:
            state = State.PAUSED if str(asked) == "pause" else State.CANCELLED
            raise Stop(state, "asked by a person") from None
        except Hold:
            self._hold()
            return None
        except (LostClaim, Stop):
            raise
        except Exception as error:  # noqa: BLE001 -- judged, and raised again if it is none of the database's
            seconds = time.monotonic() - began
            timeout = self._job.subject.definition.policy.statement
            self._give_up_or_go_on(window, judged(error, seconds=seconds, statement_timeout=timeout), pace)
            return None
        pace.done(time.monotonic() - began)
        self._tell(outcome, pace)
        return outcome

    def _give_up_or_go_on(self, window: int, fault: Fault, pace: Pace) -> None:
        match fault.trouble:
            case Trouble.DATA | Trouble.TIMEOUT:
                if not pace.failed():
                    self._quarantine(window, fault)
            case Trouble.REFUSED | Trouble.DEFINITION:
                raise Stop(State.FAILED, str(fault))
            case Trouble.CANCELLED:
                raise Stop(State.PAUSED, f"somebody cancelled its statement: {fault}")
            case Trouble.LOCKS:
                raise Locked(State.INCOMPLETE, f"locks: {fault}")
            case Trouble.CONNECTION | Trouble.RESOURCES:
                raise Stop(State.INCOMPLETE, f"{fault.trouble.value}: {fault}")

    def _quarantine(self, window: int, fault: Fault) -> None:
        outcome = self.tried(lambda connection: set_aside(connection, self._job, window, fault, TRIES))
        self._went_past = True
        self._set_aside += outcome.counts.quarantined
        self._tell(outcome, self._pace)
        if self._set_aside >= BREAKER_ROWS and self._set_aside * 2 >= self._tried:
            raise Stop(State.FAILED, f"{self._set_aside} of {self._tried} rows cannot be changed; the last: {fault}")

    def _hold(self) -> None:
        """Let a schema change go first: a batch would queue behind it, and readers behind the batch."""
        self._note("hold", "a schema change waits for the table: held until it is through")
        self._clock.sleep(HOLD_CHECK)
        self._check_time()
        self.tried(
            lambda connection: self._job.store.renew(connection, self._job.key, self._job.token, self._job.lease)
        )

    def _tell(self, outcome: Outcome, pace: Pace) -> None:
        counts = outcome.counts
        self._tried += counts.changed + counts.unchanged + counts.quarantined
        self._reporter.batch(counts, pace.last, pace.size, outcome.passed, outcome.at)
        for note in outcome.notes:
            self._note("note", note)

    def _note(self, kind: str, detail: str) -> None:
        """Say and write down what is worth it, once a run."""
        if detail in self._noted:
            return
        self._noted.add(detail)
        self._reporter.warn(self._job.key, detail)
        store = self._job.store
        self.tried(lambda connection: store.note(connection, self._job.key, Actor.RUNNER, kind, detail))

    def _check_time(self) -> None:
        if self._clock.stop.is_set():
            raise Stop(State.INCOMPLETE, "stopped by a signal")
        if self._clock.left <= 2 * self._pace.last:
            raise Stop(State.INCOMPLETE, "time: the run's time is over, the next run goes on from here")


_OUTSIDE = (Trouble.CONNECTION, Trouble.RESOURCES)
_PASSING = (*_OUTSIDE, Trouble.LOCKS)
_ROWS = (Trouble.DATA, Trouble.TIMEOUT)


def _error_of(state: RetryCallState) -> Exception:
    error = state.outcome.exception() if state.outcome else None
    assert isinstance(error, Exception)
    return error
