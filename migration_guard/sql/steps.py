"""What reading SQL yields: one Step for each thing that a statement does, with its place in the text."""

from __future__ import annotations

from hashlib import sha256

from migration_guard.lean import dataclass
from migration_guard.operations import OperationKind


@dataclass(frozen=True, slots=True)
class Change:
    """Rows are written."""

    kind: OperationKind
    tables: tuple[str, ...]
    """Every table written, in order, as the text names it, without quotes; empty where a hole stands in its place."""
    start: int
    """Where the verb stands."""
    end: int
    """Where the statement of that verb ends, without its semicolon."""
    dynamic: bool = False
    """Whether the table, its schema, or the source of an INSERT, is put together while running."""
    anywhere: tuple[str, ...] = ()
    """The tables among them whose schema is not known."""
    around: str = ""
    """The form of what decides beside the statement itself which rows are written: WITH, a block, a function's body."""
    cased: tuple[str, ...] = ()
    """The tables among them whose names stand in quotes and have capitals."""
    through: tuple[str, ...] = ()
    """The names that stand in the text, where some are those of views, and the tables are what lies beneath."""


@dataclass(frozen=True, slots=True)
class Created:
    """A table comes into being; what is written to it later in the same migration finds it empty."""

    table: str
    temporary: bool
    start: int
    end: int
    certain: bool = True
    """Whether it is created whenever the statement around it is run: a block may decide otherwise."""
    until_commit: bool = False
    """Whether it goes when the transaction ends."""
    cased: bool = False
    """Whether its name stands in quotes and has capitals, so that it is another table than the name without quotes."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """A table goes."""

    table: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Renamed:
    """A table goes on under another name."""

    old: str
    new: str
    start: int
    end: int
    certain: bool = True
    """Whether it is renamed whenever the statement around it is run: a block may decide otherwise."""


@dataclass(frozen=True, slots=True)
class Doubted:
    """From here on a name need not mean the table that was created under it, or that table holds more than was put into it."""

    table: str | None
    """None where that goes for each of them."""
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class FunctionCreated:
    """A function or procedure comes into being: its changes happen when it is called, not here."""

    name: str
    changes: tuple[Change, ...]
    start: int
    end: int
    calls: frozenset[str] = frozenset()
    """The bare names of what its body calls, functions that are not known among them."""
    unknown: frozenset[str] = frozenset()
    """Those among them that may change rows, unless they are known by then."""


@dataclass(frozen=True, slots=True)
class Armed:
    """A trigger or rule comes into being: these verbs on a table run a function from then on."""

    table: str
    verbs: frozenset[str]
    function: str
    """Its name; that of a function of its own where the statements stand in the trigger or rule."""
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Viewed:
    """A view comes into being, or goes: what is written to it is written to the table beneath."""

    view: str
    table: str | None
    """None where it goes, or where no single table takes what is written to it."""
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Transaction:
    """A statement that opens, ends or divides a transaction."""

    verb: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Harmless:
    """A statement that is known not to write rows."""

    why: str
    schema: bool
    """Whether it changes the schema."""
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Unknown:
    """SQL is executed and its verb cannot be known."""

    why: str
    start: int
    end: int
    unclosed: bool = False
    """Whether a quote or comment begins here that never ends."""
    calls: frozenset[str] = frozenset()
    """The functions, by their bare names, that would have to be known."""


Step = (
    Change | Created | Doubted | Dropped | Renamed | FunctionCreated | Armed | Viewed | Transaction | Harmless | Unknown
)


def joined_forms(one: str, other: str) -> str:
    """Two forms that decide together; long ones as a digest."""
    both = one if one == other or not other else f"{one} IN {other}" if one else other
    return both if len(both) <= _LONG else f"#{sha256(both.encode(errors='surrogatepass')).hexdigest()}"


_LONG = 500
