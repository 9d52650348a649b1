"""Alembic's `op`: schema operations, and the few that execute."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_guard.interpreter.instances import Instance
from migration_guard.interpreter.spot import spot_of
from migration_guard.interpreter.text import Text, concatenated, plain
from migration_guard.interpreter.values import NONE, UNKNOWN, External, Method, Place, Unknown, Value
from migration_guard.lean import dataclass
from migration_guard.libraries.computing import EXPRESSION, computed_by
from migration_guard.libraries.database import Handle, Statement, Table, named_target, record
from migration_guard.libraries.execution import changes_in, execute, opaque, run_text
from migration_guard.libraries.handing import held, run_callbacks
from migration_guard.libraries.operations import OWN, ROWS, SCHEMA, Implements, Registers
from migration_guard.libraries.waiting import waits_for
from migration_guard.operations import OperationKind

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine

ROOTS = ("alembic", "flask_alembic")


def value(name: str) -> Value | None:
    if name == "alembic.op":
        return OP
    if name.startswith("alembic.op."):
        return Method(OP, name.rpartition(".")[2])
    return None


def gives(module: str, name: str) -> bool:
    """Whether `from module import *` gives a name."""
    return module != "alembic.op" or name in SCHEMA or name in ROWS or name in _DOES


def call(target: External, call: Call) -> Value | None:
    match target.last:
        case "Operations" | "BatchOperations":
            return OP
        case "execute":  # of `alembic.context`
            return execute(call, call.argument(0, "sql") or UNKNOWN)
        case "run_migrations" | "begin_transaction":
            return Handle("connection")
        case "MigrationContext" | "configure" | "get_context" | "get_bind":
            return Handle("connection")
        case "register_operation":
            return Registers(call)
        case "implementation_for":
            return Implements(call)
        case last if last.endswith("Op"):
            return BuiltOperation(last, call)
    return Unknown(target.last)


@dataclass(frozen=True, slots=True, eq=False)
class BuiltOperation(Value):
    """An object of one of Alembic's own operations, `ops.ExecuteSQLOp(…)`: it does something once it is invoked."""

    cls: str
    made_with: Call

    def invoked(self, call: Call) -> None:
        match self.cls:
            case "ExecuteSQLOp":
                execute(call, self.made_with.argument(0, "sqltext") or UNKNOWN)
            case "BulkInsertOp":
                _bulk_insert(self.made_with)
            case "CreateTableOp":
                ledger = call.machine.ledger
                ledger.create(_literal(self.made_with.argument(0, "table_name")), spot_of(call.place), certain=False)
                ledger.schema(spot_of(call.place), f"op.invoke({self.cls})", stack=call.machine.frames)
            case _:
                call.machine.ledger.schema(spot_of(call.place), f"op.invoke({self.cls})", stack=call.machine.frames)


@dataclass(frozen=True, slots=True)
class Op(Value):
    """`alembic.op`, or the object of a batch."""

    handle = True
    batch: str | None = None
    """The table of a batch, where that is known."""
    within_batch: bool = False

    @property
    def key(self) -> object:
        return ("op", self.batch) if self.within_batch else "op"

    def attribute(self, name: str, machine: Machine) -> Value:
        if name in ("impl", "migration_context"):
            return Handle("connection")
        return Method(self, name)

    def assign(self, name: str, value: Value, machine: Machine, place: Place) -> None:
        machine.libraries.put(name, value, place)

    def method(self, name: str, call: Call) -> Value:
        match name:
            case "execute":
                return execute(
                    call, call.argument(0, "sqltext") or UNKNOWN
                )  # as a callback it is given what is not known
            case "__enter__" | "__exit__":
                return self
            case "bulk_insert":
                return _bulk_insert(call)
            case "get_bind" | "get_context":
                return Handle("connection")
            case "batch_alter_table":
                return Op(_literal(call.argument(0, "table_name")), within_batch=True)
            case "f":
                return call.argument(0, "name") or UNKNOWN
            case "inline_literal":
                return EXPRESSION
            case "register_operation":
                return Registers(call)
            case "implementation_for":
                return Implements(call)
            case "invoke":
                return _invoke(call)
            case "run_async":
                return _run_async(call)
        return _registered(name, call) or _schema(name, call, self)


OP = Op()


