"""Whether the rows of a loop stand each for itself: nothing is carried from one to the next."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence

from migration_guard.rewriting.again import for_its_effect, not_the_same
from migration_guard.rewriting.expressions import TELLS, exclude_each_other, last_name
from migration_guard.rewriting.flow import read_before_set, stored
from migration_guard.rewriting.names import names_of, put_into, root_of

_CONTAINERS = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp, ast.GeneratorExp)
_MAKES = frozenset({"list", "dict", "set", "defaultdict", "Counter", "deque", "OrderedDict", "iter", "count", "cycle"})
_HARMLESS = frozenset(
    {"len", "sorted", "list", "set", "dict", "tuple", "any", "all", "min", "max", "sum", "str", "repr", "bool"}
)
_USES_UP = frozenset({"next", "__next__"})
_QUERYSETS = frozenset(
    "all filter exclude order_by select_related prefetch_related only defer distinct iterator objects".split()
)


def taken_along(
    loop: ast.For, setup: ast.Module, helpers: ast.Module, row: str, lists: frozenset[str], *, fills: bool
) -> str | None:
    """Say what a loop takes along from row to row, or from the world; None if there is nothing."""
    body = ast.Module(loop.body, [])
    inside, helping = names_of(body), names_of(helpers).binds
    outside = {*names_of(setup).binds, *helping} - inside.binds
    return (
        _left_early(loop)
        or _written_outside(body, outside - lists, row)
        or _written_outside(helpers, helping | _kept(helpers), row)
        or _written_outside(_functions(setup), outside, row)
        or _keeps(ast.Module([*setup.body, *helpers.body], []))
        or _handed_on(loop, setup, outside - lists)
        or _by_place(loop, row)
        or _by_the_last(loop)
        or _from_before(loop.body, inside.binds - {row} - lists - _told_of(loop.body, counted(loop)))
        or not_the_same(ast.Module([*setup.body, *helpers.body, *loop.body], []), body, row, fills=fills)
        or for_its_effect(ast.Module([*setup.body, *helpers.body, *loop.body], []), helping)
    )


def goes_by_order(loop: ast.For) -> bool:
    """Whether what a loop does to one of its rows may depend on those before it."""
    body = names_of(ast.Module(loop.body, []))
    given = {one.id for one in ast.walk(loop.target) if isinstance(one, ast.Name)}
    counts = last_name(loop.iter) == "enumerate" or bool(counted(loop)) or _left_early(loop) is not None
    fills = body.touched - body.binds - given  # such as the row around it, or a set of what was seen
    return counts or bool(fills) or _from_before(loop.body, body.binds - given) is not None


def written_twice(loop: ast.For, row: str) -> bool:
    """Whether a loop may save its row more than once: a batch writes each of its rows once."""
    saves = [
        node
        for node in ast.walk(ast.Module(loop.body, []))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"save", "delete"}
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == row
    ]
    return not exclude_each_other(loop.body, saves)


def gives_a_key(tree: ast.AST, rows: Collection[str], fields: Collection[str], keys: Collection[str]) -> str | None:
    """Say that the variables of some rows, or what is written to them, hold other keys than their own: these are other rows.

    `keys` are the primary key's names.
    """
    rekeyed = any(
        isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and node.attr in keys
        and next(root_of(node), None) in rows
        for node in ast.walk(tree)
    )
    return "its loop gives a row another key" if rekeyed or not set(keys).isdisjoint(fields) else None


def _left_early(loop: ast.For) -> str | None:
    if loop.orelse:
        return "a loop with Python logic: its else"
    for node in _within_loop(loop.body):
        if isinstance(node, (ast.Break, ast.Return)):
            return "its loop ends at one of the rows, so that the others are left as they are"
        if isinstance(node, (ast.Yield, ast.YieldFrom, ast.Await, ast.Global, ast.Nonlocal)):
            return "a loop with Python logic"
    return None


def _within_loop(body: Sequence[ast.stmt], *, nested: bool = False) -> Iterator[ast.AST]:
    """The statements that act on the loop itself."""
    waiting: list[tuple[ast.AST, bool]] = [(one, nested) for one in body]
    while waiting:
        node, deeper = waiting.pop()
        if isinstance(node, (ast.FunctionDef, ast.Lambda, ast.ClassDef)):
            continue
        if not (deeper and isinstance(node, ast.Break)):
            yield node
        deeper = deeper or isinstance(node, (ast.For, ast.While))
        waiting += [(one, deeper) for one in ast.iter_child_nodes(node)]


def _written_outside(tree: ast.AST, outside: set[str] | frozenset[str], row: str) -> str | None:
    for node in ast.walk(tree):
        for name in put_into(node):
            if name in outside and name != row:
                return f"its loop puts something into {name}, which the next rows may see"
        if isinstance(node, (ast.Global, ast.Nonlocal)):
            return "a function that it calls keeps something from row to row"
    return None


def _functions(tree: ast.Module) -> ast.Module:
    """What runs only when it is called."""
    return ast.Module([one for one in tree.body if isinstance(one, ast.FunctionDef)], [])


def _keeps(tree: ast.Module) -> str | None:
    """Whether a function uses something up, or a method puts something into its own object."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.Lambda)) and any(map(_uses_up, ast.walk(node))):
            return "a function that it calls keeps something from row to row"
        if isinstance(node, ast.ClassDef):
            methods = [one for one in node.body if isinstance(one, ast.FunctionDef) and one.args.args]
            for one in methods:
                own = one.args.args[0].arg
                if not one.name.startswith("__") and own in names_of(ast.Module(one.body, [])).touched:
                    return f"an object of {node.name} keeps something from row to row"
    return None


