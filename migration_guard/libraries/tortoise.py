"""Tortoise and aerich: connections, and the operations of Tortoise's own migrations, which are Django's by other names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_guard.interpreter.values import UNKNOWN, External, Unknown, Value
from migration_guard.libraries.computing import EXPRESSION
from migration_guard.libraries.database import Handle
from migration_guard.libraries.execution import out_of_sight
from migration_guard.libraries.handing import run_callbacks

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call

ROOTS = ("tortoise", "aerich")
_BASES = frozenset({"Model", "Migration"})
_OPERATIONS = "tortoise.migrations.operations."


def value(name: str) -> Value | None:
    if name.startswith(_OPERATIONS):
        return External(f"django.db.migrations.{name.removeprefix(_OPERATIONS)}")
    match name:
        case "tortoise.migrations.Migration" | "tortoise.migrations.migration.Migration":
            return External("django.db.migrations.Migration")
        case "tortoise.connections" | "tortoise.connection.connections":
            return Handle("connections")
    return None


def call(target: External, call: Call) -> Value | None:
    last = target.last
    if last in ("in_transaction", "get_connection", "connections") or last.endswith("Client"):
        return Handle("connection")
    if last == "run_async":
        run_callbacks(call)
        return UNKNOWN
    if last in ("Q", "F", "Count", "Sum", "Max", "Min", "Lower", "Upper", "Subquery", "RawSQL", "Case", "When"):
        return EXPRESSION
    if last.endswith("Field") or last in ("init", "generate_schemas", "close_connections"):
        return Unknown(last)
    return None if last in _BASES else out_of_sight(target, call)
