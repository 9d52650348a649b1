"""Which rows would wait for a parent that somebody holds: asked, where each of them would cost a wait to find out.

The update is done and taken back, to see which parents the rows would have; those are locked as far as they are free, as the
foreign key's check would lock them. What cannot be asked like that is nobody's fault: rows are then tried one by one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from psycopg.sql import Literal
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from migration_guard.backfill.errors import Trouble, judged
from migration_guard.backfill.keys import Key, Value, quoted
from migration_guard.backfill.sqltext import assigned_columns, tokens
from migration_guard.backfill.statements import statement


@dataclass(frozen=True, slots=True)
class Parent:
    """A foreign key whose columns the update sets."""

    schema: str
    name: str
    columns: tuple[str, ...]
    referenced: tuple[str, ...]
    types: tuple[str, ...]

    @property
    def sql(self) -> str:
        return quoted(self.schema, self.name)


def parents(connection: Connection, oid: int, update: str | None, key: Key) -> tuple[Parent, ...]:
    """Give the foreign keys of a table whose check an update would wait for."""
    words = [token.word for token in tokens(update or "") if token.kind == "name"]
    sets = assigned_columns(update or "")
    if words[:1] != ["UPDATE"] or "RETURNING" in words or any(column.name in sets for column in key.columns):
        return ()
    rows = connection.exec_driver_sql(statement("parents"), {"oid": oid}).all()
    found = (Parent(schema, name, *map(tuple, lists)) for schema, name, *lists in rows)
    return tuple(one for one in found if sets.intersection(one.columns))


def foreseen(
    connection: Connection, key: Key, among: Sequence[Parent], change: str, arrays: Sequence[str]
) -> tuple[Value, ...] | None:
    """Give the rows that would wait for a parent; None if nobody can say."""
    for n, array in enumerate(arrays):
        change = change.replace(f"%(ids_{n})s", Literal(array).as_string(None).replace("%", "%%"))
    named = [_list(quoted(column) for column in parent.columns) for parent in among]
    block = statement("foresee", change=change, key=key.texts, parents=", ".join(named))
    connection.exec_driver_sql(block, {})
    shown = connection.exec_driver_sql(statement("foreseen")).scalar()
    if not shown:
        return None
    try:
        with connection.begin_nested():
            return tuple(
                {one: None for n, parent in enumerate(among) for one in _waiting(connection, parent, n, shown)}
            )
    except DBAPIError as error:  # a role need not be able to see parents
        if judged(error).trouble not in {Trouble.DEFINITION, Trouble.DATA}:
            raise
        return None


def _waiting(connection: Connection, parent: Parent, position: int, shown: str) -> list[Value]:
    values = [f"(mg_row -> 1 -> {position} ->> {n})::{kind}" for n, kind in enumerate(parent.types)]
    columns = [quoted(column) for column in parent.referenced]
    sql = statement(
        "waiting",
        values=", ".join(f"{value} AS mg_{n}" for n, value in enumerate(values)),
        names=", ".join(f"mg_{n}" for n in range(len(values))),
        columns=", ".join(columns),
        parent=parent.sql,
    )
    rows = connection.exec_driver_sql(sql, {"rows": shown}).scalar()
    return [tuple(row) for row in json.loads(rows or "[]")]


def _list(names: Iterable[str]) -> str:
    return f"pg_catalog.jsonb_build_array({', '.join(f'{name}::text' for name in names)})"
