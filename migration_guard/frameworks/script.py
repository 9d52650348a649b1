"""A plain script that migrates by hand: its module body runs, then every function that nothing in it calls."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from migration_guard.later import re
from migration_guard.operations import Direction

if TYPE_CHECKING:
    from migration_guard.reading.migration import Migration

WORDS: tuple[bytes, ...] = ()
GATED = True
_DOWN = re.compile(r"(?:^|_)(?:downgrade|rollback|revert|reverse|undo|backwards?|down)(?:_|$)", re.IGNORECASE)


def recognises(path: PurePath, source: bytes) -> bool:  # noqa: ARG001 -- a framework's signature
    """Scripts are never found by content: they are named in `paths` or on the command line."""
    return False


def enter(migration: Migration) -> None:
    migration.load(main=True)
    for function in migration.every_function():
        direction = Direction.DOWNGRADE if _DOWN.search(function.name) else Direction.UPGRADE
        migration.run_unless_reached(function, direction)
