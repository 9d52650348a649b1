"""From a finding to a backfill: what would be written where, or why a person has to do it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from migration_guard.discover import Candidate
from migration_guard.filing import Checked
from migration_guard.findings import Finding, Severity
from migration_guard.interpreter.syntax import Refused
from migration_guard.move.place import Module, Modules
from migration_guard.move.schema import Schema
from migration_guard.operations import Direction, Operation, OperationKind, Rendition, Span
from migration_guard.rewriting import removal
from migration_guard.rewriting.definitions import Definition, new_module, with_definition
from migration_guard.rewriting.removal import CannotRemove, Site
from migration_guard.sql.backfill import CannotMove, Draft, draft, touched

MOVABLE = frozenset({OperationKind.UPDATE, OperationKind.DELETE, OperationKind.INSERT_SELECT})
BATCH_SIZE = 500
BATCH_SIZE_OF_HOT = 200
_LONGEST_KEY = 100
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
_ROW_BY_ROW = "a loop with Python logic; write it as one UPDATE or DELETE, or finish a --skeleton"
_ENDS = re.compile(r"\b(?:drop_|Delete|Remove|rename|Rename|INSERT\b|bulk_insert|DROP\b|RENAME\b)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Move:
    """Two files as they would be."""

    finding: Finding
    key: str
    migration: Path
    before: bytes
    after: bytes | None
    """None where the migration stays as it is."""
    module: Module
    module_after: bytes
    notes: tuple[str, ...]

    @property
    def files(self) -> tuple[Path, ...]:
        """What is changed."""
        return (self.module.path,) if self.after is None else (self.migration, self.module.path)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A finding that stays, and why."""

    finding: Finding
    reason: str


def movable(finding: Finding) -> bool:
    """Whether a finding is of a data change at all; others speak of its surroundings."""
    return finding.operation is not None and finding.operation.kind is not OperationKind.MARKER


def plan(one: Checked, finding: Finding, key: str | None, modules: Modules) -> Move | Refusal:
    """Plan to move a finding of a migration. Raises NoPlace where nothing at all can be written."""
    try:
        return _planned(one, finding, key, modules)
    except (CannotMove, CannotRemove, Refused) as reason:
        return Refusal(finding, str(reason))


def refusal(one: Checked, finding: Finding, key: str | None) -> str | None:
    """Say why a finding cannot be moved, wherever it would go; None if it can."""
    try:
        _drafted(one, finding, key)
    except (CannotMove, CannotRemove, Refused) as reason:
        return str(reason)
    return None


def _drafted(one: Checked, finding: Finding, key: str | None) -> tuple[Draft, Site]:
    """Find out how a finding is moved. Raises CannotMove, CannotRemove and Refused."""
    candidate, operation = one.candidate, finding.operation
    rendition = _rendition(candidate, operation)
    assert operation is not None
    schema = Schema(candidate.path, candidate.root)
    drafted = draft(rendition.sql, schema.facts, key)
    _refuse_unknown_columns(operation, drafted, schema)
    _refuse_dependent(one, operation, rendition.sql)
    _refuse_history(schema, drafted)
    site = removal.find(candidate.path, candidate.source, _calls(one, operation, rendition))
    _refuse_users(site, drafted, _others(one, operation))
    return drafted, site


def _planned(one: Checked, finding: Finding, key: str | None, modules: Modules) -> Move | Refusal:
    candidate = one.candidate
    drafted, site = _drafted(one, finding, key)
    name = key_for(finding, drafted.target or drafted.table, _what(drafted))
    if (known := modules.with_key(name)) is not None:
        return Refusal(
            finding, f"a backfill with the key {name} exists already, in {known.name}; rename or finish that one"
        )
    definition = _definition(finding, drafted, name)
    module = modules.place_for(f"{bare(drafted.target or drafted.table)}_{_what(drafted)}")
    written = (
        new_module(definition) if module.content is None else with_definition(module.path, module.content, definition)
    )
    comment = f"# migration-guard move: the {verb(finding)} of {drafted.target or drafted.table} is now {name}"
    return Move(
        finding,
        name,
        candidate.path,
        candidate.source,
        site.without(comment),
        module,
        written,
        drafted.notes,
    )


def _rendition(candidate: Candidate, operation: Operation | None) -> Rendition:
    """The statement of an operation, if it is one that can be moved."""
    if operation is None:
        raise CannotMove("it is about the migration as a whole; move the data changes in it")
    if operation.kind not in MOVABLE:
        raise CannotMove(_BY_KIND[operation.kind])
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
    if rendition.refusal:
        raise CannotMove(rendition.refusal)
    return rendition


def _calls(one: Checked, operation: Operation, rendition: Rendition) -> Sequence[Span]:
    """The calls from the one on that runs this operation and no other."""
    others = _others(one, operation)
    for index, call in enumerate(rendition.calls):
        if _holds(call, operation.span):
            upward = (other for other in others if other.direction is not Direction.DOWNGRADE)
            shared = [other for other in upward if _holds(call, other.span)]
            if shared:
                raise CannotMove(
                    "its call runs several statements; give each a call of its own, then move them one by one"
                )
            return rendition.calls[index:]
    used = [call for other in others if other.rendition is not None for call in other.rendition.calls]
    own = [index for index, call in enumerate(rendition.calls) if call not in used]
    return rendition.calls[own[0] :] if own else ()


