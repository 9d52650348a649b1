"""Reads the runner's SQL, all of which stands in `statements.sql` under names, and fills in what varies."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

VERSION = 5
"""Of the state's tables: `version_1` makes the first, each later one what it changes of them."""
_NAME = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)
_COMMENT = re.compile(r"^\s*--.*\n", re.MULTILINE)


def statement(name: str, **parts: str) -> str:
    """Give a statement as the driver takes it."""
    return _all()[name].format(**parts)


def names() -> tuple[str, ...]:
    """Give the name of every statement."""
    return tuple(_all())


@cache
def _all() -> dict[str, str]:
    text = files("migration_guard.backfill").joinpath("statements.sql").read_text(encoding="utf-8")
    pieces = _NAME.split(text)[1:]
    return {name: _COMMENT.sub("", sql).strip() for name, sql in zip(pieces[::2], pieces[1::2])}
