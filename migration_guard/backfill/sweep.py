"""Passes over a table: the first does the work, the others prove that nothing is left."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import replace

from sqlalchemy import Connection

from migration_guard.backfill import preflight
from migration_guard.backfill.clock import Stop
from migration_guard.backfill.ends import end_of, first_of, has_passed, standing_floor
from migration_guard.backfill.job import Job
from migration_guard.backfill.keys import Value
from migration_guard.backfill.record import Record, Swept, Window
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


def finish(worker: Worker, record: Record) -> State:
    """Sweep until one pass is clean; tell in which state that leaves the backfill, or raise Stop."""
    if record.swept:  # what a person wants to be tried again, beside what came since
        _come_back(worker)
    proves = worker.job.sweep > 1  # nobody knows who was writing when an earlier run began the first pass
    if record.swept or not worker.job.sweep:
        proves = _begin(worker, record)
    else:
        _turn_to(worker, worker.job, record.floor)
    for left in reversed(range(SWEEPS)):
        _work_through(worker)
        _come_back(worker)
        swept = _ended(worker, proves=proves)
        if swept is not None:
            return State.COMPLETED
        if left:
            proves = _begin(worker, record)
    raise Stop(State.INCOMPLETE, f"moving target: rows that `where` matches still came in pass {SWEEPS} of this run")


def _begin(worker: Worker, record: Record) -> bool:
    """Begin a pass, up to the end that the table has now; tell whether it can prove that nothing is left.

    What an open transaction has written below that end cannot be seen: a pass that proves begins when those are over.
    """
    job, sweep = worker.job, worker.job.sweep + 1
    by_tenants = sweep == 1 and job.subject.per is not None

    def frozen(connection: Connection) -> tuple[Value | None, list[str], list[str | None] | None, Value | None]:
        subject = job.subject
        with preflight.as_role(connection, subject.definition):
            bound = end_of(connection, subject.key, subject.table.sql)
            tenants = _tenants(connection, subject) if by_tenants else None
            floor = standing_floor(connection, subject, record.floor, record.members)
        return bound, writers(connection, subject.members), tenants, floor

    bound, open_, tenants, floor = worker.tried(frozen)
    if sweep > 1:
        _wait_for_writers(worker, open_)
    worker.tried(
        lambda connection: job.store.begin_sweep(
            connection, job.key, job.token, sweep=sweep, bound=bound, tenants=tenants, keeps=floor is not None
        )
    )
    _turn_to(worker, replace(job, sweep=sweep, bound=bound), floor)
    return sweep > 1 or not open_


def _turn_to(worker: Worker, job: Job, floor: Value | None) -> None:
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
        turns, queue = dict.fromkeys(todo, 0), deque(todo)
        while queue:
            outcome = worker.advance(tuple(queue)[:TOGETHER])
            if outcome is None:
                continue
            for window in outcome.windows:
                turns[window] += 1
                if window in outcome.done or turns[window] >= SLICE:
                    queue.remove(window)


def _come_back(worker: Worker) -> None:
    """Do what was locked: first whatever is free by now, then wait, for one row at a time and for a moment each."""
    patience = worker.job.subject.definition.policy.lock
    given_up = time.monotonic() + patience
    while todo := [window for window in _windows(worker) if window.skipped]:
        freed = sum(worker.come_back(window.id, window.keys) for window in todo)
        while not freed:
            for window in todo:
                if time.monotonic() >= given_up:
                    locked = sum(one.keys for one in todo)
                    raise Stop(State.INCOMPLETE, f"locks: {locked} rows are locked by others, or need what is")
                freed = worker.wait_for(window.id)
                if freed:
                    break
                worker.clock.sleep(BETWEEN)
        given_up = time.monotonic() + patience


def _ended(worker: Worker, *, proves: bool) -> Swept | None:
    """End a pass if it was clean, and say what it came to."""
    job = worker.job

    def end(connection: Connection) -> Swept | None:
        swept = job.store.result_of_sweep(connection, job.key, job.token, job.sweep)
        if swept.left or swept.touched or not proves or (job.sweep == 1 and swept.unchanged):
            return None
        idle, subject = swept.kept and not swept.changed, job.subject
        with preflight.as_role(connection, subject.definition):
            grows = subject.grows and not idle and has_passed(connection, subject.table.oid, subject.key, job.bound)
        job.store.end_sweep(connection, job.key, job.token, job.sweep, grows=grows, members=subject.members)
        return swept

    swept = worker.tried(end)
    if swept is not None and swept.kept and not swept.changed:
        told = f"`where` matches {swept.kept} rows, and the update has never changed one"
        todo = "let `where` say which rows there is something for"
        raise Stop(State.INCOMPLETE, f"nothing changed: {told}: {todo}")
    return swept


def _windows(worker: Worker) -> tuple[Window, ...]:
    return worker.tried(lambda connection: worker.job.store.windows(connection, worker.job.key))
