"""How bad a data change is. Decided here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from migration_guard.findings import Severity
from migration_guard.judge.tables import TablePatterns, written
from migration_guard.operations import Direction, Operation
from migration_guard.rules import Rule


@dataclass(frozen=True, slots=True)
class Severities:
    """What decides: hot and small tables, the names of helpers that write, and overrides."""

    hot: TablePatterns
    small: TablePatterns
    helpers: frozenset[str]
    overrides: Mapping[str, Severity]
    """By code; an override replaces whatever the ladder says."""

    def of(self, rule: Rule, operation: Operation, base: Severity | None) -> Severity:
        """Climb the ladder: the first rung that holds decides."""
        if rule.code in self.overrides:
            return self.overrides[rule.code]
        if operation.direction is Direction.DOWNGRADE:
            return Severity.LOW
        return self._by_table(operation) if base is None else base

    def for_rule(self, rule: Rule) -> partial[Severity]:
        """The severity of one rule's operations, as its Context wants it."""
        return partial(self.of, rule)

    def _by_table(self, operation: Operation) -> Severity:
        targets = written(operation)
        if any(self.hot.match(names) for names in targets):
            return Severity.HIGH
        if targets and all(self.small.match(names) for names in targets):
            return Severity.LOW
        if not targets and operation.callee and self.helpers & {operation.callee, operation.callee.rpartition(".")[2]}:
            return Severity.HIGH
        return Severity.MEDIUM
