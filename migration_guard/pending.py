"""Which migrations a run is about, where it is told by their names: those after one, or those that have not run yet.

What is not known to be older is of interest: a migration whose framework tells no order, or that has no name.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from pathlib import Path

from migration_guard.baseline.grandfather import History
from migration_guard.discover import UsageError
from migration_guard.filing import Checked
from migration_guard.findings import Finding
from migration_guard.lean import dataclass

_BOX = re.compile(r"\[(?P<mark>[ Xx-])\]\s+(?P<name>\S+)")
"""A line of Django's `showmigrations`, with the app before the name where it lists a plan."""
_STEP = re.compile(r"(?:\S.*?)\s->\s(?P<name>\w+)")
"""A line of `alembic history`."""
_NAME = re.compile(r"[\w.\-]+")
_NOTHING = "none"
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
    _older: dict[Path, frozenset[str]] = field(default_factory=dict)
    _apps: frozenset[str] = frozenset()
    """Those that migrations of this run say that they belong to."""
    _known: set[str] = field(default_factory=set)
    """The names of all migrations that are there."""

    @staticmethod
    def of(pending: Pending, checked: Sequence[Checked]) -> Filter:
        """Look for what was named. Raises UsageError where it is not there, or is several."""
        made = Filter(pending)
        if pending.since is not None:
            made._older = dict(_older(pending.since, checked))
        said = {finding.migration or "" for one in checked for finding in one.findings}
        made._apps = frozenset(name.rpartition(".")[0] for name in said if "." in name)
        for name in pending.unapplied or ():
            made._is_there(name, checked)
        return made

    def _is_there(self, name: str, checked: Sequence[Checked]) -> None:
        """Refuse a name that no migration has, as in the message of a command that failed; other packages have apps too."""
        app, wanted = name.rpartition(".")[0], _bare(name)
        if not self._known:
            for within, blocks in {(_within(one), one.blocks) for one in checked}:
                self._known.update(History(within, tuple(blocks)).names)
            for one in checked:
                self._known.add(one.candidate.path.stem)
                self._known.update(_bare(finding.migration or "") for finding in one.findings)
        if app and app not in self._apps:
            return
        if not any(one == wanted or _begins(one, wanted) for one in self._known):
            raise UsageError(f"--unapplied: there is no migration {name!r}")

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
        """Whether a name stands for a migration. An app that no folder is called by may be any: its label says otherwise."""
        app, own, stated = name.rpartition(".")[0], _bare(migration), _bare(name)
        if app in self._apps and app != migration.rpartition(".")[0]:
            return False
        return own == stated or _begins(own, stated)


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
    return tuple(_plain(line) for line in lines)


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
    histories = {_within(one): History(_within(one), tuple(one.blocks)) for one in checked}
    found: list[tuple[Path, History, str]] = []
    for within, history in sorted(histories.items()):
        names = [wanted] if wanted in history.names else [one for one in history.names if _begins(one, wanted)]
        if app in {"", within.parent.name}:
            found += ((within, history, name) for name in names)
    if not found:
        raise UsageError(
            f"--since: there is no migration {since!r} whose order is known, as in Alembic, Django and marked scripts"
        )
    if len(found) > 1:
        shown = ", ".join(sorted(f"{within.parent.name}.{name}" for within, _, name in found)[:5])
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
