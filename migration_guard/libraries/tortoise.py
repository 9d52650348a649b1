"""Tortoise and aerich: connections, and the operations of Tortoise's own migrations, which are Django's by other names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_guard.interpreter.collections import Sequence
from migration_guard.interpreter.text import literal
from migration_guard.interpreter.values import UNKNOWN, External, Method, Unknown, Value
from migration_guard.lean import dataclass
from migration_guard.libraries.computing import EXPRESSION
from migration_guard.libraries.database import Handle, Model
from migration_guard.libraries.execution import out_of_sight
from migration_guard.libraries.handing import run_callbacks

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine

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
        case "tortoise.Tortoise.apps":
            return Apps()
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


@dataclass(frozen=True, slots=True, eq=False)
class Apps(Value):
    """`Tortoise.apps["models"]["Lead"]`: the models of each application, by their names."""

    app: bool = False
    """Whether it holds the models of one."""

    @property
    def key(self) -> object:
        return ("tortoise apps", self.app)

    def attribute(self, name: str, machine: Machine) -> Value:
        return Method(self, name)

    def method(self, name: str, call: Call) -> Value:
        match name:
            case "get" | "pop" | "setdefault":
                return self.item(call.argument(0, "key") or UNKNOWN)
            case "values":
                return Sequence((), self.element())
            case "items":
                return Sequence((), Sequence((Unknown("name"), self.element()), kind="tuple"))
        return Unknown(name)

    def item(self, key: Value) -> Value:
        return Model(literal(key), None, "tortoise") if self.app else Apps(app=True)

    def element(self) -> Value:
        return self.item(UNKNOWN)
