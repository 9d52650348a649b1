"""The law of each file: which rules run on it, and how bad what they find is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from migration_guard.config import ConfigError, Settings, named_rules, unknown_rules
from migration_guard.discover import Discovery
from migration_guard.judge import SMALL, Law, Measured, Severities, TablePatterns
from migration_guard.request import Request
from migration_guard.rules import Selection, all_rules, matching, select


class Laws(Mapping[Settings, Law]):
    """The law of each configuration. Rules take as long to load as parsers, so it is made when somebody asks for it."""

    def __init__(self, settings: Iterable[Settings]) -> None:
        self._laws: dict[Settings, Law | None] = dict.fromkeys(settings)

    def __getitem__(self, settings: Settings) -> Law:
        """Raises ConfigError."""
        law = self._laws[settings]
        if law is None:
            law = self._laws[settings] = _law(settings)
        return law

    def __iter__(self) -> Iterator[Settings]:
        return iter(self._laws)

    def __len__(self) -> int:
        return len(self._laws)

    def make(self) -> None:
        """Make all of them. Raises ConfigError."""
        for settings in self:
            self[settings]


def laws_of(request: Request, discovery: Discovery) -> Laws:
    """Turn each configuration that governs a file into the law of its files. Raises ConfigError."""
    aside = [one.candidate for one in discovery.beside if one.candidate is not None]
    settings = {candidate.settings for candidate in (*discovery.candidates, *aside)}
    laws = Laws({*settings, request.load.for_folder(request.cwd)})
    if any(any(named_rules(one)) for one in laws):
        laws.make()  # what is wrong with it is told before anything is read
    return laws


def _law(settings: Settings) -> Law:
    rules = all_rules()
    for error in unknown_rules(settings, [name for rule in rules for name in (rule.code, rule.name)]):
        raise error
    selection = _selection(settings)
    if not any(not rule.upkeep for rule in selection.rules):
        message = "no rule is left: `select` and `ignore` turn every one off, and nothing would be looked for"
        raise ConfigError(settings.source or settings.root, None, message)
    return Law(selection, severities_of(settings))


@lru_cache(64)
def is_critical(settings: Settings) -> bool:
    """Whether a rule runs that asks for what migrations leave out: none does unless it is selected."""
    if not settings.select:
        return False
    return any(rule.omission is not None for rule in _selection(settings).rules)


def _selection(settings: Settings) -> Selection:
    """The rules that a configuration turns on. Raises UnknownRuleError."""
    return select(all_rules(), chosen=settings.select, ignored=settings.ignore, per_file=settings.per_file_ignores)


def severities_of(settings: Settings) -> Severities:
    """Say how bad changes are, by the tables and overrides of a configuration."""
    rules = all_rules()
    return Severities(
        hot=TablePatterns.of(settings.hot_tables),
        small=TablePatterns.of((*settings.small_tables, *SMALL)),
        helpers=frozenset(settings.dml_helpers),
        overrides={code: level for name, level in settings.severity for code in matching(name, rules)},
        measured=Measured.of(settings.measured),
    )
