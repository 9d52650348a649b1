"""Loops whose only work is one statement: over what is written out, and until no row is left."""

from __future__ import annotations

import ast
from collections.abc import Callable

from migration_guard.lean import dataclass
from migration_guard.rewriting.expressions import last_name, passes_over_none

_QUIET = frozenset({"print", "debug", "info", "warning", "write", "flush", "commit", "sleep", "success", "expire_all"})
_READS = frozenset(
    "get filter exclude order_by values values_list only using all first last distinct execute scalar scalars fetchall fetchone "
    "query select where limit with_for_update text format replace strip lower upper title capitalize join split get_model get_bind "
    "bindparams items keys len list tuple set dict str int float bool range min max sum sorted enumerate zip repr".split()
)
"""Calls by which a variable gets its value, and nothing else happens that would be missed."""
_KEEPING = frozenset({"enumerate", "list", "tuple", "sorted", "reversed"})
_COUNTED = frozenset({"rowcount"})


@dataclass(frozen=True, slots=True)
class Repeated:
    """A loop around a statement."""

    count: int | None
    """How many times it is gone through, where it goes over what is written out."""
    until_none: bool
    """Whether it goes on until the statement finds no rows."""
    fewer_than: str | None = None
    """The number of rows, where it ends with fewer: that must be how many the statement changes at most."""


def repeated(tree: ast.Module, line: int, statement: tuple[int, int]) -> Repeated | None:
    """Look at the loop that begins at a line, around the statement at a place; None if it does anything else."""
    found = [one for one in ast.walk(tree) if isinstance(one, (ast.For, ast.While)) and one.lineno == line]
    if len(found) != 1 or found[0].orelse:
        return None
    loop = found[0]
    function = _function_around(tree, loop)
    if _used_after(function or tree, loop):
        return None
    if isinstance(loop, ast.For):
        count = _length(loop.iter, tree, function)
        plain = count is not None and all(_is_harmless(one, statement) for one in loop.body)
        return Repeated(count, until_none=False) if plain else None
    fewer: list[str] = []
    ends = _ends_with_no_row(loop, statement, lambda node: _number(node, tree, function, fewer))
    return Repeated(None, until_none=True, fewer_than=fewer[0] if fewer else None) if ends else None


def _number(node: ast.expr, tree: ast.Module, function: ast.FunctionDef | None, found: list[str]) -> bool:
    """Note a number that is written out, here or where its variable is set."""
    value = _only_value(node.id, tree, function) if isinstance(node, ast.Name) else node
    known = isinstance(value, ast.Constant) and isinstance(value.value, int) and not found
    if known and isinstance(value, ast.Constant):
        found.append(str(value.value))
    return known


def _function_around(tree: ast.Module, loop: ast.stmt) -> ast.FunctionDef | None:
    around = [
        one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef) and any(loop is n for n in ast.walk(one))
    ]
    return around[-1] if around else None


