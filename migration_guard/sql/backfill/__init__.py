"""A data change that a migration makes in one statement, as a backfill makes it: in batches, and only once.

`draft` turns the statement into `where`, what is still to do, and `update`, a statement over `:ids`. What cannot be run
in batches, later, or once more, with the same result, is refused. Only this package and `sql/parse.py` import sqlglot.
"""

from __future__ import annotations

from functools import lru_cache

from sqlglot import exp

import migration_guard.sql.silence  # noqa: F401 -- what is not understood is not printed
from migration_guard.sql.backfill import copy, delete, update
from migration_guard.sql.backfill.facts import CannotMove, Column, Draft, Facts, Touched
from migration_guard.sql.backfill.names import FactsOf
from migration_guard.sql.backfill.rows import draft_of_rows
from migration_guard.sql.backfill.sources import names_in
from migration_guard.sql.backfill.tree import parsed, tables

__all__ = ["CannotMove", "Column", "Draft", "Facts", "Touched", "draft", "draft_of_rows", "touched"]


def draft(sql: str, facts_of: FactsOf, key: str | None = None) -> Draft:
    """Turn a statement into a backfill. `facts_of` tells of a table by its name; `key` is the column asked for.

    Raises CannotMove, with the reason and what to do by hand.
    """
    tree = parsed(sql)
    match tree:
        case exp.Update():
            return update.draft(tree, facts_of, key)
        case exp.Delete():
            return delete.draft(tree, facts_of, key)
        case exp.Insert():
            return copy.draft(tree, facts_of, key)
    raise CannotMove("only UPDATE, DELETE and INSERT … SELECT can be moved; write the backfill by hand")


@lru_cache(maxsize=512)
def touched(sql: str) -> Touched:
    """Say what a statement writes and speaks of. Raises CannotMove where it is not understood."""
    tree = parsed(sql)
    columns: frozenset[str] | None = None
    if isinstance(tree, exp.Update):
        columns = frozenset(
            column.name.lower() for part in tree.expressions for column in part.this.find_all(exp.Column)
        )
    own = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    reads = frozenset(table.name.lower() for table in tables(tree) if table is not own)
    table = own.name.lower() if isinstance(own, exp.Table) else ""
    return Touched(table, columns, names_in(tree), reads, adds=isinstance(tree, exp.Insert))
