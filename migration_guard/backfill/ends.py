"""Where a table begins and ends, and who is writing to it."""

from __future__ import annotations

from migration_guard.backfill.asks import Asks
from migration_guard.backfill.keys import Key, Value
from migration_guard.backfill.statements import statement

POLL = 0.02
"""Seconds between two looks whether a transaction is over."""


def first_of(connection: Asks, key: Key, table: str) -> Value | None:
    """Give the first key of a table, or None if it is empty."""
    sql = statement("bound", texts=key.texts, table=table, ordered=key.order)
    row = connection.exec_driver_sql(sql, {}).first()
    return tuple(row[0]) if row is not None else None


def end_of(connection: Asks, key: Key, table: str) -> Value | None:
    """Give the last key of a table, or None if it is empty."""
    sql = statement("bound", texts=key.texts, table=table, ordered=key.descending)
    row = connection.exec_driver_sql(sql, {}).first()
    return tuple(row[0]) if row is not None else None


def writers(connection: Asks, tables: tuple[int, ...]) -> list[str]:
    """Name the transactions of others that have written to tables and are not over."""
    rows = connection.exec_driver_sql(statement("writers"), {"tables": list(tables)}).all()
    return sorted({row[0] for row in rows})
