"""SQLAlchemy's statements over the connection of a batch: for functions that were loops of a migration.

What they update is written only where it differs from what stands there, so that such a function may be called again for
rows that are done.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import JSON, BindParameter, Connection, Update, cast, event, or_
from sqlalchemy.dialects.postgresql import JSONB


@contextmanager
def changes_only(connection: Connection) -> Iterator[Connection]:
    """Leave rows alone, within a block, that an `update()` would write as they are."""

    def narrowed(_connection: Any, clause: Any, given: Any, named: Any, _options: Any) -> Any:
        return (_differing(clause) if isinstance(clause, Update) else clause), given, named

    event.listen(connection, "before_execute", narrowed, retval=True)
    try:
        yield connection
    finally:
        event.remove(connection, "before_execute", narrowed)


def _differing(update: Update) -> Update:
    """Give an update that leaves out the rows that have its values. What it is given apart is not known here."""
    given: Any = update._values  # noqa: SLF001 -- what `.values(…)` was given; nothing public tells it
    columns: Any = update.table.columns
    known = {columns[key] if isinstance(key, str) else key: value for key, value in (given or {}).items()}
    return update.where(or_(*(_differs(column, value) for column, value in known.items()))) if known else update


def _differs(column: Any, value: Any) -> Any:
    if isinstance(value, BindParameter):
        value = value.value  # so that it is bound as its column is
    if isinstance(column.type, JSON):  # json cannot be compared, jsonb can
        return cast(column, JSONB).is_distinct_from(cast(value, JSONB))
    return column.is_distinct_from(value)
