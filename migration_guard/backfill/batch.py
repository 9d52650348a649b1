"""The law of a batch: window, lock, change, check, record, in one short transaction that holds the rows and the cursor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from sqlalchemy import Connection

from migration_guard.backfill.arrays import array
from migration_guard.backfill.asks import NO_QUESTION, Question
from migration_guard.backfill.change import Changed, change_together
from migration_guard.backfill.clock import Stop
from migration_guard.backfill.errors import Fault, LostClaim
from migration_guard.backfill.job import Job
from migration_guard.backfill.keys import Key, Value
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
from migration_guard.backfill.pace import ALLOWANCE
from migration_guard.backfill.pinned import apply_settings, milliseconds
from migration_guard.backfill.preflight import as_role
from migration_guard.backfill.record import Control, Entry
from migration_guard.backfill.residue import prevented
from migration_guard.backfill.sieve import Unreadable, unreadable
from migration_guard.backfill.singly import foresee, settle, sift
from migration_guard.backfill.standing import NOTHING, Counts
from migration_guard.backfill.steering import FREE, Steering
from migration_guard.backfill.swift import Swept, attached, question, read, records
from migration_guard.backfill.transitions import State


class Barred(Exception):
    """No batch may be done now; nothing was."""


class Asked(Barred):
    """A person asked for something; the message is what."""

    @property
    def stop(self) -> Stop:
        """How the run ends for it."""
        return Stop(State.PAUSED if str(self) == "pause" else State.CANCELLED, "asked by a person")


class Hold(Barred):
    """A schema change waits for the table: it goes first."""


class Braked(Barred):
    """The brake holds, or it is outside of its hours; the message is the reason."""


class Surplus(Barred):
    """A person wants fewer workers than there are, and this one is too many."""


class Odd(Exception):
    """The quick way has come to something that only the long one can tell, or what it rests on holds no longer."""


class Phase(Enum):
    """How far a batch has come: what an error means depends on it."""

    LOOK = "nothing is held yet"
    CHANGE = "rows are held, and changed"
    RECORD = "what became of them is written down"


@dataclass(slots=True)
class Attempt:
    """How a batch is to be done, and how far it is."""

    size: int
    group: int = 0
    """Rows that are changed together under a savepoint; 0: all of the batch's, without one."""
    sifts: bool = False
    """Whether what goes through under savepoints is taken back, and changed at once when the rest is left out."""
    allowance: float = ALLOWANCE
    """Seconds that a statement may take by itself, waiting for nobody."""
    asks: bool = False
    """Whether rows that would wait for a parent are asked for first, so that none needs to be tried."""
    swift: bool = False
    """Whether it goes the quick way, where that is open."""
    repeats: bool = False
    """Whether it is the same when it is done again, after a crash of the server that took it back."""
    proven: bool = True
    """Whether rows have ever gone through: where all fail, it tells whose fault that is."""
    sieves: bool = False
    """Whether rows on which the predicate fails are found first, and left out."""
    known: Control | None = None
    """What was asked just now, so that it is not asked again; what is known of the next batch when this one is over."""
    begins: Callable[[], Question] | None = field(default=None, init=False)
    """Gives what is asked together with its beginning, since each trip to the server costs."""
    answer: Sequence[Any] = field(default=(), init=False)
    """The rows that this gave."""
    steering: Steering = field(default=FREE, init=False)
    """The pace that a person has set, as of its beginning."""
    phase: Phase = field(default=Phase.LOOK, init=False)
    sifted: bool = field(default=False, init=False)
    """Whether each row has gone through alone, and all are now changed at once."""
    answered: bool = field(default=False, init=False)
    """Whether it could be told which rows wait for a parent."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a batch did."""

    counts: Counts = NOTHING
    windows: tuple[int, ...] = ()
    """Those that it was about."""
    done: tuple[int, ...] = ()
    """Those of them that nothing is left of."""
    waited: int = 0
    bad: int = 0
    notes: tuple[str, ...] = ()
    fault: Fault | None = None
    """Why the last of the bad ones is bad."""
    unreadable: int = 0
    """How many rows the predicate failed on."""
    passed: int = 0
    """How many rows it has examined, in whichever pass."""
    at: Value = ()
    """How far the cursor has come."""


