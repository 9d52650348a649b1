"""What DDL says of the columns of tables: CREATE TABLE and ALTER TABLE, as far as a backfill asks."""

from __future__ import annotations

from collections.abc import Iterator

import sqlglot
from sqlglot import exp

import migration_guard.sql.silence  # noqa: F401 -- what is not understood is not printed
from migration_guard.later import re
from migration_guard.lean import dataclass
from migration_guard.sql.alarm import TooSlow, at_most

SECONDS = 2.0
"""The most that parsing one text may take."""
_VERB = r"(?:CREATE|ALTER|DROP)\b"
MAY_TELL = re.compile(rf"\b{_VERB}\s+(?:(?!{_VERB})\w+\s+)*(?:TABLE|INDEX)\b", re.IGNORECASE)
"""What may tell of columns. Between a verb and its table stands no other verb, so that each word is looked at for one only."""


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


_NO_KEY = re.compile(r"^(?:fk|ck)_|_(?:fkey|fk|check)$", re.IGNORECASE)
"""How constraints are called, by convention, that are no keys."""


@dataclass(frozen=True, slots=True)
class KeyTold:
    """A unique key that is not the primary one, as a statement makes or drops it."""

    table: str
    """Empty where a drop does not say it."""
    columns: tuple[str, ...]
    """None where a drop goes by the name alone."""
    name: str | None
    dropped: bool = False

    def ends(self, other: KeyTold) -> bool:
        """Whether dropping this one may drop the other."""
        if self.columns:
            return self.columns == other.columns
        if self.name is not None and _NO_KEY.search(self.name):
            return self.name == other.name
        return self.name is None or other.name is None or self.name == other.name


@dataclass(frozen=True, slots=True)
class Unread:
    """What could not be read: it may say of tables what nobody knows then."""

    text: str
    reason: str

    def speaks_of(self, table: str) -> bool:
        """Whether it may be about a table, by its bare name."""
        return re.search(rf"(?<!\w){re.escape(table)}(?!\w)", self.text, re.IGNORECASE) is not None


Told = ColumnTold | KeyTold | Unread


def told(text: str) -> Iterator[Told]:
    """Give the columns and keys that a text of DDL creates, adds or drops, and what of it is not understood."""
    if not MAY_TELL.search(text):
        return
    try:
        with at_most(SECONDS):
            trees = sqlglot.parse(text, dialect="postgres")
    except (sqlglot.errors.SqlglotError, RecursionError, TooSlow):
        yield Unread(text, "a statement in it is not understood")
        return
    for tree in trees:
        if isinstance(tree, exp.Command) and MAY_TELL.search(tree.sql(dialect="postgres")):
            yield Unread(tree.sql(dialect="postgres"), "a statement in it is not understood")
        if isinstance(tree, exp.Create) and isinstance(tree.this, exp.Schema):
            yield from _created(tree.this)
        elif isinstance(tree, exp.Create) and isinstance(tree.this, exp.Index):
            yield from _indexed(tree)
        elif isinstance(tree, exp.Drop) and tree.args.get("kind") == "INDEX":
            yield from (KeyTold("", (), index.name, dropped=True) for index in tree.args.get("tables") or ())
        elif isinstance(tree, exp.Alter) and isinstance(tree.this, exp.Table):
            yield from _altered(tree, tree.this.name)


def _indexed(tree: exp.Create) -> Iterator[KeyTold]:
    index = tree.this
    table, parameters = index.args.get("table"), index.args.get("params")
    if not tree.args.get("unique") or table is None or parameters is None or parameters.args.get("where"):
        return
    columns = [part.this if isinstance(part, exp.Ordered) else part for part in parameters.args.get("columns") or ()]
    if columns and all(isinstance(column, exp.Column) for column in columns):
        yield KeyTold(table.name, tuple(column.name for column in columns), index.name or None)


def _constraints(table: str, part: exp.Expr) -> Iterator[KeyTold]:
    """The unique constraints in a definition of a table, a column or a constraint."""
    if isinstance(part, exp.ColumnDef):
        if any(isinstance(one.kind, exp.UniqueColumnConstraint) for one in part.constraints):
            yield KeyTold(table, (part.name,), None)
        return
    for unique in part.find_all(exp.UniqueColumnConstraint):
        names = [node.name for node in unique.this.expressions] if isinstance(unique.this, exp.Schema) else []
        if names:
            yield KeyTold(table, tuple(names), part.name if isinstance(part, exp.Constraint) else None)


def _created(schema: exp.Schema) -> Iterator[ColumnTold | KeyTold]:
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
        yield from _constraints(table, part)


def _altered(tree: exp.Alter, table: str) -> Iterator[ColumnTold | KeyTold]:
    for action in tree.args.get("actions") or ():
        if isinstance(action, exp.ColumnDef):
            yield _column(table, action, added=True)
        elif isinstance(action, exp.Drop) and action.args.get("kind") == "COLUMN":
            for column in action.find_all(exp.Column):
                yield ColumnTold(table, column.name, dropped=True)
        elif isinstance(action, exp.Drop) and action.args.get("kind") == "CONSTRAINT":
            yield from (KeyTold(table, (), one.name, dropped=True) for one in action.args.get("tables") or ())
        if isinstance(action, (exp.AddConstraint, exp.ColumnDef)):
            for part in [action] if isinstance(action, exp.ColumnDef) else action.expressions:
                yield from _constraints(table, part)


def _column(table: str, column: exp.ColumnDef, *, key: bool = False, added: bool = False) -> ColumnTold:
    kinds = [type(constraint.kind) for constraint in column.constraints]
    own = exp.PrimaryKeyColumnConstraint in kinds
    kind = column.args.get("kind")
    filled = {exp.DefaultColumnConstraint, exp.GeneratedAsIdentityColumnConstraint, exp.ComputedColumnConstraint}
    return ColumnTold(
        table,
        column.name,
        kind.sql(dialect="postgres") if kind is not None else None,
        nullable=exp.NotNullColumnConstraint not in kinds and not own and not key,
        key=key or own,
        default=bool(filled & set(kinds)) or (kind is not None and "SERIAL" in kind.sql(dialect="postgres").upper()),
        added=added,
    )
