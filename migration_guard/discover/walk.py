"""Walks a folder for Python and SQL files: sorted, never in circles, never out of the root.

Other people's code and what git ignores are left out only as far as git does not track them: a name is no proof.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import field, replace
from pathlib import Path, PurePath

from migration_guard.discover import foreign
from migration_guard.discover.hints import SETTINGS
from migration_guard.discover.ignore import Ignores, ignores_at
from migration_guard.discover.tracked import Tracked
from migration_guard.files import Unreadable, read_source, reason
from migration_guard.frameworks.sql import sqitch
from migration_guard.later import re
from migration_guard.lean import dataclass
from migration_guard.sources import SQITCH, is_source

NEVER_ENTERED = frozenset(
    {".git", ".hg", ".nox", ".tox", ".venv", "__pycache__", "node_modules", "site-packages", "venv"}
)
"""Folders of tools and of installed packages, entered only where they, or something in them, are named or tracked."""

_OWN = frozenset({".git", ".hg"})
"""Where a version control keeps its own: nothing in it can be tracked."""
_VENV_MARK = "pyvenv.cfg"
_MIGRATION_FOLDERS = frozenset({"migrations", "versions"})
_MIGRATION_FILE = re.compile(r"(?:\d{3,}|[0-9a-f]{12}|m\d{3})_")
_EDITOR_LOCK = ".#"
"""Emacs marks a file that is being edited by a link to nowhere of this name."""


@dataclass(frozen=True, slots=True)
class Place:
    """What holds in a folder."""

    ignores: Ignores
    root: Path | None
    """The repository that it belongs to."""
    tracked: Tracked
    only_tracked: bool = False
    """Whether the folder is only entered for what git tracks in it."""
    endings: tuple[str, ...] = ()
    """How the names of SQL files end here beside the usual ones."""

    def leaves_out(self, path: Path, *, folder: bool = False) -> bool:
        """Say whether a file, or all of a folder, is left out by git's rules."""
        if not (self.only_tracked or self.ignores.ignore(path, folder=folder)):
            return False
        return not (self.tracked.holds_below if folder else self.tracked.holds)(path, self.root)


