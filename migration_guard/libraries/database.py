"""Values that stand for databases: handles, tables, models, rows, queries, statements."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from migration_guard.interpreter.classes import Class
from migration_guard.interpreter.collections import Mapping, Sequence
from migration_guard.interpreter.flow import Store
from migration_guard.interpreter.slices import Slice
from migration_guard.interpreter.spot import Spot, spot_of
from migration_guard.interpreter.text import Piece, Text, plain
from migration_guard.interpreter.values import (
    NONE,
    UNKNOWN,
    Choice,
    Constant,
    External,
    Method,
    Place,
    Unknown,
    Value,
    join,
)
from migration_guard.later import Later, re
from migration_guard.lean import dataclass
from migration_guard.libraries.computing import EXPRESSION, Calling, Expression, composed
from migration_guard.libraries.handles import OF_HANDLE, is_data
from migration_guard.operations import OperationKind
from migration_guard.rendition import Rendered

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine
    from migration_guard.rendition import core
else:
    core = Later("migration_guard.rendition.core")  # for who moves a change

HANDLE_NAME = re.compile(
    r"(?:^|_)(?:conn|connection|cursor|cur|curs|session|sess|engine|bind|db|database|op|tx|trans|cr)\d?$", re.IGNORECASE
)
"""Variables, parameters and fields whose name says that they are a way to the database."""

_LOOPED = {
    OperationKind.INSERT_VALUES: OperationKind.INSERT_LOOP,
    OperationKind.UPSERT_VALUES: OperationKind.INSERT_LOOP,
}


def record(
    call: Call,
    kind: OperationKind,
    *,
    how: str,
    spot: Spot | None = None,
    tables: Iterable[str | None] = (),
    anywhere: tuple[str, ...] = (),
    cased: tuple[str, ...] = (),
    model: str | None = None,
    text: str | None = None,
    dynamic: bool = False,
    from_rows: bool = False,
    callee: str | None = None,
    pending: bool = False,
    written: str | None = None,
    rendered: Callable[[], str | Rendered] | None = None,
    loose: bool = False,
    beyond: bool = False,
) -> None:
    """Tell the ledger of a data change. Rows that were read from the database make an insert a copy."""
    machine = call.machine
    known = tuple(table for table in tables if table)
    if how != "sql":  # whose reader tells it
        for change in machine.libraries.functions.changes(machine.libraries.functions.fired(kind, known)):
            record(call, change.kind, how="sql", spot=spot, tables=change.tables, dynamic=change.dynamic, text=text)
    if from_rows or machine.row_loops:
        kind = _LOOPED.get(kind, kind)
    machine.ledger.change(
        kind,
        spot if spot is not None else spot_of(call.place),
        call.place,
        machine.frames,
        how=how,
        tables=list(known),
        anywhere=anywhere,
        cased=cased,
        model=model,
        text=text,
        dynamic=dynamic,
        callee=callee,
        pending=pending,
        written=written,
        rendered=rendered,
        loose=loose,
        beyond=beyond,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Relationship(Expression):
    """SQLAlchemy's `relationship("Target", …)` in the body of a model."""

    target: Value = UNKNOWN
    other_side: str = ""
    """The attribute that it gives to the target."""
    secondary: Value | None = None
    """The table between, of many-to-many."""
    orphans: bool | None = False
    """Whether what is taken out of it is deleted; None where that is not known."""
    other_orphans: bool | None = False
    """The same of the other side."""


@dataclass(frozen=True, slots=True, eq=False)
class Tracked(Expression):
    """A column of SQLAlchemy's whose value is a list or a dictionary of which each change is written: `MutableDict`."""