def _run_async(call: Call) -> Value:
    """`op.run_async(function, …)`: the function is called with a connection and what stands behind it."""
    function = call.argument(0, "async_function") or UNKNOWN
    named = {name: value for name, value in call.named.items() if name != "async_function"}
    result = call.machine.call(function, call.with_arguments((Handle("connection"), *call.positional[1:]), named))
    result.consumed()
    return result


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


def _registered(name: str, call: Call) -> Value | None:
    """An operation that the repository registers; one of a plugin only where the repository has none of its name."""
    if name in OWN:
        return None
    found = call.machine.libraries.operations.registered(name, call.machine)
    if found is None:
        return None
    cls, method = found
    return cls.method(method, call.with_arguments((OP, *call.positional), call.named))


def _invoke(call: Call) -> Value:
    """`operations.invoke(operation)`: what implements it is run."""
    given = call.argument(0, "operation") or UNKNOWN
    for option in given.alternatives():
        body = call.machine.libraries.operations.implementation(option) if isinstance(option, Instance) else None
        if isinstance(option, BuiltOperation):
            option.invoked(call)
        elif body is not None:
            call.machine.call(body, call.with_arguments((OP, option), {})).consumed()
        else:
            opaque(call, "an operation is invoked whose implementation is not in sight", "invoke")
    return UNKNOWN


def _schema(name: str, call: Call, op: Op) -> Value:
    """A schema operation. Created tables are remembered: what fills them disturbs nobody. Of others nothing is known."""
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
            new = _literal(call.argument(1, "new_table_name"))
            ledger.rename(table, new)
            if table is not None and new is not None:
                call.machine.libraries.functions.rename(table, new)
    if name in ROWS:
        target = _literal(call.argument(0, "table"))
        record(call, ROWS[name], how="helper", tables=(target,), callee=name)
        return NONE
    if name not in SCHEMA:
        run_callbacks(call)
        _unknown(name, call)
        return Unknown(name)
    ledger.schema(spot_of(call.place), f"op.{name}", on=waits_for(name, call, op), stack=call.machine.frames)
    _computes(name, call)
    return Table(table) if name == "create_table" else Unknown(name)


def _computes(name: str, call: Call) -> None:
    """What an operation has the database compute for each row that is there: `postgresql_using="f(a)"`, a check, an index."""
    using = call.named.get("postgresql_using", NONE)
    if any(isinstance(option, Unknown) for option in using.alternatives()):
        opaque(call, "what its postgresql_using computes for each row is not known", "alter_column")
    given = (part for value in call.positional for part in held(value))
    if name in _COMPUTES and any(isinstance(part, Unknown) and "@" in part.source for part in given):
        opaque(call, f"what op.{name} computes for each row comes from out of sight", name)
    expressions = (call.argument(2, "columns", "condition"), *(call.named.get(one) for one in _WHERE))
    parts = [part for value in expressions if value is not None for part in held(value)]
    if name in _OF_EXPRESSIONS and any(
        isinstance(part, External) and not call.machine.libraries.is_known(part) for part in parts
    ):
        opaque(call, f"an expression that op.{name} is given comes from out of sight", name)
    converts = "ALTER TABLE t ALTER COLUMN c TYPE t USING " if name == "alter_column" else "SELECT "
    for text in computed_by(call.arguments if name in _COMPUTES else using.alternatives()):
        run_text(call, concatenated((plain(converts), text)), None)


_DOES = frozenset(
    "execute bulk_insert get_bind get_context batch_alter_table f inline_literal register_operation implementation_for "
    "invoke run_async".split()
)
_COMPUTES = frozenset({"add_column", "create_check_constraint", "create_exclude_constraint", "create_index"})
"""Operations whose columns, conditions and elements are expressions, computed where rows are there."""


_OF_EXPRESSIONS = frozenset({"create_check_constraint", "create_exclude_constraint", "create_index"})
_WHERE = ("postgresql_where", "sqlite_where", "mssql_where")


def _unknown(name: str, call: Call) -> None:
    """What nobody in sight says anything of is OPAQUE, unless a change that it is given tells more."""
    given = [option for value in call.arguments for option in value.alternatives()]
    changes = [one for one in given if isinstance(one, Statement) or (isinstance(one, Text) and changes_in(call, one))]
    for change in changes:
        execute(call, change)
    if not changes:
        opaque(call, f"op.{name} is none of Alembic's operations, and what registers it is not in sight", name)


def _literal(given: Value | None) -> str | None:
    return str(given) if isinstance(given, Text) and given.known else None
