"""Bitbucket's code insights: a report, and annotations of lines of a pull request.

Both are bodies of its interface for reports, which takes a hundred annotations in a request, and keeps a thousand of a
report. So the new and the worst come first.
"""

from __future__ import annotations

from typing import TypedDict

from migration_guard.findings import Finding, Severity, Status
from migration_guard.operations import Problem
from migration_guard.report.formats.json import encoded
from migration_guard.report.model import Report, urgency
from migration_guard.report.numbering import identity, numbered
from migration_guard.report.sanitise import data, one_line, shortened
from migration_guard.report.screen import Screen
from migration_guard.report.summary import summary

MOST = 1000
"""Annotations that a report may have; `details` counts all."""
SUMMARY, DETAILS = 450, 2000
"""Characters that the interface takes."""
SEVERITIES = {Severity.HIGH: "HIGH", Severity.MEDIUM: "MEDIUM", Severity.LOW: "LOW"}


class Head(TypedDict):
    """The report itself."""

    title: str
    reporter: str
    report_type: str
    result: str
    details: str


class _Annotation(TypedDict):
    external_id: str
    annotation_type: str
    summary: str
    details: str
    severity: str
    path: str


class Annotation(_Annotation, total=False):
    """One remark at a place."""

    line: int


class Document(TypedDict):
    """What is sent, in two requests or more."""

    report: Head
    annotations: list[Annotation]


def render(report: Report, screen: Screen) -> str:
    """Give both bodies; the report has failed if the run has, or if something could not be checked."""
    marked = numbered(report, grandfathered=screen.grandfathered)
    annotations = [_problem(problem, number) for number, problem in enumerate(report.problems)]
    annotations += [_finding(*one) for one in sorted(marked, key=lambda one: urgency(one[0]))]
    head = Head(
        title="migration-guard",
        reporter="migration-guard",
        report_type="BUG",
        result="FAILED" if report.failing or report.problems else "PASSED",
        details=shortened(" ".join(map(one_line, summary(report).splitlines())), DETAILS),
    )
    return encoded(Document(report=head, annotations=annotations[:MOST]), indent=2) + "\n"


def _finding(finding: Finding, mark: str) -> Annotation:
    filed = "" if finding.status is Status.NEW else f" ({finding.status.value})"
    return Annotation(
        external_id=mark,
        annotation_type="BUG" if finding.status is Status.NEW else "CODE_SMELL",
        summary=shortened(one_line(f"{finding.code} {finding.name}{filed}: {finding.message}"), SUMMARY),
        details=shortened(one_line(finding.help), DETAILS),
        severity=SEVERITIES[finding.severity],
        path=data(finding.path),
        line=finding.span.line,
    )


def _problem(problem: Problem, number: int) -> Annotation:
    annotation = Annotation(
        external_id=identity(problem.path, problem.message, str(number)),
        annotation_type="BUG",
        summary="Could not be checked",
        details=shortened(one_line(problem.message), DETAILS),
        severity="CRITICAL",
        path=data(problem.path),
    )
    if problem.line is not None:
        annotation["line"] = problem.line
    return annotation
