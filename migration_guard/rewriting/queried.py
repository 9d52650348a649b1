"""A loop of an Alembic migration over what a SELECT gives, in which rows are updated by their key: what it is made of."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence

from migration_guard.later import re
from migration_guard.lean import dataclass
from migration_guard.rewriting.again import grows
from migration_guard.rewriting.expressions import behind, exclude_each_other, last_name
from migration_guard.rewriting.names import names_of
from migration_guard.rewriting.row import Row, column_of
from migration_guard.rewriting.texts import Text, Texts, columns_of, selected, update_of, writes
from migration_guard.sql.backfill import CannotMove
from migration_guard.sql.backfill.keyed import Chosen

_FETCHES = frozenset({"fetchall", "all", "mappings", "list", "tuples", "yield_per"})
_BY_OTHERS = frozenset({"over", "literal_column"})
"""What gives a row something by the rows beside it, or may."""
_NARROWS = frozenset({"where", "filter", "order_by"})


@dataclass(frozen=True, slots=True)
class Queried:
    """What is known of such a loop."""

    row: str
    """The variable, or the first of those that a row is taken apart to."""
    connection: ast.expr
    """On what it executes."""
    executed: ast.Call
    """The call that executes the SELECT, as it is written where it is given."""
    table: str
    """The variable, or the class, that stands for the table."""
    key: str
    """The column by which rows are found again."""
    is_model: bool
    """Whether the table is a class, whose attributes are columns."""
    columns: tuple[str, ...]
    """What it writes."""
    from_text: tuple[Text, Chosen] | None = None
    """The SELECT, where it stands in a text."""
    by_text: tuple[tuple[Text, ast.Call], ...] = ()
    """The UPDATEs, where they stand in texts, each with the call that executes it."""


class Unlike(Exception):
    """Why a loop is none of these."""


def queried(loop: ast.For, assigned: Mapping[str, ast.expr], module: Mapping[str, ast.expr] | None = None) -> Queried:
    """Take a loop apart; `assigned` is what variables hold that were set once before it, `module` those of the module. Raises Unlike."""
    try:
        return _queried(loop, assigned, Texts({**(module or {}), **assigned}))
    except CannotMove as reason:
        raise Unlike(str(reason)) from None


def _queried(loop: ast.For, assigned: Mapping[str, ast.expr], texts: Texts) -> Queried:
    targets = loop.target.elts if isinstance(loop.target, ast.Tuple) else [loop.target]
    names = [one.id for one in targets if isinstance(one, ast.Name)]
    if len(names) != len(targets) or loop.orelse:
        raise Unlike("it takes its rows apart in another way")
    executed = _executed(behind(loop.iter, assigned))
    if executed is None:
        raise Unlike("it is no loop over what a SELECT gives")
    connection, call = executed
    select = call.args[0]
    updates = _updates_in(loop, connection, texts)
    taken = [_taken_apart(one.statement, loop) for one in updates]
    table = taken[0][0]
    if any(one[0] != table for one in taken):
        raise Unlike("it changes several tables")
    text = texts.of(select)
    by_text = tuple((one.text, one.call) for one in updates if one.text is not None)
    if text is None and len(call.args) > 1:
        raise Unlike("its SELECT is written in another way")
    from_text = (text, selected(text)) if text is not None else None
    if by_text and (from_text is None or len(by_text) < len(updates)):
        raise Unlike("its SELECT is written with other means than its UPDATE")
    chosen = columns_of(from_text[1], table) if from_text is not None else _chosen(behind(select, assigned), table)
    apart = isinstance(loop.target, ast.Tuple)
    keys = {_key(conditions, table, names, chosen, taken_apart=apart) for _, conditions, _ in taken}
    if len(keys) != 1:
        raise Unlike("its UPDATEs find rows by several keys")
    ((key, is_model),) = keys
    places = [index for index, one in enumerate(chosen) if apart and column_of(one, table) == (key, is_model)]
    if names_of(ast.Module(loop.body, [])).binds & {names[index] for index in (places or [0])}:
        raise Unlike("it sets what holds its key anew")
    _refuse_other_uses(loop, table, [one.statement for one in updates], ast.dump(connection))
    columns = tuple(dict.fromkeys(column for _, _, each in taken for column in each))
    asked = frozenset(re.findall(r"\w+", " ".join(_conditions(behind(select, assigned), from_text))))
    for one in updates:
        _refuse_again(loop, one.statement, Row(tuple(names), tuple(chosen), table, apart), {*columns} - asked)
    return Queried(names[0], connection, call, table, key, is_model, columns, from_text, by_text)


def _executed(node: ast.expr) -> tuple[ast.expr, ast.Call] | None:
    """On what, and by which call, is executed what gives rows."""
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "list"
        and len(node.args) == 1
    ):
        node = node.args[0]
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr == "execute" and len(node.args) in {1, 2} and not node.keywords:
            return node.func.value, node
        if node.func.attr not in _FETCHES or node.args:
            return None
        node = node.func.value
    return None


@dataclass(frozen=True, slots=True)
class _Change:
    """A statement that a loop executes to write; of a text, as if it were written with SQLAlchemy's functions."""

    statement: ast.expr
    call: ast.Call
    text: Text | None


