"""Runs definitions, in order of priority, on a server that was looked at before."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial

from sqlalchemy.exc import DBAPIError
from tenacity import Retrying, retry_if_exception, stop_after_delay, stop_any, stop_when_event_set, wait_fixed

from migration_guard.backfill import preflight
from migration_guard.backfill.bench import DEFAULT_BRAKE
from migration_guard.backfill.brake.replica import Replicas
from migration_guard.backfill.clock import Clock
from migration_guard.backfill.company import Company, Crew, at_work, can_share, room
from migration_guard.backfill.connect import Address
from migration_guard.backfill.definition import Backfill, Status
from migration_guard.backfill.errors import CannotRun, Fault, judged
from migration_guard.backfill.order import in_order, past, waits
from migration_guard.backfill.registry import Definition
from migration_guard.backfill.report import Reporter, Result
from migration_guard.backfill.state import SCHEMA, Store
from migration_guard.backfill.transitions import State
from migration_guard.backfill.trying import PATIENCE
from migration_guard.backfill.turn import Turn
from migration_guard.backfill.visit import visit
from migration_guard.config.settings import BrakeSettings

_NO_RIGHT = "42501"
_STARTING = ("57P03", "53300")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a run may do."""

    seconds: float = 600.0
    """For all backfills together."""
    offline: bool = False
    """Whether the application is stopped, so that what is not safe beside it may run."""
    workers: int = 1
    """How many processes share what is worth it."""
    besides: int = 0
    """Connections that whoever starts the run needs beside its workers'."""
    expected: int = 1
    """How many workers there will be in all, by runs of their own: for so many a table is split."""
    most: int | None = None
    """How many may be at it, whoever has started them: where they are, nothing is run."""
    brake: BrakeSettings = DEFAULT_BRAKE
    """From which readings of the server on they are held."""


def run_all(
    definitions: Sequence[Definition],
    where: Address,
    *,
    limits: Limits | None = None,
    schema: str = SCHEMA,
    owners: Sequence[str] = (),
    known: Sequence[Definition] = (),
    reporter: Reporter | None = None,
    stop: threading.Event | None = None,
    begun: Callable[[], None] = lambda: None,
) -> tuple[Result, ...]:
    """Run definitions, and tell how each ended. CannotRun means that nothing was run.

    `known` are others, for which they may have to wait. `stop` ends the run after its batch; `begun` is told when there is
    something that must be finished.
    """
    limits, reporter, stop = limits or Limits(), reporter or Reporter(), stop or threading.Event()
    deadline = time.monotonic() + limits.seconds
    store = Store(schema, owners)
    Replicas(limits.brake.replicas)  # what is wrong with their addresses is said before anything is run
    prepare(where, store, stop)
    if limits.most is not None and at_work(where, store, [one.key for one in definitions]) >= limits.most:
        return ()
    begun()
    others = {one.key: one for one in (*known, *definitions)}
    run = _Run(past(definitions, definitions), others, where, store, limits, deadline, stop)
    workers = _bounded(where, limits, reporter) if limits.workers > 1 else 1
    if workers == 1:
        reporter.starts()
        return run.through(reporter, Company(limits.expected))
    company = Company(max(workers, limits.expected), follows=True)

    def beside(worker: int) -> None:
        with closing(reporter.aside(worker)) as own:
            run.through(own, company)

    with Crew(workers - 1, beside, stop, partial(reporter.warn, "workers")) as crew:
        reporter.starts()
        results = run.through(reporter, company)
        if any(one.state is State.RUNNING for one in results):
            crew.wait(max(0.0, deadline - time.monotonic()))
    return tuple(run.as_it_stands(one) for one in results)


@dataclass(frozen=True, slots=True)
class _Run:
    """What one worker of a run does, as they all do."""

    definitions: Sequence[Definition]
    known: Mapping[str, Definition]
    where: Address
    store: Store
    limits: Limits
    deadline: float
    stop: threading.Event

    def through(self, reporter: Reporter, company: Company) -> tuple[Result, ...]:
        """Take one backfill after the other."""
        results = list[Result]()
        for definition in in_order(self.definitions):
            done = {one.key for one in results if one.complete}
            clock = Clock(min(self.deadline, time.monotonic() + definition.max_runtime), self.stop)
            result = (
                _refusal(definition, self.limits, self.deadline, self.stop)
                or waits(definition, self.where, self.store, self.known, done)
                or Turn(
                    definition, self.where, self.store, clock, reporter, company=company, brake=self.limits.brake
                ).result()
            )
            reporter.end(result)
            results.append(result)
        return tuple(results)

    def as_it_stands(self, result: Result) -> Result:
        """Say of what others went on with how it ended, now that they have."""
        if result.state is not State.RUNNING:
            return result
        try:
            with visit(self.where) as connection:
                now = self.store.find(connection, result.key)
                counts = self.store.counts(connection, result.key)
        except DBAPIError:
            return result
        return result if now is None else replace(result, state=now.state, reason=now.reason, counts=counts)


def _bounded(where: Address, limits: Limits, reporter: Reporter) -> int:
    """Say how many workers there are to be, and why not all that are wanted."""
    if not can_share():
        reporter.warn("workers", "one: this system makes no processes of a running one; start several runs instead")
        return 1
    there = room(where, limits.workers, limits.besides)
    if there.bound is not None:
        reporter.warn("workers", f"{there.workers} of {limits.workers}: no more may connect, by {there.bound}")
    return there.workers


def prepare(where: Address, store: Store, stop: threading.Event | None = None) -> None:
    """Reach the server, see that it will do, and create the state's tables where they are missing."""

    def prepared() -> None:
        with visit(where) as connection:
            preflight.server(connection)
            store.tables.create(connection)

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


def _explained(fault: Fault, where: Address) -> str:
    """Say of a right that is missing who gives it."""
    if fault.sqlstate != _NO_RIGHT:
        return str(fault)
    role = f"--role {where.user}" if where.user else "--role NAME"
    return f"{fault}; `migration-guard backfill init --print-sql {role}` prints what lets the role run"


def _refusal(definition: Definition, limits: Limits, deadline: float, stop: threading.Event) -> Result | None:
    """Say why a definition is not even looked at, if so."""
    if isinstance(definition, Backfill) and definition.missing:
        needs = ", ".join(one.needed for one in definition.missing)
        return Result(definition.key, None, f"needs {needs}", ran=False)
    if definition.status is not Status.ACTIVE:
        return Result(definition.key, None, f"its definition says {definition.status.value}", ran=False)
    if not definition.safe_to_run_online and not limits.offline:
        return Result(definition.key, None, "not safe beside the application; --offline runs it", ran=False)
    if stop.is_set():
        return Result(definition.key, None, "stopped by a signal before its turn", ran=False, passes=True)
    if time.monotonic() >= deadline:
        return Result(definition.key, None, "time: the run was over before its turn", ran=False, passes=True)
    return None
