"""What Frappe's DocTypes say of themselves: the tables of the rows that a document has below it."""

from __future__ import annotations

import json
from pathlib import Path

from migration_guard.files import Unreadable, read_head
from migration_guard.later import re
from migration_guard.sight.asking import remembered
from migration_guard.sight.folders import holds

_MODULES = "modules.txt"
"""Where an app lists its modules, each of which is a folder of it."""
_TABLES = frozenset({"Table", "Table MultiSelect"})
"""The types of fields that hold documents."""


@remembered(256)
def children(doctype: str, path: Path, root: Path) -> tuple[str, ...] | None:
    """The tables below a DocType, as its JSON file in the app of a patch says; None where there is none in sight."""
    name = _scrubbed(doctype)
    for app in Path(path).parents:
        if holds(app, _MODULES):
            for module in _lines(app / _MODULES):
                found = _read(app / _scrubbed(module) / "doctype" / name / f"{name}.json")
                if found is not None:
                    return found
        if app == root:
            break
    return None


def _lines(path: Path) -> list[str]:
    try:
        text = read_head(path)[0].decode("utf-8", "replace")
    except Unreadable:
        return []
    return [line.strip() for line in text.splitlines() if line.strip()]


def _read(path: Path) -> tuple[str, ...] | None:
    if not holds(path.parent, path.name):
        return None
    try:
        stated = json.loads(read_head(path)[0])
    except (Unreadable, ValueError, RecursionError):
        return None
    fields = stated.get("fields") if isinstance(stated, dict) else None
    if not isinstance(fields, list):
        return None
    tables = [one.get("options") for one in fields if isinstance(one, dict) and one.get("fieldtype") in _TABLES]
    return tuple(dict.fromkeys(f"tab{table}" for table in tables if isinstance(table, str)))


def _scrubbed(name: str) -> str:
    """A name as Frappe writes it in paths."""
    return re.sub(r"[ -]", "_", name).lower()
