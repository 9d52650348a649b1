"""What object mappers do to the rows of a batch: querysets, SQLAlchemy's expressions and queries, objects that are saved.

They become the same Picks and Writes as SQL. What cannot be told is None, and is then said not to be judged.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from migration_guard.interpreter.kinds import within
from migration_guard.interpreter.syntax import dotted
from migration_guard.lean import replace
from migration_guard.reading.chains import RUNS, Binding, Chain, Link, assigned_attributes, bindings, chain_of
from migration_guard.reading.spoken import Test, told_in_sql
from migration_guard.sql.batch import Pick, Write, is_key

LOCKS = frozenset({"select_for_update", "with_for_update"})
"""Methods that make a query one that locks."""
_FILTERS = frozenset({"filter", "exclude", "get", "where", "filter_by", "having"})
_LIMITS = frozenset({"[]", "limit", "fetch"})
_QUERIES = frozenset({"objects", "query", "select", "_default_manager", "_base_manager"})
_ONE = frozenset({"get", "first", "one", "one_or_none", "scalar_one"})
_LOWER = frozenset({"gt", "gte"})
_UPPER = frozenset({"lt", "lte"})
_OPTIONS = frozenset({"synchronize_session", "update_args"})
_COMPARED: dict[type[cst.BaseCompOp], str] = {
    cst.Equal: "eq", cst.LessThan: "lt", cst.LessThanEqual: "lte", cst.GreaterThan: "gt", cst.GreaterThanEqual: "gte",
    cst.NotEqual: "ne", cst.Is: "is", cst.IsNot: "isnot", cst.In: "in",
}  # fmt: skip


def pick(node: cst.Call, tree: cst.Module, around: cst.CSTNode) -> Pick | None:
    """What a call of `select_for_update` or `with_for_update` picks, with all that its chain says."""
    chain = chain_of(_end_of(node, tree), around)
    lock = next(chain.having(*LOCKS), None)
    if lock is None:
        return None
    limits = [one for one in chain.having(*_LIMITS) if _is_limit(one)]
    limit = _spelt(limits[-1]) if limits else None
    return Pick(
        table=chain.subject or None,
        lock=_strength(lock),
        skips=_is_true(lock.named().get("skip_locked")),
        ordered=chain.has("order_by"),
        limit=limit,
        fixed=int(limit) if limit is not None and limit.isdigit() else None,
        tested=tuple(dict.fromkeys(one.column for one in _tests(chain) if one.leaves_out)),
        nested=False,
        asked=told_in_sql((), _tests(chain)).asked,
        counts_off=chain.has("offset") or any(map(_has_beginning, limits)),
    )


def write(kind: str, node: cst.CSTNode, around: cst.CSTNode, *, opened: bool) -> Write | None:
    """What a call or an assignment changes that was found to be an UPDATE or a DELETE; None where its rows are not told.

    `opened` if it happens inside a block that is a transaction.
    """
    if isinstance(node, cst.Assign):
        return _assigned(node, around)
    if not isinstance(node, cst.Call):
        return None
    name = node.func.attr.value if isinstance(node.func, cst.Attribute) else (dotted(node.func) or "")
    plain = name[1:] if name in {"asave", "aupdate", "adelete", "abulk_update"} else name
    if plain in RUNS and node.args:
        return _statement(kind, chain_of(node.args[0].value, around), around)
    if (
        plain == "execute" and not node.args and isinstance(node.func, cst.Attribute)
    ):  # peewee's statements run themselves
        return _statement(kind, chain_of(node.func.value, around), around)
    if plain == "bulk_update":
        return _bulk(node, around)
    if plain == "save" and isinstance(node.func, cst.Attribute):
        return _saved(node, node.func.value, around, opened=opened)
    if plain in {"update", "delete", "_raw_delete"} and isinstance(node.func, cst.Attribute):
        chain = chain_of(node, around)
        receiver = node.func.value
        if isinstance(receiver, cst.Name) and any(one.element for one in bindings(receiver.value, around)):
            return _row(kind, receiver.value, (), around, opened=opened)
        return _statement(kind, chain, around)
    return None


# --- Statements over rows that match ---------------------------------------------------------------------------------


def _statement(kind: str, chain: Chain, around: cst.CSTNode) -> Write | None:
    verbs = list(chain.having("update", "aupdate", "delete", "adelete", "_raw_delete"))
    if not verbs or not chain.subject:
        return None
    tests = list(_tests(chain))
    columns = tuple(_written(chain, verbs[-1]))
    if kind == "UPDATE" and not columns:
        return None
    listed, keyed, lower, upper = [], [], set(), set()
    inside: list[Chain] = []
    for one in tests:
        if one.negated or not one.certain:
            continue
        if one.how == "in" and one.value is not None:
            source = chain_of(one.value, around)
            inside.append(source)
            if not (source.lazy and not source.has("[]")) and not (source.has("select") and not source.has("limit")):
                listed.append(one.column)
        elif one.how in {"eq", "exact", ""}:
            keyed.append(one.column)
        elif one.how in {"range", "between"}:
            lower.add(one.column)
            upper.add(one.column)
        elif one.how in _LOWER:
            lower.add(one.column)
        elif one.how in _UPPER:
            upper.add(one.column)
    tested = [one.column for one in tests if one.leaves_out]
    tested += [one.column for source in inside for one in _tests(source) if one.leaves_out]
    limited = chain.has("[]", "limit")
    made = _made(kind, chain.subject, columns, tuple(dict.fromkeys(tested)), confined=limited, listed=tuple(listed),
                 keyed=tuple(keyed), ranged=bool(lower & upper) or any(map(is_key, upper)))  # fmt: skip
    known = told_in_sql(_values(chain, verbs[-1]), tests)
    return replace(made, given=known.given, asked=known.asked)


def _written(chain: Chain, verb: Link) -> Iterator[str]:
    """The columns that `update(status=…)`, `update({…})` or `.values(…)` sets."""
    for one in (verb, *chain.having("values")):
        yield from (name for name in one.named() if name not in _OPTIONS)
        for given in one.positional():
            for element in given.elements if isinstance(given, cst.Dict) else ():
                if isinstance(element, cst.DictElement):
                    yield _column_of(element.key)


def _values(chain: Chain, verb: Link) -> Iterator[tuple[str, cst.BaseExpression]]:
    """The columns that keywords set, with what they are given."""
    for one in (verb, *chain.having("values")):
        yield from ((_plain(name), value) for name, value in one.named().items() if name not in _OPTIONS)


# --- Objects ---------------------------------------------------------------------------------------------------------


def _assigned(node: cst.Assign, around: cst.CSTNode) -> Write | None:
    """`lead.status = "new"`, which SQLAlchemy writes at the next flush."""
    target = node.targets[0].target
    if not isinstance(target, cst.Attribute) or not isinstance(target.value, cst.Name):
        return None
    name = target.value.value
    bound = list(bindings(name, around))
    commits = any(one.loop is not None and _commits(one.loop) for one in bound)
    return _row("UPDATE", name, assigned_attributes(name, around), around, opened=not commits)


def _commits(loop: cst.For) -> bool:
    """Whether a loop over rows commits, after each of them or after some."""
    calls = (one.func for one in within(loop.body) if isinstance(one, cst.Call))
    return any(isinstance(one, cst.Attribute) and one.attr.value == "commit" for one in calls)


def _saved(node: cst.Call, receiver: cst.BaseExpression, around: cst.CSTNode, *, opened: bool) -> Write | None:
    if not isinstance(receiver, cst.Name):
        return None
    fields = Link("save", node).named().get("update_fields")
    stated = tuple(_texts(fields)) if fields is not None else ()
    return _row("UPDATE", receiver.value, stated or assigned_attributes(receiver.value, around), around, opened=opened)


def _row(verb: str, name: str, columns: tuple[str, ...], around: cst.CSTNode, *, opened: bool) -> Write | None:
    """A change of one object, by its key: done rows are left out by the query that gave it.

    Inside a transaction that was `opened` around the loop it is one of all the rows that the query gives.
    """
    bound: list[Binding] = list(bindings(name, around))
    chain = chain_of(bound[0].value, around) if len(bound) == 1 else None
    if chain is None or not chain.subject or not chain.has(*_QUERIES) or (verb == "UPDATE" and not columns):
        return None
    tested = tuple(dict.fromkeys(one.column for one in _tests(chain) if one.leaves_out))
    loop = bound[0].loop
    alone = loop is None or any(isinstance(one, cst.With) for one in within(loop.body))
    limited = chain.has(*_ONE) or any(_is_limit(one) for one in chain.having(*_LIMITS))
    return _made(verb, chain.subject, columns, tested, confined=alone or limited or not opened)


def _bulk(node: cst.Call, around: cst.CSTNode) -> Write | None:
    """`bulk_update(leads, ["name"])`: its own batch_size parts statements, and no transactions."""
    link = Link("bulk_update", node)
    given = [*link.positional(), *(link.named().get(name) for name in ("objs", "fields"))]
    objects, fields = ([one for one in given if one is not None] + [None, None])[:2]
    columns = tuple(_texts(fields)) if fields is not None else ()
    if objects is None or not columns:
        return None
    chain = chain_of(objects, around)
    if not chain.has(*_QUERIES) or not chain.subject:
        return None
    tested = tuple(dict.fromkeys(one.column for one in _tests(chain) if one.leaves_out))
    return _made(
        "UPDATE", chain.subject, columns, tested, confined=any(_is_limit(one) for one in chain.having(*_LIMITS))
    )


def _made(
    verb: str, table: str, columns: tuple[str, ...], tested: tuple[str, ...], *, confined: bool,
    listed: tuple[str, ...] = (), keyed: tuple[str, ...] = (), ranged: bool = False,
) -> Write:  # fmt: skip
    same = {_plain(one) for one in columns} & {_plain(one) for one in tested}
    repeats = verb == "UPDATE" and not same
    left_out = (*tested, *(one for one in columns if _plain(one) in same))
    return Write(
        verb=verb, table=table, columns=columns, sources=(), tested=tuple(dict.fromkeys(left_out)), confined=confined,
        repeats=repeats, listed=listed, keyed=keyed, ranged=ranged,
    )  # fmt: skip


# --- Conditions ------------------------------------------------------------------------------------------------------


def _tests(chain: Chain) -> Iterator[Test]:
    for link in chain.having(*_FILTERS):
        for name, value in link.named().items():
            column, _, how = name.rpartition("__") if "__" in name else (name, "", "")
            if not column or how not in _LOOKUPS:
                column, how = name, ""
            yield Test(_plain(column), how, value, link.certain, link.name == "exclude")
        for condition in link.positional():
            yield from _of_expression(condition, certain=link.certain, negated=link.name == "exclude")


_LOOKUPS = frozenset(
    "exact iexact in gt gte lt lte range isnull contains icontains startswith endswith istartswith iendswith regex iregex "
    "date year month day".split()
)


def _of_expression(node: cst.BaseExpression, *, certain: bool, negated: bool) -> Iterator[Test]:
    """Conditions that Python spells: `Lead.status.is_(None)`, `leads.c.id >= low`, `Q(…) | Q(…)`."""
    match node:
        case cst.BinaryOperation(left=left, operator=cst.BitOr() | cst.BitAnd(), right=right):
            both = certain and isinstance(node.operator, cst.BitAnd)
            for part in (left, right):
                yield from _of_expression(part, certain=both or _all_ask(left, right), negated=negated)
        case cst.BinaryOperation(
            left=left, operator=cst.LeftShift() | cst.RightShift(), right=right
        ):  # peewee's IN, IS
            how = "in" if isinstance(node.operator, cst.LeftShift) else "is"
            if column := _column_of(left):
                yield Test(column, how, right, certain, negated)
        case cst.UnaryOperation(operator=cst.BitInvert(), expression=inner):
            yield from _of_expression(inner, certain=certain, negated=not negated)
        case cst.Call(func=function, args=arguments) if (dotted(function) or "").rpartition(".")[2] in {
            "Q",
            "and_",
            "or_",
            "not_",
        }:
            last = (dotted(function) or "").rpartition(".")[2]
            flipped = negated is not (last == "not_")
            inner_link = Link("filter", node)
            for test in _tests(Chain(None, (inner_link,))) if last == "Q" else ():
                yield Test(test.column, test.how, test.value, certain, flipped)
            for argument in arguments if last != "Q" else ():
                yield from _of_expression(argument.value, certain=certain, negated=flipped)
        case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget(operator=operator, comparator=right)]):
            how = _COMPARED.get(type(operator), "")
            if column := _column_of(left):
                yield Test(column, how, right, certain, negated)
        case cst.Call(func=cst.Attribute(value=left, attr=cst.Name(value=method)), args=arguments):
            value = arguments[0].value if arguments else None
            how = {"in_": "in", "is_": "is", "between": "between", "is_null": "isnull"}.get(method, method)
            value = value or (cst.Name("True") if method == "is_null" else None)
            if column := _column_of(left):
                yield Test(column, how, value, certain, negated)


def _all_ask(left: cst.BaseExpression, right: cst.BaseExpression) -> bool:
    """Whether both sides of an OR say something, as in SQL's conditions on a column."""
    return isinstance(left, (cst.Call, cst.Comparison)) and isinstance(right, (cst.Call, cst.Comparison))


