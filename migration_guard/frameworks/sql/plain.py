"""Numbered files in a folder `migrations`, of whichever tool, and DbUp's `Script0001 - name.sql`: all that stands in them runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePath

from migration_guard.frameworks.sql.part import Part, whole
from migration_guard.later import re
from migration_guard.operations import Direction
from migration_guard.sight.folders import holds_ending
from migration_guard.sources import is_numbered

_OF_DBUP = re.compile(r"^Script\d{2,}\b")


def recognises(path: Path, source: bytes) -> bool:  # noqa: ARG001 -- a tool's signature
    """Only where no Python stands beside it: else a Python migration reads it."""
    numbered = is_numbered(path.name) and path.parent.name == "migrations"
    return (numbered and not holds_ending(path.parent, ".py")) or bool(_OF_DBUP.match(path.name))


def parts(path: PurePath, text: str) -> Iterator[Part]:  # noqa: ARG001 -- a tool's signature
    yield whole(text, Direction.UPGRADE)
