"""Rules that join migrations and backfills: what they look at is a Contraction, beside all that backfills fill."""

from __future__ import annotations

import sys
from collections.abc import Callable

from migration_guard.findings import Finding, Severity
from migration_guard.lean import dataclass
from migration_guard.procedures import Contraction, Procedure
from migration_guard.rules._practice import changes
from migration_guard.rules._rule import Check, Rule, finding_at

ANY_KEY = "*"
"""What stands for the key where a migration requires a backfill by a name that its source does not tell."""


@dataclass(frozen=True, slots=True)
class Fill:
    """What a known backfill does to a table."""

    key: str
    table: str
    columns: frozenset[str]
    """The columns that it fills, and those that it fills them from."""

    def concerns(self, contraction: Contraction) -> bool:
        """Whether a schema change relies on these columns; one that names none may rely on any."""
        if _bare(contraction.table) != _bare(self.table):
            return False
        return not contraction.columns or not self.columns.isdisjoint(contraction.columns)


def fills(procedure: Procedure) -> tuple[Fill, ...]:
    """What a backfill does, table by table."""
    return tuple(
        Fill(procedure.shown, one.table, frozenset((*one.columns, *one.sources)))
        for one in changes(procedure)
        if one.verb in {"UPDATE", "MERGE", "INSERT"}
    )


@dataclass(frozen=True, slots=True)
class Contract:
    """Where such a rule reports to, and what is known of backfills."""

    rule: Rule
    path: str
    fills: tuple[Fill, ...]
    required: tuple[str, ...]
    migration: str | None = None
    override: Severity | None = None
    django: bool = False
    """Whether it is a migration of Django."""

    def requires(self, key: str) -> bool:
        """Whether the migration asks for a backfill to be complete."""
        return key in self.required or ANY_KEY in self.required

    def finding(self, contraction: Contraction, message: str, help: str) -> Finding:  # noqa: A002 -- the Finding calls it so
        """Judge a schema change: it fails the deployment, or loses data."""
        severity, migration = self.override or Severity.HIGH, self.migration
        return finding_at(self.rule, self.path, contraction.span, message, help, severity=severity, migration=migration)


def contract(code: str, name: str) -> Callable[[Check], Rule]:
    """Make a rule of a generator over a Contraction and a Contract."""

    def decorate(check: Check) -> Rule:
        return Rule(code, name, (), check, sys.modules[check.__module__].__doc__ or "", contract=True)

    return decorate


def _bare(table: str) -> str:
    return table.rpartition(".")[2].strip('"').lower()
