"""Running the rules over one file's Operations. A rule that crashes is a Problem, and the other rules still run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from migration_guard.findings import Finding
from migration_guard.judge.fingerprint import fingerprint, parts
from migration_guard.judge.severity import Severities
from migration_guard.lean import dataclass
from migration_guard.operations import Omitted, Operation, OperationKind, Problem, Reading
from migration_guard.procedures import Procedure
from migration_guard.rules import Context, Contract, Demand, Fill, Practice, Rule, Selection


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


def judge_backfills(procedures: Iterable[Procedure], law: Law, *, shown: str, inside: str) -> Judged:
    """Apply a configuration's rules about backfills to a file of them."""
    findings: list[Finding] = []
    problems: list[Problem] = []
    rules = [rule for rule in law.selection.rules_for(inside) if rule.practice]
    for procedure in procedures:
        for rule in rules:
            context = Practice(rule, shown, law.severities.overrides.get(rule.code))
            try:
                for found in rule.check(procedure, context):
                    findings.append(  # noqa: PERF401 -- keeps what was found before a crash
                        replace(found, fingerprint=fingerprint(found.name, None, procedure.shown))
                    )
            except Exception as error:  # noqa: BLE001 -- a rule may fail in any way, and the file is then not checked
                problems.append(Problem(shown, procedure.span.line, _crash(rule, error)))
    return Judged(tuple(findings), tuple(problems))


def judge_contractions(
    reading: Reading, fills: tuple[Fill, ...], law: Law, *, shown: str, inside: str, django: bool = False
) -> Judged:
    """Apply a configuration's rules that join a migration and the backfills that are known."""
    findings: list[Finding] = []
    problems: list[Problem] = []
    for rule in law.selection.rules_for(inside):
        if not rule.contract:
            continue
        override = law.severities.overrides.get(rule.code)
        context = Contract(rule, shown, fills, reading.required, reading.migration, override, django)
        for contraction in reading.contractions:
            about = f"{contraction.what} {contraction.table} {' '.join(contraction.columns)}"
            try:
                for found in rule.check(contraction, context):
                    findings.append(replace(found, fingerprint=fingerprint(found.name, None, about)))  # noqa: PERF401 -- keeps what was found before a crash
            except Exception as error:  # noqa: BLE001 -- a rule may fail in any way, and the file is then not checked
                problems.append(Problem(shown, contraction.span.line, _crash(rule, error)))
    return Judged(tuple(findings), tuple(problems))


def judge_omissions(reading: Reading, law: Law, *, shown: str, inside: str, framework: str) -> Judged:
    """Apply a configuration's rules that ask for what a migration leaves out."""
    findings: list[Finding] = []
    problems: list[Problem] = []
    for rule in law.selection.rules_for(inside):
        override = law.severities.overrides.get(rule.code)
        context = Demand(rule, shown, reading.migration, override, framework)
        for omission in reading.omissions if rule.omission is not None else ():
            if omission.omitted is not rule.omission:
                continue
            about = omission.what if rule.omission is Omitted.SIZE else ""
            try:
                for found in rule.check(omission, context):
                    findings.append(replace(found, fingerprint=fingerprint(found.name, None, about)))  # noqa: PERF401 -- keeps what was found before a crash
            except Exception as error:  # noqa: BLE001 -- a rule may fail in any way, and the file is then not checked
                problems.append(Problem(shown, omission.span.line, _crash(rule, error)))
    return Judged(tuple(findings), tuple(problems))


def _crash(rule: Rule, error: Exception) -> str:
    return f"the rule {rule.code} crashed here ({type(error).__name__}: {error})"


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
                problems.append(Problem(shown, operation.span.line, _crash(context.rule, error)))
    return Judged(tuple(findings), tuple(problems))


def _completed(found: Finding, operation: Operation, law: Law) -> Finding:
    """Add what no rule knows: the fingerprint, and how hot the tables are where a database counted."""
    words = law.severities.measured.words(operation) if found.operation else ""
    message = f"{found.message} ({words})" if words else found.message
    made = fingerprint(found.name, found.operation)
    return replace(found, message=message, fingerprint=made, parts=parts(found.name, found.operation))
