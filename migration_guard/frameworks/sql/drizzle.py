"""Drizzle: SQL files beside `meta/_journal.json`, or below `drizzle.config.ts`. There is no way down."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePath

from migration_guard.frameworks.sql.part import Part, above, whole
from migration_guard.later import re
from migration_guard.operations import Direction
from migration_guard.sight.folders import is_file

_JOURNAL = Path("meta") / "_journal.json"
_CONFIGURATIONS = tuple(f"drizzle.config.{ending}" for ending in ("ts", "mts", "js", "mjs", "json"))
_NUMBERED = re.compile(r"^\d{4,}_\w+\.sql$")


def recognises(path: Path, source: bytes) -> bool:  # noqa: ARG001 -- a tool's signature
    if is_file(path.parent / _JOURNAL):
        return True
    return bool(_NUMBERED.match(path.name)) and any(above(path, one) for one in _CONFIGURATIONS)


def parts(path: PurePath, text: str) -> Iterator[Part]:  # noqa: ARG001 -- a tool's signature
    yield whole(text, Direction.UPGRADE)
