"""A finding as a piece of a move: in SQL where that says what it does, else as a function."""

from __future__ import annotations

import ast
from dataclasses import replace

from migration_guard.discover import Candidate
from migration_guard.filing import Checked
from migration_guard.findings import Finding
from migration_guard.move.functions import ROW_BY_ROW, function_of, function_of_births, function_of_query
from migration_guard.move.others import twins_of
from migration_guard.move.piece import Piece, models_of, with_unread
from migration_guard.move.schema import Schema
from migration_guard.operations import Direction, Operation, OperationKind, Rendition
from migration_guard.rewriting.reached import CannotRemove
from migration_guard.rewriting.removal import Migration
from migration_guard.rewriting.repeated import repeated
from migration_guard.sql.backfill import CannotMove, Draft, draft
from migration_guard.sql.backfill.spoken import spoken
from migration_guard.sql.backfill.unrolled import together, unlimited

MOVABLE = frozenset({OperationKind.UPDATE, OperationKind.DELETE, OperationKind.INSERT_SELECT})
_BY_KIND = {
    OperationKind.TRUNCATE: "a TRUNCATE empties a table at once; run it by hand when nobody uses the table, or move a DELETE",
    OperationKind.MERGE: "a MERGE does several things at once; write it as an UPDATE and an INSERT, then move these",
    OperationKind.CTAS: "it creates the table that it fills; create the table empty, then move an INSERT … SELECT",
    OperationKind.INSERT_LOOP: "a loop with Python logic; write it as an INSERT … SELECT, or finish a --skeleton",
    OperationKind.INSERT_VALUES: "it inserts constants, which is quick; leave it where it is",
    OperationKind.UPSERT_VALUES: "it inserts constants, which is quick; leave it where it is",
    OperationKind.DML_CALL: "its statement is not known; write it out in the migration, or finish a --skeleton",
    OperationKind.OPAQUE: "its statement is not known; write it out in the migration, or finish a --skeleton",
    OperationKind.MARKER: "a text that speaks of a backfill changes no rows; there is nothing to move",
}
_QUERIED = frozenset({("sqlalchemy-core", OperationKind.UPDATE), ("sql", OperationKind.UPDATE)})
"""What may stand in a loop over the rows that a SELECT gives."""
_SKELETON = "finish a --skeleton"
"""What is advised where its table is known: a skeleton is of a table."""


def piece_of(one: Checked, finding: Finding, key: str | None) -> Piece:
    """Turn a finding into a backfill. Raises CannotMove."""
    finding = _at_last(one, finding)
    candidate, operation = one.candidate, finding.operation
    rendition = _rendition(candidate, operation)
    assert operation is not None
    schema = Schema(candidate.path, candidate.root)
    if operation.kind is OperationKind.INSERT_LOOP:
        return function_of_births(one, finding, operation, schema, key)
    try:
        return _in_sql(one, finding, operation, schema, key)
    except CannotMove as reason:
        if rendition.rows is None or (rendition.sql and rendition.rows.mapper != "django-orm"):
            raise
        try:
            return function_of(one, finding, operation, schema, key)
        except (CannotMove, CannotRemove) as other:
            raise (reason if rendition.sql else other) from None


def _at_last(one: Checked, finding: Finding) -> Finding:
    """Where a list is saved on the way, each time that it is long enough: where the rest is saved, behind the loop."""
    operation = finding.operation
    loop = operation.rendition.loop if operation is not None and operation.rendition is not None else None
    if operation is None or loop is None:
        return finding
    twins = [(twin, twin.operation) for twin in twins_of(one, operation) if twin.operation is not None]
    end = (loop.end_line, loop.end_column)
    behind = [twin for twin, other in twins if (other.span.line, other.span.column) >= end]
    return behind[0] if behind and (operation.span.line, operation.span.column) < end else finding


