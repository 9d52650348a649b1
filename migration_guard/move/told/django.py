"""What Django's operations say of columns and keys."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import replace

from migration_guard.lean import dataclass
from migration_guard.move.told.syntax import argument, called, keyword, says, text, texts
from migration_guard.sql.columns import ColumnTold, KeyTold

_FIELDS = {
    "AutoField": "INTEGER", "BigAutoField": "BIGINT", "IntegerField": "INTEGER", "BigIntegerField": "BIGINT",
    "PositiveIntegerField": "INTEGER", "SmallIntegerField": "SMALLINT", "PositiveSmallIntegerField": "SMALLINT",
    "BooleanField": "BOOLEAN", "NullBooleanField": "BOOLEAN", "TextField": "TEXT", "DateField": "DATE", "UUIDField": "UUID",
    "JSONField": "JSONB", "FloatField": "DOUBLE PRECISION", "DateTimeField": "TIMESTAMPTZ", "PositiveBigIntegerField": "BIGINT",
}  # fmt: skip
_TEXTS = {"CharField", "SlugField", "EmailField", "URLField", "FileField", "ImageField"}
_RELATIONS = ("ForeignKey", "OneToOneField")
NAMES = frozenset(
    "CreateModel AddField RemoveField RenameField DeleteModel RenameModel AlterModelTable AlterUniqueTogether AddConstraint "
    "RemoveConstraint AlterField".split()
)
_OF_NAME = frozenset({"CreateModel", "DeleteModel", "AlterUniqueTogether", "AlterModelTable"})


def renamed(call: ast.Call, app: str) -> dict[str, str]:
    """Give the table of a model by the name that it would have by itself, where an operation says another."""
    what = called(call)
    if what not in {"CreateModel", "AlterModelTable"}:
        return {}
    model = text(argument(call, 0, "name"))
    options = _dictionary(argument(call, 2, "options"))
    table = text(options.get("db_table") if what == "CreateModel" else argument(call, 1, "table"))
    return {f"{app}_{model}".lower(): table.strip('"')} if model and table else {}


def relations(call: ast.Call, app: str) -> Iterator[tuple[str, str]]:
    """Give each table that a field of an operation leads to, or is led to from, with the name by which that is spelled.

    Where it is not said which model a field leads to, its table is "?".
    """
    for model, name, field, other in _related(call, app):
        yield other, name.lower()
        given = [text(keyword(field, one)) for one in ("related_name", "related_query_name")]
        for one in given if any(given) else [model, f"{model}_set"]:
            if one:
                yield f"{app}_{model}", one.lower().replace("%(class)s", model).replace("%(app_label)s", app)


def _related(call: ast.Call, app: str) -> Iterator[tuple[str, str, ast.Call, str]]:
    """The fields of an operation that lead to other rows: each with its model, its name, and the table that it leads to."""
    what = called(call)
    if what not in {"CreateModel", "AddField", "AlterField"}:
        return
    model = (text(argument(call, 0, "name" if what == "CreateModel" else "model_name")) or "?").lower()
    if what == "CreateModel":
        listed = argument(call, 1, "fields")
        every = [one.elts for one in getattr(listed, "elts", ()) if isinstance(one, ast.Tuple) and len(one.elts) == 2]
        fields: list[tuple[str | None, ast.expr | None]] = [(text(name), field) for name, field in every]
    else:
        fields = [(text(argument(call, 1, "name")), argument(call, 2, "field"))]
    for name, field in fields:
        if name is None or not isinstance(field, ast.Call) or called(field) not in {*_RELATIONS, "ManyToManyField"}:
            continue
        to = (text(argument(field, 0, "to")) or "?").lower()
        other = f"{app}.{model}" if to == "self" else to if "." in to or to == "?" else f"{app}.{to}"
        yield model, name, field, other.replace(".", "_", 1)


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key: each row of `child` belongs to one row of `parent`."""

    child: str
    """`app_model`, as its table is called by itself."""
    field: str
    parent: str
    accessor: str
    """By which a row of the parent leads to its children; empty where it does not."""


def references(call: ast.Call, app: str) -> Iterator[Reference]:
    """Give the foreign keys that an operation says all of; rows of a table that refer to the same table are left out."""
    for model, name, field, other in _related(call, app):
        child = f"{app}_{model}"
        given = text(keyword(field, "related_name"))
        if keyword(field, "related_name") is not None and given is None:
            continue
        by_itself = model if called(field) == "OneToOneField" else f"{model}_set"
        accessor = (given or by_itself).replace("%(class)s", model).replace("%(app_label)s", app)
        if called(field) in _RELATIONS and "?" not in (model, other) and other != child:
            yield Reference(child, name.lower(), other, "" if accessor.endswith("+") else accessor)


