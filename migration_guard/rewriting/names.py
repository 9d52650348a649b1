"""The names of a piece of Python: what it reads, what it binds, and into what it puts something."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from symtable import SymbolTable, symtable

from migration_guard.lean import dataclass
from migration_guard.rewriting.expressions import MANAGERS, TELLS, last_name

_MUTATES = frozenset(
    "add append appendleft clear discard extend extendleft insert pop popitem popleft remove reverse setdefault sort update "
    "write writerow writerows send put".split()
)


@dataclass(frozen=True, slots=True)
class Names:
    """The names of a piece of code."""

    loads: frozenset[str]
    """What it reads, and the code around it has to have."""
    binds: frozenset[str]
    """What it binds in its own scope: definitions and imports as well."""
    touched: frozenset[str]
    """What it binds, or puts something into."""


def names_of(tree: ast.Module) -> Names:
    """Find the names in a piece of code. Raises SyntaxError where it binds a name of a function around it (`nonlocal`)."""
    top = symtable(ast.unparse(ast.fix_missing_locations(tree)), "", "exec")
    own = top.get_symbols()
    deeper = [one for scope in _scopes_in(top) for one in scope.get_symbols() if one.is_global()]
    binds = frozenset(one.get_name() for one in own if one.is_assigned() or one.is_imported())
    return Names(
        frozenset(one.get_name() for one in (*own, *deeper) if one.is_referenced()),
        binds,
        binds | {root for node in ast.walk(tree) for root in put_into(node)},
    )


def _scopes_in(scope: SymbolTable) -> Iterator[SymbolTable]:
    for inner in scope.get_children():
        yield inner
        yield from _scopes_in(inner)


def put_into(node: ast.AST) -> Iterator[str]:
    """The variable into whose object a piece of code puts something."""
    match node:
        case ast.Attribute(ctx=ast.Store() | ast.Del()) | ast.Subscript(ctx=ast.Store() | ast.Del()):
            yield from root_of(node)
        case ast.Call(func=ast.Attribute(attr=method) as function) if method in _MUTATES and not _asks_rows(function):
            yield from root_of(function)


def handed_over(statement: ast.Module) -> frozenset[str]:
    """The variables on which, or with which, a statement calls something for no result: `cursor.execute(…)`, `shuffle(names)`."""
    match statement.body:
        case [ast.Expr(value=ast.Call() as call)] if last_name(call) not in TELLS and not _asks_rows(call):
            given = [*call.args, *(one.value for one in call.keywords)]
            return frozenset((*root_of(call.func), *(one.id for one in given if isinstance(one, ast.Name))))
    return frozenset()


def _asks_rows(node: ast.AST) -> bool:
    """Whether a chain of calls goes through a manager of Django's: what it changes is told as a change of data."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
        if isinstance(node, ast.Attribute) and node.attr in MANAGERS:
            return True
        node = node.func if isinstance(node, ast.Call) else node.value
    return False


def root_of(node: ast.AST) -> Iterator[str]:
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    if isinstance(node, ast.Name):
        yield node.id
