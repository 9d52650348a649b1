"""SQLAlchemy: text, tables, statements, sessions, declarative bases."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from migration_guard.interpreter.classes import Class
from migration_guard.interpreter.collections import Mapping, Sequence
from migration_guard.interpreter.functions import Function
from migration_guard.interpreter.instances import Instance
from migration_guard.interpreter.spot import spot_of
from migration_guard.interpreter.text import Text, as_text
from migration_guard.interpreter.values import NONE, UNKNOWN, External, Method, Native, Unknown, Value, join
from migration_guard.lean import dataclass
from migration_guard.libraries.computing import EXPRESSION, Computing, called_by_text, called_in, composed, computed_by
from migration_guard.libraries.database import (
    CORE_VERBS,
    Catalogue,
    Handle,
    Model,
    Relationship,
    Row,
    Table,
    Tracked,
    named_target,
    opened,
    record,
    statement_on,
    written_within,
)
from migration_guard.libraries.drivers import selected
from migration_guard.libraries.execution import COMPILED, execute
from migration_guard.libraries.handing import run_callbacks
from migration_guard.libraries.relationships import VALIDATES, listened, listener, map_class, relationship
from migration_guard.operations import OperationKind

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine

ROOTS = ("sqlalchemy", "sqlmodel", "flask_sqlalchemy", "sqlalchemy_utils", "geoalchemy2", "advanced_alchemy")

_SESSIONS = frozenset(
    "Session AsyncSession sessionmaker async_sessionmaker scoped_session async_scoped_session create_session Connection "
    "Engine".split()
)
_ENGINES = frozenset("create_engine create_async_engine engine_from_config async_engine_from_config".split())
_BASES = frozenset({"declarative_base", "automap_base", "DeclarativeBase", "SQLModel", "registry", "as_declarative"})


def value(name: str) -> Value | None:
    last = name.rpartition(".")[2]
    if last == "metadata":
        return Metadata()
    if ".classes." in name:  # an automap base: its classes are named after their tables
        return Model(last, last, "sqlalchemy-orm")
    return None


def call(target: External, call: Call) -> Value | None:
    _run_types(call)
    first = call.positional[0] if call.positional else UNKNOWN
    _, of_database, function = target.name.partition(".func.")
    if of_database:
        return composed((function, *called_in(call.arguments)))
    match target.last:
        case "text" | "TextClause":
            return call.argument(0, "text") or UNKNOWN
        case "DDL":
            given = call.argument(0, "statement") or UNKNOWN
            return join(as_text(one) if isinstance(one, Unknown) else one for one in given.alternatives())
        case "table" | "Table" | "TableClause":
            return call.machine.combine(_table, first, call.named.get("schema", NONE))
        case last if last in CORE_VERBS:
            return statement_on(call.argument(0, "table", "entity") or UNKNOWN, last, call)
        case "literal_column" | "and_" | "or_" | "not_":
            return composed(
                (*called_in(call.arguments), *called_by_text(call.positional, call.machine.libraries.dialect))
            )
        case "select" | "union" | "union_all" | "exists":
            return written_within(call) or selected(call)
        case "MetaData":
            return Metadata()
        case "aliased" | "with_polymorphic" | "alias":
            return first
        case "Column" | "mapped_column" | "DefaultClause" | "FetchedValue":
            run_callbacks(call)
            if any(isinstance(one, Tracked) for value in call.arguments for one in value.alternatives()):
                return Tracked()
            computed = _computing((*call.positional[1:], call.named.get("server_default", NONE)))
            default = call.named.get("default", NONE)
            return Filling(getattr(computed, "texts", ())) if default is not NONE else computed
        case "Computed" | "CheckConstraint" | "Index" | "ExcludeConstraint":
            return _computing(call.arguments)
        case "relationship" | "backref":
            return relationship(call)
        case "association_proxy":
            return Relationship()
        case "as_mutable":
            return Tracked()
        case "validates":
            return External(VALIDATES)
        case "set_attribute" | "del_attribute":
            attribute = call.argument(1, "key")
            name = str(attribute) if isinstance(attribute, Text) and attribute.known else "*"
            first.assign(name, call.argument(2, "value") or UNKNOWN, call.machine, call.place)
            return NONE
        case "flag_modified" | "flag_dirty":
            first.assign("*", UNKNOWN, call.machine, call.place)
            return NONE
        case "object_session":
            return Handle("session", lent=True)
        case "declared_attr" | "hybrid_property":
            return first
        case "SQLAlchemy" | "SQLA":
            return Handle("db")
        case last if last in _ENGINES:
            return opened(call, SessionFactory(last))
        case last if last in _SESSIONS:
            return SessionFactory(last)
        case last if last in _BASES:
            return External(f"sqlalchemy.orm.{last}()")
        case "inspect":
            return first if isinstance(first, Row) else Catalogue("inspector", from_rows=True)
        case "listens_for":
            return listener(call.argument(0, "target"))
        case "listen":
            _listen(call)
            return NONE
        case "compiles":
            return Native("compiles", partial(_compiled, first))
        case "lambda_stmt":
            return call.machine.call(first, call.with_arguments((), {}))
        case "map_imperatively" | "mapper":
            return map_class(call)
    if any(isinstance(option, Function) for value in call.arguments for option in value.alternatives()):
        run_callbacks(call)
    return written_within(call) or composed(called_in(call.arguments))


def _run_types(call: Call) -> None:
    """A type of the repository is handed over: what it makes of values, as they are written and read."""
    for option in (option for value in call.arguments for option in value.alternatives()):
        cls = option.cls if isinstance(option, Instance) else option
        if not isinstance(cls, Class) or not any(name.partition(".")[0] in ROOTS for name in cls.external_bases()):
            continue
        hooks = [method for name in _OF_TYPES if (method := cls.method_of(name)) is not None]
        if hooks:
            made = option if isinstance(option, Instance) else cls.call(call.with_arguments((), {}))
            for hook in hooks:
                given = call.machine.call(hook.bind(made), call.with_arguments((), {}).opened(UNKNOWN))
                for one in given.alternatives():
                    if one.callable_in_sight:  # a processor
                        call.machine.call(one, call.with_arguments((UNKNOWN,), {}))


_OF_TYPES = (
    "process_bind_param",
    "process_literal_param",
    "process_result_value",
    "bind_processor",
    "literal_processor",
    "result_processor",
    "bind_expression",
    "column_expression",
    "coerce_compared_value",
    "load_dialect_impl",
)
"""Methods of a type that SQLAlchemy calls for each statement with a value of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Filling(Computing):
    """A column with a default of Python's, which sqlalchemy-migrate writes into every row once it is created."""

    @property
    def key(self) -> object:
        return ("filling", *(text.key for text in self.texts))

    def method(self, name: str, call: Call) -> Value:
        populates = call.argument(4, "populate_default")
        if name == "create" and (populates is None or populates.truth is not False):
            table, model = named_target(call.argument(0, "table") or UNKNOWN, call.machine)
            record(call, OperationKind.UPDATE, how="helper", tables=(table,), model=model, callee=name)
        return self


