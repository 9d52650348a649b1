"""One data change, ready to be handed over: the backfill that it becomes, before it has a key."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

from migration_guard.discover import Candidate
from migration_guard.filing import Checked
from migration_guard.findings import Finding
from migration_guard.lean import dataclass
from migration_guard.move.others import beside
from migration_guard.move.schema import Schema
from migration_guard.operations import Direction, Operation, OperationKind, Rendition, Rows
from migration_guard.rewriting.core import Core
from migration_guard.rewriting.functions import Asked, Django
from migration_guard.rewriting.mapped import Mapped
from migration_guard.rewriting.reached import CannotRemove
from migration_guard.rewriting.removal import Migration, Site
from migration_guard.rewriting.repeated import repeated
from migration_guard.rewriting.slices import Written
from migration_guard.sql.backfill import CannotMove, Draft, draft, draft_of_rows
from migration_guard.sql.backfill.spoken import spoken
from migration_guard.sql.backfill.unrolled import together, unlimited
from migration_guard.sql.names import bare

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
FUNCTION = "fill_rows"
"""The name of a function that has none yet."""
_SKELETON = "finish a --skeleton"
"""What is advised where its table is known: a skeleton is of a table."""
_ROW_BY_ROW = "a loop with Python logic; write it as one UPDATE or DELETE, or finish a --skeleton"


@dataclass(frozen=True, slots=True)
class Piece:
    """A data change and what it becomes."""

    finding: Finding
    operation: Operation
    rendition: Rendition
    drafted: Draft
    models: frozenset[str]
    """What Django calls its tables, where they have other names."""
    function: Written | None = None
    """What does it, where SQL does not say it."""
    others: tuple[str, ...] = ()
    """The tables that a function may write besides."""

    @property
    def written(self) -> str:
        """The table that it writes."""
        return self.drafted.target or self.drafted.table

    @property
    def tables(self) -> frozenset[str]:
        """The table that it goes through and the one that it writes, by their bare names, and by those of their models."""
        return frozenset({bare(self.drafted.table), bare(self.written), *self.models})

    def speaks_of(self, table: str) -> bool:
        """Whether it may speak of a table, or of a column of its name."""
        return bare(table) in self.drafted.names | self.tables

    @property
    def what(self) -> str:
        """A word for what it does."""
        return self.drafted.columns[0] if self.drafted.columns else "delete"


def piece_of(one: Checked, finding: Finding, key: str | None) -> Piece:
    """Turn a finding into a backfill. Raises CannotMove."""
    candidate, operation = one.candidate, finding.operation
    rendition = _rendition(candidate, operation)
    assert operation is not None
    schema = Schema(candidate.path, candidate.root)
    try:
        return _in_sql(one, finding, operation, schema, key)
    except CannotMove as reason:
        if rendition.rows is None or (rendition.sql and rendition.rows.mapper != "django-orm"):
            raise
        try:
            return _function_of(one, finding, operation, schema, key)
        except (CannotMove, CannotRemove) as other:
            raise (reason if rendition.sql else other) from None


def _in_sql(one: Checked, finding: Finding, operation: Operation, schema: Schema, key: str | None) -> Piece:
    """Turn a finding into a backfill that SQL says. Raises CannotMove."""
    rendition = _at_once(one.candidate, _rendition(one.candidate, operation))
    if rendition.refusal and rendition.rows is not None:
        raise CannotMove(rendition.refusal)
    if rendition.refusal:
        return _function_of_query(one, finding, operation, schema, key)
    drafted = draft(rendition.sql, schema.facts, key)
    _refuse_unknown_columns(operation, rendition.sql, drafted, schema)
    _refuse_history(schema, drafted)
    return Piece(finding, operation, rendition, _with_unread(drafted, schema), _models(schema, drafted))


def _models(schema: Schema, drafted: Draft) -> frozenset[str]:
    return frozenset(
        name
        for table in (drafted.table, *((drafted.target,) if drafted.target else ()))
        for name in schema.models(table)
    )


def _refuse_unread(schema: Schema, drafted: Draft, rows: Rows) -> None:
    """Refuse a function that reads a column which is gone by the time that it runs. Raises CannotMove."""
    gone = schema.dropped(drafted.table, rows.read)
    if gone is not None and gone[0]:
        column, file = gone
        raise CannotMove(
            f"its loop becomes a function, whose model has the column {column}, and {Path(file).name} drops that; write it "
            "as one UPDATE, or finish a --skeleton"
        )


def _with_unread(drafted: Draft, schema: Schema) -> Draft:
    """Say with a change which files would have had more to say of its tables."""
    tables = dict.fromkeys((drafted.table, drafted.target or drafted.table))
    return replace(drafted, notes=(*drafted.notes, *(note for table in tables for note in schema.unread(table))))


def _rendition(candidate: Candidate, operation: Operation | None) -> Rendition:
    """The statement of an operation, if it is one that can be moved."""
    if operation is None:
        raise CannotMove("it is about the migration as a whole; move the data changes in it")
    if operation.kind not in MOVABLE:
        why = _BY_KIND[operation.kind]
        raise CannotMove(why if operation.tables else why.replace(_SKELETON, "define the backfill by hand"))
    if operation.direction is not Direction.UPGRADE:
        raise CannotMove("it runs on the way down, where a backfill never runs; take the downgrade apart by hand")
    if candidate.settings.dialect not in {None, "postgres"}:
        raise CannotMove(f"backfills run on PostgreSQL, this database speaks {candidate.settings.dialect}")
    if candidate.path.suffix != ".py":
        raise CannotMove("the migration is no Python file; move the statement to a backfill by hand")
    if operation.via is not None:
        raise CannotMove(f"the statement stands in {operation.via}, perhaps for others too; take it from there by hand")
    rendition = operation.rendition
    if not operation.tables:
        raise CannotMove("which table it writes is not known; name the table in the statement, then move it")
    if rendition is None or not (rendition.sql or rendition.refusal):
        raise CannotMove(_ROW_BY_ROW)
    if (
        rendition.refusal
        and rendition.rows is None
        and not rendition.ways
        and (operation.how, operation.kind) not in _QUERIED
    ):
        raise CannotMove(rendition.refusal)
    return rendition


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
    whole = unlimited(rendition.sql) if found is not None and found.until_none else None
    if whole is None or found is None or found.fewer_than not in {None, whole[1]}:
        return rendition
    return replace(rendition, sql=whole[0], loop=loop)


def _function_of(one: Checked, finding: Finding, operation: Operation, schema: Schema, key: str | None) -> Piece:
    """Make a function of a loop that SQL does not say. Raises CannotMove and CannotRemove."""
    candidate, rendition = one.candidate, operation.rendition
    assert rendition is not None
    rows = rendition.rows
    assert rows is not None
    if len(operation.tables) != 1 or operation.migration is None:
        raise CannotMove(rendition.refusal)
    if key is not None:
        raise CannotMove("its loop becomes a function, which goes by the primary key; leave --key out")
    table = operation.tables[0]
    drafted = draft_of_rows(
        table, rows.conditions, rows.columns, schema.facts, key, deletes=operation.kind is OperationKind.DELETE
    )
    _refuse_history(schema, drafted)
    _refuse_unread(schema, drafted, rows)
    migration = Migration(candidate.path, candidate.source)
    if rows.mapper != "django-orm":
        site = migration.site(rendition, rendition.calls)
        piece = Piece(finding, operation, rendition, drafted, _models(schema, drafted))
        return _function_of_session(piece, schema, migration, site)
    call = migration.call_of(rendition.calls)
    if call is None:
        raise CannotMove(rendition.refusal or _ROW_BY_ROW)
    rendition = replace(rendition, sql="", within=None, ways=(), loop=migration.outermost_loop(call))
    others = beside(one, operation)
    asked = Asked(
        rows.row,
        operation.model or "",
        table,
        {
            *rows.columns,
            *(field for field, column in zip(rows.fields, rows.read, strict=True) if column in rows.columns),
        },
        schema.accessors(table),
        bool(rows.takes_others),
        [span for other in others for span in (other.span, *(other.rendition.calls if other.rendition else ()))],
    )
    site = migration.site(rendition, rendition.calls)
    django = Django(migration, candidate.path, site.statements, call, asked)
    written = django.written(FUNCTION, operation.migration, fills=drafted.fills)
    app = operation.migration.partition(".")[0].lower()
    words = {word for name in written.words for word in (name, f"{app}_{name}")}
    drafted = _with_unread(replace(drafted, names=drafted.names | words), schema)
    return Piece(
        finding,
        operation,
        rendition,
        drafted,
        _models(schema, drafted),
        written,
        tuple(sorted({*rows.takes_others} - {table})),
    )


def _function_of_session(piece: Piece, schema: Schema, migration: Migration, site: Site) -> Piece:
    """Make a function of a loop over a session's query. Raises CannotMove and CannotRemove."""
    drafted, rows = piece.drafted, piece.rendition.rows
    assert rows is not None
    key = dict(zip(rows.read, rows.fields, strict=True)).get(drafted.keys[0])
    if key is None:
        raise CannotMove(f"its class has no attribute for the key {drafted.keys[0]}; {piece.rendition.refusal}")
    path = Path(piece.finding.path)
    mapped = Mapped(migration, path, site.statements, rows.row)
    written = mapped.written(FUNCTION, piece.operation.migration or path.stem, key, fills=drafted.fills)
    drafted = _with_unread(replace(drafted, names=drafted.names | written.words), schema)
    return replace(piece, drafted=drafted, function=written)


