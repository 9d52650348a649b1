"""node-pg-migrate: `-- Up Migration` begins what runs, `-- Down Migration` what takes it back, whichever comes first.

A file without the first runs as a whole, with what stands behind the second. What stands before both it leaves out; here
that is told as what runs, for another tool would run it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePath

from migration_guard.frameworks.sql.part import Part, is_the_custom, whole
from migration_guard.later import re
from migration_guard.operations import Direction

_UP = re.compile(r"^[ \t]*--[ \t-]*up[ \t]+migration", re.MULTILINE | re.IGNORECASE)
_DOWN = re.compile(r"^[ \t]*--[ \t-]*down[ \t]+migration", re.MULTILINE | re.IGNORECASE)


def recognises(path: Path, source: bytes) -> bool:
    return bool(_UP.search(source.decode("utf-8", "replace"))) and is_the_custom(path, _UP)


def parts(path: PurePath, text: str) -> Iterator[Part]:  # noqa: ARG001 -- a tool's signature
    up, down = _UP.search(text), _DOWN.search(text)
    if up is None or down is None:
        yield whole(text, Direction.UPGRADE)
    elif up.start() < down.start():
        yield Part(((0, down.start()),), Direction.UPGRADE)
        yield Part(((down.start(), len(text)),), Direction.DOWNGRADE)
    else:
        yield Part(((0, down.start()), (up.start(), len(text))), Direction.UPGRADE)
        yield Part(((down.start(), up.start()),), Direction.DOWNGRADE)
