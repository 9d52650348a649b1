"""Which variables a loop reads before it has set them: whatever they hold then, an earlier row has left."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from migration_guard.rewriting.expressions import last_name
from migration_guard.rewriting.names import Names, names_of

_LETS_THROUGH = frozenset(
    "atomic open cursor begin begin_nested no_autoflush connect closing nullcontext localcontext override savepoint".split()
)
"""Managers of blocks that swallow no error."""
_TRY = (ast.Try, getattr(ast, "TryStar", ast.Try))  # since Python 3.11
_COMPOUND = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, *_TRY)


def read_before_set(body: Sequence[ast.stmt], own: frozenset[str]) -> frozenset[str]:
    """Those of a loop's own variables that may be read before its body has set them."""
    flow = _Flow(own)
    flow.block(body, frozenset())
    return frozenset(flow.early)


def stored(target: ast.expr) -> frozenset[str]:
    """The variables that a target sets."""
    return frozenset(
        node.id for node in ast.walk(target) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    )


class _Flow:
    """Walks statements, with what is surely set before each."""

    def __init__(self, own: frozenset[str]) -> None:
        self._own = own
        self.early: set[str] = set()

    def block(self, body: Sequence[ast.stmt], sure: frozenset[str]) -> frozenset[str]:
        """Walk a block; give what is surely set behind it: all, where it is left for the next row."""
        for one in body:
            if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                sure |= {one.name}
            elif isinstance(one, _COMPOUND):
                sure = self._compound(one, self._heads(one, sure))
            else:
                sure = self._simple(one, sure)
                if isinstance(one, (ast.Continue, ast.Raise)):
                    return self._own | sure
        return sure

    def _read(self, names: Names, sure: frozenset[str]) -> None:
        self.early |= (names.loads & self._own) - sure

    def _simple(self, one: ast.stmt, sure: frozenset[str]) -> frozenset[str]:
        names = names_of(ast.Module([one], []))
        self._read(names, sure)
        if isinstance(one, ast.AugAssign) and isinstance(one.target, ast.Name):
            self.early |= {one.target.id} & self._own - sure
        return sure | (names.binds if not isinstance(one, ast.Match) else frozenset())

    def _heads(self, one: ast.stmt, sure: frozenset[str]) -> frozenset[str]:
        """Read what a block asks, goes through or opens."""
        for part in _heads_of(one):
            names = names_of(ast.Module([part], []))
            self._read(names, sure)
            sure |= names.binds if isinstance(one, (ast.With, ast.AsyncWith)) else frozenset()
        return sure

    def _compound(self, one: ast.stmt, sure: frozenset[str]) -> frozenset[str]:
        match one:
            case ast.If():
                return self.block(one.body, sure) & self.block(one.orelse, sure)
            case ast.With() | ast.AsyncWith():
                inside = self.block(one.body, sure)
                through = all(last_name(item.context_expr) in _LETS_THROUGH for item in one.items)
                return inside if through else sure  # a manager that nobody knows may swallow an error
            case ast.For() | ast.AsyncFor():
                self.block(one.body, sure | stored(one.target))
                self.block(one.orelse, sure)
            case ast.While():
                self.block(one.body, sure)
                self.block(one.orelse, sure)
        return self._try(one, sure) if isinstance(one, _TRY) else sure

    def _try(self, one: ast.Try, sure: frozenset[str]) -> frozenset[str]:
        """Behind a `try` is set what is set on each way out of it, and what its `finally` sets."""
        whole = self.block(one.orelse, self.block(one.body, sure))
        caught = [
            self.block(handler.body, sure | ({handler.name} if handler.name else frozenset()))
            for handler in one.handlers
        ]
        return frozenset.intersection(whole, *caught) | self.block(one.finalbody, sure)


def _heads_of(one: ast.stmt) -> Iterator[ast.stmt]:
    match one:
        case ast.If() | ast.While():
            yield ast.Expr(one.test)
        case ast.For() | ast.AsyncFor():
            yield ast.Expr(one.iter)
        case ast.With() | ast.AsyncWith():
            yield from (ast.With([item], [ast.Pass()]) for item in one.items)
