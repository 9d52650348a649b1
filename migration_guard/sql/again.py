"""Whether a statement changes rows again that it has changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from migration_guard.later import Later
from migration_guard.sql.scan import HOLE

if TYPE_CHECKING:
    from sqlglot import exp

    from migration_guard.sql.backfill import safety
else:
    exp, safety = Later("sqlglot.expressions"), Later("migration_guard.sql.backfill.safety")


def repeats(node: exp.Expr, root: exp.Expr, assigned: Sequence[str], tested: Sequence[str]) -> bool:
    """Whether nothing in the statement leaves out the rows that it has already changed."""
    match node:
        case exp.Update():
            return not set(assigned) & set(tested)
        case exp.Insert():
            source = node.expression
            guarded = any(True for _ in source.find_all(exp.Exists, exp.Except)) if source is not None else False
            anti = source is not None and any(
                isinstance(one.expression, exp.Null) and not one.args.get("negate") for one in source.find_all(exp.Is)
            )
            moved = root.find(exp.Delete) is not None
            conflict = node.args.get("conflict")
            if isinstance(conflict, exp.Expr):
                return any(map(_adds_once_more, conflict.expressions)) and conflict.args.get("where") is None
            return not (guarded or anti or moved)
        case exp.Merge():
            return any(map(_changes_again, node.find_all(exp.When)))
        case _:
            return False


def _adds_once_more(pair: exp.Expr) -> bool:
    """Whether ON CONFLICT DO UPDATE computes a column from what it is: `SET amount = points.amount + excluded.amount`."""
    if not isinstance(pair, exp.EQ):
        return False
    computed = pair.expression.find_all(exp.Add, exp.Sub, exp.Mul, exp.Div, exp.DPipe)
    columns = [column for one in computed for column in one.find_all(exp.Column)]
    return any(one.name.lower() == pair.this.name.lower() and one.table.lower() != "excluded" for one in columns)


def _changes_again(when: exp.When) -> bool:
    """Whether a branch of a MERGE changes rows without a condition on what it writes."""
    then, condition = when.args.get("then"), when.args.get("condition")
    pairs = then.expressions if isinstance(then, exp.Update) else []
    written = {pair.this.name.lower() for pair in pairs if isinstance(pair, exp.EQ)}
    asked = {one.name.lower() for one in condition.find_all(exp.Column)} if isinstance(condition, exp.Expr) else set()
    return bool(pairs) and not written & asked


def counts_on(given: Mapping[str, exp.Expr], conditions: Iterable[exp.Expr]) -> bool:
    """Whether what a column is given leaves its rows to be changed again: it is computed from itself, or of the moment.

    Then the rows are asked only on which side of a value they lie, or of the moment itself: `SET n = n + 1 WHERE n < 5`,
    `SET touched = now() WHERE touched < now()`.
    """
    columns = [one for condition in conditions for one in condition.find_all(exp.Column)]
    found = []
    for name, value in given.items():
        asked = [one.find_ancestor(exp.Predicate) for one in columns if one.name.lower() == name]
        if asked:
            computed = _is_computed_from(value, name) and all(map(_asks_for_a_side, asked))
            moves = safety.is_of_the_moment(value) and all(map(_asks_of_the_moment, asked))
            found.append(computed or moves)
    return bool(found) and all(found)


def _is_computed_from(value: exp.Expr, name: str) -> bool:
    computed = value.find_all(exp.Add, exp.Sub, exp.Mul, exp.Div, exp.DPipe)
    return any(column.name.lower() == name for one in computed for column in one.find_all(exp.Column))


def _asks_for_a_side(test: exp.Expr | None) -> bool:
    """Whether a condition asks on which side of a value a column lies, or whether it is another; and nothing else of the row."""
    sides = (exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NEQ, exp.NullSafeNEQ, exp.Between)
    columns = [one for one in test.find_all(exp.Column) if HOLE not in one.name] if isinstance(test, sides) else []
    return len(columns) == 1


def _asks_of_the_moment(test: exp.Expr | None) -> bool:
    """Whether a condition compares with the moment as it is, and not with a time before it."""
    sides = (exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NEQ, exp.NullSafeNEQ)
    if not isinstance(test, sides):
        return False
    return any(safety.is_the_moment(one.unnest()) for one in (test.this, test.expression))
