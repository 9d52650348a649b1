"""The law of a batch: window, lock, change, check, record, in one short transaction that holds the rows and the cursor."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from psycopg.pq import TransactionStatus
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, InvalidRequestError

from migration_guard.backfill.connect import GUARDED, UNDONE
from migration_guard.backfill.definition import SMALLEST
from migration_guard.backfill.errors import Fault, FunctionFailed, Refused
from migration_guard.backfill.keys import Value, array
from migration_guard.backfill.pace import AIM
from migration_guard.backfill.preflight import Subject, as_role
from migration_guard.backfill.standing import NOTHING, Counts
from migration_guard.backfill.state import Control, Place, Store
from migration_guard.backfill.statements import statement


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

    @property
    def lease(self) -> float:
        return self.subject.definition.policy.lease


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a batch did."""

    counts: Counts = NOTHING
    done: bool = False
    """Whether nothing is left of its window."""
    notes: tuple[str, ...] = ()
    passed: int = 0
    """How many rows it has examined, in whichever pass."""
    at: Value = ()
    """How far the cursor has come."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The rows that a batch is about."""

    sql: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Window:
    """What there is in a window."""

    examined: int
    last: Value
    rows: int
    """How many of them are to do."""
    to_do: tuple[str, ...]
    """Their keys, as an array for each column."""
    ends: bool
    """Whether nothing comes after it."""


@dataclass(frozen=True, slots=True)
class _Held:
    """What could be locked of it."""

    rows: int
    keys: tuple[str, ...]
    skipped: tuple[Value, ...]


def forward(connection: Connection, job: Job, window: int, size: int) -> Outcome:
    """Do the next batch of a window, and move its cursor."""
    control = _permitted(connection, job, window)
    place = control.place
    if place.done:
        return Outcome(done=True)
    with as_role(connection, job.subject.definition):
        seen = _look_ahead(connection, job, control, size)
        held = _lock(connection, job, seen)
        changed, notes = _change(connection, job, held)
    done = seen.ends
    counts = Counts(
        examined=seen.examined,
        changed=changed,
        unchanged=held.rows - changed,
        done_already=seen.examined - held.rows - len(held.skipped),
        locked=len(held.skipped),
    )
    if job.sweep > 1:  # a verification counts what it still found to do; the first sweep has counted the rest
        counts = Counts(examined=changed + counts.locked, changed=changed, locked=counts.locked)
    _record(connection, job, place, counts, touched=changed, cursor=job.bound if done else seen.last, done=done)
    if held.skipped:
        job.store.skip(connection, window, held.skipped)
    return Outcome(counts, done, notes, seen.examined, seen.last)


def again(connection: Connection, job: Job, window: int, size: int, *, wait: bool) -> Outcome:
    """Come back to rows that were locked: to several without waiting, or to one for as long as the policy allows."""
    control = _permitted(connection, job, window)
    place = control.place
    if place.done:
        return Outcome(done=True)
    taken, rest = place.keys[:size], place.keys[size:]
    key = job.subject.key
    chosen = Selection(key.among, key.list_parameters([array(column) for column in zip(*taken)]))
    with as_role(connection, job.subject.definition):
        held = _lock(connection, job, _look(connection, job, control, chosen, size), wait=wait)
        changed, notes = _change(connection, job, held)
    freed = len(taken) - len(held.skipped)
    counts = Counts(changed=changed, unchanged=held.rows - changed, done_already=freed - held.rows, locked=-freed)
    _record(connection, job, place, counts, touched=changed)
    job.store.keep_skipped(connection, window, (*rest, *held.skipped))
    return Outcome(counts, not (rest or held.skipped), notes)


def set_aside(connection: Connection, job: Job, window: int, fault: Fault, tries: int) -> Outcome:
    """Quarantine the next row of a window, which cannot be changed, and go past it."""
    place = _permitted(connection, job, window).place
    if place.keys:
        row, cursor, done = place.keys[0], None, False
    else:
        with as_role(connection, job.subject.definition):
            row = cursor = _next_key(connection, job, place)
        done = row == job.bound
    first = int(job.store.quarantine(connection, job.key, place.tenant, row, fault=fault, tries=tries))
    counts = Counts(examined=first, quarantined=first)
    if place.keys:
        counts = Counts(locked=-1, quarantined=first, done_already=1 - first)
    _record(connection, job, place, counts, touched=first, cursor=cursor, done=done)
    if place.keys:
        job.store.keep_skipped(connection, window, place.keys[1:])
    return Outcome(counts, done or len(place.keys) == 1)


def _permitted(connection: Connection, job: Job, window: int) -> Control:
    control = job.store.control(connection, job.key, job.token, window, job.subject.members)
    if control.request:
        raise Asked(control.request)
    if control.queued:
        raise Hold
    return control


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


def look_statement(job: Job, selection: Selection, *, sound: bool = False) -> str:
    """Give the statement that reads a window."""
    subject, key = job.subject, job.subject.key
    return statement(
        "look",
        last=key.last,
        to_do=key.arrays("mg_matches"),
        named=key.named,
        where=subject.where,
        sound=statement("sound", texts=key.texts) if sound else "",
        table=subject.table.sql,
        range=selection.sql,
        order=key.order,
    )


def lock_statement(job: Job, *, wait: bool = False) -> str:
    """Give the statement that locks what is to do among the keys of a list."""
    subject, key = job.subject, job.subject.key
    return statement(
        "lock",
        named=key.named,
        table=subject.table.sql,
        among=key.among,
        where=subject.where,
        order=key.order,
        strength=subject.strength,
        skip_locked="" if wait else " SKIP LOCKED",
        held=key.arrays(),
    )


