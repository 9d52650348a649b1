"""What a statement speaks of, for who makes up tables that it can run on: tables, their columns, and constants."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from migration_guard.lean import dataclass
from migration_guard.sql.backfill.names import folded, name_of
from migration_guard.sql.backfill.tree import parsed, tables


@dataclass(frozen=True, slots=True)
class Spoken:
    """The tables of a statement, as they are written, and all that it says besides."""

    tables: tuple[str, ...]
    columns: frozenset[tuple[str, str]]
    """Pairs of a table and a column; the table is empty where the statement does not say it."""
    texts: tuple[str, ...]
    numbers: tuple[str, ...]
    filled: tuple[str, ...]
    """The columns that an INSERT names."""
    asked: tuple[tuple[str, str], ...] = ()
    """Columns that are compared with a constant, each with that."""
    same: tuple[tuple[str, str], ...] = ()
    """Pairs of columns that are compared with each other, or set to each other."""
    said: frozenset[str] = frozenset()
    """Columns that are set to a text."""


def spoken(sql: str) -> Spoken:
    """Read a statement. Raises CannotMove."""
    tree = parsed(sql)
    every = list(tables(tree))
    by_alias = {table.alias_or_name.lower(): name_of(table) for table in every}
    columns = {
        (by_alias.get(column.table.lower(), "") if column.table else "", folded(column.this))
        for column in tree.find_all(exp.Column)
        if isinstance(column.this, exp.Identifier) and (not column.table or column.table.lower() in by_alias)
    }
    if isinstance(tree, exp.Update) and isinstance(tree.this, exp.Table):
        sets = [one.this for one in tree.expressions if isinstance(one, exp.EQ) and isinstance(one.this, exp.Column)]
        columns |= {(name_of(tree.this), folded(one.this)) for one in sets}
    schema = tree.this if isinstance(tree, exp.Insert) else None
    filled = tuple(folded(one) for one in schema.expressions) if isinstance(schema, exp.Schema) else ()
    literals = list(tree.find_all(exp.Literal))
    return Spoken(
        tuple(dict.fromkeys(map(name_of, every))),
        frozenset(columns),
        tuple(dict.fromkeys(one.name for one in literals if one.is_string)),
        tuple(dict.fromkeys(one.name for one in literals if not one.is_string)),
        filled,
        tuple(dict.fromkeys(_asked(tree))),
        tuple(
            (folded(one.this.this), folded(one.expression.this))
            for one in tree.find_all(exp.EQ)
            if isinstance(one.this, exp.Column) and isinstance(one.expression, exp.Column)
        ),
        frozenset(
            folded(one.this.this)
            for one in tree.expressions
            if isinstance(one, exp.EQ) and isinstance(one.this, exp.Column) and _is_text(one.expression)
        ),
    )


def _is_text(value: exp.Expr) -> bool:
    inside = value.unnest()
    return (isinstance(inside, exp.Literal) and inside.is_string) or isinstance(inside, (exp.Concat, exp.DPipe))


def _asked(tree: exp.Expr) -> Iterator[tuple[str, str]]:
    """What columns are asked to be, in conditions."""
    for one in tree.find_all(exp.EQ, exp.In):
        if isinstance(one.parent, exp.Update) or not isinstance(one.this, exp.Column):
            continue
        given = one.expressions[:1] if isinstance(one, exp.In) else [one.expression]
        yield from ((folded(one.this.this), value.name) for value in given if isinstance(value, exp.Literal))
