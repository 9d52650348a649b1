"""Mappers whose models are asked themselves: Tortoise, Piccolo, Masonite and Orator, ormar, edgy."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from migration_guard.interpreter.classes import Class
from migration_guard.interpreter.collections import Sequence
from migration_guard.interpreter.text import literal, plain
from migration_guard.interpreter.values import NONE, UNKNOWN, Unknown, Value
from migration_guard.libraries.database import Model, Query, Row, record, values_from_rows
from migration_guard.libraries.execution import execute
from migration_guard.operations import OperationKind

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call

_ROOTS = {
    "tortoise": "tortoise",
    "aerich": "tortoise",
    "piccolo": "piccolo",
    "masoniteorm": "masonite",
    "masonite": "masonite",
    "orator": "masonite",
    "ormar": "ormar",
    "edgy": "edgy",
    "saffier": "edgy",
    "pony": "pony",
}
ORMS = frozenset(_ROOTS.values())
_BASES = frozenset({"Model", "Table", "ReflectModel", "StrictModel", "Pivot", "Entity"})
_WRITES = {
    "update": OperationKind.UPDATE,
    "bulk_update": OperationKind.UPDATE,
    "increment": OperationKind.UPDATE,
    "decrement": OperationKind.UPDATE,
    "touch": OperationKind.UPDATE,
    "force_update": OperationKind.UPDATE,
    "restore": OperationKind.UPDATE,
    "delete": OperationKind.DELETE,
    "force_delete": OperationKind.DELETE,
    "destroy": OperationKind.DELETE,
    "truncate": OperationKind.TRUNCATE,
    "create": OperationKind.INSERT_VALUES,
    "insert": OperationKind.INSERT_VALUES,
    "insert_get_id": OperationKind.INSERT_VALUES,
    "bulk_create": OperationKind.INSERT_VALUES,
    "create_many": OperationKind.INSERT_VALUES,
    "get_or_create": OperationKind.INSERT_VALUES,
    "first_or_create": OperationKind.INSERT_VALUES,
    "update_or_create": OperationKind.UPSERT_VALUES,
    "upsert": OperationKind.UPSERT_VALUES,
}
_WRITING = re.compile(
    r"(?<![^_])(?:update|delete|destroy|truncate|create|insert|upsert|increment|decrement|save)(?!_(?:index|table)|[^_])"
)
"""Words that say that a method writes, whatever else its name says."""
_ONE = re.compile(r"(?:get|first|last|earliest|latest|find|in_bulk)(?:_|$)")
"""How methods begin that give one object, or several by their keys."""
_PLAIN = frozenset("values values_list select columns pluck dicts".split())
_NUMBERS = frozenset("count exists sum avg max min aggregate explain to_sql sql".split())
_SAVES = frozenset({"save", "push"})
_ROW_WRITES = {
    "remove": OperationKind.DELETE,
    "delete": OperationKind.DELETE,
    "force_delete": OperationKind.DELETE,
    "update": OperationKind.UPDATE,
    "update_self": OperationKind.UPDATE,
    "force_update": OperationKind.UPDATE,
    "increment": OperationKind.UPDATE,
    "decrement": OperationKind.UPDATE,
    "touch": OperationKind.UPDATE,
    "restore": OperationKind.UPDATE,
    "insert": OperationKind.INSERT_VALUES,
    "upsert": OperationKind.UPSERT_VALUES,
}


def is_base(name: str) -> bool:
    """Whether a dotted name is that of a class which models inherit from."""
    return _orm_of_base(name) is not None


def orm_of(cls: Class) -> str | None:
    """The mapper that a class of the repository is a model of."""
    return next((orm for base in cls.external_bases() if (orm := _orm_of_base(base)) is not None), None)


def _orm_of_base(name: str) -> str | None:
    return _ROOTS.get(name.partition(".")[0]) if name.rpartition(".")[2] in _BASES else None


_OF_FRAMEWORKS = {
    "aerich": "tortoise", "tortoise": "tortoise", "piccolo": "piccolo", "peewee_migrate": "peewee", "masonite": "masonite"
}  # fmt: skip
_IMPORTS = re.compile(
    r"^[ \t]*(?:from|import)[ \t]+(pony|peewee|playhouse|tortoise|piccolo|masoniteorm|orator|ormar|edgy|saffier)\b",
    re.MULTILINE,
)
_KEPT_IN = re.compile(r"\.(?:models?|tables?|entities)\.|^(?:models?|tables?|entities)\.|\.([A-Z]\w*)\.\1$")
"""Modules in which applications keep models: `app.models.Lead`, `home.tables.Lead`, Masonite's `app.Lead.Lead`."""


