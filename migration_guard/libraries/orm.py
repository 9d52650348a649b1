"""Object-relational mappers: what their models, rows, querysets and relations read and write."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from migration_guard.interpreter.classes import Class
from migration_guard.interpreter.collections import Mapping, Sequence
from migration_guard.interpreter.functions import Function
from migration_guard.interpreter.instances import Instance
from migration_guard.interpreter.spot import spot_of
from migration_guard.interpreter.text import Piece, Text
from migration_guard.interpreter.values import NONE, UNKNOWN, Constant, External, Method, Place, Unknown, Value
from migration_guard.libraries import active_record, django_relations, relationships
from migration_guard.libraries.database import (
    Expression,
    Field,
    Model,
    Query,
    Relationship,
    Row,
    Statement,
    Table,
    empties,
    record,
    statement_on,
    values_from_rows,
    written_within,
)
from migration_guard.libraries.django_meta import Descriptor, Meta
from migration_guard.libraries.execution import execute, opaque
from migration_guard.libraries.sqlalchemy import Metadata
from migration_guard.operations import OperationKind
from migration_guard.rendition import Rendered, core, queryset, saved, session

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine
    from migration_guard.libraries import Libraries

UPDATES = frozenset({"update", "bulk_update", "aupdate", "abulk_update", "_update", "fast_update", "update_batch"})
DELETES = frozenset({"delete", "adelete", "_raw_delete", "delete_batch", "hard_delete"})
CREATES = frozenset(
    {
        "create",
        "get_or_create",
        "bulk_create",
        "acreate",
        "aget_or_create",
        "abulk_create",
        "_insert",
        "create_user",
        "create_superuser",
    }
)
UPSERTS = frozenset({"update_or_create", "aupdate_or_create"})
SAVES = frozenset({"save", "asave", "save_base", "save_without_historical_record"})
ROW_DELETES = frozenset({"delete", "adelete", "delete_instance", "hard_delete"})
UNMISTAKABLE = frozenset({"bulk_update", "bulk_create", "update_or_create", "get_or_create"})
"""Names that mean a database write on any receiver."""
MANAGERS = frozenset({"objects", "_default_manager", "_base_manager", "all_objects"})
"""Where Django's models keep the way to their rows."""
_ONE = frozenset(
    "get first last earliest latest aget afirst alast get_by_natural_key get_or_none one one_or_none scalar_one "
    "scalar_one_or_none scalar fetchone get_one get_for_model get_for_id".split()
)
_NUMBERS = frozenset("count exists aggregate acount aexists explain contains __len__ sql".split())
_PLAIN = frozenset("values values_list dicts tuples mappings with_entities add_columns with_only_columns".split())


_OF_QUERYSETS = frozenset(
    "aaggregate aiterator alias all annotate as_manager complex_filter dates datetimes db_manager defer difference distinct "
    "exclude extra filter get_queryset intersection iterator none only order_by prefetch_related reverse select_for_update "
    "select_related union using sql query explain aexplain from_queryset deconstruct check".split()
)
"""Methods of Django's querysets and managers that only read; the others have cases of their own."""


# --- Models ----------------------------------------------------------------------------------------------------------


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
_OF_DJANGO_ROWS = re.compile(
    r"^(?:get_\w+_display|get_(?:next|previous)_by_\w+|a?refresh_from_db|full_clean|clean|clean_fields|validate_unique|"
    r"validate_constraints|serializable_value|get_deferred_fields|prepare_database_save|unique_error_message|date_error_message|"
    r"_get_pk_val|_set_pk_val|_asdict|keys|items|check|__\w+__)$"
)
"""What Django gives to every row, and SQLAlchemy to its results."""


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
        case "delete_by_id":
            record(call, OperationKind.DELETE, how="peewee", tables=(model.table,), model=model.name)
            return NONE
        case "set_by_id":
            record(call, OperationKind.UPDATE, how="peewee", tables=(model.table,), model=model.name)
            return NONE
        case "create" | "get_or_create" | "bulk_create" | "bulk_update":
            return query_method(Query((model,), "peewee", plain=False), name, call)
        case "select":
            return Query((model,), "peewee", plain=False)
    return Row(model) if name in ("get", "get_by_id", "get_or_none") else Unknown(name)


