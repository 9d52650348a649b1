"""peewee-migrate and peewee-moves: `migrate(migrator, database)` and `rollback(migrator, database)`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migration_guard.frameworks.bindings import bindings, text_of
from migration_guard.operations import Direction

if TYPE_CHECKING:
    from pathlib import PurePath

    from migration_guard.reading.migration import Migration

WORDS = (b"migrator",)
_DEFINED = re.compile(r"^\s*def\s+(?:migrate|rollback|upgrade|downgrade)\s*\(\s*migrator\b", re.MULTILINE)
_ENTRIES = {
    "migrate": Direction.UPGRADE,
    "upgrade": Direction.UPGRADE,
    "rollback": Direction.DOWNGRADE,
    "downgrade": Direction.DOWNGRADE,
}


def recognises(path: PurePath, source: bytes) -> bool:
    if path.suffix != ".py" or b"migrator" not in source:
        return False
    found = bindings(source)
    if found is None:
        return bool(_DEFINED.search(text_of(source)))
    return any(name in _ENTRIES and first == "migrator" for name, first in found.functions)


def enter(migration: Migration) -> None:
    migration.load()
    migration.id = migration.path.stem
    for name, direction in _ENTRIES.items():
        migration.run_entry(name, direction, "migrator", "database")