def external_model(name: str, framework: str, text: str) -> Model | None:
    """A model that a migration imports from out of sight, of the mapper that its framework, or an import of it, tells."""
    last = name.rpartition(".")[2]
    if not _KEPT_IN.search(name) or not last[:1].isupper() or last.isupper():
        return None
    imported = _IMPORTS.search(text) if framework in ("script", "alembic", "yoyo") else None
    root = imported[1] if imported is not None else ""
    orm = _OF_FRAMEWORKS.get(framework) or _ROOTS.get(root, "peewee" if root in ("peewee", "playhouse") else None)
    return Model(last, None, orm) if orm is not None else None


def model_of(cls: Class, orm: str) -> Model:
    return Model(cls.name, _table(cls, orm), orm, cls)


def _table(cls: Class, orm: str) -> str | None:
    meta = cls.lookup("Meta") or cls.lookup("ormar_config")
    named = [meta.lookup(key) for key in ("table", "tablename", "table_name")] if isinstance(meta, Class) else []
    named += [cls.lookup("__table__"), cls.lookup("_table_"), *_keywords(cls)]
    for value in named:
        if (name := literal(value)) is not None:
            return name
    return table_named(cls.name, orm)


def table_named(name: str, orm: str) -> str:
    """The table of a model that states none, by the name of its class."""
    match orm:
        case "tortoise":
            return name.lower()
        case "piccolo":
            return _snake(name)
        case "pony":
            return name
    return f"{_snake(name)}s"


def _keywords(cls: Class) -> list[Value]:
    """`class Band(Table, tablename="music_band")`."""
    return [
        plain(str(one.value.evaluated_value))
        for one in cls.node.keywords
        if one.keyword is not None and one.keyword.value == "tablename" and isinstance(one.value, cst.SimpleString)
    ]


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def model_method(model: Model, name: str, call: Call) -> Value:
    return _asked(model, name, call)


def query_method(query: Query, name: str, call: Call) -> Value:
    return _asked(query.model or Model(None, None, query.orm), name, call, query)


def _asked(model: Model, name: str, call: Call, query: Query | None = None) -> Value:
    """A method of a model, or of a query of its rows."""
    if name == "raw":
        execute(call, call.argument(0, "sql") or UNKNOWN)
        return Query((model,), model.orm, plain=False)
    if name in _WRITES:
        kind = _WRITES[name]
        given = values_from_rows(call) and kind is OperationKind.INSERT_VALUES
        record(call, kind, how=model.orm, tables=(model.table,), model=model.name, from_rows=given)
        return Query((model,), model.orm, plain=False)
    if name in ("add_columns", "run", "run_sync"):
        return query if query is not None else UNKNOWN
    if (found := _WRITING.search(name)) is not None and not name.endswith("for_update"):
        record(
            call,
            _WRITES.get(found[0], OperationKind.UPSERT_VALUES),
            how=model.orm,
            tables=(model.table,),
            model=model.name,
        )
        return Query((model,), model.orm, plain=False)
    if _ONE.match(name) and (model.orm, name) != ("masonite", "get"):
        row = Row(model)
        if name.endswith("_or_new"):
            row.write("new", Unknown("new"))
        return row
    if name == "chunk":
        return Sequence((), Query((model,), model.orm, plain=False), from_rows=True)
    if name in _NUMBERS:
        return Unknown(name, from_rows=True)
    tuples = (name in _PLAIN and model.orm != "pony") or (query is not None and query.plain)
    return Query((model,), model.orm, plain=tuples)


def row_method(row: Row, name: str, call: Call) -> Value | None:
    """`row.save()`, `row.remove()`, `row.update(…)`; None for a method of the model's own."""
    model = row.model
    if model is None:
        return None
    if name in _SAVES:
        new = row.flag("new")
        kinds = [OperationKind.INSERT_VALUES] * (new is not False) + [OperationKind.UPDATE] * (new is not True)
        for kind in kinds:
            record(call, kind, how=model.orm, tables=(model.table,), model=model.name)
        return NONE
    if name == "set" and model.orm == "pony":
        name = "update"
    if name in _ROW_WRITES:
        record(call, _ROW_WRITES[name], how=model.orm, tables=(model.table,), model=model.name)
        return NONE
    return row if name == "update_from_dict" else None
