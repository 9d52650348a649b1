"""aerich: `upgrade(db)` and `downgrade(db)` give SQL, which is then executed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_guard.frameworks.bindings import bindings, text_of
from migration_guard.later import re
from migration_guard.operations import Direction

if TYPE_CHECKING:
    from pathlib import PurePath

    from migration_guard.reading.migration import Migration

WORDS = (b"upgrade(",)
_NUMBERED = re.compile(r"^\d+_\w+\.py$")
_ASYNC = re.compile(r"^async\s+def\s+upgrade\s*\(\s*\w", re.MULTILINE)
_DEFINED = re.compile(r"^async\s+def\s+upgrade\s*\(\s*\w+\s*:\s*BaseDBAsyncClient", re.MULTILINE)


def _is_home(path: PurePath) -> bool:
    """Whether a file lies in `migrations/APP/`, with a number before its name."""
    return path.parent.parent.name == "migrations" and bool(_NUMBERED.match(path.name))


def recognises(path: PurePath, source: bytes) -> bool:
    if path.suffix != ".py" or b"upgrade" not in source or not (b"tortoise" in source or _is_home(path)):
        return False
    found = bindings(source)
    if found is None:
        return bool(_DEFINED.search(text_of(source)))
    ours = found.imports("tortoise") or (_is_home(path) and bool(_ASYNC.search(text_of(source))))
    return ours and "upgrade" in found.names and "Migration" not in found.names


def enter(migration: Migration) -> None:
    migration.load()
    migration.id = migration.path.stem
    migration.run_entry("upgrade", Direction.UPGRADE, "db", executes=True)
    migration.run_entry("downgrade", Direction.DOWNGRADE, "db", executes=True)
