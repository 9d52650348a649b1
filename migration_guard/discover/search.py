"""Finds the migrations among the files that were asked for, and says of each other file why it is none."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from types import MappingProxyType

from migration_guard.config import ConfigError, Settings, SettingsLoader
from migration_guard.discover.ignore import Ignores
from migration_guard.discover.patterns import (
    backfill_path,
    fixed_folder,
    governing,
    holds_backfills,
    is_below,
    is_excluded,
    is_glob,
    is_listed,
)
from migration_guard.discover.walk import Seen, looks_like_migration, source_files
from migration_guard.files import SOURCE_LIMIT, Unreadable, exists, nearest_name, read_head, shown_path, too_large
from migration_guard.frameworks import recognise
from migration_guard.operations import Problem

SCRIPT = "script"
SQL_FILE = "sql_file"
"""The framework of a file that is no migration by its content, but was named as one."""
BACKFILL = "backfill"
"""The framework of a file that `backfill.modules` names: it holds no migrations, and is judged by rules of its own."""


class UsageError(Exception):
    """Something on the command line that cannot be done; the message says what was meant instead."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A migration that was found, and what is needed in order to read and judge it."""

    path: Path
    """Absolute."""
    shown: str
    """POSIX, relative to the working directory; bytes that are no UTF-8 are spelt out."""
    root: Path
    """Where the search for imported modules ends: the git root, else the PATH given, else the file's folder."""
    framework: str
    settings: Settings
    source: bytes


@dataclass(frozen=True, slots=True)
class _Asked:
    """A file or folder to look at, on behalf of the command line or of a configuration."""

    path: Path
    named: bool
    """Whether the command line names it: then nothing leaves it out."""
    glob: str | None = None
    settings: Settings | None = None
    """The configuration that asks, where one does."""

    def means(self, path: Path) -> bool:
        return self.glob is None or self.settings is None or is_below(path, self.glob, self.settings)


@dataclass(frozen=True, slots=True)
class Discovery:
    """What was found where somebody looked."""

    candidates: tuple[Candidate, ...]
    """Sorted by their shown names, each file once."""
    problems: tuple[Problem, ...]
    excluded: int
    """Migrations that `exclude` leaves out."""
    looked_at: int
    """Files that were opened, or tried."""
    asked: tuple[str, ...]
    """The folders that were asked for, or are asked for by default, in which there is no migration."""
    searched: tuple[_Asked, ...]
    """Everything that was asked for."""

    def would_meet(self, path: Path) -> bool:
        """Say whether a file that is gone would have been looked at, had it been there."""
        return any(path.is_relative_to(one.path) and one.means(path) for one in self.searched)


NOTHING = Discovery((), (), 0, 0, (), ())
"""What is found where nothing was asked for."""


class _Left(Enum):
    """Why a file that was looked at is no candidate, and no problem either."""

    EXCLUDED = auto()
    NO_MIGRATION = auto()


def discover(
    paths: Sequence[str],
    *,
    cwd: Path,
    load: SettingsLoader,
    force_exclude: bool = False,
    contents: Mapping[Path, bytes] = MappingProxyType({}),
) -> Discovery:
    """Find the migrations in files and folders; without any, in those of the configuration, else below `cwd`.

    `contents` gives files that are not read from the working tree.
    """
    asked = [_named(path, cwd, contents) for path in paths] if paths else list(_by_default(cwd, load))
    search = _Search(cwd, load, force_exclude, contents)
    # Files come first: named, they are read whatever they are, and a folder that holds them too must not drop them.
    for one in asked:
        if not one.path.is_dir():
            search.file(one)
    empty = [one for one in asked if one.path.is_dir() and not search.folder(one)]
    names = tuple(shown_path(one.path, cwd) if one.glob is None else one.glob for one in empty)
    return search.result(names, tuple(asked))


def _named(path: str, cwd: Path, contents: Mapping[Path, bytes]) -> _Asked:
    full = Path(os.path.abspath(cwd / path))
    if full not in contents and not os.path.lexists(full):
        raise UsageError(f"there is no {shown_path(full, cwd)!r}{nearest_name(full)}")
    return _Asked(full, named=True)


