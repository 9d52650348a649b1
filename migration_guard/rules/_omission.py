"""Rules about what migrations leave out: what they look at is an Omission. A team selects them."""

from __future__ import annotations

import sys
from collections.abc import Callable

from migration_guard.findings import Finding, Severity
from migration_guard.lean import dataclass
from migration_guard.operations import Omission, Omitted
from migration_guard.rules._rule import Check, Rule, finding_at


@dataclass(frozen=True, slots=True)
class Demand:
    """Where such a rule reports to."""

    rule: Rule
    path: str
    migration: str | None = None
    override: Severity | None = None
    framework: str = ""

    def finding(self, omission: Omission, message: str, help: str) -> Finding:  # noqa: A002 -- the Finding calls it so
        """Judge what is left out."""
        severity = self.override or Severity.LOW
        migration = omission.migration or self.migration
        return finding_at(self.rule, self.path, omission.span, message, help, severity=severity, migration=migration)


def demand(code: str, name: str, *, of: Omitted) -> Callable[[Check], Rule]:
    """Make a rule of a generator over an Omission and a Demand."""

    def decorate(check: Check) -> Rule:
        page = sys.modules[check.__module__].__doc__ or ""
        return Rule(code, name, (), check, page, default=False, omission=of)

    return decorate
