"""What falls unused when a data change is taken out of a migration: imports, and variables that nothing reads any more."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Any

import libcst as cst

from migration_guard.interpreter.syntax import dotted
from migration_guard.reading.markers import MOVED
from migration_guard.rewriting.expressions import last_name

_HARMLESS = frozenset(
    "get_model get_bind table column Column Table MetaData Session sessionmaker text Integer String Text Boolean BigInteger "
    "DateTime Date Numeric Float JSON JSONB Enum Unicode UnicodeText LargeBinary SmallInteger UUID".split()
)
"""Calls that change nothing, so that nobody misses them."""


def tidied(before: bytes, after: bytes) -> bytes:
    """Give a migration without the imports and variables that were used before it was changed, and are no longer."""
    old = ast.parse(before)
    while True:
        new = ast.parse(after)
        unused = {
            (function, name) for function, name in _unused_locals(new) if name in _loaded(_functions(old).get(function))
        }
        tree = cst.parse_module(after)
        shorter = tree.visit(_Without(unused)) if unused else tree
        if shorter.code == tree.code:
            break
        after = shorter.bytes
    gone = {bound for bound in _imported(new) if bound in _loaded(old) and bound not in _loaded(new)}
    if not gone:
        return after
    return cst.parse_module(after).visit(_WithoutImports(gone)).bytes


def _functions(tree: ast.Module) -> dict[str, ast.AST]:
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def _loaded(tree: ast.AST | None) -> frozenset[str]:
    nodes = ast.walk(tree) if tree is not None else iter(())
    return frozenset(node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load))


def _unused_locals(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Variables that a function sets once, to what nobody misses, and never reads."""
    for name, function in _functions(tree).items():
        nodes = list(ast.walk(function))
        stored = [node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
        loaded = _loaded(function)
        for node in nodes:
            match node:
                case ast.Assign(targets=[ast.Name(id=variable)], value=value) if is_harmless(value):
                    if variable not in loaded and stored.count(variable) == 1:
                        yield name, variable


def is_harmless(value: ast.expr) -> bool:
    match value:
        case ast.Constant() | ast.Name():
            return True
        case ast.Attribute(value=inner):
            return is_harmless(inner)
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
            return all(map(is_harmless, parts))
        case ast.Dict(keys=keys, values=values):
            return all(is_harmless(part) for part in (*values, *(key for key in keys if key is not None)))
        case ast.Call(func=ast.Attribute(value=inner, attr="fetchall" | "all" | "mappings" | "tuples"), args=[]):
            return is_harmless(inner)
        case ast.Call(func=ast.Attribute(value=inner, attr="execute"), args=[statement], keywords=[]):
            return is_harmless(inner) and _only_selects(statement)
        case ast.Call(func=function, args=arguments, keywords=keywords):
            return last_name(function) in _HARMLESS and all(
                map(is_harmless, (*arguments, *(one.value for one in keywords)))
            )
    return False


def _only_selects(node: ast.expr) -> bool:
    """Whether a statement that is written out only reads: its text, or SQLAlchemy's `select`."""
    texts = [one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    calls = [one.func for one in ast.walk(node) if isinstance(one, ast.Call)]
    names = {last_name(one) for one in calls}
    if names <= {"text"} and len(texts) == 1:
        return texts[0].lstrip().lower().startswith("select ") and "(" not in texts[0]
    return "select" in names and names <= {"select", "where", "order_by", "is_", "isnot", "is_not", "not_in", "in_"}


def _imported(tree: ast.Module) -> Iterator[str]:
    """The names that the module imports for itself."""
    for node in tree.body:
        match node:
            case ast.Import(names=names):
                yield from (one.asname or one.name.partition(".")[0] for one in names)
            case ast.ImportFrom(module=module, names=names) if module != "__future__":
                yield from (one.asname or one.name for one in names)


class _WithoutImports(cst.CSTTransformer):
    """Takes names out of the imports of a module; what its other imports look like stays."""

    def __init__(self, gone: set[str]) -> None:
        super().__init__()
        self._gone = gone

    def visit_FunctionDef(self, _node: cst.FunctionDef) -> bool:
        return False

    def leave_Import(self, _original: cst.Import, updated_node: cst.Import) -> Any:
        return self._left(updated_node, updated_node.names)

    def leave_ImportFrom(self, _original: cst.ImportFrom, updated_node: cst.ImportFrom) -> Any:
        return (
            updated_node
            if isinstance(updated_node.names, cst.ImportStar)
            else self._left(updated_node, updated_node.names)
        )

    def _left(self, node: Any, names: Sequence[cst.ImportAlias]) -> Any:
        left = [one for one in names if self._bound(one, node) not in self._gone]
        if not left:
            return cst.RemoveFromParent()
        if len(left) == len(names):
            return node
        return node.with_changes(names=[*left[:-1], left[-1].with_changes(comma=names[-1].comma)])

    @staticmethod
    def _bound(alias: cst.ImportAlias, node: Any) -> str:
        name = alias.evaluated_alias or dotted(alias.name) or ""
        return name if alias.asname is not None or isinstance(node, cst.ImportFrom) else name.partition(".")[0]


class _Without(cst.CSTTransformer):
    """Takes assignments out of functions of the module."""

    def __init__(self, unused: set[tuple[str, str]]) -> None:
        super().__init__()
        self._unused = unused
        self._inside: list[str] = []

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self._inside.append(node.name.value)

    def leave_FunctionDef(self, _original: cst.FunctionDef, updated_node: cst.FunctionDef) -> Any:
        self._inside.pop()
        return updated_node

    def leave_SimpleStatementLine(
        self, _original: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> Any:
        told = any(line.comment is not None and MOVED in line.comment.value for line in updated_node.leading_lines)
        match updated_node.body:
            case [cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=variable))])] if (
                self._inside and (self._inside[0], variable) in self._unused and not told
            ):
                return cst.RemoveFromParent()
        return updated_node

    def leave_IndentedBlock(self, _original: cst.IndentedBlock, updated_node: cst.IndentedBlock) -> Any:
        if updated_node.body:
            return updated_node
        footer = [line for line in updated_node.footer if line.comment is not None]
        rest = updated_node.footer[len(footer) :]
        empty = cst.SimpleStatementLine(
            body=[cst.Pass()], leading_lines=[line.with_changes(indent=True) for line in footer]
        )
        return updated_node.with_changes(body=[empty], footer=rest)
