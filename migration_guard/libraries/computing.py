"""What the database computes by itself: functions that a statement calls, expressions of columns, constraints and indexes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from migration_guard.interpreter.collections import Mapping, Sequence
from migration_guard.interpreter.text import Piece, Text, concatenated, plain
from migration_guard.interpreter.values import Value
from migration_guard.lean import dataclass
from migration_guard.sql import Unknown as UnknownSql
from migration_guard.sql import read_sql

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine


class Calling(Value):
    """What may call functions of the database: a query, or a piece of SQL."""

    __slots__ = ()

    calls: tuple[str, ...] = ()
    """The functions that run once it is executed."""


@dataclass(frozen=True, slots=True, eq=False)
class Expression(Calling):
    """A piece of SQL built by a library that changes nothing: a column, a function, a condition."""

    composes = True

    @property
    def key(self) -> object:
        return "expression"

    def attribute(self, name: str, machine: Machine) -> Value:
        return self

    def method(self, name: str, call: Call) -> Value:
        return self if not (names := called_in(call.arguments)) else composed((*self.calls, *names))

    def call(self, call: Call) -> Value:
        return self.method("", call)

    def operated(self, operator: str, other: Value, call: Call) -> Value | None:
        names = called_in((self, other))
        return composed(names) if names else None


EXPRESSION = Expression()


@dataclass(frozen=True, slots=True, eq=False)
class Called(Expression):
    """A piece of SQL with functions of the database in it, such as `func.name(…) > 1`."""

    calls: tuple[str, ...] = ()

    @property
    def key(self) -> object:
        return ("called", self.calls)


def composed(names: Iterable[str]) -> Expression:
    """A piece of SQL that calls functions of these names."""
    every = tuple(dict.fromkeys(names))
    return Called(every) if every else EXPRESSION


@dataclass(frozen=True, slots=True, eq=False)
class Computing(Expression):
    """A column, a constraint or an index with expressions of SQL that the database computes for each row that is there."""

    texts: tuple[Text, ...] = ()

    @property
    def key(self) -> object:
        return ("computing", tuple(text.key for text in self.texts))


def called_in(values: Iterable[Value]) -> tuple[str, ...]:
    """The functions of the database that values call which are put together to a statement."""
    return tuple(dict.fromkeys(name for value in values for name in _called_in(value)))


def _called_in(value: Value) -> Iterator[str]:
    for option in value.alternatives():
        match option:
            case Calling():
                yield from option.calls
            case Sequence():
                yield from called_in(option.each())
            case Mapping():
                yield from called_in(option.values())


def called_by_text(values: Iterable[Value], dialect: str) -> tuple[str, ...]:
    """The functions that pieces of SQL in values call, as `select(text("f(a)"))` has them, and that the server does not bring."""
    found: dict[str, None] = {}
    for text in _texts_in(values):
        if "(" in str(text):
            query = concatenated([plain("SELECT "), text])
            steps = read_sql(str(query), query.holes, dialect=dialect)
            found |= dict.fromkeys(name for one in steps if isinstance(one, UnknownSql) for name in sorted(one.calls))
    return tuple(found)


def _texts_in(values: Iterable[Value]) -> Iterator[Text]:
    for option in (option for value in values for option in value.alternatives()):
        match option:
            case Text():
                yield option
            case Sequence():  # `select([text("f(a)")])`
                yield from _texts_in(option.each())


def computed_by(values: Iterable[Value]) -> tuple[Text, ...]:
    """The expressions in values that are given to such a thing: texts that may call something, functions, others such things."""
    found: list[Text] = []
    for option in (option for value in values for option in value.alternatives()):
        match option:
            case Text() if "(" in str(option) or not option.known:
                found.append(option)
            case Called(calls=calls):
                found += [Text((Piece(f"{one}()"),)) for one in calls]
            case Computing(texts=texts):
                found += texts
            case Sequence():
                found += computed_by(option.each())
    return tuple(dict.fromkeys(found))
