"""Frappe and ERPNext: patches, each a module with `execute()`, which `patches.txt` names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_guard.frameworks.bindings import bindings, text_of
from migration_guard.later import re
from migration_guard.operations import Direction

if TYPE_CHECKING:
    from pathlib import PurePath

    from migration_guard.reading.migration import Migration

WORDS = (b"frappe",)
_DEFINED = re.compile(r"^def[ \t]+execute[ \t]*\(", re.MULTILINE)
_FRAPPE = re.compile(r"^\s*(?:from|import)\s+frappe\b", re.MULTILINE)


def recognises(path: PurePath, source: bytes) -> bool:
    """A patch imports frappe and takes nothing; reports have an `execute(filters)`."""
    if path.suffix != ".py" or b"frappe" not in source or b"execute" not in source:
        return False
    found = bindings(source)
    if found is None:
        text = text_of(source)
        return bool(_DEFINED.search(text) and _FRAPPE.search(text)) and "patches" in path.parts
    takes_nothing = any(name == "execute" and first is None for name, first in found.functions)
    return found.imports("frappe") and (takes_nothing or ("execute" in found.names and "patches" in path.parts))


def enter(migration: Migration) -> None:
    migration.load()
    parts = migration.path.parts
    after = parts[parts.index("patches") + 1 :] if "patches" in parts else parts[-1:]
    migration.id = ".".join((*after[:-1], migration.path.stem))
    migration.run_entry("execute", Direction.UPGRADE)
