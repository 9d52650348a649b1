"""JSON, version 1: a contract with other programs, and therefore with types of its own."""

from __future__ import annotations

import json
from typing import TypedDict

from migration_guard import __version__
from migration_guard.findings import Finding, Status
from migration_guard.operations import Operation, OperationKind, Problem
from migration_guard.report.model import Report
from migration_guard.report.sanitise import COMMAND_ANYWHERE, data
from migration_guard.report.screen import Screen

VERSION = 1


class ToolEntry(TypedDict):
    """Who wrote the report."""

    name: str
    version: str


class SummaryEntry(TypedDict):
    """The counts."""

    files: int
    new: int
    grandfathered: int
    ignored: int
    problems: int


class OperationEntry(TypedDict):
    """The data change that a finding judges."""

    kind: str
    table: str | None
    tables: list[str]
    model: str | None
    direction: str
    how: str
    via: str | None
    sql: str | None
    dynamic: bool
    created_here: bool


class FindingEntry(TypedDict):
    """A finding."""

    code: str
    name: str
    severity: str
    status: str
    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    message: str
    help: str
    fingerprint: str
    migration: str | None
    operation: OperationEntry | None


class ProblemEntry(TypedDict):
    """What could not be checked."""

    path: str
    line: int | None
    message: str


class UnreadEntry(TypedDict):
    """What lies beside migrations, may change data, and was not looked into."""

    path: str
    reason: str


class Document(TypedDict):
    """The whole report."""

    version: int
    tool: ToolEntry
    summary: SummaryEntry
    findings: list[FindingEntry]
    problems: list[ProblemEntry]
    unread: list[UnreadEntry]


def render(report: Report, screen: Screen) -> str:  # noqa: ARG001 -- every format has this signature
    """Give the document."""
    return encoded(document(report), indent=2) + "\n"


def encoded(value: object, indent: int | None = None) -> str:
    """Give pure ASCII, so that nothing can act on a terminal; nor is there a `##[`, which a CI runner would obey."""
    return COMMAND_ANYWHERE.sub(r"\\u0023", json.dumps(value, indent=indent).replace("\x7f", "\\u007f"))


def document(report: Report) -> Document:
    """Turn a report into the types of the contract."""
    return Document(
        version=VERSION,
        tool=ToolEntry(name="migration-guard", version=__version__),
        summary=SummaryEntry(
            files=report.files,
            new=report.count(Status.NEW),
            grandfathered=report.count(Status.GRANDFATHERED),
            ignored=report.count(Status.IGNORED),
            problems=len(report.problems),
        ),
        findings=[_finding(finding) for finding in report.findings],
        problems=[_problem(problem) for problem in report.problems],
        unread=[UnreadEntry(path=data(one.path), reason=data(one.reason)) for one in report.unread],
    )


def _finding(finding: Finding) -> FindingEntry:
    span = finding.span
    return FindingEntry(
        code=finding.code,
        name=finding.name,
        severity=finding.severity.value,
        status=finding.status.value,
        path=data(finding.path),
        line=span.line,
        column=span.column,
        end_line=span.end_line,
        end_column=span.end_column,
        message=data(finding.message),
        help=data(finding.help),
        fingerprint=finding.fingerprint,
        migration=_optional(finding.migration),
        operation=None if finding.operation is None else _operation(finding.operation),
    )


def _operation(operation: Operation) -> OperationEntry:
    return OperationEntry(
        kind=operation.kind.value,
        table=_optional(operation.table),
        tables=[data(table) for table in operation.tables],
        model=_optional(operation.model),
        direction=operation.direction.value,
        how=operation.how,
        via=_optional(operation.via),
        sql=None if operation.kind is OperationKind.MARKER else _optional(operation.text),
        dynamic=operation.dynamic,
        created_here=operation.created_here,
    )


def _problem(problem: Problem) -> ProblemEntry:
    return ProblemEntry(path=data(problem.path), line=problem.line, message=data(problem.message))


def _optional(text: str | None) -> str | None:
    return None if text is None else data(text)
