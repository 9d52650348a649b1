"""Walks a folder for Python files: sorted, never in circles, never out of the root, never into other people's code."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from migration_guard.discover.ignore import Ignores, ignores_at
from migration_guard.files import reason

NEVER_ENTERED = frozenset(
    {".git", ".hg", ".nox", ".tox", ".venv", "__pycache__", "node_modules", "site-packages", "venv"}
)
"""Folders of tools and of installed packages, entered only where they, or something in them, are named."""

_VENV_MARK = "pyvenv.cfg"
_MIGRATION_FOLDERS = frozenset({"migrations", "versions"})
_MIGRATION_FILE = re.compile(r"(?:\d{3,}|[0-9a-f]{12}|m\d{3})_")
_EDITOR_LOCK = ".#"
"""Emacs marks a file that is being edited by a link to nowhere of this name."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A file whose name says Python, with the patterns of git that hold beside it."""

    path: Path
    real: str
    """The same file without symbolic links: what is reached twice is read once."""
    ignores: Ignores


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that may hold migrations and could not be entered."""

    path: Path
    reason: str


def looks_like_migration(path: PurePath) -> bool:
    """Judge by the name alone, where the bytes cannot be had."""
    return path.suffix == ".py" and (path.parent.name in _MIGRATION_FOLDERS or bool(_MIGRATION_FILE.match(path.name)))


def source_files(top: Path, git_root: Path | None) -> Iterator[Seen | Trouble]:
    """Yield the Python and SQL files below a folder; files that git ignores are left to the caller, who asks only for few."""
    return _Walk(top, os.path.realpath(git_root or top)).run(ignores_at(top, git_root))


_SUFFIXES = (".py", ".sql")


@dataclass(slots=True)
class _Walk:
    top: Path
    boundary: str
    entered: set[tuple[int, int]] = field(default_factory=set)
    folders: list[tuple[Path, Ignores]] = field(default_factory=list)
    linked: list[tuple[Path, Ignores]] = field(default_factory=list)
    """Folders behind links wait until the real ones are done, so that a file has its real name where it has one."""

    def run(self, ignores: Ignores) -> Iterator[Seen | Trouble]:
        linked_files = []
        self.folders.append((self.top, ignores))
        while self.folders or self.linked:
            folder, ignores = (self.folders or self.linked).pop()
            try:
                for found in self._folder(folder, ignores):
                    if isinstance(found, Seen) and found.path.is_symlink():
                        linked_files.append(found)
                    else:
                        yield found
            except OSError as error:
                yield Trouble(folder, reason(error))
        yield from linked_files

    def _folder(self, folder: Path, ignores: Ignores) -> Iterator[Seen | Trouble]:
        status = os.stat(folder)
        identity = (status.st_dev, status.st_ino)
        if identity in self.entered and status.st_ino:
            return
        self.entered.add(identity)
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
        names = {entry.name for entry in entries}
        if _VENV_MARK in names and folder != self.top:
            return
        if ".git" in names and folder != self.top:  # a repository of its own, as submodules are
            ignores = ignores_at(folder, folder)
        if ".gitignore" in names:
            ignores = ignores.below(folder)
        real = os.path.realpath(folder)
        for entry in entries:
            yield from self._entry(entry, folder, real, ignores)

    def _entry(self, entry: os.DirEntry[str], folder: Path, real: str, ignores: Ignores) -> Iterator[Seen | Trouble]:
        if entry.is_symlink():
            yield from self._link(folder / entry.name, ignores)
        elif entry.is_dir(follow_symlinks=False):
            path = folder / entry.name
            if entry.name in NEVER_ENTERED or ignores.ignore(path, folder=True):
                return
            if looks_like_migration(path):
                yield Trouble(path, "it is a folder, not a regular file")
            self.folders.append((path, ignores))
        elif entry.name.endswith(_SUFFIXES):
            yield Seen(folder / entry.name, os.path.join(real, entry.name), ignores)

    def _link(self, path: Path, ignores: Ignores) -> Iterator[Seen | Trouble]:
        real = os.path.realpath(path)
        inside = real == self.boundary or real.startswith(os.path.join(self.boundary, ""))
        is_folder = os.path.isdir(real)
        if is_folder and (path.name in NEVER_ENTERED or ignores.ignore(path)):
            return
        if is_folder and inside:
            self.linked.append((path, ignores))
        elif is_folder and path.name in _MIGRATION_FOLDERS and not ignores.ignore(path):
            yield Trouble(path, "its symbolic link leads out of the repository; name the folder to have it read")
        elif path.suffix in _SUFFIXES and not is_folder and not path.name.startswith(_EDITOR_LOCK):
            if inside:
                yield Seen(path, real, ignores)
            elif looks_like_migration(path) and not ignores.ignore(path):
                yield Trouble(path, "its symbolic link leads out of the repository; name the file to have it read")
