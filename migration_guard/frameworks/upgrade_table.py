"""Upgrade tables, as mautrix has them: functions that `@upgrade_table.register(…)` collects, each given a connection.

sqlite-migrate's `@migration()` is the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_guard.frameworks.bindings import bindings, text_of
from migration_guard.later import re
from migration_guard.operations import Direction

if TYPE_CHECKING:
    from pathlib import PurePath

    from migration_guard.reading.migration import Migration

WORDS = (b".register(", b"sqlite_migrate")
_REGISTERED = re.compile(
    r"^[ \t]*@\s*(?:\w+\.)*(?:table|\w*upgrades?|\w*migrations?|\w+_table)\.(?:register|upgrade|migration)\b",
    re.MULTILINE,
)


def recognises(path: PurePath, source: bytes) -> bool:
    if path.suffix != ".py" or b"@" not in source:
        return False
    if b"sqlite_migrate" in source:
        bound = bindings(source)
        return bound is not None and bound.imports("sqlite_migrate") and any(_is_way(one) for _, one in bound.functions)
    if b"register" not in source or not _REGISTERED.search(text_of(source)):
        return False
    found = bindings(source)
    return found is None or any(_is_way(first) for _, first in found.functions)


def enter(migration: Migration) -> None:
    migration.load()
    migration.blocks_are_functions = True
    text = migration.source.text
    ours = b"sqlite_migrate" in migration.bytes
    for name, function in migration.functions().items():
        if re.search(rf"@[\w.]+(?:\([^@]*?\))?\s*(?:async\s+)?def\s+{re.escape(name)}\b", text):
            migration.run_function(function, Direction.UPGRADE, "sqlite_utils" if ours else "connection")


def _is_way(name: str | None) -> bool:
    return name in ("conn", "connection", "db", "cur", "cursor", "tx", "session")
