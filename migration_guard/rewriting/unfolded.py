"""A list of rows that a function changes one by one, as the loop that it stands for: what is asked of loops is asked of it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from copy import deepcopy

from migration_guard.rewriting.reached import CannotRemove

ROWS = "_rows"
"""The variable of the list, which has none of its own."""


def unfolded(tree: ast.Module, known: ast.Module) -> ast.Module:
    """Write `bulk_update([convert(row) for row in rows], …)` as a loop that does what the function does, and collects.

    Raises CannotRemove where a function may give back another row than it is given, or is not seen.
    """
    every = [one for one in ast.walk(known) if isinstance(one, ast.FunctionDef)]
    names = [*(one.name for one in every), *(one for line in known.body for one in _bound_besides(line))]
    functions = {one.name: one for one in every if names.count(one.name) == 1}
    found = _Unfolds(functions).visit(deepcopy(tree))
    assert isinstance(found, ast.Module)
    if any(map(_makes_its_rows, ast.walk(found))):
        raise CannotRemove("the list of rows that it saves is made in another way too; write a loop over them")
    return ast.fix_missing_locations(found)


def _bound_besides(tree: ast.AST) -> Iterator[str]:
    """The names that are bound otherwise than by a definition."""
    for one in ast.walk(tree):
        if isinstance(one, ast.Name) and not _is_read(one):
            yield one.id
        elif isinstance(one, ast.alias):
            yield one.asname or one.name


def _makes_its_rows(node: ast.AST) -> bool:
    """Whether a call still saves a list that is put together where it is given."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    given = [*node.args[:1], *(one.value for one in node.keywords if one.arg in {None, "objs"})]
    return node.func.attr.endswith("bulk_update") and any(
        isinstance(one, (ast.ListComp, ast.GeneratorExp)) for each in given for one in ast.walk(each)
    )


class _Unfolds(ast.NodeTransformer):
    def __init__(self, functions: Mapping[str, ast.FunctionDef]) -> None:
        self._functions = functions

    def visit_Expr(self, node: ast.Expr) -> ast.stmt | list[ast.stmt]:
        match node.value:
            case ast.Call(
                func=ast.Attribute(attr="bulk_update"), args=[ast.ListComp(elt=made, generators=[each]) as listed, *_]
            ) if isinstance(each.target, ast.Name):
                row = each.target.id
            case _:
                return node
        loop = ast.For(ast.Name(row, ast.Store()), each.iter, [*self._body(made, row), _collects(row)], [])
        node.value.args[0] = ast.Name(ROWS, ast.Load())
        empty = ast.Assign([ast.Name(ROWS, ast.Store())], ast.List([], ast.Load()))
        return [ast.copy_location(one, listed) for one in (empty, loop)] + [node]

    def _body(self, made: ast.expr, row: str) -> Iterator[ast.stmt]:
        """What is done to a row before it is collected."""
        if not isinstance(made, ast.Call):
            return
        function = self._functions.get(made.func.id) if isinstance(made.func, ast.Name) else None
        if function is None or len(made.args) != 1 or made.keywords:
            raise CannotRemove("what the function does that changes its rows is not seen; write a loop over them")
        given = [one.arg for one in (*function.args.posonlyargs, *function.args.args)]
        plain = not (function.args.vararg or function.args.kwarg or function.args.kwonlyargs or function.decorator_list)
        ends = [one for one in _own(function.body) if isinstance(one, ast.Return)]
        gives = bool(function.body) and isinstance(function.body[-1], ast.Return)
        if len(given) != 1 or not plain or not gives or not all(_is(one.value, given[0]) for one in ends):
            raise CannotRemove("the function that changes its rows may give back other ones; write a loop over them")
        if any(isinstance(one, ast.Name) and one.id == given[0] and not _is_read(one) for one in ast.walk(function)):
            raise CannotRemove("the function that changes its rows may give back other ones; write a loop over them")
        for line in function.body[:-1]:
            yield _Given(given[0], row).visit(deepcopy(line))


class _Given(ast.NodeTransformer):
    """Names the row as the loop does, and goes on to the next one where a function ends."""

    def __init__(self, name: str, row: str) -> None:
        self._name = name
        self._row = row

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.copy_location(ast.Name(self._row, node.ctx), node) if node.id == self._name else node

    def visit_Return(self, node: ast.Return) -> ast.stmt:
        return ast.copy_location(ast.Continue(), node)


def _own(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """The statements of a function, without those of functions in it."""
    for line in body:
        if not isinstance(line, (ast.FunctionDef, ast.ClassDef)):
            yield line
            for name in ("body", "orelse", "finalbody", "handlers", "cases"):
                for one in getattr(line, name, []):
                    yield from _own([one] if isinstance(one, ast.stmt) else one.body)


def _collects(row: str) -> ast.stmt:
    append = ast.Attribute(ast.Name(ROWS, ast.Load()), "append", ast.Load())
    return ast.Expr(ast.Call(append, [ast.Name(row, ast.Load())], []))


def _is(node: ast.expr | None, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _is_read(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Load)
