"""dbdeploy: `001_name.sql` or `1 name.sql` in a folder of deltas; what stands behind `--//@UNDO` takes it back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePath

from migration_guard.frameworks.sql.part import Part, is_the_custom
from migration_guard.later import re
from migration_guard.operations import Direction

_UNDO = re.compile(r"^--//@UNDO[ \t\r]*$", re.MULTILINE)
_NUMBERED = re.compile(r"^\d+\D.*\.sql$", re.IGNORECASE)
_OF_OTHERS = "migrations"
"""Where files of other tools lie, to which the marker is a remark."""


def recognises(path: Path, source: bytes) -> bool:
    is_named = bool(_NUMBERED.match(path.name)) and path.parent.name != _OF_OTHERS
    return is_named and b"--//@UNDO" in source and is_the_custom(path, _UNDO)


def parts(path: PurePath, text: str) -> Iterator[Part]:  # noqa: ARG001 -- a tool's signature
    undo = _UNDO.search(text)
    yield Part(((0, undo.start() if undo else len(text)),), Direction.UPGRADE)
    if undo is not None:
        yield Part(((undo.end(), len(text)),), Direction.DOWNGRADE)
