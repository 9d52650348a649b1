"""Odoo and OpenUpgrade: `migrate(cr, version)` in `migrations/<version>/{pre,post,end}-*.py` or `upgrades/…` of an addon.

What an addon's manifest names as its hooks is run when the addon is installed, or taken away.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from migration_guard.files import Unreadable, read_head
from migration_guard.frameworks.bindings import bindings, text_of
from migration_guard.later import re
from migration_guard.operations import Direction
from migration_guard.sight.folders import holds

if TYPE_CHECKING:
    from pathlib import PurePath

    from migration_guard.reading.migration import Migration

WORDS = (b"def migrate(",)
_STAGE = re.compile(r"^(?:pre|post|end)(?:[-_].*)?\.py$")
_VERSION = re.compile(r"^(?:\d+\.)+(?:saas~)?[\d.]+$|^saas~[\d.]+$|^0\.0\.0$|^tests$")
_DEFINED = re.compile(r"^\s*def\s+migrate\s*\(\s*(?:cr|env)\b", re.MULTILINE)
_MANIFESTS = ("__manifest__.py", "__openerp__.py")
_HOOK = re.compile(rb"[\"'](?P<which>(?:pre|post)_init_hook|uninstall_hook)[\"']\s*:\s*[\"'](?P<name>\w+)[\"']")
_TAKES = re.compile(rb"^def\s+\w+\s*\(\s*(?:cr|env)\b", re.MULTILINE)


def recognises(path: PurePath, source: bytes) -> bool:
    if path.suffix != ".py" or not (b"migrate" in source or _TAKES.search(source)):
        return False
    at_home = bool(_STAGE.match(path.name)) and bool(_VERSION.match(path.parent.name))
    if b"migrate" in source and (at_home or _DEFINED.search(text_of(source))):  # most files that say so do not
        found = bindings(source)
        if found is None:
            return bool(_DEFINED.search(text_of(source)))
        if any(name == "migrate" and first in ("cr", "env") for name, first in found.functions):
            return True
        if at_home and ("migrate" in found.names or found.open):
            return True
    return bool(_TAKES.search(source)) and any(
        re.search(rf"^def\s+{name}\s*\(".encode(), source, re.MULTILINE) for name in _hooks(path)
    )


def _hooks(path: PurePath) -> dict[str, Direction]:
    """The hooks that the manifest names of the addon in which a file lies, beside it or one folder further in."""
    for folder in Path(path).parents[:2]:
        for name in _MANIFESTS:
            if not holds(folder, name):
                continue
            try:
                stated = read_head(folder / name)[0]
            except Unreadable:
                continue
            found = {one["name"].decode(): one["which"] for one in _HOOK.finditer(stated)}
            ways = {b"uninstall_hook": Direction.DOWNGRADE}
            return {hook: ways.get(which, Direction.UPGRADE) for hook, which in found.items()}
    return {}


def enter(migration: Migration) -> None:
    migration.load()
    hooks = _hooks(migration.path)
    versioned = bool(_VERSION.match(migration.path.parent.name))
    migration.id = f"{migration.path.parent.name}.{migration.path.stem}"
    if versioned or not hooks:
        migration.run_entry("migrate", Direction.UPGRADE, "odoo")
    for name, direction in hooks.items():
        if name in migration.functions():
            migration.run_entry(name, direction, "odoo")
