"""aerich: `upgrade(db)` and `downgrade(db)` give SQL, which is then executed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migration_guard.frameworks.bindings import bindings, text_of
from migration_guard.operations import Direction

if TYPE_CHECKING:
    from pathlib import PurePath

    from migration_guard.reading.migration import Migration

WORDS = (b"upgrade(",)
_DEFINED = re.compile(r"^async\s+def\s+upgrade\s*\(\s*\w+\s*:\s*BaseDBAsyncClient", re.MULTILINE)


def recognises(path: PurePath, source: bytes) -> bool:
    if path.suffix != ".py" or b"tortoise" not in source or b"upgrade" not in source:
        return False
    found = bindings(source)
    if found is None:
        return bool(_DEFINED.search(text_of(source)))
    return found.imports("tortoise") and "upgrade" in found.names and "Migration" not in found.names


def enter(migration: Migration) -> None:
    migration.load()
    migration.id = migration.path.stem
    migration.run_entry("upgrade", Direction.UPGRADE, "db", executes=True)
    migration.run_entry("downgrade", Direction.DOWNGRADE, "db", executes=True)
