"""The file of grandfathered findings: reading and writing it, and telling which findings its entries stand for."""

from migration_guard.baseline.entry import Entry
from migration_guard.baseline.match import Filed, Match, Matching, Sight, Tier, match
from migration_guard.baseline.store import DEFAULT_NAME, Baseline, BaselineError, dump, load, parse
from migration_guard.baseline.update import Change, updated

__all__ = [
    "DEFAULT_NAME",
    "Baseline",
    "BaselineError",
    "Change",
    "Entry",
    "Filed",
    "Match",
    "Matching",
    "Sight",
    "Tier",
    "dump",
    "load",
    "match",
    "parse",
    "updated",
]
