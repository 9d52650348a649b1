"""Where a table begins and ends, and whether what comes next comes after that."""

from __future__ import annotations

from migration_guard.backfill.asks import Asks
from migration_guard.backfill.keys import Key, Value
from migration_guard.backfill.statements import statement
from migration_guard.backfill.subject import Source


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


def has_passed(connection: Asks, table: int, key: Key, upto: Value | None) -> bool:
    """Tell whether the sequence of a key has counted up to a key, so that its next ones come after it.

    One that was set back, or that never gave a key that is there, will give keys below; one that cannot be seen may.
    """
    if upto is None:
        return True
    parameters = {"oid": table, "column": key.columns[0].name}
    sql = statement("counter", counters=statement("counters"))
    last = connection.exec_driver_sql(sql, parameters).scalar()
    return last is not None and int(upto[0]) <= last


def unproven(hidden: str | None, moves: str | None) -> str:
    """Say why rows that are to do later may lie anywhere."""
    if moves is not None:
        return f"`where` asks more than its row ({moves}), so that a row may be to do again"
    if hidden is not None:
        return f"the role may not see {hidden}, which counts its keys: GRANT SELECT ON SEQUENCE {hidden} lets it"
    return "its keys do not only grow"


def standing_floor(connection: Asks, where: Source, floor: Value | None, identity: tuple[int, ...]) -> Value | None:
    """Give the key up to which tables were proved, if nothing can have come below it since.

    A table that was made anew or emptied, a partition that came later or was away, a column or a function that is another one,
    a sequence that was set back: nobody has looked there.
    """
    if floor is None or not where.grows or not set(where.identity) <= set(identity):
        return None
    return floor if has_passed(connection, where.table.oid, where.key, floor) else None
