"""Whether the rows of a loop stand each for itself: nothing is carried from one to the next, and twice is as good as once."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from symtable import SymbolTable, symtable

from migration_guard.lean import dataclass
from migration_guard.rewriting.expressions import last_name, values_of

_MUTATES = frozenset(
    "add append appendleft clear discard extend extendleft insert pop popitem popleft remove reverse setdefault sort update "
    "write writerow writerows send put".split()
)
_CONTAINERS = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp, ast.GeneratorExp)
_MAKES = frozenset({"list", "dict", "set", "defaultdict", "Counter", "deque", "OrderedDict", "iter", "count", "cycle"})
_HARMLESS = frozenset(
    {"len", "sorted", "list", "set", "dict", "tuple", "any", "all", "min", "max", "sum", "str", "repr", "bool"}
)
_TIME = frozenset({"now", "utcnow", "today", "time", "localtime", "localdate", "Now", "TransactionNow"})
_CHANCE = frozenset(
    "uuid1 uuid4 random randint randrange choice choices sample shuffle token_hex token_urlsafe token_bytes getrandbits "
    "get_random_string urandom make_password get_random_secret_key generate_key Random RandomUUID RawSQL Func".split()
)
_LETS_THROUGH = frozenset(
    "atomic open cursor begin begin_nested no_autoflush connect closing nullcontext localcontext override savepoint".split()
)
"""Managers of blocks that swallow no error."""
_MANAGERS = frozenset({"objects", "_default_manager", "_base_manager"})
_TELLS = frozenset("print debug info warning error exception critical log write success".split())
_ADDS_TO = frozenset("append appendleft extend extendleft insert pop popitem popleft reverse remove".split())
_PUTS_TOGETHER = frozenset("format join format_map zfill".split())
"""Methods that make another text of one each time."""
_REACHES_OUT = frozenset(
    "requests urllib urlopen subprocess smtplib send_mail socket httpx boto3 open default_storage on_commit".split()
)
_USES_UP = frozenset({"next", "__next__"})

_AGAIN = (
    "no condition tells which rows are done: it computes each value from the one that stands there, so that a second run "
    "would change it again"
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
        binds | {root for node in ast.walk(tree) for root in _put_into(node)},
    )


def _scopes_in(scope: SymbolTable) -> Iterator[SymbolTable]:
    for inner in scope.get_children():
        yield inner
        yield from _scopes_in(inner)


def _put_into(node: ast.AST) -> Iterator[str]:
    """The variable into whose object a piece of code puts something."""
    match node:
        case ast.Attribute(ctx=ast.Store() | ast.Del()) | ast.Subscript(ctx=ast.Store() | ast.Del()):
            yield from _root(node)
        case ast.Call(func=ast.Attribute(attr=method) as function) if method in _MUTATES and not _asks_rows(function):
            yield from _root(function)


def handed_over(statement: ast.Module) -> frozenset[str]:
    """The variables on which, or with which, a statement calls something for no result: `cursor.execute(…)`, `shuffle(names)`."""
    match statement.body:
        case [ast.Expr(value=ast.Call() as call)] if last_name(call) not in _TELLS and not _asks_rows(call):
            given = [*call.args, *(one.value for one in call.keywords)]
            return frozenset((*_root(call.func), *(one.id for one in given if isinstance(one, ast.Name))))
    return frozenset()


def _asks_rows(node: ast.AST) -> bool:
    """Whether a chain of calls goes through a manager of Django's: what it changes is told as a change of data."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
        if isinstance(node, ast.Attribute) and node.attr in _MANAGERS:
            return True
        node = node.func if isinstance(node, ast.Call) else node.value
    return False


def _root(node: ast.AST) -> Iterator[str]:
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    if isinstance(node, ast.Name):
        yield node.id


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
        or _from_before(loop.body, inside.binds - {row} - lists - _told_of(loop.body, counted(loop)))
        or _not_the_same(ast.Module([*setup.body, *helpers.body, *loop.body], []), body, row, fills=fills)
    )


def of_a_statement(every: ast.Module, helpers: ast.Module, fields: Collection[str], *, fills: bool) -> str | None:
    """Say why a change of a queryset as a whole cannot be made again and again; None if it can. `fields` are written."""
    known = ast.Module([*every.body, *helpers.body], [])
    reason = _not_the_same(known, ast.Module([], []), "", fills=fills)
    if reason is not None or fills:
        return reason
    for node in ast.walk(every):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr.endswith("update"):
            for given in node.keywords:
                if given.arg in fields and _made_of_itself(given.value, given.arg or "", known):
                    return _AGAIN
    return None


def _made_of_itself(node: ast.expr, field: str, known: ast.Module) -> bool:
    """Whether an expression of Django's speaks of the field that it is for."""
    return not isinstance(node, ast.Constant) and any(
        isinstance(one, ast.Constant) and one.value == field for one in _made_of(node, known)
    )


def _made_of(node: ast.AST, known: ast.Module) -> Iterator[ast.AST]:
    """The parts of an expression, of what its variables may hold, and of the functions that it names."""
    waiting: list[ast.AST] = [node]
    seen: set[str] = set()
    while waiting:
        one = waiting.pop()
        yield one
        waiting += ast.iter_child_nodes(one)
        if isinstance(one, ast.Name) and one.id not in seen:
            seen.add(one.id)
            for line in ast.walk(known):
                waiting += values_of(line, one.id)
                if isinstance(line, ast.FunctionDef) and line.name == one.id:
                    waiting += line.body


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
        for name in _put_into(node):
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
        if (isinstance(one, ast.Expr) and last_name(one.value) in _TELLS) or isinstance(one, ast.AugAssign)
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


