"""Data changes that SQL does not say, as functions: loops over a queryset, a session's query or a SELECT."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from migration_guard.filing import Checked
from migration_guard.findings import Finding
from migration_guard.lean import dataclass
from migration_guard.move.others import beside, spans_of
from migration_guard.move.piece import FUNCTION, Piece, models_of, with_unread
from migration_guard.move.schema import Schema
from migration_guard.operations import Operation, OperationKind, Rendition, Rows
from migration_guard.rewriting.births import MakesRows, makes_rows
from migration_guard.rewriting.core import Core
from migration_guard.rewriting.families import Family, Member
from migration_guard.rewriting.functions import Asked, Django, MakesOthers, deleting
from migration_guard.rewriting.mapped import Mapped
from migration_guard.rewriting.owned import Tables
from migration_guard.rewriting.reached import CannotRemove
from migration_guard.rewriting.removal import Migration, Site
from migration_guard.rewriting.slices import Written
from migration_guard.sql.backfill import CannotMove, Draft, draft_of_rows
from migration_guard.sql.names import bare

ROW_BY_ROW = "a loop with Python logic; write it as one UPDATE or DELETE, or finish a --skeleton"
_NO_ROWS = Rows("django-orm", "", (), ())
_SEVERAL = "its loop makes other changes, which may belong to several of its rows; give each a loop of its own"


@dataclass(frozen=True, slots=True)
class _Change:
    """A change of an object mapper's, in its migration."""

    one: Checked
    finding: Finding
    operation: Operation
    rows: Rows
    schema: Schema
    migration: Migration

    @property
    def rendition(self) -> Rendition:
        assert self.operation.rendition is not None
        return self.operation.rendition

    @property
    def label(self) -> str:
        """The migration, as functions name it."""
        return self.operation.migration or self.one.candidate.path.stem


def function_of(one: Checked, finding: Finding, operation: Operation, schema: Schema, key: str | None) -> Piece:
    """Make a function of a loop that SQL does not say. Raises CannotMove and CannotRemove."""
    rendition = operation.rendition
    assert rendition is not None
    rows = rendition.rows
    assert rows is not None
    if len(operation.tables) != 1 or operation.migration is None:
        raise CannotMove(rendition.refusal)
    if key is not None:
        raise CannotMove("its loop becomes a function, which goes by the primary key; leave --key out")
    deletes = operation.kind is OperationKind.DELETE
    drafted = draft_of_rows(operation.tables[0], rows.conditions, rows.columns, schema.facts, key, deletes=deletes)
    drafted = replace(drafted, names=drafted.names | {column.lower() for column in rows.read})
    change = _Change(one, finding, operation, rows, schema, Migration(one.candidate.path, one.candidate.source))
    if rows.mapper != "django-orm":
        return _of_session(change, drafted)
    if rows.decided:
        return _of_chosen(change, drafted)
    try:
        return _of_call(change, drafted)
    except (CannotMove, CannotRemove) as first:
        reason: CannotMove | CannotRemove = first
        try:
            return _of_family(change)
        except (CannotMove, CannotRemove) as other:
            told = isinstance(first, MakesOthers) and str(other) not in {ROW_BY_ROW, _SEVERAL}
            reason = other if told or isinstance(other, MakesRows) else first
        try:
            return _of_several(change)
        except CannotMove:
            raise reason from None


def function_of_births(one: Checked, finding: Finding, operation: Operation, schema: Schema, key: str | None) -> Piece:
    """Make a function of a loop that makes rows, with all that it changes besides. Raises CannotMove and CannotRemove."""
    if key is not None:
        raise CannotMove("its loop becomes a function, which goes by the primary key; leave --key out")
    migration = Migration(one.candidate.path, one.candidate.source)
    return _of_family(_Change(one, finding, operation, _NO_ROWS, schema, migration))


def _of_chosen(change: _Change, drafted: Draft) -> Piece:
    """Make a function that deletes rows, with all that goes with them, of which `where` says all. Raises CannotMove."""
    operation, rendition = change.operation, change.rendition
    if operation.model is None:
        raise CannotMove(rendition.refusal)
    written = deleting(FUNCTION, change.label, operation.model)
    others = tuple(sorted({*change.rows.takes_others} - {operation.tables[0]}))
    notes = tuple(one for one in drafted.notes if not one.startswith("no condition tells"))  # it does
    names = drafted.names | _words(written, operation)
    drafted = with_unread(replace(drafted, names=names, notes=notes), change.schema)
    models = models_of(change.schema, drafted)
    return Piece(change.finding, operation, replace(rendition, sql=""), drafted, models, written, others)


