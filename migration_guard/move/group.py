"""What goes together: a data change, and those after it in the migration that build on it, in their order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from migration_guard.filing import Checked
from migration_guard.findings import Finding
from migration_guard.lean import dataclass
from migration_guard.move.piece import Piece
from migration_guard.operations import Direction, Operation, OperationKind
from migration_guard.rewriting.removal import CannotRemove
from migration_guard.sql.backfill import CannotMove, touched


@dataclass(frozen=True, slots=True)
class Member:
    """One change of a group, and those of its group that must be complete before it begins."""

    piece: Piece
    after: tuple[int, ...]
    """By their places in the group."""


def others_of(one: Checked, operation: Operation) -> list[tuple[Finding, Operation]]:
    """The other data changes of the same migration that may run on the way up, each once, in the order of the file."""
    found: dict[Operation, Finding] = {}
    for finding in one.findings:
        other = finding.operation
        if other is None or other.kind is OperationKind.MARKER or other.direction is Direction.DOWNGRADE:
            continue
        if other.migration == operation.migration and other.span != operation.span and not _same_loop(other, operation):
            found.setdefault(other, finding)
    return sorted(((finding, other) for other, finding in found.items()), key=lambda pair: _place(pair[1]))


def twins_of(one: Checked, operation: Operation) -> tuple[Finding, ...]:
    """The findings of other assignments in the same loop, which is moved as a whole."""
    found = [f for f in one.findings if f.operation is not None and f.operation.span != operation.span]
    return tuple(f for f in found if f.operation is not None and _same_loop(f.operation, operation))


def _same_loop(one: Operation, other: Operation) -> bool:
    mine, theirs = one.rendition, other.rendition
    if mine is None or theirs is None or mine.loop is None:
        return False
    return (mine.loop, mine.sql, one.kind, one.tables) == (theirs.loop, theirs.sql, other.kind, other.tables)


def group_of(one: Checked, first: Piece, made: Callable[[Finding], Piece]) -> tuple[Member, ...]:
    """Give a change with all that follow and depend on it. Raises CannotMove if one of these has to stay."""
    members = [Member(first, ())]
    for finding, other in others_of(one, first.operation):
        if _place(other) < _place(first.operation):
            continue  # it stays where it is, and runs before: as it did
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


def _place(operation: Operation) -> tuple[tuple[int, int], ...]:
    """When an operation runs, among those of its migration: by the calls that lead to it, from the outside."""
    calls = operation.rendition.calls if operation.rendition is not None else ()
    places = [(call.line, call.column) for call in reversed(calls)]
    return (*places, (operation.span.line, operation.span.column))


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
