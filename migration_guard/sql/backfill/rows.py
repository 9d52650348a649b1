"""The rows that a loop in Python goes through, as a backfill finds them: by what is said of them in SQL."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from migration_guard.sql.backfill.facts import CannotMove, Draft
from migration_guard.sql.backfill.names import FactsOf, folded, own, settle
from migration_guard.sql.backfill.sources import key_notes, keys_of, names_in, target_of
from migration_guard.sql.backfill.tree import Target, both, conjuncts, either, identifier, parsed, text

_ALL = (
    "no condition tells which rows are done: each run looks at all rows that its loop went through, and so does the gate; a "
    "run ends as incomplete (nothing changed) as long as none has changed a row"
)


def draft_of_rows(
    table: str,
    conditions: Sequence[str],
    columns: Sequence[str],
    facts_of: FactsOf,
    key: str | None,
    *,
    deletes: bool = False,
) -> Draft:
    """Say which rows are still to do for a function that changes them, or deletes some. Raises CannotMove."""
    if not columns and not deletes:
        raise CannotMove("a loop with Python logic: which columns it writes is not seen; finish a --skeleton")
    sets = ", ".join(f"{identifier(column).sql('postgres')} = NULL" for column in columns)
    held = f" WHERE {' AND '.join(f'({one})' for one in conditions)}" if conditions else ""
    name = ".".join(identifier(part).sql("postgres") for part in table.split("."))
    tree = parsed(f"DELETE FROM {name}{held}" if deletes else f"UPDATE {name} SET {sets}{held}")
    assert isinstance(tree, (exp.Update, exp.Delete))
    target = target_of(tree.this)
    facts = facts_of(target.name)
    keys = keys_of(facts, key)
    if len(keys) != 1:
        raise CannotMove(f"the key of {table} has several columns ({', '.join(keys)}); finish a --skeleton")
    settle(tree, target.table, [], facts_of)
    condition = tree.args.get("where")
    new = bool(columns) and all(facts.column(column).new for column in columns)
    empty = (
        either(exp.Is(this=own(exp.column(identifier(column))), expression=exp.null()) for column in columns)
        if new
        else None
    )
    return Draft(
        table=target.name,
        keys=keys,
        where=text(target.renamed(both(condition.this if condition is not None else None, empty))),
        update="",
        columns=tuple(columns),
        names=names_in(tree),
        notes=(*key_notes(facts, key, target.name), *(() if new else (_ALL,))),
        fills=new or (bool(columns) and set(columns) <= _empty(condition, target)),
    )


def _empty(condition: exp.Expr | None, target: Target) -> set[str]:
    """The columns of a table that are NULL in every row of which a condition holds."""
    parts = [one.unnest() for one in conjuncts(condition.this)] if condition is not None else []
    return {
        folded(part.this.this)
        for part in parts
        if isinstance(part, exp.Is) and isinstance(part.expression, exp.Null) and not part.args.get("negate")
        if isinstance(part.this, exp.Column) and target.owns(part.this)
    }
