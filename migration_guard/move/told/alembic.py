"""What Alembic's operations say of columns and keys."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from migration_guard.move.told.syntax import argument, called, keyword, last, says, text, texts
from migration_guard.sql.columns import ColumnTold, KeyTold

_TYPES = {
    "Integer": "INTEGER", "BigInteger": "BIGINT", "SmallInteger": "SMALLINT", "Boolean": "BOOLEAN", "Text": "TEXT",
    "UnicodeText": "TEXT", "Date": "DATE", "UUID": "UUID", "JSON": "JSON", "JSONB": "JSONB", "Float": "DOUBLE PRECISION",
    "INTEGER": "INTEGER", "BIGINT": "BIGINT", "TEXT": "TEXT", "BOOLEAN": "BOOLEAN", "Uuid": "UUID", "Time": "TIME",
}  # fmt: skip


def by_call(call: ast.Call, batch: str | None) -> Iterator[ColumnTold | KeyTold]:
    """Say what an operation does, in whose `batch_alter_table` it may stand."""
    match called(call):
        case "create_table":
            yield from _created(call)
        case "add_column":
            table = batch or text(argument(call, 0, "table_name"))
            added = next((one for one in call.args if isinstance(one, ast.Call)), None)
            if table and added is not None and (column := _column(table, added)) is not None:
                yield replace(column, added=True)
                yield from _own_key(table, added)
        case "alter_column":
            table = batch or text(argument(call, 0, "table_name"))
            name = text(argument(call, 0 if batch else 1, "column_name"))
            changed = {keyword.arg for keyword in call.keywords}
            if table and name and changed & {"new_column_name", "name"}:
                yield ColumnTold(table, name, dropped=True)
            if table and name and changed & {"type_", "nullable"}:
                yield ColumnTold(table, name, None if "type_" in changed else "", altered=True)
        case "drop_column" | "drop_table" | "rename_table" as what:
            table = batch or text(argument(call, 0, "old_table_name" if what == "rename_table" else "table_name"))
            name = "" if what != "drop_column" else text(argument(call, 0 if batch else 1, "column_name"))
            if table and name is not None:
                yield ColumnTold(table, name, dropped=True)
        case _:
            yield from _keys(call, batch)


def _created(call: ast.Call) -> Iterator[ColumnTold | KeyTold]:
    table = text(argument(call, 0, "table_name"))
    if not table:
        return
    columns = [part for part in call.args if isinstance(part, ast.Call)]
    keys = [text(name) for part in columns if called(part) == "PrimaryKeyConstraint" for name in part.args]
    for part in columns:
        if called(part) == "Column" and (column := _column(table, part)) is not None:
            in_key = column.key or column.name in keys
            yield replace(column, key=in_key, nullable=column.nullable and not in_key)
            yield from _own_key(table, part)
        elif called(part) == "UniqueConstraint":
            names = tuple(filter(None, map(text, part.args)))
            if len(names) == len(part.args):
                yield KeyTold(table, names, text(keyword(part, "name")))


def _own_key(table: str, column: ast.Call) -> Iterator[KeyTold]:
    name = text(argument(column, 0, "name"))
    if name and says(keyword(column, "unique"), value=True):
        yield KeyTold(table, (name,), None)


def _keys(call: ast.Call, batch: str | None) -> Iterator[KeyTold]:
    """Unique constraints and indexes that are made and dropped on their own."""
    name = text(argument(call, 0, "constraint_name")) or text(keyword(call, "index_name"))
    table = batch or text(argument(call, 1, "table_name")) or text(keyword(call, "source"))
    match called(call):
        case "create_unique_constraint" if table:
            yield KeyTold(table, texts(argument(call, 1 if batch else 2, "columns")), name)
        case "create_index" if table and says(keyword(call, "unique"), value=True):
            if keyword(call, "postgresql_where") is None:
                yield KeyTold(table, texts(argument(call, 1 if batch else 2, "columns")), name)
        case "drop_constraint" | "drop_index" if text(keyword(call, "type_")) not in {"foreignkey", "check"}:
            yield KeyTold(table or "", (), name, dropped=True)


def _column(table: str, call: ast.Call) -> ColumnTold | None:
    name = text(argument(call, 0, "name"))
    if name is None:
        return None
    key = says(keyword(call, "primary_key"), value=True)
    return ColumnTold(
        table,
        name,
        _type(argument(call, 1, "type_")),
        nullable=not says(keyword(call, "nullable"), value=False) and not key,
        key=key,
        default=keyword(call, "server_default") is not None
        or any(isinstance(one, ast.Call) and called(one) in {"Identity", "Computed"} for one in call.args),
    )


def _type(node: ast.expr | None) -> str | None:
    name = called(node) if isinstance(node, ast.Call) else last(node)
    given = [str(one.value) for one in node.args if isinstance(one, ast.Constant)] if isinstance(node, ast.Call) else []
    if isinstance(node, ast.Call):
        given += [
            str(k.value.value)
            for k in node.keywords
            if k.arg in {"precision", "scale"} and isinstance(k.value, ast.Constant)
        ]
    if name in {"Numeric", "NUMERIC", "DECIMAL"}:
        return f"NUMERIC({', '.join(given)})" if given else "NUMERIC"
    if name in {"String", "Unicode", "VARCHAR"}:
        return "VARCHAR"
    if name in {"CHAR", "REAL"}:
        return f"{name}({given[0]})" if given else name
    if name in {"DateTime", "TIMESTAMP"}:
        zone = isinstance(node, ast.Call) and says(keyword(node, "timezone"), value=True)
        return "TIMESTAMPTZ" if zone else "TIMESTAMP"
    return _TYPES.get(name)
