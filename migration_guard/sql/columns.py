"""What DDL says of the columns of tables: CREATE TABLE and ALTER TABLE, as far as a backfill asks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import sqlglot
from sqlglot import exp

from migration_guard.sql.alarm import TooSlow, at_most

SECONDS = 2.0
"""The most that parsing one text may take."""
MAY_TELL = re.compile(r"\b(?:CREATE|ALTER|DROP)\s+(?:\w+\s+)*TABLE\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ColumnTold:
    """One column, as a statement gives it."""

    table: str
    name: str
    type: str | None = None
    nullable: bool = True
    key: bool = False
    default: bool = False
    added: bool = False
    """Whether it is added to a table that was there."""
    dropped: bool = False
    altered: bool = False
    """Whether it was there, and only its type (None then) or NULL changes."""


def told(text: str) -> Iterator[ColumnTold]:
    """Give the columns that a text of DDL creates, adds or drops; what is not understood says nothing."""
    if not MAY_TELL.search(text):
        return
    try:
        with at_most(SECONDS):
            trees = sqlglot.parse(text, dialect="postgres")
    except (sqlglot.errors.SqlglotError, RecursionError, TooSlow):
        return
    for tree in trees:
        if isinstance(tree, exp.Create) and isinstance(tree.this, exp.Schema):
            yield from _created(tree.this)
        elif isinstance(tree, exp.Alter) and isinstance(tree.this, exp.Table):
            yield from _altered(tree, tree.this.name)


def _created(schema: exp.Schema) -> Iterator[ColumnTold]:
    table = schema.this.name
    keys = [
        identifier.name
        for part in schema.expressions
        for key in ([part] if isinstance(part, exp.PrimaryKey) else part.find_all(exp.PrimaryKey))
        for identifier in key.find_all(exp.Identifier)
    ]
    for part in schema.expressions:
        if isinstance(part, exp.ColumnDef):
            yield _column(table, part, key=part.name in keys)


def _altered(tree: exp.Alter, table: str) -> Iterator[ColumnTold]:
    for action in tree.args.get("actions") or ():
        if isinstance(action, exp.ColumnDef):
            yield _column(table, action, added=True)
        elif isinstance(action, exp.Drop) and action.args.get("kind") == "COLUMN":
            for column in action.find_all(exp.Column):
                yield ColumnTold(table, column.name, dropped=True)


def _column(table: str, column: exp.ColumnDef, *, key: bool = False, added: bool = False) -> ColumnTold:
    kinds = [type(constraint.kind) for constraint in column.constraints]
    own = exp.PrimaryKeyColumnConstraint in kinds
    kind = column.args.get("kind")
    filled = {exp.DefaultColumnConstraint, exp.GeneratedAsIdentityColumnConstraint, exp.ComputedColumnConstraint}
    return ColumnTold(
        table,
        column.name,
        kind.sql(dialect="postgres") if kind is not None else None,
        nullable=exp.NotNullColumnConstraint not in kinds and not own,
        key=key or own,
        default=bool(filled & set(kinds)) or (kind is not None and "SERIAL" in kind.sql(dialect="postgres").upper()),
        added=added,
    )
