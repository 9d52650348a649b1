"""A planned move as a case to be proven."""

from __future__ import annotations

from migration_guard.backfill import Backfill
from migration_guard.move.plan import Move
from migration_guard.prove import Case


def case_of(move: Move) -> Case:
    """Give the statements of a move, and the backfills that it defines."""
    backfills = []
    for piece, key, after in zip(move.pieces, move.keys, move.after_keys, strict=True):
        drafted = piece.drafted
        backfills.append(
            Backfill(
                key=key,
                table=drafted.table,
                target=drafted.target,
                key_columns=drafted.keys,
                where=drafted.where,
                update=drafted.update,
                after=after,
            )
        )
    return Case(tuple(piece.rendition.sql for piece in move.pieces), tuple(backfills))
