"""Modules whose names begin with a number, each a migration: `upgrade(connection)` of caribou, `migrate(connection)` of mschematool.

Many an application has a runner of its own that calls them so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_guard.frameworks.bindings import bindings
from migration_guard.frameworks.numbered import HANDLES
from migration_guard.frameworks.out_of_scope import without_sql
from migration_guard.later import re
from migration_guard.operations import Direction

if TYPE_CHECKING:
    from pathlib import PurePath

    from migration_guard.reading.migration import Migration

WORDS = (b"def upgrade(", b"def migrate(", b"def up(")
_NAME = re.compile(r"^(?:[a-z]{0,9}_?)\d{3,}[\w.-]*\.py$|^[vm]\d+[_-][\w.-]+\.py$", re.IGNORECASE)
_HOME = re.compile(r"migrat|version|schema|upgrade|change|patch|delta|\bdb\b|database", re.IGNORECASE)
_WAYS = {
    **dict.fromkeys(("upgrade", "up", "migrate", "forward", "forwards"), Direction.UPGRADE),
    **dict.fromkeys(("downgrade", "down", "rollback", "backward", "backwards", "revert"), Direction.DOWNGRADE),
}
_AT_HOME = {
    **_WAYS,
    **dict.fromkeys(("run", "apply", "execute", "do", "main"), Direction.UPGRADE),
    "undo": Direction.DOWNGRADE,
}
"""What is called so anywhere may be something else; where migrations lie it is none."""


def recognises(path: PurePath, source: bytes) -> bool:
    if path.suffix != ".py" or b"def " not in source or not _NAME.match(path.name):
        return False
    found = bindings(source)
    if found is None or without_sql(source) is not None:
        return False
    ways = _ways(path)
    return any(name in ways and first in HANDLES for name, first in found.functions)


def enter(migration: Migration) -> None:
    migration.load()
    migration.id = migration.path.stem
    for name, direction in _ways(migration.path).items():
        if name in migration.functions():
            migration.run_entry(name, direction, "connection")


def _ways(path: PurePath) -> dict[str, Direction]:
    return _AT_HOME if _HOME.search(path.parent.name) else _WAYS
