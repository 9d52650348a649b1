"""yoyo-migrations: `step(apply, rollback)` in a Python file, each of the two SQL or a function of a connection."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migration_guard.operations import Direction

if TYPE_CHECKING:
    from pathlib import PurePath

    from migration_guard.reading.migration import Migration

_YOYO = re.compile(rb"^(?:from|import)\s+yoyo\b", re.MULTILINE)


def recognises(path: PurePath, source: bytes) -> bool:
    return path.suffix == ".py" and b"step" in source and bool(_YOYO.search(source))


def enter(migration: Migration) -> None:
    migration.load()
    migration.id = migration.path.stem
    steps = migration.steps()
    for step in steps:
        migration.run_step(step.argument(0, "apply"), Direction.UPGRADE, step)
    for step in reversed(steps):
        migration.run_step(step.argument(1, "rollback"), Direction.DOWNGRADE, step)
