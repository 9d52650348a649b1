"""Piccolo: `forwards()` makes a `MigrationManager`, which is given functions for both ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_guard.frameworks.bindings import bindings, text_of
from migration_guard.later import re
from migration_guard.operations import Direction

if TYPE_CHECKING:
    from pathlib import PurePath

    from migration_guard.reading.migration import Migration

WORDS = (b"piccolo",)
_DEFINED = re.compile(r"^[^\S\n]*async\s+def\s+forwards\s*\(\s*\)", re.MULTILINE)


def recognises(path: PurePath, source: bytes) -> bool:
    if path.suffix != ".py" or b"piccolo" not in source or b"forwards" not in source:
        return False
    found = bindings(source)
    if found is None:
        return bool(_DEFINED.search(text_of(source)))
    return found.imports("piccolo") and "forwards" in found.names


def enter(migration: Migration) -> None:
    migration.load()
    migration.id = migration.text("ID") or migration.path.stem
    migration.run_entry("forwards", Direction.UPGRADE)
