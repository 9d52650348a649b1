"""What must hold before files are changed: nothing would be lost, and everything can be written."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from migration_guard.files import Unreadable, exists, read_source
from migration_guard.git import Git, GitError


def objections(paths: Iterable[Path], *, force: bool) -> Iterator[str]:
    """Say of each file why it must not be changed."""
    for path in paths:
        there = exists(path)
        if there and not _writable(path):
            yield f"{path.name} is read-only"
        elif not there and not _writable(_nearest(path)):
            yield f"{path.name} cannot be made: its folder is read-only"
        elif there and not force and (reason := _at_risk(path)) is not None:
            yield f"{reason}; `git add` it first, or say --force"


def _writable(path: Path) -> bool:
    return bool(stat.S_IMODE(path.stat().st_mode) & 0o222) and os.access(path, os.W_OK)


def _nearest(path: Path) -> Path:
    """The folder in which something would be made first."""
    return next(folder for folder in path.parents if folder.is_dir())


def _at_risk(path: Path) -> str | None:
    """Say why a change could not be taken back: neither a commit nor the index has what stands there."""
    try:
        git = Git.at(path.parent)
        if git.content("", path) == read_source(path) or git.unchanged(git.commit("HEAD"), [path]):
            return None
    except (GitError, Unreadable) as error:
        return f"{path.name} could not be brought back ({error})"
    return f"{path.name} has changes that git does not hold"
