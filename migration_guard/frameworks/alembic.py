"""Alembic: a module with `revision` and `down_revision`, entered at `upgrade()` and `downgrade()`.

With several databases there are also `upgrade_NAME()` and `downgrade_NAME()`, which `upgrade(engine_name)` looks up.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from migration_guard.frameworks.bindings import bindings, text_of
from migration_guard.later import re
from migration_guard.operations import Direction

if TYPE_CHECKING:
    from migration_guard.reading.migration import Migration

WORDS = (b"down_revision",)
GATED = True
_PLAINLY = (re.compile(rb"^revision\b", re.MULTILINE), re.compile(rb"^down_revision\b", re.MULTILINE))
_NAMES = frozenset({"revision", "down_revision"})
DOES = frozenset({"upgrade", "downgrade"})
"""What Alembic calls."""
_STATED = re.compile(r"(?:^|[;,:])[ \t]*(?:down_)?revision\b[ \t]*[=:,]", re.MULTILINE)
_ENTRY = re.compile(r"^(?P<way>upgrade|downgrade)(?:_\w+)?$")
_WAYS = {"upgrade": Direction.UPGRADE, "downgrade": Direction.DOWNGRADE}


def recognises(path: PurePath, source: bytes) -> bool:
    """Alembic asks a module for both names, whatever has put them there."""
    if path.suffix != ".py":
        return False
    if b"down_revision" in source and all(name.search(source) for name in _PLAINLY):
        return True  # as nearly all are written: no tree is needed
    text = text_of(source)
    if "down_revision" not in text:
        return False
    found = bindings(source)
    if found is None:  # it may be of a newer Python, and is a Problem if it is not
        return len(_STATED.findall(text)) > 1
    return found.names >= _NAMES or (found.open and "upgrade" in text and "revision" in text)


def loads(path: PurePath) -> bool:
    """Whether Alembic loads a file for lying in a folder of versions."""
    return path.suffix == ".py" and not path.name.startswith(("__init__", ".#"))


def enter(migration: Migration) -> None:
    migration.load()
    migration.id = migration.text("revision")
    functions = migration.functions()
    for way, direction in _WAYS.items():
        migration.run_named(way, direction)
    for name, function in functions.items():
        match = _ENTRY.match(name)
        if match and name not in _WAYS and not function.node.params.params:
            migration.run_unless_reached(function, _WAYS[match["way"]])
