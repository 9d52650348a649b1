"""Drizzle: SQL files beside `meta/_journal.json`. There is no way down."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePath

from migration_guard.frameworks.sql.part import Part, whole
from migration_guard.operations import Direction
from migration_guard.sight.folders import is_file

_JOURNAL = Path("meta") / "_journal.json"


def recognises(path: Path, source: bytes) -> bool:  # noqa: ARG001 -- a tool's signature
    return is_file(path.parent / _JOURNAL)


def parts(path: PurePath, text: str) -> Iterator[Part]:  # noqa: ARG001 -- a tool's signature
    yield whole(text, Direction.UPGRADE)
