"""Whether a change may be made again: it gives the same each time, adds nothing to what stands there, and does nothing besides."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence

from migration_guard.later import re
from migration_guard.rewriting.expressions import TELLS, last_name, values_of
from migration_guard.rewriting.names import names_of, root_of

_TIME = frozenset({"now", "utcnow", "today", "time", "localtime", "localdate", "Now", "TransactionNow"})
_CHANCE = frozenset(
    "uuid1 uuid4 random randint randrange choice choices sample shuffle token_hex token_urlsafe token_bytes getrandbits "
    "get_random_string urandom make_password get_random_secret_key generate_key Random RandomUUID RawSQL Func".split()
)
_BY_CHANCE = re.compile(r"(?:^|_)(?:generate|random\w*|guid|uuid\d?|secret|nonce|salt|otp)(?:_|$)", re.IGNORECASE)
"""How functions are called that make another value each time, where what they do is out of sight."""
_ADDS_TO = frozenset("append appendleft extend extendleft insert pop popitem popleft reverse remove".split())
_DOES = TELLS | frozenset(
    "save asave delete adelete update aupdate bulk_update abulk_update refresh_from_db execute flush commit expire expunge add set "
    "clear append appendleft extend extendleft insert pop popitem popleft remove discard setdefault sort reverse sleep setattr "
    "delattr".split()
)
"""What is called for what it does, and does nothing but to rows, to containers, or to what people read."""
_PUTS_TOGETHER = frozenset(
    "format join format_map removeprefix removesuffix swapcase hexdigest digest b64encode b64decode".split()
)
"""Methods that make another text of one each time."""
_SETTLES = frozenset({"Lower", "Upper", "Trim", "LTrim", "RTrim", "Abs", "Floor", "Ceil", "Round"})
"""Django's functions that give the same of what they gave before."""
_CHOOSES = frozenset({"values", "values_list"})
"""What names the columns that a query gives, of whichever table."""
_REACHES_OUT = frozenset(
    "requests urllib urlopen subprocess smtplib send_mail socket httpx boto3 open default_storage on_commit".split()
)

_AGAIN = (
    "no condition tells which rows are done: it computes each value from the one that stands there, so that a second run "
    "would change it again"
)


def of_a_statement(every: ast.Module, helpers: ast.Module, fields: Collection[str], *, fills: bool) -> str | None:
    """Say why a change of a queryset as a whole cannot be made again and again; None if it can. `fields` are written."""
    whole = ast.Module([*every.body, *helpers.body], [])
    reason = not_the_same(whole, ast.Module([], []), "", fills=fills)
    reason = reason or for_its_effect(whole, names_of(helpers).binds)
    return reason if reason is not None or fills else updates_by_itself(every, helpers, fields)


def updates_by_itself(every: ast.Module, helpers: ast.Module, fields: Collection[str]) -> str | None:
    """Say that a queryset's fields are given values that are made of those that stand there, if some are."""
    whole = ast.Module([*every.body, *helpers.body], [])
    for node in ast.walk(every):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr.endswith("update"):
            for given in node.keywords:
                if given.arg in fields and _made_of_itself(given.value, given.arg or "", whole):
                    return _AGAIN
    return None


def _made_of_itself(node: ast.expr, field: str, known: ast.Module) -> bool:
    """Whether an expression of Django's speaks of the field that it is for."""
    match node:
        case ast.Call(args=[ast.Constant()], keywords=[]) if last_name(node) in _SETTLES:
            return False
    parts = list(_made_of(node, known))
    of_others = {
        id(given) for one in parts if last_name(one) in _CHOOSES and isinstance(one, ast.Call) for given in one.args
    }
    return not isinstance(node, ast.Constant) and any(
        isinstance(one, ast.Constant) and one.value == field and id(one) not in of_others for one in parts
    )


def _made_of(node: ast.AST, known: ast.Module, row: str = "") -> Iterator[ast.AST]:
    """The parts of an expression, of what its variables may hold, and of the functions that it names.

    Of a row, what is set on it is no part of it.
    """
    waiting: list[ast.AST] = [node]
    seen: set[str] = {row}
    while waiting:
        one = waiting.pop()
        yield one
        waiting += ast.iter_child_nodes(one)
        if isinstance(one, ast.Name) and one.id not in seen:
            seen.add(one.id)
            for line in ast.walk(known):
                waiting += (*values_of(line, one.id), *_put_into(line, one.id))
                if isinstance(line, ast.FunctionDef) and line.name == one.id:
                    waiting += line.body


