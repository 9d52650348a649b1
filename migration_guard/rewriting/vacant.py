"""Whether a condition only asks if there are rows to change: where there are none, the change would do nothing anyway."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from migration_guard.rewriting.expressions import TELLS, last_name

_NARROWS = frozenset("all filter exclude order_by distinct select_related prefetch_related only defer iterator".split())
"""Methods of a queryset that give no row that it has not."""
_LOOKS = _NARROWS | TELLS | frozenset("get_model exists count len list bool Q F Value now today timedelta".split())
"""Calls that change no row."""
_SOME = {ast.Gt: (0,), ast.NotEq: (0,), ast.GtE: (1,)}
_NONE = {ast.Eq: (0,), ast.LtE: (0,), ast.Lt: (1,)}
"""How a number is compared with a bound, to ask whether it is one of no rows."""


def asks_for_rows(test: ast.expr, rows: ast.expr, *, holds: bool) -> bool:
    """Whether a condition holds (or does not) wherever there are `rows`. Both are written out, without variables."""
    asked = _asked(test, holds=holds)
    return asked is not None and any(ast.dump(asked) == ast.dump(one) for one in _wider(rows))


def changes_nothing_else(function: ast.AST, statement: ast.AST) -> bool:
    """Whether all that a function calls beside a statement only looks: what there was at the condition is there still."""
    beside = Counter(map(ast.dump, _calls(function))) - Counter(map(ast.dump, _calls(statement)))
    return all(last_name(one) in _LOOKS for one in _calls(function) if ast.dump(one) in beside)


def changed_by(statement: ast.AST) -> ast.expr | None:
    """The rows that a statement changes: those of a loop, or what `update` or `delete` is called on."""
    match statement:
        case ast.For(iter=rows):
            return rows
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=rows, attr="update" | "delete"))):
            return rows
    return None


def _asked(test: ast.expr, *, holds: bool) -> ast.expr | None:
    """The rows of which a condition asks whether there are any."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return _asked(inner, holds=not holds)
        case ast.Compare(left=left, ops=[op], comparators=[ast.Constant(value=int(bound))]):
            return _counted(left) if bound in (_SOME if holds else _NONE).get(type(op), ()) else None
        case _ if holds:
            return _counted(test)
    return None


def _counted(node: ast.expr) -> ast.expr:
    match node:
        case ast.Call(func=ast.Attribute(value=rows, attr="exists" | "count"), args=[], keywords=[]):
            return rows
        case ast.Call(func=ast.Name(id="len" | "bool" | "list"), args=[inner], keywords=[]):
            return _counted(inner)
    return node


def _wider(rows: ast.expr) -> Iterator[ast.expr]:
    """All of which some rows are certainly part."""
    yield rows
    match rows:
        case ast.Call(func=ast.Attribute(value=wider, attr=name)) if name in _NARROWS:
            yield from _wider(wider)
        case ast.Call(func=ast.Name(id="list"), args=[inner], keywords=[]):
            yield from _wider(inner)


def _calls(node: ast.AST) -> Iterator[ast.Call]:
    return (one for one in ast.walk(node) if isinstance(one, ast.Call))