@dataclass(frozen=True, slots=True)
class Handle(Value):
    """A way to the database: a connection, session, cursor or engine. They differ too little to keep apart."""

    kind: str
    lent: bool = False
    """Whether it was given by who runs the migration, and who goes on with it: what is pending is written then."""
    of: Class | None = None
    """The class of the repository that it is said to be of."""
    session: object = None
    """What tells it apart from others, in a file of backfills."""

    handle = True

    @property
    def key(self) -> object:
        return ("handle", self.kind, self.lent, self.of.key if self.of is not None else None, self.session)

    def attribute(self, name: str, machine: Machine) -> Value:
        if name in _ALSO_HANDLES:
            return self
        if name == "dialect":
            return Catalogue(name)
        if is_data(name):
            return Unknown(name, source=OF_HANDLE)
        if name == "introspection":
            return Catalogue(name, from_rows=True)
        if name == "identity_map" and self._is_session:
            return Mapping(rest=_held_row(), from_rows=True)
        if name in ("new", "dirty", "deleted") and self._is_session:
            return Sequence((), _held_row(), from_rows=True)
        if name == "ops":
            return Writer()
        if name == "Model":  # Flask-SQLAlchemy's `db.Model`
            return External("flask_sqlalchemy.Model")
        if name == "Entity":  # Pony's `db.Entity`
            return External("pony.orm.core.Entity")
        if name == "Database":  # Django's `connection.Database`: the module of its driver
            return External("psycopg")
        return Part(self, name)

    def method(self, name: str, call: Call) -> Value:
        return call.machine.libraries.handle_method(self, name, call)

    def item(self, key: Value) -> Value:
        return Part(self, str(key) if isinstance(key, Text) else "")

    def element(self) -> Value:
        """`for row in session`: the objects that a session holds; of a cursor one of its rows."""
        return _held_row() if self._is_session else Value.element(self)

    @property
    def _is_session(self) -> bool:
        return "session" in self.kind.lower()

    def call(self, call: Call) -> Value:
        return call.machine.libraries.called_handle(self, call)


def opened(call: Call, handle: Value) -> Value:
    """A way to a database that the migration makes for itself: by the same address it is the same."""
    said = {
        name: str(one) if isinstance(one, Text) and one.known else None
        for name, one in (*enumerate(call.positional), *call.named.items())
    }
    address = frozenset(said.items())
    is_known = bool(said) and None not in said.values() and not call.open
    call.machine.ledger.open(address if is_known else (spot_of(call.place).key, address))
    return handle


_ALSO_HANDLES = frozenset(
    "connection engine bind session driver_connection dbapi_connection raw_connection sync_session sync_connection sync_engine".split()
)


@dataclass(frozen=True, slots=True, eq=False)
class Part(Method):
    """What a handle has under a name, or that has in turn: a method, or something with methods, such as a collection of documents."""

    receiver: Handle | Part

    @property
    def owner(self) -> Handle:
        """The handle that it is a part of."""
        return self.receiver.owner if isinstance(self.receiver, Part) else self.receiver

    def attribute(self, name: str, machine: Machine) -> Value:
        return Part(self, name)

    def item(self, key: Value) -> Value:
        return Part(self, str(key) if isinstance(key, Text) else "")

    def method(self, name: str, call: Call) -> Value:
        return call.machine.libraries.part_method(self, name, call)


@dataclass(frozen=True, slots=True)
class Catalogue(Unknown):
    """An inspector, a dialect, Django's `introspection`: they look up what the database says of its tables."""

    def method(self, name: str, call: Call) -> Value:
        if name.startswith("do_"):  # a dialect's own way to execute
            call.leave(self)
        return Unknown(name, from_rows=self.from_rows)


@dataclass(frozen=True, slots=True)
class Table(Value):
    """A table, by name; None where the name is not known."""

    name: str | None
    columns: tuple[str, ...] = ()

    @property
    def key(self) -> object:
        return ("table", self.name)

    def attribute(self, name: str, machine: Machine) -> Value:
        if name == "name":
            return Text((Piece(self.name),)) if self.name else Unknown(name)
        if name in ("c", "columns", "metadata", "primary_key", "indexes", "constraints", "foreign_keys"):
            return EXPRESSION
        return Method(self, name)

    def method(self, name: str, call: Call) -> Value:
        match name:
            case "update" | "insert" | "delete":
                return Statement(
                    _CORE[name], (self.name,), None, spot_of(call.place), "sqlalchemy-core", values_from_rows(call)
                )
            case "create":
                checked = call.argument(1, "checkfirst")
                certain = checked is None or checked.truth is False
                call.machine.ledger.create(self.name, spot_of(call.place), certain=certain)
                call.machine.ledger.schema(spot_of(call.place), f"create {self.name}", on=(), stack=call.machine.frames)
                return NONE
            case "create_column" if call.positional:  # sqlalchemy-migrate's
                return call.positional[0].method("create", call.with_arguments((self,), {}))
            case "drop":
                call.machine.ledger.drop(self.name)
                return NONE
            case "alias":
                return self
            case "select":
                return Query()
            case "to_metadata" | "tometadata":
                return self
        return EXPRESSION


_CORE = {
    "update": OperationKind.UPDATE,
    "insert": OperationKind.INSERT_VALUES,
    "delete": OperationKind.DELETE,
    "merge": OperationKind.MERGE,
}
CORE_VERBS = frozenset(_CORE)


def values_from_rows(call: Call) -> bool:
    return any(value.from_rows for value in call.arguments)


