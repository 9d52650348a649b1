"""Whether the rows of a loop stand each for itself: nothing is carried from one to the next, and twice is as good as once."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from symtable import SymbolTable, symtable

from migration_guard.lean import dataclass
from migration_guard.rewriting.expressions import last_name

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
_DOES = _TELLS | frozenset(
    "save asave delete adelete update aupdate bulk_update abulk_update refresh_from_db execute flush commit expire expunge add set "
    "clear append appendleft extend extendleft insert pop popitem popleft remove discard setdefault sort reverse sleep setattr "
    "delattr".split()
)
"""What is called for what it does, and does nothing but to rows, to containers, or to what people read."""
_PUTS_TOGETHER = frozenset("format join format_map zfill".split())
"""Methods that make another text of one each time."""
_REACHES_OUT = frozenset("requests urllib urlopen subprocess smtplib send_mail socket httpx boto3 open".split())

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
        or _written_outside(helpers, helping, row)
        or _handed_on(loop, setup, outside - lists)
        or _by_place(loop, row)
        or _from_before(loop.body, inside.binds - {row} - lists - _told_of(loop.body, counted(loop)))
        or _not_the_same(ast.Module([*setup.body, *helpers.body, *loop.body], []), body, row, fills=fills)
        or _for_its_effect(ast.Module([*setup.body, *helpers.body, *loop.body], []), helping)
    )


def adds_to_itself(body: ast.Module, rows: Collection[str]) -> str | None:
    """Say that a value of one of these rows is computed from the one that stands there, if one is."""
    return _AGAIN if any(_computes_itself(node, row) is not None for node in ast.walk(body) for row in rows) else None


def goes_by_order(loop: ast.For) -> bool:
    """Whether what a loop does to one of its rows may depend on those before it."""
    body = names_of(ast.Module(loop.body, []))
    given = {one.id for one in ast.walk(loop.target) if isinstance(one, ast.Name)}
    counts = last_name(loop.iter) == "enumerate" or bool(counted(loop)) or _left_early(loop) is not None
    return counts or _from_before(loop.body, body.binds - given) is not None


def of_a_statement(every: ast.Module, helpers: ast.Module, fields: Collection[str], *, fills: bool) -> str | None:
    """Say why a change of a queryset as a whole cannot be made again and again; None if it can. `fields` are written."""
    whole = ast.Module([*every.body, *helpers.body], [])
    reason = _not_the_same(whole, ast.Module([], []), "", fills=fills)
    reason = reason or _for_its_effect(whole, names_of(helpers).binds)
    if reason is not None or fills:
        return reason
    for node in ast.walk(every):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr.endswith("update"):
            for given in node.keywords:
                if given.arg in fields and _made_of_itself(given.value, given.arg or ""):
                    return _AGAIN
    return None


def _made_of_itself(node: ast.expr, field: str) -> bool:
    """Whether an expression of Django's speaks of the field that it is for."""
    return not isinstance(node, ast.Constant) and any(
        isinstance(one, ast.Constant) and one.value == field for one in ast.walk(node)
    )


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
        if isinstance(node, ast.Global):
            return "a function that it calls keeps something from row to row"
    return None


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
        if (name not in _HARMLESS and given & made) or name == "next":
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
    if called & _TIME:
        return f"{min(called & _TIME)}() depends on the time of running"
    if called & _REACHES_OUT or named & (_REACHES_OUT - {"open"}):
        return "its loop reaches beyond the database"
    if fills:
        return None
    if found := named & _CHANCE:
        return f"{min(found)} gives another value each time, and no condition tells which rows are done"
    return _AGAIN if next(_computed(body.body, row), None) is not None else None


def _for_its_effect(every: ast.Module, own: Collection[str]) -> str | None:
    """Say that something is called whose result nobody uses, so that it does something; `own` are functions that go along."""
    for node in ast.walk(every):
        match node:
            case ast.Expr(value=ast.Call() as call) | ast.Expr(value=ast.Await(value=ast.Call() as call)):
                name = last_name(call)
                if name not in _DOES and not (isinstance(call.func, ast.Name) and name in own):
                    return f"what {name}() does is not seen, and each batch would do it again"
    return None


def _computed(body: Sequence[ast.stmt], row: str) -> Iterator[str]:
    """The attributes of a row, or its places, that are made of what stands there, one statement after the other."""
    fresh: set[str] = set()
    for one in body:
        guarded = _asked_for(one, row)
        for node in ast.walk(one):
            attribute = _computes_itself(node, row)
            if attribute is None or attribute in fresh:
                continue
            if attribute in guarded and guarded[attribute] in {inner.value for inner in _constants(node)}:
                continue  # what it adds is what it has asked for
            yield attribute
        match one:
            case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=name), attr=attribute)], value=value) if (
                name == row
            ):
                if not any(isinstance(inner, ast.Attribute) and inner.attr == attribute for inner in ast.walk(value)):
                    fresh.add(attribute)


def _asked_for(node: ast.stmt, row: str) -> dict[str, object]:
    """Of each attribute: the constant without which a statement does anything, `if "x" not in row.plugins`."""
    match node:
        case ast.If(
            test=ast.Compare(
                left=ast.Constant(value=wanted),
                ops=[ast.NotIn()],
                comparators=[ast.Attribute(value=ast.Name(id=name), attr=attribute)],
            ),
            orelse=[],
        ) if name == row:
            return {attribute: wanted}
    return {}


def _constants(node: ast.AST) -> Iterator[ast.Constant]:
    return (one for one in ast.walk(node) if isinstance(one, ast.Constant))


def _computes_itself(node: ast.AST, row: str) -> str | None:
    """The attribute of a row that a piece of code makes of what stands there; empty where it is a place in one."""
    match node:
        case ast.AugAssign(target=target):
            own = next(_root(target), None) == row and not isinstance(node.op, (ast.BitOr, ast.BitAnd))
            return _attribute(target) if own else None
        case ast.Call(func=ast.Attribute(value=inner, attr=method)) if method in _ADDS_TO:
            own = isinstance(inner, (ast.Attribute, ast.Subscript)) and next(_root(inner), None) == row
            return _attribute(inner) if own else None
        case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=name), attr=attribute)], value=value) if name == row:
            own = any(
                isinstance(one, ast.Attribute) and one.attr == attribute and next(_root(one), None) == row
                for whole in ast.walk(value)
                if grows(whole)
                for one in ast.walk(whole)
            )
            return attribute if own else None
    return None


def _attribute(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) else ""


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
