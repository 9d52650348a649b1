"""sqlalchemy-migrate: `upgrade(migrate_engine)` and `downgrade(migrate_engine)` in a folder of versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_guard.frameworks.bindings import bindings, text_of
from migration_guard.later import re
from migration_guard.operations import Direction

if TYPE_CHECKING:
    from pathlib import PurePath

    from migration_guard.reading.migration import Migration

WORDS = (b"migrate_engine", b"upgrade(")
_DEFINED = re.compile(r"^[^\S\n]*def\s+(?:upgrade|downgrade)\s*\(\s*(?:migrate_)?engine\b", re.MULTILINE)
_NUMBERED = re.compile(r"^\d{3,}[_\w]*\.py$")


def recognises(path: PurePath, source: bytes) -> bool:
    numbered = bool(_NUMBERED.match(path.name)) and path.parent.name == "versions"
    if path.suffix != ".py" or b"upgrade" not in source or not (numbered or b"migrate_engine" in source):
        return False
    found = bindings(source)
    if found is None:
        return bool(_DEFINED.search(text_of(source)))
    first = next((first for name, first in found.functions if name == "upgrade"), "")
    if first == "migrate_engine":
        return True
    return (
        numbered
        and "upgrade" in found.names
        and bool(first)
        and (first == "engine" or found.imports("migrate") or found.imports("sqlalchemy"))
    )


def enter(migration: Migration) -> None:
    migration.load()
    migration.id = migration.path.stem
    migration.run_entry("upgrade", Direction.UPGRADE, "engine")
    migration.run_entry("downgrade", Direction.DOWNGRADE, "engine")
