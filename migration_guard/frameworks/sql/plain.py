"""Numbered files in a folder `migrations`, of whichever tool: all that stands in them runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePath

from migration_guard.frameworks.sql.part import Part, whole
from migration_guard.operations import Direction
from migration_guard.sight.folders import holds_ending

_NUMBERED = re.compile(r"^\d{3,}.*\.sql$", re.IGNORECASE)


def recognises(path: Path, source: bytes) -> bool:  # noqa: ARG001 -- a tool's signature
    """Only where no Python stands beside it: else a Python migration reads it."""
    numbered = bool(_NUMBERED.match(path.name)) and path.parent.name == "migrations"
    return numbered and not holds_ending(path.parent, ".py")


def parts(path: PurePath, text: str) -> Iterator[Part]:  # noqa: ARG001 -- a tool's signature
    yield whole(text, Direction.UPGRADE)
