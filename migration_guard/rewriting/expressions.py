"""Small questions to expressions of Python, which every reader of loops and steps asks."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

_MOST = 10
"""Variables behind variables that are looked through."""
MANAGERS = frozenset({"objects", "_default_manager", "_base_manager"})
"""By which names Django's models give their rows."""
TELLS = frozenset("print debug info warning error exception critical log write success".split())
"""Calls that say something to people."""


def last_name(node: ast.AST) -> str:
    """The last part of a name, or of the name by which something is called: `execute` of `conn.execute(…)`."""
    function = node.func if isinstance(node, ast.Call) else node
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def behind(node: ast.expr, held: Mapping[str, ast.expr]) -> ast.expr:
    """Look through variables that are set once, to the expression that they hold."""
    for _ in range(_MOST):
        if not isinstance(node, ast.Name) or node.id not in held:
            break
        node = held[node.id]
    return node


def held(tree: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """What a piece of code sets its variables to, one after the other."""
    for line in ast.walk(tree):
        match line:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, value


def held_once(tree: ast.AST) -> dict[str, ast.expr]:
    """What it sets those variables to that it sets once."""
    stored = [one.id for one in ast.walk(tree) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)]
    return {name: value for name, value in held(tree) if stored.count(name) == 1}


def gone_through(loop: ast.For) -> ast.expr:
    """What a loop goes through, also where it counts that."""
    node = loop.iter
    return node.args[0] if isinstance(node, ast.Call) and last_name(node) == "enumerate" and node.args else node


def exclude_each_other(body: Sequence[ast.stmt], nodes: Sequence[ast.AST]) -> bool:
    """Whether at most one of several pieces of code runs: each stands in another branch of one `if`."""
    held = [one for one in body if any(node is inner for inner in ast.walk(one) for node in nodes)]
    if len(nodes) < 2:
        return True
    if len(held) != 1:
        return False
    match held[0]:
        case ast.If(body=then, orelse=otherwise):
            sides = [[node for node in nodes if _stands_in(node, side)] for side in (then, otherwise)]
            whole = sum(map(len, sides)) == len(nodes)
            return whole and all(exclude_each_other(*pair) for pair in zip((then, otherwise), sides, strict=True))
        case ast.With(body=inside):
            return exclude_each_other(inside, nodes)
    return False


def _stands_in(node: ast.AST, block: Sequence[ast.stmt]) -> bool:
    return any(node is inner for one in block for inner in ast.walk(one))


def passes_over_none(handler: ast.ExceptHandler) -> bool:
    """Whether a handler does nothing but to go on where there is no such row."""
    plain = len(handler.body) == 1 and isinstance(handler.body[0], (ast.Pass, ast.Continue))
    return (
        plain
        and isinstance(handler.type, (ast.Attribute, ast.Name))
        and last_name(handler.type).endswith("DoesNotExist")
    )


def values_of(node: ast.AST, name: str) -> Iterator[ast.expr]:
    """What a piece of code puts into a variable."""
    match node:
        case ast.Assign(targets=targets, value=value):
            if any(isinstance(one, ast.Name) and one.id == name for target in targets for one in ast.walk(target)):
                yield value
        case (
            ast.AnnAssign(target=ast.Name(id=found), value=ast.expr() as value)
            | ast.AugAssign(target=ast.Name(id=found), value=value)
            | ast.NamedExpr(target=ast.Name(id=found), value=value)
        ) if found == name:
            yield value
        case ast.For(target=target, iter=value) | ast.comprehension(target=target, iter=value):
            if any(isinstance(one, ast.Name) and one.id == name for one in ast.walk(target)):
                yield value
        case ast.withitem(context_expr=value, optional_vars=ast.Name(id=found)) if found == name:
            yield value
