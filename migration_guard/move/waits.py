"""Later migrations that take away what a backfill still needs: each gets a gate, and waits for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from migration_guard.discover import Candidate
from migration_guard.files import Unreadable, read_source
from migration_guard.interpreter.syntax import Refused
from migration_guard.lean import dataclass
from migration_guard.move.later import FRAMEWORKS, Change
from migration_guard.move.lineage import Lineage
from migration_guard.move.piece import Piece
from migration_guard.move.schema import Schema
from migration_guard.rewriting.gates import gated
from migration_guard.rewriting.reached import CannotRemove
from migration_guard.sql.backfill import CannotMove


@dataclass(frozen=True, slots=True)
class Waiting:
    """A migration that follows, and what it takes away."""

    path: Path
    before: bytes
    what: str
    """A table, or `table.column`."""
    django: bool

    def change(self, known: Change | None, keys: Sequence[str]) -> Change:
        """The migration with its gate; `known` is what becomes of it otherwise. Raises CannotRemove and Refused."""
        text = known.after if known is not None else self.before
        return Change(self.path, self.before, gated(self.path, text, keys, django=self.django))


def waiting_for(candidate: Candidate, pieces: Sequence[Piece], schema: Schema) -> tuple[Waiting, ...]:
    """Find the migrations that have to wait for backfills. Raises CannotMove where one cannot."""
    taken = {path: what for piece in pieces for path, what in _taken(piece, schema)}
    if not taken:
        return ()
    django = candidate.framework == "django"
    lineage = Lineage(candidate.path, candidate.root, django=django)
    behind: dict[Path, str] = {}
    for path, what in taken.items():
        if candidate.framework not in FRAMEWORKS or not (
            lineage.follows(path, candidate.path)
            or lineage.follows(candidate.path, path)
            or lineage.is_instead(path, candidate.path)
        ):
            raise CannotMove(
                f"{what} is dropped or renamed in {path.name}, and which of the two runs first is not said; leave it where it is"
            )
        if lineage.follows(path, candidate.path):
            behind[path] = what
    first = (path for path in behind if not any(lineage.follows(path, other) for other in behind))
    return tuple(_waiting(path, behind[path], django=django) for path in first)


def with_gates(waiting: Iterable[Waiting], changes: Iterable[Change], keys: Sequence[str]) -> Mapping[Path, Change]:
    """Put gates into migrations, of which some are changed already."""
    every = {change.path: change for change in changes}
    for one in waiting:
        every[one.path] = one.change(every.get(one.path), keys)
    return every


def _taken(piece: Piece, schema: Schema) -> Iterator[tuple[Path, str]]:
    """The other migrations that drop or rename a table or a column of which a change may speak, each with one of these."""
    names = piece.drafted.names | piece.tables | {column.lower() for column in piece.drafted.columns}
    for path, table, column in schema.drops():
        tables = {table, *schema.models(table)}
        if tables & names and (not column or {column, f"{column}_id", column.removesuffix("_id")} & names):
            yield path, f"{table}.{column}" if column else table


def _waiting(path: Path, what: str, *, django: bool) -> Waiting:
    try:
        found = Waiting(path, read_source(path), what, django)
        found.change(None, ("key",))
    except (CannotRemove, Unreadable, Refused) as reason:
        why = reason.reason if isinstance(reason, Refused) else str(reason)
        raise CannotMove(
            f"{what} is dropped or renamed in {path.name}, which would have to wait for the backfill, and cannot: {why}; begin it with "
            "require_backfill by hand"
        ) from None
    return found