def statement_on(target: Value, verb: str, call: Call, how: str = "sqlalchemy-core") -> Value:
    """`update(target)` and the like: a Statement on a table or model."""
    made: list[Value] = []
    for option in target.alternatives():
        table, model = named_target(option, call.machine)
        made.append(Statement(_CORE[verb], (table,), model, spot_of(call.place), how))
    return made[0] if len(made) == 1 else Choice(tuple(made))


def named_target(value: Value, machine: Machine) -> tuple[str | None, str | None]:
    """(table, model) of whatever may be written to."""
    match value:
        case Table(name=name):
            return name, None
        case Model():
            return value.table, value.name
        case Row(model=model) | Field(row=Row(model=model)):
            return (model.table, model.name) if model else (None, None)
        case Text() if value.known:
            return str(value), None
        case Class():
            model = machine.libraries.model_of(value)
            return (model.table, model.name) if model else (None, value.name)
    return None, None


@dataclass(frozen=True, slots=True, eq=False)
class Statement(Value):
    """A DML statement that a library built and that changes something once it is executed."""

    kind: OperationKind
    tables: tuple[str | None, ...]
    model: str | None
    spot: Spot
    how: str
    from_rows: bool = False

    @property
    def key(self) -> object:
        return (self.kind, self.tables, self.spot.key, self.from_rows)

    def attribute(self, name: str, machine: Machine) -> Value:
        return self if name in ("string", "statement", "c", "columns") else Method(self, name)

    def method(self, name: str, call: Call) -> Value:
        match name:
            case "from_select" | "insert_from":
                return replace(self, kind=OperationKind.INSERT_SELECT)
            case "on_conflict_do_update" | "on_duplicate_key_update" | "on_conflict_replace":
                return (
                    replace(self, kind=OperationKind.UPSERT_VALUES)
                    if self.kind is OperationKind.INSERT_VALUES
                    else self
                )
            case "execute" | "run" | "exec" | "execute_sql" | "update_batch" | "delete_batch":
                self.executed(call, None)
                return Query()
            case "values" | "params":
                return replace(self, from_rows=self.from_rows or values_from_rows(call))
        return self

    def executed(self, call: Call, parameters: Value | None) -> None:
        rows = self.from_rows or (parameters is not None and parameters.from_rows)
        record(
            call,
            self.kind,
            how=self.how,
            spot=self.spot,
            tables=self.tables,
            model=self.model,
            from_rows=rows,
            rendered=(lambda: core.executed(call)) if self.how == "sqlalchemy-core" else None,
        )


def written_within(call: Call) -> Statement | None:
    """A change that a query has within it: `select(delete(table).returning(…).cte())`."""
    for option in (option for value in call.arguments for option in value.alternatives()):
        inner = option.receiver if isinstance(option, Method) else option
        if isinstance(inner, Statement):
            return inner
    return None


@dataclass(frozen=True, slots=True, eq=False)
class Model(Value):
    """A class whose objects are rows."""

    is_type = True

    name: str | None
    """`app.Model` in Django, else the class's name."""
    table: str | None
    orm: str
    cls: Class | None = None
    real: bool = False
    """Whether it is a class of a package out of sight, whose methods may do anything; migrations' own models have none."""

    handle = True

    @property
    def key(self) -> object:
        return ("model", self.name, self.table)

    def attribute(self, name: str, machine: Machine) -> Value:
        return machine.libraries.model_attribute(self, name)

    def method(self, name: str, call: Call) -> Value:
        return call.machine.libraries.model_method(self, name, call)

    def element(self) -> Value:
        return Row(self)

    def item(self, key: Value) -> Value:
        return Row(self)

    def call(self, call: Call) -> Value:
        if self.orm == "pony":  # an object that is made is in the database when the session ends
            record(call, OperationKind.INSERT_VALUES, how=self.orm, tables=(self.table,), model=self.name)
            return Row(self)
        row = Row(self, new=True, from_rows=values_from_rows(call))
        if {"pk", "id"} & call.named.keys():
            row.write("keyed", Constant(value=True))
        return row


