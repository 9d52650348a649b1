"""Django: a class `Migration` in a `migrations` folder, whose `operations` run forwards and backwards."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from migration_guard.frameworks.bindings import bindings, text_of
from migration_guard.later import re

if TYPE_CHECKING:
    from migration_guard.reading.migration import Migration

WORDS = (b"Migration",)
GATED = True
LOADED_BY_NAME = True
FOLDER = "migrations"
DOES = frozenset({"Migration"})
"""What Django looks for."""
_PLAINLY = re.compile(rb"^class[ \t]+Migration\b", re.MULTILINE)
_STATED = re.compile(r"^[^\S\n]*class[ \t]+Migration\b|^[^\S\n]*Migration[ \t]*[=:]", re.MULTILINE)


def recognises(path: PurePath, source: bytes) -> bool:
    """Django asks a module for `Migration`; one that is imported means something only where Django looks for it."""
    if path.suffix != ".py":
        return False
    if b"migrations" in source and _PLAINLY.search(source):
        return True  # as nearly all are written: no tree is needed
    text = text_of(source)
    if "Migration" not in text:
        return False
    at_home = path.parent.name == FOLDER and loads(path)
    found = bindings(source)
    if found is None:
        return bool(_STATED.search(text)) and (at_home or FOLDER in text)
    if "Migration" in found.names - found.imported:
        return at_home or FOLDER in text or "operations" in text
    return at_home and ("Migration" in found.names or found.open)


def loads(path: PurePath) -> bool:
    """Whether Django loads a file for lying in a package of migrations."""
    return path.suffix == ".py" and not path.name.startswith(("_", "~"))


def enter(migration: Migration) -> None:
    migration.load()
    migration.id = migration.named_by_app()
    migration.run_django("Migration")
