"""What is known of a table before its data change is moved: told by the migrations, and used for what a batch needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType

from migration_guard.lean import dataclass


class CannotMove(Exception):
    """A data change that stays where it is; the message says why, and what can be done by hand."""


@dataclass(frozen=True, slots=True)
class Column:
    """What the migrations say of a column."""

    type: str | None = None
    """As SQL spells it; None where it is not known."""
    nullable: bool = True
    new: bool = False
    """Whether the very migration that is read has added it, with NULL in every row."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the migrations say of a table."""

    keys: tuple[str, ...] = ()
    """The columns of its primary key; none where it is not known."""
    columns: Mapping[str, Column] = field(default_factory=lambda: MappingProxyType({}))
    """By name, without quotes."""
    unique: tuple[tuple[str, ...], ...] = ()
    """Its other unique keys, which may hold NULL."""

    def column(self, name: str) -> Column:
        return self.columns.get(name, Column())


@dataclass(frozen=True, slots=True)
class Draft:
    """A data change as a backfill: the parts of its definition that are SQL."""

    table: str
    keys: tuple[str, ...]
    where: str
    update: str
    columns: tuple[str, ...]
    """Those that it writes; none for a DELETE."""
    names: frozenset[str]
    """Every table and column that it speaks of, in lower case."""
    target: str | None = None
    """The table that is written, if it is another."""
    notes: tuple[str, ...] = ()
    """What its author should know."""
    fills: bool = False
    """Of what a function changes: whether it only fills columns that the migration adds, or that are NULL in all of its rows."""


@dataclass(frozen=True, slots=True)
class Touched:
    """What a statement writes, and what it speaks of, in lower case."""

    table: str
    columns: frozenset[str] | None
    """Those that an UPDATE writes; None stands for whole rows."""
    names: frozenset[str]
    """Every table and column that it speaks of."""
    reads: frozenset[str]
    """The tables that it reads, besides the rows that it changes."""
    adds: bool = False
    """Whether it is an INSERT."""

    def independent_of(self, other: Touched) -> bool:
        """Whether the order of the two does not matter."""
        return self._leaves_alone(other) and other._leaves_alone(self)

    def _leaves_alone(self, other: Touched) -> bool:
        if self.table not in other.names:
            return True
        if self.columns is not None:
            return not self.columns & other.names
        return self.table not in other.reads and not self.adds and not other.adds