@dataclass(frozen=True, slots=True)
class Seen:
    """A file whose name says Python or SQL, and what holds where it lies."""

    path: Path
    real: str
    """The same file without symbolic links: what is reached twice is read once."""
    place: Place

    @property
    def left_out(self) -> bool:
        return self.place.leaves_out(self.path)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that may hold migrations and could not be entered."""

    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class Told:
    """A file of settings that may say where migrations lie."""

    path: Path


@dataclass(frozen=True, slots=True)
class Foreign:
    """A file in another language, which is named if it lies among migrations and may change data."""

    path: Path
    place: Place

    @property
    def left_out(self) -> bool:
        return self.place.leaves_out(self.path)


@dataclass(frozen=True, slots=True)
class Astray:
    """A link to a folder out of the repository that git tracks: whoever follows it finds what nobody here does."""

    path: Path


Found = Seen | Trouble | Told | Foreign | Astray


def looks_like_migration(path: PurePath) -> bool:
    """Judge by the name alone, where the bytes cannot be had."""
    return path.suffix == ".py" and (path.parent.name in _MIGRATION_FOLDERS or bool(_MIGRATION_FILE.match(path.name)))


def source_files(top: Path, git_root: Path | None, tracked: Tracked | None = None) -> Iterator[Found]:
    """Yield the Python and SQL files below a folder; whether git leaves one out is told when it is asked for."""
    above = top.parents[: top.parents.index(git_root) + 1] if git_root in top.parents else ()
    endings = tuple(one for folder in above for one in sqitch.endings(folder))
    place = Place(ignores_at(top, git_root), git_root, tracked or Tracked(), endings=endings)
    return _Walk(top, os.path.realpath(git_root or top)).run(place)


@dataclass(slots=True)
class _Walk:
    top: Path
    boundary: str
    entered: set[tuple[int, int]] = field(default_factory=set)
    again: set[tuple[int, int]] = field(default_factory=set)
    folders: list[tuple[Path, Place]] = field(default_factory=list)
    linked: list[tuple[Path, Place]] = field(default_factory=list)
    """Folders behind links wait until the real ones are done, so that a file has its real name where it has one."""

    def run(self, place: Place) -> Iterator[Found]:
        linked_files = []
        self.folders.append((self.top, place))
        while self.folders or self.linked:
            folder, place = (self.folders or self.linked).pop()
            try:
                for found in self._folder(folder, place):
                    if isinstance(found, Seen) and found.path.is_symlink():
                        linked_files.append(found)
                    else:
                        yield found
            except OSError as error:
                yield Trouble(folder, reason(error))
        yield from linked_files

    def _folder(self, folder: Path, place: Place) -> Iterator[Found]:
        status = os.stat(folder)
        identity = (status.st_dev, status.st_ino)
        if identity in self.entered and status.st_ino:
            if folder.name not in _MIGRATION_FOLDERS or identity in self.again:
                return
            self.again.add(identity)  # its link says what its own name does not: that migrations lie there
        self.entered.add(identity)
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
        names = {entry.name for entry in entries}
        if ".git" in names and folder != self.top:  # a repository of its own, as submodules are
            place = Place(ignores_at(folder, folder), folder, place.tracked)
        if _VENV_MARK in names and folder != self.top and place.root is not None:
            if not place.tracked.holds_below(folder, place.root):
                return
            place = replace(place, only_tracked=True)
        if ".gitignore" in names and place.root is not None:
            place = replace(place, ignores=place.ignores.below(folder))
        if SQITCH in names:
            place = replace(place, endings=(*place.endings, *sqitch.endings(folder)))
        real = os.path.realpath(folder)
        for entry in entries:
            yield from self._entry(entry, folder, real, place)

    def _entry(self, entry: os.DirEntry[str], folder: Path, real: str, place: Place) -> Iterator[Found]:
        path = folder / entry.name
        if entry.is_symlink():
            yield from self._link(path, place)
        elif entry.is_dir(follow_symlinks=False):
            inner = _entered(path, place)
            if inner is None:
                return
            if looks_like_migration(path):
                yield Trouble(path, "it is a folder, not a regular file")
            self.folders.append((path, inner))
        elif is_source(entry.name) or entry.name.endswith(place.endings):
            yield Seen(path, os.path.join(real, entry.name), place)
        elif entry.name.endswith(SETTINGS):
            yield Told(path)
        elif entry.name.endswith(foreign.SUFFIXES):
            yield Foreign(path, place)

    def _link(self, path: Path, place: Place) -> Iterator[Seen | Trouble | Foreign | Astray]:
        real = os.path.realpath(path)
        inside = real == self.boundary or real.startswith(os.path.join(self.boundary, ""))
        is_folder = os.path.isdir(real)
        inner = _entered(path, place) if is_folder else place
        if inner is None:
            return
        if is_folder and inside:
            self.linked.append((path, inner))
        elif (
            is_folder
            and not _MIGRATION_FOLDERS.isdisjoint((path.name, path.parent.name))
            and not place.leaves_out(path)
        ):
            yield Trouble(path, "its symbolic link leads out of the repository; name the folder to have it read")
        elif is_folder and place.tracked.holds(path, place.root):
            yield Astray(path)
        elif (
            (is_source(path.name) or path.name.endswith(place.endings))
            and not is_folder
            and not path.name.startswith(_EDITOR_LOCK)
        ):
            if inside:
                yield Seen(path, real, place)
            elif looks_like_migration(path) and not place.leaves_out(path):
                yield Trouble(path, "its symbolic link leads out of the repository; name the file to have it read")
        elif path.name.endswith(foreign.SUFFIXES) and not is_folder and inside:
            yield Foreign(path, place)


def _entered(path: Path, place: Place) -> Place | None:
    """Give what holds in a folder on the way, None where it is left out."""
    if path.name in _OWN:
        return None
    if place.root is None:
        return None if _is_installed(path) else place
    if path.name in NEVER_ENTERED or place.ignores.ignore(path, folder=True) or place.only_tracked:
        return replace(place, only_tracked=True) if place.tracked.holds_below(path, place.root) else None
    return place


def _is_installed(path: Path) -> bool:
    """Say of a folder outside of any repository whether a virtual environment keeps its packages in it."""
    if path.name != "site-packages":
        return False
    for folder in path.parents[:3]:  # Lib/site-packages, or lib/python3.12/site-packages
        try:
            return b"home" in read_source(folder / _VENV_MARK, 64 * 1024)
        except Unreadable:
            continue
    return False
