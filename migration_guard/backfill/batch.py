"""The law of a batch: window, lock, change, check, record, in one short transaction that holds the rows and the cursor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from psycopg.pq import TransactionStatus
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, InvalidRequestError

from migration_guard.backfill.connect import GUARDED
from migration_guard.backfill.errors import Fault, FunctionFailed, Refused
from migration_guard.backfill.keys import Value
from migration_guard.backfill.preflight import Subject, search_settings
from migration_guard.backfill.session import apply_settings
from migration_guard.backfill.standing import Counts
from migration_guard.backfill.state import Control, Place, Store
from migration_guard.backfill.statements import statement

LEASE = 180.0
"""Seconds that a claim outlives its last sign: longer than any batch may take. A runner whose connection is gone is
replaced at once; only behind a pooler does anybody wait for this."""


class Asked(Exception):
    """A person asked for something; the message is what."""


class Hold(Exception):
    """A schema change waits for the table: it goes first."""


@dataclass(frozen=True, slots=True)
class Job:
    """What every batch of a run has in common."""

    subject: Subject
    store: Store
    token: int
    sweep: int = 0
    bound: Value = ()
    """The last key of the table when the backfill began."""

    @property
    def key(self) -> str:
        return self.subject.definition.key


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a batch did."""

    counts: Counts = Counts()
    done: bool = False
    """Whether nothing is left of its window."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Held:
    """What the lock statement found."""

    examined: int
    held: int
    arrays: tuple[str, ...]
    skipped: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Selection:
    """The rows that a batch is about."""

    sql: str
    parameters: Mapping[str, Any]


def forward(connection: Connection, job: Job, window: int, size: int) -> Outcome:
    """Do the next batch of a window, and move its cursor."""
    control = _permitted(connection, job, window)
    place = control.place
    if place.done:
        return Outcome(done=True)
    _as_definition(connection, job)
    cursor, done = _window_end(connection, job, place, size)
    held = _lock(connection, job, control, selection_of(job, place, cursor))
    changed, notes = _change(connection, job, held)
    counts = Counts(
        examined=held.examined,
        changed=changed,
        unchanged=held.held - changed,
        done_already=held.examined - held.held - len(held.skipped),
        locked=len(held.skipped),
    )
    if job.sweep > 1:  # a verification counts what it still found to do; the first sweep has counted the rest
        counts = Counts(examined=changed + counts.locked, changed=changed, locked=counts.locked)
    _as_runner(connection, job)
    _record(connection, job, place, counts, touched=changed, cursor=cursor, done=done)
    if held.skipped:
        job.store.skip(connection, window, held.skipped)
    return Outcome(counts, done, notes)


def again(connection: Connection, job: Job, window: int, size: int, *, wait: bool) -> Outcome:
    """Come back to rows that were locked: to several without waiting, or to one for as long as the policy allows."""
    control = _permitted(connection, job, window)
    place = control.place
    if place.done:
        return Outcome(done=True)
    taken, rest = place.keys[:size], place.keys[size:]
    _as_definition(connection, job)
    arrays = [_array(values) for values in zip(*taken)]
    chosen = Selection(job.subject.key.among, job.subject.key.list_parameters(arrays))
    held = _lock(connection, job, control, chosen, wait=wait)
    changed, notes = _change(connection, job, held)
    freed = len(taken) - len(held.skipped)
    counts = Counts(changed=changed, unchanged=held.held - changed, done_already=freed - held.held, locked=-freed)
    _as_runner(connection, job)
    _record(connection, job, place, counts, touched=changed)
    job.store.keep_skipped(connection, window, (*rest, *held.skipped))
    return Outcome(counts, not (rest or held.skipped), notes)


def set_aside(connection: Connection, job: Job, window: int, fault: Fault, tries: int) -> Outcome:
    """Quarantine the next row of a window, which cannot be changed, and go past it."""
    place = _permitted(connection, job, window).place
    if place.keys:
        row, cursor, done = place.keys[0], None, False
    else:
        _as_definition(connection, job)
        cursor, done = _window_end(connection, job, place, 1)
        _as_runner(connection, job)
        row = cursor
    first = job.store.quarantine(connection, job.key, place.tenant, row, fault, tries)
    counts = Counts(locked=-1, quarantined=1) if place.keys else Counts(examined=1, quarantined=1)
    _record(connection, job, place, counts if first else Counts(), touched=int(first), cursor=cursor, done=done)
    if place.keys:
        job.store.keep_skipped(connection, window, place.keys[1:])
    return Outcome(counts if first else Counts(), done or len(place.keys) == 1)


def _permitted(connection: Connection, job: Job, window: int) -> Control:
    control = job.store.control(connection, job.key, job.token, window, job.subject.members)
    if control.request:
        raise Asked(control.request)
    if control.queued:
        raise Hold
    return control


def _as_definition(connection: Connection, job: Job) -> None:
    apply_settings(connection, search_settings(job.subject.definition))


def _as_runner(connection: Connection, job: Job) -> None:
    connection.exec_driver_sql(statement("constraints"))
    if job.subject.definition.role:
        apply_settings(connection, {"role": "none"})


def _window_end(connection: Connection, job: Job, place: Place, size: int) -> tuple[Value, bool]:
    key = job.subject.key
    until = selection_of(job, place, job.bound)
    sql = statement("window_end", texts=key.texts, table=job.subject.table.sql, range=until.sql, order=key.order)
    row = connection.exec_driver_sql(sql, {**until.parameters, "size": size}).first()
    if row is None:
        return job.bound, True
    return tuple(row[0]), tuple(row[0]) == job.bound


def selection_of(job: Job, place: Place, high: Value) -> Selection:
    """Say: after the cursor, up to a key, of one tenant."""
    key = job.subject.key
    parts = [f"{key.row} <= {key.bound('high')}"]
    parameters = key.parameters("high", high)
    if place.cursor is not None:
        parts.append(f"{key.row} > {key.bound('cursor')}")
        parameters |= key.parameters("cursor", place.cursor)
    if (per := job.subject.per) is not None and place.tenant is None:
        parts.append(f"{per} IS NULL")
    elif per is not None and place.tenant is not None:
        parts.append(f"{per} = %(tenant)s::{job.subject.tenant_type}")
        parameters["tenant"] = place.tenant
    return Selection(" AND ".join(parts), parameters)


def lock_statement(job: Job, selection: Selection, *, sound: bool, wait: bool) -> str:
    """Give the statement that locks what is to do among the rows selected."""
    subject, key = job.subject, job.subject.key
    return statement(
        "lock",
        held=key.held,
        table=subject.table.sql,
        range=selection.sql,
        where=subject.where,
        sound=job.store.sql("sound", texts=key.texts) if sound else "",
        order=key.order,
        strength=subject.strength,
        skip_locked="" if wait else " SKIP LOCKED",
        held_arrays=key.held_arrays,
        texts=key.texts,
        same_as_held=key.same_as_held,
    )


def _lock(connection: Connection, job: Job, control: Control, selection: Selection, *, wait: bool = False) -> _Held:
    sql = lock_statement(job, selection, sound=control.any_quarantined, wait=wait)
    parameters = {**selection.parameters, "backfill": job.key}
    examined, held, arrays, skipped = connection.exec_driver_sql(sql, parameters).one()
    return _Held(examined, held, tuple(arrays), tuple(tuple(one) for one in skipped or ()))


def _change(connection: Connection, job: Job, held: _Held) -> tuple[int, tuple[str, ...]]:
    """Change the rows held, and give how many are no longer to do. What else was written is refused, or noted."""
    if not held.held:
        return 0, ()
    subject = job.subject
    parameters = subject.key.list_parameters(held.arrays)
    before = _written(connection)
    if subject.definition.apply is not None:
        _call(connection, subject, parameters)
    else:
        rows = connection.exec_driver_sql(subject.change, parameters).rowcount
        if rows > held.held:
            raise Refused(f"the update changes {rows} rows, its batch has {held.held}: it must keep to id = ANY(:ids)")
    outcome = statement("outcome", where=subject.where, table=subject.table.sql, among=subject.key.among)
    still, present, fresh = connection.exec_driver_sql(outcome, parameters).one()
    after = _written(connection)
    written = {oid: sum(after[oid]) - sum(before.get(oid, (0, 0, 0))) for oid in after}
    ours = _rows_written(subject, before, after)
    notes = [*_elsewhere(connection, subject, {oid: count for oid, count in written.items() if count})]
    inside = fresh + held.held - present if subject.target.oid == subject.table.oid else held.held
    if ours > inside:
        notes.append(_outside(subject, ours, inside))
    if fresh and still:
        notes.append("rows were written that `where` still matches: add to it what tells that they are done")
    return held.held - still, tuple(notes)


def _written(connection: Connection) -> dict[int, tuple[int, int, int]]:
    rows = connection.exec_driver_sql(statement("written"), {}).all()
    return {oid: (inserted, updated, deleted) for oid, inserted, updated, deleted in rows}


def _rows_written(
    subject: Subject, before: Mapping[int, tuple[int, int, int]], after: Mapping[int, tuple[int, int, int]]
) -> int:
    """Count the rows of the target; one that moves to another partition is deleted here and inserted there."""
    sums = [0, 0, 0]
    for oid in subject.target_members:
        for n in range(3):
            sums[n] += after.get(oid, (0, 0, 0))[n] - before.get(oid, (0, 0, 0))[n]
    inserted, updated, deleted = sums
    return updated + max(inserted, deleted)


def _elsewhere(connection: Connection, subject: Subject, written: Mapping[int, int]) -> list[str]:
    """Refuse writes to other tables; those of the target's triggers and cascades are only noted."""
    others = [oid for oid in written if oid not in subject.target_members]
    names = [connection.exec_driver_sql(statement("table_name"), {"oid": oid}).scalar() for oid in others]
    if not names:
        return []
    if not subject.reaches:
        raise Refused(f"writes {', '.join(map(str, names))}; expected only {subject.definition.written}")
    return [f"triggers or cascades ({', '.join(subject.reaches)}) write {', '.join(map(str, names))}"]


