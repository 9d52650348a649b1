"""Files of backfills, which the configuration names: their definitions, registries and functions are judged as such."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import PurePath

    from migration_guard.reading.migration import Migration

WORDS: tuple[bytes, ...] = ()


def recognises(path: PurePath, source: bytes) -> bool:  # noqa: ARG001 -- a framework's signature
    """Backfills are never found by content: `backfill.modules` names them."""
    return False


def enter(migration: Migration) -> None:
    migration.load()
    migration.read_backfills()
