"""Which rules run: `select` and `ignore` name them by code, name, prefix of a code, or ALL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from migration_guard.globs import Patterns, patterns
from migration_guard.later import Later
from migration_guard.lean import dataclass
from migration_guard.rules._rule import Rule

if TYPE_CHECKING:
    import difflib
else:
    difflib = Later("difflib")

ALL = "ALL"


class UnknownRuleError(Exception):
    """A name that no rule has."""

    def __init__(self, name: str, rules: Sequence[Rule]) -> None:
        known = [ALL, *(rule.code for rule in rules), *(rule.name for rule in rules)]
        near = _nearest(name, known) or _nearest(name.upper(), known)
        hint = f'did you mean "{near}"?' if near else "`migration-guard rule --all` lists them"
        super().__init__(f'no rule is called "{name}"; {hint}')


def _nearest(name: str, known: Sequence[str]) -> str | None:
    """The closest name; of codes that are equally close, the one with most characters in their places."""
    close = difflib.get_close_matches(name, known, len(known), 0.5)
    best = [
        one
        for one in close
        if difflib.SequenceMatcher(None, one, name).ratio() == difflib.SequenceMatcher(None, close[0], name).ratio()
    ]
    return max(best, key=lambda one: sum(a == b for a, b in zip(one, name)), default=None)


def matching(name: str, rules: Sequence[Rule]) -> frozenset[str]:
    """Codes of the rules that a name means."""
    if name == ALL:
        return frozenset(rule.code for rule in rules)
    is_prefix = name.startswith("MG")
    found = frozenset(rule.code for rule in rules if rule.name == name or (is_prefix and rule.code.startswith(name)))
    if not found:
        raise UnknownRuleError(name, rules)
    return found


@dataclass(frozen=True, slots=True)
class Selection:
    """The rules that run, and the files on which some of them don't."""

    rules: tuple[Rule, ...]
    exempt: tuple[tuple[Patterns, frozenset[str]], ...] = ()

    def rules_for(self, path: str) -> tuple[Rule, ...]:
        """Rules that run on a file; the path is relative to the folder of the configuration."""
        off = frozenset[str]().union(*(codes for spec, codes in self.exempt if spec.cover(path)))
        return tuple(rule for rule in self.rules if rule.code not in off)


def select(
    rules: Sequence[Rule],
    *,
    chosen: Sequence[str],
    ignored: Sequence[str],
    per_file: Sequence[tuple[str, Sequence[str]]],
) -> Selection:
    """Resolve the configuration's names. Without a choice every rule runs that is on by default; ignoring wins.

    To choose ALL, or a prefix that takes in others too, is to ask what migrations do; what they leave out is asked for by
    its own name, since hardly a migration does not.
    """
    upkeep = frozenset(rule.code for rule in rules if rule.upkeep)
    on = frozenset(rule.code for rule in rules if rule.default)
    if chosen:
        on = frozenset[str]().union(*(_chosen(name, rules) for name in chosen))
    on -= _union(ignored, rules)
    on |= upkeep
    exempt = tuple((patterns([pattern]), _union(names, rules) - upkeep) for pattern, names in per_file)
    return Selection(tuple(rule for rule in rules if rule.code in on), exempt)


def _chosen(name: str, rules: Sequence[Rule]) -> frozenset[str]:
    found = matching(name, rules)
    asking = frozenset(rule.code for rule in rules if rule.omission is not None)
    return found if found <= asking else found - asking


def _union(names: Sequence[str], rules: Sequence[Rule]) -> frozenset[str]:
    return frozenset[str]().union(*(matching(name, rules) for name in names))
