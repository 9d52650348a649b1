"""What git ignores, read from .gitignore files as git reads them, without calling git."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from pathspec import GitIgnoreSpec

from migration_guard.files import Unreadable, read_source

_LIMIT = 256 * 1024
_STARS = re.compile(r"\*+")
_MOST_STARS = 6
"""Matching takes time to the power of the stars; who hides a file behind more of them has it read instead."""


@dataclass(frozen=True, slots=True)
class Ignores:
    """The patterns that hold in a folder: those of each folder from the repository's root down to it."""

    layers: tuple[tuple[str, GitIgnoreSpec], ...] = ()

    def below(self, folder: Path, file: str = ".gitignore") -> Ignores:
        """Add what a folder's own file says."""
        try:
            content = read_source(folder / file, _LIMIT)
        except Unreadable:  # nothing is ignored for it, so more is read
            return self
        spec = _spec(content)
        return Ignores((*self.layers, (os.path.join(folder, ""), spec))) if spec else self

    def ignore(self, path: Path, *, folder: bool = False) -> bool:
        """Say whether git ignores a file or folder; the deepest file that has an opinion decides."""
        name = os.fspath(path) + ("/" if folder else "")
        for base, spec in reversed(self.layers):
            verdict = spec.check_file(name[len(base) :]).include
            if verdict is not None:
                return verdict
        return False


def ignores_at(folder: Path, git_root: Path | None) -> Ignores:
    """Give the patterns that hold in a folder that was asked for, which is read even if it is itself ignored."""
    if git_root is None:
        return Ignores()
    ignores = Ignores().below(git_root, os.path.join(".git", "info", "exclude"))
    for place in reversed([one for one in folder.parents if one.is_relative_to(git_root)]):
        ignores = ignores.below(place)
    return Ignores() if folder != git_root and ignores.ignore(folder, folder=True) else ignores


def _spec(content: bytes) -> GitIgnoreSpec | None:
    text = os.fsdecode(content.removeprefix(b"\xef\xbb\xbf"))
    lines = [line for line in map(_stripped, text.split("\n")) if _is_pattern(line)]
    return GitIgnoreSpec.from_lines(lines) if lines else None


def _stripped(line: str) -> str:
    return line.removesuffix("\r")


def _is_pattern(line: str) -> bool:
    if not line.strip() or line.startswith("#") or len(_STARS.findall(line)) > _MOST_STARS:
        return False
    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:  # git, too, passes over what it cannot read
        return False
    return True
