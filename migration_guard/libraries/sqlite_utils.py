"""sqlite-utils: `db["leads"].update(1, {…})`; sqlite-migrate's functions are given such a `db`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_guard.interpreter.collections import Sequence
from migration_guard.interpreter.spot import spot_of
from migration_guard.interpreter.text import literal
from migration_guard.interpreter.values import UNKNOWN, External, Method, Unknown, Value
from migration_guard.lean import dataclass
from migration_guard.libraries.database import Handle, record
from migration_guard.libraries.execution import execute, opaque
from migration_guard.libraries.handing import run_callbacks
from migration_guard.operations import OperationKind

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine

ROOTS = ("sqlite_utils",)
HOW = "sqlite-utils"
_WRITES = {
    "update": OperationKind.UPDATE,
    "convert": OperationKind.UPDATE,
    "convert_multi": OperationKind.UPDATE,
    "delete": OperationKind.DELETE,
    "delete_where": OperationKind.DELETE,
    "insert": OperationKind.INSERT_VALUES,
    "insert_all": OperationKind.INSERT_VALUES,
    "upsert": OperationKind.UPSERT_VALUES,
    "upsert_all": OperationKind.UPSERT_VALUES,
    "lookup": OperationKind.UPSERT_VALUES,
    "extract": OperationKind.UPDATE,
    "m2m": OperationKind.UPSERT_VALUES,
}
_SCHEMA = frozenset(
    "create transform transform_sql add_column add_foreign_key create_index drop rename duplicate enable_fts disable_fts "
    "enable_counts create_view add_missing_columns reset_counts vacuum optimize analyze create_table add_foreign_keys "
    "index_foreign_keys rename_table rebuild_fts populate_fts add_geometry_column create_spatial_index".split()
)
_REGISTERS = frozenset({"register_function", "register_fts4_bm25"})
"""Statements may call what is registered, which is told where that is done."""
_READS = frozenset(
    "rows rows_where pks_and_rows_where get exists count count_where columns columns_dict schema pks search table_names "
    "view_names query supports_strict detect_fts analyze_column has_counts_triggers foreign_keys indexes".split()
)


def value(name: str) -> Value | None:
    return None


def call(target: External, call: Call) -> Value | None:
    match target.last:
        case "Database":
            return Database()
        case "Table" | "View":
            return Rows(literal(call.argument(1, "name")))
    if ".cli." in f"{target.name}.":
        opaque(call, f"{target.last} is a command of sqlite-utils", target.last)
        return Unknown(target.last)
    return None


@dataclass(frozen=True, slots=True, eq=False)
class Database(Value):
    """`db`: tables by their names, and SQL."""

    handle = True

    @property
    def key(self) -> object:
        return HOW

    def attribute(self, name: str, machine: Machine) -> Value:
        if name in ("tables", "views"):
            return Sequence((), Rows(None))
        return Handle("connection") if name == "conn" else Method(self, name)

    def item(self, key: Value) -> Value:
        return Rows(literal(key))

    def method(self, name: str, call: Call) -> Value:
        match name:
            case "execute" | "query" | "executescript":
                return execute(call, call.argument(0, "sql") or UNKNOWN, call.argument(1, "parameters", "params"))
            case "table" | "view" | "__getitem__":
                return Rows(literal(call.argument(0, "table_name", "name")))
        run_callbacks(call)
        if name in _REGISTERS:
            return call.argument(0, "fn") or Method(self, name)
        if name in _SCHEMA:
            call.machine.ledger.schema(spot_of(call.place), f"{name} changes the schema", stack=call.machine.frames)
            return Rows(literal(call.argument(0, "name"))) if name.startswith("create_") else UNKNOWN
        if name not in _READS:
            opaque(call, f"{name} is none of sqlite-utils' methods", name)
        return Unknown(name, from_rows=True)


@dataclass(frozen=True, slots=True)
class Rows(Value):
    """A table of it."""

    table: str | None
    handle = True

    @property
    def key(self) -> object:
        return (HOW, self.table)

    def attribute(self, name: str, machine: Machine) -> Value:
        return Method(self, name)

    def method(self, name: str, call: Call) -> Value:
        run_callbacks(call)
        if name in _WRITES:
            record(
                call, _WRITES[name], how=HOW, tables=(self.table,), from_rows=any(v.from_rows for v in call.arguments)
            )
            return self
        if name in _SCHEMA:
            if name == "create":
                call.machine.ledger.create(self.table, spot_of(call.place), certain=not call.named)
            call.machine.ledger.schema(spot_of(call.place), f"{name} changes the schema", stack=call.machine.frames)
            return self
        if name not in _READS:
            opaque(call, f"{name} is none of sqlite-utils' methods", name)
        return Unknown(name, from_rows=True)
