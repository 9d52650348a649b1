"""Values that are made of their own column, and that a second run leaves as they are: lower(x), jsonb_set(x, …), replace(x, …)."""

from __future__ import annotations

import json
import re

from sqlglot import exp

from migration_guard.sql.backfill.names import Owner, folded, owner_of
from migration_guard.sql.backfill.tree import Target, conjuncts, put_into, unit_of

_WITHOUT_ZONE = frozenset({"TIMESTAMP", "TIMESTAMP WITHOUT TIME ZONE", "INTERVAL", "DATE"})
"""Types of which no session's time zone says where a day begins."""
_IN_EVERY_ZONE = frozenset({"minute", "second", "milliseconds", "microseconds"})
"""What begins at the same moment wherever a session is."""


def is_settled(
    value: exp.Expr, target: Target, column: str, kind: str | None, condition: exp.Expr | None = None
) -> bool:
    """Whether applying a value to its own column once more changes nothing. `kind` is the column's type, if known.

    The condition may tell that a document is an object, of whose keys each has one value.
    """
    inside = value.unnest()
    match inside:
        case exp.DPipe(this=own, expression=merged) if condition is not None and _is_object(merged.unnest()):
            made = _is_own(own.unnest(), target, column) or _assigns(own, target, column, kind)
            return made and _asks_an_object(condition, target, column)
        case exp.Lower() | exp.Upper():
            return _is_own(_untrimmed(inside.this), target, column)
        case exp.Trim():
            trimmed = _untrimmed(inside)
            return _is_own(
                trimmed.this if isinstance(trimmed, (exp.Lower, exp.Upper, exp.Trim)) else trimmed, target, column
            )
        case exp.Coalesce() | exp.Greatest() | exp.Least():
            return _is_own(inside.this, target, column) and not any(
                _reads(other, column) for other in inside.expressions
            )
        case exp.Nullif(expression=exp.Literal()) | exp.Abs() | exp.Floor() | exp.Ceil():
            return _is_own(inside.this, target, column)
        case exp.Round() | exp.Trunc():
            digits = inside.args.get("decimals")
            return _is_own(inside.this, target, column) and (digits is None or isinstance(digits, exp.Literal))
        case exp.TimestampTrunc():
            plain = (kind or "").upper() in _WITHOUT_ZONE or unit_of(inside) in _IN_EVERY_ZONE
            return plain and inside.args.get("zone") is None and _is_own(inside.this, target, column)
        case exp.Left(expression=exp.Literal()):
            return _is_own(inside.this, target, column)
        case exp.Substring():
            return _is_own(inside.this, target, column) and inside.args.get("start") == exp.Literal.number(1)
        case exp.Replace():
            return _is_own(inside.this, target, column) and _ends(inside.expression, inside.args.get("replacement"))
        case exp.Case():
            return _keeps_the_rest(inside, target, column) or _is_own_mapping(inside, target, column)
    return _assigns(inside, target, column, kind)


def _is_object(node: exp.Expr) -> bool:
    """Whether an expression is an object of JSON that is written out."""
    if isinstance(node, exp.Cast):
        node = node.this.unnest()
    if isinstance(node, exp.Literal) and node.is_string:
        try:
            return isinstance(json.loads(node.name), dict)
        except ValueError:
            return False
    return isinstance(node, exp.Anonymous) and node.name.lower() == "jsonb_build_object" and not _has_columns(node)


def _asks_an_object(condition: exp.Expr, target: Target, column: str) -> bool:
    """Whether a condition holds only of objects: what `->>` gives by a key is NULL for all else, and only one holds another."""
    for part in conjuncts(condition):
        inside = part.unnest()
        if isinstance(inside, exp.ArrayContainsAll) and _is_own(inside.this, target, column):
            return _is_object(inside.expression.unnest())
        inside = inside.this.unnest() if isinstance(inside, exp.Not) else inside
        sides = [inside.this, inside.expression] if isinstance(inside, (exp.EQ, exp.NEQ, *_ORDERED)) else [inside]
        for side in sides:
            one = side.unnest()
            one = one.this.unnest() if isinstance(one, exp.Cast) else one
            if isinstance(one, (exp.JSONExtractScalar, exp.JSONBExtractScalar)) and _is_own(one.this, target, column):
                return one.find(exp.JSONPathKey) is not None and one.find(exp.JSONPathSubscript) is None
    return False


_ORDERED = (exp.LT, exp.LTE, exp.GT, exp.GTE)


