"""golang-migrate and others that have a file for each way: `1_name.up.sql` and `1_name.down.sql`, yoyo's `.rollback.sql`.

A file goes down that takes back another of its number: alone, `1_take.down.sql` is one that any other tool runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePath

from migration_guard.frameworks.sql.part import Part, runs_alone, takes_back, whole
from migration_guard.later import re
from migration_guard.operations import Direction

_NAMED = re.compile(r"\.(?:up|down|rollback)\.\w+$", re.IGNORECASE)
_YOYO = re.compile(rb"\A(?:\s*--[^\n]*\n)*?\s*--[ \t]*(?:depends|transactional)[ \t]*:", re.IGNORECASE)
_NO_TRANSACTION = re.compile(r"^--[ \t]*transactional[ \t]*:[ \t]*false\b", re.MULTILINE | re.IGNORECASE)


def recognises(path: Path, source: bytes) -> bool:
    return bool(_NAMED.search(path.name) or _YOYO.match(source))


def parts(path: PurePath, text: str) -> Iterator[Part]:
    direction = Direction.DOWNGRADE if takes_back(path) else Direction.UPGRADE
    yield whole(text, direction, transactional=not (runs_alone(text) or _NO_TRANSACTION.search(text)))