def _of_call(change: _Change, drafted: Draft) -> Piece:
    """Make a function of what a call of Django's changes, and of the loops around it. Raises CannotMove and CannotRemove."""
    operation, schema, migration = change.operation, change.schema, change.migration
    call = migration.call_of(change.rendition.calls)
    if call is None:
        raise CannotMove(change.rendition.refusal or ROW_BY_ROW)
    rendition = replace(change.rendition, sql="", within=None, ways=(), loop=migration.outermost_loop(call))
    asked = _asked(operation, change.rows, schema, beside(change.one, operation))
    site = migration.site(rendition, rendition.calls)
    django = Django(migration, change.one.candidate.path, site.statements, [call], asked)
    written = django.written(FUNCTION, change.label, fills=drafted.fills)
    drafted = with_unread(replace(drafted, names=drafted.names | _words(written, operation)), schema)
    others = tuple(sorted({*change.rows.takes_others} - {asked.table}))
    return Piece(change.finding, operation, rendition, drafted, models_of(schema, drafted), written, others)


def _of_several(change: _Change) -> Piece:
    """Make a function of the loop in which querysets of one table are updated in several places. Raises CannotMove and CannotRemove."""
    operation, schema, migration = change.operation, change.schema, change.migration
    loop = _loop_of(change)
    if (
        len(loop.members) < 2
        or {one.kind for one in loop.changes} != {OperationKind.UPDATE}
        or {(one.asked.table, one.asked.row) for one in loop.members} != {(operation.tables[0], "")}
    ):
        raise CannotMove(_SEVERAL)
    drafted = draft_of_rows(operation.tables[0], (), loop.columns, schema.facts, None)
    asked = replace(loop.members[0].asked, fields={field for one in loop.members for field in one.asked.fields})
    calls = [one.call for one in loop.members]
    django = Django(migration, change.one.candidate.path, loop.site.statements, calls, asked)
    written = django.written(FUNCTION, change.label, fills=drafted.fills)
    drafted = with_unread(replace(drafted, names=drafted.names | _words(written, operation)), schema)
    models = models_of(schema, drafted)
    return Piece(change.finding, operation, loop.rendition, drafted, models, written, also=loop.changes[1:])


def _of_family(change: _Change) -> Piece:
    """Make a function of the outermost loop with all that it changes. Raises CannotMove and CannotRemove."""
    operation, schema, migration = change.operation, change.schema, change.migration
    loop = _loop_of(change)
    told = Tables(schema.children, schema.parents, schema.accessors, {})
    path, known = change.one.candidate.path, (told, schema.table_of)
    family = Family(migration, path, loop.site.statements, loop.members, known)
    told_of = [one.rendition.rows for one in loop.changes if one.rendition is not None]
    conditions = next((rows.conditions for rows in told_of if rows is not None and rows.row == family.row), ())
    changed = [one for one in loop.members if not one.makes]
    alone = len(changed) < len(loop.members) and {one.asked.row for one in changed} == {family.row}
    columns = loop.columns if alone else ()
    drafted = draft_of_rows(family.table, conditions, columns, schema.facts, None, deletes=not columns)
    written = family.written(FUNCTION, change.label, fills=False)
    names = drafted.names | _words(written, operation) | {column.lower() for column in (*loop.columns, *family.read())}
    drafted = with_unread(replace(drafted, names=names, columns=loop.columns), schema)
    tables = tuple(sorted({one.asked.table for one in loop.members} - {drafted.table}))
    models = frozenset(name for table in (family.table, *tables) for name in schema.models(table))
    return Piece(change.finding, operation, loop.rendition, drafted, models, written, tables, loop.changes[1:])


@dataclass(frozen=True, slots=True)
class _Loop:
    """The outermost loop around a change of Django's, and all that stands in it."""

    rendition: Rendition
    site: Site
    changes: tuple[Operation, ...]
    """All that it changes, the change itself first."""
    members: tuple[Member, ...]
    """The same, as what is known of them."""

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(column for one in self.changes for column in _columns(one)))


def _loop_of(change: _Change) -> _Loop:
    """Find the outermost loop around a change. Raises CannotMove where there is none, or not all that it changes is known."""
    migration = change.migration
    call = migration.call_of(change.rendition.calls)
    loop = migration.outermost_loop(call) if call is not None else None
    if loop is None:
        raise CannotMove(ROW_BY_ROW)
    rendition = replace(change.rendition, sql="", within=None, ways=(), loop=loop)
    site = migration.site(rendition, rendition.calls)
    others = beside(change.one, change.operation)
    inside = [other for other in others if any(migration.holds(site.statements[0], span) for span in spans_of(other))]
    outside = [other for other in others if other not in inside]
    changes = (change.operation, *inside)
    return _Loop(rendition, site, changes, tuple(_member(one, change.schema, migration, outside) for one in changes))