def _in_sql(one: Checked, finding: Finding, operation: Operation, schema: Schema, key: str | None) -> Piece:
    """Turn a finding into a backfill that SQL says. Raises CannotMove."""
    rendition = _at_once(one.candidate, _rendition(one.candidate, operation))
    if rendition.refusal and rendition.rows is not None:
        raise CannotMove(rendition.refusal)
    if rendition.refusal:
        return function_of_query(one, finding, operation, schema, key)
    drafted = draft(rendition.sql, schema.facts, key)
    _refuse_unknown_columns(operation, rendition.sql, drafted, schema)
    return Piece(finding, operation, rendition, with_unread(drafted, schema), models_of(schema, drafted))


def _rendition(candidate: Candidate, operation: Operation | None) -> Rendition:
    """The statement of an operation, if it is one that can be moved."""
    if operation is None:
        raise CannotMove("it is about the migration as a whole; move the data changes in it")
    if operation.kind not in MOVABLE and not _makes_rows(operation):
        why = _BY_KIND[operation.kind]
        raise CannotMove(why if operation.tables else why.replace(_SKELETON, "define the backfill by hand"))
    if operation.direction is not Direction.UPGRADE:
        also = "also " if operation.direction is Direction.BOTH else ""
        raise CannotMove(
            f"it {also}runs on the way down, where a backfill never runs; take the downgrade apart by hand"
        )
    if candidate.settings.dialect not in {None, "postgres"}:
        raise CannotMove(f"backfills run on PostgreSQL, this database speaks {candidate.settings.dialect}")
    if candidate.path.suffix != ".py":
        raise CannotMove("the migration is no Python file; move the statement to a backfill by hand")
    if operation.via is not None:
        raise CannotMove(f"the statement stands in {operation.via}, perhaps for others too; take it from there by hand")
    rendition = operation.rendition
    if not operation.tables:
        raise CannotMove("which table it writes is not known; name the table in the statement, then move it")
    if rendition is not None and _makes_rows(operation):
        return rendition
    if rendition is None or not (rendition.sql or rendition.refusal):
        raise CannotMove(ROW_BY_ROW)
    if (
        rendition.refusal
        and rendition.rows is None
        and not rendition.ways
        and (operation.how, operation.kind) not in _QUERIED
    ):
        raise CannotMove(rendition.refusal)
    return rendition


def _makes_rows(operation: Operation) -> bool:
    """Whether a loop of Django's makes rows one by one, as part of which a function may be made."""
    return (
        operation.kind is OperationKind.INSERT_LOOP
        and operation.how == "django-orm"
        and operation.migration is not None
    )


def _at_once(candidate: Candidate, rendition: Rendition) -> Rendition:
    """Say what a loop does by one statement over and over as one statement. Raises CannotMove."""
    if rendition.loop is not None or rendition.within is not None or not (rendition.sql or rendition.ways):
        return rendition
    migration = Migration(candidate.path, candidate.source)
    loop = migration.only_loop(rendition.calls)
    if loop is None:
        if rendition.ways:
            raise CannotMove(rendition.refusal)
        return rendition
    call = rendition.calls[0]
    found = repeated(ast.parse(candidate.source), loop.line, (call.line, call.column - 1))
    if rendition.ways:
        if found is None or found.count != len(rendition.ways):
            raise CannotMove(rendition.refusal)
        return replace(rendition, sql=together(rendition.ways), refusal="", ways=(), loop=loop)
    if found is not None and found.count == 1:
        return replace(rendition, loop=loop)
    whole = unlimited(rendition.sql) if found is not None and found.until_none else None
    if whole is None or found is None or found.fewer_than not in {None, whole[1]}:
        return rendition
    return replace(rendition, sql=whole[0], loop=loop)


def _refuse_unknown_columns(operation: Operation, sql: str, drafted: Draft, schema: Schema) -> None:
    """Refuse columns that a queryset suggests and no table has: fields may name their own."""
    if operation.how != "django-orm":
        return
    for table, column in sorted(spoken(sql).columns):
        known = {name.lower() for name in schema.facts(table or drafted.table).columns}
        if column.lower() not in known:
            shown = table or drafted.table
            raise CannotMove(
                f"the migrations do not say that {shown} has a column {column}; write the statement in SQL"
            )
