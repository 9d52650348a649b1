"""The rules, one file each, found by their place. A rule that cannot be imported stops the run: it is never skipped."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from migration_guard.rules._contract import Contract, Fill, fills
from migration_guard.rules._omission import Demand
from migration_guard.rules._page import Page, read_page
from migration_guard.rules._practice import Practice
from migration_guard.rules._rule import Context, Rule
from migration_guard.rules._selection import Selection, UnknownRuleError, matching, select
from migration_guard.rules._upkeep import CeilingUse, EntryUse, IgnoreUse, Upkeep

__all__ = [
    "CeilingUse",
    "Context",
    "Contract",
    "Demand",
    "EntryUse",
    "Fill",
    "IgnoreUse",
    "Page",
    "Practice",
    "Rule",
    "Selection",
    "UnknownRuleError",
    "Upkeep",
    "all_rules",
    "fills",
    "matching",
    "read_page",
    "select",
]


@cache
def all_rules() -> tuple[Rule, ...]:
    """Import every rule of this package, sorted by code."""
    names = sorted(module.name for module in iter_modules(__path__) if not module.name.startswith("_"))
    found = [
        value
        for name in names
        for value in vars(import_module(f"{__name__}.{name}")).values()
        if isinstance(value, Rule)
    ]
    return tuple(sorted(found, key=lambda rule: rule.code))
