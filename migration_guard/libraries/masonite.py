"""Masonite's and Orator's query builders, and the schema of their migrations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_guard.interpreter.text import literal
from migration_guard.interpreter.values import NONE, UNKNOWN, External, Method, Value
from migration_guard.lean import dataclass
from migration_guard.libraries.database import Model, Query, record
from migration_guard.libraries.execution import execute, out_of_sight
from migration_guard.operations import OperationKind

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine

_ENTRIES = frozenset({"table", "statement", "get_query_builder", "get_connection", "truncate"})
"""Methods that lead to rows, on whatever an application calls its database."""
ROOTS = ("masoniteorm", "masonite", "orator")


def value(name: str) -> Value | None:
    return Connections() if name.rpartition(".")[2] in ("db", "DB") else None


def call(target: External, call: Call) -> Value | None:
    if target.last in ("QueryBuilder", "DatabaseManager", "DB"):
        return Connections()
    if ".db." in target.name or target.last in _ENTRIES:
        return Connections().method(target.last, call)
    return out_of_sight(target, call)


def of_application(name: str, call: Call) -> Value | None:
    """A method of the application's own `DB`, in a migration of Masonite or Orator."""
    return Connections().method(name, call) if name in _ENTRIES else None


@dataclass(frozen=True, slots=True, eq=False)
class Connections(Value):
    """`self.db`, `DB`, a new query builder: each leads to tables and executes statements."""

    handle = True

    @property
    def key(self) -> object:
        return "masonite"

    def attribute(self, name: str, machine: Machine) -> Value:
        return Method(self, name)

    def method(self, name: str, call: Call) -> Value:
        match name:
            case "table" | "on" | "from_":
                table = literal(call.argument(0, "table"))
                return Query((Model(None, table, "masonite"),), "masonite", plain=False)
            case "truncate":
                record(call, OperationKind.TRUNCATE, how="masonite", tables=(literal(call.argument(0, "table")),))
                return NONE
            case "statement" | "raw" | "query" | "insert" | "update" | "delete" | "select" | "unprepared" if (
                call.arguments or call.open
            ):
                return execute(call, call.argument(0, "query", "sql") or UNKNOWN, call.argument(1, "bindings"))
        return self

    def call(self, call: Call) -> Value:
        return self