def _column_of(node: cst.BaseExpression) -> str:
    """The column that an expression names: `Lead.status`, `leads.c.status`, `"status"`."""
    if isinstance(node, cst.SimpleString):
        value = node.evaluated_value
        return value.lower() if isinstance(value, str) else ""
    if isinstance(node, cst.Attribute):
        return _plain(node.attr.value)
    return ""


def _plain(column: str) -> str:
    """A column as its field is called: a foreign key has both names."""
    lower = column.lower()
    return lower[:-3] if lower.endswith("_id") and len(lower) > len("_id") else lower


# --- Spelling --------------------------------------------------------------------------------------------------------


def _end_of(node: cst.Call, tree: cst.Module) -> cst.BaseExpression:
    """The whole chain that a call is a link of."""
    parents = {id(child): parent for parent in within(tree) for child in parent.children}
    end: cst.BaseExpression = node
    while True:
        above = parents.get(id(end))
        if isinstance(above, (cst.Attribute, cst.Call, cst.Subscript)) and _continues(above, end):
            end = above
        else:
            return end


def _continues(above: cst.Attribute | cst.Call | cst.Subscript, end: cst.BaseExpression) -> bool:
    return (above.func if isinstance(above, cst.Call) else above.value) is end


def _is_limit(link: Link) -> bool:
    """Whether a slice ends somewhere: `[:500]`, and not `[0]` of a row or `[500:]`."""
    if not isinstance(link.node, cst.Subscript):
        return bool(link.arguments)
    return any(isinstance(one.slice, cst.Slice) and one.slice.upper is not None for one in link.node.slice)


