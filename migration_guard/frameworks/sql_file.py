"""Migrations that are SQL files: dbmate (`-- migrate:down`), `.up.sql` and `.down.sql`, Flyway, yoyo, numbered ones."""

from __future__ import annotations

import re
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from migration_guard.operations import Direction

if TYPE_CHECKING:
    from migration_guard.reading.migration import Migration

_DOWN = re.compile(
    r"^[ \t]*--[ \t]*(?:migrate:down|\+goose[ \t]+Down|!Downs|rollback\b).*$", re.MULTILINE | re.IGNORECASE
)
_UP = re.compile(rb"^[ \t]*--[ \t]*(?:migrate:up|\+goose[ \t]+Up)\b", re.MULTILINE | re.IGNORECASE)
_NAMED = re.compile(r"(?:\.up|\.down|\.rollback)\.sql$|^[VU]\d[\w.]*__.*\.sql$", re.IGNORECASE)
_NUMBERED = re.compile(r"^\d{3,}.*\.sql$")
_GOES_DOWN = re.compile(r"\.(?:down|rollback)\.sql$|^U\d[\w.]*__.*\.sql$", re.IGNORECASE)


def recognises(path: PurePath, source: bytes) -> bool:
    """A numbered file in `migrations` counts where no Python stands beside it: else a Python migration reads it."""
    if path.suffix.lower() != ".sql":
        return False
    if _UP.search(source) or _NAMED.search(path.name):
        return True
    numbered = bool(_NUMBERED.match(path.name)) and path.parent.name == "migrations"
    return numbered and not any(Path(path).parent.glob("*.py"))


def enter(migration: Migration) -> None:
    name = migration.path.name
    migration.id = re.sub(r"\.(?:up|down|rollback)$", "", migration.path.stem)
    text = migration.whole_text()
    down = _DOWN.search(str(text))
    if _GOES_DOWN.search(name):
        migration.execute(text, Direction.DOWNGRADE)
    elif down is None:
        migration.execute(text, Direction.UPGRADE)
    else:
        migration.execute(text.slice(0, down.start()), Direction.UPGRADE)
        migration.execute(text.slice(down.end(), len(str(text))), Direction.DOWNGRADE)
