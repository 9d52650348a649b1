"""Passes over a table: the first does the work, the others prove that nothing is left."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from migration_guard.backfill import preflight
from migration_guard.backfill.clock import Stop
from migration_guard.backfill.ends import end_of, first_of, has_passed, standing_floor
from migration_guard.backfill.job import Job
from migration_guard.backfill.keys import Value
from migration_guard.backfill.ranges import edges
from migration_guard.backfill.record import Record, Swept, Window
from migration_guard.backfill.residue import residue
from migration_guard.backfill.span import span
from migration_guard.backfill.statements import statement
from migration_guard.backfill.subject import Subject
from migration_guard.backfill.transitions import State
from migration_guard.backfill.worker import Worker
from migration_guard.backfill.writers import wait_for_writers, writer_named, writers

SLICE = 10
"""Batches that a tenant has before the next one's turn."""
TOGETHER = 200
"""Tenants whose few rows may be done in one batch."""
SWEEPS = 3
"""Passes of one run that may still find something to do; after them the application is the one who makes it."""
BETWEEN = 0.05
"""Seconds between two attempts at a row that somebody holds."""


def finish(worker: Worker, record: Record, joined: Callable[[], State]) -> State:
    """Sweep until one pass is clean; tell in which state that leaves the backfill, or raise Stop.

    Where a pass is shared it is `joined`, as by everybody else who works at it.
    """
    if record.swept:  # what a person wants to be tried again, beside what came since
        come_back(worker)
    first = Begun(proves=worker.job.sweep > 1)  # nobody knows who was writing when an earlier run began the first pass
    if record.swept or not worker.job.sweep:
        first = begin(worker, record)
    elif worker.job.workers > 1 and _share_rest(worker):
        first = Begun(first.proves, shared=True)
    else:
        turn_to(worker, worker.job, record.floor)
    for left in reversed(range(SWEEPS)):
        if first.shared:
            return joined()
        _work_through(worker)
        come_back(worker)
        if ended(worker, proves=first.proves) is not None:
            return State.COMPLETED
        if left:
            first = begin(worker, record)
    raise moving_target()


def moving_target() -> Stop:
    """What ends a run whose passes always find something to do."""
    return Stop(State.INCOMPLETE, f"moving target: rows that `where` matches still came in pass {SWEEPS} of this run")


@dataclass(frozen=True, slots=True)
class Begun:
    """A pass that has begun."""

    proves: bool
    """Whether it can prove that nothing is left."""
    shared: bool = False
    """Whether its ranges are claimed by whoever comes."""


@dataclass(frozen=True, slots=True)
class _Frozen:
    """What a table is when a pass begins."""

    bound: Value | None
    writers: list[str]
    tenants: list[str | None] | None
    floor: Value | None
    ends: tuple[Value, ...] | None
    """Where it is split; None if one does it alone."""
    identity: tuple[int, ...]
    """What tells it from what it may be when the pass ends."""


def begin(worker: Worker, record: Record) -> Begun:
    """Begin a pass, up to the end that the table has now.

    What an open transaction has written below that end cannot be seen: a pass that proves begins when those are over.
    """
    job, sweep = worker.job, worker.job.sweep + 1
    by_tenants = sweep == 1 and job.subject.per is not None

    def frozen(connection: Connection) -> _Frozen:
        subject = job.subject
        with preflight.as_role(connection, subject.definition):
            source = preflight.located(connection, subject.definition.claim)
            if not set(source.identity) <= set(subject.identity):
                told = f"{subject.table.name} is not what it was when the run began; the next run looks at it anew"
                raise Stop(State.INCOMPLETE, told, passes=True)
            bound = end_of(connection, subject.key, subject.table.sql)
            tenants = _tenants(connection, subject) if by_tenants else None
            floor = standing_floor(connection, source, record.floor, record.members)
            ends = _split(connection, job, floor, bound, by_tenants=by_tenants)
        return _Frozen(bound, writers(connection, source.members), tenants, floor, ends, source.identity)

    now = worker.tried(frozen)
    # A row may go from a tenant whose turn comes to one whose turn was.
    begun = Begun(sweep > 1 or not (now.writers or by_tenants), now.ends is not None)
    if sweep > 1:
        _wait_for_writers(worker, now.writers)

    def started(connection: Connection) -> None:
        job.ranges.hold_end(connection, job.share)
        job.store.begin_sweep(
            connection,
            job.key,
            job.token,
            sweep=sweep,
            bound=now.bound,
            tenants=now.tenants,
            keeps=now.floor is not None,
            members=now.identity,
        )
        if now.ends is not None:
            high = None if by_tenants else now.bound
            job.ranges.share(connection, job.token, now.ends, now.floor, high, proves=begun.proves)

    worker.tried(started)
    turn_to(worker, replace(job, sweep=sweep, bound=now.bound), now.floor)
    return begun


def _split(
    connection: Connection, job: Job, low: Value | None, high: Value | None, *, by_tenants: bool
) -> tuple[Value, ...] | None:
    """Say where a pass is split; None if one does it alone. What was shared stays so: others wait for what comes next."""
    kept = () if job.share is not None else None
    if high is None:
        return kept
    found = edges(connection, job.subject, low, high, job.workers)
    if by_tenants:
        return () if job.workers > 1 or found is not None else kept
    return kept if found is None else found


