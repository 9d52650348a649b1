"""Piccolo's `MigrationManager`: it is given functions that run on either way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_guard.interpreter.spot import spot_of
from migration_guard.interpreter.text import literal, plain
from migration_guard.interpreter.values import NONE, UNKNOWN, External, Method, Value
from migration_guard.lean import dataclass
from migration_guard.libraries.active_record import table_named
from migration_guard.libraries.computing import EXPRESSION
from migration_guard.libraries.database import Handle, Model
from migration_guard.libraries.execution import execute, out_of_sight, run_as_step
from migration_guard.operations import Direction

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine

ROOTS = ("piccolo",)


def value(name: str) -> Value | None:
    return None


def call(target: External, call: Call) -> Value | None:
    match target.last:
        case "MigrationManager":
            return MigrationManager()
        case "engine_finder" | "PostgresEngine" | "SQLiteEngine" | "CockroachEngine":
            return Handle("engine")
        case "create_table_class":
            name, options = literal(call.argument(0, "class_name")), call.argument(2, "class_kwargs")
            if options is not None:  # which may state a table
                return Model(name, literal(options.item(plain("tablename"))), "piccolo")
            return Model(name, table_named(name, "piccolo") if name else None, "piccolo")
    if target.name.startswith(("piccolo.columns", "piccolo.query.functions")):
        return EXPRESSION
    return out_of_sight(target, call)


@dataclass(frozen=True, slots=True, eq=False)
class MigrationManager(Value):
    """What `forwards()` returns."""

    @property
    def key(self) -> object:
        return "piccolo manager"

    def attribute(self, name: str, machine: Machine) -> Value:
        return Method(self, name)

    def method(self, name: str, call: Call) -> Value:
        function = call.argument(0, "raw") or UNKNOWN
        match name:
            case "add_raw":
                run_as_step(function, call)
                return NONE
            case "add_raw_backwards":
                with call.machine.entering(Direction.DOWNGRADE):
                    run_as_step(function, call)
                return NONE
            case "run_sql" | "raw":
                return execute(call, function)
        call.machine.ledger.schema(spot_of(call.place), f"{name} changes the schema", stack=call.machine.frames)
        return NONE
