"""Workflow commands of GitHub Actions, which annotate the lines of a pull request.

A step may make ten annotations of each level, and a job fifty; what is beyond is dropped without a word. So the new
and the worst come first, and the rest is counted. The step's summary holds the Markdown report.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from migration_guard.findings import Finding, Severity, Status
from migration_guard.lean import dataclass
from migration_guard.operations import Problem
from migration_guard.report.model import Report, by_urgency
from migration_guard.report.sanitise import one_line
from migration_guard.report.screen import Screen
from migration_guard.report.summary import counted, summary

LEVELS = {Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.LOW: "notice"}
FILED = "notice"
MOST_OF_A_LEVEL = 10
"""GitHub's limit for a step. Three levels make thirty, which leaves a job of fifty room for other steps."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """One remark at a place."""

    level: str
    title: str
    message: str
    path: str
    line: int | None
    end_line: int | None = None
    columns: tuple[int, int] | None = None
    """GitHub takes columns only where beginning and end stand in one line."""


def render(report: Report, screen: Screen) -> str:
    """Give the commands, the number of those that GitHub would not show, and the counts."""
    findings = by_urgency(report.shown(grandfathered=screen.grandfathered))
    annotations = [*_within_limits([*map(_problem, report.problems), *map(_finding, findings)])]
    lines = [_command(annotation) for annotation in annotations]
    missing = len(findings) + len(report.problems) - len(annotations)
    if missing:
        lines.append(f"{counted(missing, 'more annotation')} would exceed GitHub's limits; the step summary has more.")
    if not screen.quiet:
        lines.append(summary(report))
    return "".join(f"{line}\n" for line in lines)


def _within_limits(annotations: Iterable[Annotation]) -> Iterator[Annotation]:
    made: Counter[str] = Counter()
    for annotation in annotations:
        made[annotation.level] += 1
        if made[annotation.level] <= MOST_OF_A_LEVEL:
            yield annotation


def _finding(finding: Finding) -> Annotation:
    span = finding.span
    new = finding.status is Status.NEW
    filed = "" if new else f", {finding.status.value}"
    return Annotation(
        level=LEVELS[finding.severity] if new else FILED,
        title=f"{finding.code} {finding.name} [{finding.severity.value}{filed}]",
        message=f"{finding.message}. {finding.help}",
        path=finding.path,
        line=span.line,
        end_line=span.end_line,
        columns=(span.column, max(span.end_column - 1, span.column)) if span.line == span.end_line else None,
    )


def _problem(problem: Problem) -> Annotation:
    return Annotation("error", "could not be checked", problem.message, problem.path, problem.line)


def _command(annotation: Annotation) -> str:
    properties = [("file", annotation.path)]
    if annotation.line is not None:
        properties.append(("line", str(annotation.line)))
    if annotation.end_line is not None:
        properties.append(("endLine", str(annotation.end_line)))
    if annotation.columns is not None:
        column, end = annotation.columns
        properties += [("col", str(column)), ("endColumn", str(end))]
    properties.append(("title", annotation.title))
    said = ",".join(f"{name}={_escape(one_line(value), ':,')}" for name, value in properties)
    return f"::{annotation.level} {said}::{_escape(one_line(annotation.message))}"


def _escape(text: str, more: str = "") -> str:
    """Escape as the runner undoes it. Line ends are gone already."""
    text = text.replace("%", "%25")
    for character in more:
        text = text.replace(character, f"%{ord(character):02X}")
    return text
