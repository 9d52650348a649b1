"""SQLAlchemy's relationships: where they lead, and what changing a collection of related objects writes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from migration_guard.interpreter.classes import Class
from migration_guard.interpreter.collections import Sequence
from migration_guard.interpreter.functions import Function
from migration_guard.interpreter.slices import Slice
from migration_guard.interpreter.text import Text, plain
from migration_guard.interpreter.values import NONE, UNKNOWN, Constant, External, Unknown, Value, join
from migration_guard.libraries.database import Field, Model, Query, Relationship, Row, Statement, Table, record
from migration_guard.libraries.execution import execute
from migration_guard.operations import OperationKind

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine
    from migration_guard.libraries import Libraries

_ADDS = frozenset({"append", "add", "extend", "insert", "add_all"})
_REMOVES = frozenset({"remove", "clear", "pop", "discard"})
_CHANGES = _ADDS | _REMOVES | frozenset({"update", "setdefault", "popitem", "sort", "reverse", "changed"})
"""Methods of a list, a dictionary or a set that change it."""
_OF_QUERIES = frozenset({"update", "delete"})
"""What a relationship that is a query (`lazy="dynamic"`) does to its rows."""
_READS = frozenset({"filter", "filter_by", "all", "order_by", "join", "select"})


BASES = frozenset({"sqlalchemy.orm.declarative_base()", "sqlalchemy.orm.automap_base()", "flask_sqlalchemy.Model"})
"""Bases of models that are no classes in sight, and know their models all the same."""
VALIDATES = "sqlalchemy.orm.validates()"
"""The decorator of what is asked of each value that an attribute is given."""


def tables_of(model: Model) -> list[str | None]:
    """The tables that an object lies in: of joined inheritance also those of the classes above."""
    found = [model.table]
    for cls in model.cls.lineage() if model.cls is not None and model.orm == "sqlalchemy-orm" else ():
        named = cls.scope.get("__tablename__")
        if isinstance(named, Text) and named.known and not any(_is_of(table, str(named)) for table in found):
            found.append(str(named))
    return found


def _is_of(table: str | None, name: str) -> bool:
    return table is not None and table.rpartition(".")[2] == name


def table_of(model: Model, name: str) -> str | None:
    """The one of them that holds an attribute."""
    lineage = model.cls.lineage() if model.cls is not None and model.orm == "sqlalchemy-orm" else []
    holder = next((place for place, cls in enumerate(lineage) if name in cls.scope.names), 0)
    for cls in lineage[holder:] if holder else ():
        named = cls.scope.get("__tablename__")
        if isinstance(named, Text) and named.known:
            return str(named)
    return model.table


def validated(row: Row, name: str, value: Value, machine: Machine) -> None:
    """Run what the model's class asks of a value that an attribute is given."""
    cls = row.model.cls if row.model is not None else None
    if cls is None:
        return
    for label in [label for one in cls.lineage() for label in one.scope.names]:
        found = cls.lookup(label)
        if isinstance(found, Function) and found.wrapper == VALIDATES:
            machine.call_plainly(found.bind(row), plain(name), value)


def relationship(call: Call) -> Relationship:
    named = call.named.get("backref") or call.named.get("back_populates")
    there: bool | None = False
    if isinstance(named, Relationship):  # backref("children", …)
        there = named.orphans
        named = named.target
    other_side = str(named) if isinstance(named, Text) and named.known else ""
    target, between = call.argument(0, "argument") or UNKNOWN, call.argument(1, "secondary")
    return Relationship(target, other_side, between, _orphans(call), there)


def _orphans(call: Call) -> bool | None:
    cascade = call.named.get("cascade", UNKNOWN if call.open else NONE)
    if isinstance(cascade, Text) and cascade.known:
        return "delete-orphan" in str(cascade)
    return False if cascade is NONE else None


def field_of(row: Row, name: str, libraries: Libraries) -> Field | None:
    """The attribute of an object where a relationship says what it is, from either side."""
    model = row.model
    if model is None or model.cls is None:
        return None
    own = model.cls.lookup(name)
    if isinstance(own, Relationship):
        target, between = _target(own, model.cls, libraries), _secondary(own, model.cls, libraries)
        return Field(row, name, target, between, own.orphans)
    if own is None:
        for cls, theirs in _relationships(model.cls, libraries):
            leads_here = _target(theirs, cls, libraries)
            if theirs.other_side == name and leads_here is not None and leads_here.key == model.key:
                between = _secondary(theirs, cls, libraries)
                return Field(row, name, libraries.model_of(cls), between, theirs.other_orphans)
    return None


def _target(relation: Relationship, cls: Class, libraries: Libraries) -> Model | None:
    target = _named(relation.target, cls, libraries)
    return next((libraries.model_of(one) for one in target.alternatives() if isinstance(one, Class)), None)


def _named(value: Value, cls: Class, libraries: Libraries) -> Value:
    """What a name in text, or a function, stands for."""
    if isinstance(value, Text) and value.known:
        name = str(value).rpartition(".")[2]
        registered = next((one for one in _mapped_beside(cls, libraries) if one.name == name), None)
        return registered or libraries.machine.module_attribute(cls.module, name)
    return value


def _secondary(relation: Relationship, cls: Class, libraries: Libraries) -> Table | None:
    if relation.secondary is None or relation.secondary is NONE:
        return None
    if isinstance(relation.secondary, Text) and relation.secondary.known:
        return Table(str(relation.secondary))
    table = _named(relation.secondary, cls, libraries)
    return table if isinstance(table, Table) else Table(None)


