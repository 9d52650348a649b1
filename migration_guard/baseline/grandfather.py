"""Cut-offs: migrations that are grandfathered by their number, or up to the newest one that is.

Order is what the framework goes by, and not the names of files: the graph of revisions in Alembic, that of
dependencies in Django, the order of the marker comments in a script.
"""

from __future__ import annotations

import ast
import os
import warnings
from collections.abc import Collection, Iterator, Sequence
from dataclasses import field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from migration_guard.files import Unreadable, read_source
from migration_guard.later import Later
from migration_guard.lean import dataclass
from migration_guard.skim.history import app_of

if TYPE_CHECKING:
    import difflib
else:
    difflib = Later("difflib")


class UnknownCutOff(Exception):
    """A cut-off that names a migration which is not there."""


@dataclass(frozen=True, slots=True)
class CutOff:
    """One line of the table `grandfather`."""

    place: str
    """A file or folder relative to the configuration, or a Django app."""
    ids: frozenset[str] = frozenset()
    newest: str | None = None
    """The newest migration that is grandfathered, with all that come before it."""

    def is_about(self, file: str, migration: str) -> bool:
        """Whether a file (relative to the configuration) belongs to this place."""
        place = self.place.strip("/").removeprefix("./")
        if file == place or file.startswith(f"{place}/") or place in {"", "."}:
            return True
        return "/" not in place and migration.rpartition(".")[0].rpartition(".")[2] == place


@dataclass
class CutOffs:
    """The cut-offs of one configuration."""

    root: Path
    every: tuple[CutOff, ...]
    _histories: dict[Path, History] = field(default_factory=dict)

    def cover(self, path: Path, migration: str | None, blocks: Sequence[str]) -> bool:
        """Whether a migration in a file, which may be one of several blocks, is grandfathered. Raises UnknownCutOff."""
        if migration is None:
            return False
        file = Path(os.path.relpath(path, self.root)).as_posix()
        return any(one.is_about(file, migration) and self._covers(one, path, migration, blocks) for one in self.every)

    def _covers(self, one: CutOff, path: Path, migration: str, blocks: Sequence[str]) -> bool:
        own = migration.rpartition(".")[2]
        if one.newest is None:
            return migration in one.ids or own in one.ids
        place = self.root / one.place
        within = path if place.is_file() else place if place.is_dir() else path.parent
        if within not in self._histories:
            self._histories[within] = History(within, tuple(blocks))
        history, newest = self._histories[within], one.newest.rpartition(".")[2]
        if newest not in history.names:
            near = difflib.get_close_matches(newest, history.names, 1)
            hint = f"; did you mean `{near[0]}`?" if near else ""
            what = "as the newest one, which is for Alembic, Django and scripts with a `migration-marker`"
            raise UnknownCutOff(
                f"`grandfather`: `{one.place}` names the migration `{newest}` {what}; it is not there{hint}"
            )
        return own in history.up_to(newest)


@dataclass
class History:
    """What comes before what, among the migrations of a folder or the blocks of a script."""

    within: Path
    blocks: tuple[str, ...]
    """Those of a script, as the reader found them."""
    _known: dict[str, frozenset[str]] = field(default_factory=dict)

    @property
    def names(self) -> Collection[str]:
        """The migrations whose place in the order is known."""
        return self._parents.keys()

    def up_to(self, newest: str) -> frozenset[str]:
        """Give a migration and all that come before it."""
        if newest not in self._known:
            self._known[newest] = self._ancestors(newest)
        return self._known[newest]

    @cached_property
    def _parents(self) -> dict[str, tuple[str, ...]]:
        if self.within.is_file():
            before = [(), *((name,) for name in self.blocks)]
            return dict(zip(self.blocks, before, strict=False))
        found: dict[str, tuple[str, ...]] = {}
        for folder, folders, files in os.walk(self.within):
            folders[:] = [name for name in folders if not name.startswith((".", "__"))]
            for name in files:
                if name.endswith(".py"):
                    found.update(_stated(Path(folder, name)))
        return found

    def _ancestors(self, newest: str) -> frozenset[str]:
        found: set[str] = set()
        waiting = [newest]
        while waiting:
            one = waiting.pop()
            if one not in found:
                found.add(one)
                waiting += self._parents.get(one, ())
        return frozenset(found)


def _stated(path: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What one file says of itself: its name, and what comes before it. What cannot be parsed is reported elsewhere."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(_source(path))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    names = dict(_assigned(tree.body))
    if isinstance(revision := names.get("revision"), str):
        yield revision, (*_strings(names.get("down_revision")), *_strings(names.get("depends_on")))
        return
    body = next((node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Migration"), None)
    if body is not None:
        inside = dict(_assigned(body))
        app = app_of(path.parent)
        replaces = _pairs(inside.get("replaces"), app)
        yield path.stem, (*_pairs(inside.get("dependencies"), app), *replaces)
        for replaced in replaces:
            yield replaced, ()


def _assigned(body: list[ast.stmt]) -> Iterator[tuple[str, object]]:
    for node in body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        value = getattr(node, "value", None)
        for target in targets:
            if isinstance(target, ast.Name) and isinstance(value, ast.expr):
                yield target.id, _literal(value)


def _literal(node: ast.expr) -> object:
    if isinstance(node, (ast.List, ast.Tuple)):
        return tuple(_literal(item) for item in node.elts)
    return node.value if isinstance(node, ast.Constant) else None


def _strings(value: object) -> tuple[str, ...]:
    items = value if isinstance(value, tuple) else (value,)
    return tuple(item for item in items if isinstance(item, str))


def _pairs(value: object, app: str) -> tuple[str, ...]:
    """The names out of pairs of app and name, of this app."""
    items = value if isinstance(value, tuple) else ()
    pairs = (item for item in items if isinstance(item, tuple) and len(item) == 2 and item[0] == app)
    return tuple(name for _, name in pairs if isinstance(name, str))


def _source(path: Path) -> bytes:
    try:
        return read_source(path)
    except Unreadable:
        return b""