def by_call(call: ast.Call, app: str) -> Iterator[ColumnTold | KeyTold]:
    """Say what an operation of an app's migration does."""
    what = called(call)
    given = "name" if what in _OF_NAME else "old_name" if what == "RenameModel" else "model_name"
    model = text(argument(call, 0, given))
    if not model:
        return
    table = f"{app}_{model}".lower()
    match what:
        case "DeleteModel" | "RenameModel" | "AlterModelTable":  # nothing is there by that name any more
            yield ColumnTold(table, "", dropped=True)
        case "AddField":
            name, field = text(argument(call, 1, "name")), argument(call, 2, "field")
            if name and (column := _column(table, name, field)) is not None:
                yield replace(column, added=True)
                yield from _own_key(table, column.name, field)
        case "RemoveField" | "RenameField":
            name = text(argument(call, 1, "name" if what == "RemoveField" else "old_name"))
            yield ColumnTold(table, name or "?", dropped=True)
        case "AlterUniqueTogether":
            yield KeyTold(table, (), None, dropped=True)
            yield from _together(table, argument(call, 1, "unique_together"), {})
        case "AddConstraint":
            yield from _constraint(table, argument(call, 1, "constraint"), {})
        case "RemoveConstraint":
            yield KeyTold(table, (), text(argument(call, 1, "name")), dropped=True)
        case "AlterField":
            name, field = text(argument(call, 1, "name")), argument(call, 2, "field")
            if name and (column := _column(table, name, field)) is not None:
                yield KeyTold(table, (column.name,), None, dropped=True)
                yield from _own_key(table, column.name, field)
        case "CreateModel":
            yield from _created(call, table)


def _created(call: ast.Call, table: str) -> Iterator[ColumnTold | KeyTold]:
    options = _dictionary(argument(call, 2, "options"))
    table = text(options.get("db_table")) or table
    fields = argument(call, 1, "fields")
    found: dict[str, ColumnTold] = {}
    for element in fields.elts if isinstance(fields, (ast.List, ast.Tuple)) else ():
        if isinstance(element, ast.Tuple) and len(element.elts) == 2 and (name := text(element.elts[0])):
            column = _column(table, name, element.elts[1])
            if column is not None:
                found[name] = column
                yield from _own_key(table, column.name, element.elts[1])
    yield from found.values()
    if not any(column.key for column in found.values()):
        yield ColumnTold(table, "id", "BIGINT", nullable=False, key=True)
    names = {name: column.name for name, column in found.items()}
    yield from _together(table, options.get("unique_together"), names)
    constraints = options.get("constraints")
    for one in constraints.elts if isinstance(constraints, (ast.List, ast.Tuple)) else ():
        yield from _constraint(table, one, names)


def _own_key(table: str, column: str, field: ast.expr | None) -> Iterator[KeyTold]:
    if isinstance(field, ast.Call) and (says(keyword(field, "unique"), value=True) or called(field) == "OneToOneField"):
        yield KeyTold(table, (column,), None)


def _together(table: str, node: ast.expr | None, names: Mapping[str, str]) -> Iterator[KeyTold]:
    if isinstance(node, ast.Call) and node.args:  # `set([("a", "b")])`
        node = node.args[0]
    every = node.elts if isinstance(node, (ast.List, ast.Tuple, ast.Set)) else ()
    if every and all(text(one) is not None for one in every):
        yield KeyTold(table, tuple(names.get(name, name) for name in map(text, every) if name), None)
        return
    for one in every:
        if fields := texts(one):
            yield KeyTold(table, tuple(names.get(name, name) for name in fields), None)


def _constraint(table: str, node: ast.expr | None, names: Mapping[str, str]) -> Iterator[KeyTold]:
    if not isinstance(node, ast.Call) or called(node) != "UniqueConstraint" or node.args or keyword(node, "condition"):
        return
    if fields := texts(keyword(node, "fields")):
        yield KeyTold(table, tuple(names.get(name, name) for name in fields), text(keyword(node, "name")))


def _column(table: str, name: str, field: ast.expr | None) -> ColumnTold | None:
    if not isinstance(field, ast.Call):
        return None
    kind = called(field)
    if kind == "ManyToManyField":
        return None
    column = text(keyword(field, "db_column")) or (f"{name}_id" if kind in _RELATIONS else name)
    key = says(keyword(field, "primary_key"), value=True) or kind.endswith("AutoField")
    spelt = _FIELDS.get(kind)
    if kind == "DecimalField":
        digits, places = keyword(field, "max_digits"), keyword(field, "decimal_places")
        if isinstance(digits, ast.Constant) and isinstance(places, ast.Constant):
            spelt = f"NUMERIC({digits.value!r}, {places.value!r})"
    elif kind in _TEXTS:
        spelt = "VARCHAR"
    return ColumnTold(
        table,
        column,
        spelt,
        nullable=(says(keyword(field, "null"), value=True) or kind == "NullBooleanField") and not key,
        key=key,
        default=keyword(field, "default") is not None or keyword(field, "db_default") is not None,
    )


def _dictionary(node: ast.expr | None) -> dict[str, ast.expr]:
    if not isinstance(node, ast.Dict):
        return {}
    pairs = zip(node.keys, node.values, strict=True)
    return {name: value for key, value in pairs if key is not None and (name := text(key)) is not None}