def _put_into(node: ast.AST, name: str) -> Sequence[ast.expr]:
    """What a call puts into what a variable holds, `found["all"].append(one)`."""
    match node:
        case ast.Call(func=ast.Attribute(value=inner, attr=method), args=args) if method in _ADDS_TO:
            return args if next(root_of(inner), None) == name else ()
    return ()


def _takes_apart(value: ast.expr, row: str, attribute: str, known: ast.Module) -> bool:
    """Whether a value is put together of places in the one that stands there, which may not be there any more."""
    own = _is_own(value, row, attribute, known)
    return not own and any(
        isinstance(one, ast.Subscript)
        and isinstance(one.slice, ast.Constant)
        and isinstance(one.slice.value, str)
        and _is_own(one.value, row, attribute, known)
        for one in _made_of(value, known, row)
    )


def _is_own(node: ast.expr, row: str, attribute: str, known: ast.Module) -> bool:
    """Whether an expression is an attribute of a row, or a variable that holds it."""
    match node:
        case ast.Attribute(value=ast.Name(id=name), attr=attr):
            return name == row and attr == attribute
        case ast.Name(id=name):
            return any(
                isinstance(one, ast.Attribute) and _is_own(one, row, attribute, known)
                for line in ast.walk(known)
                if isinstance(line, ast.Assign) and any(isinstance(each, ast.Name) for each in line.targets)
                for one in values_of(line, name)
            )
    return False


def adds_to_itself(body: ast.Module, rows: Collection[str]) -> str | None:
    """Say that a value of one of these rows is computed from the one that stands there, if one is."""
    return (
        _AGAIN
        if any(_computes_itself(node, row, body) is not None for node in ast.walk(body) for row in rows)
        else None
    )


def trades(body: Sequence[ast.stmt], row: str, asked: Collection[str]) -> str | None:
    """Say that a row's value is made of another one that the same change writes anew: a second run would find that.

    `asked` are the attributes on which it depends whether a row is changed at all.
    """
    whole = ast.Module(list(body), [])
    written = {attribute for node in ast.walk(whole) for attribute, _ in _set_on(node, row)}
    asked = {*asked, *(name for test in _tests(whole) for name in _read_of(test, row, whole))}
    fresh: dict[str, int] = {}
    for one in body:
        for node in ast.walk(one):
            for attribute, value in _set_on(node, row):
                if _read_of(value, row, whole, fresh) & written - {attribute} - asked:
                    return _AGAIN
        fresh |= {attribute: one.lineno for attribute, _ in _set_on(one, row)}
    return None


def _set_on(node: ast.AST, row: str) -> Iterator[tuple[str, ast.expr]]:
    """The attributes of a row that a statement sets, each with what is put there."""
    match node:
        case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)) if len(targets) == len(values):
            pairs = [*zip(targets, values, strict=True)]
        case ast.Assign(targets=targets, value=value):
            pairs = [(target, value) for target in targets]
        case _:
            return
    for target, value in pairs:
        match target:
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name == row:
                yield attribute, value


def _tests(tree: ast.AST) -> Iterator[ast.expr]:
    return (one.test for one in ast.walk(tree) if isinstance(one, (ast.If, ast.IfExp, ast.While)))


def _read_of(node: ast.AST, row: str, known: ast.Module, fresh: Mapping[str, int] | None = None) -> set[str]:
    """The attributes of a row that an expression is made of, through variables; `fresh` are those set anew, with the line."""
    found = (
        one for one in _made_of(node, known, row) if isinstance(one, ast.Attribute) and isinstance(one.ctx, ast.Load)
    )
    own = (one for one in found if isinstance(one.value, ast.Name) and one.value.id == row)
    return {one.attr for one in own if one.lineno <= (fresh or {}).get(one.attr, one.lineno)}


def not_the_same(every: ast.Module, body: ast.Module, row: str, *, fills: bool) -> str | None:
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
    defined = {one.name for one in ast.walk(every) if isinstance(one, (ast.FunctionDef, ast.ClassDef))}
    strange = {name for name in called - defined if _BY_CHANCE.search(name)}
    if found := (named & _CHANCE) | strange:
        return f"{min(found)} gives another value each time, and no condition tells which rows are done"
    if next(_computed(body.body, row, every), None) is not None:
        return _AGAIN
    return trades(body.body, row, ()) if row else None


