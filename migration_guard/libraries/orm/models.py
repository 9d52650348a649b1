"""Model classes: which classes are one, of which table, and what they do by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_guard.interpreter.classes import Class
from migration_guard.interpreter.collections import Mapping, Sequence
from migration_guard.interpreter.functions import Function
from migration_guard.interpreter.instances import Instance
from migration_guard.interpreter.spot import spot_of
from migration_guard.interpreter.text import Piece, Text
from migration_guard.interpreter.values import NONE, UNKNOWN, External, Method, Unknown, Value
from migration_guard.later import re
from migration_guard.libraries import active_record
from migration_guard.libraries.computing import Expression
from migration_guard.libraries.database import (
    Model,
    Query,
    Row,
    Statement,
    Table,
    record,
    statement_on,
    values_from_rows,
)
from migration_guard.libraries.django_meta import Descriptor, Meta
from migration_guard.libraries.execution import execute, opaque
from migration_guard.libraries.orm.names import (
    MANAGERS,
    ROW_DELETES,
    SAVES,
    UNMISTAKABLE,
)
from migration_guard.libraries.orm.querysets import query_method
from migration_guard.libraries.sqlalchemy import Metadata
from migration_guard.operations import OperationKind

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.libraries import Libraries


def model_of(cls: Class, libraries: Libraries) -> Model | None:
    """The model that a class is: by its bases, `__tablename__`, or `__table__`. Cached on the class."""
    if cls.model is None:
        cls.model = (_find_model(cls, libraries),)
    (model,) = cls.model
    return model if isinstance(model, Model) else None


def _find_model(cls: Class, libraries: Libraries) -> Model | None:
    table, named = None, cls.lookup("__tablename__")
    if isinstance(named, Text) and named.known:
        schema = _schema_of(cls)
        table = f"{schema}.{named}" if schema else str(named)
    core = cls.lookup("__table__")
    if isinstance(core, Table):
        table = core.name
    bases = cls.external_bases()
    roots = {name.partition(".")[0] for name in bases}
    if table is not None or named is not None or any(_is_declarative(name) for name in bases):
        return Model(cls.name, table, "sqlalchemy-orm", cls)
    if "peewee" in roots or "playhouse" in roots:
        return Model(cls.name, _peewee_table(cls), "peewee", cls)
    if (mapper := active_record.orm_of(cls)) is not None:
        return active_record.model_of(cls, mapper)
    if any(_is_django_model(name) for name in bases):
        return libraries.django.model_of_class(cls)
    return None


def _schema_of(cls: Class) -> str | None:
    """`__table_args__ = {"schema": …}`, alone or behind constraints."""
    arguments = cls.lookup("__table_args__")
    last = arguments.known[-1] if isinstance(arguments, Sequence) and arguments.known else arguments
    if not isinstance(last, Mapping):
        return None
    found = next((value for key, value in last.known.values() if isinstance(key, Text) and str(key) == "schema"), None)
    return str(found) if isinstance(found, Text) and found.known else None


def _is_declarative(base: str) -> bool:
    root, _, last = base.partition(".")[0], "", base.rpartition(".")[2]
    return (
        root in ("sqlalchemy", "sqlmodel")
        and last.rstrip("()") in ("declarative_base", "automap_base", "DeclarativeBase", "SQLModel")
    ) or (base == "flask_sqlalchemy.Model")


def _is_django_model(base: str) -> bool:
    last = base.rpartition(".")[2]
    return (
        base.startswith("django.") and (last in ("Model", "AbstractUser", "AbstractBaseUser", "Group", "Permission"))
    ) or (
        "." in base
        and not base.startswith(("django.", "sqlalchemy.", "builtins.", "pydantic.", "peewee."))
        and last.endswith(("Model", "Node", "Page"))
    )


def _peewee_table(cls: Class) -> str | None:
    meta = cls.lookup("Meta")
    named = (meta.lookup("table_name") or meta.lookup("db_table")) if isinstance(meta, Class) else None
    return str(named) if isinstance(named, Text) and named.known else cls.name.lower()


def model_attribute(model: Model, name: str) -> Value:
    match name:
        case "__table__":
            return Table(model.table)
        case "metadata" if model.orm == "sqlalchemy-orm":
            return Metadata()
        case "__tablename__":
            return Text((Piece(model.table),)) if model.table else Unknown(name)
        case "_meta":
            return Meta(model)
        case "__name__":
            return Text((Piece(model.name.rpartition(".")[2]),)) if model.name else Unknown(name)
        case "DoesNotExist" | "MultipleObjectsReturned":
            return External(f"django.core.exceptions.{name}")
        case "query" if model.orm not in active_record.ORMS or model.orm == "edgy":
            return Query((model,), model.orm, plain=False)
        case "objects" if model.orm == "ormar":
            return Query((model,), model.orm, plain=False)
    if model.orm == "django-orm":
        if name in MANAGERS or name.endswith(("objects", "manager")):
            manager = model.cls.lookup(name) if model.cls is not None else None
            custom = manager.cls if isinstance(manager, Instance) else None
            return Query((model,), model.orm, plain=False, manager=custom)
        return Descriptor(model, name)
    if model.orm == "sqlalchemy-orm" and name not in ("metadata", "classes"):
        return Method(model, name) if model.cls is None or model.cls.lookup(name) is None else Expression()
    return Method(model, name)


_GETTER = re.compile(r"_?(?:get|is|has|can|count|find|filter|search|as|to)(?:_(?!or_create|or_update)|$)")
"""Names of methods that read: of models that have none of their own, or whose class is in sight."""


def model_method(model: Model, name: str, call: Call) -> Value:
    """`Model.name(…)`: what a library's model class can do by itself."""
    if model.cls is not None:
        own = model.cls.lookup(name)
        if isinstance(own, Function):
            return call.machine.run(own.bind(model) if own.style == "classmethod" else own, call)
    if model.orm in active_record.ORMS:
        return active_record.model_method(model, name, call)
    if name in UNMISTAKABLE:
        return query_method(Query((model,), model.orm, plain=False), name, call)
    if model.orm == "peewee":
        return _peewee_method(model, name, call)
    if model.orm == "django-orm":
        if name in SAVES | ROW_DELETES and call.positional:  # `Model.save(row)`
            return call.positional[0].method(name, call.with_arguments(call.positional[1:], call.named))
        if name in ("from_db", "check", "full_clean", "clean", "mro", "_meta") or (
            _GETTER.match(name) and not model.real
        ):
            return Row(model) if name == "from_db" else Unknown(name, from_rows=True)
        opaque(call, f"{model.name}.{name} is out of sight", name)
        return Unknown(name, from_rows=True)
    match name:
        case "update" | "delete" | "insert":
            return statement_on(model, name, call)
        case "select":
            return Query((model,), model.orm, plain=False)
        case "get" | "get_or_404":
            return Row(model)
    if model.real and not name.startswith("__"):
        opaque(call, f"{model.name}.{name} is out of sight", name)
        return Unknown(name, from_rows=True)
    return Expression()


