"""Synapse's deltas: `run_create(cur, engine)` and `run_upgrade(cur, engine, config)`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_guard.frameworks.bindings import bindings, text_of
from migration_guard.later import re
from migration_guard.operations import Direction

if TYPE_CHECKING:
    from pathlib import PurePath

    from migration_guard.reading.migration import Migration

WORDS = (b"run_create", b"run_upgrade")
_DEFINED = re.compile(r"^[^\S\n]*def\s+run_(?:create|upgrade)\s*\(\s*cur", re.MULTILINE)
_ENTRIES = ("run_create", "run_upgrade")


def recognises(path: PurePath, source: bytes) -> bool:
    if path.suffix != ".py" or (b"run_create" not in source and b"run_upgrade" not in source):
        return False
    found = bindings(source)
    if found is None:
        return bool(_DEFINED.search(text_of(source)))
    return any(name in _ENTRIES and (first or "").startswith("cur") for name, first in found.functions)


def enter(migration: Migration) -> None:
    migration.load()
    migration.id = f"{migration.path.parent.name}.{migration.path.stem}"
    for name in _ENTRIES:
        migration.run_entry(name, Direction.UPGRADE, "cur")
