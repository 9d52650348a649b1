"""Runs definitions: in order of priority, each claimed, examined, swept, and left in a state that tells the truth."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from tenacity import Retrying, retry_if_exception, stop_after_delay, stop_any, stop_when_event_set, wait_fixed

from migration_guard.backfill import preflight
from migration_guard.backfill.connect import Address, engine
from migration_guard.backfill.definition import Backfill, Claim, Priority, Status
from migration_guard.backfill.errors import CannotRun, Fault, LostClaim, Refused, Trouble, judged, told_of
from migration_guard.backfill.gate import CHANGED, Earned, looking
from migration_guard.backfill.hearing import heard
from migration_guard.backfill.job import Job
from migration_guard.backfill.legacy import LegacyBackfill
from migration_guard.backfill.lent import Ended, Lease, Lender
from migration_guard.backfill.pinned import apply_settings, search_settings
from migration_guard.backfill.policy import TimeoutPolicy
from migration_guard.backfill.proof import QUICK, Answer, look_beyond
from migration_guard.backfill.registry import Definition
from migration_guard.backfill.report import Reporter, Result
from migration_guard.backfill.session import Session
from migration_guard.backfill.standing import Counts
from migration_guard.backfill.state import SCHEMA, Entry, Record, Store
from migration_guard.backfill.statements import statement
from migration_guard.backfill.sweep import finish
from migration_guard.backfill.transitions import SWEPT, Actor, State
from migration_guard.backfill.trust import PINNED
from migration_guard.backfill.verdict import verdict_on
from migration_guard.backfill.worker import PATIENCE, Clock, Stop, Worker

APPLICATION = "migration-guard backfill"
UNPROVEN = "its keys do not only grow: what comes later is proven by `gate --prove`, a trigger or a constraint"
CLAIM_PATIENCE = 3.0
"""Seconds that a claim waits for the connection of a runner that has just died to be noticed."""
_NO_RIGHT = "42501"
_STARTING = ("57P03", "53300")
_WAITS_FOR_A_PERSON = {
    State.PAUSED: "paused; `migration-guard backfill resume` lets it go on",
    State.CANCELLED: "cancelled; `migration-guard backfill retry` starts it anew",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a run may do."""

    seconds: float = 600.0
    """For all backfills together."""
    offline: bool = False
    """Whether the application is stopped, so that what is not safe beside it may run."""


def in_order(definitions: Sequence[Definition]) -> tuple[Definition, ...]:
    """Give HIGH before MEDIUM before LOW, otherwise the order in which they are defined; each behind those it waits for."""
    ranks = list(Priority)
    waiting = sorted(definitions, key=lambda one: ranks.index(one.priority))
    placed: list[Definition] = []
    while waiting:
        left = {one.key for one in waiting}
        ready = next(
            (one for one in waiting if not left & set(awaited(one))), waiting[0]
        )  # a circle: each waits, and says so
        placed.append(ready)
        waiting.remove(ready)
    return tuple(placed)


def awaited(definition: Definition) -> tuple[str, ...]:
    """The keys that must be complete first."""
    return definition.after if isinstance(definition, Backfill) else ()


def run_all(
    definitions: Sequence[Definition],
    where: Address,
    *,
    limits: Limits | None = None,
    schema: str = SCHEMA,
    owners: Sequence[str] = (),
    reporter: Reporter | None = None,
    stop: threading.Event | None = None,
    begun: Callable[[], None] = lambda: None,
) -> tuple[Result, ...]:
    """Run definitions, and tell how each ended. CannotRun means that nothing was run.

    `stop` ends the run after its batch; `begun` is told when there is something that must be finished.
    """
    limits, reporter, stop = limits or Limits(), reporter or Reporter(), stop or threading.Event()
    deadline = time.monotonic() + limits.seconds
    store = Store(schema, owners)
    prepare(where, store, stop)
    begun()
    results = []
    over = {one.key for one in definitions if one.status is Status.COMPLETED}
    for definition in in_order(definitions):
        clock = Clock(min(deadline, time.monotonic() + definition.max_runtime), stop)
        result = (
            _refusal(definition, limits, deadline, stop)
            or _turn(definition, where, store, over)
            or _Run(definition, where, store, clock, reporter).result()
        )
        reporter.end(result)
        results.append(result)
    return tuple(results)


def prepare(where: Address, store: Store, stop: threading.Event | None = None) -> None:
    """Reach the server, see that it will do, and create the state's tables where they are missing."""
    session = Session(engine(where, APPLICATION))

    def prepared() -> None:
        with session.transaction({**TimeoutPolicy().settings(0), **PINNED}) as connection:
            preflight.server(connection)
            store.create(connection)

    try:
        retrying = Retrying(
            retry=retry_if_exception(lambda error: getattr(getattr(error, "orig", None), "sqlstate", "") in _STARTING),
            stop=stop_any(stop_after_delay(PATIENCE), stop_when_event_set(stop or threading.Event())),
            wait=wait_fixed(0.5),
            reraise=True,
        )
        retrying(prepared)
    except DBAPIError as error:
        raise CannotRun(f"the server cannot be used: {_explained(judged(error), where)}") from None
    finally:
        session.close()