def _peewee_method(model: Model, name: str, call: Call) -> Value:
    match name:
        case "update" | "delete" | "insert" | "insert_many" | "replace" | "replace_many" | "update_many":
            kind = {
                "update": OperationKind.UPDATE,
                "delete": OperationKind.DELETE,
                "replace": OperationKind.UPSERT_VALUES,
                "replace_many": OperationKind.UPSERT_VALUES,
            }.get(name, OperationKind.INSERT_VALUES)
            return Statement(kind, (model.table,), model.name, spot_of(call.place), "peewee", values_from_rows(call))
        case "insert_from":
            return Statement(OperationKind.INSERT_SELECT, (model.table,), model.name, spot_of(call.place), "peewee")
        case "raw":
            return execute(call, call.argument(0) or UNKNOWN)
        case "create_table":
            call.machine.ledger.create(model.table, spot_of(call.place))
            return NONE
        case "truncate_table":
            record(call, OperationKind.TRUNCATE, how="peewee", tables=(model.table,), model=model.name)
            return NONE
        case "delete_by_id" | "__delitem__":
            record(call, OperationKind.DELETE, how="peewee", tables=(model.table,), model=model.name)
            return NONE
        case "set_by_id" | "__setitem__":
            record(call, OperationKind.UPDATE, how="peewee", tables=(model.table,), model=model.name)
            return NONE
        case "create" | "get_or_create" | "bulk_create" | "bulk_update":
            return query_method(Query((model,), "peewee", plain=False), name, call)
        case "select":
            return Query((model,), "peewee", plain=False)
    return Row(model) if name in ("get", "get_by_id", "get_or_none") else Unknown(name)
