"""Which migrations a run is about, where it is told by their names: those after one, or those that have not run yet.

What is not known to be older is of interest: a migration whose framework tells no order, or that has no name.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from pathlib import Path

from migration_guard.baseline.grandfather import History
from migration_guard.discover import UsageError
from migration_guard.filing import Checked
from migration_guard.findings import Finding
from migration_guard.later import re
from migration_guard.lean import dataclass
from migration_guard.skim.history import app_of

_BOX = re.compile(r"\[(?P<mark>[ Xx-])\]\s+(?P<name>\S+)")
"""A line of Django's `showmigrations`, with the app before the name where it lists a plan."""
_STEP = re.compile(r"(?:\S.*?)\s->\s(?P<name>\w+)")
"""A line of `alembic history`."""
_NAME = re.compile(r"[\w.\-]+")
_NOTHING = "none"
_IN_APPS = frozenset({"django", "south", "tortoise"})
"""Frameworks that name migrations by their apps."""
_SHORTEST = 4
"""Characters of a revision that may stand for it, as in Alembic."""


@dataclass(frozen=True, slots=True)
class Pending:
    """What was asked."""

    since: str | None = None
    """The migration after which others are of interest."""
    unapplied: tuple[str, ...] | None = None
    """Those that have not run yet."""


@dataclass(slots=True)
class Filter:
    """Says of findings whether their migrations are of interest."""

    pending: Pending
    passed_over: tuple[str, ...] = ()
    """Names in apps of which nothing was checked."""
    _older: dict[Path, frozenset[str]] = field(default_factory=dict)
    _named: dict[str, set[str]] = field(default_factory=dict)
    """The migrations that are there, by their apps; nothing stands for those that belong to none."""

    @staticmethod
    def of(pending: Pending, checked: Sequence[Checked]) -> Filter:
        """Look for what was named. Raises UsageError where it is not there, or is several."""
        made = Filter(pending)
        if pending.since is not None:
            made._older = dict(_older(pending.since, checked))
        if pending.unapplied:
            made._named = _named(checked)
            made.passed_over = tuple(name for name in pending.unapplied if not made._is_there(name))
        return made

    def _is_there(self, name: str) -> bool:
        """Refuse a name that no migration has, as in the message of a command that failed; other packages have apps too."""
        app, wanted = name.rpartition(".")[0], _bare(name)
        within = [self._named[app]] if self._knows(app) else self._named.values()
        there = any(one == wanted or _begins(one, wanted) for names in within for one in names)
        if not there and (not app or self._knows(app)):
            raise UsageError(f"--unapplied: there is no migration {name!r}")
        return there

    def _knows(self, app: str) -> bool:
        return bool(app) and app in self._named

    def passes(self, one: Checked, finding: Finding) -> bool:
        """Whether a finding is of interest."""
        if finding.migration is None:
            return True
        own = _bare(finding.migration)
        if self.pending.unapplied is not None and not any(
            self._means(name, finding.migration) for name in self.pending.unapplied
        ):
            return False
        return own not in self._older.get(_within(one), frozenset())

    def _means(self, name: str, migration: str) -> bool:
        """Whether a name stands for a migration. An app of which nothing is known may be any: it may state another label."""
        app, own, stated = name.rpartition(".")[0], _bare(migration), _bare(name)
        if self._knows(app) and app != migration.rpartition(".")[0]:
            return False
        return own == stated or _begins(own, stated)


def _named(checked: Sequence[Checked]) -> dict[str, set[str]]:
    """Give the migrations that are there, also those in which nothing is found, by their apps."""
    named: dict[str, set[str]] = {}
    folders: dict[Path, Checked] = {}
    for one in checked:
        folders.setdefault(_within(one), one)
        named.setdefault(_app(one), set()).add(one.candidate.path.stem)
        for finding in one.findings:
            app, _, bare = (finding.migration or "").rpartition(".")
            named.setdefault(app, set()).add(bare)
    for within, one in folders.items():
        named[_app(one)].update(History(within, one.blocks).names)
    return named


def _app(one: Checked) -> str:
    """The app that a migration belongs to, as its name says it; nothing where names say none."""
    return app_of(one.candidate.path.parent) if one.candidate.framework in _IN_APPS else ""


def listed(text: str) -> tuple[str, ...]:
    """Read the names of migrations that have not run: one a line, or what Django and Alembic print. Raises UsageError."""
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        message = "--unapplied: standard input names no migration, as when the command before it failed"
        raise UsageError(f'{message}; where none is left to run, say so: "{_NOTHING}"')
    if any(_BOX.search(line) for line in lines):
        return tuple(_boxes(lines))
    if [line.strip() for line in lines] == [_NOTHING]:
        return ()
    return tuple(_plain(line) for line in lines if not _has_run(line))


def _has_run(line: str) -> bool:
    """Whether Alembic marks a revision as the database's own; a message behind the comma may say anything."""
    return _STEP.match(line.strip()) is not None and "(current)" in line.partition(",")[0].split()


def _boxes(lines: Iterable[str]) -> Iterator[str]:
    app = ""
    for line in lines:
        found = _BOX.search(line)
        if found is None:
            app = line.strip() if _NAME.fullmatch(line.strip()) else app
        elif found["mark"] in " -":
            yield found["name"] if "." in found["name"] or not app else f"{app}.{found['name']}"


def _plain(line: str) -> str:
    step = _STEP.match(line.strip())
    name = step["name"] if step else line.split(maxsplit=1)[0].strip(",")
    if not _NAME.fullmatch(name):
        raise UsageError(f"--unapplied: expected the name of a migration, found {line.strip()[:60]!r}")
    return name


def _older(since: str, checked: Sequence[Checked]) -> Iterator[tuple[Path, frozenset[str]]]:
    app, wanted = since.rpartition(".")[0].rpartition(".")[2], _bare(since)
    folders = {_within(one): (_app(one) or _within(one).parent.name, tuple(one.blocks)) for one in checked}
    found: list[tuple[Path, History, str]] = []
    for within, (label, blocks) in sorted(folders.items()):
        if app in {"", label}:
            history = History(within, blocks)
            names = [wanted] if wanted in history.names else [one for one in history.names if _begins(one, wanted)]
            found += ((within, history, name) for name in names)
    if not found:
        raise UsageError(
            f"--since: there is no migration {since!r} whose order is known, as in Alembic, Django and marked scripts"
        )
    if len(found) > 1:
        shown = ", ".join(sorted(f"{folders[within][0]}.{name}" for within, _, name in found)[:5])
        raise UsageError(f"--since: {since!r} may be {shown}; say which, with its app")
    for within, history, name in found:
        yield within, history.up_to(name)


def _begins(name: str, wanted: str) -> bool:
    return len(wanted) >= _SHORTEST and name.startswith(wanted)


def _within(one: Checked) -> Path:
    """What orders a migration: its folder, or the script that holds several."""
    path = one.candidate.path
    return Path(os.path.abspath(path if one.blocks else path.parent))


def _bare(name: str) -> str:
    return name.rpartition(".")[2]
