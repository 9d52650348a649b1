"""Places in source that are located only when they are told: positions are dear, and most are never asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from migration_guard.interpreter.text import Text
from migration_guard.interpreter.values import Place
from migration_guard.lean import dataclass
from migration_guard.operations import Span

if TYPE_CHECKING:
    from migration_guard.interpreter.syntax import Literal


_MOST_ENDS = 20
"""Literals of a statement that are tried for its end."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A range of source that is located only when it is told."""

    path: Path
    key: tuple[object, ...]
    place: Place | None
    """A call or statement …"""
    first: tuple[Literal, int] | None = None
    """… or the characters of a statement in literals: its first, and its last."""
    last: tuple[tuple[Literal, int], ...] = ()
    """Where it may end: behind its last character, or, where that is a variable's, behind one before it."""

    def span(self) -> Span:
        if self.first is not None:
            begin = self.first[0].position(self.first[1])
            return Span(*begin, *next(self._ends(begin), (begin[0], begin[1] + 1)))
        assert self.place is not None
        line, column = self.place.source.start(self.place.node)
        return Span(line, column, *self.place.source.end(self.place.whole))

    def _ends(self, begin: tuple[int, int]) -> Iterator[tuple[int, int]]:
        """The ends that lie neither before the beginning nor, in the same file, behind the call."""
        call = self.place
        limit = call.source.end(call.whole) if call is not None and call.source.path == self.path else None
        for literal, offset in self.last:
            line, column = literal.position(offset)
            if (line, column) >= begin and (limit is None or limit < begin or (line, column) < limit):
                yield line, column + 1


def spot_of(place: Place) -> Spot:
    return Spot(place.source.path, (id(place.node),), place)


def spot_in_text(text: Text, start: int, verb_end: int, end: int, call: Place) -> Spot | None:
    """The spot of a statement whose verb stands in one literal, else None; `call` executes it."""
    first, verb = text.at(start), text.at(max(start, verb_end - 1))
    if first is None or verb is None or first[0] is not verb[0] or first[0].literal is None:
        return None
    ends = list(_ends(text, start, end, first[0].literal.path))
    if text.at(end - 1) is None or not ends:
        ends = [(first[0].literal, first[0].start + len(first[0].value.rstrip()) - 1)]
    key = (id(first[0].literal.node) if first[0].literal.node is not None else first[0].literal.path, first[1])
    return Spot(first[0].literal.path, key, call, (first[0].literal, first[1]), tuple(ends))


def _ends(text: Text, start: int, end: int, path: Path) -> Iterator[tuple[Literal, int]]:
    """The last characters of the literals of one file between two offsets, the last first."""
    position, found = 0, []
    for piece in text.pieces:
        stop = position + len(piece.value)
        if (
            position < end
            and stop > start
            and piece.literal is not None
            and not piece.hole
            and piece.literal.path == path
        ):
            value = piece.value[: end - position]
            length = len(value) if stop >= end else len(value.rstrip()) or len(value)
            found.append((piece.literal, piece.start + length - 1))
        position = stop
    return iter(found[: -_MOST_ENDS - 1 : -1])


@dataclass(slots=True, eq=False)
class Loop:
    """A loop that goes through a table in batches."""

    spot: Spot
    node: int = 0
    """The `id` of its statement."""
    commits: bool = False