def _is_container(node: ast.AST) -> bool:
    return isinstance(node, _CONTAINERS) or (
        isinstance(node, ast.Call) and next(_root(node.func), "") in _MAKES | {"collections", "itertools"}
    )


def _from_before(body: Sequence[ast.stmt], own: frozenset[str]) -> str | None:
    """Variables of the loop that are read before this row has set them: they hold what an earlier row left."""
    _, early = _flow(body, frozenset(), own)
    return f"its loop carries {min(early)} from row to row" if early else None


def _flow(body: Sequence[ast.stmt], sure: frozenset[str], own: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
    """What is surely set behind some statements, and what may be read before it is."""
    early: frozenset[str] = frozenset()
    for one in body:
        blocks = [getattr(one, name, None) for name in ("body", "orelse", "finalbody")]
        if isinstance(one, (ast.FunctionDef, ast.ClassDef)):
            sure |= {one.name}
            continue
        if not isinstance(blocks[0], list):
            names = names_of(ast.Module([one], []))
            early |= (names.loads & own) - sure
            if isinstance(one, ast.AugAssign):
                early |= ({one.target.id} if isinstance(one.target, ast.Name) else set()) & own - sure
            sure |= names.binds if not isinstance(one, ast.Match) else frozenset()
            if isinstance(one, (ast.Continue, ast.Raise)):
                return own | sure, early
            continue
        heads = [getattr(one, name) for name in ("test", "iter", "items") if hasattr(one, name)]
        for head in heads:
            for part in head if isinstance(head, list) else [head]:
                whole = ast.Module(
                    [ast.Expr(part)] if isinstance(part, ast.expr) else [ast.With([part], [ast.Pass()])], []
                )
                names = names_of(whole)
                early |= (names.loads & own) - sure
                sure |= names.binds if isinstance(one, ast.With) else frozenset()
        inside = sure | (_stored(one.target) if isinstance(one, ast.For) else frozenset())
        ends = []
        for block in blocks:
            after, some = _flow(block or [], inside, own)
            early |= some
            ends.append(after)
        for handler in getattr(one, "handlers", []):
            after, some = _flow(handler.body, sure | ({handler.name} if handler.name else frozenset()), own)
            early |= some
            ends.append(after)
        match one:
            case ast.If():
                sure = ends[0] & ends[1]
            case ast.With() if all(_lets_errors_through(item.context_expr) for item in one.items):
                sure = ends[0]
            case ast.Try():
                sure = frozenset.intersection(ends[0] | ends[1], *ends[3:]) | ends[2]
    return sure, early


def _lets_errors_through(node: ast.expr) -> bool:
    """Whether a block is left by its end or by an error: a manager that nobody knows may swallow that."""
    return last_name(node) in _LETS_THROUGH


def _stored(target: ast.expr) -> frozenset[str]:
    return frozenset(
        node.id for node in ast.walk(target) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    )


def _not_the_same(every: ast.Module, body: ast.Module, row: str, *, fills: bool) -> str | None:
    """What gives another value each time, or reaches beyond the database."""
    called = {last_name(node) for node in ast.walk(every) if isinstance(node, ast.Call)}
    named = {node.id for node in ast.walk(every) if isinstance(node, ast.Name)} | {
        node.attr for node in ast.walk(every) if isinstance(node, ast.Attribute)
    }
    named |= {one.name for one in ast.walk(every) if isinstance(one, ast.alias) and one.asname is not None}
    if found := (called & _TIME) | (named & (_TIME - {"time"})):
        return f"{min(found)}() depends on the time of running"
    if called & _REACHES_OUT or named & (_REACHES_OUT - {"open"}):
        return "its loop reaches beyond the database"
    if fills:
        return None
    if found := named & _CHANCE:
        return f"{min(found)} gives another value each time, and no condition tells which rows are done"
    for node in ast.walk(body):
        if _computes_itself(node, row, every):
            return _AGAIN
    return None


def _computes_itself(node: ast.AST, row: str, known: ast.Module) -> bool:
    match node:
        case ast.AugAssign(target=target):
            return next(_root(target), None) == row and not isinstance(node.op, (ast.BitOr, ast.BitAnd))
        case ast.Call(func=ast.Attribute(value=inner, attr=method)) if method in _ADDS_TO:
            return isinstance(inner, (ast.Attribute, ast.Subscript)) and next(_root(inner), None) == row
        case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=name), attr=attribute)], value=value) if name == row:
            rows = {row} | {one.arg for one in ast.walk(known) if isinstance(one, ast.arg)}
            return any(
                isinstance(one, ast.Attribute) and one.attr == attribute and next(_root(one), None) in rows
                for whole in _made_of(value, known)
                if grows(whole)
                for one in _made_of(whole, known)
            )
    return False


def grows(node: ast.AST) -> bool:
    """Whether an expression makes something else of what it made before: sums, and texts that are put together."""
    match node:
        case ast.JoinedStr():
            return True
        case ast.BinOp(op=operator):
            return not isinstance(operator, (ast.BitOr, ast.BitAnd))
        case ast.Call(func=ast.Attribute(attr=method)) if method in _PUTS_TOGETHER:
            return True
        case ast.Call(
            func=ast.Attribute(attr="replace"),
            args=[ast.Constant(value=str() as old), ast.Constant(value=str() as new), *_],
        ):
            return old in new
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return any(isinstance(one, ast.Starred) for one in elements)
    return False
