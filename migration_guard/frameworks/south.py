"""South, Django's migrations before 1.7: `forwards(self, orm)` and `backwards(self, orm)` of a class `Migration`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_guard.frameworks.bindings import bindings, text_of
from migration_guard.later import re
from migration_guard.operations import Direction

if TYPE_CHECKING:
    from pathlib import PurePath

    from migration_guard.reading.migration import Migration

WORDS = (b"Migration",)
GATED = True
LOADED_BY_NAME = True
_SOUTH = re.compile(r"^[^\S\n]*(?:from|import)\s+south\b", re.MULTILINE)


def recognises(path: PurePath, source: bytes) -> bool:
    if path.suffix != ".py":
        return False
    text = text_of(source)
    if "south" not in text or "Migration" not in text:
        return False
    found = bindings(source)
    if found is None:
        return bool(_SOUTH.search(text))
    return found.imports("south") and "Migration" in found.names


def enter(migration: Migration) -> None:
    migration.load()
    migration.id = migration.named_by_app()
    for name, direction in (("forwards", Direction.UPGRADE), ("backwards", Direction.DOWNGRADE)):
        migration.run_method("Migration", name, direction, (migration.south_orm,))
