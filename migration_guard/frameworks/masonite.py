"""Masonite and Orator: a class that inherits from their `Migration` or `Seeder`, with `up` and `down`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_guard.frameworks.bindings import bindings, text_of
from migration_guard.later import re
from migration_guard.operations import Direction

if TYPE_CHECKING:
    from pathlib import PurePath

    from migration_guard.reading.migration import Migration

WORDS = (b"Migration",)
_IMPORTED = re.compile(
    r"^[^\S\n]*from\s+(?:masoniteorm|masonite|orator)[\w.]*\s+import\s+.*\bMigration\b", re.MULTILINE
)
_PACKAGES = ("masoniteorm", "masonite", "orator")


def recognises(path: PurePath, source: bytes) -> bool:
    if path.suffix != ".py" or b"Migration" not in source or not any(one.encode() in source for one in _PACKAGES):
        return False
    found = bindings(source)
    if found is None:
        return bool(_IMPORTED.search(text_of(source)))
    named = "Migration" in found.imported or any(one.endswith(".migrations.Migration") for one in found.modules)
    return named and any(found.imports(one) for one in _PACKAGES)


def enter(migration: Migration) -> None:
    migration.load()
    migration.id = migration.path.stem
    migration.run_methods(_PACKAGES, {"up": Direction.UPGRADE, "down": Direction.DOWNGRADE})
