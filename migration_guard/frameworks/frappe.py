"""Frappe and ERPNext: patches, each a module with `execute()`, which `patches.txt` names.

A line of `patches.txt` may also be Python itself, behind `execute:`; and what `hooks.py` names is run with every migration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_guard.frameworks.bindings import bindings, text_of
from migration_guard.later import re
from migration_guard.operations import Direction
from migration_guard.sources import PATCHES

if TYPE_CHECKING:
    from pathlib import PurePath

    from migration_guard.reading.migration import Migration

WORDS = (b"frappe",)
_DEFINED = re.compile(r"^def[ \t]+execute[ \t]*\(", re.MULTILINE)
_LINE = re.compile(r"^([ \t]*)execute:", re.MULTILINE)
_LINES = re.compile(rb"^[ \t]*execute:", re.MULTILINE)
_HOOKED = re.compile(rb"^(?:before|after)_(?:migrate|sync|install|app_install|uninstall)\b", re.MULTILINE)
_HOOKS = {
    **dict.fromkeys(
        ("before_migrate", "after_migrate", "after_sync", "before_install", "after_install", "after_app_install"),
        Direction.UPGRADE,
    ),
    **dict.fromkeys(("before_uninstall", "after_uninstall"), Direction.DOWNGRADE),
}
_HOOKS_FILE = "hooks.py"
_FRAPPE = re.compile(r"^[^\S\n]*(?:from|import)\s+frappe\b", re.MULTILINE)


def recognises(path: PurePath, source: bytes) -> bool:
    """A patch imports frappe and takes nothing; reports have an `execute(filters)`."""
    if path.name == PATCHES:
        return bool(_LINES.search(source))
    if path.name == _HOOKS_FILE and b"app_name" in source and _HOOKED.search(source):
        return True
    if path.suffix != ".py" or b"frappe" not in source or b"execute" not in source:
        return False
    found = bindings(source)
    if found is None:
        text = text_of(source)
        return bool(_DEFINED.search(text) and _FRAPPE.search(text)) and "patches" in path.parts
    takes_nothing = any(name == "execute" and first is None for name, first in found.functions)
    return found.imports("frappe") and (takes_nothing or ("execute" in found.names and "patches" in path.parts))


def stands_alone(path: PurePath) -> bool:
    """What an app has at its top."""
    return path.name in (PATCHES, _HOOKS_FILE)


def as_python(path: PurePath, source: bytes) -> bytes:
    """The lines of `patches.txt` that are Python, where they stand; each is run by itself."""
    if path.name != PATCHES:
        return source
    lines = (_in_python(line) for line in source.decode("utf-8", "replace").splitlines())
    return "\n".join([*lines, ""]).encode()


def _in_python(line: str) -> str:
    if _LINE.match(line):
        return _LINE.sub(lambda found: f"if 1:   {found[1]}", line)
    return line[line.index("#") :] if "#" in line else ""


def enter(migration: Migration) -> None:
    if migration.path.name == PATCHES:
        migration.id = PATCHES
        migration.give("frappe")
        migration.load()
        return
    migration.load()
    if migration.path.name == _HOOKS_FILE:
        migration.id = _HOOKS_FILE
        for name, direction in _HOOKS.items():
            migration.run_dotted(name, direction)
        return
    parts = migration.path.parts
    after = parts[parts.index("patches") + 1 :] if "patches" in parts else parts[-1:]
    migration.id = ".".join((*after[:-1], migration.path.stem))
    migration.run_entry("execute", Direction.UPGRADE)