def _updates_in(loop: ast.For, connection: ast.expr, texts: Texts) -> list[_Change]:
    """The statements that a loop executes to write, of which one at most runs for each row."""
    once = {name: values[0] for name, values in _inside(loop).items() if len(values) == 1}
    inside = Texts({**texts.held, **once})
    found: list[_Change] = []
    for node in ast.walk(ast.Module(loop.body, [])):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "execute":
            if ast.dump(node.func.value) != ast.dump(connection) or not node.args:
                raise Unlike("it executes in another way")
            statement, text = behind(node.args[0], once), inside.of(node.args[0])
            if text is not None and writes(text):
                found.append(_Change(update_of(text, node, once)[1], node, text))
            elif any(method in {"update", "delete", "insert"} for method, _ in _chain(statement)[1]):
                if len(node.args) != 1 or node.keywords:
                    raise Unlike("it makes several changes, or none that is seen")
                found.append(_Change(statement, node, None))
    if not found or not exclude_each_other(loop.body, [one.call for one in found]):
        raise Unlike("it makes several changes, or none that is seen")
    return found


def _inside(loop: ast.For) -> dict[str, list[ast.expr]]:
    """What the variables of a loop are set to."""
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(ast.Module(loop.body, [])):
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    for one in ast.walk(target):
                        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store):
                            found.setdefault(one.id, []).append(value)
            case ast.AugAssign(target=ast.Name(id=name), value=value):
                found.setdefault(name, []).append(ast.BinOp(ast.Name(name, ast.Load()), node.op, value))
            case ast.NamedExpr(target=ast.Name(id=name), value=value):
                found.setdefault(name, []).append(value)
    return found


def _put(loop: ast.For) -> Iterator[tuple[str, ast.expr]]:
    """What is put under a name that is written out, into whatever it is."""
    for node in ast.walk(ast.Module(loop.body, [])):
        match node:
            case ast.Assign(targets=[ast.Subscript(slice=ast.Constant(value=str() as key))], value=value):
                yield key, value
            case ast.Assign(value=ast.Dict() as whole):
                yield from _values(whole)


def _chain(node: ast.expr) -> tuple[ast.expr, list[tuple[str, ast.Call]]]:
    """What a chain of calls begins with, and each call with its name; `sa.update(t)` counts as one."""
    calls: list[tuple[str, ast.Call]] = []
    while isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute):
            calls.append((node.func.attr, node))
            node = node.func.value
        else:
            calls.append((node.func.id if isinstance(node.func, ast.Name) else "", node))
            break
    return node, calls[::-1]


