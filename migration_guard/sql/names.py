"""Names of tables, and which of several a statement writes: the same question to a tree and to tokens."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from migration_guard.lean import dataclass


@dataclass(frozen=True, slots=True)
class Name:
    """A possibly qualified name, without quotes, or something of which a part is not known."""

    text: str
    dynamic: bool
    """Whether the last part of it is not known, which is the table's own name."""
    anywhere: bool = False
    """Whether only its schema is not known, which is then no part of the text."""

    @staticmethod
    def of(parts: Sequence[str], unknown: Sequence[bool]) -> Name:
        """A name of several parts."""
        if unknown[-1] or not any(unknown):
            return Name(".".join(parts), unknown[-1])
        return Name(parts[-1], dynamic=False, anywhere=True)

    @property
    def tables(self) -> tuple[str, ...]:
        return () if self.dynamic else (self.text,)

    @property
    def certain(self) -> bool:
        """Whether all of it is known."""
        return not (self.dynamic or self.anywhere)

    @property
    def last(self) -> str:
        """The part without schema, in lower case."""
        return self.text.rpartition(".")[2].lower()


@lru_cache(maxsize=4_000)
def plainly(word: str) -> Name:
    """The name that a single word is, all of which is known."""
    return Name(word, dynamic=False)


@dataclass(frozen=True, slots=True)
class Reference:
    """A table that a FROM, USING or UPDATE lists."""

    table: Name
    alias: str
    """In lower case; the table's own name where it has no other."""


def named(target: Name | None, references: Sequence[Reference]) -> Name | None:
    """The table for which a target stands, if it is an alias."""
    if target is None or "." in target.text or target.dynamic:
        return target
    return next((reference.table for reference in references if reference.alias == target.last), target)


def assigned(joined: Sequence[Reference], qualifiers: Sequence[str]) -> list[Name]:
    """The tables that an UPDATE of a join writes: those whose columns it assigns, the first if it does not say."""
    written = [
        reference.table
        for qualifier in qualifiers
        for reference in joined
        if qualifier in {reference.alias, reference.table.last}
    ]
    return written or [reference.table for reference in joined[:1]]


def bare(table: str) -> str:
    """A table's name without schema, quotes and case."""
    return table.rpartition(".")[2].strip('"`[]').lower()
