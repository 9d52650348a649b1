"""Looks whether rows are to do, without touching any: in windows, under a time limit, so that it never scans a table."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from migration_guard.backfill import preflight
from migration_guard.backfill.asks import Asks
from migration_guard.backfill.ends import end_of
from migration_guard.backfill.keys import Value
from migration_guard.backfill.look import between
from migration_guard.backfill.pace import Pace
from migration_guard.backfill.pinned import apply_settings, milliseconds
from migration_guard.backfill.statements import statement
from migration_guard.backfill.subject import Source
from migration_guard.backfill.writers import POLL, writers

QUICK = 5.0
"""Seconds that a look may take before a migration, or before a run that has nothing else to do."""
BELOW = 1.0
"""Seconds of a look at what was proved before: it finds what was undone, or came with a key of its own, in most tables."""
GRACE = 1.0
"""Seconds that the last statement of a look may take beyond its time."""
FIRST_SIZE = 1_000
LONGEST_STATEMENT = 120.0

NotKept = Callable[[str], int]
"""Counts those of a list of keys that no clean pass has left unchanged."""


class Answer(Enum):
    """What a look can say."""

    NOTHING = "nothing is to do"
    SOMETHING = "something is to do"
    UNKNOWN = "not proven"


@dataclass(frozen=True, slots=True)
class Look:
    """What a look has seen."""

    answer: Answer
    reached: Value | None = None
    """Up to here nothing is to do."""
    told: str = ""


def look_beyond(
    ask: Asks, source: Source, floor: Value | None, not_kept: NotKept, *, seconds: float, upto: Value | None = None
) -> Look:
    """Look at all rows after a key, up to another, or to the end that the table has now.

    A row that an open transaction has written is waited for, unless that was done: nobody can say what is in it.
    """
    deadline, end = time.monotonic() + seconds, upto
    if upto is None:
        with preflight.as_role(ask, source.claim):
            end = end_of(ask, source.key, source.table.sql)
    open_ = writers(ask, source.members) if upto is None else []
    while open_:
        if time.monotonic() >= deadline:
            return Look(Answer.UNKNOWN, floor, f"a transaction that has written to {source.table.name} does not end")
        time.sleep(POLL)
        still = writers(ask, source.members)
        open_ = [one for one in open_ if one in still]
    if end is None:
        return Look(Answer.NOTHING, floor)
    pace, cursor = Pace(FIRST_SIZE), floor
    while True:
        left = deadline - time.monotonic()
        if left <= 2 * pace.last:  # what is cut off in the middle is an error, and no answer
            return Look(Answer.UNKNOWN, cursor, f"the time is over, at key {shown(cursor)}")
        apply_settings(ask, {"statement_timeout": milliseconds(min(left + GRACE, LONGEST_STATEMENT))})
        began = time.monotonic()
        with preflight.as_role(ask, source.claim):
            examined, last, rows, keys = ask.exec_driver_sql(*beyond(source, cursor, end, pace.size)).one()
        if rows and not_kept(keys):
            return Look(Answer.SOMETHING, cursor, f"rows after key {shown(cursor)} match `where`")
        if examined < pace.size or tuple(last) == end:
            return Look(Answer.NOTHING, end)
        cursor = tuple(last)
        pace.done(time.monotonic() - began)


def beyond(source: Source, cursor: Value | None, end: Value, size: int) -> tuple[str, dict[str, object]]:
    """Give the statement that reads a stretch of keys."""
    key, selection = source.key, between(source.key, cursor, end)
    sql = statement(
        "beyond",
        last=key.last,
        texts=key.named_texts,
        named=key.named,
        where=source.where,
        table=source.table.sql,
        range=selection.sql,
        order=key.order,
    )
    return sql, {**selection.parameters, "size": size}


def by_hand(key: str) -> str:
    """Name the command that looks at all rows."""
    return f"`migration-guard backfill gate {key} --prove`"


def shown(key: Value | None) -> str:
    """Give a key as a person reads it."""
    return ", ".join(key) if key else "(the first)"
