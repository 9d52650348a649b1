"""Reviewdog's diagnostic format, which it turns into comments on any code host."""

from __future__ import annotations

import shlex
from typing import TypedDict

from migration_guard.findings import Finding, Severity, Status
from migration_guard.operations import Problem, Span
from migration_guard.report.formats.json import encoded
from migration_guard.report.frame import lines_of
from migration_guard.report.mends import Insertion, insertions
from migration_guard.report.model import Report
from migration_guard.report.pages import page_of
from migration_guard.report.sanitise import data, one_line
from migration_guard.report.screen import Screen

LEVELS = {Severity.HIGH: "ERROR", Severity.MEDIUM: "WARNING", Severity.LOW: "INFO"}
FILED = "INFO"


class Position(TypedDict, total=False):
    """A place; the column counts bytes of UTF-8, from 1."""

    line: int
    column: int


class Range(TypedDict):
    """From a place to the one after the last character."""

    start: Position
    end: Position


class _Location(TypedDict):
    path: str


class Location(_Location, total=False):
    """A file, or a place in it."""

    range: Range


class _Code(TypedDict):
    value: str


class Code(_Code, total=False):
    """A rule."""

    url: str


class Suggestion(TypedDict):
    """Text to put in the place of a range; an empty one is where it is inserted."""

    range: Range
    text: str


class _Diagnostic(TypedDict):
    message: str
    location: Location
    severity: str


class Diagnostic(_Diagnostic, total=False):
    """A finding or a problem."""

    code: Code
    suggestions: list[Suggestion]


class Source(TypedDict):
    name: str


class Result(TypedDict):
    """The whole report."""

    source: Source
    diagnostics: list[Diagnostic]


def render(report: Report, screen: Screen) -> str:
    """Give the document; what could not be checked is in it, as errors."""
    shown = report.shown(grandfathered=screen.grandfathered)
    remarks = insertions(shown, report.sources)
    diagnostics = [_finding(one, report, remarks.get(one)) for one in shown]
    diagnostics += [_problem(problem) for problem in report.problems]
    return encoded(Result(source=Source(name="migration-guard"), diagnostics=diagnostics), indent=2) + "\n"


def _finding(finding: Finding, report: Report, remark: Insertion | None) -> Diagnostic:
    new = finding.status is Status.NEW
    filed = "" if new else f" ({finding.status.value})"
    code = Code(value=f"{finding.code} {finding.name}")
    url = page_of(finding.name)
    if url:
        code["url"] = url
    moved = finding in report.moves
    command = (
        f" `migration-guard move {shlex.quote(f'{finding.path}:{finding.span.line}')} --write` does." if moved else ""
    )
    found = Diagnostic(
        message=one_line(f"{finding.message}{filed}. {finding.help}{command}"),
        location=Location(path=data(finding.path), range=_range(finding.span, report.sources.get(finding.path))),
        severity=LEVELS[finding.severity] if new else FILED,
        code=code,
    )
    if remark is not None:
        here = Position(line=remark.line, column=1)
        found["suggestions"] = [Suggestion(range=Range(start=here, end=here), text=data(remark.text))]
    return found


def _range(span: Span, source: str | None) -> Range:
    lines = None if source is None else lines_of(source)
    return Range(start=_position(span.line, span.column, lines), end=_position(span.end_line, span.end_column, lines))


def _position(line: int, column: int, lines: list[str] | None) -> Position:
    """Count in bytes what we count in characters; without the text only the line is known."""
    if lines is None or line > len(lines):
        return Position(line=line)
    return Position(line=line, column=len(data(lines[line - 1][: column - 1]).encode()) + 1)


def _problem(problem: Problem) -> Diagnostic:
    location = Location(path=data(problem.path))
    if problem.line is not None:
        here = Position(line=problem.line)
        location["range"] = Range(start=here, end=here)
    message = one_line(f"Could not be checked: {problem.message}")
    return Diagnostic(message=message, location=location, severity="ERROR")
