"""One backfill's turn in a run: claimed, worked at, and left in a state that tells the truth."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, suppress
from dataclasses import replace

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from tenacity import Retrying, retry_if_exception, stop_after_delay, stop_any, stop_when_event_set, wait_fixed

from migration_guard.backfill.bench import DEFAULT_BRAKE, Bench
from migration_guard.backfill.called import called
from migration_guard.backfill.clock import AT_ONCE, Clock, Stop
from migration_guard.backfill.company import ALONE, Company
from migration_guard.backfill.connect import APPLICATION, Address, engine
from migration_guard.backfill.definition import Backfill
from migration_guard.backfill.errors import CannotRun, LostClaim, Refused, Trouble, judged, told_of
from migration_guard.backfill.gate import CHANGED
from migration_guard.backfill.given_up import PASSING, given_up
from migration_guard.backfill.hearing import heard
from migration_guard.backfill.legacy import LegacyBackfill
from migration_guard.backfill.pinned import milliseconds
from migration_guard.backfill.policy import TimeoutPolicy
from migration_guard.backfill.proof import QUICK
from migration_guard.backfill.ranges import Ranges
from migration_guard.backfill.record import Record
from migration_guard.backfill.registry import Definition
from migration_guard.backfill.report import Reporter, Result
from migration_guard.backfill.session import Session
from migration_guard.backfill.sharing import IDLE, Over
from migration_guard.backfill.state import Store, whoami
from migration_guard.backfill.subject import Unfit
from migration_guard.backfill.swept import swept
from migration_guard.backfill.transitions import FINISHED, SWEPT, Actor, State
from migration_guard.backfill.trust import PINNED
from migration_guard.backfill.trying import PATIENCE
from migration_guard.backfill.verdict import verdict_on
from migration_guard.config.settings import BrakeSettings

CLAIM_PATIENCE = 3.0
"""Seconds that a claim waits for the connection of a runner that has just died to be noticed."""
_BEGINNING = "run by another runner, which has begun just now"
_WAITS_FOR_A_PERSON = {
    State.PAUSED: "paused; `migration-guard backfill resume` lets it go on",
    State.CANCELLED: "cancelled; `migration-guard backfill retry` starts it anew",
}


class Turn:
    """One backfill, from its claim to its state."""

    def __init__(
        self,
        definition: Definition,
        where: Address,
        store: Store,
        clock: Clock,
        reporter: Reporter,
        *,
        company: Company = ALONE,
        brake: BrakeSettings = DEFAULT_BRAKE,
    ) -> None:
        self._definition = definition
        self._follows = company.follows
        name = f"{APPLICATION} {definition.key}"
        policy = definition.policy if isinstance(definition, Backfill) else TimeoutPolicy()
        session = Session(engine(where, name))
        self._bench = Bench(where, name, session, store, clock, reporter, policy, company.workers, brake)
        self._ran = False
        self._passes = False
        """Whether what ended it is nothing of its own."""
        self._apart: str | None = None
        """Which rows of a completed backfill there was no time to look at again."""

    def result(self) -> Result:
        try:
            with heard(lambda text: self._bench.reporter.said(self._definition.key, text)):
                return self._result()
        except LostClaim as lost:
            return Result(self._definition.key, None, str(lost), ran=self._ran, passes=True)
        except DBAPIError as error:
            fault = judged(error)
            said = f"its state cannot be read or written: {fault}"
            return Result(self._definition.key, None, said, ran=self._ran, passes=fault.trouble in PASSING)
        finally:
            self._bench.session.close()

    def _result(self) -> Result:
        definition = self._definition
        try:
            with self._briefly() as connection:
                record = self._bench.store.enrol(connection, definition.key, definition.fingerprint, definition.table)
        except DBAPIError as error:
            if judged(error).trouble is not Trouble.LOCKS:
                raise
            return self._held_by_another()
        if record.fingerprint != definition.fingerprint and definition.claim is not None:
            changed = f"it is {record.state.value}, but {CHANGED}"  # of another definition
            return self._not_run(None, changed)
        try:
            waiting = self._waiting(record)
        except Unfit as unfit:
            unseen = f"it was {record.state.value}, and nobody can look any more: {unfit}"
            todo = 'status="completed" in its definition says that it is over'
            return self._not_run(None, f"{unseen}; {todo}")
        if waiting is not None:
            return replace(self._not_run(record.state, waiting), apart=self._apart is not None)
        while True:
            claimed = self._claimed(record)
            if claimed is None:
                others = self._followed() if self._follows else self._held_by_another()
                if others is None:
                    continue
                return others
            self._ran = True
            try:
                state, reason = self._outcome(claimed)
            except Over as over:
                if over.goes_on and self._bench.clock.goes_on:
                    continue
                counts = self._bench.counts(definition.key)
                return Result(definition.key, over.state, over.reason, counts, passes=over.goes_on)
            return self._ended(claimed, state, reason)

    def _followed(self) -> Result | None:
        """Wait, as one of several who take one backfill after the other, until who runs this one has ended it, or is gone."""
        self._bench.clock.sleep(IDLE)
        with self._bench.transaction() as connection:
            now = self._bench.store.find(connection, self._definition.key)
        if now is None or now.state is not State.RUNNING:
            state, reason = (now.state, now.reason) if now is not None else (None, _BEGINNING)
            return Result(self._definition.key, state, reason, self._bench.counts(self._definition.key))
        return None if self._bench.clock.goes_on else self._held_by_another()

    def _not_run(self, state: State | None, reason: str) -> Result:
        return Result(self._definition.key, state, reason, self._bench.counts(self._definition.key), ran=False)

    def _held_by_another(self) -> Result:
        """Say who is at it; a runner that stands still in the middle of a batch may even hold its row in the state."""
        with self._bench.transaction() as connection:
            held = self._bench.store.is_held(connection, self._definition.key)
            other = self._bench.store.find(connection, self._definition.key)
        if other is not None and other.state is State.RUNNING:
            return self._not_run(State.RUNNING, f"run by {other.claimed_by} since {other.claimed_since}")
        if other is None or held or other.state is State.QUEUED:
            # What is held is being claimed: nothing of that is to be seen before it is committed.
            return self._not_run(State.RUNNING, _BEGINNING)
        return self._not_run(other.state, _WAITS_FOR_A_PERSON.get(other.state, "another runner has just ended it"))

    def _briefly(self) -> AbstractContextManager[Connection]:
        """Begin a transaction that waits for nobody who holds the state's row."""
        settings = {**self._bench.policy.settings(0), **PINNED, "lock_timeout": milliseconds(CLAIM_PATIENCE)}
        return self._bench.session.transaction(settings)

    def _waiting(self, record: Record) -> str | None:
        """Say why it is not to be run now, if so."""
        if record.state in SWEPT and self._holds(record):
            if record.state is State.COMPLETED:
                return f"completed before; {self._apart}" if self._apart else "completed before"
            return "rows are in quarantine; `migration-guard backfill quarantine retry` tries them again"
        return _WAITS_FOR_A_PERSON.get(record.state)

    def _holds(self, record: Record) -> bool:
        """Look whether nothing has come since it was complete; if nobody can say, it is swept again."""
        earned = replace(record.earned, state=State.COMPLETED, reason=None)
        seconds = max(0.0, min(QUICK, self._bench.clock.left))
        try:
            with self._bench.session.transaction(self._bench.policy.settings(0)) as connection:
                verdict = verdict_on(connection, self._definition, earned, self._bench.store.schema, seconds=seconds)
                self._bench.store.look_was(connection, record, verdict)
        except DBAPIError as error:
            fault = judged(error)
            if fault.trouble is Trouble.CONNECTION:
                raise
            if fault.trouble is Trouble.DEFINITION:  # a later migration has dropped what it was about
                raise Unfit(str(fault)) from None
            return False
        self._apart = verdict.apart
        return verdict.passed

    def _claimed(self, record: Record) -> Record | None:
        """Claim it, and give how it stands now: somebody may have been at it since it was looked at."""
        definition, patience = self._definition, time.monotonic() + (0 if self._follows else CLAIM_PATIENCE)
        ours = isinstance(definition, Backfill)
        lease = self._bench.policy.lease if isinstance(definition, Backfill) else definition.lease
        also = (record.state,) if record.state in SWEPT else ()
        while True:
            try:
                with self._briefly() as connection:
                    store, policy = self._bench.store, self._bench.policy
                    token = store.claim(connection, record, policy, lease, ours=ours, also=also)
                    claimed = store.find(connection, definition.key)
                    if token is None and not (ours and claimed is not None and self._may_join(claimed)):
                        claimed = None
            except DBAPIError as error:
                if judged(error).trouble is not Trouble.LOCKS:
                    raise
                return None
            if claimed is not None or time.monotonic() >= patience:
                return claimed
            self._bench.clock.sleep(0.2)

    def _may_join(self, record: Record) -> bool:
        """Tell whether others are at it, or were, in a way that they share with whoever comes."""
        same = record.fingerprint == self._definition.fingerprint
        return record.state is State.RUNNING and record.shared and same

    def _outcome(self, record: Record) -> tuple[State, str | None]:
        try:
            bench = self._bench
            if isinstance(self._definition, LegacyBackfill):
                return called(bench, self._definition, record)
            return swept(bench, self._definition, record)
        except Stop as stopped:
            self._passes = stopped.passes
            return stopped.state, stopped.reason
        except (Unfit, Refused, CannotRun) as unfit:
            return State.FAILED, str(unfit)
        except (LostClaim, Over):
            raise
        except KeyboardInterrupt:
            with suppress(Exception):
                self._bench.session.drop()
                self._ended(record, State.INCOMPLETE, AT_ONCE)
            raise
        except DBAPIError as error:
            fault = judged(error)
            if fault.trouble not in PASSING:
                return State.FAILED, told_of(error)
            end = given_up(fault)
            self._passes = end.passes
            return end.state, end.reason
        except Exception as error:  # noqa: BLE001 -- a defect of ours must end in a state as well
            return State.FAILED, told_of(error)

    def _ended(self, record: Record, state: State, reason: str | None) -> Result:
        """Write down how it ended: over another connection, where the one before is gone."""

        def end() -> Result:
            ended = Result(record.key, state, reason, passes=self._passes)
            try:
                with self._bench.transaction() as connection:
                    Ranges(self._bench.store.schema, record.key).one_by_one(connection)
                    now = self._bench.store.find(connection, record.key)
                    if now is not None and self._only_leaves(connection, now, record, state):
                        ended = Result(record.key, State.RUNNING, f"others are at it; here: {reason}")
                    elif now is None or (now.token, now.state) != (record.token, state):  # else only the reply was lost
                        self._bench.store.step(
                            connection,
                            replace(record, state=State.RUNNING),
                            state,
                            Actor.RUNNER,
                            reason=reason,
                            token=record.token,
                        )
                return replace(ended, counts=self._bench.counts(self._definition.key))
            except DBAPIError as error:
                if judged(error).trouble is Trouble.CONNECTION:
                    self._bench.session.drop()
                raise

        retrying = Retrying(
            retry=retry_if_exception(_is_outage),
            stop=stop_any(stop_after_delay(PATIENCE), stop_when_event_set(self._bench.clock.stop)),
            wait=wait_fixed(0.5),
            reraise=True,
        )
        try:
            return retrying(end)
        except DBAPIError as error:
            unsaid = state in FINISHED  # what the state does not say, no gate believes
            told = f"{reason or state.value}; and that could not be written down: {judged(error)}"
            return Result(record.key, None if unsaid else state, told, passes=self._passes or unsaid)

    def _only_leaves(self, connection: Connection, now: Record, record: Record, state: State) -> bool:
        """Give back what is ours of a backfill that is shared; tell whether it goes on without us."""
        if state is not State.INCOMPLETE or now.token != record.token or not now.shared:
            return False
        return Ranges(self._bench.store.schema, record.key).others(connection, whoami())


def _is_outage(error: BaseException) -> bool:
    return isinstance(error, DBAPIError) and judged(error).trouble is Trouble.CONNECTION
