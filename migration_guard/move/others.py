"""What else a migration does to the database, beside one of its changes."""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.filing import Checked
from migration_guard.findings import Finding
from migration_guard.operations import Direction, Operation, OperationKind, Span


def others_of(one: Checked, operation: Operation) -> list[tuple[Finding, Operation]]:
    """The other data changes of the same migration that may run on the way up, each once, in the order of the file."""
    found: dict[Operation, Finding] = {}
    for finding in one.findings:
        other = finding.operation
        if other is None or other.kind is OperationKind.MARKER or other.direction is Direction.DOWNGRADE:
            continue
        if other.migration == operation.migration and other.span != operation.span and not _same_loop(other, operation):
            found.setdefault(other, finding)
    return sorted(((finding, other) for other, finding in found.items()), key=lambda pair: place_of(pair[1]))


def beside(one: Checked, operation: Operation) -> list[Operation]:
    """All else that a migration may do to data on the way up, whether a rule tells of it or not."""
    return [
        other
        for other in one.operations
        if other.kind is not OperationKind.MARKER
        and other.direction is not Direction.DOWNGRADE
        and other.migration == operation.migration
        and other.span != operation.span
        and not _same_loop(other, operation)
    ]


def twins_of(one: Checked, operation: Operation) -> tuple[Finding, ...]:
    """The findings of other assignments in the same loop, which is moved as a whole."""
    found = [f for f in one.findings if f.operation is not None and f.operation.span != operation.span]
    return tuple(f for f in found if f.operation is not None and _same_loop(f.operation, operation))


def _same_loop(one: Operation, other: Operation) -> bool:
    mine, theirs = one.rendition, other.rendition
    if mine is None or theirs is None or mine.loop is None:
        return False
    rows = [said.rows.row if said.rows is not None else None for said in (mine, theirs)]
    same = (mine.loop, mine.sql, one.kind, one.tables) == (theirs.loop, theirs.sql, other.kind, other.tables)
    return same and rows[0] == rows[1]


def place_of(operation: Operation) -> tuple[tuple[int, int], ...]:
    """When an operation runs, among those of its migration: by the calls that lead to it, from the outside."""
    calls = operation.rendition.calls if operation.rendition is not None else ()
    places = [(call.line, call.column) for call in reversed(calls)]
    return (*places, (operation.span.line, operation.span.column))


def spans_of(operation: Operation) -> Iterator[Span]:
    """Where an operation stands, and the calls of its migration that run it."""
    yield operation.span
    yield from operation.rendition.calls if operation.rendition is not None else ()
