"""Version 1 of what other programs are told: the values of the JSON report, and of the library.

A contract with them, and therefore with types of its own, which gain fields and lose none. All text of others in them
can be written anywhere.
"""

from __future__ import annotations

from migration_guard import findings, operations
from migration_guard.lean import dataclass
from migration_guard.report.sanitise import data

VERSION = 1


@dataclass(frozen=True, slots=True)
class Operation:
    """The data change that a finding judges."""

    kind: str
    """Such as `UPDATE`."""
    table: str | None
    tables: tuple[str, ...]
    model: str | None
    direction: str
    """`upgrade`, `downgrade` or `both`."""
    how: str
    via: str | None
    sql: str | None
    dynamic: bool
    """Whether parts of the statement are known only when it runs."""
    created_here: bool
    """Whether the same migration creates the table."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding. Lines and columns count from 1, columns in characters; the end is exclusive."""

    code: str
    name: str
    severity: str
    """`high`, `medium` or `low`."""
    status: str
    """`new`, `grandfathered` or `ignored`."""
    path: str
    """Relative to the folder that was checked."""
    line: int
    column: int
    end_line: int
    end_column: int
    message: str
    help: str
    fingerprint: str
    migration: str | None
    operation: Operation | None


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that could not be checked."""

    path: str
    line: int | None
    message: str


@dataclass(frozen=True, slots=True)
class Unread:
    """What lies beside migrations, may change data, and was not looked into."""

    path: str
    reason: str


def finding_of(finding: findings.Finding) -> Finding:
    """Give a finding in the words of the contract."""
    span = finding.span
    return Finding(
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


def _operation(operation: operations.Operation) -> Operation:
    return Operation(
        kind=operation.kind.value,
        table=_optional(operation.table),
        tables=tuple(data(table) for table in operation.tables),
        model=_optional(operation.model),
        direction=operation.direction.value,
        how=operation.how,
        via=_optional(operation.via),
        sql=None if operation.kind is operations.OperationKind.MARKER else _optional(operation.text),
        dynamic=operation.dynamic,
        created_here=operation.created_here,
    )


def problem_of(problem: operations.Problem) -> Problem:
    """Give a problem in the words of the contract."""
    return Problem(path=data(problem.path), line=problem.line, message=data(problem.message))


def unread_of(unread: operations.Unread) -> Unread:
    """Give what was not looked into in the words of the contract."""
    return Unread(path=data(unread.path), reason=data(unread.reason))


def _optional(text: str | None) -> str | None:
    return None if text is None else data(text)
