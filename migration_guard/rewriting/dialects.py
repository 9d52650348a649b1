"""Whether a condition holds on PostgreSQL, as far as it asks which database it is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from migration_guard.rewriting.expressions import last_name

_TELL = frozenset({"dialect", "vendor"})
_IS_POSTGRESQL = re.compile(r"_?is_(?:postgres(?:ql)?|pg)", re.IGNORECASE)
_IS_ANOTHER = re.compile(r"_?is_(?:sqlite|mysql|mariadb|oracle|mssql)", re.IGNORECASE)
_OF_POSTGRESQL = re.compile(r"postgres|psycopg|asyncpg|^pg", re.IGNORECASE)
_ASKS_OTHERS = re.compile(r"has_\w+|get_(?!dialect)\w+|\w+_exists?")
"""Calls on a dialect, or with one, that ask how the schema is."""


class Unclear(Exception):
    """A condition asks of the database what is not understood."""


def on_postgresql(test: ast.expr) -> bool | None:
    """Whether a condition holds there; None where that depends on something else. Raises Unclear."""
    match test:
        case ast.Constant(value=value):
            return bool(value)
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            held = on_postgresql(inner)
            return None if held is None else not held
        case ast.BoolOp(op=operator, values=values):
            found = [on_postgresql(one) for one in values]
            decides = isinstance(operator, ast.Or)
            return decides if decides in found else None if None in found else not decides
    if _says_itself(test) is not None:
        return _says_itself(test)
    if not asks_which(test):
        return None
    match test:
        case ast.Compare(left=left, ops=[ast.Eq() | ast.Is() | ast.In()], comparators=[right]):
            return _is_among(left, right)
        case ast.Compare(left=left, ops=[ast.NotEq() | ast.IsNot() | ast.NotIn()], comparators=[right]):
            return not _is_among(left, right)
        case ast.Call(func=ast.Attribute(value=asked, attr="startswith"), args=[given]):
            return _is_among(asked, given)
        case ast.Call(func=ast.Name(id="isinstance"), args=[_, kind]):
            return _OF_POSTGRESQL.search(ast.unparse(kind)) is not None
    raise Unclear(ast.unparse(test))


def _is_among(one: ast.expr, other: ast.expr) -> bool:
    """Whether PostgreSQL is one of those with which a database is compared."""
    if asks_which(one) == asks_which(other):
        raise Unclear(ast.unparse(one))
    words = list(_words(other if asks_which(one) else one))
    if not words:
        raise Unclear(ast.unparse(one))
    return any(map(_OF_POSTGRESQL.search, words))


def _words(node: ast.expr) -> Iterator[str]:
    return (one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str))


def _says_itself(node: ast.AST) -> bool | None:
    """What a name, or the call of a function, says that is out of sight: `is_postgres()`."""
    if not isinstance(node, (ast.Name, ast.Attribute, ast.Call)):
        return None
    name = last_name(node)
    return True if _IS_POSTGRESQL.fullmatch(name) else False if _IS_ANOTHER.fullmatch(name) else None


def asks_which(node: ast.AST) -> bool:
    """Whether an expression depends on which database it is."""
    if isinstance(node, ast.Call) and _ASKS_OTHERS.fullmatch(last_name(node)):
        return False
    name = last_name(node) if isinstance(node, (ast.Name, ast.Attribute)) else ""
    if name in _TELL or name.removeprefix("get_") in {"dialect_name", "db_vendor"} or _says_itself(node) is not None:
        return True
    return any(map(asks_which, ast.iter_child_nodes(node)))