def _taken_apart(update: ast.expr, loop: ast.For) -> tuple[str, list[ast.expr], tuple[str, ...]]:
    """The table of an update, its conditions and its columns."""
    root, calls = _chain(update)
    verb, first = calls[0]
    given = first.args[0] if first.args else root
    if verb != "update" or len(first.args) > 1 or first.keywords or not isinstance(given, ast.Name):
        raise Unlike("its UPDATE is written in another way")
    conditions: list[ast.expr] = []
    columns: list[str] = []
    for method, call in calls[1:]:
        if method == "where" and not call.keywords:
            conditions += call.args
        elif method == "values" and not call.args and all(one.arg is not None for one in call.keywords):
            columns += [one.arg for one in call.keywords if one.arg is not None]
        elif method == "values" and len(call.args) == 1 and not call.keywords and isinstance(call.args[0], ast.Dict):
            keys = [one.value for one in call.args[0].keys if isinstance(one, ast.Constant)]
            if len(keys) != len(call.args[0].keys):
                raise Unlike("which columns it writes is not seen")
            columns += [str(one) for one in keys]
        elif method == "values" and (given_apart := _only_argument(call)) is not None:
            columns += _filled(loop, given_apart)
        else:
            raise Unlike("which columns it writes is not seen")
    if not columns:
        raise Unlike("which columns it writes is not seen")
    return given.id, conditions, tuple(columns)


def _only_argument(call: ast.Call) -> str | None:
    """The variable that a call is given alone, as it is or taken apart (`**values`)."""
    given = [*call.args, *(one.value for one in call.keywords if one.arg is None)]
    only = given[0] if len(given) == 1 == len(call.args) + len(call.keywords) else None
    return only.id if isinstance(only, ast.Name) else None


def _filled(loop: ast.For, variable: str) -> list[str]:
    """The keys of a dictionary that a loop makes and fills, all of them written out."""
    keys: list[ast.expr | None] = []
    uses = puts = 0
    for node in ast.walk(ast.Module(loop.body, [])):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Dict(keys=given)) if name == variable:
                keys += given
                puts += 1
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Dict(keys=given)) if name == variable:
                keys += given
                puts += 1
            case ast.Subscript(value=ast.Name(id=name), slice=key, ctx=ast.Store()) if name == variable:
                keys.append(key)
                puts += 1
            case ast.If(test=ast.Name(id=name)) | ast.UnaryOp(op=ast.Not(), operand=ast.Name(id=name)) if (
                name == variable
            ):
                puts += 1
        uses += isinstance(node, ast.Name) and node.id == variable
    found = [key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)]
    if len(found) != len(keys) or uses != puts + 1:
        raise Unlike("which columns it writes is not seen")
    return list(dict.fromkeys(found))


def _chosen(select: ast.expr, table: str) -> list[ast.expr]:
    """What a SELECT of one table gives."""
    root, calls = _chain(select)
    if not calls:
        raise Unlike("its SELECT is not seen")
    verb, first = calls[0]
    own = isinstance(root, ast.Name) and root.id == table
    if verb != "select" or any(method not in _NARROWS for method, _ in calls[1:]):
        raise Unlike("its SELECT is written in another way")
    arguments = first.args
    if len(arguments) == 1 and isinstance(arguments[0], ast.List):
        arguments = arguments[0].elts
    if own and not arguments:
        return [root]
    if any(isinstance(node, ast.Call) and last_name(node) in _BY_OTHERS for node in ast.walk(select)):
        raise Unlike("its SELECT gives other things than the rows of one table")
    for node in ast.walk(select):
        whose = None
        if isinstance(node, ast.Attribute) and node.attr in {"c", "columns"} and isinstance(node.value, ast.Name):
            whose = node.value.id
        if (whose is not None and whose != table) or (
            isinstance(node, ast.Call) and node is not first and _is_select(node)
        ):
            raise Unlike("its SELECT reads other tables too")
    for one in arguments:
        if next(_names(one), None) != table:
            raise Unlike("its SELECT reads other tables too")
    for method, call in calls[1:]:
        if method != "order_by" and any(
            name[:1].isupper() and name != table for one in call.args for name in _names(one)
        ):
            raise Unlike("its SELECT reads other tables too")
    return list(arguments)


def _is_select(call: ast.Call) -> bool:
    return last_name(call) in {"select", "text"}


def _names(node: ast.AST) -> Iterator[str]:
    return (one.id for one in ast.walk(node) if isinstance(one, ast.Name))