def _look_ahead(connection: Connection, job: Job, control: Control, size: int) -> _Window:
    """Look until there is something to do: windows in which nothing is are passed together, as long as it is quick.

    Not while a row that fails is searched for: that is the next one.
    """
    began, place, passed = time.monotonic(), control.place, 0
    while True:
        seen = _look(connection, job, control, selection_of(job, place, job.bound), size)
        passed += seen.examined
        if seen.rows or seen.ends or size < SMALLEST or time.monotonic() - began > AIM / 2:
            return replace(seen, examined=passed)
        place = replace(place, cursor=seen.last)


def _look(connection: Connection, job: Job, control: Control, selection: Selection, size: int) -> _Window:
    sql = look_statement(job, selection, sound=bool(control.set_aside))
    parameters = {**selection.parameters, "size": size, "set_aside": list(control.set_aside)}
    examined, last, rows, to_do = connection.exec_driver_sql(sql, parameters).one()
    last_key = tuple(last)
    return _Window(examined, last_key, rows, tuple(to_do), ends=examined < size or last_key == job.bound)


def _lock(connection: Connection, job: Job, seen: _Window, *, wait: bool = False) -> _Held:
    if not seen.rows:
        return _Held(0, (), ())
    key = job.subject.key
    wanted = key.list_parameters(seen.to_do)
    rows, keys = connection.exec_driver_sql(lock_statement(job, wait=wait), wanted).one()
    if rows == seen.rows:
        return _Held(rows, tuple(keys), ())
    held = tuple(keys) if rows else ("{}",) * len(key.columns)
    parts = {"wanted": key.rows("ids"), "held": key.rows("held"), "texts": key.named_texts}
    missing = statement("not_held", **parts)
    skipped = connection.exec_driver_sql(missing, {**wanted, **key.list_parameters(held, "held")}).all()
    return _Held(rows, held, tuple(tuple(row[0]) for row in skipped))


def _next_key(connection: Connection, job: Job, place: Place) -> Value:
    key, ahead = job.subject.key, selection_of(job, place, job.bound)
    sql = statement("next_key", texts=key.texts, table=job.subject.table.sql, range=ahead.sql, order=key.order)
    row = connection.exec_driver_sql(sql, dict(ahead.parameters)).first()
    return tuple(row[0]) if row is not None else job.bound


def _change(connection: Connection, job: Job, held: _Held) -> tuple[int, tuple[str, ...]]:
    """Change the rows held, and give how many are no longer to do. What else was written is refused, or noted."""
    if not held.rows:
        return 0, ()
    subject = job.subject
    parameters = subject.key.list_parameters(held.keys)
    before = _written(connection)
    if subject.definition.apply is not None:
        _call(connection, subject, parameters)
    else:
        rows = connection.exec_driver_sql(subject.change, parameters).rowcount
        if rows > held.rows:
            raise Refused(f"the update changes {rows} rows, its batch has {held.rows}: it must keep to id = ANY(:ids)")
    connection.exec_driver_sql(statement("constraints"))
    present, still, fresh, in_vain = connection.exec_driver_sql(_outcome(subject), parameters).one()
    after = _written(connection)
    written = {oid: sum(after[oid]) - sum(before.get(oid, (0, 0, 0))) for oid in after}
    ours = _rows_written(subject, before, after)
    notes = [*_elsewhere(connection, subject, {oid: count for oid, count in written.items() if count})]
    inside = fresh + held.rows - present if subject.target.oid == subject.table.oid else held.rows
    if ours > inside:
        notes.append(_outside(subject, ours, inside, undone=connection.info.pop(UNDONE, False)))
    if in_vain:
        notes.append("rows were written that `where` still matches: add to it what tells that they are done")
    return held.rows - still, tuple(notes)


def _outcome(subject: Subject) -> str:
    parts = {"where": subject.where, "fresh": statement("fresh"), "among": subject.key.among}
    return statement("outcome", table=subject.table.sql, **parts)


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


def _outside(subject: Subject, ours: int, inside: int, *, undone: bool) -> str:
    what = f"{ours} row changes of {subject.definition.written}, {inside} of them in the batch, each once"
    if undone:
        return f"{what}; the function has rolled some of them back"
    if not subject.reaches:
        raise Refused(f"{what}: a batch must change its own rows only, and none of them twice")
    return f"{what}; the rest by triggers or cascades ({', '.join(subject.reaches)})"


def _call(connection: Connection, subject: Subject, parameters: Mapping[str, Any]) -> None:
    """Call the definition's function, which may do all but end the transaction."""
    definition, key = subject.definition, subject.key
    assert definition.apply is not None
    lists = connection.exec_driver_sql(statement("ids_of", lists=key.lists()), dict(parameters)).one()
    ids = list(lists[0]) if len(lists) == 1 else list(zip(*lists))
    transaction = connection.exec_driver_sql(statement("transaction")).scalar()
    marks = connection.info  # of this very connection: it may be gone afterwards
    marks[GUARDED] = True
    try:
        definition.apply(connection, ids)
    except (DBAPIError, Refused):
        raise
    except InvalidRequestError as error:
        raise Refused(f"the function misuses its connection: {str(error).splitlines()[0]}") from None
    except Exception as error:  # noqa: BLE001 -- a function may fail in any way; what it says may hold rows
        raise FunctionFailed(type(error).__name__) from None
    finally:
        stopped = marks.pop(GUARDED, None)
    if isinstance(stopped, Refused):  # the function has swallowed it
        raise stopped
    driver: Any = connection.connection.dbapi_connection
    ended = driver.info.transaction_status == TransactionStatus.IDLE
    if ended or connection.exec_driver_sql(statement("transaction")).scalar() != transaction:
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
        counts,
        window=place.window if place.parent is None else place.parent,
        batches=place.batches,
        lease=job.lease,
        touched=touched,
        cursor=cursor,
        done=done,
    )
