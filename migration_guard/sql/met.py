"""Whether a row that was changed still meets the conditions by which it was picked, as far as constants tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from migration_guard.later import Later

if TYPE_CHECKING:
    from sqlglot import exp
else:
    exp = Later("sqlglot.expressions")

Constant = str | bool | Decimal | None


def given(node: exp.Expr) -> dict[str, exp.Expr]:
    """What an UPDATE gives to each of its columns."""
    pairs = [one for one in node.expressions if isinstance(one, exp.EQ) and isinstance(one.this, exp.Column)]
    return {one.this.name.lower(): one.expression for one in pairs} if isinstance(node, exp.Update) else {}


def still_met(conditions: Sequence[exp.Expr], values: Mapping[str, exp.Expr]) -> bool:
    """Whether a row that has been given the values still meets all conditions.

    What they ask of other columns held before, and still does. What cannot be told is taken to leave the row out.
    """
    parts = [part.unnest() for one in conditions for part in (one.flatten() if isinstance(one, exp.And) else (one,))]
    asking = [part for part in parts if _names(part) & values.keys()]
    return bool(asking) and all(_holds(part, values) is True for part in asking)


def _names(node: exp.Expr) -> set[str]:
    return {column.name.lower() for column in node.find_all(exp.Column)}


def _holds(node: exp.Expr, values: Mapping[str, exp.Expr]) -> bool | None:
    """Whether a condition holds; None where that is not told. What is NULL does not."""
    match node.unnest():
        case exp.Not(this=inner):
            return _negated(inner.unnest(), values)
        case exp.And(this=one, expression=other):
            sides = (_holds(one, values), _holds(other, values))
            return False if False in sides else None if None in sides else True
        case exp.Or(this=one, expression=other):
            sides = (_holds(one, values), _holds(other, values))
            return True if True in sides else None if None in sides else False
        case test:
            return _tested(test, values)


def _negated(node: exp.Expr, values: Mapping[str, exp.Expr]) -> bool | None:
    if isinstance(node, (exp.Column, exp.EQ, exp.In, exp.Between, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NEQ)):
        known, value = _value(node if isinstance(node, exp.Column) else node.this, values)
        if known and value is None:
            return False  # NOT of NULL is NULL
    found = _holds(node, values)
    return None if found is None else not found


def _tested(test: exp.Expr, values: Mapping[str, exp.Expr]) -> bool | None:
    known, value = _value(test if isinstance(test, exp.Column) else test.this, values)
    if not known:
        return None
    match test:
        case exp.Column():
            return value is True
        case exp.Is(expression=exp.Null()):
            return (value is None) is not bool(test.args.get("negate"))
        case exp.Is(expression=exp.Boolean(this=wanted)):
            return (value is wanted) is not bool(test.args.get("negate"))
        case exp.In():
            others = [_value(one, values) for one in test.expressions]
            if not others or not all(one for one, _ in others) or test.args.get("query"):
                return None
            return value is not None and value in [one for _, one in others]
        case exp.EQ() | exp.NEQ() | exp.NullSafeEQ() | exp.NullSafeNEQ() | exp.GT() | exp.GTE() | exp.LT() | exp.LTE():
            known, other = _value(test.expression, values)
            return _compared(test, value, other) if known else None
    return None


def _compared(test: exp.Expr, value: Constant, other: Constant) -> bool | None:
    match test:
        case exp.NullSafeEQ():
            return value == other
        case exp.NullSafeNEQ():
            return value != other
    if value is None or other is None:
        return False
    match test:
        case exp.EQ():
            return value == other
        case exp.NEQ():
            return value != other
    if not isinstance(value, Decimal) or not isinstance(other, Decimal):
        return None  # how texts are ordered is the server's affair
    match test:
        case exp.GT():
            return value > other
        case exp.GTE():
            return value >= other
        case exp.LT():
            return value < other
    return value <= other


def _value(node: exp.Expr, values: Mapping[str, exp.Expr]) -> tuple[bool, Constant]:
    """Whether an expression is known, and what it is: None is NULL."""
    inside = node.unnest()
    if isinstance(inside, exp.Column):
        set_to = values.get(inside.name.lower())
        return _constant(set_to) if set_to is not None else (False, None)
    return _constant(inside)


def _constant(node: exp.Expr) -> tuple[bool, Constant]:
    match node.unnest():
        case exp.Null():
            return True, None
        case exp.Boolean(this=value):
            return True, bool(value)
        case exp.Cast(this=inner):
            return _constant(inner)
        case exp.Neg(this=inner):
            known, value = _constant(inner)
            return (True, -value) if known and isinstance(value, Decimal) else (False, None)
        case exp.Literal(this=text, is_string=True):
            return True, text
        case exp.Literal(this=text):
            try:
                return True, Decimal(text)
            except InvalidOperation:
                return False, None
    return False, None
