"""Entries whose fingerprints an earlier version made, told again by this one.

What they stood for is what this version finds in the files as they were when the baseline was written. Those that both
versions tell alike are paired first; the others by file, migration, rule and table, never by order: where there were more findings than entries,
nobody knows which of them were grandfathered, and the entries stay as they are.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from operator import add
from typing import NamedTuple, TypeVar

from migration_guard.baseline.entry import Entry, Key
from migration_guard.baseline.match import Filed
from migration_guard.findings import SCHEME

_Group = tuple[str, ...]
_T = TypeVar("_T")


def rekeyed(entries: Sequence[Entry], before: Iterable[Filed]) -> tuple[Entry, ...]:
    """Give all entries, those of an earlier scheme with the fingerprints of `before` as far as that is certain."""
    found = list(before)
    kept, outdated = _alike(entries, found)
    left = list(_left(kept, found))
    for by_table in (True, False):
        outdated, left = _paired(kept, outdated, left, by_table=by_table)
    return (*kept.values(), *outdated)


def told_alike(entries: Sequence[Entry], now: Iterable[Filed]) -> tuple[Entry, ...]:
    """Give all entries, those of an earlier scheme that is told today as it was then with today's fingerprint.

    What a fingerprint is made of is the same then, so that nobody has to look at how files were before.
    """
    kept, outdated = _alike(entries, list(now))
    return (*kept.values(), *outdated)


def _alike(entries: Sequence[Entry], found: Sequence[Filed]) -> tuple[dict[Key, Entry], list[Entry]]:
    """Tell those anew whose fingerprints differ in nothing but their scheme; give the entries that hold, and the others.

    Where several schemes tell of one finding, as after a merge, they count as equal lines do: as the largest.
    """
    kept = {entry.key: entry for entry in entries if entry.scheme == SCHEME}
    there = Counter(one.key for one in found)
    outdated: list[Entry] = []
    for entry in entries:
        if entry.scheme == SCHEME:
            continue
        told = entry._replace(fp=f"{SCHEME}:{entry.fp.partition(':')[2]}")
        if there[told.key]:
            _join(kept, told._replace(count=min(entry.count, there[told.key])), max)
        else:
            outdated.append(entry)
    return kept, outdated


class _Left(NamedTuple):
    """A finding that an earlier version may have told otherwise."""

    filed: Filed
    held: bool
    """Whether an entry that holds stands for it already."""


def _left(kept: Mapping[Key, Entry], found: Iterable[Filed]) -> Iterator[_Left]:
    held = {key: entry.count for key, entry in kept.items()}
    for one in found:
        open_ = held.get(one.key, 0)
        held[one.key] = open_ - 1
        yield _Left(one, open_ > 0)


def _paired(
    kept: dict[Key, Entry], outdated: Sequence[Entry], left: Sequence[_Left], *, by_table: bool
) -> tuple[list[Entry], list[_Left]]:
    """Pair what is equal in all that an earlier version told too; give what is left of both.

    What no other entry stands for goes first; where there is none, they speak of what is held already.
    """

    def of_entry(entry: Entry) -> _Group:
        return (entry.file, entry.migration or "", entry.rule, *([entry.at] if by_table else []))

    def of_left(left: _Left) -> _Group:
        one = left.filed
        return (one.file, one.finding.migration or "", one.finding.name, *([one.whole_at] if by_table else []))

    old, new = _grouped(outdated, of_entry), _grouped(left, of_left)
    for group in old.keys() & new.keys():
        meant = [one for one in new[group] if not one.held] or new[group]
        if sum(entry.count for entry in old[group]) < len({id(one.filed.finding) for one in meant}):
            continue
        for one in meant:
            _join(kept, _noted(one.filed, old[group]), max if one.held else add)
        del old[group], new[group]
    return [entry for some in old.values() for entry in some], [one for some in new.values() for one in some]


def _join(kept: dict[Key, Entry], entry: Entry, counted: Callable[[int, int], int]) -> None:
    known = kept.get(entry.key)
    kept[entry.key] = entry if known is None else known.joined(entry, counted(known.count, entry.count))


def _grouped(items: Iterable[_T], of: Callable[[_T], _Group]) -> dict[_Group, list[_T]]:
    found: dict[_Group, list[_T]] = defaultdict(list)
    for one in items:
        found[of(one)].append(one)
    return found


def _noted(one: Filed, entries: Sequence[Entry]) -> Entry:
    """An entry for a finding, with all that is said of those it may be."""
    said = reduce(lambda entry, other: entry.joined(other, 1), entries)
    return said._replace(at=one.at, fp=one.fingerprint, count=1)