class Row(Store, Value):
    """An object of a model: loaded from the database, or new."""

    __slots__ = ("from_rows", "model")

    handle = True
    readable = True

    def __init__(self, model: Model | None, *, new: bool = False, from_rows: bool = True) -> None:
        super().__init__()
        self.model = model
        self.from_rows = from_rows
        self.write("new", Constant(new))

    @property
    def key(self) -> object:
        return id(self)

    def shape(self, depth: int) -> object:
        return ("row", self.model.key if self.model is not None else None, self.flag("new"), self.flag("dirty"))

    @property
    def new(self) -> bool:
        """Whether it surely is not in the database yet."""
        return self.flag("new") is True

    def flag(self, name: str) -> bool | None:
        """`new`; `dirty`, if an assignment to it was told already. None: on some paths."""
        found = self.read(name)
        return found.truth if isinstance(found, Value) else False

    def attribute(self, name: str, machine: Machine) -> Value:
        return machine.libraries.row_attribute(self, name)

    def assign(self, name: str, value: Value, machine: Machine, place: Place) -> None:
        machine.libraries.row_assign(self, name, value, place)

    def method(self, name: str, call: Call) -> Value:
        return call.machine.libraries.row_method(self, name, call)


def _held_row() -> Row:
    """An object that a session of SQLAlchemy's holds."""
    return Row(Model(None, None, "sqlalchemy-orm"))


_TOLD_RELATIONS = frozenset({"django-orm", "sqlalchemy-orm"})
"""Mappers that say what is a relation; of others a field that is gone over may lead to rows."""
OF_RELATIONS = frozenset(
    "add set remove clear create update delete get_or_create update_or_create bulk_create bulk_update append extend "
    "filter exclude all aadd aset aremove aclear acreate aupdate adelete aget_or_create aupdate_or_create".split()
)
"""Methods of what leads to related rows."""


@dataclass(frozen=True, slots=True, eq=False)
class Field(Value):
    """An attribute of a row: a plain value, a related row, or a manager of related rows."""

    is_made = True
    readable = True

    row: Row
    name: str
    related: Model | None = None
    """The model on the other side, where it is known."""
    secondary: Table | None = None
    """SQLAlchemy's table between, of many-to-many."""
    orphans: bool | None = None
    """Whether what is taken out of a relationship is deleted, where that is known."""

    @property
    def key(self) -> object:
        return (id(self.row), self.name)

    def shape(self, depth: int) -> object:
        return ("field", self.row.shape(depth), self.name)

    @property
    def from_rows(self) -> bool:  # type: ignore[override]
        return not self.row.new or self.row.from_rows

    @property
    def orm(self) -> str:
        return self.row.model.orm if self.row.model else "django-orm"

    def resolved(self, machine: Machine) -> Field:
        """With the model on the other side, as far as Django's migrations tell it: that takes reading them."""
        if self.related is not None or self.row.model is None or self.orm != "django-orm":
            return self
        return replace(self, related=machine.libraries.django.related(self.row.model, self.name))

    def attribute(self, name: str, machine: Machine) -> Value:
        if name in OF_RELATIONS:
            return Method(self, name)
        related = self.resolved(machine).related
        if related is not None:
            return machine.libraries.row_attribute(Row(related), name)
        return Field(self.row, f"{self.name}.{name}")

    def assign(self, name: str, value: Value, machine: Machine, place: Place) -> None:
        if self.related is not None or self.may_relate:
            machine.libraries.row_assign(self.related_row(), name, value, place)

    def item_written(self, key: Value, value: Value | None, machine: Machine, place: Place) -> None:
        machine.libraries.field_item_written(self, key, value, place)

    @property
    def tracked(self) -> bool:
        """Whether it is a column that tells of its changes: what is put into it is written, as what is assigned to it."""
        return isinstance(self._declared, Tracked)

    @property
    def _declared(self) -> Value | None:
        """What the class of the model, where it is in sight, has under the name."""
        model = self.row.model
        return model.cls.lookup(self.name) if model is not None and model.cls is not None else None

    @property
    def inert(self) -> bool:  # type: ignore[override]
        """Whether it surely is a plain column."""
        return self.related is None and self.secondary is None and not self.may_relate

    @property
    def may_relate(self) -> bool:
        """Whether an object of SQLAlchemy may lead to others here: unless its class says that it is a column."""
        model = self.row.model
        if model is None or model.orm != "sqlalchemy-orm" or "." in self.name:
            return False
        own = self._declared
        return own is None or isinstance(own, Relationship)

    @property
    def leads_to_rows(self) -> bool:
        """Whether it surely is a relationship."""
        return self.related is not None or self.secondary is not None or isinstance(self._declared, Relationship)

    def related_row(self) -> Row:
        """An object on the other side."""
        return Row(self.related or Model(None, None, self.orm))

    def method(self, name: str, call: Call) -> Value:
        return call.machine.libraries.field_method(self, name, call)

    def call(self, call: Call) -> Value:
        """A method of the row that was looked up before."""
        return self.row.method(self.name, call) if "." not in self.name else call.leave(self)

    def element(self) -> Value:
        if self.related is not None or self.may_relate or self.orm not in _TOLD_RELATIONS:
            return self.related_row()
        return Unknown(self.name, from_rows=self.from_rows)


