"""Pony: queries over generators of entities, whose objects are in the database when the session ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_guard.interpreter.values import NONE, External, Unknown, Value
from migration_guard.libraries.computing import EXPRESSION
from migration_guard.libraries.database import Handle, Model, Query, Row, record
from migration_guard.libraries.execution import out_of_sight
from migration_guard.operations import OperationKind

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call

ROOTS = ("pony",)
HOW = "pony"


def value(name: str) -> Value | None:
    return None


def call(target: External, call: Call) -> Value | None:
    match target.last:
        case "Database":
            return Handle("database")
        case "select" | "left_join" | "select_by_sql":
            return Query((_model_of(call.argument(0)),), HOW, plain=False)
        case "delete":
            model = _model_of(call.argument(0))
            record(call, OperationKind.DELETE, how=HOW, tables=(model.table,), model=model.name)
            return NONE
        case "commit" | "flush":
            call.machine.ledger.commit()
            return NONE
        case "db_session" | "rollback" | "desc" | "count" | "sum" | "max" | "min" | "avg" | "exists" | "group_concat":
            return Unknown(target.last, from_rows=True)
        case "Required" | "Optional" | "PrimaryKey" | "Set" | "composite_key" | "raw_sql":
            return EXPRESSION
    return out_of_sight(target, call)


def _model_of(given: Value | None) -> Model:
    """The entity whose objects a generator goes over."""
    every = given.each() if given is not None else ()
    for option in (option for one in every for option in one.alternatives()):
        if isinstance(option, Row) and option.model is not None:
            return option.model
    return Model(None, None, HOW)
