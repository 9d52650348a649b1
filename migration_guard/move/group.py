"""What goes together: a data change, and those after it in the migration that build on it, in their order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from migration_guard.filing import Checked
from migration_guard.findings import Finding
from migration_guard.lean import dataclass
from migration_guard.move.others import others_of, place_of
from migration_guard.move.piece import Piece
from migration_guard.operations import Operation
from migration_guard.rewriting.reached import CannotRemove
from migration_guard.sql.backfill import CannotMove, touched


@dataclass(frozen=True, slots=True)
class Member:
    """One change of a group, and those of its group that must be complete before it begins."""

    piece: Piece
    after: tuple[int, ...]
    """By their places in the group."""


def group_of(one: Checked, first: Piece, made: Callable[[Finding], Piece]) -> tuple[Member, ...]:
    """Give a change with all that follow and depend on it. Raises CannotMove if one of these has to stay."""
    members = [Member(first, ())]
    for finding, other in others_of(one, first.operation):
        if place_of(other) < place_of(first.operation) or any(other in member.piece.also for member in members):
            continue  # it stays where it is, and runs before, as it did; or it goes with one of them
        after = tuple(index for index, member in enumerate(members) if not _independent(member.piece, other))
        if not after:
            continue
        try:
            members.append(Member(made(finding), after))
        except (CannotMove, CannotRemove) as reason:
            raise CannotMove(
                f"line {other.span.line} builds on it or reads what it changes ({other.target}), and has to stay: {reason}"
            ) from None
    return tuple(members)


def _independent(piece: Piece, other: Operation) -> bool:
    """Whether the order of the two does not matter."""
    mine = touched(piece.rendition.sql) if piece.rendition.sql else None
    try:
        sql = other.rendition.sql if other.rendition is not None else ""
        theirs = touched(sql) if sql else None
    except CannotMove:
        theirs = None
    if mine is not None and theirs is not None:
        return theirs.independent_of(mine)
    return bool(other.tables) and not any(map(piece.speaks_of, other.tables))


def keys_before(group: Sequence[Member], keys: Sequence[str]) -> list[tuple[str, ...]]:
    """For each member, the keys that it has to wait for."""
    return [tuple(keys[index] for index in member.after) for member in group]
