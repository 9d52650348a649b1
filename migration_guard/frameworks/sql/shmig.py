"""shmig: `-- ====  UP  ====` and `-- ==== DOWN ====`, spelled just so, each on a line of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePath

from migration_guard.frameworks.sql.part import Part, is_the_custom, sections
from migration_guard.later import re

_SECTION = re.compile(r"^-- (?:====  UP  ====|(?P<down>==== DOWN ====))$", re.MULTILINE)
_UP = re.compile(r"^-- ====  UP  ====$", re.MULTILINE)


def recognises(path: Path, source: bytes) -> bool:
    return bool(_UP.search(source.decode("utf-8", "replace"))) and is_the_custom(path, _UP)


def parts(path: PurePath, text: str) -> Iterator[Part]:  # noqa: ARG001 -- a tool's signature
    yield from sections(text, _SECTION)
