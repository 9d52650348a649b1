"""What the database computes by itself: functions that a statement calls, expressions of columns, constraints and indexes."""

from __future__ import annotations

from collections.abc import Iterable

from migration_guard.interpreter.collections import Sequence
from migration_guard.interpreter.text import Piece, Text
from migration_guard.interpreter.values import Value
from migration_guard.lean import dataclass
from migration_guard.libraries.database import Expression


@dataclass(frozen=True, slots=True, eq=False)
class Called(Expression):
    """`func.name(…)`: a function of the database, which runs once it is selected or executed."""

    name: str = ""
    within: tuple[str, ...] = ()
    """The functions that its arguments call."""

    @property
    def key(self) -> object:
        return ("called", self.name, self.within)

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.within)


@dataclass(frozen=True, slots=True, eq=False)
class Computing(Expression):
    """A column, a constraint or an index with expressions of SQL that the database computes for each row that is there."""

    texts: tuple[Text, ...] = ()

    @property
    def key(self) -> object:
        return ("computing", tuple(text.key for text in self.texts))


def computed_by(values: Iterable[Value]) -> tuple[Text, ...]:
    """The expressions in values that are given to such a thing: texts that may call something, functions, others such things."""
    found: list[Text] = []
    for option in (option for value in values for option in value.alternatives()):
        match option:
            case Text() if "(" in str(option) or not option.known:
                found.append(option)
            case Called(name=name, within=within):
                found += [Text((Piece(f"{one}()"),)) for one in (name, *within)]
            case Computing(texts=texts):
                found += texts
            case Sequence():
                found += computed_by(option.each())
    return tuple(dict.fromkeys(found))