def _has_beginning(link: Link) -> bool:
    """Whether a slice begins behind the first row: `[offset : offset + 500]`."""
    slices = (one.slice for one in link.node.slice) if isinstance(link.node, cst.Subscript) else ()
    return any(isinstance(one, cst.Slice) and one.lower is not None for one in slices)


def _spelt(link: Link) -> str:
    node: cst.CSTNode
    if isinstance(link.node, cst.Subscript):
        cut = link.node.slice[0].slice
        node = cut.upper if isinstance(cut, cst.Slice) and cut.upper is not None else link.node
    else:
        node = link.arguments[0].value
    return " ".join(cst.Module(body=[]).code_for_node(node).split())


def _strength(lock: Link) -> str:
    named = lock.named()
    if _is_true(named.get("read")):
        return "SHARE"
    weaker = _is_true(named.get("no_key")) or _is_true(named.get("key_share"))
    return "NO KEY UPDATE" if weaker else "UPDATE"


def _is_true(node: cst.BaseExpression | None) -> bool:
    return isinstance(node, cst.Name) and node.value == "True"


def _texts(node: cst.BaseExpression) -> Iterator[str]:
    """The texts of a literal list, as columns."""
    for element in node.elements if isinstance(node, (cst.List, cst.Tuple, cst.Set)) else ():
        if isinstance(element.value, cst.SimpleString) and isinstance(element.value.evaluated_value, str):
            yield _plain(element.value.evaluated_value)