# --- Querysets and queries -------------------------------------------------------------------------------------------


def query_method(query: Query, name: str, call: Call) -> Value:
    """A method of a queryset, manager, session query, select or result."""
    model = query.model
    if query.orm in active_record.ORMS:
        return active_record.query_method(query, name, call)
    if query.orm != "sqlalchemy-core" or model is not None:
        written = _query_write(query, name, call)
        if written is not None:
            return written
    if name in _ONE:
        element = query.element()
        if isinstance(element, Row) and str(element.model and element.model.name).lower() == _CONTENT_TYPES:
            _remember_content_type(element, call)
        return element if name != "scalar" or not query.plain else Unknown(name, from_rows=True)
    if name in _NUMBERS:
        return Unknown(name, from_rows=True)
    if name in _PLAIN:
        return Query(query.entities, query.orm, plain=True)
    if name == "partitions":
        return Sequence([], query, from_rows=True)
    if name in ("scalars", "unique", "objects") and query.entities:
        return Query(query.entities[:1], query.orm, plain=False)
    if name in ("in_bulk", "ain_bulk"):
        return empties(query.element())
    if name == "raw":
        execute(call, call.argument(0, "raw_query") or UNKNOWN)
        return query
    if name in ("model", "apply"):
        return UNKNOWN
    if name == "add_cte" and (within := written_within(call)) is not None:
        return within
    if query.manager is not None:
        own = query.manager.lookup(name)
        if isinstance(own, Function):
            return call.machine.run(own.bind(query), call)
    if model is not None and model.real and model.orm == "django-orm" and name not in _OF_QUERYSETS:
        opaque(call, f"{model.name}'s manager has {name} from out of sight", name)
    return query


def _query_write(query: Query, name: str, call: Call) -> Value | None:
    model = query.model
    table = model.table if model else None
    shown = (model.name if model else None) or query.guessed
    how = query.orm if query.orm != "sqlalchemy-core" else "sqlalchemy-orm"

    named = tuple(call.named) if name in ("update", "aupdate") and not call.open else None

    def tell(kind: OperationKind, *, from_rows: bool = False) -> None:
        rendered: Callable[[], str | Rendered] = partial(core.of_query, call)
        if how == "django-orm":
            of = saved.of_bulk_update if name.lstrip("a") == "bulk_update" else queryset.rendered
            rendered = partial(of, call, model)
        tables = call.machine.libraries.django.tables(model, named) if model and how == "django-orm" else (table,)
        record(call, kind, how=how, tables=tables, model=shown, from_rows=from_rows, rendered=rendered)

    if name in UPDATES and not (query.orm == "django-orm" and query.plain and not query.entities):
        tell(OperationKind.UPDATE)
        return Unknown(name)
    if name in DELETES:
        tell(OperationKind.DELETE)
        return Unknown(name)
    if query.orm == "sqlalchemy-orm":
        return None
    if name in CREATES or name in UPSERTS:
        given = values_from_rows(call) if name.lstrip("a") == "bulk_create" else False
        tell(OperationKind.UPSERT_VALUES if name in UPSERTS else OperationKind.INSERT_VALUES, from_rows=given)
        row = Row(model)
        if "bulk" not in name:
            _overridden(row, "save", call.with_arguments((), {}))
        if name.endswith("or_create"):
            return Sequence([row, Unknown("created")])
        return Sequence([], row, from_rows=True) if "bulk" in name else row
    return None


# --- Rows ------------------------------------------------------------------------------------------------------------


def row_attribute(row: Row, name: str, libraries: Libraries) -> Value:
    model = row.model
    if name == "__class__" and model is not None:
        return model
    if name == "_meta" and model is not None:
        return Meta(model)
    if name in ("pk", "id") or name.endswith("_id"):
        return Unknown(name, from_rows=not row.new)
    if (
        model is not None
        and model.orm in active_record.ORMS
        and name in ("remove", "update", "objects", "upsert", "set")
    ):
        return Method(row, name)
    if name in SAVES | ROW_DELETES and (model is None or model.orm != "sqlalchemy-orm"):
        return Method(row, name)
    if model is not None and model.cls is not None:
        own = model.cls.lookup(name)
        if isinstance(own, Function):
            bound = own.bind(row)
            return libraries.machine.run_plainly(bound) if own.style == "property" else bound
    if model is not None and model.orm == "sqlalchemy-orm":
        return relationships.field_of(row, name, libraries) or Field(row, name)
    return Field(row, name)