def _explained(fault: Fault, where: Address) -> str:
    """Say of a right that is missing who gives it."""
    if fault.sqlstate != _NO_RIGHT:
        return str(fault)
    role = f"--role {where.user}" if where.user else "--role NAME"
    return f"{fault}; `migration-guard backfill init --print-sql {role}` prints what lets the role run"


def _refusal(definition: Definition, limits: Limits, deadline: float, stop: threading.Event) -> Result | None:
    """Say why a definition is not even looked at, if so."""
    if definition.status is not Status.ACTIVE:
        return Result(definition.key, None, f"its definition says {definition.status.value}", ran=False)
    if not definition.safe_to_run_online and not limits.offline:
        return Result(definition.key, None, "not safe beside the application; --offline runs it", ran=False)
    if stop.is_set():
        return Result(definition.key, None, "stopped by a signal before its turn", ran=False)
    if time.monotonic() >= deadline:
        return Result(definition.key, None, "time: the run was over before its turn", ran=False)
    return None


def _turn(definition: Definition, where: Address, store: Store, over: Collection[str]) -> Result | None:
    """Say for what a definition has to wait, if so."""
    wanted = [key for key in awaited(definition) if key not in over]
    if not wanted:
        return None
    session = Session(engine(where, APPLICATION))
    try:
        with session.transaction({**TimeoutPolicy().settings(0), **PINNED}) as connection:
            records = {key: store.find(connection, key) for key in wanted}
    finally:
        session.close()
    for key, record in records.items():
        if record is None or record.state is not State.COMPLETED:
            state = record.state.value if record is not None else "never run"
            return Result(definition.key, None, f"waits for {key}, which is {state}", ran=False)
    return None


