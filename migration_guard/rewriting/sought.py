"""What a loop looks for before it makes a row: by a `try` around `get`, or by an `if` that asks whether there is one."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence

from migration_guard.lean import dataclass
from migration_guard.rewriting.expressions import behind as looked_through
from migration_guard.rewriting.expressions import held, last_name


@dataclass(frozen=True, slots=True)
class Sought:
    """A row that is made where none is found."""

    manager: ast.expr
    """Among whose rows it is looked for, and whose it becomes."""
    asked: ast.expr
    """The same, where it is asked."""
    keywords: Sequence[ast.keyword]
    """By which values it is looked for; it is given all of them."""
    besides: Sequence[ast.keyword]
    """What it is given besides."""


def sought_by(call: ast.Call, above: Mapping[int, ast.AST], behind: Callable[[ast.expr], ast.expr]) -> Sought | None:
    """Look around a call of `create` for the question whether there is such a row. `above` gives the parent of each node."""
    if not isinstance(call.func, ast.Attribute) or call.args:
        return None
    node: ast.AST = call
    while (parent := above.get(id(node))) is not None:
        rows = _not_got(parent, above.get(id(parent))) if isinstance(parent, ast.ExceptHandler) else None
        if isinstance(parent, ast.If) and not parent.orelse and any(node is one for one in parent.body):
            rows = none_of(parent.test, _looking(_set_before(parent, above), behind))
        found = _found(rows, call) if rows is not None else None
        if found is not None:
            return found
        if isinstance(parent, (ast.For, ast.While, ast.FunctionDef)):
            break
        node = parent
    return None


def _looking(before: Mapping[str, ast.expr], behind: Callable[[ast.expr], ast.expr]) -> Callable[[ast.expr], ast.expr]:
    return lambda node: behind(looked_through(node, before))


def _set_before(test: ast.If, above: Mapping[int, ast.AST]) -> dict[str, ast.expr]:
    """The variable that the statement before an `if` sets."""
    around = above.get(id(test))
    for block in (getattr(around, name, None) for name in ("body", "orelse")):
        for line, following in zip(block or [], (block or [])[1:], strict=False):
            if following is test:
                return dict(held(ast.Module([line], []))) if isinstance(line, ast.Assign) else {}
    return {}


def _not_got(handler: ast.ExceptHandler, around: ast.AST | None) -> ast.expr | None:
    """The call of `get` that has found nothing where a handler runs."""
    if not isinstance(around, ast.Try) or handler.type is None or not last_name(handler.type).endswith("DoesNotExist"):
        return None
    match around:
        case ast.Try(
            body=[ast.Assign(targets=[ast.Name()], value=ast.Call(func=ast.Attribute(attr="get")) as got)],
            orelse=[],
            finalbody=[],
        ):
            return got
    return None


def _found(rows: ast.expr, call: ast.Call) -> Sought | None:
    """What a query looks for, where it would find the row that a call makes."""
    assert isinstance(call.func, ast.Attribute)
    keywords: list[ast.keyword] = []
    while isinstance(rows, ast.Call) and isinstance(rows.func, ast.Attribute):
        if rows.func.attr not in {"filter", "all", "get"} or rows.args:
            return None
        keywords += rows.keywords
        rows = rows.func.value
    given = {one.arg: ast.dump(one.value) for one in call.keywords}
    same = all(given.get(one.arg) == ast.dump(one.value) and one.arg is not None for one in keywords)
    if not keywords or not same or ast.dump(rows) != ast.dump(call.func.value):
        return None
    names = {one.arg for one in keywords}
    return Sought(call.func.value, rows, keywords, [one for one in call.keywords if one.arg not in names])


def none_of(test: ast.expr, behind: Callable[[ast.expr], ast.expr]) -> ast.expr | None:
    """The queryset of which a condition says that it has no rows."""
    match behind(test):
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            match behind(inner):
                case ast.Call(func=ast.Attribute(value=rows, attr="exists" | "first" | "last" | "count"), args=[]):
                    return rows
        case ast.Compare(left=left, ops=[ast.Eq() | ast.Is()], comparators=[ast.Constant(value=nothing)]):
            match behind(left):
                case ast.Call(func=ast.Attribute(value=rows, attr="count"), args=[]) if (
                    nothing == 0 and nothing is not False
                ):
                    return rows
                case ast.Call(func=ast.Attribute(value=rows, attr="first" | "last"), args=[]) if nothing is None:
                    return rows
    return None
