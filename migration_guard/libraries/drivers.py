"""Connections, cursors and sessions, whichever library they come from; psycopg's SQL composition."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice, product
from typing import TYPE_CHECKING

from migration_guard.interpreter.classes import Class
from migration_guard.interpreter.collections import Sequence
from migration_guard.interpreter.functions import Function
from migration_guard.interpreter.glimpsed import Glimpsed
from migration_guard.interpreter.spot import spot_of
from migration_guard.interpreter.text import Piece, Text, as_text, concatenated, hole, plain
from migration_guard.interpreter.values import NONE, UNKNOWN, Constant, External, Method, Native, Unknown, Value, join
from migration_guard.lean import dataclass
from migration_guard.libraries.computing import called_by_text, called_in
from migration_guard.libraries.database import (
    CORE_VERBS,
    Handle,
    Model,
    Part,
    Query,
    Row,
    Table,
    named_target,
    opened,
    record,
    statement_on,
)
from migration_guard.libraries.execution import SINKS, changes_in, execute, opaque, run_functions
from migration_guard.libraries.handles import HARMLESS, LOOKS, OF_HANDLE
from migration_guard.libraries.relationships import tables_of
from migration_guard.operations import OperationKind

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine

ROOTS = (
    "psycopg",
    "psycopg2",
    "asyncpg",
    "MySQLdb",
    "pymysql",
    "aiosqlite",
    "pyodbc",
    "cx_Oracle",
    "oracledb",
    "databases",
)

_SELF = frozenset(
    "begin begin_nested begin_twophase connect connection get_bind bind cursor acquire transaction execution_options "
    "options raw_connection no_autoflush autocommit_block get_context session_factory using with_session registry "
    "getconn get_sync_connection enter_context enter_async_context scoped_session atomic unwrap session create_session "
    "create_scoped_session sessionmaker".split()
)
_OPENS = frozenset({"connect", "acquire", "raw_connection", "getconn", "begin"})
"""Those that give a session of its own; `begin` only does if it is an engine's."""
_OF_PICCOLO = frozenset({"run_ddl", "run_querystring", "_run_in_pool", "_run_in_new_connection"})
_QUIET = frozenset(
    "close rollback remove expunge expunge_all expire expire_all dispose invalidate refresh prepare".split()
)
_TAKES_SQL = frozenset({"execute", "exec_driver_sql", "executemany", "executescript"})
_FLUSHES = frozenset({"commit", "flush", "autoflush"})
_READS = frozenset(
    "fetchone fetchmany fetchall fetchval first one one_or_none all mappings scalar_one scalar_one_or_none keys".split()
)


class AutocommitBlock(Value):
    """Alembic's `with op.get_context().autocommit_block():`."""

    __slots__ = ()

    def entered(self, machine: Machine) -> Value:
        machine.ledger.commit()
        machine.ledger.autocommit_block(1)
        return self

    leaves = True

    def exited(self, machine: Machine) -> None:
        machine.ledger.autocommit_block(-1)


MAX_COMBINATIONS = 8
"""… of models that a query of several entities may be of."""
_BULK = {
    "bulk_insert_mappings": OperationKind.INSERT_VALUES,
    "bulk_update_mappings": OperationKind.UPDATE,
    "bulk_save_objects": OperationKind.INSERT_VALUES,
    "copy_from": OperationKind.INSERT_VALUES,
    "copy_records_to_table": OperationKind.INSERT_VALUES,
    "copy_to_table": OperationKind.INSERT_VALUES,
}


def value(name: str) -> Value | None:
    return None


def call(target: External, call: Call) -> Value | None:
    match target.last:
        case "SQL" | "Composed":
            given = call.positional[0] if call.positional else UNKNOWN
            if isinstance(given, Sequence):
                return concatenated(as_text(element) for element in given.elements() or [])
            return given
        case "Identifier":
            names = [as_text(part, "identifier") for part in call.positional]
            dotted: list[Text] = []
            for name in names:
                dotted += ([Text((Piece("."),))] if dotted else []) + [name]
            return concatenated(dotted)
        case "Literal" | "Placeholder":
            return hole(target.last.lower())
        case "execute_values" | "execute_batch":
            return execute(call, call.argument(1, "sql") or UNKNOWN, call.argument(2, "argslist"))
        case "connect" | "Connection" | "Database" | "create_pool":
            return opened(call, Handle(target.root, session=call.machine.ledger.session(call, target.root)))
        case last if last.endswith("Cursor") and call.positional:  # `ClientCursor(connection)`
            return Handle("cursor")
    return Unknown(target.last)


