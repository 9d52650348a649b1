"""South, Django's migrations before 1.7: `forwards(self, orm)` and `backwards(self, orm)` of a class `Migration`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migration_guard.operations import Direction

if TYPE_CHECKING:
    from pathlib import PurePath

    from migration_guard.reading.migration import Migration

_SOUTH = re.compile(rb"^(?:from|import)\s+south\b", re.MULTILINE)
_MIGRATION = re.compile(rb"^class\s+Migration\b", re.MULTILINE)


def recognises(path: PurePath, source: bytes) -> bool:
    return path.suffix == ".py" and b"south" in source and bool(_SOUTH.search(source) and _MIGRATION.search(source))


def enter(migration: Migration) -> None:
    migration.load()
    migration.id = migration.named_by_app()
    for name, direction in (("forwards", Direction.UPGRADE), ("backwards", Direction.DOWNGRADE)):
        migration.run_method("Migration", name, direction, (migration.south_orm,))
