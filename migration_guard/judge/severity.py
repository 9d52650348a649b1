"""How bad a data change is. Decided here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from functools import partial

from migration_guard.config.tables import Heat
from migration_guard.findings import Severity
from migration_guard.judge.tables import Measured, TablePatterns, written
from migration_guard.lean import dataclass
from migration_guard.operations import Direction, Operation
from migration_guard.rules import Rule

_OF_HEAT = {Heat.HOT: Severity.HIGH, Heat.SMALL: Severity.LOW, None: Severity.MEDIUM}


@dataclass(frozen=True, slots=True)
class Severities:
    """What decides: hot and small tables, the names of helpers that write, and overrides."""

    hot: TablePatterns
    small: TablePatterns
    helpers: frozenset[str]
    overrides: Mapping[str, Severity]
    """By code; an override replaces whatever the ladder says."""
    measured: Measured = field(default_factory=Measured)
    """What a database counted; what the configuration says of a table goes before it."""

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

    def of_table(self, name: str) -> Severity:
        """Say how bad a change of rows of a table is, which may be named as a model."""
        heat = self._heat(tuple(dict.fromkeys((name.lower(), name.lower().replace(".", "_")))))
        return _OF_HEAT[heat]

    def _by_table(self, operation: Operation) -> Severity:
        targets = written(operation)
        heats = [self._heat(names) for names in targets]
        if Heat.HOT in heats:
            return Severity.HIGH
        if heats and all(heat is Heat.SMALL for heat in heats):
            return Severity.LOW
        if not targets and operation.callee and self.helpers & {operation.callee, operation.callee.rpartition(".")[2]}:
            return Severity.HIGH
        return Severity.MEDIUM

    def _heat(self, names: tuple[str, ...]) -> Heat | None:
        if self.hot.match(names):
            return Heat.HOT
        if self.small.match(names):
            return Heat.SMALL
        found = self.measured.find(names)
        return found.heat if found else None
