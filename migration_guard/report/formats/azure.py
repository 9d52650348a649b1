"""Logging commands of Azure Pipelines, which annotate a run and its pull request."""

from __future__ import annotations

from migration_guard.findings import Finding, Severity, Status
from migration_guard.operations import Problem
from migration_guard.report.model import Report, by_urgency
from migration_guard.report.sanitise import one_line
from migration_guard.report.screen import Screen
from migration_guard.report.summary import summary

LEVELS = {Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.LOW: "warning"}
"""Azure knows these two; the severity is said in words, too."""
_ESCAPES = (("%", "%AZP25"), (";", "%3B"), ("\r", "%0D"), ("\n", "%0A"), ("]", "%5D"))
"""As the agent undoes them, the percent sign first."""


def render(report: Report, screen: Screen) -> str:
    """Give a command for each problem and each finding, the worst first, then the counts."""
    lines = [_problem(problem) for problem in report.problems]
    lines += [_finding(finding) for finding in by_urgency(report.shown(grandfathered=screen.grandfathered))]
    if not screen.quiet:
        lines.append(summary(report))
    return "".join(f"{line}\n" for line in lines)


def _finding(finding: Finding) -> str:
    new = finding.status is Status.NEW
    filed = "" if new else f", {finding.status.value}"
    place = {"linenumber": str(finding.span.line), "columnnumber": str(finding.span.column), "code": finding.code}
    said = f"{finding.name} [{finding.severity.value}{filed}] {finding.message}. {finding.help}"
    return _command(LEVELS[finding.severity] if new else "warning", finding.path, place, said)


def _problem(problem: Problem) -> str:
    place = {} if problem.line is None else {"linenumber": str(problem.line)}
    return _command("error", problem.path, place, f"Could not be checked: {problem.message}")


def _command(level: str, path: str, place: dict[str, str], message: str) -> str:
    properties = {"type": level, "sourcepath": path, **place}
    said = "".join(f"{name}={_escape(value)};" for name, value in properties.items())
    return f"##vso[task.logissue {said}]{_escape(message)}"


def _escape(text: str) -> str:
    text = one_line(text)
    for character, escape in _ESCAPES:
        text = text.replace(character, escape)
    return text
