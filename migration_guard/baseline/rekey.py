"""Entries whose fingerprints an earlier version made, told again by this one.

What they stood for is what this version finds in the files as they were when the baseline was written. Those that both
versions tell alike are paired first; the others by file, migration, rule and table, never by order: where there were more findings than entries,
nobody knows which of them were grandfathered, and the entries stay as they are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from migration_guard.baseline.entry import Entry, Key
from migration_guard.baseline.match import Filed
from migration_guard.findings import SCHEME

_Group = tuple[str, ...]
_T = TypeVar("_T")


def rekeyed(entries: Sequence[Entry], before: Iterable[Filed]) -> tuple[Entry, ...]:
    """Give all entries, those of an earlier scheme with the fingerprints of `before` as far as that is certain."""
    kept, outdated, there = _alike(entries, before)
    for by_table in (True, False):
        outdated, there = _paired(kept, outdated, there, by_table=by_table)
    return (*kept.values(), *outdated)


def told_alike(entries: Sequence[Entry], now: Iterable[Filed]) -> tuple[Entry, ...]:
    """Give all entries, those of an earlier scheme that is told today as it was then with today's fingerprint.

    What a fingerprint is made of is the same then, so that nobody has to look at how files were before.
    """
    kept, outdated, _ = _alike(entries, now)
    return (*kept.values(), *outdated)


def _alike(entries: Sequence[Entry], found: Iterable[Filed]) -> tuple[dict[Key, Entry], list[Entry], list[Filed]]:
    """Pair those whose fingerprints differ in nothing but their scheme; give the entries that hold, and what is left."""
    kept = {entry.key: entry for entry in entries if entry.scheme == SCHEME}
    there: dict[Key, list[Filed]] = defaultdict(list)
    for one in found:
        there[one.key].append(one)
    outdated: list[Entry] = []
    for entry in entries:
        if entry.scheme == SCHEME:
            continue
        told = entry._replace(fp=f"{SCHEME}:{entry.fp.partition(':')[2]}")
        same = there.pop(told.key, [])
        if same:
            _keep(kept, told._replace(count=min(entry.count, len(same))))
            there[told.key] = same[entry.count :]
        else:
            outdated.append(entry)
    return kept, outdated, [one for some in there.values() for one in some]


def _paired(
    kept: dict[Key, Entry], outdated: Sequence[Entry], there: Sequence[Filed], *, by_table: bool
) -> tuple[list[Entry], list[Filed]]:
    """Pair what is equal in all that an earlier version told too; give what is left of both."""

    def of_entry(entry: Entry) -> _Group:
        return (entry.file, entry.migration or "", entry.rule, *([entry.at] if by_table else []))

    def of_filed(one: Filed) -> _Group:
        return (one.file, one.finding.migration or "", one.finding.name, *([one.whole_at] if by_table else []))

    old, new = _grouped(outdated, of_entry), _grouped(there, of_filed)
    for group in old.keys() & new.keys():
        if sum(entry.count for entry in old[group]) < len({id(one.finding) for one in new[group]}):
            continue
        for one in new.pop(group):
            _keep(kept, _noted(one, old[group]))
        del old[group]
    return [entry for some in old.values() for entry in some], [one for some in new.values() for one in some]


def _keep(kept: dict[Key, Entry], entry: Entry) -> None:
    known = kept.get(entry.key)
    kept[entry.key] = entry if known is None else known.joined(entry, known.count + entry.count)


def _grouped(items: Iterable[_T], of: Callable[[_T], _Group]) -> dict[_Group, list[_T]]:
    found: dict[_Group, list[_T]] = defaultdict(list)
    for one in items:
        found[of(one)].append(one)
    return found


def _noted(one: Filed, entries: Sequence[Entry]) -> Entry:
    """An entry for a finding, with all that is said of those it may be."""
    untils = [entry.until for entry in entries if entry.until]
    return Entry(
        one.file,
        one.finding.migration,
        one.finding.name,
        one.at,
        one.fingerprint,
        reason="; ".join(dict.fromkeys(entry.reason for entry in entries if entry.reason)) or None,
        owner=", ".join(dict.fromkeys(entry.owner for entry in entries if entry.owner)) or None,
        until=min(untils) if untils else None,
    )
