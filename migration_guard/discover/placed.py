"""Judges the files that no content told of, once it is known where migrations lie."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import field
from pathlib import Path

from migration_guard.discover import foreign
from migration_guard.discover.beside import (
    holds_seeds,
    is_called_after_migrations,
    is_near_migrations,
    reason_to_name,
    runs_migrations,
)
from migration_guard.discover.content import Contents, plain
from migration_guard.discover.homes import Homes
from migration_guard.discover.outcome import Beside, Left, Other, Outcome
from migration_guard.discover.patterns import is_excluded, lies_in_listed_folder
from migration_guard.discover.walk import Foreign
from migration_guard.files import Unreadable, read_head, shown_path, too_large
from migration_guard.lean import dataclass
from migration_guard.skim.receivers import Receivers


@dataclass(slots=True)
class Places:
    """Says what files are by where they lie, and which of them have to be named."""

    contents: Contents
    homes: Homes
    beside: list[Beside] = field(default_factory=list)
    _near: dict[Path, bool] = field(default_factory=dict)
    _receivers: Receivers = field(default_factory=Receivers)

    def settled(self, others: Mapping[str, Other]) -> Iterator[tuple[str, Outcome]]:
        """Decide about each of them that may matter."""
        folders = self.homes.folders
        for real, other in others.items():
            if (
                self._is_near(other, folders)
                or runs_migrations(other.path, folders)
                or holds_seeds(other.path)
                or is_called_after_migrations(other.path)
            ):
                yield real, self._placed(other)
            elif other.signals:
                self._name_receiver(other)

    def name_foreign(self, every: Iterable[tuple[Foreign, Path]]) -> Iterator[tuple[str, Outcome]]:
        """Name what lies among migrations in other languages; what Django would load though it is compiled is a problem."""
        among: dict[Path, bool] = {}
        addons: dict[Path, bool] = {}
        for one, root in every:
            path, folder = one.path, one.path.parent
            if folder not in among:
                among[folder] = foreign.lies_among_migrations(folder, root, self.homes.folders)
                addons[folder] = foreign.is_data_of_odoo(folder)
            if (
                not (
                    among[folder]
                    or (addons[folder] and path.suffix == ".xml")
                    or foreign.may_be_imported(path)
                    or foreign.is_change_log(path)
                )
                or one.left_out
                or is_excluded(path, self.contents.load.for_folder(folder))
            ):
                continue
            framework = self.homes.loads_compiled(path)
            if framework is not None:
                yield os.fspath(path), self.contents.problem(path, f"it is compiled Python, which {framework} loads")
            elif (reason := foreign.reason_to_name(path)) is not None:
                self._name(path, reason)

    def name_link(self, path: Path) -> None:
        """Name a link to a folder elsewhere."""
        if not is_excluded(path, self.contents.load.for_folder(path.parent)):
            self._name(path, "its symbolic link leads out of the repository, and what lies there is not read")

    def _is_near(self, other: Other, folders: Collection[Path]) -> bool:
        folder = other.path.parent
        if folder not in self._near:
            load = self.contents.load
            self._near[folder] = (
                bool(self.homes.frameworks_in(folder))
                or is_near_migrations(folder, load.git_root(folder) or other.top, folders)
                or lies_in_listed_folder(other.path, load.for_folder(folder))
            )
        return self._near[folder]

    def _placed(self, other: Other) -> Outcome:
        """Judge a file by where it lies; one that is no migration there either may have to be named."""
        path = other.path
        if other.unread:
            left_out = other.seen is not None and other.seen.left_out
            return Left.NO_MIGRATION if left_out else self.contents.problem(path, other.unread)
        settings = self.contents.load.for_folder(path.parent)
        try:
            source, whole = read_head(path)
        except Unreadable:  # it vanished since
            return Left.NO_MIGRATION
        framework = self.homes.framework_of(path, source)
        reason = None if framework else reason_to_name(path, source, whole=whole)
        if (framework is None and reason is None) or (other.seen is not None and other.seen.left_out):
            return Left.NO_MIGRATION
        if is_excluded(path, settings):
            return Left.EXCLUDED if framework else Left.NO_MIGRATION
        if framework is None:
            listed = whole and lies_in_listed_folder(path, settings)
            read = (path, other.top, plain(path), settings, source)
            self.beside.append(
                Beside(
                    path,
                    shown_path(path, self.contents.cwd),
                    reason or "",
                    self.contents.candidate(*read) if listed else None,
                )
            )
            return Left.NO_MIGRATION
        if not whole:
            return self.contents.problem(path, too_large())
        return self.contents.candidate(path, other.top, framework, settings, source)

    def _name_receiver(self, other: Other) -> None:
        """Name what is connected to a signal that is sent with every migration, if it may change data."""
        path, load = other.path, self.contents.load
        if is_excluded(path, load.for_folder(path.parent)) or (other.seen is not None and other.seen.left_out):
            return
        if self._receivers.may_write(path, load.git_root(path.parent) or other.top):
            self._name(path, "what it connects to a signal is run with every migration, and may change data")

    def _name(self, path: Path, reason: str) -> None:
        self.beside.append(Beside(path, shown_path(path, self.contents.cwd), reason))
