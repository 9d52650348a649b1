"""Ranges of keys, shared by any number of workers: split by a sample, claimed, leased, fenced, and taken over from their cursor.

A range is a row of its own, and nobody writes another's: its claim, its lease by the server's clock, its token, its
cursor and its counts. What a worker does in a range and how far it is are one transaction, whose last statement moves the
cursor where the token is still the worker's; a worker that was replaced meanwhile is rolled back. Whoever finds nothing to claim
asks whether the pass is over, behind a lock of the backfill's row, and the one who learns that first begins the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from migration_guard.backfill.errors import LostClaim
from migration_guard.backfill.keys import Key, Value, quoted
from migration_guard.backfill.standing import Counts
from migration_guard.backfill.statements import statement

SAMPLED = 20_000
"""Rows of a sample, about: enough that no range is much larger than the others."""
SMALLEST_RANGE = 5_000
"""Rows below which a range is not worth a claim."""
A_WORKER = 8
"""Ranges for each worker: one that is slower, or comes later, leaves more of them to the others."""


@dataclass(frozen=True, slots=True)
class Range:
    """A stretch of keys after a cursor up to an end, and the token that proves that it is ours."""

    id: int
    token: int
    cursor: Value | None
    high: Value | None
    """None: up to the end of the pass."""
    taken_over: bool
    """Whether somebody else was at it, and is gone."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who does what."""

    id: int
    by: str | None
    alive: bool
    cursor: Value | None
    high: Value | None
    done: bool


def edges(connection: Connection, key: Key, table: str, rows: int, workers: int) -> tuple[Value, ...]:
    """Give the keys at which a table is split: those that a sample of its pages has at equal distances.

    A sample knows partitions, composite keys and values that are frequent, which no histogram of the planner's does.
    """
    wanted = min(workers * A_WORKER, rows // SMALLEST_RANGE)
    if wanted < 2:
        return ()
    percent = min(100.0, 100.0 * SAMPLED / max(rows, 1))
    sql = statement("edges", named=key.named, table=table, texts=key.named_texts, order=_places(key))
    found = connection.exec_driver_sql(sql, {"percent": percent, "parts": wanted}).all()
    return tuple(tuple(row[0]) for row in found)


class Ranges:
    """The ranges of one backfill, in the state's tables. Every method runs in the transaction that it is given."""

    def __init__(self, schema: str, key: str) -> None:
        self._state = quoted(schema)
        self._key = key

    def lay(self, connection: Connection, sweep: int, ends: Sequence[Value], floor: Value | None = None) -> None:
        """Lay the ranges of a pass: up to each of some keys, and one for what comes after."""
        lows, highs = [floor, *ends], [*ends, None]
        for low, high in zip(lows, highs):
            self._sent(
                connection, "lay_range", sweep=sweep, low=list(low) if low else None, high=list(high) if high else None
            )

    def claim(self, connection: Connection, sweep: int, who: str, lease: float) -> Range | None:
        """Take a range that nobody is at, those first that nobody ever was; None if there is none just now."""
        row = self._sent(connection, "claim_range", sweep=sweep, who=who, lease=lease).first()
        if row is None:
            return None
        id_, token, cursor, high, taken_over = row
        return Range(id_, token, _value(cursor), _value(high), taken_over)

    def advance(
        self, connection: Connection, range_: Range, cursor: Value | None, counts: Counts, *, done: bool, lease: float
    ) -> None:
        """Move a cursor, as the last statement of what was done up to it; refuse if the range is not ours any more."""
        numbers = {name: getattr(counts, name) for name in counts.__slots__}
        row = self._sent(
            connection,
            "advance_range",
            id=range_.id,
            token=range_.token,
            cursor=list(cursor) if cursor else None,
            done=done,
            lease=lease,
            **numbers,
        ).first()
        if row is None:
            raise LostClaim("another worker has taken the range over")

    def leave(self, connection: Connection, range_: Range) -> None:
        """Give a range back, to whoever claims it next."""
        self._sent(connection, "leave_range", id=range_.id, token=range_.token)

    def is_over(self, connection: Connection, token: int, sweep: int) -> bool:
        """Tell the first who asks it that a pass is over: asked behind a lock, counted by a statement that began later."""
        if self._sent(connection, "hold_pass", token=token, sweep=sweep).first() is None:
            return False  # somebody else has begun the next one
        return not self._sent(connection, "ranges_left", sweep=sweep).scalar()

    def holders(self, connection: Connection) -> tuple[Holder, ...]:
        """Say who does what."""
        rows = self._sent(connection, "range_holders").all()
        return tuple(Holder(row[0], row[1], row[2], _value(row[3]), _value(row[4]), row[5]) for row in rows)

    def _sent(self, connection: Connection, name: str, **parameters: object) -> Any:
        parts = {"state": self._state}
        sql = statement(name, alive=statement("range_alive", **parts), **parts)
        return connection.exec_driver_sql(sql, {"backfill": self._key, **parameters})


def _places(key: Key) -> str:
    return ", ".join(f"mg_{n}" for n in range(len(key.columns)))


def _value(key: Sequence[str] | None) -> Value | None:
    return tuple(key) if key is not None else None
