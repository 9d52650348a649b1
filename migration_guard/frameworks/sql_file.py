"""Migrations that are SQL files, of the tools that `frameworks/sql/` knows."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from migration_guard.frameworks.sql import PLAIN, sqitch, tool, tool_of
from migration_guard.later import re
from migration_guard.operations import Direction
from migration_guard.sources import is_sql

if TYPE_CHECKING:
    from migration_guard.reading.migration import Migration

WORDS: tuple[bytes, ...] = ()
_WAY = re.compile(r"\.(?:up|down|rollback)$")
_NAMELESS = frozenset({"migration", "up", "down"})
"""Files that are called after their folder."""


def recognises(path: PurePath, source: bytes) -> bool:
    is_text = is_sql(path.name) or (path.suffix != ".py" and sqitch.is_script(path))
    return is_text and tool_of(Path(path), source) is not None


def enter(migration: Migration) -> None:
    path = migration.path
    migration.id = path.parent.name if path.stem in _NAMELESS else _WAY.sub("", path.stem)
    text = migration.whole_text()
    found = list((tool_of(path, migration.bytes) or tool(PLAIN)).parts(path, str(text)))
    for direction in (Direction.UPGRADE, Direction.DOWNGRADE):
        migration.execute(text, [part for part in found if part.direction is direction], direction)