def _mapped_beside(cls: Class, libraries: Libraries) -> Iterator[Class]:
    """The classes under the same base: that is a class, or made by `declarative_base()`."""
    waiting = [ancestor for ancestor in cls.lineage() if not any(isinstance(base, Class) for base in ancestor.bases)]
    if cls in waiting:
        waiting += libraries.mapped
    seen: set[int] = set()
    while waiting:
        one = waiting.pop(0)
        if id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += one.children


def _relationships(cls: Class, libraries: Libraries) -> Iterator[tuple[Class, Relationship]]:
    for one in _mapped_beside(cls, libraries):
        for name in one.scope.names:
            value = one.scope.get(name)
            if isinstance(value, Relationship):
                yield one, value


def collection_method(field: Field, name: str, call: Call) -> Value:
    """`row.children.append(…)` and the like."""
    if field.tracked and name in _CHANGES:
        call.machine.libraries.row_assign(field.row, field.name, UNKNOWN, call.place)
        return Unknown(name, from_rows=True)
    if name in _OF_QUERIES and field.leads_to_rows and not _rows_given(call):
        return Query((field.related,) if field.related else (), "sqlalchemy-orm", plain=False).method(name, call)
    name = "extend" if name == "update" and field.leads_to_rows else name  # of a set
    if name in _ADDS | _REMOVES and (field.related is not None or field.secondary is not None):
        _changed(field, name, call)
        return NONE
    if name in _ADDS and field.may_relate:
        given = join(value.element() if isinstance(value, Sequence) else value for value in call.positional)
        rows = [option for option in given.alternatives() if isinstance(option, Row)]
        for row in rows:
            _changed(replace(field, related=row.model), name, call)
        if not rows:
            model = field.row.model
            owner = f"{model.name}.{field.name}" if model is not None and model.name else field.name
            record(call, OperationKind.INSERT_VALUES, how="sqlalchemy-orm", model=owner, pending=True)
        return NONE
    if name in _READS:
        return Query((field.related,) if field.related else (), "sqlalchemy-orm", plain=field.related is None)
    return Unknown(name, from_rows=field.from_rows)


def item_written(field: Field, key: Value, value: Value | None, call: Call) -> None:
    """`row.children[key] = …`, `row.children[:] = …`, `del row.children[key]`: objects are added, or no longer there."""
    if value is not None and value.elements() != []:
        _changed(field, "append", call.with_arguments((value,), {}))
    if value is None or isinstance(key, Slice):
        _changed(field, "remove", call)


def _changed(field: Field, name: str, call: Call) -> None:
    related, between = field.related, field.secondary
    model = related.name if related is not None else None

    def tell(kind: OperationKind, tables: list[str | None]) -> None:
        record(call, kind, how="sqlalchemy-orm", tables=tables, model=model, pending=True)

    kind = OperationKind.INSERT_VALUES if name in _ADDS else OperationKind.DELETE
    own = [related.table] if related is not None else []
    if between is not None:
        tell(kind, [between.name, *(own if name in _ADDS and _gives_new(call) else ())])
    elif name in _ADDS:
        rows = _rows_given(call)
        there = bool(rows) and all(row.flag("new") is False for row in rows)
        tell(OperationKind.UPDATE if there else kind, own)
    else:
        if field.orphans is not True:
            tell(OperationKind.UPDATE, own)
        if field.orphans is not False:
            tell(kind, own)


def _gives_new(call: Call) -> bool:
    """Whether an argument is an object that is not in the database yet."""
    return any(row.new for row in _rows_given(call))


def _rows_given(call: Call) -> list[Row]:
    """The objects among the arguments, and in what they hold."""
    values = [value.element() if isinstance(value, Sequence) else value for value in call.positional]
    return [option for value in values for option in value.alternatives() if isinstance(option, Row)]


class Listener(Value):
    """`@event.listens_for(…)`: what stands below it is run when the event happens."""

    __slots__ = ("everywhere",)

    def __init__(self, *, everywhere: bool) -> None:
        self.everywhere = everywhere
        """Whether every statement may be such an event, and not only what is done with one class."""

    @property
    def key(self) -> object:
        return ("listener", self.everywhere)


def listener(target: Value | None) -> Listener:
    """What listens to something: to a class of engines or sessions, or to one of them, it hears what migrations do."""
    options = target.alternatives() if target is not None else ()
    return Listener(everywhere=any(one.handle or (isinstance(one, External) and is_wide(one.last)) for one in options))


def is_wide(name: str) -> bool:
    return name.rstrip("()") in {
        "Engine",
        "AsyncEngine",
        "Connection",
        "Session",
        "Pool",
        "sessionmaker",
        "scoped_session",
    }


def listened(target: Value, call: Call, *, everywhere: bool) -> None:
    """A function that hears what the migration does is run by it; one that hears what an application does is not told."""
    machine = call.machine
    if everywhere or machine.scope.module is machine.module:
        given = machine.call(target, replace(call, positional=(), named={}, open=True))
        given.consumed()
        for option in given.alternatives():  # with `retval=True`: the statement that is executed instead
            instead = option.item(Constant(0)) if isinstance(option, Sequence) else option
            for one in instead.alternatives():
                if isinstance(one, Statement) or (isinstance(one, Text) and one.pieces and not one.pieces[0].hole):
                    execute(call, one)


def map_class(call: Call) -> Value:
    """`registry.map_imperatively(cls, table)`, `mapper(cls, table)`."""
    cls, table = call.argument(0, "class_"), call.argument(1, "local_table")
    if isinstance(cls, Class):
        cls.model = (Model(cls.name, table.name if isinstance(table, Table) else None, "sqlalchemy-orm", cls),)
    return UNKNOWN
