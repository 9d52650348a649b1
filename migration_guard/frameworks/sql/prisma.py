"""Prisma: `migrations/20240101120000_name/migration.sql`, and a `down.sql` that people run by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePath

from migration_guard.frameworks.sql.part import Part, whole
from migration_guard.later import re
from migration_guard.operations import Direction
from migration_guard.sight.folders import is_file

_FOLDER = re.compile(r"^\d+_")
_LOCK = "migration_lock.toml"


def recognises(path: Path, source: bytes) -> bool:  # noqa: ARG001 -- a tool's signature
    if path.name not in {"migration.sql", "down.sql"}:
        return False
    is_numbered = path.name == "migration.sql" and bool(_FOLDER.match(path.parent.name))
    return is_numbered or is_file(path.parent.parent / _LOCK)


def parts(path: PurePath, text: str) -> Iterator[Part]:
    down = path.name == "down.sql" and is_file(Path(path).with_name("migration.sql"))
    yield whole(text, Direction.DOWNGRADE if down else Direction.UPGRADE)
