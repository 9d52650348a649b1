"""Odoo and OpenUpgrade: `migrate(cr, version)` in `migrations/<version>/{pre,post,end}-*.py` or `upgrades/…` of an addon."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migration_guard.frameworks.bindings import bindings, text_of
from migration_guard.operations import Direction

if TYPE_CHECKING:
    from pathlib import PurePath

    from migration_guard.reading.migration import Migration

WORDS = (b"def migrate(",)
_STAGE = re.compile(r"^(?:pre|post|end)(?:[-_].*)?\.py$")
_VERSION = re.compile(r"^(?:\d+\.)+(?:saas~)?[\d.]+$|^saas~[\d.]+$|^0\.0\.0$|^tests$")
_DEFINED = re.compile(r"^\s*def\s+migrate\s*\(\s*(?:cr|env)\b", re.MULTILINE)


def recognises(path: PurePath, source: bytes) -> bool:
    if path.suffix != ".py" or b"migrate" not in source:
        return False
    at_home = bool(_STAGE.match(path.name)) and bool(_VERSION.match(path.parent.name))
    if not at_home and not _DEFINED.search(text_of(source)):
        return False  # most files that speak of migrating: no tree is needed
    found = bindings(source)
    if found is None:
        return bool(_DEFINED.search(text_of(source)))
    if any(name == "migrate" and first in ("cr", "env") for name, first in found.functions):
        return True
    return at_home and ("migrate" in found.names or found.open)


def enter(migration: Migration) -> None:
    migration.load()
    migration.id = f"{migration.path.parent.name}.{migration.path.stem}"
    migration.run_entry("migrate", Direction.UPGRADE, "odoo")
