"""Places in source that are located only when they are told: positions are dear, and most are never asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from migration_guard.interpreter.text import Text
from migration_guard.interpreter.values import Place
from migration_guard.operations import Span

if TYPE_CHECKING:
    from migration_guard.interpreter.syntax import Literal


@dataclass(frozen=True, slots=True)
class Spot:
    """A range of source that is located only when it is told."""

    path: Path
    key: tuple[object, ...]
    place: Place | None
    """A call or statement …"""
    first: tuple[Literal, int] | None = None
    """… or the characters of a statement in literals: its first, and its last."""
    last: tuple[Literal, int] | None = None

    def span(self) -> Span:
        if self.first is not None and self.last is not None:
            line, column = self.first[0].position(self.first[1])
            end_line, end_column = self.last[0].position(self.last[1])
            return Span(line, column, end_line, end_column + 1)
        assert self.place is not None
        line, column = self.place.source.start(self.place.node)
        return Span(line, column, *self.place.source.end(self.place.whole))


def spot_of(place: Place) -> Spot:
    place.source.want(place.node)
    place.source.want(place.whole)
    return Spot(place.source.path, (id(place.node),), place)


def spot_in_text(text: Text, start: int, verb_end: int, end: int) -> Spot | None:
    """The spot of a statement whose verb stands in one literal, else None."""
    first, verb = text.at(start), text.at(max(start, verb_end - 1))
    if first is None or verb is None or first[0] is not verb[0] or first[0].literal is None:
        return None
    for piece, _ in (first, text.at(end - 1) or first):
        if piece.literal is not None and piece.literal.source is not None and piece.literal.node is not None:
            piece.literal.source.want(piece.literal.node)
    last = text.at(end - 1)
    behind = (last[0].literal, last[1]) if last is not None and last[0].literal is not None else None
    if behind is None or behind[0].path != first[0].literal.path:
        behind = (first[0].literal, first[0].start + len(first[0].value.rstrip()) - 1)
    key = (id(first[0].literal.node) if first[0].literal.node is not None else first[0].literal.path, first[1])
    return Spot(first[0].literal.path, key, None, (first[0].literal, first[1]), behind)


@dataclass(slots=True, eq=False)
class Loop:
    """A loop that goes through a table in batches."""

    spot: Spot
    commits: bool = False
