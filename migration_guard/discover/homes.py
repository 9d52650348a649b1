"""Where migrations lie: a framework loads every file of such a folder, whatever stands in it."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import field
from pathlib import Path

from migration_guard.discover.foreign import CACHE, is_loaded
from migration_guard.discover.hints import SETTINGS, module_folders, version_folders
from migration_guard.files import Unreadable, read_head
from migration_guard.frameworks import alembic, django, recognise
from migration_guard.frameworks.bindings import bindings
from migration_guard.lean import dataclass
from migration_guard.sources import is_numbered, is_source, is_sql

_SQL = "sql_file"
_LOADERS = {"alembic": alembic, "django": django}
"""Frameworks that load whatever lies beside their migrations; what has none of their names does nothing there."""


@dataclass(slots=True)
class Homes:
    """Folders, each with the frameworks that have migrations in it."""

    _frameworks: dict[Path, set[str]] = field(default_factory=lambda: defaultdict(set))
    _told: set[Path] = field(default_factory=set)
    """Those that settings of Alembic name."""
    _compiled: set[Path] = field(default_factory=set)
    """… of which it loads compiled versions, too."""
    _moved: set[Path] = field(default_factory=set)
    """Those that settings of Django name."""
    unread: dict[Path, str] = field(default_factory=dict)
    """Files of settings that may name some, and cannot be read."""
    _looked_above: set[Path] = field(default_factory=set)
    _looked_beside: set[Path] = field(default_factory=set)

    @property
    def folders(self) -> frozenset[Path]:
        return frozenset(self._frameworks)

    def add(self, folder: Path, framework: str) -> None:
        self._frameworks[folder].add(framework)
        self._looked_beside.add(folder)

    def read(self, path: Path) -> None:
        """Take what a file of settings says of Alembic's folders."""
        try:
            versions = version_folders(path)
        except Unreadable as error:
            self.unread[path] = str(error)
            return
        for folder in versions.folders:
            self._told.add(folder)
            self.add(folder, "alembic")
        self._compiled.update(versions.folders if versions.sourceless else ())

    def read_modules(self, source: bytes, path: Path, top: Path) -> None:
        """Take what a module of settings says of the packages in which Django looks for migrations."""
        try:
            folders = module_folders(source, path, top)
        except Unreadable as error:
            self.unread[path] = str(error)
            return
        for folder in folders:
            if os.path.isdir(folder):
                self._moved.add(folder)
                self.add(folder, "django")

    def loads_compiled(self, path: Path) -> str | None:
        """Name the framework that loads a file of compiled Python for where it lies."""
        folder = path.parent.parent if path.parent.name == CACHE else path.parent
        if folder in self._compiled and is_loaded(path, by_alembic=True):
            return "Alembic"
        return "Django" if is_loaded(path) and "django" in self.frameworks_in(path.parent) else None

    def look_above(self, folder: Path, root: Path | None) -> None:
        """Read the settings that stand in a folder, or above it in the repository."""
        for place in (folder, *folder.parents):
            if place in self._looked_above:
                return
            self._looked_above.add(place)
            for name in _listed(place):
                if name.endswith(SETTINGS):
                    self.read(place / name)
            if place == root or root is None:
                return

    def framework_of(self, path: Path, source: bytes) -> str | None:
        """Name the framework that loads a file for where it lies, if one does."""
        if path.suffix != ".py":
            numbered = path.parent.name == django.FOLDER and is_sql(path.name) and is_numbered(path.name)
            # Beside Python migrations, one of them may read it.
            return _SQL if numbered and not self.frameworks_in(path.parent) - {_SQL} else None
        if path.parent in self._told and alembic.loads(path):
            return "alembic"
        if path.parent in self._moved and django.loads(path):
            return "django"
        found = bindings(source)
        for name, module in _LOADERS.items():
            does = found is None or found.open or found.names & module.DOES
            if does and module.loads(path) and name in self.frameworks_in(path.parent):
                return name
        return None

    def walked(self, folder: Path) -> None:
        """Note that all files of a folder are looked at anyway."""
        self._looked_beside.add(folder)

    def frameworks_in(self, folder: Path) -> set[str]:
        """Give the frameworks of a folder; where only some of its files were named, the others are looked at."""
        if folder not in self._looked_beside:
            self._looked_beside.add(folder)
            framework = next((one for one in _recognised(folder) if one is not None), None)
            if framework is not None:
                self._frameworks[folder].add(framework)
        return self._frameworks.get(folder, set())


def _recognised(folder: Path) -> Iterator[str | None]:
    for name in _listed(folder):
        if is_source(name):
            try:
                yield recognise(folder / name, read_head(folder / name)[0])
            except Unreadable:
                continue


def _listed(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []
