"""The first half of a batch: which rows come next, which of them are to do, and which of those can be had."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from migration_guard.backfill.arrays import joined
from migration_guard.backfill.definition import LARGEST, SMALLEST
from migration_guard.backfill.job import Job
from migration_guard.backfill.keys import Key, Value
from migration_guard.backfill.pace import AIM
from migration_guard.backfill.pinned import settings_parameters
from migration_guard.backfill.record import Control, Place
from migration_guard.backfill.statements import statement

Writes = Mapping[int, tuple[int, int, int]]
"""Rows inserted, updated and deleted, by table."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The rows that a batch is about."""

    sql: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Seen:
    """What there is in a stretch of a window."""

    place: Place
    examined: int
    last: Value
    rows: int
    """How many of them are to do."""
    to_do: tuple[str, ...]
    """Their keys, as an array for each column."""
    ends: bool
    """Whether nothing comes after it."""


@dataclass(frozen=True, slots=True)
class Held:
    """What could be locked of it."""

    rows: int
    keys: tuple[str, ...]
    skipped: tuple[Value, ...]
    before: Writes
    """What the session had written until then."""


NONE_HELD = Held(0, (), (), {})


def between(key: Key, cursor: Value | None, high: Value) -> Selection:
    """Say: after a key, up to a key."""
    return Selection(*key.between(cursor, high))


def selection_of(job: Job, place: Place, high: Value) -> Selection:
    """Say the same of one tenant, where a window is his."""
    chosen, per = between(job.subject.key, place.cursor, high), job.subject.per
    if per is None or place.whole:
        return chosen
    if place.tenant is None:
        return replace(chosen, sql=f"{chosen.sql} AND {per} IS NULL")
    tenant = f"{per} = %(tenant)s::{job.subject.tenant_type}"
    return Selection(f"{chosen.sql} AND {tenant}", {**chosen.parameters, "tenant": place.tenant})


def look_statement(job: Job, selection: Selection, *, sound: bool = False) -> str:
    """Give the statement that reads a window."""
    subject, key = job.subject, job.subject.key
    return statement(
        "look",
        last=key.last,
        to_do=key.arrays("mg_matches"),
        named=key.named,
        matches=statement("sound", texts=key.texts, where=subject.where) if sound else f"({subject.where})",
        table=subject.table.sql,
        range=selection.sql,
        order=key.order,
    )


def lock_statement(job: Job, *, wait: bool = False, besides: str = "") -> str:
    """Give the statement that locks what is to do among the keys of a list, and asks something besides."""
    subject, key = job.subject, job.subject.key
    return statement(
        "lock",
        named=key.named,
        table=subject.table.sql,
        among=key.among,
        where=key.asked_among(subject.where),
        order=key.order,
        strength=subject.strength,
        skip_locked="" if wait else " SKIP LOCKED",
        held=key.arrays(),
        besides=besides,
    )


@dataclass(frozen=True, slots=True)
class Glass:
    """What is looked through: a job, and the rows of it that are known to fail."""

    connection: Connection
    job: Job
    control: Control


def look_ahead(connection: Connection, job: Job, control: Control, size: int) -> tuple[Seen, ...]:
    """Look until there is enough to do, or it takes long: in one window after the other.

    Not while a row on which the predicate fails is searched for: that is the next one.
    """
    glass, began, rows, found = Glass(connection, job, control), time.monotonic(), 0, list[Seen]()
    for place in control.places:
        if not place.done:
            found.append(_look_in(glass, place, size - rows, began))
            rows += found[-1].rows
        if rows >= size or size < SMALLEST or time.monotonic() - began > AIM / 2:
            break
    return tuple(found)