def for_its_effect(every: ast.Module, own: Collection[str]) -> str | None:
    """Say that something is called whose result nobody uses, so that it does something; `own` are functions that go along."""
    for node in ast.walk(every):
        match node:
            case ast.Expr(value=ast.Call() as call) | ast.Expr(value=ast.Await(value=ast.Call() as call)):
                name = last_name(call)
                if name not in _DOES and not (isinstance(call.func, ast.Name) and name in own):
                    return f"what {name}() does is not seen, and each batch would do it again"
    return None


def _computed(body: Sequence[ast.stmt], row: str, known: ast.Module) -> Iterator[str]:
    """The attributes of a row, or its places, that are made of what stands there, one statement after the other."""
    fresh: set[str] = set()
    for one in body:
        guarded = _asked_for(one, row)
        for node in ast.walk(one):
            attribute = _computes_itself(node, row, known)
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


def _computes_itself(node: ast.AST, row: str, known: ast.Module) -> str | None:
    """The attribute of a row that a piece of code makes of what stands there; empty where it is a place in one."""
    match node:
        case ast.AugAssign(target=target):
            own = next(root_of(target), None) == row and not isinstance(node.op, (ast.BitOr, ast.BitAnd))
            return _attribute(target) if own else None
        case ast.Call(func=ast.Attribute(value=inner, attr=method)) if method in _ADDS_TO:
            own = isinstance(inner, (ast.Attribute, ast.Subscript)) and next(root_of(inner), None) == row
            return _attribute(inner) if own else None
        case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=name), attr=attribute)], value=value) if name == row:
            rows = {row} | {one.arg for one in ast.walk(known) if isinstance(one, ast.arg)}
            if _trades_places(value, row, attribute, known) or _takes_apart(value, row, attribute, known):
                return attribute
            own = any(
                isinstance(one, ast.Attribute) and one.attr == attribute and next(root_of(one), None) in rows
                for whole in _made_of(value, known)
                if grows(whole)
                for one in _made_of(whole, known)
            )
            return attribute if own else None
    return None


def _trades_places(value: ast.expr, row: str, attribute: str, whole: ast.Module) -> bool:
    """Whether a value is looked up by the one that stands there, in a dictionary that gives something else for what it gave."""
    match value:
        case ast.Call(func=ast.Attribute(value=held, attr="get"), args=[ast.Attribute() as asked, *other]):
            pass
        case ast.Subscript(value=held, slice=ast.Attribute() as asked):
            other = []
        case _:
            return False
    if not (isinstance(asked.value, ast.Name) and asked.value.id == row and asked.attr == attribute):
        return False
    if isinstance(held, ast.Name):
        held = next((one for node in ast.walk(whole) for one in values_of(node, held.id)), held)
    match held:
        case ast.Dict(keys=keys, values=values):
            pairs = [(_plain(one), _plain(to)) for one, to in zip(keys, values, strict=True)]
            if None in {one for pair in pairs for one in pair}:
                return False
            known = dict(pairs)
            kept = other != [] and ast.dump(other[0]) == ast.dump(asked)
            given = {*known.values(), *filter(None, map(_plain, other))}
            return any(known.get(one, one if kept else None) != one for one in given)
    return False


def _plain(node: ast.expr | None) -> str | None:
    """A constant, as it is written."""
    return repr(node.value) if isinstance(node, ast.Constant) else None


def _attribute(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) else ""


def grows(node: ast.AST) -> bool:
    """Whether an expression makes something else of what it made before: sums, and texts that are put together."""
    match node:
        case ast.JoinedStr():
            return True
        case ast.BinOp(op=operator):
            return not isinstance(operator, (ast.BitOr, ast.BitAnd))
        case (
            ast.UnaryOp()
            | ast.Subscript(slice=ast.UnaryOp() | ast.Slice(lower=ast.expr()) | ast.Slice(step=ast.expr()))
        ):
            return True
        case ast.Subscript(slice=ast.Slice(upper=ast.UnaryOp())):
            return True
        case ast.Subscript(
            value=ast.Call(func=ast.Attribute(attr="split" | "rsplit")), slice=ast.Constant(value=int() as at)
        ):
            return at != 0
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
