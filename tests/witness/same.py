"""Changes of a program that change nothing of what it does: what is told must be the same before and after."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

from witness.guard import told
from witness.program import Program

ENTRIES = {"upgrade", "forwards"}


def _in_if_true(body: list[ast.stmt]) -> list[ast.stmt]:
    return [ast.If(test=ast.Constant(value=True), body=body, orelse=[])]


def _in_try_finally(body: list[ast.stmt]) -> list[ast.stmt]:
    return [ast.Try(body=body, handlers=[], orelse=[], finalbody=[ast.Pass()])]


def _in_try_reraised(body: list[ast.stmt]) -> list[ast.stmt]:
    again = ast.ExceptHandler(type=ast.Name(id="ZeroDivisionError"), name=None, body=[ast.Raise()])
    return [ast.Try(body=body, handlers=[again], orelse=[], finalbody=[])]


def _in_function(body: list[ast.stmt]) -> list[ast.stmt]:
    return [_function(body), *_parsed("wrapped_body()")]


def _in_lambda(body: list[ast.stmt]) -> list[ast.stmt]:
    return [_function(body), *_parsed("(lambda: wrapped_body())()")]


def _in_loop_once(body: list[ast.stmt]) -> list[ast.stmt]:
    return [_loop(ast.Name(id="once"), "(1,)", body)]


def _in_with(body: list[ast.stmt]) -> list[ast.stmt]:
    around = _parsed("with nothing_around():\n    pass")[0]
    assert isinstance(around, ast.With)
    around.body = body
    return [*_parsed("from contextlib import nullcontext as nothing_around"), around]


def _unrolled(body: list[ast.stmt]) -> list[ast.stmt]:
    return [_Unroll().visit(statement) for statement in body]


class _Unroll(ast.NodeTransformer):
    """`while test: body` is `if test: body; while test: body`, where nothing in the body leaves the loop."""

    def visit_While(self, node: ast.While) -> ast.AST:
        self.generic_visit(node)
        if node.orelse or any(isinstance(one, (ast.Break, ast.Continue)) for one in ast.walk(node)):
            return node
        return ast.If(test=node.test, body=[*node.body, node], orelse=[])

    def visit_For(self, node: ast.For) -> ast.AST:
        """Run the first round before the others, over a list that is made once."""
        self.generic_visit(node)
        left = any(isinstance(one, (ast.Break, ast.Continue)) for one in ast.walk(node))
        if node.orelse or left or not _is_call_of(node.iter, "rows"):
            return node
        name = f"unrolled_{node.lineno}"
        made = ast.Assign(targets=[ast.Name(id=name)], value=node.iter)
        halves = [_loop(node.target, part, node.body) for part in (f"{name}[:1]", f"{name}[1:]")]
        return ast.If(test=ast.Constant(value=True), body=[made, *halves], orelse=[])


def _loop(target: ast.expr, items: str, body: list[ast.stmt]) -> ast.stmt:
    return ast.For(target=target, iter=ast.parse(items, mode="eval").body, body=body, orelse=[])


def _is_call_of(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name


def _function(body: list[ast.stmt]) -> ast.stmt:
    function = _parsed("def wrapped_body():\n    pass")[0]
    assert isinstance(function, ast.FunctionDef)
    function.body = body
    return function


def _parsed(source: str) -> list[ast.stmt]:
    return ast.parse(source).body


CHANGES: dict[str, Callable[[list[ast.stmt]], list[ast.stmt]]] = {
    "if True": _in_if_true,
    "try/finally": _in_try_finally,
    "try/except that raises again": _in_try_reraised,
    "a function": _in_function,
    "a lambda": _in_lambda,
    "a loop of one round": _in_loop_once,
    "a context manager": _in_with,
    "one round more": _unrolled,
}


def changed(source: str, change: str) -> str | None:
    """Give the source with the body of its entry point changed; None where that is no change."""
    tree = ast.parse(source)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in ENTRIES:
            node.body = CHANGES[change](node.body)
    made = ast.unparse(ast.fix_missing_locations(tree)) + "\n"
    return made if made != ast.unparse(ast.parse(source)) + "\n" else None


def differences(
    program: Program, path: Path, root: Path, change: str
) -> tuple[set[tuple[str, str | None]], str] | None:
    """Give what only one of two spellings is told of, and the second spelling; None if there is no difference."""
    source = changed(program.source, change)
    if source is None:
        return None
    before, after = (
        {(one.kind, one.table) for one in told(path, root, text, program.framework)}
        for text in (program.source, source)
    )
    return (before ^ after, source) if before != after else None
