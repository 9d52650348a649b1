"""Which findings the entries of a baseline stand for: one to one, so that a second copy of an old finding is new.

First what is exactly the same; then what moved with its migration to another file; then a file that only got another
name. A migration that replaces others inherits what was grandfathered in them, also while they still stand.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from functools import cached_property
from pathlib import PurePosixPath
from typing import NamedTuple

from migration_guard.baseline.entry import Entry, Key
from migration_guard.baseline.made import nothing_is_garbage
from migration_guard.findings import Finding
from migration_guard.later import re
from migration_guard.lean import dataclass


class Tier(str, Enum):
    """By what an entry was recognised."""

    EXACT = "the same finding in the same file and migration"
    MOVED = "the same migration, whose file has moved"
    RENAMED = "the same file under another name"
    INHERITED = "a migration that this one replaces"


class Sight(Enum):
    """What the run saw of an entry's file."""

    CHECKED = "checked"
    """It was read wholly, and the rule ran on it."""
    GONE = "gone"
    """It is not there, and the run would have met it."""
    UNSEEN = "unseen"
    """It is there and was not checked, or the run did not look there."""
    MISSING = "missing"
    """It is not there, but the run would not have met it either."""


@dataclass(frozen=True, slots=True)
class Filed:
    """A finding that could be grandfathered, or its part for one of several tables, with what entries know of it."""

    finding: Finding
    file: str
    """Relative to the baseline's folder."""
    replaces: tuple[str, ...] = ()
    part: tuple[str, str] | None = None
    """The table and the fingerprint, of one that writes several tables one by one."""

    @staticmethod
    def each(finding: Finding, file: str, replaces: tuple[str, ...] = ()) -> tuple[Filed, ...]:
        """Give what entries stand for: the finding, or each of its parts."""
        return tuple(Filed(finding, file, replaces, part) for part in finding.parts or (None,))

    @property
    def fingerprint(self) -> str:
        return self.part[1] if self.part is not None else self.finding.fingerprint

    @property
    def key(self) -> Key:
        return Key(self.file, self.finding.name, self.fingerprint, self.finding.migration or "")

    @property
    def at(self) -> str:
        return self.part[0] if self.part is not None else self.whole_at

    @property
    def whole_at(self) -> str:
        """What all of the finding is about."""
        operation = self.finding.operation
        if operation is None:
            return "the migration"
        return operation.table or operation.model or operation.callee or "unknown"


@dataclass(frozen=True, slots=True)
class Match:
    """A finding and the entry that stands for it."""

    filed: Filed
    entry: Entry
    tier: Tier


@dataclass(frozen=True, slots=True)
class Matching:
    """What a baseline makes of the findings of a run."""

    matched: tuple[Match, ...]
    new: tuple[Filed, ...]
    stale: tuple[tuple[Entry, int], ...]
    """Entries that stand for more findings than there are, and for how many more."""
    unknown: tuple[tuple[Entry, int], ...]
    """Entries whose findings the run could not have seen, and how many of them."""


def match(entries: Sequence[Entry], findings: Iterable[Filed], sight: Callable[[Entry], Sight]) -> Matching:
    """File the findings of a run, which come in the order of their files and lines."""
    with nothing_is_garbage():
        return _Matcher(entries, list(findings), sight).result()


