"""Functions that an application runs in the order of their numbers: `async def m001_initial(db)`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migration_guard.operations import Direction

if TYPE_CHECKING:
    from pathlib import PurePath

    from migration_guard.reading.migration import Migration

_NUMBERED = re.compile(rb"^(?:async\s+)?def\s+m\d{3,}\w*\s*\(\s*(?:db|conn|connection|session|cursor)\b", re.MULTILINE)
_NAME = re.compile(r"^m\d{3,}")


def recognises(path: PurePath, source: bytes) -> bool:
    return path.suffix == ".py" and b"def m0" in source and bool(_NUMBERED.search(source))


def enter(migration: Migration) -> None:
    migration.load()
    migration.blocks_are_functions = True
    for name, function in migration.functions().items():
        if _NAME.match(name):
            migration.run(function, Direction.UPGRADE)