@dataclass(frozen=True, slots=True, eq=False)
class Query(Calling):
    """Rows to be read: a queryset, a manager, a session's query, a SELECT, a result."""

    entities: tuple[Model, ...] = ()
    orm: str = "sqlalchemy-core"
    plain: bool = True
    """Whether its rows are tuples or dictionaries and no objects of the model."""
    manager: Class | None = None
    """The class of a custom manager or queryset, whose methods can be followed."""
    guessed: str | None = None
    """The model's name, where the relation only suggests it."""
    calls: tuple[str, ...] = ()
    live: bool = False
    """Whether it is a session's, which runs as soon as its rows are asked for."""

    from_rows = True

    @property
    def handle(self) -> bool:  # type: ignore[override]
        return self.orm == "django-orm" and not self.plain

    @property
    def key(self) -> object:
        return ("query", tuple(model.key for model in self.entities), self.plain, self.guessed, self.calls, self.live)

    @property
    def model(self) -> Model | None:
        return self.entities[0] if self.entities else None

    def attribute(self, name: str, machine: Machine) -> Value:
        if name == "model" and self.model is not None:
            return self.model
        if name in ("c", "columns"):
            return composed(self.calls)
        if name == "query" and self.orm == "django-orm":
            return Inner(self, name)
        if name == "items" and self.orm == "sqlalchemy-orm":  # of a page of Flask-SQLAlchemy's
            return self
        return Method(self, name)

    def method(self, name: str, call: Call) -> Value:
        return call.machine.libraries.query_method(self, name, call)

    def element(self) -> Value:
        if not self.plain and len(self.entities) == 1:
            return Row(self.entities[0])
        if self.entities and self.orm != "django-orm":
            return Record([Row(model) for model in self.entities], from_rows=True)
        return Unknown("row", from_rows=True)

    def item(self, key: Value) -> Value:
        return self if isinstance(key, Slice) else self.element()

    def operated(self, operator: str, other: Value, call: Call) -> Value | None:
        """`rows | others`, `rows & others`: a queryset of the same model."""
        return self if operator in _SET_OPERATORS else None


@dataclass(frozen=True, slots=True, eq=False)
class Inner(Method):
    """`queryset.query`: Django's own description of it, of which an UPDATE or a DELETE can be made."""

    receiver: Query

    def method(self, name: str, call: Call) -> Value:
        if name in ("chain", "clone") and call.arguments:
            return call.machine.libraries.chained(self.receiver, call)
        return Method.method(self, name, call)


@dataclass(frozen=True, slots=True, eq=False)
class Writer(Expression):
    """Django's `connection.ops`, which only writes SQL down, but for one method."""

    def method(self, name: str, call: Call) -> Value:
        if name == "execute_sql_flush":
            record(call, OperationKind.DML_CALL, how="helper", callee=name)
        return Expression.method(self, name, call)


_SET_OPERATORS = frozenset({"__or__", "__and__", "__xor__", "__ior__", "__iand__", "__ixor__"})


class Record(Sequence):
    """A row of a result that holds objects of models: `row[0]`, `row.Lead`, `row._mapping[Lead]`."""

    __slots__ = ()

    def attribute(self, name: str, machine: Machine) -> Value:
        for value in self.known:
            if isinstance(value, Row) and value.model is not None and value.model.name == name:
                return value
        if name == "_mapping":
            return self._entries()
        return self if name in ("_tuple", "_t", "t", "tuple", "_data") else Unknown(name, from_rows=True)

    def method(self, name: str, call: Call) -> Value:
        if name in ("_tuple", "tuple"):
            return self
        return self._entries() if name == "_asdict" else super().method(name, call)

    def _entries(self) -> Mapping:
        """Its objects by the names of their classes, or by what else is asked for."""
        named = [
            (plain(row.model.name or ""), row) for row in self.known if isinstance(row, Row) and row.model is not None
        ]
        return Mapping({name.key: (name, row) for name, row in named}, join(self.known), from_rows=True)

    def item(self, key: Value) -> Value:
        return join(self.known) if isinstance(key, Unknown) else super().item(key)


def empties(*values: Value | None) -> Mapping:
    """A dictionary of unknown keys whose values look like these."""
    known = [value for value in values if value is not None]
    return Mapping(rest=known[0] if known else None, from_rows=True)
