"""Runs transactions, and once more where that may help; and judges what went wrong by how far they had come."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from tenacity import RetryCallState, Retrying, retry_if_exception, wait_random_exponential

from migration_guard.backfill import swift
from migration_guard.backfill.asks import Question
from migration_guard.backfill.attempt import Attempt, Barred, Odd, Phase
from migration_guard.backfill.clock import Clock, Stop
from migration_guard.backfill.errors import AllFail, Fault, FunctionFailed, LostClaim, Trouble, judged
from migration_guard.backfill.pinned import milliseconds
from migration_guard.backfill.policy import UNATTENDED, TimeoutPolicy
from migration_guard.backfill.session import Session
from migration_guard.backfill.subject import Unfit
from migration_guard.backfill.swift import WAIT

T = TypeVar("T")

TRIES = 3
PATIENCE = 60.0
"""Seconds without a server, after which a run gives up."""
LONGEST_WAIT = 5.0
DEADLOCK = "40P01"

WAITS = (Trouble.LOCKS, Trouble.TIMEOUT)
"""While rows are held, a time-out means that something was waited for."""
_OUTSIDE = (Trouble.CONNECTION, Trouble.RESOURCES)
_PASSING = (*_OUTSIDE, Trouble.LOCKS, Trouble.INTERNAL)


@dataclass(frozen=True, slots=True)
class Terms:
    """Under what the transactions of a backfill run."""

    policy: TimeoutPolicy
    server_version: int
    search: Mapping[str, str]
    """Settings under which its SQL finds its tables."""
    python: bool = False
    """Whether a function of the definition's runs inside."""
    hold: float = 0.0
    """Seconds that others may have to wait beside a batch's own time."""


class Tries:
    """Runs transactions over one session."""

    def __init__(self, session: Session, clock: Clock, terms: Terms) -> None:
        self._session = session
        self._clock = clock
        self._terms = terms
        self.victims = 0
        """Transactions of ours that the server has ended to resolve a deadlock."""

    def tried(self, action: Callable[[Connection], T], tries: int = TRIES, attempt: Attempt | None = None) -> T:
        """Run a transaction, and once more where that may help."""
        return self.again(lambda: self.once(action, attempt), tries, attempt)

    def again(self, work: Callable[[], T], tries: int, attempt: Attempt | None) -> T:
        """Do something, and once more where that may help."""

        def hopeful(error: BaseException) -> bool:
            if not isinstance(error, Exception) or isinstance(error, (AllFail, Barred, LostClaim, Odd, Stop, Unfit)):
                return False
            trouble = self.judged(error, attempt).trouble
            if trouble is Trouble.LOCKS and attempt is not None and attempt.phase is Phase.CHANGE:
                return False  # what it waited for is left out the next time
            if isinstance(error, FunctionFailed):
                return attempt is not None and not attempt.group
            return trouble in _PASSING or _recording(trouble, attempt)

        def enough(state: RetryCallState) -> bool:
            trouble = self.judged(_error_of(state), attempt).trouble
            waited = state.seconds_since_start or 0.0
            if trouble in _OUTSIDE:
                spent = waited >= PATIENCE
            elif _recording(trouble, attempt):  # in slices, with nothing held in between
                spent = waited >= self._terms.policy.lock
            else:
                spent = state.attempt_number >= tries
            return spent or self._clock.stop.is_set() or self._clock.left <= 0

        retrying = Retrying(
            retry=retry_if_exception(hopeful),
            stop=enough,
            wait=wait_random_exponential(multiplier=0.1, max=LONGEST_WAIT),
            sleep=self._clock.sleep,
            reraise=True,
        )
        result: T = retrying(work)
        return result

    def judged(self, error: Exception, attempt: Attempt | None) -> Fault:
        """Judge an error by the time that the statement had."""
        limit = self._terms.policy.statement
        if attempt is not None and attempt.phase is not Phase.LOOK:
            limit = min(limit, self._terms.hold + attempt.allowance)
        return judged(error, seconds=self._session.failed_after, statement_timeout=limit)

    def once(self, action: Callable[[Connection], T], attempt: Attempt | None = None) -> T:
        """Run a transaction."""
        settings = self._settings(attempt)
        if not self._terms.python:
            settings["idle_in_transaction_session_timeout"] = milliseconds(UNATTENDED)
        if attempt is not None:
            attempt.phase, attempt.sifted = Phase.LOOK, False
        with self._counted():
            if attempt is None or attempt.begins is None:
                with self._session.transaction(settings) as connection:
                    return action(connection)
            with self._session.opened(attempt.begins(), settings) as (connection, attempt.answer):
                return action(connection)

    def block(self, made: Callable[[Mapping[str, str]], Question], attempt: Attempt) -> bool:
        """Run a block whose batches are committed in it; tell whether it ended as it was to."""
        settings = self._settings(attempt)
        settings["lock_timeout"] = milliseconds(min(WAIT, self._terms.hold))  # rows are held from its first row on
        attempt.phase = Phase.CHANGE
        try:
            with self._counted():
                self._session.block(made, settings)
        except DBAPIError as error:
            match getattr(error.orig, "sqlstate", None):
                case swift.ODD:
                    raise Odd from None
                case swift.ENDED:
                    return False
            raise
        return True

    def _settings(self, attempt: Attempt | None) -> dict[str, str]:
        terms = self._terms
        settings = {**terms.policy.settings(terms.server_version), **terms.search}
        # Nobody waits for a lock longer than there is a run to use it.
        settings["lock_timeout"] = milliseconds(self._clock.within(terms.policy.lock))
        if attempt is not None and attempt.repeats:
            # A crash of the server takes back the last batches and, with them, what is said of them. What says that
            # a pass is over is no batch: its COMMIT is waited for, and with it all that went before.
            settings["synchronous_commit"] = "off"
        return settings

    @contextmanager
    def _counted(self) -> Iterator[None]:
        """Note what an error says about the connection, and about others."""
        try:
            yield
        except (AllFail, Barred, LostClaim, Odd, Unfit):
            raise
        except Exception as error:
            fault = judged(error)
            self.victims += fault.sqlstate == DEADLOCK
            if fault.trouble is Trouble.CONNECTION:
                self._session.drop()
            raise


def _recording(trouble: Trouble, attempt: Attempt | None) -> bool:
    """Tell whether somebody holds what a batch writes down in, which is no row's fault."""
    return attempt is not None and attempt.phase is Phase.RECORD and trouble in WAITS


def _error_of(state: RetryCallState) -> Exception:
    error = state.outcome.exception() if state.outcome else None
    assert isinstance(error, Exception)
    return error
