"""GitLab's code quality report, which a merge request shows beside the changed lines."""

from __future__ import annotations

from typing import TypedDict

from migration_guard.findings import Finding, Severity, Status
from migration_guard.operations import Problem
from migration_guard.report.formats.json import encoded
from migration_guard.report.model import Report
from migration_guard.report.numbering import identity, numbered
from migration_guard.report.sanitise import data, one_line
from migration_guard.report.screen import Screen

SEVERITIES = {Severity.HIGH: "critical", Severity.MEDIUM: "major", Severity.LOW: "minor"}
FILED = "info"
"""The severity of what is grandfathered or ignored."""
UNCHECKED = "blocker"


class Lines(TypedDict):
    """The lines concerned."""

    begin: int
    end: int


class Location(TypedDict):
    """A file, relative to the working directory, which must be the root of the repository."""

    path: str
    lines: Lines


class Entry(TypedDict):
    """One degradation, as GitLab calls it. Of two with the same fingerprint it would show only the first."""

    description: str
    check_name: str
    fingerprint: str
    severity: str
    location: Location


def render(report: Report, screen: Screen) -> str:
    """Give the list; what could not be checked is in it, as the worst."""
    entries = [_finding(finding, mark) for finding, mark in numbered(report, grandfathered=screen.grandfathered)]
    entries += [_problem(problem, number) for number, problem in enumerate(report.problems)]
    return encoded(entries, indent=2) + "\n"


def _finding(finding: Finding, mark: str) -> Entry:
    filed = "" if finding.status is Status.NEW else f" ({finding.status.value})"
    last = finding.span.end_line - (finding.span.end_column <= 1 and finding.span.end_line > finding.span.line)
    return Entry(
        description=one_line(f"{finding.message}{filed}. {finding.help}"),
        check_name=f"{finding.code} {finding.name}",
        fingerprint=mark,
        severity=SEVERITIES[finding.severity] if finding.status is Status.NEW else FILED,
        location=_location(finding.path, finding.span.line, last),
    )


def _problem(problem: Problem, number: int) -> Entry:
    return Entry(
        description=one_line(f"Could not be checked: {problem.message}"),
        check_name="could-not-be-checked",
        fingerprint=identity(problem.path, problem.message, str(number)),
        severity=UNCHECKED,
        location=_location(problem.path, problem.line or 1, problem.line or 1),
    )


def _location(path: str, begin: int, end: int) -> Location:
    return Location(path=data(path), lines=Lines(begin=begin, end=end))
