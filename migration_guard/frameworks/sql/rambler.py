"""rambler: sections that begin with `-- rambler up` or `-- rambler down`, as often as one likes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePath

from migration_guard.frameworks.sql.part import Part, is_the_custom, sections
from migration_guard.later import re

_SECTION = re.compile(r"^-- rambler[ \t]*(?:up|(?P<down>down))[ \t\r]*$", re.MULTILINE)
_UP = re.compile(r"^-- rambler[ \t]*up[ \t\r]*$", re.MULTILINE)


def recognises(path: Path, source: bytes) -> bool:
    return b"-- rambler" in source and bool(_UP.search(source.decode("utf-8", "replace"))) and is_the_custom(path, _UP)


def parts(path: PurePath, text: str) -> Iterator[Part]:  # noqa: ARG001 -- a tool's signature
    yield from sections(text, _SECTION)
