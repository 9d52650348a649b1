"""Rules about the guard itself: what they look at is a remark or an entry of the baseline, not an Operation."""

from __future__ import annotations

import sys
from collections.abc import Callable

from migration_guard.findings import Finding, Severity
from migration_guard.lean import dataclass
from migration_guard.operations import Ignore, Span
from migration_guard.rules._rule import Check, Rule, finding_at


@dataclass(frozen=True, slots=True)
class IgnoreUse:
    """A remark, and what came of it."""

    ignore: Ignore
    unused: tuple[str, ...]
    """The rules that it names and that found nothing there."""


@dataclass(frozen=True, slots=True)
class EntryUse:
    """An entry of the baseline, and what came of it."""

    line: int
    what: str
    """The entry in words: its rule, target and file."""
    stale: int = 0
    """How many of the findings that it stands for are no longer there."""
    expired: str | None = None
    """The date that is over, if the findings that it stands for are still there."""


@dataclass(frozen=True, slots=True)
class CeilingUse:
    """How much of something the baseline holds, and how much it may hold."""

    what: str
    """A severity, or a rule."""
    held: int
    ceiling: int


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Where a rule of upkeep reports to."""

    rule: Rule
    path: str
    """The file that the finding stands in: the migration, or the baseline."""
    override: Severity | None = None
    strict: bool = False
    """Whether stale entries fail the run."""

    def finding(self, line: int, message: str, help: str, severity: Severity) -> Finding:  # noqa: A002 -- the Finding calls it so
        span = Span(line, 1, line, 1)
        return finding_at(self.rule, self.path, span, message, help, severity=self.override or severity)


def upkeep(code: str, name: str) -> Callable[[Check], Rule]:
    """Make a rule of a generator over an IgnoreUse or an EntryUse, and an Upkeep."""

    def decorate(check: Check) -> Rule:
        return Rule(code, name, (), check, sys.modules[check.__module__].__doc__ or "", upkeep=True)

    return decorate
