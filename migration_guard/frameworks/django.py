"""Django: a class `Migration` in a `migrations` folder, whose `operations` run forwards and backwards."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from migration_guard.reading.migration import Migration

_MIGRATION = re.compile(rb"^class\s+Migration\b", re.MULTILINE)


def recognises(path: PurePath, source: bytes) -> bool:
    return path.suffix == ".py" and b"migrations" in source and bool(_MIGRATION.search(source))


def enter(migration: Migration) -> None:
    migration.load()
    migration.id = migration.named_by_app()
    operations = migration.class_attribute("Migration", "operations")
    if operations is not None:
        migration.run_operations(operations)
