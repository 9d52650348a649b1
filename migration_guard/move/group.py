"""What goes together: a data change, and those after it in the migration that build on it, in their order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from migration_guard.filing import Checked
from migration_guard.findings import Finding
from migration_guard.lean import dataclass
from migration_guard.move.others import beside, others_of, place_of, spans_of
from migration_guard.move.piece import Piece
from migration_guard.move.schema import Schema
from migration_guard.operations import Operation, OperationKind, Rendition
from migration_guard.rewriting.reached import CannotRemove
from migration_guard.rewriting.removal import Migration
from migration_guard.rewriting.spoken import Beside, words_behind
from migration_guard.sql.backfill import CannotMove, Touched, touched
from migration_guard.sql.names import bare

HAS_TO_STAY = "line {line} builds on it or reads what it changes ({table}), and has to stay: {reason}"


@dataclass(frozen=True, slots=True)
class Member:
    """One change of a group, and those of its group that must be complete before it begins."""

    piece: Piece
    after: tuple[int, ...]
    """By their places in the group."""


def group_of(one: Checked, first: Piece, migration: Migration, made: Callable[[Finding], Piece]) -> tuple[Member, ...]:
    """Give a change with all that follow and depend on it. Raises CannotMove if one of these has to stay."""
    members = [Member(first, ())]
    order = Order(migration, Schema(one.candidate.path, one.candidate.root))
    others = others_of(one, first.operation)
    for finding, other in others:
        if place_of(other) < place_of(first.operation) or any(other in member.piece.also for member in members):
            continue  # it stays where it is, and runs before, as it did; or it goes with one of them
        after = tuple(index for index, member in enumerate(members) if not order.is_free(member.piece, other))
        if not after:
            continue
        try:
            members.append(Member(made(finding), after))
        except (CannotMove, CannotRemove) as reason:
            raise CannotMove(HAS_TO_STAY.format(line=other.span.line, table=other.target, reason=reason)) from None
    taken = {operation for member in members for operation in (member.piece.operation, *member.piece.also)}
    told = {other for _, other in others}
    for other in beside(one, first.operation):  # what no rule tells of stays where it is
        if other in taken | told or place_of(other) < place_of(first.operation):
            continue
        if not all(order.is_free(member.piece, other) for member in members):
            raise CannotMove(
                f"line {other.span.line} builds on it or reads what it changes ({other.target}), and has to stay"
            )
    return tuple(members)


@dataclass(frozen=True, slots=True)
class Order:
    """Which changes of a migration may change places."""

    migration: Migration
    schema: Schema

    def is_free(self, piece: Piece, other: Operation) -> bool:
        """Whether the order of a change and one that follows it does not matter."""
        mine, theirs = (_touched(said) for said in (piece.rendition, other.rendition))
        if mine is not None and theirs is not None:
            return theirs.independent_of(mine)
        if not other.tables or any(self._speaks_of(piece, table) for table in other.tables):
            return False
        return not self._is_asked_for(piece, other)

    def _speaks_of(self, piece: Piece, table: str) -> bool:
        """Whether a change may come to the rows of a table, by its name, its model's, or what leads there."""
        names = {*self.schema.models(table), *self.schema.accessors(table)}
        return piece.speaks_of(table) or (piece.function is not None and bool(names & piece.drafted.names))

    def beside(self, other: Operation) -> Beside:
        """What may ask for the rows that another change of the migration makes."""
        known = bool(other.tables) and other.kind is not OperationKind.DELETE  # rows of other tables may go with them
        return Beside(tuple(spans_of(other)), self._names_of(other.tables) if known else None)

    def _names_of(self, tables: Sequence[str]) -> frozenset[str]:
        """By which words tables are spoken of: their own, those of models, those of what leads to their rows."""
        names = {name for table in tables for name in (bare(table).lower(), *self.schema.models(table))}
        ends = {"_".join(parts[at:]) for name in names for parts in (name.split("_"),) for at in range(len(parts))}
        return frozenset(ends | {name for table in tables for name in self.schema.accessors(table)})

    def _is_asked_for(self, piece: Piece, other: Operation) -> bool:
        """Whether a change that follows may ask for what is written."""
        calls = other.rendition.calls if other.rendition is not None else ()
        words = words_behind(self.migration, calls)
        apps = {word.partition("_")[0] for word in piece.models}
        words |= {f"{app}_{word}" for app in apps for word in words}
        names = {bare(piece.written), *piece.others, *piece.models}
        names |= {name for table in (piece.written, *piece.others) for name in self.schema.accessors(table)}
        columns = {
            part for column in piece.drafted.columns for part in (column.lower(), column.lower().removesuffix("_id"))
        }
        return bool(words & names) and (not columns or bool(words & columns))


def _touched(said: Rendition | None) -> Touched | None:
    try:
        return touched(said.sql) if said is not None and said.sql else None
    except CannotMove:
        return None


def keys_before(group: Sequence[Member], keys: Sequence[str]) -> list[tuple[str, ...]]:
    """For each member, the keys that it has to wait for."""
    return [tuple(keys[index] for index in member.after) for member in group]