def row_assign(row: Row, name: str, place: Place, machine: Machine) -> None:
    """`row.name = value`: SQLAlchemy writes it at the next flush; other ORMs wait for `save()`."""
    model = row.model
    if model is not None and model.orm == "pony" and not row.flag("dirty"):
        row.write("dirty", Constant(value=True))
        tables = [model.table] if model.table else []
        machine.ledger.change(
            OperationKind.UPDATE, spot_of(place), place, machine.frames, how="pony", tables=tables, model=model.name
        )
    if model is None or model.orm != "sqlalchemy-orm" or row.new or _is_private(name, model):
        return
    collection = model.cls is not None and isinstance(model.cls.lookup(name), Relationship)
    if row.flag("dirty") and not collection:
        return
    if not collection:
        row.write("dirty", Constant(value=True))
    machine.ledger.change(
        OperationKind.INSERT_LOOP if collection else OperationKind.UPDATE,
        spot_of(place),
        place,
        machine.frames,
        how="sqlalchemy-orm",
        tables=[model.table] if model.table and not collection else [],
        model=f"{model.name}.{name}" if collection else model.name,
        pending=True,
        rendered=None if collection else partial(session.of_assignment, machine, model, place.whole),
    )


def _is_private(name: str, model: Model) -> bool:
    """Whether a name with an underscore is no column: unless the class has it."""
    return name.startswith("_") and (name.startswith("_sa_") or model.cls is None or model.cls.lookup(name) is None)


def row_method(row: Row, name: str, call: Call) -> Value:
    model = row.model
    orm = model.orm if model else "django-orm"
    if orm in active_record.ORMS and (done := active_record.row_method(row, name, call)) is not None:
        return done
    if orm != "sqlalchemy-orm":
        if name in SAVES | ROW_DELETES:
            if name in SAVES:
                _saved(row, call)
            else:
                _tell(row, OperationKind.DELETE, call)
            _overridden(row, name, call)
            return NONE
        if name == "full_clean":
            for hook in ("clean_fields", "clean", "validate_unique"):
                _overridden(row, hook, call.with_arguments((), {}))
        if name in _OF_CONTENT_TYPES:
            return _of_content_type(name, row)
    if name == "sqlmodel_update" and model is not None:  # SQLModel's way to assign several columns
        if not row.new:
            record(call, OperationKind.UPDATE, how=orm, tables=(model.table,), model=model.name, pending=True)
        return row
    value = row_attribute(row, name, call.machine.libraries)
    if isinstance(value, Field):
        return field_method(value, name, call, of_row=True)
    return call.machine.call(value, call)


def _overridden(row: Row, name: str, call: Call) -> None:
    """What the model's own class does besides: `save` of the repository, which calls the library's."""
    own = row.model.cls.lookup(name) if row.model is not None and row.model.cls is not None else None
    for option in own.alternatives() if own is not None else ():
        if isinstance(option, Function) and not any(frame.node is option.node for frame in call.machine.frames):
            call.machine.run(option.bind(row), call).consumed()


_OF_CONTENT_TYPES = frozenset(
    {"model_class", "get_object_for_this_type", "get_all_objects_for_this_type", "aget_object_for_this_type"}
)


_CONTENT_TYPES = "contenttypes.contenttype"


def _remember_content_type(row: Row, call: Call) -> None:
    """`ContentType.objects.get(app_label=…, model=…)`, `.get_by_natural_key(…)`, `.get_for_model(model)`."""
    model = call.argument(0, "model") if call.name == "get_for_model" else None
    if model is None:
        app, name = call.argument(0, "app_label"), call.argument(1, "model")
        known = all(isinstance(one, Text) and one.known for one in (app, name))
        model = call.machine.libraries.django.model(str(app), str(name), call.machine) if known else None
    if model is not None:
        row.write("leads to", model)


