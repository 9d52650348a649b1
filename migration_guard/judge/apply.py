"""Running the rules over one file's Operations. A rule that crashes is a Problem, and the other rules still run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from migration_guard.findings import Finding
from migration_guard.judge.fingerprint import fingerprint
from migration_guard.judge.severity import Severities
from migration_guard.operations import Operation, OperationKind, Problem
from migration_guard.rules import Context, Rule, Selection


@dataclass(frozen=True, slots=True)
class Law:
    """What one configuration makes of Operations: which rules run where, and how severe they are."""

    selection: Selection
    severities: Severities


@dataclass(frozen=True, slots=True)
class Judged:
    """What the rules make of one file."""

    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...]


def judge(operations: Iterable[Operation], law: Law, *, shown: str, inside: str) -> Judged:
    """Apply a configuration's rules to a file: `shown` is its name in messages, `inside` the one that patterns match.

    Markers come last: a remark beside an operation that is reported anyway weighs less.
    """
    rules = law.selection.rules_for(inside)
    remarks: list[Operation] = []
    changes: list[Operation] = []
    for operation in operations:
        (remarks if operation.kind is OperationKind.MARKER else changes).append(operation)
    first = _apply(rules, changes, law, shown, frozenset())
    reported = frozenset(found.operation.scope for found in first.findings if found.operation)
    last = _apply(rules, remarks, law, shown, reported)
    return Judged((*first.findings, *last.findings), (*first.problems, *last.problems))


def _apply(
    rules: Iterable[Rule], operations: Iterable[Operation], law: Law, shown: str, reported: frozenset[str]
) -> Judged:
    findings: list[Finding] = []
    problems: list[Problem] = []
    every = tuple(operations)
    contexts = [Context(rule, shown, law.severities.for_rule(rule), reported, every) for rule in rules]
    for operation in every:
        for context in contexts:
            if operation.kind not in context.rule.kinds:
                continue
            try:
                for found in context.rule.check(operation, context):
                    findings.append(_completed(found, operation, law))  # noqa: PERF401 -- keeps what was found before a crash
            except Exception as error:  # noqa: BLE001 -- a rule may fail in any way, and the file is then not checked
                reason = f"the rule {context.rule.code} crashed here ({type(error).__name__}: {error})"
                problems.append(Problem(shown, operation.span.line, reason))
    return Judged(tuple(findings), tuple(problems))


def _completed(found: Finding, operation: Operation, law: Law) -> Finding:
    """Add what no rule knows: the fingerprint, and how hot the tables are where a database counted."""
    words = law.severities.measured.words(operation) if found.operation else ""
    message = f"{found.message} ({words})" if words else found.message
    return replace(found, message=message, fingerprint=fingerprint(found.name, found.operation))