def _used_after(scope: ast.AST, loop: ast.For | ast.While) -> bool:
    """Whether what a loop sets is used behind it: it would not be there any more."""
    inside = set(map(id, ast.walk(loop)))
    binds = {one.id for one in ast.walk(loop) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
    return any(
        isinstance(one, ast.Name)
        and isinstance(one.ctx, ast.Load)
        and one.id in binds
        and id(one) not in inside
        and one.lineno > loop.lineno
        for one in ast.walk(scope)
    )


def _holds(node: ast.stmt, place: tuple[int, int]) -> bool:
    begin, end = (node.lineno, node.col_offset), (node.end_lineno or node.lineno, node.end_col_offset or 0)
    return begin <= place < end


def _is_harmless(node: ast.stmt, statement: tuple[int, int]) -> bool:
    """The statement itself; or what only sets variables, or says something."""
    match node:
        case ast.Expr(value=ast.Constant()) | ast.Pass():
            return True
        case ast.Expr() | ast.Assign() | ast.AnnAssign() if _holds(node, statement):
            return True
        case ast.Expr(value=ast.Call() as call):
            return last_name(call) in _QUIET
        case ast.Try(body=body, handlers=handlers, orelse=[], finalbody=[]):
            return all(map(passes_over_none, handlers)) and all(_is_harmless(one, statement) for one in body)
        case (
            ast.Assign(targets=[ast.Name() | ast.Attribute(value=ast.Name())], value=value)
            | ast.AnnAssign(target=ast.Name(), value=ast.expr() as value)
        ):
            return not any(isinstance(one, (ast.NamedExpr, ast.Await)) for one in ast.walk(value)) and all(
                last_name(one) in _READS for one in ast.walk(value) if isinstance(one, ast.Call)
            )
    return False


# --- Over what is written out ----------------------------------------------------------------------------------------


def _length(node: ast.expr, tree: ast.Module, function: ast.FunctionDef | None) -> int | None:
    """How many elements a collection has that is written out, here or where its variable is set."""
    match node:
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return None if any(isinstance(one, ast.Starred) for one in elements) else len(elements)
        case ast.Dict(keys=keys):
            constants = [one.value for one in keys if isinstance(one, ast.Constant)]
            return len(keys) if len(set(constants)) == len(keys) else None
        case ast.Call(func=ast.Attribute(value=inner, attr="items" | "keys" | "values"), args=[]):
            return _length(inner, tree, function)
        case ast.Call(func=ast.Name(id=name), args=[inner]) if name in _KEEPING and not node.keywords:
            return _length(inner, tree, function)
        case ast.Name(id=name):
            value = _only_value(name, tree, function)
            return _length(value, tree, function) if value is not None and not isinstance(value, ast.Name) else None
    return None


def _only_value(name: str, tree: ast.Module, function: ast.FunctionDef | None) -> ast.expr | None:
    """What a variable is set to once, if nothing is done to it but to read it."""
    stores = [one for one in ast.walk(tree) if isinstance(one, ast.Name) and one.id == name and not _is_read(one)]
    if len(stores) != 1 or any(
        isinstance(one, (ast.Attribute, ast.Subscript))
        and isinstance(one.value, ast.Name)
        and one.value.id == name
        and not (isinstance(one, ast.Attribute) and one.attr in {"items", "keys", "values", "get"})
        and not (isinstance(one, ast.Subscript) and isinstance(one.ctx, ast.Load))
        for one in ast.walk(tree)
    ):
        return None
    bodies = [tree.body, *([function.body] if function is not None else [])]
    for node in (one for body in bodies for one in body):
        match node:
            case ast.Assign(targets=[ast.Name(id=found)], value=value) if found == name:
                return value
            case ast.AnnAssign(target=ast.Name(id=found), value=ast.expr() as value) if found == name:
                return value
    return None


def _is_read(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Load)


# --- Until no row is left --------------------------------------------------------------------------------------------


def _ends_with_no_row(loop: ast.While, statement: tuple[int, int], is_limit: Callable[[ast.expr], bool]) -> bool:
    """Whether a loop goes on as long as its statement, or the query before it, finds rows."""
    own = next((one for one in loop.body if _holds(one, statement) and isinstance(one, (ast.Assign, ast.Expr))), None)
    if own is None:
        return False
    names = {
        one.id for one in ast.walk(own) if isinstance(one, ast.Name)
    }  # what it finds its rows by, and what it gives
    for node in loop.body:
        match node:
            case ast.Assign(
                targets=[ast.Name(id=name)], value=ast.Attribute(value=ast.Name(id=result), attr="rowcount")
            ):
                names |= {name} if result in names else set()
            case ast.If(test=test, body=[ast.Break()], orelse=[]) if _asks_for_none(test, names):
                continue
            case ast.If(
                test=ast.Compare(left=left, ops=[ast.Lt()], comparators=[limit]), body=[ast.Break()], orelse=[]
            ) if _is_count(left, names) and is_limit(limit):
                continue
            case _ if _is_harmless(node, statement):
                continue
            case _:
                return False
    ends = [one for one in ast.walk(loop) if isinstance(one, ast.Break)]
    forever = isinstance(loop.test, ast.Constant) and bool(loop.test.value)
    if forever:
        return len(ends) == 1
    return not ends and _asks_for_some(loop.test, own, loop)


def _asks_for_some(test: ast.expr, own: ast.stmt, loop: ast.While) -> bool:
    """`while Lead.objects.filter(…).exists()`, where the rows of the statement are those of the same query."""
    match test:
        case ast.Call(func=ast.Attribute(value=query, attr="exists"), args=[], keywords=[]):
            used = {one.id for one in ast.walk(own) if isinstance(one, ast.Name)}
            sources = [one.value for one in loop.body if isinstance(one, ast.Assign) and _stores(one) & used]
            wanted = ast.dump(query)
            return len(sources) == 1 and any(
                isinstance(one, ast.Call)
                and isinstance(one.func, ast.Attribute)
                and one.func.attr in {"values_list", "order_by"}
                and ast.dump(one.func.value) == wanted
                for one in ast.walk(sources[0])
            )
    return False


def _stores(node: ast.stmt) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}


def _asks_for_none(test: ast.expr, names: set[str]) -> bool:
    """`not ids`, `result.rowcount == 0`, `len(ids) == 0`, `not result.rowcount`, `updated < 1`."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return _is_count(inner, names)
        case ast.Compare(left=left, ops=[ast.Eq() | ast.LtE()], comparators=[ast.Constant(value=0)]):
            return _is_count(left, names)
        case ast.Compare(left=left, ops=[ast.Lt()], comparators=[ast.Constant(value=1)]):
            return _is_count(left, names)
    return False


def _is_count(node: ast.expr, names: set[str]) -> bool:
    match node:
        case ast.Name(id=name):
            return name in names
        case ast.Attribute(value=ast.Name(id=name), attr=attribute):
            return name in names and attribute in _COUNTED
        case ast.Call(func=ast.Name(id="len"), args=[ast.Name(id=name)]):
            return name in names
    return False
