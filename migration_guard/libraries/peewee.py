"""peewee-migrate's `migrator`, and playhouse's, which changes the schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_guard.interpreter.classes import Class
from migration_guard.interpreter.functions import Function
from migration_guard.interpreter.spot import spot_of
from migration_guard.interpreter.text import literal
from migration_guard.interpreter.values import NONE, UNKNOWN, External, Method, Unknown, Value
from migration_guard.lean import dataclass
from migration_guard.libraries.computing import EXPRESSION, Expression
from migration_guard.libraries.database import Handle, Model, record
from migration_guard.libraries.execution import execute, out_of_sight, run_as_step
from migration_guard.operations import OperationKind
from migration_guard.sql.known import is_known
from migration_guard.sql.names import Name

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine

ROOTS = ("peewee", "playhouse", "peewee_migrate")


def value(name: str) -> Value | None:
    return None


def call(target: External, call: Call) -> Value | None:
    last = target.last
    if target.root == "peewee_migrate" or last.endswith("Migrator") or last == "migrate":
        return Migrator() if last.endswith("Migrator") else Unknown(last)
    if last.endswith("Database") or last in ("connect", "DatabaseProxy", "Proxy"):
        return Handle("database")
    if last.endswith("Field"):
        return Field(null=call.named.get("null"), default=call.named.get("default"))
    if last == "DataSet":
        return DataSet()
    if last in ("SQL", "Value", "Case", "Cast", "Alias", "Check", "Index", "fn") or _is_function(target.name, call):
        return EXPRESSION
    if last in ("model_to_dict", "update_model_from_dict"):
        return Unknown(last, from_rows=True) if last == "model_to_dict" else call.argument(0, "instance")
    return None if last in ("Model", "chunked", "prefetch") else out_of_sight(target, call)


def _is_function(name: str, call: Call) -> bool:
    """Whether it is `fn.NAME`, a function of the database of which it is known that it changes no rows."""
    function = name.partition(".fn.")[2]
    return bool(function) and is_known(Name(function, dynamic=False), call.machine.libraries.dialect)


@dataclass(frozen=True, slots=True, eq=False)
class Field(Expression):
    """`IntegerField(default=0)`: a column that may be added to a table."""

    null: Value | None = None
    default: Value | None = None

    @property
    def key(self) -> object:
        return ("field", self.fills(), self.has_default())

    def fills(self) -> bool:
        """Whether adding it also writes its default into every row: a column that may hold NULL is only added."""
        return self.null is None or self.null.truth is not True

    def has_default(self) -> bool:
        return self.default is not None and self.default is not NONE


@dataclass(frozen=True, slots=True, eq=False)
class Migrator(Value):
    """What `migrate(migrator, database)` is given."""

    handle = True

    @property
    def key(self) -> object:
        return "migrator"

    def attribute(self, name: str, machine: Machine) -> Value:
        if name == "orm":
            return Models()
        return Handle("database") if name == "database" else Method(self, name)

    def method(self, name: str, call: Call) -> Value:
        match name:
            case "sql" | "execute" | "execute_sql":
                execute(call, call.argument(0, "sql") or UNKNOWN)
                return NONE
            case "run" | "python" | "run_python":
                function = call.argument(0, "func") or UNKNOWN
                run_as_step(function, call, *call.positional[1:])
                return function
            case "create_model" | "create_table":
                return self._created(call)
        call.machine.ledger.schema(spot_of(call.place), f"{name} changes the schema", stack=call.machine.frames)
        if name in ("add_column", "add_fields", "apply_default") and self._fills(name, call):
            record(call, OperationKind.UPDATE, how="helper", tables=(_table(call),), callee=name)
        return UNKNOWN

    @staticmethod
    def _fills(name: str, call: Call) -> bool:
        """Whether what is added gets its default by an UPDATE of the whole table."""
        given = call.named.get("allow_not_null")
        if given is not None and given.truth is not False:
            return False
        fields = [one for value in call.arguments for one in value.alternatives() if isinstance(one, Field)]
        if name == "apply_default":
            return True
        of_peewee_migrate = name != "add_column"
        return any(one.fills() or (of_peewee_migrate and one.has_default()) for one in fields)

    @staticmethod
    def _created(call: Call) -> Value:
        model = call.argument(0, "model") or UNKNOWN
        made = call.machine.libraries.model_of(model) if model.is_class else None  # type: ignore[arg-type]
        call.machine.ledger.create(made.table if made is not None else None, spot_of(call.place))
        call.machine.ledger.schema(spot_of(call.place), "a table is created", on=())
        return model

    def decorates(self, name: str, function: Function, call: Call) -> Value:
        """`@migrator.run` and the like."""
        result = self.method(name, call.with_arguments((function,), {}))
        return function if result is UNKNOWN else result


@dataclass(frozen=True, slots=True, eq=False)
class DataSet(Value):
    """`DataSet(url)` of playhouse: tables by their names, whose rows are dictionaries."""

    handle = True

    @property
    def key(self) -> object:
        return "dataset"

    def attribute(self, name: str, machine: Machine) -> Value:
        return Method(self, name)

    def method(self, name: str, call: Call) -> Value:
        if name == "query":
            return execute(call, call.argument(0, "sql") or UNKNOWN)
        if name == "thaw":
            return Rows(literal(call.argument(0, "table"))).method(name, call)
        return Unknown(name, from_rows=True)

    def item(self, key: Value) -> Value:
        return Rows(literal(key))


@dataclass(frozen=True, slots=True, eq=False)
class Rows(Value):
    """A table of a DataSet."""

    table: str | None

    handle = True

    @property
    def key(self) -> object:
        return ("rows", self.table)

    def attribute(self, name: str, machine: Machine) -> Value:
        return Model(None, self.table, "peewee") if name == "model_class" else Method(self, name)

    def method(self, name: str, call: Call) -> Value:
        if name in _OF_ROWS:
            record(call, _OF_ROWS[name], how="peewee", tables=(self.table,))
        return Unknown(name, from_rows=True)


_OF_ROWS = {
    "insert": OperationKind.INSERT_VALUES,
    "update": OperationKind.UPDATE,
    "delete": OperationKind.DELETE,
    "thaw": OperationKind.INSERT_VALUES,
    "__setitem__": OperationKind.UPSERT_VALUES,
    "__delitem__": OperationKind.DELETE,
}


def _table(call: Call) -> str | None:
    """The table that the first argument names: as a text, or as a model."""
    given = call.argument(0, "model", "table") or UNKNOWN
    if isinstance(given, Model):
        return given.table
    model = call.machine.libraries.model_of(given) if isinstance(given, Class) else None
    return model.table if model is not None else literal(given)


@dataclass(frozen=True, slots=True, eq=False)
class Models(Value):
    """`migrator.orm`: models by the names of their tables, as attributes by their own."""

    @property
    def key(self) -> object:
        return "migrator.orm"

    def attribute(self, name: str, machine: Machine) -> Value:
        return Method(self, name) if name in ("get", "values", "items") else Model(name, name.lower(), "peewee")

    def method(self, name: str, call: Call) -> Value:
        return self.item(call.argument(0) or UNKNOWN)

    def item(self, key: Value) -> Value:
        name = literal(key)
        return Model(name, name, "peewee")
