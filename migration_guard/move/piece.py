"""One data change, ready to be handed over: the backfill that it becomes, before it has a key."""

from __future__ import annotations

from dataclasses import replace

from migration_guard.findings import Finding
from migration_guard.lean import dataclass
from migration_guard.move.schema import Schema
from migration_guard.operations import Operation, OperationKind, Rendition
from migration_guard.rewriting.slices import Written
from migration_guard.sql.backfill import Draft
from migration_guard.sql.names import bare

FUNCTION = "fill_rows"
"""The name of a function that has none yet."""


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
    also: tuple[Operation, ...] = ()
    """What else its function does, where a loop makes several changes."""

    @property
    def written(self) -> str:
        """The table that it writes; of several, the one that its finding is about."""
        return self.operation.tables[0] if self.function is not None else self.drafted.target or self.drafted.table

    @property
    def tables(self) -> frozenset[str]:
        """The table that it goes through and the one that it writes, by their bare names, and by those of their models."""
        return frozenset({bare(self.drafted.table), bare(self.written), *map(bare, self.others), *self.models})

    def speaks_of(self, table: str) -> bool:
        """Whether it may speak of a table, or of a column of its name."""
        return bare(table) in self.drafted.names | self.tables

    @property
    def what(self) -> str:
        """A word for what it does."""
        if self.operation.kind is OperationKind.INSERT_LOOP:
            return "new"
        return self.drafted.columns[0] if self.drafted.columns else "delete"


def models_of(schema: Schema, drafted: Draft) -> frozenset[str]:
    return frozenset(
        name
        for table in (drafted.table, *((drafted.target,) if drafted.target else ()))
        for name in schema.models(table)
    )


def with_unread(drafted: Draft, schema: Schema) -> Draft:
    """Say with a change which files would have had more to say of its tables."""
    tables = dict.fromkeys((drafted.table, drafted.target or drafted.table))
    return replace(drafted, notes=(*drafted.notes, *(note for table in tables for note in schema.unread(table))))
