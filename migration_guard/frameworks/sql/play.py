"""Evolutions of the Play framework: `# --- !Ups` and `# --- !Downs`, also with dashes alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePath

from migration_guard.frameworks.sql.part import Part, lines
from migration_guard.later import re
from migration_guard.operations import Direction

_MARKER = re.compile(r"^[ \t]*(?:#|--)[- \t]*!(?P<way>Ups|Downs)\b", re.IGNORECASE | re.MULTILINE)


def recognises(path: Path, source: bytes) -> bool:  # noqa: ARG001 -- a tool's signature
    return b"!Ups" in source and any(
        found["way"].lower() == "ups" for found in _MARKER.finditer(source.decode("utf-8", "replace"))
    )


def parts(path: PurePath, text: str) -> Iterator[Part]:  # noqa: ARG001 -- a tool's signature
    begin, direction = 0, Direction.UPGRADE
    for start, end, line in lines(text):
        found = _MARKER.match(line)
        if found:
            yield Part(((begin, start),), direction)
            begin, direction = end, Direction.DOWNGRADE if found["way"].lower() == "downs" else Direction.UPGRADE
    yield Part(((begin, len(text)),), direction)
