"""Alembic's `op`: schema operations, and the few that execute."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from migration_guard.interpreter.spot import spot_of
from migration_guard.interpreter.text import Text
from migration_guard.interpreter.values import NONE, UNKNOWN, External, Method, Unknown, Value
from migration_guard.libraries.database import EXPRESSION, Handle, Table, named_target, record, run_callbacks
from migration_guard.libraries.execution import execute
from migration_guard.operations import OperationKind

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine

ROOTS = ("alembic", "flask_alembic")


def value(name: str) -> Value | None:
    if name in ("alembic.op", "alembic.operations.ops"):
        return OP
    if name.startswith("alembic.op."):
        return Method(OP, name.rpartition(".")[2])
    return None


def call(target: External, call: Call) -> Value | None:
    if target.last in ("Operations", "BatchOperations"):
        return OP
    if target.last in ("MigrationContext", "configure", "get_context", "get_bind"):
        return Handle("connection")
    return Unknown(target.last)


@dataclass(frozen=True, slots=True)
class Op(Value):
    """`alembic.op`, or the object of a batch."""

    handle = True

    @property
    def key(self) -> object:
        return "op"

    def attribute(self, name: str, machine: Machine) -> Value:
        if name == "impl":
            return Handle("connection")
        return Method(self, name)

    def method(self, name: str, call: Call) -> Value:
        match name:
            case "execute":
                given = call.argument(0, "sqltext")
                return execute(call, given) if given is not None else UNKNOWN
            case "bulk_insert":
                return _bulk_insert(call)
            case "get_bind" | "get_context":
                return Handle("connection")
            case "batch_alter_table":
                return OP
            case "f":
                return call.argument(0, "name") or UNKNOWN
            case "inline_literal":
                return EXPRESSION
            case "run_async" | "invoke" | "implementation_for":
                run_callbacks(call)
                return UNKNOWN
        return _schema(name, call)


OP = Op()


def _bulk_insert(call: Call) -> Value:
    table, model = named_target(call.argument(0, "table") or UNKNOWN, call.machine)
    rows = call.argument(1, "rows")
    record(
        call,
        OperationKind.INSERT_VALUES,
        how="sqlalchemy-core",
        tables=(table,),
        model=model,
        from_rows=rows is not None and rows.from_rows,
    )
    return NONE


_OWN = re.compile(r"(?:create|drop|alter|add|rename)_")


def _schema(name: str, call: Call) -> Value:
    """A schema operation. Created tables are remembered: what fills them disturbs nobody."""
    ledger = call.machine.ledger
    table = _literal(call.argument(0, "table_name", "old_table_name", "source"))
    schema = call.named.get("schema", NONE)
    if table is not None and _literal(schema) is not None:
        table = f"{_literal(schema)}.{table}"
    match name:
        case "create_table":
            there = call.named.get("if_not_exists", NONE)
            certain = there.truth is False and (schema is NONE or _literal(schema) is not None)
            ledger.create(table, spot_of(call.place), certain=certain)
        case "drop_table":
            ledger.drop(table)
        case "rename_table":
            ledger.rename(table, _literal(call.argument(1, "new_table_name")))
    if not _OWN.match(name):
        call.leave(Unknown(name))  # an operation that a plugin registered: its text counts if it is a data change
    ledger.schema(spot_of(call.place), f"op.{name}")
    return Table(table) if name == "create_table" else Unknown(name)


def _literal(given: Value | None) -> str | None:
    return str(given) if isinstance(given, Text) and given.known else None