def _member(operation: Operation, schema: Schema, migration: Migration, others: Sequence[Operation]) -> Member:
    """One of the changes of a loop. Raises CannotMove where it is not known which rows it writes."""
    rows = operation.rendition.rows if operation.rendition is not None else None
    call = migration.call_of(operation.rendition.calls) if operation.rendition is not None else None
    alone = operation.how == "django-orm" and len(operation.tables) == 1
    if operation.kind is OperationKind.INSERT_LOOP and call is not None and alone and makes_rows(call):
        asked = _asked(operation, _NO_ROWS, schema, others)
        return Member(call, asked, makes=True)
    known = operation.kind in {OperationKind.UPDATE, OperationKind.DELETE} and len(operation.tables) == 1
    if rows is None or rows.mapper != "django-orm" or call is None or not known or not operation.model:
        raise CannotMove(_SEVERAL)
    return Member(call, _asked(operation, rows, schema, others))


def _asked(operation: Operation, rows: Rows, schema: Schema, others: Sequence[Operation]) -> Asked:
    """What is known of a change; `others` is what else the migration does to the database."""
    written = {field for field, column in zip(rows.fields, rows.read, strict=True) if column in rows.columns}
    table = operation.tables[0]
    keys = schema.facts(table).keys
    named = {field for field, column in zip(rows.fields, rows.read, strict=True) if column in keys}
    return Asked(
        rows.row,
        operation.model or "",
        table,
        {*rows.columns, *written},
        schema.accessors(table),
        {"pk", "id", *keys, *named},
        bool(rows.takes_others),
        [span for other in others for span in spans_of(other)],
    )


def _columns(operation: Operation) -> tuple[str, ...]:
    rows = operation.rendition.rows if operation.rendition is not None else None
    return rows.columns if rows is not None else ()


def _words(written: Written, operation: Operation) -> frozenset[str]:
    """The names of a function, as they are and as tables of the app would be called."""
    app = (operation.migration or "").partition(".")[0].lower()
    return frozenset(word for name in written.words for word in (name, f"{app}_{name}"))


def _of_session(change: _Change, drafted: Draft) -> Piece:
    """Make a function of a loop over a session's query. Raises CannotMove and CannotRemove."""
    rows, rendition, schema = change.rows, change.rendition, change.schema
    key = dict(zip(rows.read, rows.fields, strict=True)).get(drafted.keys[0])
    if key is None:
        raise CannotMove(f"its class has no attribute for the key {drafted.keys[0]}; {rendition.refusal}")
    site = change.migration.site(rendition, rendition.calls)
    if {*drafted.keys} & {*rows.columns}:
        raise CannotMove(f"its loop gives a row another key; {rendition.refusal}")
    mapped = Mapped(change.migration, Path(change.finding.path), site.statements, rows.row, rows.fields)
    written = mapped.written(FUNCTION, change.label, drafted.table, key, fills=drafted.fills)
    models = models_of(schema, drafted)
    drafted = with_unread(replace(drafted, names=drafted.names | written.words), schema)
    return Piece(change.finding, change.operation, rendition, drafted, models, written)


def function_of_query(one: Checked, finding: Finding, operation: Operation, schema: Schema, key: str | None) -> Piece:
    """Make a function of a loop over a SELECT whose rows are updated by their key. Raises CannotMove and CannotRemove."""
    candidate, rendition = one.candidate, operation.rendition
    assert rendition is not None
    migration = Migration(candidate.path, candidate.source)
    loop = migration.loop_of(rendition.calls)
    if loop is None or len(operation.tables) != 1 or candidate.framework != "alembic":
        raise CannotMove(rendition.refusal)
    rendition = replace(rendition, loop=loop)
    site = migration.site(rendition, rendition.calls)
    core = Core(migration, candidate.path, site.statements)
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
    written = core.written(
        FUNCTION,
        operation.migration or candidate.path.stem,
        table,
        lambda column: known[column].type if column in known else None,
        fills=drafted.fills,
    )
    drafted = with_unread(replace(drafted, names=drafted.names | written.words), schema)
    also = tuple(
        other
        for other in beside(one, operation)
        if other.kind is OperationKind.UPDATE
        and other.tables == operation.tables
        and any(migration.holds(site.statements[0], span) for span in spans_of(other))
    )
    return Piece(finding, operation, rendition, drafted, models_of(schema, drafted), written, also=also)
