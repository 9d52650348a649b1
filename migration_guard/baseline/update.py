"""The baseline that a run leaves behind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from migration_guard.baseline.entry import Entry, Key
from migration_guard.baseline.made import nothing_is_garbage
from migration_guard.baseline.match import Filed, Matching, Tier
from migration_guard.lean import dataclass


@dataclass(frozen=True, slots=True)
class Change:
    """A baseline, and how it differs from the one before."""

    entries: tuple[Entry, ...]
    added: int
    removed: int
    changed: int
    """Entries that followed their finding to another place, or stand for another number of them."""

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)

    def __str__(self) -> str:
        return f"+{self.added} -{self.removed} ~{self.changed}"


def updated(
    before: Iterable[Entry], matching: Matching, accepted: Iterable[Filed] = (), *, prune: bool = True
) -> Change:
    """Follow what moved, drop what is stale, keep what the run could not see, and add what is accepted."""
    with nothing_is_garbage():
        return _updated(before, matching, accepted, prune=prune)


def _updated(before: Iterable[Entry], matching: Matching, accepted: Iterable[Filed], *, prune: bool) -> Change:
    old = {entry.key: entry for entry in before}
    new: dict[Key, Entry] = {}
    followed = set()
    for found in matching.matched:
        key = found.filed.key
        _add(new, found.entry._replace(file=key.file, migration=found.filed.finding.migration, count=1))
        if found.tier is not Tier.EXACT:
            followed.add(found.entry.key)
    kept = matching.unknown if prune else (*matching.unknown, *matching.stale)
    for entry, count in kept:
        _add(new, entry._replace(count=count))
    still = {found.entry.key for found in matching.matched if found.tier is Tier.EXACT}
    changed = sum(key in new and new[key].count != old[key].count for key in old)
    moved = sum(key not in old for key in new)
    fresh: Counter[Key] = Counter()
    for filed in accepted:
        key = filed.key
        fresh[key] += 1
        _add(new, Entry(key.file, filed.finding.migration, key.rule, filed.at, key.fp))
    added = sum(key not in old for key in fresh)
    changed += moved + sum(key in old for key in fresh)
    left = followed - still
    removed = sum(key not in new and key not in left for key in old)
    return Change(tuple(new.values()), added, removed, changed)


def _add(entries: dict[Key, Entry], entry: Entry) -> None:
    known = entries.get(entry.key)
    entries[entry.key] = entry if known is None else known.joined(entry, known.count + entry.count)
