"""goose: `-- +goose Up` and `-- +goose Down` divide a file; `-- +goose NO TRANSACTION` holds for all of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePath

from migration_guard.frameworks.sql.part import Part, is_the_custom, lines
from migration_guard.later import re
from migration_guard.operations import Direction

_COMMAND = re.compile(r"^--[ \t]*\+goose[ \t]+(?P<what>[A-Za-z ]+?)[ \t\r]*$", re.MULTILINE | re.IGNORECASE)
_UP = re.compile(r"^[ \t]*--[ \t]*\+goose[ \t]+Up[ \t\r]*$", re.MULTILINE | re.IGNORECASE)

_WAYS = {"UP": Direction.UPGRADE, "DOWN": Direction.DOWNGRADE}


def recognises(path: Path, source: bytes) -> bool:
    return b"+goose" in source and bool(_UP.search(source.decode("utf-8", "replace"))) and is_the_custom(path, _UP)


def parts(path: PurePath, text: str) -> Iterator[Part]:  # noqa: ARG001 -- a tool's signature
    commands = [
        (start, end, found["what"].upper()) for start, end, line in lines(text) if (found := _COMMAND.match(line))
    ]
    transactional = all(what != "NO TRANSACTION" for _, _, what in commands)
    begin, direction = 0, Direction.UPGRADE
    for start, end, what in commands:
        if what in _WAYS:
            yield Part(((begin, start),), direction, transactional)
            begin, direction = end, _WAYS[what]
    yield Part(((begin, len(text)),), direction, transactional)
