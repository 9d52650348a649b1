"""Finds the migrations among the files that were asked for, and says of each other file why it is none."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum, auto
from pathlib import Path
from types import MappingProxyType

from migration_guard.config import Settings, SettingsLoader
from migration_guard.discover import foreign
from migration_guard.discover.asked import Asked, by_default, named
from migration_guard.discover.beside import is_near_migrations, reason_to_name, runs_migrations
from migration_guard.discover.homes import Homes
from migration_guard.discover.patterns import governing, holds_backfills, is_excluded, is_listed, lies_in_listed_folder
from migration_guard.discover.tracked import Tracked
from migration_guard.discover.walk import Foreign, Seen, Told, Trouble, looks_like_migration, source_files
from migration_guard.files import Unreadable, holds_any, read_head, shown_path, too_large
from migration_guard.frameworks import recognise, words
from migration_guard.lean import dataclass
from migration_guard.operations import Problem

SCRIPT = "script"
SQL_FILE = "sql_file"
"""The framework of a file that is no migration by its content, but was named as one."""
BACKFILL = "backfill"
"""The framework of a file that `backfill.modules` names: it holds no migrations, and is judged by rules of its own."""
_NO_HOMES = frozenset({SCRIPT, BACKFILL})
"""What may lie anywhere: beside it nothing is looked for."""


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
class Beside:
    """A file that is no migration by itself, and may change data where migrations lie."""

    path: Path
    shown: str
    reason: str
    candidate: Candidate | None = None
    """How it is read if no migration leads to it: where `paths` names its folder."""


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
    searched: Mapping[Path, tuple[Asked, ...]]
    """Everything that was asked for, by its path."""
    beside: tuple[Beside, ...] = ()
    """What lies beside migrations, is none, and may change data: to be named unless a migration leads to it."""

    def would_meet(self, path: Path) -> bool:
        """Say whether a file that is gone would have been looked at, had it been there."""
        places = (path, *path.parents)
        return any(one.means(path) for place in places for one in self.searched.get(place, ()))


NOTHING = Discovery((), (), 0, 0, (), MappingProxyType({}))
"""What is found where nothing was asked for."""


class _Left(Enum):
    """Why a file that was looked at is no candidate, and no problem either."""

    EXCLUDED = auto()
    NO_MIGRATION = auto()


@dataclass(frozen=True, slots=True)
class _Other:
    """A file that no framework recognises by its content; where it lies may make it a migration all the same."""

    seen: Seen | None
    path: Path
    top: Path


def discover(
    paths: Sequence[str],
    *,
    cwd: Path,
    load: SettingsLoader,
    force_exclude: bool = False,
) -> Discovery:
    """Find the migrations in files and folders; without any, in those of the configuration, else below `cwd`."""
    asked = [named(path, cwd) for path in paths] if paths else list(by_default(cwd, load))
    search = _Search(cwd, load, force_exclude)
    # Files come first: named, they are read whatever they are, and a folder that holds them too must not drop them.
    folders: dict[Path, list[Asked]] = defaultdict(list)
    for one in asked:
        if one.path.is_dir():
            folders[one.path].append(one)
        else:
            search.file(one)
    met = {one for folder, ones in folders.items() for one in search.folder(folder, ones)}
    search.settle()
    empty = [one for ones in folders.values() for one in ones if one not in met and not search.holds(one)]
    names = tuple(shown_path(one.path, cwd) if one.glob is None else one.glob for one in empty)
    searched: dict[Path, tuple[Asked, ...]] = {}
    for one in asked:
        searched[one.path] = (*searched.get(one.path, ()), one)
    return search.result(names, searched)


class _Search:
    """Looks at each file once, however often it is asked for."""

    def __init__(self, cwd: Path, load: SettingsLoader, force_exclude: bool) -> None:
        self._cwd = cwd
        self._load = load
        self._force_exclude = force_exclude
        self._outcomes: dict[str, Candidate | Problem | _Left] = {}
        self._others: dict[str, _Other] = {}
        self._homes = Homes()
        self._tracked = Tracked()
        self._beside: list[Beside] = []
        self._foreign: dict[Path, tuple[Foreign, Path]] = {}
        """Files in other languages, each with the root that it was met under."""

    def file(self, asked: Asked) -> None:
        real = os.path.realpath(asked.path)
        if real not in self._outcomes:
            wanted = asked.named and not self._force_exclude
            self._homes.look_above(asked.path.parent, self._load.git_root(asked.path.parent))
            self._note(real, None, asked.path, asked.path.parent, named=wanted)

    def folder(self, top: Path, asked: Sequence[Asked]) -> Iterator[Asked]:
        """Look through a folder, and give those who asked for something in it that is a migration or a problem."""
        root = self._load.git_root(top)
        self._homes.look_above(top, root)
        waiting = set(asked)
        whole = any(one.glob is None for one in asked)
        for found in source_files(top, root, self._tracked):
            if isinstance(found, Told):
                self._homes.read(found.path)
                continue
            if isinstance(found, Foreign):
                if any(one.means(found.path) for one in asked):
                    self._foreign[found.path] = (found, root or top)
                continue
            if whole:
                self._homes.walked(found.path.parent)
            means = [one for one in asked if one.means(found.path)]
            if not means:
                continue
            real = found.real if isinstance(found, Seen) else os.fspath(found.path)
            if real not in self._outcomes:
                if isinstance(found, Trouble):
                    self._outcomes[real] = self._problem(found.path, found.reason)
                else:
                    self._note(real, found, found.path, top, named=False)
            if not isinstance(self._outcomes[real], _Left):
                met = [one for one in means if one in waiting]
                waiting.difference_update(met)
                yield from met

    def settle(self) -> None:
        """Decide about the files that no content told of, now that it is known where migrations lie."""
        homes = self._homes
        for candidate in self._found():
            if candidate.framework not in _NO_HOMES:
                homes.add(candidate.path.parent, candidate.framework)
        folders = homes.folders
        near: dict[Path, bool] = {}
        for real, other in self._others.items():
            folder = other.path.parent
            if folder not in near:
                root = self._load.git_root(folder) or other.top
                near[folder] = (
                    bool(homes.frameworks_in(folder))
                    or is_near_migrations(folder, root, folders)
                    or lies_in_listed_folder(other.path, self._load.for_folder(folder))
                )
            if near[folder] or runs_migrations(other.path, folders):
                self._outcomes[real] = self._placed(other)
        self._name_foreign()

    def holds(self, asked: Asked) -> bool:
        """Say whether something that was asked for turned out to be a migration by where it lies."""
        placed = [one.path for real, one in self._others.items() if not isinstance(self._outcomes[real], _Left)]
        placed += [one.path for one in self._beside if one.candidate is not None]
        return any(path.is_relative_to(asked.path) and asked.means(path) for path in placed)

    def result(self, empty: tuple[str, ...], searched: Mapping[Path, tuple[Asked, ...]]) -> Discovery:
        outcomes = self._outcomes.values()
        problems = [one for one in outcomes if isinstance(one, Problem)]
        return Discovery(
            candidates=tuple(sorted(self._found(), key=lambda one: one.shown)),
            problems=tuple(sorted(problems, key=lambda one: one.path)),
            excluded=sum(one is _Left.EXCLUDED for one in outcomes),
            looked_at=len(outcomes),
            asked=empty,
            searched=searched,
            beside=tuple(sorted(self._beside, key=lambda one: one.shown)),
        )

    def _found(self) -> Iterable[Candidate]:
        return [one for one in self._outcomes.values() if isinstance(one, Candidate)]

    def _note(self, real: str, seen: Seen | None, path: Path, top: Path, *, named: bool) -> None:
        outcome = self._look(path, top, seen, named=named)
        if outcome is None:
            outcome = _Left.NO_MIGRATION
            self._others[real] = _Other(seen, path, top)
        self._outcomes[real] = outcome

    def _look(self, path: Path, top: Path, seen: Seen | None, *, named: bool) -> Candidate | Problem | _Left | None:
        """Judge a file by what stands in it; None where that tells nothing."""
        settings = self._load.for_folder(path.parent)
        backfills = holds_backfills(path, settings)
        wanted = named or backfills or is_listed(path, settings)
        try:
            source, whole = read_head(path)
        except Unreadable as error:
            wanted = wanted or path.suffix == ".py"
            return self._kept_problem(path, str(error), seen, named=named) if wanted else _Left.NO_MIGRATION
        framework = BACKFILL if backfills else recognise(path, source) or (_plain(path) if wanted else None)
        if b"\0" in source and (framework or looks_like_migration(path)):
            return self._kept_problem(path, "it is binary: it holds null bytes", seen, named=named)
        if framework is None:
            unsure = not whole and path.suffix == ".py" and holds_any(path, words())
            return self._kept_problem(path, too_large(), seen, named=named) if unsure else None
        if not wanted and seen is not None and seen.left_out:
            return _Left.NO_MIGRATION
        if not named and is_excluded(path, settings):
            return _Left.EXCLUDED
        return self._candidate(path, top, framework, settings, source) if whole else self._problem(path, too_large())

    def _placed(self, other: _Other) -> Candidate | Problem | _Left:
        """Judge a file by where it lies; one that is no migration there either may have to be named."""
        path = other.path
        settings = self._load.for_folder(path.parent)
        try:
            source, whole = read_head(path)
        except Unreadable:  # it vanished since
            return _Left.NO_MIGRATION
        framework = self._homes.framework_of(path, source)
        reason = None if framework else reason_to_name(path, source, whole=whole)
        if (framework is None and reason is None) or (other.seen is not None and other.seen.left_out):
            return _Left.NO_MIGRATION
        if is_excluded(path, settings):
            return _Left.EXCLUDED if framework else _Left.NO_MIGRATION
        if framework is None:
            listed = whole and lies_in_listed_folder(path, settings)
            candidate = self._candidate(path, other.top, _plain(path), settings, source) if listed else None
            self._beside.append(Beside(path, shown_path(path, self._cwd), reason or "", candidate))
            return _Left.NO_MIGRATION
        return (
            self._candidate(path, other.top, framework, settings, source) if whole else self._problem(path, too_large())
        )

    def _name_foreign(self) -> None:
        """Name what lies among migrations in other languages; what Django would load though it is compiled is a problem."""
        among: dict[Path, bool] = {}
        for one, root in self._foreign.values():
            path, folder = one.path, one.path.parent
            if folder not in among:
                among[folder] = foreign.lies_among_migrations(folder, root, self._homes.folders)
            if not among[folder] or one.left_out or is_excluded(path, self._load.for_folder(folder)):
                continue
            reason = foreign.reason_to_name(path)
            if reason is not None and foreign.is_loaded(path) and "django" in self._homes.frameworks_in(folder):
                self._outcomes[os.fspath(path)] = self._problem(path, "it is compiled Python, which Django loads")
            elif reason is not None:
                self._beside.append(Beside(path, shown_path(path, self._cwd), reason))

    def _candidate(self, path: Path, top: Path, framework: str, settings: Settings, source: bytes) -> Candidate:
        root = self._load.git_root(path.parent) or top
        return Candidate(path, shown_path(path, self._cwd), root, framework, governing(path, settings), source)

    def _kept_problem(self, path: Path, reason: str, seen: Seen | None, *, named: bool) -> Problem | _Left:
        if not named and seen is not None and seen.left_out:
            return _Left.NO_MIGRATION
        return self._problem(path, reason, named=named)

    def _problem(self, path: Path, reason: str, *, named: bool = False) -> Problem | _Left:
        if not named and is_excluded(path, self._load.for_folder(path.parent)):
            return _Left.EXCLUDED
        return Problem(shown_path(path, self._cwd), None, f"cannot be read: {reason}")


def _plain(path: Path) -> str:
    """Name the framework of a file that was asked for and that none recognises."""
    return SQL_FILE if path.suffix.lower() == ".sql" else SCRIPT
