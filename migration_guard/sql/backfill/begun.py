"""Texts of which the beginning tells whether they are done: `SET url = 'https://' || url WHERE url NOT LIKE 'https://%'`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlglot import exp

from migration_guard.later import re
from migration_guard.sql.backfill.names import folded
from migration_guard.sql.backfill.tree import Target

_ANY = "_"
"""What LIKE calls any character."""
_EACH_BY_ITSELF = re.compile(r"\^([\w ./:\-]*)")
"""A regular expression of a beginning, of which each character stands for itself, or as a dot for any."""
_WIDE = re.compile(r"(?:TEXT|VARCHAR)\b(?!\()")


def is_begun_over(part: exp.Expr, target: Target, values: Mapping[str, exp.Expr]) -> bool:
    """Whether a LIKE of a beginning, or an equation with a text, surely fails of what its column is set to."""
    inside, negated = part.unnest(), False
    while isinstance(inside, exp.Not):
        inside, negated = inside.this.unnest(), not negated
    column, text = inside.args.get("this"), inside.args.get("expression")
    if not isinstance(inside, (exp.Like, exp.EQ)) or not isinstance(text, exp.Literal) or not text.is_string:
        return False
    if not isinstance(column, exp.Column) or not target.owns(column) or folded(column.this) not in values:
        return False
    negated ^= bool(inside.args.get("negate"))
    wanted, rest = _beginning(text.name) if isinstance(inside, exp.Like) else (list(text.name), "")
    begins = _begins(values[folded(column.this)], target, folded(column.this), () if negated else wanted)
    if begins is None:
        return False
    pairs = list(zip(begins, wanted))
    if negated:
        return rest == "%" and len(begins) >= len(wanted) and all(there in (one, None) for one, there in pairs)
    return any(there is not None and there.casefold() != one.casefold() for one, there in pairs)  # citext tells no case


def _beginning(pattern: str) -> tuple[Sequence[str | None], str]:
    """The characters that a pattern of LIKE begins with, None for any, and what follows them."""
    found: list[str | None] = []
    at = 0
    while at < len(pattern) and pattern[at] != "%":
        if pattern[at] == "\\":
            at += 1
            if at == len(pattern):
                break
            found.append(pattern[at])
        else:
            found.append(None if pattern[at] == _ANY else pattern[at])
        at += 1
    return found, pattern[at:]


def _begins(value: exp.Expr, target: Target, name: str, asked: Sequence[str | None]) -> str | None:
    """What a value begins with, wherever it is not NULL; `asked` is what its column, called `name`, began with before."""
    inside = value.unnest()
    match inside:
        case exp.Literal() if inside.is_string:
            return str(inside.name)
        case exp.Cast() if _WIDE.fullmatch(inside.to.sql(dialect="postgres")):
            return _begins(inside.this, target, name, asked)
        case exp.DPipe():
            return _begins(inside.this, target, name, asked)
        case exp.Concat() if inside.expressions:
            return _begins(inside.expressions[0], target, name, asked)
        case exp.RegexpReplace(this=exp.Column() as own, expression=exp.Literal() as old):
            new, found = inside.args.get("replacement"), _EACH_BY_ITSELF.fullmatch(old.name)
            plain = not any(inside.args.get(one) for one in ("modifiers", "position", "occurrence"))
            if found is None or not isinstance(new, exp.Literal) or "\\" in new.name or not plain:
                return None
            mine = target.owns(own) and folded(own.this) == name
            return str(new.name) if mine and _is_met(found[1], asked) else None
    return None


def _is_met(expression: str, asked: Sequence[str | None]) -> bool:
    """Whether all that begins so meets an expression: otherwise some of it would stay as it is."""
    return 0 < len(expression) <= len(asked) and all(one in (".", there) for one, there in zip(expression, asked))