def _of_content_type(name: str, row: Row | None = None) -> Value:
    """What a ContentType leads to: a model that is mostly not known."""
    found = row.read("leads to") if row is not None else None
    model = found if isinstance(found, Model) else Model(None, None, "django-orm")
    if name == "model_class":
        return model
    return Query((model,), "django-orm", plain=False) if name == "get_all_objects_for_this_type" else Row(model)


def _saved(row: Row, call: Call) -> None:
    new = row.flag("new")
    if new is True and row.read("keyed") is not None and call.named.get("force_insert", NONE).truth is not True:
        new = None  # with a key it may be one that is there
    if call.named.get("force_update", NONE).truth:
        new = False
    if new is not False:
        _tell(row, OperationKind.INSERT_VALUES, call)
    if new is not True:
        _tell(row, OperationKind.UPDATE, call)


def _tell(row: Row, kind: OperationKind, call: Call) -> None:
    model = row.model
    orm = model.orm if model else "django-orm"
    record(
        call,
        kind,
        how=orm,
        tables=call.machine.libraries.django.tables(model) if model is not None else (),
        model=model.name if model else None,
        rendered=partial(saved.of_save, call, model) if kind is OperationKind.UPDATE and orm == "django-orm" else None,
    )


# --- Relations -------------------------------------------------------------------------------------------------------

_WRITE_NAMES = (
    "add_child",
    "add_root",
    "add_sibling",
    "move",
    "publish",
    "save_revision",
    "fix_tree",
    "set_password_and_save",
)


def field_method(field: Field, name: str, call: Call, *, of_row: bool = False) -> Value:
    """`row.field.name(…)`, or `row.name(…)` where the model does not say what that is."""
    if of_row:
        if name in _WRITE_NAMES:
            opaque(call, f"{name} is out of sight and belongs to a row", name)
        model = field.row.model
        if model is not None and model.real and not _OF_DJANGO_ROWS.match(name):
            opaque(call, f"{model.name}.{name} is out of sight and belongs to a row", name)
            return Unknown(name, from_rows=field.from_rows)
        return (
            Unknown(name, from_rows=field.from_rows)
            if not call.arguments
            else call.leave(Unknown(name, field.from_rows))
        )
    if field.orm == "sqlalchemy-orm":
        return relationships.collection_method(field, name, call)
    if field.orm == "django-orm":
        if name in _PLAIN_METHODS or not call.machine.libraries.django.may_relate(field):
            return Unknown(name, from_rows=field.from_rows)
        field = field.resolved(call.machine)
    if name in ("save", "delete", "asave", "adelete"):
        kind = OperationKind.UPDATE if "save" in name else OperationKind.DELETE
        related = field.related
        record(
            call,
            kind,
            how="django-orm",
            tables=(related.table if related else None,),
            model=related.name if related else django_relations.guess(field.name),
        )
        return NONE
    return django_relations.manager_method(field, name, call)


_PLAIN_METHODS = frozenset(
    "items keys get split rsplit strip lstrip rstrip lower upper replace format append pop copy startswith endswith "
    "strftime isoformat encode decode title join index".split()
)
"""Methods of strings, lists, dictionaries and dates: the field is a plain column."""

# --- Unknown receivers -----------------------------------------------------------------------------------------------


def unknown_row_method(receiver: Unknown, name: str, call: Call) -> Value | None:
    """A method of something that was read from the database and whose model is not known."""
    if name in _OF_CONTENT_TYPES:
        return _of_content_type(name)
    if name in ("save", "asave") and call.machine.libraries.framework == "django":
        record(call, OperationKind.UPDATE, how="django-orm")
    elif name in ("delete", "adelete") and not call.arguments and call.machine.libraries.framework == "django":
        record(call, OperationKind.DELETE, how="django-orm")
    elif name in ("bulk_update", "bulk_create", "update_or_create", "get_or_create"):
        unknown_query_method(name, call)
    return None


def unknown_query_method(name: str, call: Call) -> None:
    query_method(Query((), "django-orm", plain=False), name, call)
