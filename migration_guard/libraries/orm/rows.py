"""Rows, and what assigning, saving and deleting them writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_guard.interpreter.functions import Function
from migration_guard.interpreter.spot import spot_of
from migration_guard.interpreter.values import NONE, Constant, Method, Place, Unknown, Value
from migration_guard.later import Later
from migration_guard.libraries import active_record, relationships
from migration_guard.libraries.database import (
    Field,
    Model,
    Row,
    record,
)
from migration_guard.libraries.django_meta import Meta
from migration_guard.libraries.orm.content_types import LEADING, led_to
from migration_guard.libraries.orm.names import (
    ROW_DELETES,
    SAVES,
)
from migration_guard.libraries.orm.relations import field_method
from migration_guard.operations import OperationKind

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine
    from migration_guard.libraries import Libraries
    from migration_guard.rendition import Rendered, saved, session
else:
    saved = Later("migration_guard.rendition.saved")  # for who moves a change
    session = Later("migration_guard.rendition.session")

_MOVES = frozenset({OperationKind.UPDATE, OperationKind.DELETE})
"""What is done to a row may be said as a statement for all rows of its loop."""


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
    collection = relationships.field_of(row, name, machine.libraries) is not None
    table = relationships.table_of(model, name)
    told = "dirty" if table == model.table else f"dirty {table}"
    if row.flag(told) and not collection:
        return
    if not collection:
        row.write(told, Constant(value=True))
    machine.ledger.change(
        OperationKind.INSERT_LOOP if collection else OperationKind.UPDATE,
        spot_of(place),
        place,
        machine.frames,
        how="sqlalchemy-orm",
        tables=[table] if table and not collection else [],
        model=f"{model.name}.{name}" if collection else model.name,
        pending=True,
        rendered=None if collection else lambda: session.of_assignment(machine, model, place.whole),
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
                if call.named.get("recursive", NONE).truth is True:  # peewee: and what refers to it, or its reference
                    record(call, OperationKind.DML_CALL, how=orm, callee=name)
            overridden(row, name, call)
            return NONE
        if name == "full_clean":
            for hook in ("clean_fields", "clean", "validate_unique"):
                overridden(row, hook, call.with_arguments((), {}))
        if name in LEADING:
            return led_to(name, row)
    if name == "sqlmodel_update" and model is not None:  # SQLModel's way to assign several columns
        if not row.new:
            record(call, OperationKind.UPDATE, how=orm, tables=(model.table,), model=model.name, pending=True)
        return row
    value = row_attribute(row, name, call.machine.libraries)
    if isinstance(value, Field):
        return field_method(value, name, call, of_row=True)
    return call.machine.call(value, call)


def overridden(row: Row, name: str, call: Call) -> None:
    """What the model's own class does besides: `save` of the repository, which calls the library's."""
    own = row.model.cls.lookup(name) if row.model is not None and row.model.cls is not None else None
    for option in own.alternatives() if own is not None else ():
        if isinstance(option, Function) and not any(frame.node is option.node for frame in call.machine.frames):
            call.machine.run(option.bind(row), call).consumed()


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
        rendered=(lambda: _rendered(kind, call, model)) if kind in _MOVES and orm == "django-orm" else None,
    )


def _rendered(kind: OperationKind, call: Call, model: Model | None) -> Rendered:
    return saved.of_save(call, model) if kind is OperationKind.UPDATE else saved.of_delete(call, model)