class _Run:
    """One backfill, from its claim to its state."""

    def __init__(self, definition: Definition, where: Address, store: Store, clock: Clock, reporter: Reporter) -> None:
        self._definition = definition
        self._where = where
        self._name = f"{APPLICATION} {definition.key}"
        self._session = Session(engine(where, self._name))
        self._store = store
        self._clock = clock
        self._reporter = reporter
        self._ran = False
        self._policy = definition.policy if isinstance(definition, Backfill) else TimeoutPolicy()

    def result(self) -> Result:
        try:
            with heard(lambda text: self._reporter.said(self._definition.key, text)):
                return self._result()
        except LostClaim as lost:
            return Result(self._definition.key, None, str(lost), ran=self._ran)
        except DBAPIError as error:
            said = f"its state cannot be read or written: {judged(error)}"
            return Result(self._definition.key, None, said, ran=self._ran)
        finally:
            self._session.close()

    def _result(self) -> Result:
        definition = self._definition
        try:
            with self._briefly() as connection:
                record = self._store.enrol(connection, definition.key, definition.fingerprint, definition.table)
        except DBAPIError as error:
            if judged(error).trouble is not Trouble.LOCKS:
                raise
            return self._held_by_another()
        if record.fingerprint != definition.fingerprint and definition.claim is not None:
            changed = f"it is {record.state.value}, but {CHANGED}"  # of another definition
            return Result(definition.key, None, changed, self._counts(), ran=False)
        try:
            waiting = self._waiting(record)
        except preflight.Unfit as unfit:
            unseen = f"it was {record.state.value}, and nobody can look any more: {unfit}"
            todo = 'status="completed" in its definition says that it is over'
            return Result(definition.key, None, f"{unseen}; {todo}", self._counts(), ran=False)
        if waiting is not None:
            return Result(definition.key, record.state, waiting, self._counts(), ran=False)
        token = self._claimed(record)
        if token is None:
            return self._held_by_another()
        self._ran = True
        record = replace(record, state=State.RUNNING, token=token)
        state, reason = self._outcome(record)
        return self._ended(record, state, reason)

    def _held_by_another(self) -> Result:
        """Say who is at it; a runner that stands still in the middle of a batch may even hold its row in the state."""
        with self._transaction() as connection:
            other = self._store.find(connection, self._definition.key)
        since = (
            f"run by {other.claimed_by} since {other.claimed_since}" if other else "begun by another runner just now"
        )
        return Result(self._definition.key, State.RUNNING, since, self._counts(), ran=False)

    def _briefly(self) -> AbstractContextManager[Connection]:
        """Begin a transaction that waits for nobody who holds the state's row."""
        settings = {**self._policy.settings(0), **PINNED, "lock_timeout": f"{round(1000 * CLAIM_PATIENCE)}ms"}
        return self._session.transaction(settings)

    def _waiting(self, record: Record) -> str | None:
        """Say why it is not to be run now, if so."""
        if record.state in SWEPT and self._holds(record):
            if record.state is State.COMPLETED:
                return "completed before"
            return "rows are in quarantine; `migration-guard backfill quarantine retry` tries them again"
        return _WAITS_FOR_A_PERSON.get(record.state)

    def _holds(self, record: Record) -> bool:
        """Look whether nothing has come since it was complete; if nobody can say, it is swept again."""
        earned = Earned(State.COMPLETED, None, record.table, record.fingerprint, record.bound, record.floor)
        seconds = max(0.0, min(QUICK, self._clock.left))
        try:
            with self._session.transaction(self._policy.settings(0)) as connection:
                verdict = verdict_on(connection, self._definition, earned, self._store.schema, seconds=seconds)
                if verdict.reached and verdict.reached != record.bound:
                    self._store.move_bound(
                        connection, record.key, record.fingerprint, before=record.bound, bound=verdict.reached
                    )
        except DBAPIError as error:
            fault = judged(error)
            if fault.trouble is Trouble.CONNECTION:
                raise
            if fault.trouble is Trouble.DEFINITION:  # a later migration has dropped what it was about
                raise preflight.Unfit(str(fault)) from None
            return False
        return verdict.passed

    def _claimed(self, record: Record) -> int | None:
        definition, patience = self._definition, time.monotonic() + CLAIM_PATIENCE
        ours = isinstance(definition, Backfill)
        lease = self._policy.lease if isinstance(definition, Backfill) else definition.lease
        also = (record.state,) if record.state in SWEPT else ()
        while True:
            try:
                with self._briefly() as connection:
                    token = self._store.claim(connection, definition.key, self._policy, lease, ours=ours, also=also)
            except DBAPIError as error:
                if judged(error).trouble is not Trouble.LOCKS:
                    raise
                return None
            if token is not None or time.monotonic() >= patience:
                return token
            self._clock.sleep(0.2)

    def _outcome(self, record: Record) -> tuple[State, str | None]:
        try:
            if isinstance(self._definition, LegacyBackfill):
                return self._legacy(self._definition, record)
            return self._swept(self._definition, record)
        except Stop as stopped:
            return stopped.state, stopped.reason
        except (preflight.Unfit, Refused) as unfit:
            return State.FAILED, str(unfit)
        except CannotRun as cannot:
            return State.FAILED, str(cannot)
        except LostClaim:
            raise
        except KeyboardInterrupt:
            with suppress(Exception):
                self._session.drop()
                self._ended(
                    record, State.INCOMPLETE, "stopped at once by a second signal; its last batch was rolled back"
                )
            raise
        except Exception as error:  # noqa: BLE001 -- a defect of ours must end in a state as well
            return State.FAILED, told_of(error)

    def _swept(self, definition: Backfill, record: Record) -> tuple[State, str | None]:
        with self._session.transaction(self._policy.settings(0)) as connection:
            on = preflight.server(connection)
            with connection.begin_nested() as looked:
                apply_settings(connection, search_settings(definition))
                with preflight.as_role(connection, definition):
                    subject = preflight.examine(connection, definition, on)
                looked.rollback()
            for warning in subject.warnings:
                self._store.note(connection, definition.key, Actor.RUNNER, "warning", warning)
        self._reporter.begin(definition.key, subject.table.rows, self._counts())
        for warning in subject.warnings:
            self._reporter.warn(definition.key, warning)
        job = Job(subject, self._store, record.token, record.sweep, record.bound)
        worker, before = Worker(self._session, job, self._clock, self._reporter), self._deadlocks()
        try:
            state = finish(worker, record)
        finally:
            with suppress(Exception):  # what is told besides hides nothing that went wrong
                self._tell_of_deadlocks(self._deadlocks() - before, worker.victims)
        if self._counts().quarantined:
            return State.COMPLETED_WITH_QUARANTINE, "rows that cannot be changed are in quarantine"
        if not subject.grows:
            self._reporter.warn(definition.key, UNPROVEN)
            with self._transaction() as connection:
                self._store.note(connection, definition.key, Actor.RUNNER, "note", UNPROVEN)
        return state, None

    def _deadlocks(self) -> int:
        with self._transaction() as connection:
            return int(connection.exec_driver_sql(statement("deadlocks"), {}).scalar() or 0)

    def _tell_of_deadlocks(self, count: int, ours: int) -> None:
        """Say that somebody else may have been a victim: the server counts them, and names nobody."""
        if count <= 0 and not ours:
            return
        told = f"{max(count, ours)} deadlock(s) in this database while it ran; {ours} ended a batch of ours, which was done again"
        self._reporter.warn(self._definition.key, told)
        with self._transaction() as connection:
            self._store.note(connection, self._definition.key, Actor.RUNNER, "deadlocks", told)

    def _legacy(self, definition: LegacyBackfill, record: Record) -> tuple[State, str | None]:
        self._reporter.begin(definition.key, 0, self._counts())
        for warning in definition.warnings:
            self._reporter.warn(definition.key, warning)
        rows, completed = self._called(definition, record)
        counts = Counts(examined=rows, changed=rows)
        with self._transaction() as connection:
            store, key, token = self._store, definition.key, record.token
            store.begin_sweep(connection, key, token, sweep=record.sweep + 1, bound=("",))
            window = store.windows(connection, key)[0].id
            (place,) = store.control(connection, key, token, (window,), ()).places
            store.record(connection, key, token, (Entry(place, counts, done=True),), lease=self._policy.lease)
        self._reporter.batch(counts, 0.0, definition.batch_size)
        if definition.claim is not None:
            return self._proved(definition.claim, record)
        if completed:
            return State.DONE_BY_ITS_WORD, "nobody has proved it: it runs again with the next deployment"
        return State.INCOMPLETE, "by its own word"

    def _proved(self, claim: Claim, record: Record) -> tuple[State, str | None]:
        """Look at all rows of what a function says that it has done: its word counts no more then."""
        store, key = self._store, record.key
        with self._session.transaction(self._policy.settings(0)) as connection, looking(connection, claim):
            with preflight.as_role(connection, claim):
                source = preflight.located(connection, claim)
            look = look_beyond(
                connection, source, None, lambda keys: store.not_kept(connection, key, keys), seconds=self._clock.left
            )
        match look.answer:
            case Answer.SOMETHING:
                return State.INCOMPLETE, f"its function has left work: {look.told}"
            case Answer.UNKNOWN:
                return State.DONE_BY_ITS_WORD, f"not proven: {look.told}; it runs again with the next deployment"
        with self._transaction() as connection:
            sweep = record.sweep + 2
            store.begin_sweep(connection, key, record.token, sweep=sweep, bound=look.reached)
            store.end_sweep(connection, key, record.token, sweep, grows=source.grows)
        return State.COMPLETED, None

    def _called(self, definition: LegacyBackfill, record: Record) -> tuple[int, bool]:
        """Call the function with an engine that obeys us; give the rows and the word that it returns."""
        claim = Lease(self._store, definition.key, record.token, self._policy.settings(0))
        lender = Lender(self._where, self._name, claim, self._clock)
        self._session.close()  # the function has connections of its own; ours would only stand idle
        try:
            rows, completed = definition.function_object(
                lender.engine, definition.batch_size, max(1.0, self._clock.left)
            )
            given = int(rows), bool(completed)
        except Ended as ended:
            raise ended.why from None
        except LostClaim:
            raise
        except (Exception, SystemExit) as error:  # noqa: BLE001 -- somebody else's function; its text may hold rows
            raise lender.ended or Stop(State.FAILED, told_of(error)) from None
        finally:
            lender.close()
        if lender.ended is not None and lender.raised:  # it has kept that to itself
            raise lender.ended
        return given

    def _ended(self, record: Record, state: State, reason: str | None) -> Result:
        """Write down how it ended: over another connection, where the one before is gone."""

        def end() -> Counts:
            try:
                with self._transaction() as connection:
                    now = self._store.find(connection, record.key)
                    if now is None or (now.token, now.state) != (record.token, state):  # else only the reply was lost
                        self._store.step(connection, record, state, Actor.RUNNER, reason=reason, token=record.token)
                return self._counts()
            except DBAPIError as error:
                if judged(error).trouble is Trouble.CONNECTION:
                    self._session.drop()
                raise

        retrying = Retrying(
            retry=retry_if_exception(_is_outage),
            stop=stop_any(stop_after_delay(PATIENCE), stop_when_event_set(self._clock.stop)),
            wait=wait_fixed(0.5),
            reraise=True,
        )
        try:
            return Result(record.key, state, reason, retrying(end))
        except DBAPIError as error:
            written = f"and that could not be written down: {judged(error)}"
            return Result(record.key, state, f"{reason or state.value}; {written}")

    def _counts(self) -> Counts:
        with self._transaction() as connection:
            standings = self._store.standings(connection)
        return next((one.counts for one in standings if one.key == self._definition.key), Counts())

    def _transaction(self) -> AbstractContextManager[Connection]:
        return self._session.transaction({**self._policy.settings(0), **PINNED})


def _is_outage(error: BaseException) -> bool:
    return isinstance(error, DBAPIError) and judged(error).trouble is Trouble.CONNECTION
