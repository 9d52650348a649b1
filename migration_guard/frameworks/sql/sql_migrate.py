"""sql-migrate: `-- +migrate Up` and `-- +migrate Down`, as often as one likes, each perhaps with `notransaction`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePath

from migration_guard.frameworks.sql.part import Part, is_the_custom, lines
from migration_guard.later import re
from migration_guard.operations import Direction

_COMMAND = re.compile(r"^-- \+migrate [ \t]*(?P<way>Up|Down)(?!\S)(?P<options>.*)$")
"""Spelled in any other way it is a remark to the tool."""
_UP = re.compile(r"^[ \t]*--[ \t]*\+migrate[ \t]+Up\b", re.MULTILINE | re.IGNORECASE)


def recognises(path: Path, source: bytes) -> bool:
    return b"+migrate" in source and bool(_UP.search(source.decode("utf-8", "replace"))) and is_the_custom(path, _UP)


def parts(path: PurePath, text: str) -> Iterator[Part]:  # noqa: ARG001 -- a tool's signature
    begin, direction, transactional = 0, Direction.UPGRADE, True
    for start, end, line in lines(text):
        found = _COMMAND.match(line)
        if found:
            yield Part(((begin, start),), direction, transactional)
            begin, direction = end, Direction.UPGRADE if found["way"] == "Up" else Direction.DOWNGRADE
            transactional = "notransaction" not in found["options"].lower()
    yield Part(((begin, len(text)),), direction, transactional)
