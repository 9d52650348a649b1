"""Graphile Migrate: `committed/000001.sql`, which begins with `--! Previous:`, and `current.sql` or `current/`. Nothing goes back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePath

from migration_guard.frameworks.sql.part import Part, whole
from migration_guard.later import re
from migration_guard.operations import Direction
from migration_guard.sight.folders import is_folder

_HEAD = re.compile(rb"\A(?:\xef\xbb\xbf)?--! ?(?:Previous|Hash|Message)\s*:", re.IGNORECASE)
_COMMITTED, _CURRENT = "committed", "current"


def recognises(path: Path, source: bytes) -> bool:
    if _HEAD.match(source):
        return True
    home = path.parent.parent if path.parent.name == _CURRENT else path.parent
    is_current = _CURRENT in {path.parent.name, path.stem}
    return is_current and is_folder(home / _COMMITTED)


def parts(path: PurePath, text: str) -> Iterator[Part]:  # noqa: ARG001 -- a tool's signature
    yield whole(text, Direction.UPGRADE)