class _Matcher:
    def __init__(self, entries: Sequence[Entry], findings: list[Filed], sight: Callable[[Entry], Sight]) -> None:
        self._entries = {entry.key: entry for entry in entries}
        self._left = {key: entry.count for key, entry in self._entries.items()}
        self._findings = findings
        self._keys = [filed.key for filed in findings]
        self._sight = sight
        self._matched: dict[int, Match] = {}
        self._inherited: set[Key] = set()

    @cached_property
    def _by_finding(self) -> dict[tuple[str, str], list[Key]]:
        """Entries by what they say, wherever: asked only where something is not where it was."""
        found: dict[tuple[str, str], list[Key]] = defaultdict(list)
        for key in self._entries:
            found[key.rule, key.fp].append(key)
        return found

    def result(self) -> Matching:
        for index, key in enumerate(self._keys):
            self._take(index, key, Tier.EXACT)
        self._inherit()
        self._move()
        self._rename()
        left = [(entry, count) for entry, count in zip(self._entries.values(), self._left.values()) if count > 0]
        over = {Sight.CHECKED, Sight.GONE}
        stale: list[tuple[Entry, int]] = []
        unknown: list[tuple[Entry, int]] = []
        for entry, count in left:
            if not self._inherited or entry.key not in self._inherited:
                (stale if self._sight(entry) in over else unknown).append((entry, count))
        return Matching(
            matched=tuple(self._matched[index] for index in sorted(self._matched)),
            new=tuple(filed for index, filed in enumerate(self._findings) if index not in self._matched),
            stale=tuple(stale),
            unknown=tuple(unknown),
        )

    def _take(self, index: int, key: Key, tier: Tier) -> bool:
        left = self._left.get(key, 0)
        if left <= 0:
            return False
        self._left[key] = left - 1
        self._matched[index] = Match(self._findings[index], self._entries[key], tier)
        return True

    def _said(self, index: int) -> tuple[str, str]:
        """What a finding says, wherever."""
        key = self._keys[index]
        return key.rule, key.fp

    def _open(self) -> list[tuple[int, Filed]]:
        return [(index, filed) for index, filed in enumerate(self._findings) if index not in self._matched]

    def _inherit(self) -> None:
        """Each migration that replaces others may use their entries once more, whether or not those still stand.

        What it has entries of its own for, it has inherited already.
        """
        used: dict[str, Counter[Key]] = defaultdict(Counter)
        squashes = [(index, filed) for index, filed in enumerate(self._findings) if filed.replaces]
        for index, filed in sorted(squashes, key=lambda pair: pair[0] not in self._matched):
            budget = used[filed.file]
            for key in self._by_finding[self._said(index)]:
                entry = self._entries[key]
                if entry.migration in filed.replaces and budget[key] < entry.count:
                    budget[key] += 1
                    self._matched.setdefault(index, Match(filed, entry, Tier.INHERITED))
                    if self._is_gone(entry):
                        self._inherited.add(key)
                    break

    def _move(self) -> None:
        for index, filed in self._open():
            if filed.finding.migration is None:
                continue
            for key in self._by_finding[self._said(index)]:
                same = key.migration == filed.finding.migration and self._is_gone(self._entries[key])
                if same and self._take(index, key, Tier.MOVED):
                    break

    def _rename(self) -> None:
        """A migration that is gone and one that came, with mostly the same findings: the same one under another name.

        If all of their findings are equal and neither has a name but its file's, the names may be any; else what people
        call it must be the same, as when it was renumbered. What most of the findings say goes first.
        """
        gone, (came, places) = self._left_behind(), self._come()
        sources: Mapping[tuple[str, str], list[_Home]] = defaultdict(list)
        for home, held in gone.items():
            for what in held:
                sources[what].append(home)
        pairs: list[tuple[int, _Home, _Home]] = []
        for new, there in came.items():
            for old in dict.fromkeys(home for what in there for home in sources.get(what, ())):
                common = (gone[old] & there).total()
                if _is_renamed(old, gone[old], new, there, common):
                    pairs.append((-common, old, new))
        done: set[_Home] = set()
        for _, old, new in sorted(pairs):
            if old in done or new in done:
                continue
            done |= {old, new}
            for index in places[new]:
                if index not in self._matched:
                    self._take(index, Key(old.file, *self._said(index), old.migration), Tier.RENAMED)

    def _left_behind(self) -> dict[_Home, Counter[tuple[str, str]]]:
        """What entries say of migrations that nothing is found of any more, though they would have been looked at."""
        held: dict[_Home, Counter[tuple[str, str]]] = defaultdict(Counter)
        still: set[_Home] = set()
        for key, entry in self._entries.items():
            home = _Home(key.file, key.migration)
            if self._left[key] == entry.count and (self._is_gone(entry) or self._sight(entry) is Sight.CHECKED):
                held[home][key.rule, key.fp] += entry.count
            else:
                still.add(home)
        return {home: counter for home, counter in held.items() if home not in still}

    def _come(self) -> tuple[dict[_Home, Counter[tuple[str, str]]], dict[_Home, list[int]]]:
        """What is found in migrations of which no entry knows anything, and which findings these are."""
        there: dict[_Home, Counter[tuple[str, str]]] = defaultdict(Counter)
        places: dict[_Home, list[int]] = defaultdict(list)
        known: set[_Home] = set()
        for index, key in enumerate(self._keys):
            home = _Home(key.file, key.migration)
            if index in self._matched:
                known.add(home)
            else:
                there[home][self._said(index)] += 1
                places[home].append(index)
        return {home: counter for home, counter in there.items() if home not in known}, places

    def _is_gone(self, entry: Entry) -> bool:
        return self._sight(entry) in {Sight.GONE, Sight.MISSING}


class _Home(NamedTuple):
    """A migration in its file."""

    file: str
    migration: str

    @property
    def named_by_file(self) -> bool:
        """Whether a migration has no name but its file's, so that renaming the file renames it too."""
        return not self.migration or self.migration.rpartition(".")[2] == PurePosixPath(self.file).stem

    @property
    def slug(self) -> str:
        """What people call it: the file's name without numbers, dates and ids."""
        own = self.migration.rpartition(".")[2]
        stem = PurePosixPath(self.file).name.partition(".")[0]
        words = re.split(r"[_\W]+", stem if own == stem.rstrip("_") or "_" in own else stem.removeprefix(own))
        said = (word for word in words if word and not _ID.fullmatch(word))
        return "_".join(word for word in said if not (len(word) > _SHORTEST and own.startswith(word))).lower()


_ID = re.compile(r"[VURvur]?\d+|[0-9a-f]{8,40}|m\d+")
_SHORTEST = 3
"""Letters of a name that was cut, as Alembic cuts it: fewer say nothing."""


def _is_renamed(
    old: _Home, held: Counter[tuple[str, str]], new: _Home, there: Counter[tuple[str, str]], common: int
) -> bool:
    if old.file == new.file:
        return False  # another migration of one script
    if held == there and old.named_by_file and new.named_by_file:
        return True
    one, other = sorted((old.slug, new.slug), key=len)
    alike = one == other or (len(one) >= _SHORTEST and other.startswith(one))
    return alike and PurePosixPath(old.file).parent == PurePosixPath(new.file).parent and 2 * common >= held.total()
