"""peewee-migrate and peewee-moves: `migrate(migrator, database)` and `rollback(migrator, database)`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_guard.frameworks.bindings import bindings, text_of
from migration_guard.later import re
from migration_guard.operations import Direction

if TYPE_CHECKING:
    from pathlib import PurePath

    from migration_guard.reading.migration import Migration

WORDS = (b"migrator",)
_DEFINED = re.compile(r"^[^\S\n]*def\s+(?:migrate|rollback|upgrade|downgrade)\s*\(\s*migrator\b", re.MULTILINE)
_NUMBERED = re.compile(r"^\d{3,}_\w+\.py$")
_ENTRIES = {
    "migrate": Direction.UPGRADE,
    "upgrade": Direction.UPGRADE,
    "rollback": Direction.DOWNGRADE,
    "downgrade": Direction.DOWNGRADE,
}


def recognises(path: PurePath, source: bytes) -> bool:
    if path.suffix != ".py" or not (b"migrator" in source or (b"def migrate" in source and _NUMBERED.match(path.name))):
        return False
    found = bindings(source)
    if found is None:
        return bool(_DEFINED.search(text_of(source)))
    if any(name in _ENTRIES and first == "migrator" for name, first in found.functions):
        return True
    numbered = _NUMBERED.match(path.name) and (found.imports("peewee") or b"fake" in source)
    return bool(numbered) and any(name in ("migrate", "rollback") and first for name, first in found.functions)


def enter(migration: Migration) -> None:
    migration.load()
    migration.id = migration.path.stem
    for name, direction in _ENTRIES.items():
        migration.run_entry(name, direction, "migrator", "database")
