"""What git ignores, read from .gitignore files as git reads them, without calling git."""

from __future__ import annotations

import os
from pathlib import Path

from migration_guard.files import Unreadable, read_source
from migration_guard.globs import LONGEST, Patterns, known_patterns
from migration_guard.lean import dataclass

_LIMIT = 256 * 1024


@dataclass(frozen=True, slots=True)
class Ignores:
    """The patterns that hold in a folder: those of each folder from the repository's root down to it."""

    layers: tuple[tuple[str, Patterns], ...] = ()

    def below(self, folder: Path, file: str = ".gitignore") -> Ignores:
        """Add what a folder's own file says."""
        path = folder / file
        if path.is_symlink():  # as git has it
            return self
        try:
            content = read_source(path, _LIMIT)
        except Unreadable:  # nothing is ignored for it, so more is read
            return self
        found = _patterns(content)
        return Ignores((*self.layers, (os.path.join(folder, ""), found))) if found.lines else self

    def ignore(self, path: Path, *, folder: bool = False) -> bool:
        """Say whether git ignores a file or folder itself; the deepest file that has an opinion decides."""
        name = os.fspath(path)
        for base, patterns in reversed(self.layers):
            verdict = patterns.verdict(_as_git_sees_it(name[len(base) :]), folder=folder)
            if verdict is not None:
                return verdict
        return False


def ignores_at(folder: Path, git_root: Path | None) -> Ignores:
    """Give the patterns that hold in a folder that was asked for, which is read even if it is itself ignored.

    Without a repository nothing is ignored: nobody can say there what is tracked all the same.
    """
    if git_root is None:
        return Ignores()
    ignores = Ignores().below(git_root, os.path.join(".git", "info", "exclude"))
    for place in (*reversed(folder.parents), folder):
        if place == git_root or not place.is_relative_to(git_root):
            continue
        ignores = ignores.below(place.parent)
        if ignores.ignore(place, folder=True):
            return Ignores()
    return ignores


def _patterns(content: bytes) -> Patterns:
    lines = content.removeprefix(b"\xef\xbb\xbf").decode("latin-1").split("\n")
    return known_patterns(line.removesuffix("\r") for line in lines) if len(lines) <= LONGEST else Patterns(())


def _as_git_sees_it(name: str) -> str:
    """Give a name byte by byte: `?` stands for one of them."""
    return os.fsencode(name).decode("latin-1")