def beginning(job: Job, windows: Sequence[int], attempt: Attempt) -> Question:
    """Give what a batch begins with: the question whether it may be or, where that was asked just now, all of it."""
    if attempt.known is None:
        return _asking(job, windows)
    (place,) = attempt.known.places
    attempt.phase = Phase.CHANGE
    return question(job, place, attempt.size)


def forward(connection: Connection, job: Job, windows: Sequence[int], attempt: Attempt) -> Outcome:
    """Do the next batch of one or several windows, and move their cursors."""
    if attempt.known is not None:
        attempt.steering = attempt.known.steered.steering
        return _swiftly(connection, job, attempt.known, attempt, attempt.answer)
    control = _permitted(connection, job, windows, attempt)
    if attempt.swift:
        return _swiftly(connection, job, control, attempt)
    with as_role(connection, job.subject.definition):
        sieved, seen = _seen(connection, job, control, attempt)
        held = lock(connection, job, seen, _moment(job, attempt))
        changed = _changed(connection, job, held, attempt)
        of = _Sorted(connection, job.subject.key, seen, held, changed)
    attempt.phase = Phase.RECORD
    gone = tuple(place.window for place in control.places if place.done)
    outcome = _recorded(connection, job, seen, (of, changed, sieved), gone, rests=_rests(attempt, held))
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


def _swiftly(
    connection: Connection, job: Job, control: Control, attempt: Attempt, answer: Sequence[Any] = ()
) -> Outcome:
    """Do it in one statement, if nobody disturbs it and all is as expected."""
    (place,) = control.places or (None,)
    if place is None or place.done or control.set_aside != "{}":
        raise Odd
    attempt.phase = Phase.CHANGE
    with as_role(connection, job.subject.definition):
        if not answer:
            asked = question(job, place, attempt.size)
            answer = connection.exec_driver_sql(asked.sql, dict(asked.parameters)).all()
        swept = read(connection, job, answer[0])
    if swept.odd:
        raise Odd
    attempt.phase = Phase.RECORD
    ends = swept.examined < attempt.size or swept.last == job.bound
    already = swept.examined - swept.changed - swept.unchanged
    counts = Counts(swept.examined, swept.changed, swept.unchanged, done_already=already)
    entry = Entry(place, counts, touched=swept.changed, cursor=job.bound if ends else swept.last, done=ends)
    if not swept.recorded:
        _write_rest(connection, job, entry, swept)
    if records(job):  # else the next one takes a role first, before which nothing of it may be sent
        moved = replace(place, cursor=entry.cursor, batches=place.batches + 1, done=ends)
        attempt.known = replace(control, places=(moved,))
    done = (place.window,) if ends else ()
    return Outcome(counts, (place.window,), done, passed=swept.examined, at=swept.last)


def _write_rest(connection: Connection, job: Job, entry: Entry, swept: Swept) -> None:
    """Write down what the statement has left to say, as some of its rows were not changed, or as it may not say it."""
    if records(job) and swept.changed == swept.matched:
        raise LostClaim("another runner has taken it over")
    _write(connection, job, [entry], rests=True)


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
    _write(connection, job, [Entry(place, counts, touched=done + len(changed.bad))], rests=_rests(attempt, held))
    job.store.keep_skipped(connection, window, left)
    _keep(connection, job, changed)
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
    of = _Sorted(connection, job.subject.key, seen, held, Changed())
    return _recorded(connection, job, seen, (of, Changed(), Unreadable()), ())


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
    _write(connection, job, [Entry(place, counts, touched=first, cursor=cursor, done=done)])
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
    asked = _asking(job, windows)
    return job.store.control_of(connection.exec_driver_sql(asked.sql, dict(asked.parameters)).all())


def _asking(job: Job, windows: Sequence[int]) -> Question:
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


