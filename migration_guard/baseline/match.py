"""Which findings the entries of a baseline stand for: one to one, so that a second copy of an old finding is new.

First what is exactly the same; then what moved with its migration to another file; then a file that only got another
name. A migration that replaces others inherits what was grandfathered in them, also while they still stand.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import PurePosixPath

from migration_guard.baseline.entry import Entry, Key
from migration_guard.findings import Finding


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
    """A finding that could be grandfathered, with what entries know of it."""

    finding: Finding
    file: str
    """Relative to the baseline's folder."""
    replaces: tuple[str, ...] = ()

    @property
    def key(self) -> Key:
        return Key(self.file, self.finding.name, self.finding.fingerprint, self.finding.migration or "")

    @property
    def at(self) -> str:
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
    return _Matcher(entries, list(findings), sight).result()


class _Matcher:
    def __init__(self, entries: Sequence[Entry], findings: list[Filed], sight: Callable[[Entry], Sight]) -> None:
        self._entries = {entry.key: entry for entry in entries}
        self._left = Counter({entry.key: entry.count for entry in entries})
        self._findings = findings
        self._sight = sight
        self._matched: dict[int, Match] = {}
        self._inherited: set[Key] = set()
        self._by_finding: dict[tuple[str, str], list[Key]] = defaultdict(list)
        for key in self._entries:
            self._by_finding[key.rule, key.fp].append(key)

    def result(self) -> Matching:
        for index, filed in enumerate(self._findings):
            self._take(index, filed.key, Tier.EXACT)
        self._inherit()
        self._move()
        self._rename()
        left = [(entry, self._left[key]) for key, entry in self._entries.items() if self._left[key] > 0]
        over = {Sight.CHECKED, Sight.GONE}
        stale = [(e, n) for e, n in left if self._sight(e) in over and e.key not in self._inherited]
        unknown = [pair for pair in left if pair not in stale and pair[0].key not in self._inherited]
        return Matching(
            matched=tuple(self._matched[index] for index in sorted(self._matched)),
            new=tuple(filed for index, filed in enumerate(self._findings) if index not in self._matched),
            stale=tuple(stale),
            unknown=tuple(unknown),
        )

    def _take(self, index: int, key: Key, tier: Tier) -> bool:
        if self._left[key] <= 0:
            return False
        self._left[key] -= 1
        self._matched[index] = Match(self._findings[index], self._entries[key], tier)
        return True

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
            for key in self._by_finding[filed.key.rule, filed.key.fp]:
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
            for key in self._by_finding[filed.key.rule, filed.key.fp]:
                same = key.migration == filed.finding.migration and self._is_gone(self._entries[key])
                if same and self._take(index, key, Tier.MOVED):
                    break

    def _rename(self) -> None:
        """A file that is gone and one that has just its findings: the same file, if the name is all that tells them apart."""
        gone: Mapping[str, Counter[tuple[str, str]]] = defaultdict(Counter)
        keys: dict[tuple[str, str, str], list[Key]] = defaultdict(list)
        for key, entry in self._entries.items():
            if self._left[key] > 0 and self._is_gone(entry) and _named_by_file(entry.migration, entry.file):
                gone[entry.file][key.rule, key.fp] += self._left[key]
                keys[entry.file, key.rule, key.fp].append(key)
        there: Mapping[str, Counter[tuple[str, str]]] = defaultdict(Counter)
        for filed in self._findings if gone else ():
            there[filed.file][filed.key.rule, filed.key.fp] += 1
        for file, held in there.items():
            old = next((old for old, lost in gone.items() if lost and lost == held), None)
            fresh = [(index, filed) for index, filed in self._open() if filed.file == file]
            if old is None or len(fresh) < held.total() or not _named_by_file(fresh[0][1].finding.migration, file):
                continue
            gone[old].clear()
            for index, filed in fresh:
                any(self._take(index, key, Tier.RENAMED) for key in keys[old, filed.key.rule, filed.key.fp])

    def _is_gone(self, entry: Entry) -> bool:
        return self._sight(entry) in {Sight.GONE, Sight.MISSING}


def _named_by_file(migration: str | None, file: str) -> bool:
    """Whether a migration has no name but its file's, so that renaming the file renames it too."""
    return migration is None or migration.rpartition(".")[2] == PurePosixPath(file).stem
