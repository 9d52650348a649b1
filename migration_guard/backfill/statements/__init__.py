"""Reads the runner's SQL, all of which stands beside this in files by subject, each statement under its name.

What stands in braces is filled in before it is sent ({state}: the schema of the state), and %(names)s are parameters. Names
of our own are qualified, so that nothing that somebody planted in a search_path is called in place of PostgreSQL's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

VERSION = 7
"""Of the state's tables: `version_1` makes the first, each later one what it changes of them."""
_NAME = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)
_COMMENT = re.compile(r"^\s*--.*\n", re.MULTILINE)


def statement(name: str, **parts: str) -> str:
    """Give a statement as the driver takes it."""
    return _all()[name].format(**parts)


@cache
def _all() -> dict[str, str]:
    found: dict[str, str] = {}
    for name, sql in _read():
        assert name not in found, name
        found[name] = sql
    return found


def _read() -> Iterator[tuple[str, str]]:
    for room in sorted(files(__name__).iterdir(), key=lambda one: one.name):
        if room.name.endswith(".sql"):
            pieces = _NAME.split(room.read_text(encoding="utf-8"))[1:]
            yield from ((name, _COMMENT.sub("", sql).strip()) for name, sql in zip(pieces[::2], pieces[1::2]))