def handle_method(handle: Handle, name: str, call: Call) -> Value:
    machine = call.machine
    machine.ledger.speaks(handle, name, call)
    if "schema_translate_map" in call.named:
        machine.ledger.part()
    if handle.lent:
        machine.ledger.lends()
    if name == "text" and len(call.positional) == 1 and isinstance(call.positional[0], Text):
        return call.positional[0]  # Flask's `db.text("SELECT 1")`
    if name in SINKS:
        given = call.argument(0, "sql", "statement", "query", "operation", "stmt", "clause", "construct")
        if isinstance(given, Handle) and len(call.positional) > 1:  # `engine.executescript(cursor, sql)`
            given, call = call.positional[1], call.with_arguments(call.positional[1:], call.named)
        machine.ledger.flush()
        parameters = call.argument(1, "parameters", "params", "args", "vars", "multiparams")
        if given is None and name in _TAKES_SQL:
            given = UNKNOWN  # as a callback it is given what is not known
        result = execute(call, given, parameters) if given is not None else Query()
        return result.element() if name == "scalar" else result
    if name in _FLUSHES:
        machine.ledger.flush()
        if name == "commit":
            machine.ledger.commit()
        return NONE
    if (
        name == "cursor"
        and call.positional
        and isinstance(call.positional[0], Text)
        and changes_in(call, call.positional[0])
    ):
        return execute(call, call.positional[0])  # asyncpg's cursor of a query, not psycopg's of a name
    if name in _SELF:
        _give(handle, call)  # `engine.transaction(function)`
        if name.startswith("begin"):
            machine.ledger.flush()  # its block ends with a commit
            if name == "begin" and machine.libraries.framework == "script":
                machine.ledger.commit()  # a framework's own transaction goes on instead
        session = machine.ledger.session(call) if name in _OPENS and (name != "begin" or _is_engine(handle)) else None
        if session is not None:
            return Handle("connection" if _is_engine(handle) else handle.kind, handle.lent, handle.of, session)
        if name == "cursor" and handle.session is not None and is_held_by_the_server(call):
            return Handle(SERVER_SIDE, handle.lent, handle.of, handle.session)
        return AutocommitBlock() if name == "autocommit_block" else handle
    if name[:1].isupper():  # Flask-SQLAlchemy's `db` has sessions, tables and the types of columns
        return handle if name == "Session" else machine.libraries.call(External(f"sqlalchemy.{name}"), call)
    if name == "prepare" and call.arguments:
        return Prepared(call.argument(0, "query", "sql", "operation") or UNKNOWN)
    if name in _QUIET:
        return NONE
    if name in _READS or name.startswith(("fetch", "dictfetch")):
        given = call.argument(0, "query", "sql")
        if given is not None and not isinstance(given, (Constant, Unknown)):  # databases, asyncpg: `fetch_all(sql)`
            return execute(call, given, call.argument(1, "values", "params"))
        return (
            Unknown("row", from_rows=True)
            if name in ("fetchone", "first", "one", "one_or_none", "fetchval", "dictfetchone")
            else Query()
        )
    if name in ("run_sync", "run_callable"):
        function, rest = call.positional[:1], call.positional[1:]
        return machine.call(function[0], call.with_arguments((handle, *rest), call.named)) if function else UNKNOWN
    if name == "callproc":
        return _procedure(call)
    if name in _OF_PICCOLO and call.arguments:
        return execute(call, call.argument(0, "ddl", "querystring", "query") or UNKNOWN)
    if name in ("copy", "copy_expert"):
        given = call.argument(0, "statement", "query")
        return execute(call, given, None) if given is not None else UNKNOWN
    return session_method(handle, name, call)


SERVER_SIDE = "server-side cursor"


def is_held_by_the_server(call: Call) -> bool:
    """Whether a call opens a cursor that the server holds until the transaction ends: psycopg's with a name."""
    name, lasts = call.argument(0, "name"), call.named.get("withhold")
    return isinstance(name, Text) and (lasts is None or lasts.truth is False)


def _is_engine(handle: Handle) -> bool:
    return "engine" in handle.kind.lower() or "sessionmaker" in handle.kind


