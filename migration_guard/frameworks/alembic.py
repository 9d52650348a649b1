"""Alembic: a module with `revision` and `down_revision`, entered at `upgrade()` and `downgrade()`.

With several databases there are also `upgrade_NAME()` and `downgrade_NAME()`, which `upgrade(engine_name)` looks up.
"""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import TYPE_CHECKING

from migration_guard.operations import Direction

if TYPE_CHECKING:
    from migration_guard.reading.migration import Migration

_REVISION = re.compile(rb"^revision\b", re.MULTILINE)
_DOWN_REVISION = re.compile(rb"^down_revision\b", re.MULTILINE)
_ENTRY = re.compile(r"^(?P<way>upgrade|downgrade)(?:_\w+)?$")
_WAYS = {"upgrade": Direction.UPGRADE, "downgrade": Direction.DOWNGRADE}


def recognises(path: PurePath, source: bytes) -> bool:
    return (
        path.suffix == ".py"
        and b"down_revision" in source
        and bool(_DOWN_REVISION.search(source) and _REVISION.search(source))
    )


def enter(migration: Migration) -> None:
    migration.load()
    migration.id = migration.text("revision")
    functions = migration.functions()
    for way, direction in _WAYS.items():
        entry = migration.name(way)
        if entry is not None:
            migration.run(entry, direction)
    for name, function in functions.items():
        match = _ENTRY.match(name)
        if match and name not in _WAYS and not function.node.params.params:
            migration.run_unless_reached(function, _WAYS[match["way"]])