def _by_default(cwd: Path, load: SettingsLoader) -> Iterator[_Asked]:
    settings = load.for_folder(cwd)
    if not settings.all_paths:
        yield _Asked(cwd, named=False)
    for key, entry in settings.all_paths:
        full = Path(os.path.abspath(settings.root / entry))
        if exists(full):
            yield _Asked(full, named=False, settings=settings)
        elif is_glob(entry):
            folder = Path(os.path.abspath(settings.root / fixed_folder(entry)))
            yield _Asked(_existing(folder, key, entry, settings), named=False, glob=entry, settings=settings)
        else:
            _existing(full, key, entry, settings)
    for entry in settings.backfill.modules:
        place = _existing(backfill_path(entry, settings), "backfill.modules", entry, settings)
        yield _Asked(place, named=False, settings=settings)


def _existing(path: Path, key: str, entry: str, settings: Settings) -> Path:
    if not exists(path):
        place = settings.source or settings.root
        raise ConfigError(place, None, f"`{key}`: there is no {entry!r}{nearest_name(path)}")
    return path


class _Search:
    """Looks at each file once, however often it is asked for."""

    def __init__(self, cwd: Path, load: SettingsLoader, force_exclude: bool, contents: Mapping[Path, bytes]) -> None:
        self._contents = contents
        self._cwd = cwd
        self._load = load
        self._force_exclude = force_exclude
        self._outcomes: dict[str, Candidate | Problem | _Left] = {}

    def file(self, asked: _Asked) -> None:
        real = os.path.realpath(asked.path)
        if real not in self._outcomes:
            named = asked.named and not self._force_exclude
            self._outcomes[real] = self._look(asked.path, asked.path.parent, Ignores(), named=named)

    def folder(self, asked: _Asked) -> bool:
        """Look through a folder, and say whether anything in it is a migration or a problem."""
        held = False
        for found in source_files(asked.path, self._load.git_root(asked.path)):
            if not asked.means(found.path):
                continue
            real = found.real if isinstance(found, Seen) else os.fspath(found.path)
            if real not in self._outcomes:
                self._outcomes[real] = (
                    self._look(found.path, asked.path, found.ignores, named=False)
                    if isinstance(found, Seen)
                    else self._problem(found.path, found.reason)
                )
            held = held or not isinstance(self._outcomes[real], _Left)
        return held

    def result(self, empty: tuple[str, ...], searched: tuple[_Asked, ...]) -> Discovery:
        outcomes = self._outcomes.values()
        candidates = [one for one in outcomes if isinstance(one, Candidate)]
        problems = [one for one in outcomes if isinstance(one, Problem)]
        return Discovery(
            candidates=tuple(sorted(candidates, key=lambda one: one.shown)),
            problems=tuple(sorted(problems, key=lambda one: one.path)),
            excluded=sum(one is _Left.EXCLUDED for one in outcomes),
            looked_at=len(outcomes),
            asked=empty,
            searched=searched,
        )

    def _look(self, path: Path, asked: Path, ignores: Ignores, *, named: bool) -> Candidate | Problem | _Left:
        settings = self._load.for_folder(path.parent)
        backfills = holds_backfills(path, settings)
        wanted = named or backfills or is_listed(path, settings)
        try:
            content = self._contents.get(path)
            source, whole = read_head(path) if content is None else (content, len(content) <= SOURCE_LIMIT)
        except Unreadable as error:
            wanted = wanted or path.suffix == ".py"
            return self._kept_problem(path, str(error), ignores, named=named) if wanted else _Left.NO_MIGRATION
        framework = BACKFILL if backfills else recognise(path, source) or (_plain(path) if wanted else None)
        if b"\0" in source and (framework or looks_like_migration(path)):
            return self._kept_problem(path, "it is binary: it holds null bytes", ignores, named=named)
        if framework is None or (not wanted and ignores.ignore(path)):
            return _Left.NO_MIGRATION
        if not named and is_excluded(path, settings):
            return _Left.EXCLUDED
        if not whole:
            return self._problem(path, too_large())
        root = self._load.git_root(path.parent) or asked
        return Candidate(path, shown_path(path, self._cwd), root, framework, governing(path, settings), source)

    def _kept_problem(self, path: Path, reason: str, ignores: Ignores, *, named: bool) -> Problem | _Left:
        if not named and ignores.ignore(path):
            return _Left.NO_MIGRATION
        return self._problem(path, reason, named=named)

    def _problem(self, path: Path, reason: str, *, named: bool = False) -> Problem | _Left:
        if not named and is_excluded(path, self._load.for_folder(path.parent)):
            return _Left.EXCLUDED
        return Problem(shown_path(path, self._cwd), None, f"cannot be read: {reason}")


def _plain(path: Path) -> str:
    """Name the framework of a file that was asked for and that none recognises."""
    return SQL_FILE if path.suffix.lower() == ".sql" else SCRIPT
