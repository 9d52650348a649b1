"""tern: `001_name.sql`; what stands behind `---- create above / drop below ----` takes back what stands before it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePath

from migration_guard.frameworks.sql.part import Part, above, is_the_custom
from migration_guard.later import re
from migration_guard.operations import Direction

_DIVIDES = "---- create above / drop below ----"
_MARKER = re.compile(re.escape(_DIVIDES))
_NUMBERED = re.compile(r"^\d+_.+\.sql$")
_SETTINGS = "tern.conf"


def recognises(path: Path, source: bytes) -> bool:
    """One without the marker is never taken back: beside its settings it is tern's, too."""
    if not _NUMBERED.match(path.name):
        return False
    if above(path, _SETTINGS) is not None:
        return True
    return _DIVIDES.encode() in source and is_the_custom(path, _MARKER)


def parts(path: PurePath, text: str) -> Iterator[Part]:  # noqa: ARG001 -- a tool's signature
    begins, marker, _ = text.partition(_DIVIDES)
    yield Part(((0, len(begins)),), Direction.UPGRADE)
    if marker:
        yield Part(((len(begins) + len(marker), len(text)),), Direction.DOWNGRADE)
