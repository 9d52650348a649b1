"""A comment for a pull request, and the summary of a workflow's step."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator

from migration_guard.findings import Finding, Status
from migration_guard.operations import Problem
from migration_guard.report.locks import on_locks
from migration_guard.report.markdown import code, text
from migration_guard.report.model import Report, by_urgency, may_move
from migration_guard.report.pages import page_of
from migration_guard.report.screen import Screen
from migration_guard.report.summary import counted, summary, verdict

MOST = 50
"""Rows of the table, and lines of each list, at most; the rest is counted."""


def render(report: Report, screen: Screen) -> str:
    """Give a table, the worst first, what it locks, what could not be checked, and what to do, folded away."""
    findings = by_urgency(report.shown(grandfathered=screen.grandfathered))
    if screen.quiet and not findings and not report.problems:
        return ""
    lines = [f"### migration-guard: {verdict(report)}", "", " ".join(map(text, summary(report).splitlines())), ""]
    if findings:
        lines += ["| severity | rule | where | what |", "|---|---|---|---|"]
        lines += [*_limited((_row(finding) for finding in findings[:MOST]), len(findings), "finding"), ""]
    if locks := list(_locks(findings, report)):
        lines += ["**What it locks**", "", *locks, ""]
    if report.problems:
        problems = (_problem(problem) for problem in report.problems[:MOST])
        lines += ["**Could not be checked**", "", *_limited(problems, len(report.problems), "problem"), ""]
    if findings:
        lines += ["<details><summary>What to do</summary>", "", *_remedies(findings[:MOST])]
        lines += [*_moves(findings[:MOST]), "", "</details>", ""]
    return "\n".join(lines)


def _limited(lines: Iterable[str], number: int, noun: str) -> Iterator[str]:
    yield from lines
    if number > MOST:
        yield from ("", f"And {counted(number - MOST, f'more {noun}')}.")


def _row(finding: Finding) -> str:
    filed = "" if finding.status is Status.NEW else f", {finding.status.value}"
    where = code(f"{finding.path}:{finding.span.line}")
    return f"| {finding.severity.value}{filed} | {_rule(finding)} | {where} | {text(finding.message)} |"


def _rule(finding: Finding) -> str:
    url = page_of(finding.name)
    return f"[{finding.code}]({url}) {finding.name}" if url else f"{finding.code} {finding.name}"


def _problem(problem: Problem) -> str:
    where = problem.path if problem.line is None else f"{problem.path}:{problem.line}"
    return f"- {code(where)}: {text(problem.message)}"


def _remedies(findings: Iterable[Finding]) -> list[str]:
    """Say each remedy once, however many findings it is for."""
    return list(dict.fromkeys(f"- **{_rule(finding)}**: {text(finding.help)}" for finding in findings))


def _locks(findings: Iterable[Finding], report: Report) -> Iterator[str]:
    """Say of each measured table, once, what a change of it holds."""
    tables = dict.fromkeys(table for one in findings if one.operation for table in one.operation.tables)
    for table in tables:
        if known := on_locks(table, report):
            yield f"- {code(table)}: {text(known)}"


def _moves(findings: Iterable[Finding]) -> Iterator[str]:
    """Give the commands that turn findings into backfills."""
    commands = [
        f"migration-guard move {shlex.quote(f'{one.path}:{one.span.line}')}" for one in findings if may_move(one)
    ]
    if commands:
        yield from ("", "To see what a backfill in its place would be, or why a person has to write it:", "")
        yield from (f"- {code(command)}" for command in dict.fromkeys(commands))
