"""The law of a batch: window, lock, change, check, record, in one short transaction that holds the rows and the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from migration_guard.backfill.arrays import array
from migration_guard.backfill.asks import Question
from migration_guard.backfill.attempt import Asked, Attempt, Braked, Hold, Outcome, Phase, Surplus
from migration_guard.backfill.change import Changed, change_together
from migration_guard.backfill.errors import Fault
from migration_guard.backfill.job import Job
from migration_guard.backfill.look import (
    NONE_HELD,
    Glass,
    Held,
    Seen,
    Selection,
    listed,
    lock,
    look,
    look_ahead,
    next_key,
    selection_of,
)
from migration_guard.backfill.pinned import apply_settings, milliseconds
from migration_guard.backfill.preflight import as_role
from migration_guard.backfill.record import Control, Entry, Place, Stands
from migration_guard.backfill.recording import Sorted, keep_unchanged, recorded, rests_on_way, write
from migration_guard.backfill.sieve import Unreadable, unreadable
from migration_guard.backfill.singly import foresee, settle, sift
from migration_guard.backfill.standing import Counts


def forward(connection: Connection, job: Job, windows: Sequence[int], attempt: Attempt) -> Outcome:
    """Do the next batch of one or several windows, and move their cursors."""
    control = _permitted(connection, job, windows, attempt)
    with as_role(connection, job.subject.definition):
        sieved, seen = _seen(connection, job, control, attempt)
        held = lock(connection, job, seen, _moment(job, attempt))
        changed = _changed(connection, job, held, attempt)
        of = Sorted(connection, job.subject.key, seen, held, changed)
    attempt.phase = Phase.RECORD
    gone = tuple(place.window for place in control.places if place.done)
    outcome = recorded(connection, job, seen, (of, changed, sieved), gone, rests=rests_on_way(attempt, held))
    return replace(outcome, unreadable=len(sieved.rows))


def _seen(connection: Connection, job: Job, control: Control, attempt: Attempt) -> tuple[Unreadable, tuple[Seen, ...]]:
    """Look at what comes next; where the predicate fails on some rows, at one stretch without these."""
    place = next((place for place in control.places if not place.done), None)
    sieved = unreadable(connection, job, place, attempt.size) if attempt.sieves and place is not None else None
    if sieved is None or place is None or job.bound is None:
        return Unreadable(), look_ahead(connection, job, control, attempt.size)
    without = replace(control, set_aside=sieved.beside(control.set_aside))
    stretch = selection_of(job, place, sieved.last or job.bound)
    seen = look(Glass(connection, job, without), place, stretch, attempt.size)
    if not seen.ends and seen.last != sieved.last:  # rows have come meanwhile, so that it ends before
        return sieved, (seen,)
    return sieved, (replace(seen, last=sieved.last or seen.last, ends=sieved.ends),)


def begin_stride(
    connection: Connection, job: Job, windows: Sequence[int], attempt: Attempt
) -> tuple[Place, Stands] | None:
    """Ask whether batches may be; say where the first window stands, or nothing if only the long way can tell."""
    control = _permitted(connection, job, windows, attempt)
    place = control.places[0] if control.places else None
    if place is None or place.done or control.set_aside != "{}":
        return None
    return place, job.store.stands(connection, place.window)


def again(connection: Connection, job: Job, window: int, attempt: Attempt, *, wait: bool) -> Outcome:
    """Come back to rows that were locked: to several without waiting, or to one for a moment."""
    control = _permitted(connection, job, (window,), attempt)
    (place,) = control.places or (None,)
    if place is None or place.done or not place.keys:
        return Outcome(windows=(window,), done=(window,))
    taken, rest = place.keys[: attempt.size], place.keys[attempt.size :]
    key = job.subject.key
    chosen = Selection(key.among, key.list_parameters([array(column) for column in zip(*taken)]))
    with as_role(connection, job.subject.definition):
        if wait:
            apply_settings(connection, _moment(job, attempt))
        seen = look(Glass(connection, job, control), place, chosen, attempt.size)
        held = lock(connection, job, (seen,), _moment(job, attempt), wait=wait)
        changed = _changed(connection, job, held, attempt)
    attempt.phase = Phase.RECORD
    left = (*rest, *held.skipped, *changed.waited)
    freed = len(taken) - len(held.skipped) - len(changed.waited)
    first = job.store.quarantine(connection, job.key, place.tenant, changed.bad)
    done = held.rows - len(changed.still) - len(changed.waited) - len(changed.bad)
    counts = Counts(
        changed=done,
        unchanged=len(changed.still),
        done_already=freed - done - len(changed.still) - first,
        locked=-freed,
        quarantined=first,
    )
    write(connection, job, [Entry(place, counts, touched=done + len(changed.bad))], rests=rests_on_way(attempt, held))
    job.store.keep_skipped(connection, window, left)
    keep_unchanged(connection, job, changed)
    finished = () if left else (window,)
    return Outcome(counts, (window,), finished, len(changed.waited), len(changed.bad), changed.notes, changed.fault)


def pass_over(connection: Connection, job: Job, window: int, attempt: Attempt) -> Outcome:
    """Note the next row that is to do as locked, and go past it: it is tried alone, later."""
    control = _control(connection, job, (window,))
    attempt.size = 1
    with as_role(connection, job.subject.definition):
        seen = look_ahead(connection, job, control, 1)
        wanted = listed(connection, job.subject.key, seen[0].to_do) if seen and seen[0].rows else ()
    attempt.phase = Phase.RECORD
    held = replace(NONE_HELD, skipped=wanted)
    of = Sorted(connection, job.subject.key, seen, held, Changed())
    return recorded(connection, job, seen, (of, Changed(), Unreadable()), ())


def set_aside(connection: Connection, job: Job, window: int, fault: Fault) -> Outcome:
    """Quarantine the next row of a window, on which even the predicate fails, and go past it."""
    (place,) = _control(connection, job, (window,)).places
    if place.keys:
        row, cursor, done = place.keys[0], None, False
    else:
        with as_role(connection, job.subject.definition):
            row = cursor = next_key(connection, job, place)
        done = row == job.bound
    first = job.store.quarantine(connection, job.key, place.tenant, ((row, fault),))
    counts = Counts(examined=first, quarantined=first)
    if place.keys:
        counts = Counts(locked=-1, quarantined=first, done_already=1 - first)
    write(connection, job, [Entry(place, counts, touched=first, cursor=cursor, done=done)])
    if place.keys:
        job.store.keep_skipped(connection, window, place.keys[1:])
    ended = done or len(place.keys) == 1
    return Outcome(counts, (window,), (window,) if ended else (), bad=1)


def _permitted(connection: Connection, job: Job, windows: Sequence[int], attempt: Attempt) -> Control:
    """Ask whether a batch may be, and of which size at most."""
    control = job.store.control_of(attempt.answer) if attempt.begins else _control(connection, job, windows)
    if control.request:
        raise Asked(control.request)
    if control.surplus:
        raise Surplus
    if control.steered.held is not None:
        raise Braked(control.steered.held)
    if control.queued:
        raise Hold
    attempt.steering = control.steered.steering
    if attempt.steering.max_size is not None:
        attempt.size = min(attempt.size, attempt.steering.max_size)
    return control


def _control(connection: Connection, job: Job, windows: Sequence[int]) -> Control:
    asked = asking(job, windows)
    return job.store.control_of(connection.exec_driver_sql(asked.sql, dict(asked.parameters)).all())


def asking(job: Job, windows: Sequence[int]) -> Question:
    members, thresholds = job.subject.members, job.thresholds
    return job.store.asking_control(job.key, job.token, windows, members, thresholds=thresholds)


def _changed(connection: Connection, job: Job, held: Held, attempt: Attempt) -> Changed:
    """Change what is held. From here on nobody is waited for longer than a moment: others wait for these rows."""
    if not held.rows:
        return Changed()
    attempt.phase = Phase.CHANGE
    if attempt.group:
        sifted = foresee(connection, job, held) if attempt.asks else None
        attempt.answered = sifted is not None
        if sifted is None:
            undone = held.rows if attempt.asks else 0
            sifted = sift(connection, job, held, attempt.group, keep=not attempt.sifts, undone=undone)
        attempt.sifted = attempt.sifts
        changed = settle(connection, job, held, sifted, proven=attempt.proven)
    else:
        changed = change_together(connection, job, held)
    attempt.phase = Phase.RECORD
    return changed


def _moment(job: Job, attempt: Attempt) -> dict[str, str]:
    """Bound the waiting for each lock, and for all of a statement's; its own work counts besides."""
    longest = min(job.hold + attempt.allowance, job.subject.definition.policy.statement)
    waits = {"lock_timeout": job.hold, "statement_timeout": longest}
    return {name: milliseconds(seconds) for name, seconds in waits.items()}