def part_method(part: Part, name: str, call: Call) -> Value:
    """A method of what a handle has under a name: that is a way to the database, too, of which only the handle is known."""
    handle = part.owner
    if name in SINKS:
        return handle_method(handle, name, call)
    if LOOKS.match(name):
        found = Method.method(part, name, call)
        return Unknown(name, from_rows=found.from_rows, source=OF_HANDLE)
    if handle.lent:
        call.machine.ledger.lends()
    return _not_known(handle, f"{part.name}.{name}", call)


@dataclass(frozen=True, slots=True, eq=False)
class Prepared(Value):
    """asyncpg's `await connection.prepare(query)`: a statement that is run when its rows are asked for."""

    query: Value

    handle = True

    @property
    def key(self) -> object:
        return ("prepared", self.query.key)

    def attribute(self, name: str, machine: Machine) -> Value:
        return Method(self, name)

    def method(self, name: str, call: Call) -> Value:
        if name.startswith("get_"):
            return Unknown(name)
        return execute(call, self.query, None)


def _procedure(call: Call) -> Value:
    """`cursor.callproc(name, …)`: what the database's own function does, as far as the migration created it."""
    name = call.argument(0, "procname", "name")
    if isinstance(name, Text) and name.known:
        return execute(call, concatenated([plain("CALL "), name, plain("()")]), call.argument(1, "args"))
    return execute(call, UNKNOWN)


_BY_NAME = {"insert": OperationKind.INSERT_VALUES, "update": OperationKind.UPDATE, "delete": OperationKind.DELETE}


def session_method(handle: Handle, name: str, call: Call) -> Value:
    """The part of a handle that an ORM's session has."""
    first = call.positional[0] if call.positional else UNKNOWN
    match name:
        case "query" | "select":
            call.machine.ledger.flush()
            return selected(call, "sqlalchemy-orm")
        case "first_or_404" | "one_or_404" | "paginate":  # Flask-SQLAlchemy's, of a SELECT
            query = call.argument(0, "statement", "select") or Unknown(name, from_rows=True, source=OF_HANDLE)
            return query if name == "paginate" else query.element()
        case "get" | "get_one" | "get_or_404":
            models = models_in(first, call)
            return join(map(Row, models)) if models else Unknown("row", from_rows=True)
        case "add" | "add_all" | "save":
            add(call, first)
            return NONE
        case "merge":
            for tables, model in targets_of(first, call).items():
                record(call, OperationKind.UPDATE, how="sqlalchemy-orm", tables=tables, model=model, pending=True)
            return first
        case "delete" | "delete_all" if not isinstance(first, Text):
            for tables, model in targets_of(first, call).items():
                record(call, OperationKind.DELETE, how="sqlalchemy-orm", tables=tables, model=model, pending=True)
            return NONE
        case _ if name in _BULK:
            bulk(call, name, first)
            return NONE
        case "delete" if isinstance(first, Text) and "/" in str(first):
            return Unknown(name)  # of a client of HTTP
        case "insert" | "update" | "delete" if isinstance(first, Text):  # Pony's and others', by the table's name
            named = (str(first),) if first.known else ()
            record(call, _BY_NAME[name], how="helper", tables=named, callee=name)
            return NONE
        case "insert" | "update" if name in CORE_VERBS and call.positional:
            return statement_on(first, name, call)
        case "loaddata":
            record(call, OperationKind.DML_CALL, how="helper", callee=name)
            return Unknown(name)
        case "clear_table":  # South's
            given = call.argument(0, "table_name")
            named = (str(given),) if isinstance(given, Text) and given.known else ()
            record(call, OperationKind.DELETE, how="helper", tables=named, callee=name)
            return NONE
    return _not_known(handle, name, call)


def _not_known(handle: Handle, name: str, call: Call) -> Value:
    """What no list says anything of: it may call what it is given, and do anything."""
    machine = call.machine
    if handle.of is not None and handle.of.method_of(name) is not None:
        # of the project's own: what it has is the handle's
        return Glimpsed(handle.of, call, handle).method(name, call)
    if name == "execute_wrapper":
        for option in (option for value in call.arguments for option in value.alternatives()):
            if isinstance(option, Function):
                machine.run(option, call.with_arguments((Native("execute", _wrapped), *[UNKNOWN] * 4), {}))
    else:
        _give(handle, call)
    if name in HARMLESS or name.startswith("__") or machine.libraries.is_own_and_harmless(name):
        machine.ledger.note(spot_of(call.place), name, "is not known to write")
    else:
        opaque(call, f"{handle.kind}.{name} is no method of a connection, cursor or session that is known", name)
    return Unknown(name, from_rows=True)