def _key(
    conditions: Sequence[ast.expr], table: str, names: Sequence[str], chosen: Sequence[ast.expr], *, taken_apart: bool
) -> tuple[str, bool]:
    """The column by which an update finds its row, if that is the row that was read."""
    for one in conditions:
        if not isinstance(one, ast.Compare) or len(one.ops) != 1 or not isinstance(one.ops[0], ast.Eq):
            continue
        column = column_of(one.left, table)
        if column is not None and _is_same(
            one.comparators[0], column[0], table, names, chosen, taken_apart=taken_apart
        ):
            return column
    raise Unlike("its UPDATE finds rows by something else than the key that was read")


def _is_same(
    node: ast.expr, key: str, table: str, names: Sequence[str], chosen: Sequence[ast.expr], *, taken_apart: bool
) -> bool:
    """Whether an expression gives the key of the row that was read."""
    whole = len(chosen) == 1 and isinstance(chosen[0], ast.Name)
    columns = [column_of(one, table) for one in chosen]
    has = [index for index, column in enumerate(columns) if column is not None and column[0] == key]
    match node:
        case ast.Name(id=name):
            return taken_apart and not whole and len(has) == 1 and len(names) == len(chosen) and names[has[0]] == name
        case ast.Attribute(value=ast.Name(id=name), attr=attribute):
            return not taken_apart and name == names[0] and attribute == key and (whole or len(has) == 1)
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str() as text)):
            return not taken_apart and name == names[0] and text == key and (whole or len(has) == 1)
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=int() as index)):
            return not taken_apart and not whole and name == names[0] and has == [index]
    return False


def _refuse_other_uses(loop: ast.For, table: str, updates: Sequence[ast.expr], connection: str) -> None:
    """Refuse a loop that asks for other rows of its table, or hands its connection on."""
    own = {id(node) for update in updates for node in ast.walk(update)}
    executes = {
        id(node.func.value)
        for node in ast.walk(loop)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "execute"
    }
    for node in ast.walk(ast.Module(loop.body, [])):
        if isinstance(node, ast.Name) and node.id == table and id(node) not in own:
            raise Unlike("it reads other rows of the table that it changes")
        if isinstance(node, ast.expr) and ast.dump(node) == connection and id(node) not in executes:
            raise Unlike("it hands its connection on")


def _conditions(select: ast.expr, from_text: tuple[Text, Chosen] | None) -> Iterator[str]:
    """What a SELECT says of the rows that it gives."""
    if from_text is not None:
        yield from (from_text[1].where,) if from_text[1].where is not None else ()
        return
    for method, call in _chain(select)[1]:
        if method in {"where", "filter"}:
            yield from map(ast.unparse, call.args)


def _refuse_again(loop: ast.For, update: ast.expr, row: Row, others: Collection[str]) -> None:
    """Refuse a value that is computed from the one that stands there, or from one of the `others` that are written."""
    inside = _inside(loop)
    tests = [one.test for one in ast.walk(loop) if isinstance(one, (ast.If, ast.IfExp))]
    asked = [one for test in tests for one in _made_of(test, inside, set())]
    others = [name for name in others if not any(row.gives(one, name) for one in asked)]
    values = [pair for node in ast.walk(update) for pair in _values(node)]
    for name, value in (*values, *_put(loop)):
        made = list(_made_of(value, inside, set()))
        sums = any(grows(part) and any(row.gives(one, name) for one in _made_of(part, inside, set())) for part in made)
        if sums or any(row.gives(one, other) for one in made for other in others if other != name):
            raise Unlike(
                "it computes each value from the one that stands there, so that a second run would change it again"
            )


def _made_of(value: ast.AST, inside: Mapping[str, Sequence[ast.expr]], seen: set[str]) -> Iterator[ast.AST]:
    """All that a value is made of, through the variables of the loop."""
    for node in ast.walk(value):
        yield node
        if isinstance(node, ast.Name) and node.id in inside and node.id not in seen:
            seen.add(node.id)
            for one in inside[node.id]:
                yield from _made_of(one, inside, seen)


def _values(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    match node:
        case ast.keyword(arg=str() as name, value=value):
            yield name, value
        case ast.Dict(keys=keys, values=values):
            yield from ((str(key.value), value) for key, value in zip(keys, values) if isinstance(key, ast.Constant))