def _computing(parts: Iterable[Value]) -> Value:
    texts = computed_by(parts)
    return Computing(texts) if texts else EXPRESSION


def _table(name: Value, schema: Value) -> Value:
    known = str(name) if isinstance(name, Text) and name.known else None
    return Table(f"{schema}.{known}" if known is not None and isinstance(schema, Text) and schema.known else known)


def _listen(call: Call) -> None:
    """`event.listen(target, "after_create", what)`: a function, or a DDL whose text is executed."""
    what = call.argument(2, "fn") or UNKNOWN
    heard = listener(call.argument(0, "target"))
    for option in what.alternatives():
        if isinstance(option, Text):
            execute(call, option)
        elif not isinstance(option, Unknown):
            listened(option, call, everywhere=heard.everywhere)


def _compiled(element: Value, call: Call) -> Value:
    """`@compiles(Element)`: the function that says what text an element is, for one dialect or for all."""
    function = call.positional[0] if call.positional else UNKNOWN
    for option in element.alternatives():
        if isinstance(option, Class):
            before = option.lookup(COMPILED)
            option.assign(
                COMPILED, join((before, function)) if before is not None else function, call.machine, call.place
            )
    return function


class SessionFactory(Handle):
    """A session, or something that makes one when it is called: `sessionmaker(…)()`."""

    __slots__ = ()

    def call(self, call: Call) -> Value:
        return Handle("session", session=call.machine.ledger.session(call))


class Metadata(Value):
    """`MetaData()`: its tables are found by name."""

    __slots__ = ()

    handle = False

    @property
    def key(self) -> object:
        return "metadata"

    def attribute(self, name: str, machine: Machine) -> Value:
        if name == "tables":
            return Tables()
        if name == "sorted_tables":
            return Sequence([], Table(None))
        return Method(self, name)

    def method(self, name: str, call: Call) -> Value:
        if name == "create_all":
            call.machine.ledger.schema(spot_of(call.place), "create_all", stack=call.machine.frames)
        return NONE


class Tables(Value):
    """`metadata.tables`."""

    __slots__ = ()

    def item(self, key: Value) -> Value:
        return Table(str(key) if isinstance(key, Text) and key.known else None)

    def element(self) -> Value:
        return Table(None)

    def method(self, name: str, call: Call) -> Value:
        if name == "get" and call.positional:
            return self.item(call.positional[0])
        return Mapping(rest=Table(None)).method(name, call)
