"""Numbered files in a folder `migrations`, of whichever tool, and DbUp's `Script0001 - name.sql`: all that stands in them runs.

So does all of one that has a tool's marker, where the files beside it have not: what it takes back is not believed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePath

from migration_guard.frameworks.sql.part import Part, runs_alone, whole
from migration_guard.later import re
from migration_guard.operations import Direction
from migration_guard.sight.folders import holds_ending
from migration_guard.sources import is_numbered

_OF_DBUP = re.compile(r"^Script\d{2,}\b")
_MARKED = re.compile(
    rb"^[ \t]*--[ \t]*(?:migrate:up|\+goose[ \t]+up|\+migrate[ \t]+up)\b", re.MULTILINE | re.IGNORECASE
)


def recognises(path: Path, source: bytes) -> bool:
    """Only where no Python stands beside it: else a Python migration reads it."""
    numbered = is_numbered(path.name) and path.parent.name == "migrations"
    return (numbered and not holds_ending(path.parent, ".py")) or bool(
        _OF_DBUP.match(path.name) or _MARKED.search(source)
    )


def parts(path: PurePath, text: str) -> Iterator[Part]:  # noqa: ARG001 -- a tool's signature
    yield whole(text, Direction.UPGRADE, transactional=not runs_alone(text))
