"""Odoo and OpenUpgrade: `migrate(cr, version)` in `migrations/<version>/{pre,post,end}-*.py` or `upgrades/…` of an addon.

What an addon's manifest names as its hooks is run when the addon is installed, or taken away; `init` and `_auto_init` of its
models are run at each update.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from migration_guard.files import Unreadable, read_head, too_large
from migration_guard.frameworks.bindings import bindings, text_of
from migration_guard.later import re
from migration_guard.lean import dataclass
from migration_guard.operations import Direction, Problem
from migration_guard.sight.folders import holds

if TYPE_CHECKING:
    from pathlib import PurePath

    from migration_guard.reading.migration import Migration

WORDS = (b"def migrate(",)
_STAGE = re.compile(r"^(?:pre|post|end)(?:[-_].*)?\.py$")
_VERSION = re.compile(r"^(?:\d+\.)+(?:saas~)?[\d.]+$|^saas~[\d.]+$|^0\.0\.0$|^tests$")
_DEFINED = re.compile(r"^[^\S\n]*def\s+migrate\s*\(\s*(?:cr|env)\b", re.MULTILINE)
_MANIFESTS = ("__manifest__.py", "__openerp__.py")
_HOOKS = {
    "pre_init_hook": Direction.UPGRADE,
    "post_init_hook": Direction.UPGRADE,
    "post_load": Direction.UPGRADE,
    "uninstall_hook": Direction.DOWNGRADE,
}
_TAKES = re.compile(rb"^def\s+\w+\s*\(\s*(?:cr|env)\b", re.MULTILINE)
_UPDATES = re.compile(rb"^[ \t\f]+def\s+(?:init|_auto_init)\s*\(\s*self\b", re.MULTILINE)
_OF_MODELS = {"init": Direction.UPGRADE, "_auto_init": Direction.UPGRADE}
_MODELS = ("odoo.models", "openerp.models", "odoo.addons", "openerp.addons")


@dataclass(frozen=True, slots=True)
class _Hooks:
    """What a manifest says of hooks."""

    named: Mapping[str, Direction] = field(default_factory=dict)
    unknown: str = ""
    """Why it is not known which functions are hooks."""


def recognises(path: PurePath, source: bytes) -> bool:
    takes, updates = _TAKES.search(source), b"odoo" in source and _UPDATES.search(source)
    if path.suffix != ".py" or not (b"migrate" in source or takes or updates):
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
    if updates:
        found = bindings(source)
        if found is None or found.imports("odoo"):
            return True
    return bool(takes) and _has_hook(path, source)


def stands_alone(path: PurePath) -> bool:
    """Hooks and models lie in the addon's own folders."""
    if _VERSION.match(path.parent.name):
        return False
    return not _STAGE.match(path.name) or any(holds(Path(path).parent, name) for name in _MANIFESTS)


def _has_hook(path: PurePath, source: bytes) -> bool:
    hooks = _hooks(path)
    return bool(hooks.unknown) or any(
        re.search(rf"^def\s+{name}\s*\(".encode(), source, re.MULTILINE) for name in hooks.named
    )


def _hooks(path: PurePath) -> _Hooks:
    """The hooks that the manifest names of the addon in which a file lies."""
    for folder in Path(path).parents:
        for name in _MANIFESTS:
            if not holds(folder, name):
                continue
            try:
                stated, whole = read_head(folder / name)
                if not whole:
                    return _Hooks(unknown=f"{name} of its addon is {too_large()}")
                return _stated(ast.parse(stated), name)
            except Unreadable as error:
                return _Hooks(unknown=f"{name} of its addon cannot be read: {error}")
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                return _Hooks(unknown=f"{name} of its addon is no Python that can be read")
        if holds(folder, ".git"):
            break  # no addon reaches beyond its repository
    return _Hooks()


def _stated(manifest: ast.Module, name: str) -> _Hooks:
    every = [pair for node in ast.walk(manifest) if isinstance(node, ast.Dict) for pair in zip(node.keys, node.values)]
    said = [(key.value, value) for key, value in every if isinstance(key, ast.Constant) and key.value in _HOOKS]
    named = {
        str(value.value): _HOOKS[str(key)] for key, value in said if isinstance(value, ast.Constant) and value.value
    }
    if any(not isinstance(value, ast.Constant) for _, value in said):
        return _Hooks(named, f"{name} of its addon computes the name of a hook")
    return _Hooks(named)


def enter(migration: Migration) -> None:
    migration.load()
    versioned = bool(_VERSION.match(migration.path.parent.name))
    hooks = _Hooks() if versioned else _hooks(migration.path)
    migration.id = f"{migration.path.parent.name}.{migration.path.stem}"
    migration.run_entry("migrate", Direction.UPGRADE, "odoo")
    for name, direction in _of_addon(migration, hooks):
        migration.run_entry(name, direction, "odoo")
    migration.run_methods(_MODELS, _OF_MODELS)


def _of_addon(migration: Migration, hooks: _Hooks) -> Iterator[tuple[str, Direction]]:
    """The hooks that stand in a file; all that may be one where that is not known."""
    functions = migration.functions()
    yield from ((name, direction) for name, direction in hooks.named.items() if name in functions)
    found = bindings(migration.bytes)
    if not hooks.unknown or found is None:
        return
    may_be = [
        name for name, first in found.functions if first in ("cr", "env") and name not in {*hooks.named, "migrate"}
    ]
    if may_be:
        message = f"{hooks.unknown}, so that it is not known which functions are hooks: each that takes cr or env is read as one"
        migration.problems.append(Problem(migration.job.shown, None, message))
    yield from ((name, Direction.UPGRADE) for name in may_be if name in functions)
