"""yoyo-migrations: `step(apply, rollback)` in a Python file, each of the two SQL or a function of a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_guard.frameworks.bindings import bindings, text_of
from migration_guard.later import re
from migration_guard.operations import Direction

if TYPE_CHECKING:
    from pathlib import PurePath

    from migration_guard.reading.migration import Migration

WORDS = (b"yoyo",)
GATED = True
_YOYO = re.compile(r"^[^\S\n]*(?:from|import)\s+yoyo\b", re.MULTILINE)


def recognises(path: PurePath, source: bytes) -> bool:
    if path.suffix != ".py":
        return False
    text = text_of(source)
    if "yoyo" not in text or "step" not in text:
        return False
    found = bindings(source)
    return bool(_YOYO.search(text)) if found is None else found.imports("yoyo")


def enter(migration: Migration) -> None:
    migration.load()
    migration.id = migration.path.stem
    steps = migration.steps()
    for step in steps:
        migration.run_step(step.argument(0, "apply"), Direction.UPGRADE, step)
    for step in reversed(steps):
        migration.run_step(step.argument(1, "rollback"), Direction.DOWNGRADE, step)
