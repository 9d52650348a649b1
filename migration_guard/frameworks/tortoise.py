"""Tortoise's own migrations: a class `Migration` with operations, as Django has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_guard.frameworks.bindings import bindings, text_of
from migration_guard.later import re

if TYPE_CHECKING:
    from pathlib import PurePath

    from migration_guard.reading.migration import Migration

WORDS = (b"Migration",)
_TORTOISE = re.compile(r"^[^\S\n]*(?:from|import)\s+tortoise\b", re.MULTILINE)


def recognises(path: PurePath, source: bytes) -> bool:
    if path.suffix != ".py" or b"tortoise" not in source or b"Migration" not in source:
        return False
    found = bindings(source)
    if found is None:
        return bool(_TORTOISE.search(text_of(source)))
    return found.imports("tortoise") and "Migration" in found.names


def enter(migration: Migration) -> None:
    migration.load()
    migration.id = migration.named_by_app()
    migration.run_django("Migration")
