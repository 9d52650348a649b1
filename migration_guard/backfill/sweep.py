"""Passes over a table: the first does the work, the others prove that nothing is left."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from migration_guard.backfill import preflight
from migration_guard.backfill.keys import Value
from migration_guard.backfill.preflight import Subject
from migration_guard.backfill.state import Window
from migration_guard.backfill.statements import statement
from migration_guard.backfill.transitions import State
from migration_guard.backfill.worker import Stop, Worker

SLICE = 10
"""Batches that a tenant has before the next one's turn."""
SWEEPS = 3
"""Passes of one run that may still find something to do; after them the application is the one who makes it."""


def finish(worker: Worker) -> State:
    """Sweep until one pass is clean; tell in which state that leaves the backfill, or raise Stop."""
    if worker.job.sweep == 0 and not _begin(worker, 1):
        return State.COMPLETED  # the table was empty
    for left in reversed(range(SWEEPS)):
        _work_through(worker)
        _come_back(worker)
        if not sum(window.touched for window in _windows(worker)):
            return State.COMPLETED
        if left:
            _begin(worker, worker.job.sweep + 1)
    raise Stop(State.INCOMPLETE, f"moving target: after {SWEEPS} passes there are still new rows that `where` matches")


def _begin(worker: Worker, sweep: int) -> bool:
    """Begin a pass: up to the bound that the first one froze, over the tenants that there are now."""
    job = worker.job

    def begun(connection: Connection) -> Value | None:
        with preflight.as_role(connection, job.subject.definition):
            bound = job.bound or end_of(connection, job.subject)
            tenants = _tenants(connection, job.subject)
        if bound is not None:
            job.store.begin_sweep(connection, job.key, job.token, sweep=sweep, bound=bound, tenants=tenants)
        return bound

    bound = worker.tried(begun)
    if bound is None:
        return False
    worker.turn_to(replace(job, sweep=sweep, bound=bound))
    return True


def end_of(connection: Connection, subject: Subject) -> Value | None:
    """Give the last key of a table, or None if it is empty."""
    key = subject.key
    sql = statement("bound", texts=key.texts, table=subject.table.sql, descending=key.descending)
    row = connection.exec_driver_sql(sql, {}).first()
    return tuple(row[0]) if row is not None else None


def _tenants(connection: Connection, subject: Subject) -> list[str | None]:
    """List the tenants; a table without them has one, which has no name."""
    if subject.per is None:
        return [None]
    sql = statement(subject.tenants, per=subject.per, table=subject.table.sql)
    return [row[0] for row in connection.exec_driver_sql(sql, {})]


def _work_through(worker: Worker) -> None:
    """Do all windows in turns, so that a tenant with many rows does not keep the others waiting."""
    while todo := [window for window in _windows(worker) if not window.skipped and not window.done]:
        for window in todo:
            for _ in range(SLICE):
                if worker.advance(window.id):
                    break


def _come_back(worker: Worker) -> None:
    """Do what was locked: first whatever is free by now, then wait, for one row at a time."""
    while todo := [window for window in _windows(worker) if window.skipped]:
        if sum(worker.come_back(window.id, window.keys) for window in todo):
            continue
        if not worker.wait_for(todo[0].id):
            locked = sum(window.keys for window in todo)
            raise Stop(State.INCOMPLETE, f"locks: {locked} rows are locked by others")


def _windows(worker: Worker) -> tuple[Window, ...]:
    return worker.tried(lambda connection: worker.job.store.windows(connection, worker.job.key))
