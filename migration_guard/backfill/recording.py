"""The last part of a batch: what became of its rows is written down with them, in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from migration_guard.backfill.asks import NO_QUESTION, Question
from migration_guard.backfill.attempt import Attempt, Odd, Outcome
from migration_guard.backfill.change import Changed
from migration_guard.backfill.job import Job
from migration_guard.backfill.keys import Key, Value
from migration_guard.backfill.look import Held, Seen, listed
from migration_guard.backfill.preflight import as_role
from migration_guard.backfill.record import Entry
from migration_guard.backfill.residue import prevented
from migration_guard.backfill.sieve import Unreadable
from migration_guard.backfill.standing import NOTHING, Counts
from migration_guard.backfill.swift import attached


class Sorted:
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


def _entry(job: Job, seen: Seen, of: Sorted, failed: int = 0) -> Entry:
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


def recorded(
    connection: Connection,
    job: Job,
    seen: Sequence[Seen],
    rows: tuple[Sorted, Changed, Unreadable],
    gone: tuple[int, ...],
    *,
    rests: bool = False,
) -> Outcome:
    """Write down what became of the rows that a batch has seen, each where it belongs; give all of it, with windows that were gone."""
    of, changed, sieved = rows
    tenant = seen[0].place.tenant if seen else None
    failed = job.store.quarantine(connection, job.key, tenant, sieved.rows)
    entries = [_entry(job, one, of, failed) for one in seen]  # what was sieved is one stretch
    write(connection, job, entries, rests=rests)
    total = NOTHING
    for entry in entries:
        total += entry.counts
        if locked := of.locked_in(entry.place.window):
            job.store.skip(connection, entry.place.window, locked)
    for entry in entries:
        bad = set(of.bad_in(entry.place.window))
        mine = tuple((row, fault) for row, fault in changed.bad if row in bad)
        job.store.quarantine(connection, job.key, entry.place.tenant, mine)
    keep_unchanged(connection, job, changed)
    windows = (*gone, *(entry.place.window for entry in entries))
    done = (*gone, *(entry.place.window for entry in entries if entry.done))
    passed = sum(one.examined for one in seen)
    at = seen[-1].last if seen else ()
    fault = changed.fault or (sieved.rows[-1][1] if sieved.rows else None)
    return Outcome(
        total, windows, done, len(changed.waited), len(changed.bad), changed.notes, fault, passed=passed, at=at
    )


def keep_unchanged(connection: Connection, job: Job, changed: Changed) -> None:
    """Note which rows a pass that may be the last one has left as they are."""
    still = changed.still
    if not still or job.sweep == 1:
        return
    with as_role(connection, job.subject.definition):
        written = set(changed.vain)
        rest = tuple(row for row in still if row not in written)
        vain = still if rest and prevented(connection, job.subject, rest) else changed.vain
    job.store.keep(connection, job.key, still, vain, job.sweep)


def rests_on_way(attempt: Attempt, held: Held) -> bool:
    """Tell whether a batch has changed rows, and nobody waits for its COMMIT: that rests on what the quick way rests on."""
    return attempt.repeats and held.rows > 0


def write(connection: Connection, job: Job, entries: Sequence[Entry], *, rests: bool = False) -> None:
    """Write down what became of windows; raise Odd if the batch rests on what is attached to the table, which has changed.

    It is asked while the table is held: nothing can have joined it after the rows were changed.
    """
    if not entries:
        return
    besides = Question(attached(job.subject), {"oid": job.subject.table.oid}) if rests else NO_QUESTION
    found = job.store.record(connection, job.key, job.token, entries, besides, lease=job.lease, share=job.share)
    if rests and (job.subject.swift is None or found != job.subject.swift.attached):
        raise Odd
