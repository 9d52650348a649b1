"""Finds the migrations among the files that were asked for, and says of each other file why it is none."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from migration_guard.config import SettingsLoader
from migration_guard.discover.asked import Asked, by_default, named
from migration_guard.discover.content import Contents
from migration_guard.discover.homes import Homes
from migration_guard.discover.outcome import BACKFILL, SCRIPT, Candidate, Discovery, Left, Other, Outcome
from migration_guard.discover.placed import Places
from migration_guard.discover.tracked import Tracked
from migration_guard.discover.walk import Astray, Foreign, Seen, Told, Trouble, source_files
from migration_guard.files import shown_path
from migration_guard.frameworks import stands_alone
from migration_guard.operations import Problem

_MANY = 2_000
_NO_HOMES = frozenset({SCRIPT, BACKFILL})
"""What may lie anywhere: beside it nothing is looked for."""


def discover(
    paths: Sequence[str],
    *,
    cwd: Path,
    load: SettingsLoader,
    force_exclude: bool = False,
    many: Callable[[], None] = lambda: None,
) -> Discovery:
    """Find the migrations in files and folders; without any, in those of the configuration, else below `cwd`.

    `many` is called once, while they are looked for, if there are thousands.
    """
    asked = [named(path, cwd) for path in paths] if paths else list(by_default(cwd, load))
    search = _Search(Contents(cwd, load), many, force_exclude=force_exclude)
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

    def __init__(self, contents: Contents, many: Callable[[], None], *, force_exclude: bool) -> None:
        self._contents = contents
        self._many = many
        self._left = _MANY
        """How many more there are before there are many."""
        self._force_exclude = force_exclude
        self._outcomes: dict[str, Outcome] = {}
        self._others: dict[str, Other] = {}
        self._homes = Homes()
        self._places = Places(contents, self._homes)
        self._tracked = Tracked()
        self._foreign: dict[Path, tuple[Foreign, Path]] = {}
        """Files in other languages, each with the root that it was met under."""

    def file(self, asked: Asked) -> None:
        real = os.path.realpath(asked.path)
        if real not in self._outcomes:
            wanted = asked.named and not self._force_exclude
            self._homes.look_above(asked.path.parent, self._contents.load.git_root(asked.path.parent))
            self._note(real, None, asked.path, asked.path.parent, named=wanted)

    def folder(self, top: Path, asked: Sequence[Asked]) -> Iterator[Asked]:
        """Look through a folder, and give those who asked for something in it that is a migration or a problem."""
        root = self._contents.load.git_root(top)
        self._homes.look_above(top, root)
        waiting = set(asked)
        whole = any(one.glob is None for one in asked)
        for found in source_files(top, root, self._tracked):
            if isinstance(found, Told):
                self._homes.read(found.path)
                continue
            if isinstance(found, Astray):
                if any(one.means(found.path) for one in asked):
                    self._places.name_link(found.path)
                continue
            if isinstance(found, Foreign):
                if any(one.means(found.path) for one in asked):
                    self._foreign[found.path] = (found, root or top)
                continue
            if whole:
                self._homes.walked(found.path.parent)
            means = [one for one in asked if one.means(found.path)]
            if means and not isinstance(self._met(found, top), Left):
                met = [one for one in means if one in waiting]
                waiting.difference_update(met)
                yield from met

    def settle(self) -> None:
        """Decide about the files that no content told of, now that it is known where migrations lie."""
        for candidate in self._found():
            if candidate.framework not in _NO_HOMES and not stands_alone(candidate.framework, candidate.path):
                self._homes.add(candidate.path.parent, candidate.framework)
        for path, reason in self._homes.unread.items():
            self._outcomes[os.fspath(path)] = self._contents.problem(path, reason)
        placed: set[str] = set()
        for key, outcome in self._places.settled(self._others):
            seen = self._others[key].seen
            real = key if seen is None else seen.real
            self._outcomes[key] = Left.NO_MIGRATION if real in placed else outcome
            placed.update(() if isinstance(outcome, Left) else (real,))
        self._outcomes.update(self._places.name_foreign(self._foreign.values()))

    def holds(self, asked: Asked) -> bool:
        """Say whether something that was asked for turned out to be a migration by where it lies."""
        placed = [one.path for real, one in self._others.items() if not isinstance(self._outcomes[real], Left)]
        placed += [one.path for one in self._places.beside if one.candidate is not None]
        return any(path.is_relative_to(asked.path) and asked.means(path) for path in placed)

    def result(self, empty: tuple[str, ...], searched: Mapping[Path, tuple[Asked, ...]]) -> Discovery:
        outcomes = self._outcomes.values()
        problems = [one for one in outcomes if isinstance(one, Problem)]
        return Discovery(
            candidates=tuple(sorted(self._found(), key=lambda one: one.shown)),
            problems=tuple(sorted(problems, key=lambda one: one.path)),
            excluded=sum(one is Left.EXCLUDED for one in outcomes),
            looked_at=len(outcomes),
            asked=empty,
            searched=searched,
            beside=tuple(sorted(self._places.beside, key=lambda one: one.shown)),
        )

    def _found(self) -> list[Candidate]:
        return [one for one in self._outcomes.values() if isinstance(one, Candidate)]

    def _met(self, found: Seen | Trouble, top: Path) -> Outcome:
        """What was met on a walk."""
        real = found.real if isinstance(found, Seen) else os.fspath(found.path)
        if isinstance(self._outcomes.get(real), Left):
            real = os.fspath(found.path)  # where it lies was no place for a migration: a link to it may lie in one
        if real not in self._outcomes:
            if isinstance(found, Trouble):
                self._outcomes[real] = self._contents.problem(found.path, found.reason)
            else:
                self._note(real, found, found.path, top, named=False)
        return self._outcomes[real]

    def _note(self, real: str, seen: Seen | None, path: Path, top: Path, *, named: bool) -> None:
        found = self._contents.judged(path, top, seen, named=named)
        if isinstance(found, Other):
            if found.settings:
                self._homes.read_modules(found.settings, path, self._contents.load.git_root(path.parent) or top)
            self._others[real], found = found, Left.NO_MIGRATION
        self._outcomes[real] = found
        if isinstance(found, Candidate):
            self._left -= 1
            if not self._left:
                self._many()
