"""Works at a backfill of ours: looks at its table, sweeps it, and tells what the server has counted meanwhile."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from migration_guard.backfill import preflight
from migration_guard.backfill.bench import Bench
from migration_guard.backfill.brake.brake import Brake
from migration_guard.backfill.brake.reading import digest
from migration_guard.backfill.brake.verdicts import Verdicts
from migration_guard.backfill.definition import Backfill
from migration_guard.backfill.ends import unproven
from migration_guard.backfill.job import Job
from migration_guard.backfill.pinned import apply_settings, milliseconds, search_settings
from migration_guard.backfill.record import Record
from migration_guard.backfill.sharing import Part
from migration_guard.backfill.statements import statement
from migration_guard.backfill.subject import Subject
from migration_guard.backfill.sweep import finish
from migration_guard.backfill.swift import way
from migration_guard.backfill.transitions import Actor, State
from migration_guard.backfill.worker import Worker

PROOFS = "what comes later is proven by `gate --prove`, a trigger or a constraint"


def swept(bench: Bench, definition: Backfill, record: Record) -> tuple[State, str | None]:
    """Sweep its table until nothing is left; tell in which state that leaves it, and why."""
    store, reporter, key = bench.store, bench.reporter, definition.key
    subject = _examined(bench, definition, joins=record.shared)
    before = bench.counts(key)
    reporter.begin(key, subject.table.rows, before)
    for warning in subject.warnings:
        reporter.warn(key, warning)
    job = Job(subject, store, record.token, record.sweep, record.bound, bench.workers, thresholds=digest(bench.brake))
    proven = before.changed + before.unchanged > 0
    brake = Brake(bench.session, Verdicts(store, key, job.thresholds), bench.brake, subject.members)
    worker, deadlocks = Worker(bench.session, job, bench.clock, brake, reporter, proven=proven), _deadlocks(bench)
    try:
        part = Part(worker, record)
        state = part.take() if record.shared else finish(worker, record, part.take)
    finally:
        brake.close()
        with suppress(Exception):  # what is told besides hides nothing that went wrong
            _tell_of_deadlocks(bench, key, _deadlocks(bench) - deadlocks, worker.victims)
    if bench.counts(key).quarantined:
        return State.COMPLETED_WITH_QUARANTINE, "rows that cannot be changed are in quarantine"
    if not subject.grows:
        told = f"{unproven(subject.hidden, subject.moves)}: {PROOFS}"
        reporter.warn(key, told)
        with bench.transaction() as connection:
            store.note(connection, key, Actor.RUNNER, "note", told)
    return state, None


def _examined(bench: Bench, definition: Backfill, *, joins: bool) -> Subject:
    # To plan a statement locks the table: nobody waits for that longer than there is a run to use it.
    waits = {"lock_timeout": milliseconds(bench.clock.within(bench.policy.lock))}
    with bench.session.transaction({**bench.policy.settings(0), **waits}) as connection:
        on = preflight.server(connection)
        with connection.begin_nested() as looked:
            apply_settings(connection, search_settings(definition))
            with preflight.as_role(connection, definition):
                subject = preflight.examine(connection, definition, on)
                subject = replace(subject, swift=way(connection, subject))
            looked.rollback()
        for warning in () if joins else subject.warnings:  # who was there before has written them down
            bench.store.note(connection, definition.key, Actor.RUNNER, "warning", warning)
    return subject


def _deadlocks(bench: Bench) -> int:
    with bench.transaction() as connection:
        return int(connection.exec_driver_sql(statement("deadlocks"), {}).scalar() or 0)


def _tell_of_deadlocks(bench: Bench, key: str, count: int, ours: int) -> None:
    """Say that somebody else may have been a victim: the server counts them, and names nobody."""
    if count <= 0 and not ours:
        return
    told = f"{max(count, ours)} deadlock(s) in this database while it ran; {ours} ended a batch of ours, which was done again"
    bench.reporter.warn(key, told)
    with bench.transaction() as connection:
        bench.store.note(connection, key, Actor.RUNNER, "deadlocks", told)