def _look_in(glass: Glass, place: Place, size: int, began: float) -> Seen:
    """Look in one window: stretches in which nothing is to do are passed together, as long as it is quick."""
    job = glass.job
    assert job.bound is not None  # an empty table has no windows
    here, passed = place, 0
    stretch = LARGEST if job.sweep > 1 and size >= SMALLEST else max(size, 1)  # where little or nothing is left
    while True:
        selection = selection_of(job, here, job.bound)
        seen = look(glass, place, selection, stretch)
        if seen.rows > size and stretch > size:
            seen = look(glass, place, selection, max(size, 1))
        passed += seen.examined
        if seen.rows or seen.ends or size < SMALLEST or time.monotonic() - began > AIM / 2:
            return replace(seen, examined=passed)
        here, stretch = replace(here, cursor=seen.last), min(2 * stretch, LARGEST)


def look(glass: Glass, place: Place, selection: Selection, size: int) -> Seen:
    """Read a stretch of keys."""
    set_aside = glass.control.set_aside
    sql = look_statement(glass.job, selection, sound=set_aside != "{}")
    parameters = {**selection.parameters, "size": size, "set_aside": set_aside}
    examined, last, rows, to_do = glass.connection.exec_driver_sql(sql, parameters).one()
    last_key = tuple(last)
    return Seen(place, examined, last_key, rows, tuple(to_do), ends=examined < size or last_key == glass.job.bound)


def lock(
    connection: Connection, job: Job, seen: Sequence[Seen], settings: Mapping[str, str], *, wait: bool = False
) -> Held:
    """Lock what is to do; the settings are those of what follows."""
    some = [one for one in seen if one.rows]
    if not some:
        return NONE_HELD
    key, count = job.subject.key, sum(one.rows for one in some)
    to_do = tuple(joined(arrays) for arrays in zip(*(one.to_do for one in some))) if len(some) > 1 else some[0].to_do
    wanted = key.list_parameters(to_do)
    parameters = {**wanted, **settings_parameters(settings)}
    besides = statement("besides", written=statement("written"), settings=statement("settings"))
    sql = lock_statement(job, wait=wait, besides=besides)
    rows, keys, so_far, _ = connection.exec_driver_sql(sql, parameters).one()
    before = writes(so_far)
    if rows == count:
        return Held(rows, tuple(keys), (), before)
    held = tuple(keys) if rows else ("{}",) * len(key.columns)
    parts = {"wanted": key.rows("ids"), "held": key.rows("held"), "texts": key.named_texts}
    missing = statement("not_held", **parts)
    skipped = connection.exec_driver_sql(missing, {**wanted, **key.list_parameters(held, "held")}).all()
    return Held(rows, held, tuple(tuple(row[0]) for row in skipped), before)


def writes(shown: Mapping[str, list[int]]) -> Writes:
    """Read what a session has written and not reported yet."""
    return {int(oid): (inserted, updated, deleted) for oid, (inserted, updated, deleted) in shown.items()}


def listed(connection: Connection, key: Key, arrays: Sequence[str]) -> tuple[Value, ...]:
    """Give the keys of arrays one by one."""
    sql = statement("listed", texts=key.named_texts, rows=key.rows("ids"))
    return tuple(tuple(row[0]) for row in connection.exec_driver_sql(sql, key.list_parameters(arrays)))


def spelt(arrays: Sequence[str]) -> tuple[Value, ...]:
    """Give the same where nothing in the texts is quoted; nothing otherwise."""
    if any('"' in array or "\\" in array for array in arrays):
        return ()
    return tuple(zip(*(array[1:-1].split(",") for array in arrays)))


def next_key(connection: Connection, job: Job, place: Place) -> Value:
    """Give the key that comes after the cursor."""
    assert job.bound is not None
    key, ahead = job.subject.key, selection_of(job, place, job.bound)
    sql = statement("next_key", texts=key.texts, table=job.subject.table.sql, range=ahead.sql, order=key.order)
    row = connection.exec_driver_sql(sql, dict(ahead.parameters)).first()
    return tuple(row[0]) if row is not None else job.bound