def _outside(subject: Subject, ours: int, inside: int) -> str:
    what = f"{ours} row changes of {subject.definition.written}, {inside} of them in the batch, each once"
    if not subject.reaches:
        raise Refused(f"{what}: a batch must change its own rows only, and none of them twice")
    return f"{what}; the rest by triggers or cascades ({', '.join(subject.reaches)})"


def _call(connection: Connection, subject: Subject, parameters: Mapping[str, Any]) -> None:
    """Call the definition's function, which may do all but end the transaction."""
    definition, key = subject.definition, subject.key
    assert definition.apply is not None
    lists = connection.exec_driver_sql(statement("ids_of", lists=key.lists), dict(parameters)).one()
    ids = list(lists[0]) if len(lists) == 1 else list(zip(*lists))
    transaction = connection.exec_driver_sql(statement("transaction")).scalar()
    connection.info[GUARDED] = True
    try:
        definition.apply(connection, ids)
    except (DBAPIError, Refused):
        raise
    except InvalidRequestError as error:
        raise Refused(f"the function misuses its connection: {str(error).splitlines()[0]}") from None
    except Exception as error:  # noqa: BLE001 -- a function may fail in any way; what it says may hold rows
        raise FunctionFailed(type(error).__name__) from None
    finally:
        stopped = connection.info.pop(GUARDED)
    if isinstance(stopped, Refused):  # the function has swallowed it
        raise stopped
    driver: Any = connection.connection.dbapi_connection
    open_still = driver.info.transaction_status == TransactionStatus.INTRANS
    if not open_still or connection.exec_driver_sql(statement("transaction")).scalar() != transaction:
        raise Refused("the function has ended the batch's transaction; what it committed stands, the runner stops")


def _record(
    connection: Connection,
    job: Job,
    place: Place,
    counts: Counts,
    *,
    touched: int,
    cursor: Value | None = None,
    done: bool = False,
) -> None:
    job.store.record(
        connection,
        job.key,
        job.token,
        place.window if place.parent is None else place.parent,
        place.batches,
        counts,
        lease=LEASE,
        touched=touched,
        cursor=cursor,
        done=done,
    )


def _array(values: tuple[str, ...]) -> str:
    """Spell an array of texts."""
    escaped = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return "{" + ",".join(f'"{value}"' for value in escaped) + "}"