def _function_of_query(one: Checked, finding: Finding, operation: Operation, schema: Schema, key: str | None) -> Piece:
    """Make a function of a loop over a SELECT whose rows are updated by their key. Raises CannotMove and CannotRemove."""
    candidate, rendition = one.candidate, operation.rendition
    assert rendition is not None
    migration = Migration(candidate.path, candidate.source)
    loop = migration.loop_of(rendition.calls)
    if loop is None or len(operation.tables) != 1 or candidate.framework != "alembic":
        raise CannotMove(rendition.refusal)
    rendition = replace(rendition, loop=loop)
    core = Core(migration, candidate.path, migration.site(rendition, rendition.calls).statements)
    table, found = operation.tables[0], core.queried
    from_text = found.from_text[1] if found.from_text is not None else None
    if from_text is not None and bare(from_text.table) != bare(table):
        raise CannotMove(f"its loop goes through other rows than those of {table}; {rendition.refusal}")
    where = (from_text.where,) if from_text is not None and from_text.where is not None else ()
    drafted = draft_of_rows(table, where, found.columns, schema.facts, key)
    known = schema.facts(table).columns
    if drafted.keys != (found.key,) or (found.is_model and not {found.key, *found.columns} <= known.keys()):
        raise CannotMove(
            f"its loop finds rows of {table} by {found.key}, which is not known as their key; {rendition.refusal}"
        )
    _refuse_history(schema, drafted)
    written = core.written(
        FUNCTION,
        operation.migration or candidate.path.stem,
        table,
        lambda column: known[column].type if column in known else None,
        fills=drafted.fills,
    )
    drafted = _with_unread(replace(drafted, names=drafted.names | written.words), schema)
    return Piece(finding, operation, rendition, drafted, _models(schema, drafted), written)


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


def _refuse_history(schema: Schema, drafted: Draft) -> None:
    """Refuse what belongs to tables and columns that a migration has dropped since."""
    written = drafted.target or drafted.table
    gone = schema.dropped(written, drafted.columns)
    if gone is not None:
        column, file = gone
        what = f"{written}.{column}" if column else written
        raise CannotMove(f"{what} is dropped in {Path(file).name}: the change is history; leave it where it is")
