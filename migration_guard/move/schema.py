"""What the migrations of a folder say of tables: keys, columns, which are new. They are read with `ast`, never run."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from migration_guard.files import Unreadable, read_source
from migration_guard.sql.backfill import Column, Facts
from migration_guard.sql.columns import MAY_TELL, ColumnTold, told

_TYPES = {
    "Integer": "INTEGER", "BigInteger": "BIGINT", "SmallInteger": "SMALLINT", "Boolean": "BOOLEAN", "Text": "TEXT",
    "UnicodeText": "TEXT", "Date": "DATE", "UUID": "UUID", "JSON": "JSON", "JSONB": "JSONB", "Float": "DOUBLE PRECISION",
    "INTEGER": "INTEGER", "BIGINT": "BIGINT", "TEXT": "TEXT", "BOOLEAN": "BOOLEAN", "Uuid": "UUID", "Time": "TIME",
}  # fmt: skip
_FIELDS = {
    "AutoField": "INTEGER", "BigAutoField": "BIGINT", "IntegerField": "INTEGER", "BigIntegerField": "BIGINT",
    "PositiveIntegerField": "INTEGER", "SmallIntegerField": "SMALLINT", "PositiveSmallIntegerField": "SMALLINT",
    "BooleanField": "BOOLEAN", "NullBooleanField": "BOOLEAN", "TextField": "TEXT", "DateField": "DATE", "UUIDField": "UUID",
    "JSONField": "JSONB", "FloatField": "DOUBLE PRECISION", "DateTimeField": "TIMESTAMPTZ",
}  # fmt: skip
_RELATIONS = ("ForeignKey", "OneToOneField")
_TELLS = re.compile(
    rb"create_table|add_column|drop_column|drop_table|CreateModel|AddField|RemoveField|DeleteModel|TABLE", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class _Told:
    """What one file says of a column."""

    column: ColumnTold
    file: str


class Schema:
    """The tables of the folders in which a migration and its neighbours lie."""

    def __init__(self, migration: Path, root: Path) -> None:
        self._migration = migration
        folders = [migration.parent]
        if migration.parent.name == "migrations":
            folders += sorted(migration.parent.parent.parent.glob("*/migrations"))
        folders = [folder for folder in dict.fromkeys(folders) if folder.is_relative_to(root) or folder == folders[0]]
        self._told = [one for folder in folders for one in _in_folder(folder)]

    def facts(self, table: str) -> Facts:
        """Give what is known of a table, by its name with or without schema."""
        name = table.rpartition(".")[2].strip('"').lower()
        mine = [one for one in self._told if one.column.table.lower() == name and one.column.name]
        columns: dict[str, Column] = {}
        for one in mine:
            said = one.column
            if not (said.dropped or said.altered):
                new = said.added and said.nullable and not said.default and one.file == str(self._migration)
                columns[said.name] = _joined(columns.get(said.name), Column(said.type, said.nullable, new))
        for said in (one.column for one in mine if one.column.altered):
            known = columns.get(said.name)
            if known is not None:
                columns[said.name] = replace(known, type=known.type if said.type is not None else None, nullable=True)
        keys = dict.fromkeys(one.column.name for one in mine if one.column.key and not one.column.dropped)
        return Facts(tuple(keys), columns)

    def dropped(self, table: str, names: Iterable[str]) -> tuple[str, str] | None:
        """Give a column (or the table, as "") that another migration drops for good, and the file that does."""
        name = table.rpartition(".")[2].strip('"').lower()
        wanted = {*names, ""}
        there: dict[str, str | None] = {}
        for one in self._told:
            said = one.column
            if said.table.lower() == name and said.name in wanted and one.file != str(self._migration):
                there[said.name] = one.file if said.dropped else None
        return next(((column, file) for column, file in there.items() if file is not None), None)


def _joined(known: Column | None, said: Column) -> Column:
    """What is left to be sure of where two migrations create one column."""
    if known is None:
        return said
    same = known.type if known.type == said.type else None
    return Column(same, known.nullable or said.nullable, known.new and said.new)


@lru_cache(maxsize=256)
def _in_folder(folder: Path) -> tuple[_Told, ...]:
    return tuple(
        _Told(column, str(path))
        for path in sorted((*folder.glob("*.py"), *folder.glob("*.sql")))
        for column in _in_file(path)
    )


def _in_file(path: Path) -> Iterator[ColumnTold]:
    try:
        data = read_source(path)
    except Unreadable:
        return
    if not _TELLS.search(data):
        return
    if path.suffix == ".sql":
        yield from told(data.decode("utf-8", "replace"))
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    app = path.parent.parent.name
    for node, batch in _forwards(tree, None):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and MAY_TELL.search(node.value):
            yield from told(node.value)
        elif isinstance(node, ast.Call):
            yield from _by_call(node, app, batch)


def _forwards(node: ast.AST, batch: str | None) -> Iterator[tuple[ast.AST, str | None]]:
    """Walk a migration without its way back, and say in whose `batch_alter_table` each node stands."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef) and child.name.startswith("downgrade"):
            continue
        inside = batch
        if isinstance(child, ast.With):
            for item in child.items:
                call = item.context_expr
                if isinstance(call, ast.Call) and _called(call) == "batch_alter_table":
                    inside = _text(_argument(call, 0, "table_name"))
        yield child, inside
        yield from _forwards(child, inside)


