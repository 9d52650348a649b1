"""Which migrations run after which, as far as their sources say it. They are read with `ast`, never run."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from migration_guard.files import Unreadable, read_source
from migration_guard.lean import dataclass
from migration_guard.move.neighbours import other_versions
from migration_guard.skim.history import MAX_BYTES, app_of

Name = tuple[str, str]
"""A migration: its app (empty for Alembic's) and its name or revision."""


@dataclass(frozen=True, slots=True)
class _Place:
    """What a file says of its place among the migrations."""

    name: Name
    follows: tuple[Name, ...]
    replaces: frozenset[Name]
    """Of a squashed migration: those in whose place it is run."""


class Lineage:
    """The migrations of a project, as they are seen from one of them."""

    def __init__(self, migration: Path, root: Path, *, django: bool) -> None:
        folders = [migration.parent]
        files: Sequence[Path] = ()
        if django:
            folders += sorted(migration.parent.parent.parent.glob("*/migrations"))
        else:
            files = [path for path in other_versions(migration.parent, root) if path.parent != migration.parent]
        every = [place for folder in dict.fromkeys(folders) for place in _in_folder(folder, django)]
        every += [(path, place) for path in files if (place := _place(path, None)) is not None]
        self._of = dict(every)
        self._named = {place.name: place for _, place in every}
        self._own = self._of.get(migration)

    def follows(self, path: Path, other: Path) -> bool:
        """Whether a migration surely runs after another one. A squashed one stands for those that it replaces."""
        last, first = self._of.get(path), self._of.get(other)
        if last is None or first is None or self.is_instead(path, other):
            return False
        wanted = {first.name, *first.replaces}
        seen: set[Name] = set()
        waiting = list(last.follows)
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            place = self._named.get(name)
            if name in wanted or (place is not None and place.replaces & wanted):
                return True
            waiting += place.follows if place is not None else ()
        return False

    def is_instead(self, path: Path, other: Path) -> bool:
        """Whether no database runs both, as one of them is a squashed migration that replaces the other."""
        one, two = self._of.get(path), self._of.get(other)
        if one is None or two is None:
            return False
        return bool({one.name, *one.replaces} & {two.name, *two.replaces}) and one is not two


@lru_cache(maxsize=256)
def _in_folder(folder: Path, django: bool) -> tuple[tuple[Path, _Place], ...]:
    app = app_of(folder) if django else None
    found = ((path, _place(path, app)) for path in sorted(folder.glob("*.py")))
    return tuple((path, place) for path, place in found if place is not None)


def _place(path: Path, app: str | None) -> _Place | None:
    """The place of a migration; None where a file is none, or does not say it. `app` is Django's."""
    try:
        data = read_source(path, MAX_BYTES)
        if (b"Migration" if app is not None else b"down_revision") not in data:
            return None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(data)
    except (Unreadable, SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if app is None:
        told = dict(_assigned(tree.body))
        revision = list(_texts(told.get("revision")))
        before = [name for which in ("down_revision", "depends_on") for name in _texts(told.get(which))]
        return _Place(("", revision[0]), tuple(("", one) for one in before), frozenset()) if revision else None
    body = [line for one in tree.body if isinstance(one, ast.ClassDef) and one.name == "Migration" for line in one.body]
    told = dict(_assigned(body))
    dependencies, replaces = (tuple(_pairs(told.get(which))) for which in ("dependencies", "replaces"))
    return _Place((app, path.stem), dependencies, frozenset(replaces)) if body else None


def _assigned(body: Sequence[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    for line in body:
        targets = (
            line.targets if isinstance(line, ast.Assign) else [line.target] if isinstance(line, ast.AnnAssign) else []
        )
        for target in targets:
            if (
                isinstance(target, ast.Name)
                and isinstance(line, (ast.Assign, ast.AnnAssign))
                and line.value is not None
            ):
                yield target.id, line.value


def _texts(node: ast.expr | None) -> Iterator[str]:
    for one in node.elts if isinstance(node, (ast.List, ast.Tuple, ast.Set)) else [node]:
        if isinstance(one, ast.Constant) and isinstance(one.value, str):
            yield one.value


def _pairs(node: ast.expr | None) -> Iterator[Name]:
    """The pairs of texts in a list; what else stands there names no migration that is known."""
    for one in node.elts if isinstance(node, (ast.List, ast.Tuple)) else ():
        texts = list(_texts(one)) if isinstance(one, ast.Tuple) else []
        if len(texts) == 2:
            yield texts[0], texts[1]
