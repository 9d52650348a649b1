"""Pony: queries over generators, of entities that are not known from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_guard.interpreter.values import NONE, External, Unknown, Value
from migration_guard.libraries.database import EXPRESSION, Handle, Model, Query, record
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
            return Query((Model(None, None, HOW),), HOW, plain=False)
        case "delete":
            record(call, OperationKind.DELETE, how=HOW)
            return NONE
        case "commit" | "flush":
            call.machine.ledger.commit()
            return NONE
        case "db_session" | "rollback" | "desc" | "count" | "sum" | "max" | "min" | "avg" | "exists" | "group_concat":
            return Unknown(target.last, from_rows=True)
        case "Required" | "Optional" | "PrimaryKey" | "Set" | "composite_key" | "raw_sql":
            return EXPRESSION
    return out_of_sight(target, call)