def _by_call(call: ast.Call, app: str, batch: str | None) -> Iterator[ColumnTold]:
    match _called(call):
        case "create_table":
            table = _text(_argument(call, 0, "table_name"))
            columns = [part for part in call.args if isinstance(part, ast.Call)]
            keys = [_text(name) for part in columns if _called(part) == "PrimaryKeyConstraint" for name in part.args]
            for part in columns:
                if table and _called(part) == "Column" and (column := _alembic_column(table, part)) is not None:
                    yield replace(column, key=column.key or column.name in keys)
        case "add_column":
            table = batch or _text(_argument(call, 0, "table_name"))
            added = next((one for one in call.args if isinstance(one, ast.Call)), None)
            if table and added is not None and (column := _alembic_column(table, added)) is not None:
                yield replace(column, added=True)
        case "alter_column":
            table = batch or _text(_argument(call, 0, "table_name"))
            name = _text(_argument(call, 0 if batch else 1, "column_name"))
            changed = {keyword.arg for keyword in call.keywords}
            if table and name and changed & {"type_", "nullable"}:
                yield ColumnTold(table, name, None if "type_" in changed else "", altered=True)
        case "drop_column" | "drop_table" as what:
            table = batch or _text(_argument(call, 0, "table_name"))
            name = "" if what == "drop_table" else _text(_argument(call, 0 if batch else 1, "column_name"))
            if table and name is not None:
                yield ColumnTold(table, name, dropped=True)
        case "CreateModel" | "AddField" | "RemoveField" | "DeleteModel" as what:
            yield from _django(what, call, app)


def _django(what: str, call: ast.Call, app: str) -> Iterator[ColumnTold]:
    model = _text(_argument(call, 0, "name" if what.endswith("Model") else "model_name"))
    if not model:
        return
    table = f"{app}_{model}".lower()
    if what == "DeleteModel":
        yield ColumnTold(table, "", dropped=True)
    elif what == "AddField":
        name, field = _text(_argument(call, 1, "name")), _argument(call, 2, "field")
        if name and (column := _django_column(table, name, field)) is not None:
            yield replace(column, added=True)
    elif what == "RemoveField":
        yield ColumnTold(table, _text(_argument(call, 1, "name")) or "?", dropped=True)
    else:
        table = _db_table(_argument(call, 2, "options")) or table
        fields = _argument(call, 1, "fields")
        found = []
        for element in fields.elts if isinstance(fields, (ast.List, ast.Tuple)) else ():
            if isinstance(element, ast.Tuple) and len(element.elts) == 2 and (name := _text(element.elts[0])):
                column = _django_column(table, name, element.elts[1])
                found += [column] if column is not None else []
        yield from found
        if not any(column.key for column in found):
            yield ColumnTold(table, "id", "BIGINT", nullable=False, key=True)


def _django_column(table: str, name: str, field: ast.expr | None) -> ColumnTold | None:
    if not isinstance(field, ast.Call):
        return None
    kind = _called(field)
    if kind == "ManyToManyField":
        return None
    column = _text(_keyword(field, "db_column")) or (f"{name}_id" if kind in _RELATIONS else name)
    key = _is(_keyword(field, "primary_key"), value=True) or kind.endswith("AutoField")
    spelt = _FIELDS.get(kind)
    if kind == "DecimalField":
        digits, places = _keyword(field, "max_digits"), _keyword(field, "decimal_places")
        if isinstance(digits, ast.Constant) and isinstance(places, ast.Constant):
            spelt = f"NUMERIC({digits.value!r}, {places.value!r})"
    elif kind in {"CharField", "SlugField", "EmailField", "URLField"}:
        spelt = "VARCHAR"
    return ColumnTold(
        table,
        column,
        spelt,
        nullable=_is(_keyword(field, "null"), value=True) or kind == "NullBooleanField",
        key=key,
        default=_keyword(field, "default") is not None or _keyword(field, "db_default") is not None,
    )


def _db_table(options: ast.expr | None) -> str | None:
    if isinstance(options, ast.Dict):
        for key, value in zip(options.keys, options.values, strict=True):
            if key is not None and _text(key) == "db_table":
                return _text(value)
    return None


def _alembic_column(table: str, call: ast.Call) -> ColumnTold | None:
    name = _text(_argument(call, 0, "name"))
    if name is None:
        return None
    key = _is(_keyword(call, "primary_key"), value=True)
    return ColumnTold(
        table,
        name,
        _alembic_type(_argument(call, 1, "type_")),
        nullable=not _is(_keyword(call, "nullable"), value=False) and not key,
        key=key,
        default=_keyword(call, "server_default") is not None
        or any(isinstance(one, ast.Call) and _called(one) in {"Identity", "Computed"} for one in call.args),
    )


def _alembic_type(node: ast.expr | None) -> str | None:
    name = _called(node) if isinstance(node, ast.Call) else _last(node)
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
        zone = isinstance(node, ast.Call) and _is(_keyword(node, "timezone"), value=True)
        return "TIMESTAMPTZ" if zone else "TIMESTAMP"
    return _TYPES.get(name)


def _called(call: ast.Call) -> str:
    return _last(call.func)


def _last(node: ast.expr | None) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _argument(call: ast.Call, index: int, name: str) -> ast.expr | None:
    found = _keyword(call, name)
    return found if found is not None else call.args[index] if index < len(call.args) else None


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def _text(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _is(node: ast.expr | None, *, value: bool) -> bool:
    return isinstance(node, ast.Constant) and node.value is value