def _holds(call: Span, span: Span) -> bool:
    begins = (call.line, call.column) <= (span.line, span.column)
    return begins and (span.end_line, span.end_column) <= (call.end_line, call.end_column)


def _others(one: Checked, operation: Operation) -> list[Operation]:
    """The other data changes of the same migration, on the same way."""
    found = {
        other.operation: None
        for other in one.findings
        if other.operation is not None
        and other.operation.kind is not OperationKind.MARKER
        and other.operation.span != operation.span
    }
    return [other for other in found if other.migration == operation.migration]


def _refuse_dependent(one: Checked, operation: Operation, sql: str) -> None:
    mine = touched(sql)
    for other in _others(one, operation):
        if other.direction is Direction.DOWNGRADE:
            continue
        try:
            theirs = touched(other.rendition.sql) if other.rendition is not None and other.rendition.sql else None
        except CannotMove:
            theirs = None
        tables = {table.rpartition(".")[2].lower() for table in other.tables}
        if theirs.independent_of(mine) if theirs is not None else tables and not tables & mine.names:
            continue
        raise CannotMove(
            f"several dependent statements: line {other.span.line} changes or reads the same ({other.target}); "
            "write one backfill for both by hand"
        )


def _refuse_unknown_columns(operation: Operation, drafted: Draft, schema: Schema) -> None:
    """Refuse columns that a queryset suggests and the table does not have: fields may name their own."""
    if operation.how != "django-orm":
        return
    known = {name.lower() for name in schema.facts(drafted.table).columns}
    spoken = drafted.names - {drafted.table.rpartition(".")[2].lower()}
    if unknown := sorted(spoken - known):
        raise CannotMove(
            f"the migrations do not say that {drafted.table} has a column {unknown[0]}; write the statement in SQL"
        )


def _refuse_history(schema: Schema, drafted: Draft) -> None:
    """Refuse what belongs to tables and columns that a migration has dropped since."""
    written = drafted.target or drafted.table
    gone = schema.dropped(written, drafted.columns)
    if gone is not None:
        column, file = gone
        what = f"{written}.{column}" if column else written
        raise CannotMove(f"{what} is dropped in {Path(file).name}: the change is history; leave it where it is")


def _refuse_users(site: Site, drafted: Draft, judged: Sequence[Operation]) -> None:
    """Refuse a migration that goes on to build on what was changed, or to take away what it was made of."""
    tables = {table.rpartition(".")[2].strip('"').lower() for table in (drafted.table, drafted.target) if table}
    columns = {column.lower() for column in drafted.columns} or (drafted.names - tables)
    for step in site.after:
        if step.simple and any(step.line <= other.span.line <= step.end for other in judged):
            continue  # a data change, which does not depend on this one
        words = {word.lower() for word in re.findall(r"\w+", step.code)}
        words |= {word.removesuffix("_id") for word in words}
        speaks = bool(words & tables) or any(table.endswith(f"_{word}") for table in tables for word in words)
        names = drafted.names - tables
        if not speaks and not (words & names and _ENDS.search(step.code)):
            continue
        if words & {*columns, *(column.removesuffix("_id") for column in columns)} or _ENDS.search(step.code):
            raise CannotMove(
                f"line {step.line} builds on it ({_first_line(step.code)}); put that into a later migration, which "
                "waits for the backfill, then move this"
            )


def _first_line(code: str) -> str:
    text = " ".join(code.split())
    return text if len(text) <= 60 else f"{text[:57]}…"


def key_for(finding: Finding, table: str, what: str) -> str:
    """Name a backfill: by its migration, its table and its first column."""
    name = f"{finding.migration or Path(finding.path).stem}_{table.rpartition('.')[2]}_{what}"
    return slug(name)[:_LONGEST_KEY]


def variable(finding: Finding, table: str, what: str) -> str:
    """Name the variable: as the key, but beginning with a letter. A second one of a name would hide the first."""
    return slug(f"{bare(table)}_{what}_{finding.migration or Path(finding.path).stem}")


def bare(table: str) -> str:
    return slug(table.rpartition(".")[2])


def slug(text: str) -> str:
    return re.sub(r"\W+", "_", text.strip('"')).strip("_").lower()


def verb(finding: Finding) -> str:
    kind = finding.operation.kind if finding.operation is not None else OperationKind.UPDATE
    return "copy" if kind is OperationKind.INSERT_SELECT else kind.value


def definition_texts(finding: Finding, key: str, table: str) -> dict[str, str]:
    """The first fields of every definition."""
    return {
        "key": key,
        "migration": finding.migration or "",
        "description": f"{verb(finding)} of {table}, moved out of the migration",
    }


def _definition(finding: Finding, drafted: Draft, key: str) -> Definition:
    written = drafted.target or drafted.table
    texts = {
        **definition_texts(finding, key, written),
        "table": drafted.table,
        **({"target": drafted.target} if drafted.target is not None else {}),
        "key_column": drafted.key_column,
        "where": drafted.where,
        "update": drafted.update,
    }
    hot = finding.severity is Severity.HIGH
    code = {
        "batch_size": str(BATCH_SIZE_OF_HOT if hot else BATCH_SIZE),
        "priority": f"Priority.{finding.severity.name}",
    }
    return Definition(variable(finding, written, _what(drafted)), texts, code)


def _what(drafted: Draft) -> str:
    return drafted.columns[0] if drafted.columns else "delete"