def _uses_up(node: ast.AST) -> bool:
    """Whether something gives its next; what is made on the spot begins anew each time."""
    anew = isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.GeneratorExp)
    return isinstance(node, ast.Call) and last_name(node) in _USES_UP and not anew


def _kept(helpers: ast.Module) -> frozenset[str]:
    """The parameters of functions that keep, from call to call, what is put into them."""
    given = [one.args for one in ast.walk(helpers) if isinstance(one, (ast.FunctionDef, ast.Lambda))]
    found = [
        *(pair for one in given for pair in zip(reversed([*one.posonlyargs, *one.args]), reversed(one.defaults))),
        *(pair for one in given for pair in zip(one.kwonlyargs, one.kw_defaults, strict=True)),
    ]
    return frozenset(name.arg for name, value in found if value is not None and _is_container(value))


def _handed_on(loop: ast.For, setup: ast.Module, outside: set[str]) -> str | None:
    """Containers that a call may fill, and what is used up."""
    made = {
        target.id
        for node in ast.walk(setup)
        if isinstance(node, ast.Assign) and _is_container(node.value)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id in outside
    }
    for node in (one for part in loop.body for one in ast.walk(part)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        given = {one.id for one in (*node.args, *(kw.value for kw in node.keywords)) if isinstance(one, ast.Name)}
        if (name not in _HARMLESS and given & made) or last_name(node) in _USES_UP:
            return "its loop hands something on that the next rows may see"
    return None


def counted(loop: ast.For) -> frozenset[str]:
    """The variables that a loop counts up, or puts together."""
    found = (one.target for one in ast.walk(loop) if isinstance(one, ast.AugAssign))
    return frozenset(one.id for one in found if isinstance(one, ast.Name))


def only_told(body: Sequence[ast.stmt], names: Collection[str]) -> bool:
    """Whether variables are used for nothing but to be said to people."""
    return _told_of(body, names) >= frozenset(names)


def _told_of(body: Sequence[ast.stmt], names: Collection[str]) -> frozenset[str]:
    """Those variables that are counted up, said to people, and used for nothing else."""
    whole = ast.Module(list(body), [])
    told = {
        id(inner)
        for one in ast.walk(whole)
        if (isinstance(one, ast.Expr) and last_name(one.value) in TELLS) or isinstance(one, ast.AugAssign)
        for inner in ast.walk(one if isinstance(one, ast.Expr) else one.target)
    }
    used = {one.id for one in ast.walk(whole) if isinstance(one, ast.Name) and id(one) not in told}
    return frozenset(names) - used


def _by_place(loop: ast.For, row: str) -> str | None:
    """Whether what a loop does depends on the places of rows: these are others in each batch."""
    if not isinstance(loop.target, ast.Tuple) or last_name(loop.iter) != "enumerate":
        return None
    places = {one.id for one in ast.walk(loop.target) if isinstance(one, ast.Name)} - {row}
    if row and not only_told(loop.body, places):
        return "its loop counts its rows, which are others in each batch"
    return None


def _by_the_last(loop: ast.For) -> str | None:
    """Whether it uses what the last of other rows has left in a variable, and these come in no order that stays."""
    for inner in ast.walk(ast.Module(loop.body, [])):
        if isinstance(inner, ast.For) and is_of_a_queryset(inner.iter) and "order_by(" not in ast.unparse(inner.iter):
            inside = set(map(id, ast.walk(inner)))
            left = {name for line in _within_loop(inner.body) for name in _left_by(line)}
            left -= {name for test in ast.walk(inner) if isinstance(test, ast.If) for name in _asked_in(test)}
            after = {
                one.id
                for one in ast.walk(ast.Module(loop.body, []))
                if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load) and id(one) not in inside
            }
            if left & after:
                return "its loop takes what the last of other rows gives, which come in no order that stays"
    return None


def _asked_in(test: ast.If) -> frozenset[str]:
    return names_of(ast.Module([ast.Expr(test.test)], [])).loads


def _left_by(line: ast.AST) -> Iterator[str]:
    """The variables that a statement of a loop sets to what may be another thing for each of its rows."""
    match line:
        case ast.Assign(targets=targets, value=value) if not isinstance(value, ast.Constant):
            yield from (name for target in targets for name in stored(target))


def is_of_a_queryset(node: ast.AST) -> bool:
    """Whether an expression asks Django for rows."""
    asked = (one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute))
    return any(name in _QUERYSETS for name in asked)


def _is_container(node: ast.AST) -> bool:
    return isinstance(node, _CONTAINERS) or (
        isinstance(node, ast.Call) and next(root_of(node.func), "") in _MAKES | {"collections", "itertools"}
    )


def _from_before(body: Sequence[ast.stmt], own: frozenset[str]) -> str | None:
    """Variables of the loop that are read before this row has set them: they hold what an earlier row left."""
    early = read_before_set(body, own)
    return f"its loop carries {min(early)} from row to row" if early else None