def _untrimmed(node: exp.Expr) -> exp.Expr:
    """What is trimmed of blanks, which neither case nor another trimming brings back."""
    inside = node.unnest()
    while isinstance(inside, exp.Trim) and inside.expression is None:
        inside = inside.this.unnest()
    return inside


def _assigns(value: exp.Expr, target: Target, column: str, kind: str | None) -> bool:
    """Whether a value puts constants into a document, or takes keys out of it: the last word on each place is the same."""
    inside = value.unnest()
    if isinstance(inside, exp.Cast) and inside.to.sql(dialect="postgres").upper() in {
        "JSONB",
        (kind or "JSONB").upper(),
    }:
        inside = inside.this.unnest()
    rest: exp.Expr
    match inside:
        case exp.Anonymous():
            parts = put_into(inside)
            if len(parts) not in {3, 4} or any(_has_columns(part) for part in parts[2:]) or not _names_keys(parts[1]):
                return False
            rest = parts[0]
        case exp.Sub(expression=exp.Literal() as key) if key.is_string and (
            (kind or "").upper() == "JSONB" or not key.name.strip().isdigit()
        ):
            rest = inside.this
        case exp.JSONBDeleteAtPath():
            if not _names_keys(inside.expression):
                return False
            rest = inside.this
        case _:
            return False
    rest = rest.unnest()
    if isinstance(rest, exp.Cast):
        rest = rest.this.unnest()
    return _is_own(rest, target, column) or _assigns(rest, target, column, kind)


def _names_keys(path: exp.Expr) -> bool:
    """Whether a path is written out and counts no elements of an array: behind its end, each run would add one."""
    inside = path.unnest()
    if isinstance(inside, exp.Cast) and inside.to.is_type(exp.DataType.Type.ARRAY):
        inside = inside.this.unnest()
    if not isinstance(inside, exp.Literal):
        return False
    return not any(re.fullmatch(r"\s*-?\d+\s*", part) for part in inside.name.strip("{}").replace('"', "").split(","))


def _has_columns(node: exp.Expr) -> bool:
    return node.find(exp.Column, exp.Select) is not None


def _ends(old: exp.Expr | None, new: exp.Expr | None) -> bool:
    """Whether no text to be replaced can arise from replacing it: the two share no end with each other."""
    if not isinstance(old, exp.Literal) or not isinstance(new, exp.Literal) or not old.name or not new.name:
        return False
    a, b = old.name, new.name
    if a in b or b in a:
        return False
    return not any(a[:n] == b[-n:] or a[-n:] == b[:n] for n in range(1, min(len(a), len(b)) + 1))


def _keeps_the_rest(case: exp.Expr, target: Target, column: str) -> bool:
    """Whether a CASE speaks of its own column nowhere but where it leaves it as it is."""
    if not isinstance(case, exp.Case):
        return False
    default = case.args.get("default")
    rest = default.unnest() if default is not None else None
    if rest is None or not (_is_own(rest, target, column) or _keeps_the_rest(rest, target, column)):
        return False
    parts = [case.this, *(part for branch in case.args["ifs"] for part in (branch.this, branch.args["true"]))]
    return not any(_reads(part, column) for part in parts if part is not None)


def _is_own_mapping(case: exp.Case, target: Target, column: str) -> bool:
    """Whether a CASE maps constants of its own column to constants that it does not map on, and leaves the others."""
    default = case.args.get("default")
    if default is None or not _is_own(default.unnest(), target, column):
        return False
    mapped: dict[str, str] = {}
    for branch in case.args["ifs"]:
        asked, outcome = branch.this.unnest(), branch.args["true"].unnest()
        if case.this is not None:
            if not _is_own(case.this.unnest(), target, column):
                return False
            olds = [asked]
        elif isinstance(asked, exp.EQ) and _is_own(asked.this, target, column):
            olds = [asked.expression]
        elif isinstance(asked, exp.In) and _is_own(asked.this, target, column) and not asked.args.get("query"):
            olds = list(asked.expressions)
        else:
            return False
        if not isinstance(outcome, exp.Literal) or not all(isinstance(old, exp.Literal) for old in olds):
            return False
        mapped.update({old.name: outcome.name for old in olds if old.name not in mapped})
    return all(new not in mapped or mapped[new] == new for new in mapped.values())


def _is_own(node: exp.Expr, target: Target, column: str) -> bool:
    return isinstance(node, exp.Column) and target.owns(node) and folded(node.this) == column


def _reads(value: exp.Expr, column: str) -> bool:
    return any(
        owner_of(one) is not Owner.OTHER and isinstance(one.this, exp.Identifier) and folded(one.this) == column
        for one in value.find_all(exp.Column)
    )
