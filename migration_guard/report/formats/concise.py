"""One line for each finding and problem, as editors and `grep` like it."""

from __future__ import annotations

from migration_guard.findings import Finding, Status
from migration_guard.operations import Problem
from migration_guard.report.model import Report
from migration_guard.report.sanitise import one_line
from migration_guard.report.screen import Screen
from migration_guard.report.summary import summary


def render(report: Report, screen: Screen) -> str:
    """Give the lines, problems last, then the counts."""
    lines = [finding_line(finding) for finding in report.shown(grandfathered=screen.grandfathered)]
    lines += [problem_line(problem) for problem in report.problems]
    if not screen.quiet:
        lines.append(summary(report))
    return "".join(f"{line}\n" for line in lines)


def finding_line(finding: Finding) -> str:
    """Say a finding in one line."""
    span = finding.span
    where = f"{finding.path}:{span.line}:{span.column}"
    filed = "" if finding.status is Status.NEW else f", {finding.status.value}"
    return one_line(f"{where}: {finding.code} [{finding.severity.value}{filed}] {finding.message}")


def problem_line(problem: Problem) -> str:
    """Say a problem in one line."""
    where = problem.path if problem.line is None else f"{problem.path}:{problem.line}"
    return one_line(f"{where}: could not be checked: {problem.message}")
