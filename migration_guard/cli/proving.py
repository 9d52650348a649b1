"""`move --prove`: runs what a move would hand over, beside what the migration does, on a scratch server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from migration_guard.move.plan import Move
from migration_guard.move.schema import Schema

if TYPE_CHECKING:
    from migration_guard.prove import Proof as ProofOf

_EXTRA = "the extra is not installed: pip install 'migration-guard[backfill]'"
Prover = Callable[[Move], "ProofOf"]


@contextmanager
def prover(url: str | None) -> Iterator[Prover]:
    """Give what proves moves, one after the other, on a server that is named or started for it."""
    try:
        from migration_guard.prove import Proof, prove  # noqa: PLC0415 -- only this needs a driver
        from migration_guard.prove.cases import case_of  # noqa: PLC0415
        from migration_guard.prove.server import NoServer, scratch  # noqa: PLC0415
    except ImportError:
        raise click.ClickException(f"--prove: {_EXTRA}") from None
    try:
        with scratch(url) as server:

            def proved(move: Move) -> Proof:
                if any(piece.function is not None for piece in move.pieces):
                    return Proof(None, "not proven: a function is run by the project's own models; try it on a copy")
                schema = Schema(move.migration, move.root)
                return prove(case_of(move), schema.facts, server)

            yield proved
    except NoServer as reason:
        raise click.ClickException(f"--prove: {reason}") from None
