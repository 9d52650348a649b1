"""node-pg-migrate: `-- Up Migration` begins what runs, `-- Down Migration` what takes it back, whichever comes first.

A file without the first runs as a whole, with what stands behind the second.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePath

from migration_guard.frameworks.sql.part import Part, is_the_custom
from migration_guard.later import re
from migration_guard.operations import Direction

_UP = re.compile(r"^[ \t]*--[ \t-]*up[ \t]+migration", re.MULTILINE | re.IGNORECASE)
_DOWN = re.compile(r"^[ \t]*--[ \t-]*down[ \t]+migration", re.MULTILINE | re.IGNORECASE)


def recognises(path: Path, source: bytes) -> bool:
    return bool(_UP.search(source.decode("utf-8", "replace"))) and is_the_custom(path, _UP)


def parts(path: PurePath, text: str) -> Iterator[Part]:  # noqa: ARG001 -- a tool's signature
    up, down = _UP.search(text), _DOWN.search(text)
    begins = up.start() if up else 0
    takes_back = down.start() if down and up else len(text)
    yield Part(((begins, takes_back if takes_back > begins else len(text)),), Direction.UPGRADE)
    if takes_back < len(text):
        yield Part(((takes_back, begins if begins > takes_back else len(text)),), Direction.DOWNGRADE)
