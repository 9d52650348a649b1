"""Functions that an application runs in the order of their numbers: `async def m001_initial(db)`, or methods of such names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_guard.frameworks.bindings import bindings, text_of
from migration_guard.frameworks.out_of_scope import without_sql
from migration_guard.later import re
from migration_guard.operations import Direction

if TYPE_CHECKING:
    from pathlib import PurePath

    from migration_guard.reading.migration import Migration

WORDS = (b"def m0",)
GATED = True
_NAME = re.compile(r"\bm\d{3,}")
HANDLES = frozenset("db database conn connection session cursor cur engine pool tx transaction".split())


def recognises(path: PurePath, source: bytes) -> bool:
    if path.suffix != ".py":
        return False
    text = text_of(source)
    if "def" not in text or not _NAME.search(text) or without_sql(source) is not None:
        return False
    found = bindings(source)
    if found is None:
        return bool(re.search(r"^[^\S\n]*(?:async\s+)?def\s+m\d{3,}", text, re.MULTILINE))
    return any(_NAME.match(name) and first in HANDLES for name, first in (*found.functions, *found.methods))


def enter(migration: Migration) -> None:
    migration.load()
    migration.blocks_are_functions = True
    functions = {**migration.functions(), **{one.name: one for one in migration.every_function()}}
    for name, function in functions.items():
        if _NAME.match(name):
            migration.run(function, Direction.UPGRADE)