def _share_rest(worker: Worker) -> bool:
    """Share what is left of a pass that one began alone; tell whether that is worth it."""
    job = worker.job

    def found(connection: Connection) -> tuple[Value | None, Value | None, tuple[Value, ...] | None]:
        windows = job.store.windows(connection, job.key)
        places = job.store.control(connection, job.key, job.token, [one.id for one in windows], ()).places
        whole = next((place for place in places if place.whole and place.parent is None and not place.done), None)
        cursor, high = (whole.cursor, job.bound) if whole is not None else (None, None)
        with preflight.as_role(connection, job.subject.definition):
            ends = _split(connection, job, cursor, job.bound, by_tenants=whole is None)
        return cursor, high, ends

    cursor, high, ends = worker.tried(found)
    if ends is None:
        return False

    def shared(connection: Connection) -> None:
        job.ranges.share(connection, job.token, ends, cursor, high, proves=job.sweep > 1)

    worker.tried(shared)
    return True


def turn_to(worker: Worker, job: Job, floor: Value | None) -> None:
    """Go on with a pass, and say over which keys."""

    def first(connection: Connection) -> Value | None:
        with preflight.as_role(connection, job.subject.definition):
            return first_of(connection, job.subject.key, job.subject.table.sql)

    low, kind = floor or worker.tried(first), job.subject.key.columns[0].type
    worker.turn_to(job, span(kind, low or (), job.bound or ()))


def _wait_for_writers(worker: Worker, open_: list[str]) -> None:
    subject = worker.job.subject
    wait_for_writers(
        lambda: worker.tried(lambda connection: writers(connection, subject.members)),
        lambda one: worker.tried(lambda connection: writer_named(connection, one)),
        open_,
        worker.clock,
        patience=subject.definition.policy.lock,
        table=subject.table.name,
    )


def _tenants(connection: Connection, subject: Subject) -> list[str | None]:
    """List the tenants."""
    assert subject.per is not None
    sql = statement(subject.tenants, per=subject.per, table=subject.table.sql)
    return [row[0] for row in connection.exec_driver_sql(sql, {})]


def _work_through(worker: Worker) -> None:
    """Do all windows in turns, so that a tenant with many rows does not keep the others waiting."""
    while todo := [window.id for window in _windows(worker) if not window.skipped]:
        in_turns(worker, todo)


def in_turns(worker: Worker, todo: Sequence[int]) -> tuple[int, ...]:
    """Give each window some batches; tell which are not done."""
    turns, queue, left = dict.fromkeys(todo, 0), deque(todo), list[int]()
    while queue:
        outcome = worker.advance(tuple(queue)[:TOGETHER])
        if outcome is None:
            continue
        for window in outcome.windows:
            turns[window] += 1
            if window in outcome.done:
                queue.remove(window)
            elif turns[window] >= SLICE:
                queue.remove(window)
                left.append(window)
    return tuple(left)


def come_back(worker: Worker) -> None:
    """Do what was locked: first whatever is free by now, then wait, for one row at a time and for a moment each."""
    patience = worker.job.subject.definition.policy.lock
    given_up = _unheld(worker) + patience
    while todo := [window for window in _windows(worker) if window.skipped]:
        freed = sum(worker.come_back(window.id, window.keys) for window in todo)
        while not freed:
            for window in todo:
                if _unheld(worker) >= given_up:
                    locked = sum(one.keys for one in todo)
                    told = f"locks: {locked} rows are locked by others, or need what is"
                    raise Stop(State.INCOMPLETE, told, passes=True)
                freed = worker.wait_for(window.id)
                if freed:
                    break
                worker.clock.sleep(BETWEEN)
        given_up = _unheld(worker) + patience


def _unheld(worker: Worker) -> float:
    """Give a clock that stands still while a worker is held: nobody's lock is to blame for that."""
    return time.monotonic() - worker.held


def ended(worker: Worker, *, proves: bool) -> Swept | None:
    """End a pass if it was clean, and of what there is now; and say what it came to."""
    job = worker.job

    def end(connection: Connection) -> Swept | None:
        job.ranges.hold_end(connection, job.share)
        swept = job.store.result_of_sweep(connection, job.key, job.token, job.sweep)
        if swept.left or swept.touched or not proves or (job.sweep == 1 and swept.unchanged):
            return None
        left = residue(swept, job.subject)
        with preflight.as_role(connection, job.subject.definition):
            now = preflight.located(connection, job.subject.definition.claim)
            grows = now.grows and not left and has_passed(connection, now.table.oid, now.key, job.bound)
        if not set(now.identity) <= set(swept.members):
            return None
        job.store.end_sweep(connection, job.key, job.token, job.sweep, grows=grows, members=now.identity)
        return swept

    swept = worker.tried(end)
    if swept is not None and (left := residue(swept, job.subject)) is not None:
        raise Stop(State.INCOMPLETE, left)
    return swept


def _windows(worker: Worker) -> tuple[Window, ...]:
    return worker.tried(lambda connection: worker.job.store.windows(connection, worker.job.key))