def _give(handle: Handle, call: Call) -> None:
    """Functions that a handle is given are called with it."""
    for option in (option for value in call.arguments for option in value.alternatives()):
        if isinstance(option, Function):
            call.machine.run(option, call.with_arguments((handle,), {}))


def _wrapped(call: Call) -> Value:
    """`execute(sql, params, many, context)`, as Django gives it to a wrapper: what the caller executes passes through it."""
    given = call.argument(0, "sql")
    return execute(call, given) if given is not None and not isinstance(given, Unknown) else UNKNOWN


def selected(call: Call, otherwise: str = "sqlalchemy-core") -> Value:
    """`select(…)`, `session.query(…)`: each entity may be any of several models."""
    found = [models for value in call.positional if (models := models_in(value, call))]
    plain = len(call.positional) != 1 or len(found) != 1
    ways = list(islice(product(*found), MAX_COMBINATIONS))
    calls = (*called_in(call.arguments), *called_by_text(call.arguments, call.machine.libraries.dialect))
    live = otherwise == "sqlalchemy-orm"
    if live:
        run_functions(call, calls)
    return join(
        Query(models, "sqlalchemy-orm" if models else otherwise, plain=plain, calls=calls, live=live) for models in ways
    )


def models_in(value: Value, call: Call) -> list[Model]:
    """The models that a query's entity may stand for; none if it is a column."""
    found = [_model_in(option, call) for option in value.alternatives()]
    return [model for model in found if model is not None]


def _model_in(value: Value, call: Call) -> Model | None:
    match value:
        case Model():
            return value
        case Class():
            return call.machine.libraries.model_of(value)
        case Table(name=name):
            return Model(None, name, "sqlalchemy-orm")
        case External(last=last) | Unknown(hint=last) if (
            last[:1].isupper() and getattr(value, "root", "") not in _TYPES
        ):
            return Model(last, None, "sqlalchemy-orm")  # of a package out of sight
    return None


_TYPES = frozenset({"sqlalchemy", "builtins", "django", "typing"})
"""Packages whose names in capitals are no models."""


def targets_of(value: Value, call: Call) -> dict[tuple[str | None, ...], str | None]:
    """The tables that objects lie in, with their model: each that they may be of."""
    element = value.element() if isinstance(value, Sequence) else value
    return _targets(element.alternatives(), call)


def _targets(options: Iterable[Value], call: Call) -> dict[tuple[str | None, ...], str | None]:
    found: dict[tuple[str | None, ...], str | None] = {}
    for option in options:
        table, name = named_target(option, call.machine)
        model = option.model if isinstance(option, Row) else option
        model = call.machine.libraries.model_of(model) if isinstance(model, Class) else model
        tables = tuple(tables_of(model)) if isinstance(model, Model) else (table,)
        if (table, name) != (None, None):
            found.setdefault(tables, name)
    return found or {(None,): None}


def add(call: Call, given: Value) -> None:
    """`session.add(object)`: new objects are inserted; loaded ones are only attached again."""
    several = isinstance(given, Sequence)
    options = [option for one in given.each() for option in one.alternatives()] if several else given.alternatives()
    fresh = [one for one in options or [UNKNOWN] if not _is_attached(one, several=several)]
    rows = given.from_rows or any(option.from_rows for option in fresh)
    for tables, model in _targets(fresh, call).items() if fresh else ():
        record(
            call,
            OperationKind.INSERT_VALUES,
            how="sqlalchemy-orm",
            tables=tables,
            model=model,
            from_rows=rows,
            pending=True,
        )


def _is_attached(value: Value, *, several: bool) -> bool:
    if isinstance(value, Row):
        return not value.new
    return isinstance(value, Unknown) and value.from_rows and not several


def bulk(call: Call, name: str, first: Value) -> None:
    rows = any(value.from_rows for value in call.arguments)
    kind = _BULK[name]
    element = first.element() if isinstance(first, Sequence) else first
    if name == "bulk_save_objects" and isinstance(element, Row) and not element.new:
        kind = OperationKind.UPDATE
    for tables, model in targets_of(first, call).items():
        record(call, kind, how="sqlalchemy-orm", tables=tables, model=model, from_rows=rows)