class _Sorted:
    """What became of which rows, for the windows that they are from."""

    def __init__(self, connection: Connection, key: Key, seen: Sequence[Seen], held: Held, changed: Changed) -> None:
        self.locked = (*held.skipped, *changed.waited)
        self._still, self._bad = changed.still, tuple(row for row, _ in changed.bad)
        named = self.locked or self._still or self._bad
        several = named and sum(bool(one.rows) for one in seen) > 1
        self._windows = (
            {row: one.place.window for one in seen if one.rows for row in listed(connection, key, one.to_do)}
            if several
            else dict[Value, int]()
        )

    def locked_in(self, window: int) -> tuple[Value, ...]:
        return self._of(window, self.locked)

    def still_in(self, window: int) -> tuple[Value, ...]:
        return self._of(window, self._still)

    def bad_in(self, window: int) -> tuple[Value, ...]:
        return self._of(window, self._bad)

    def _of(self, window: int, rows: tuple[Value, ...]) -> tuple[Value, ...]:
        return tuple(row for row in rows if self._windows.get(row, window) == window)


def _entry(job: Job, seen: Seen, of: _Sorted, failed: int = 0) -> Entry:
    """Say what became of a window; of so many of its rows nobody could say whether they were to do."""
    window = seen.place.window
    locked, still, bad = len(of.locked_in(window)), len(of.still_in(window)), len(of.bad_in(window))
    changed = seen.rows - locked - still - bad if seen.rows else 0
    counts = Counts(
        examined=seen.examined,
        changed=changed,
        unchanged=still,
        done_already=seen.examined - seen.rows - failed,
        locked=locked,
        quarantined=bad + failed,
    )
    if job.sweep > 1:  # a verification counts what it still found to do; the first pass has counted the rest
        aside = bad + failed
        counts = Counts(examined=changed + locked + aside, changed=changed, locked=locked, quarantined=aside)
    cursor = job.bound if seen.ends else seen.last
    return Entry(seen.place, counts, touched=changed + bad + failed, cursor=cursor, done=seen.ends)


def _recorded(
    connection: Connection,
    job: Job,
    seen: Sequence[Seen],
    rows: tuple[_Sorted, Changed, Unreadable],
    gone: tuple[int, ...],
    *,
    rests: bool = False,
) -> Outcome:
    of, changed, sieved = rows
    tenant = seen[0].place.tenant if seen else None
    failed = job.store.quarantine(connection, job.key, tenant, sieved.rows)
    entries = [_entry(job, one, of, failed) for one in seen]  # what was sieved is one stretch
    _write(connection, job, entries, rests=rests)
    total = NOTHING
    for entry in entries:
        total += entry.counts
        if locked := of.locked_in(entry.place.window):
            job.store.skip(connection, entry.place.window, locked)
    for entry in entries:
        bad = set(of.bad_in(entry.place.window))
        mine = tuple((row, fault) for row, fault in changed.bad if row in bad)
        job.store.quarantine(connection, job.key, entry.place.tenant, mine)
    _keep(connection, job, changed)
    windows = (*gone, *(entry.place.window for entry in entries))
    done = (*gone, *(entry.place.window for entry in entries if entry.done))
    passed = sum(one.examined for one in seen)
    at = seen[-1].last if seen else ()
    fault = changed.fault or (sieved.rows[-1][1] if sieved.rows else None)
    return Outcome(
        total, windows, done, len(changed.waited), len(changed.bad), changed.notes, fault, passed=passed, at=at
    )


def _keep(connection: Connection, job: Job, changed: Changed) -> None:
    """Note which rows a pass that may be the last one has left as they are."""
    still = changed.still
    if not still or job.sweep == 1:
        return
    with as_role(connection, job.subject.definition):
        written = set(changed.vain)
        rest = tuple(row for row in still if row not in written)
        vain = still if rest and prevented(connection, job.subject, rest) else changed.vain
    job.store.keep(connection, job.key, still, vain, job.sweep)


def _rests(attempt: Attempt, held: Held) -> bool:
    """Tell whether a batch has changed rows, and nobody waits for its COMMIT: that rests on what the quick way rests on."""
    return attempt.repeats and held.rows > 0


def _write(connection: Connection, job: Job, entries: Sequence[Entry], *, rests: bool = False) -> None:
    """Write down what became of windows; raise Odd if the batch rests on what is attached to the table, which has changed.

    It is asked while the table is held: nothing can have joined it after the rows were changed.
    """
    if not entries:
        return
    besides = Question(attached(job.subject), {"oid": job.subject.table.oid}) if rests else NO_QUESTION
    found = job.store.record(connection, job.key, job.token, entries, besides, lease=job.lease, share=job.share)
    if rests and (job.subject.swift is None or found != job.subject.swift.attached):
        raise Odd
