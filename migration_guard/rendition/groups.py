"""A loop over groups of rows that deletes all but one of each as SQL: `values("email").annotate(last=Max("id"))`.

Where rows of other tables go with them, which Django does in Python, what is said here tells which rows a function deletes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from migration_guard.forms.nodes import within
from migration_guard.interpreter.collections import Sequence
from migration_guard.interpreter.syntax import dotted
from migration_guard.interpreter.text import Text
from migration_guard.interpreter.values import Constant
from migration_guard.lean import dataclass
from migration_guard.operations import Rows
from migration_guard.rendition.loops import QUIET, loop_spot, loops_of
from migration_guard.rendition.queryset import QuerySet, links_of
from migration_guard.rendition.spelling import (
    NotRendered,
    Rendered,
    behind,
    plain_arguments,
    qualified,
    understood_no,
    where,
)

if TYPE_CHECKING:
    from migration_guard.interpreter.machine import Machine

_BEST = {"Max": "max", "Min": "min"}
_ROWS_THERE = frozenset({"id", "pk", "*"})
"""What counts every row of a group."""
_SEVERAL = {("gt", 1), ("gte", 2)}


@dataclass(frozen=True, slots=True)
class _Groups:
    """The groups that a query gives."""

    conditions: frozenset[str]
    """Of the rows that it looks at."""
    columns: frozenset[str]
    """By which they are put together."""
    best: dict[str, str]
    """What it says of each: the greatest or the least key, as SQL, by its name."""


def all_but_one(query: QuerySet, whole: cst.Call) -> Rendered | None:
    """Give the statement of a loop over groups that deletes all rows of each but one; None where it is something else.

    Raises NotRendered, with what is known of the rows, where rows of other tables go with them.
    """
    around = _loops_around(query.machine, whole)
    if len(around) != 1:
        return None
    try:
        root, chain = links_of(whole, query.machine)
        query.check_root(root, chain)
        keys = _keys_of(query, chain)
        if keys is not None:
            root, chosen = links_of(keys.rows, query.machine)
            query.check_root(root, chosen)
    except NotRendered:
        return None
    if chain[-1][0] != "delete" or chain[-1][1].args:
        return None
    if not _does_nothing_else(around[0].body, whole, keys.set_to if keys is not None else None):
        return None
    try:
        return _said(query, around[0], chosen if keys is not None else chain[:-1])
    except _Unlike:
        return None


@dataclass(frozen=True, slots=True)
class _Keys:
    """The keys of all rows of a query but the first."""

    rows: cst.BaseExpression
    set_to: cst.BaseExpression
    """What the variable is set to that holds them, if one does."""


def _keys_of(query: QuerySet, chain: list[tuple[str, cst.Call]]) -> _Keys | None:
    """Of `filter(id__in=rows.values_list("id", flat=True)[1:])`, also through a variable and a list: the rows."""
    if [method for method, _ in chain] != ["filter", "delete"]:
        return None
    positional, named = plain_arguments(chain[0][1])
    if positional or list(named) not in (["id__in"], ["pk__in"]):
        return None
    (given,) = named.values()
    set_to = behind(given, query.machine)
    rows = _but_the_first(_listed(set_to))
    listed = behind(rows, query.machine) if rows is not None else None
    if not isinstance(listed, cst.Call) or not isinstance(listed.func, cst.Attribute):
        return None
    options = [one.keyword.value for one in listed.args if one.keyword is not None]
    fields = [query.machine.evaluate(one.value) for one in listed.args if one.keyword is None and not one.star]
    is_key = [isinstance(one, Text) and query.column(str(one)) == query.column("pk") for one in fields]
    if listed.func.attr.value != "values_list" or options != ["flat"] or is_key != [True]:
        return None
    return _Keys(listed.func.value, set_to)


def all_but_first(query: QuerySet, whole: cst.Call, row: str) -> Rendered | None:
    """Give the statement of a loop over groups, and over all rows of each but the first, each of which is deleted."""
    around = _loops_around(query.machine, whole)
    if len(around) != 2 or dotted(around[1].target) != row or not _does_nothing_else(around[1].body, whole):
        return None
    outer, inner = around
    others = [one for one in outer.body.body if one is not inner]
    given = _but_the_first(inner.iter)
    if given is None or len(others) == len(outer.body.body):
        return None
    try:
        set_to = behind(given, query.machine)
        root, chain = links_of(_listed(set_to), query.machine)
        query.check_root(root, chain)
    except NotRendered:
        return None
    try:
        return _said(query, outer, chain) if all(_only_sets(one, set_to) for one in others) else None
    except _Unlike:
        return None


def _said(query: QuerySet, loop: cst.For, chain: list[tuple[str, cst.Call]]) -> Rendered | None:
    """The statement of a loop over groups that deletes those rows of each that a chain of calls chooses."""
    spot = loop_spot(query.machine, loop)
    if not isinstance(loop.target, cst.Name) or spot is None:
        return None
    try:
        groups = _groups(query, loop.iter)
        conditions, best = _deleted(query, chain, loop.target.value, groups)
    except NotRendered:
        raise _Unlike from None
    if conditions != groups.conditions:
        return None
    table, key = qualified(query.table), query.column("pk")
    said = sorted(conditions)
    kept = f"SELECT {best} FROM {table}{where(said)} GROUP BY {', '.join(sorted(groups.columns))}"
    held = [*said, f"{key} NOT IN ({kept})"]
    try:
        query.alone()
    except NotRendered as reason:
        takes = query.machine.libraries.django.going_with(query.model)
        rows = Rows("django-orm", "", tuple(held), (), takes_others=takes, decided=True)
        raise NotRendered(str(reason), spot, rows) from None
    return Rendered(f"DELETE FROM {table}{where(held)}", loop=spot)


class _Unlike(Exception):
    """It is no loop over groups that is understood here."""


def _loops_around(machine: Machine, whole: cst.Call) -> list[cst.For]:
    around = [loop for loop in loops_of(machine) if any(one is whole for one in within(loop.body))]
    return around if all(loop.orelse is None for loop in around) else []


def _lines(block: cst.BaseSuite) -> list[cst.CSTNode]:
    return [line for one in block.body for line in (one.body if isinstance(one, cst.SimpleStatementLine) else [one])]


def _does_nothing_else(block: cst.BaseSuite, whole: cst.Call, set_to: cst.BaseExpression | None = None) -> bool:
    """Whether a block holds a statement, what sets the variable that it uses, and besides only what says something to people."""
    lines = [one for one in _lines(block) if set_to is None or not _only_sets(one, set_to) or isinstance(one, cst.Expr)]
    calls = [line.value for line in lines if isinstance(line, cst.Expr) and isinstance(line.value, cst.Call)]
    return (
        len(calls) == len(lines)
        and any(one is whole for one in calls)
        and all(one is whole or _is_quiet(one) for one in calls)
    )


def _is_quiet(call: cst.Call) -> bool:
    return (dotted(call.func) or "").rpartition(".")[2] in QUIET


def _only_sets(statement: cst.CSTNode, rows: cst.BaseExpression) -> bool:
    """Whether a statement sets the variable of the rows, or says something to people."""
    for line in statement.body if isinstance(statement, cst.SimpleStatementLine) else [statement]:
        match line:
            case cst.Assign(targets=[cst.AssignTarget(target=cst.Name())], value=value):
                if value is not rows:
                    return False
            case cst.Expr(value=cst.Call() as call) if _is_quiet(call):
                continue
            case _:
                return False
    return True


def _but_the_first(node: cst.BaseExpression) -> cst.BaseExpression | None:
    """Of `rows[1:]`: the rows."""
    match node:
        case cst.Subscript(
            value=rows,
            slice=[cst.SubscriptElement(slice=cst.Slice(lower=cst.Integer(value="1"), upper=None, step=None))],
        ):
            return rows
    return None


def _listed(node: cst.BaseExpression) -> cst.BaseExpression:
    """What `list(rows)` lists."""
    match node:
        case cst.Call(func=cst.Name(value="list" | "tuple"), args=[cst.Arg(value=rows, keyword=None, star="")]):
            return rows
    return node


# --- Which groups there are ------------------------------------------------------------------------------------------


def _groups(query: QuerySet, node: cst.BaseExpression) -> _Groups:
    from migration_guard.libraries.database import Query  # noqa: PLC0415 -- it imports the ledger

    found = query.machine.evaluate(node)
    if not isinstance(found, Query) or found.model is None or found.model.table != query.table:
        raise understood_no(node)
    root, chain = links_of(node, query.machine)
    query.check_root(root, chain)
    at = next((index for index, (method, _) in enumerate(chain) if method == "values"), None)
    if at is None:
        raise understood_no(node)
    columns = frozenset(query.column(field) for field in _fields(query.machine, chain[at][1]))
    best: dict[str, str] = {}
    counts: set[str] = set()
    for method, call in chain[at + 1 :]:
        positional, named = plain_arguments(call)
        match method:
            case "annotate" if not positional:
                for name, value in named.items():
                    _note(query, name, value, best, counts)
            case "filter" if not positional and all(_asks_for_several(query, *one, counts) for one in named.items()):
                continue
            case "order_by" if not positional:
                continue
            case "iterator" | "using":
                continue
            case _:
                raise understood_no(call)
    before = [link for link in chain[:at] if link[0] not in {"order_by", "distinct"} or plain_arguments(link[1])[0]]
    if not columns or any(method == "order_by" for method, _ in before):
        raise understood_no(node)  # what rows are ordered by puts them together as well
    return _Groups(frozenset(query.conditions(before)), columns, best)


def _note(query: QuerySet, name: str, value: cst.BaseExpression, best: dict[str, str], counts: set[str]) -> None:
    """Note what is said of each group under a name. Raises NotRendered."""
    function = (dotted(value.func) or "").rpartition(".")[2] if isinstance(value, cst.Call) else ""
    if not isinstance(value, cst.Call) or function not in {*_BEST, "Count"}:
        raise understood_no(value)
    positional, named = plain_arguments(value)
    field = query.machine.evaluate(positional[0]) if len(positional) == 1 and not named else None
    if not isinstance(field, Text) or not field.known:
        raise understood_no(value)
    if function == "Count":
        if str(field) != "*" and query.column(str(field)) != query.column("pk"):
            raise understood_no(value)  # rows in which it is NULL do not count
        counts.add(name)
    elif query.column(str(field)) == query.column("pk"):
        best[name] = f"{_BEST[function]}({query.column('pk')})"


def _asks_for_several(query: QuerySet, spelling: str, node: cst.BaseExpression, counts: set[str]) -> bool:
    """Whether a condition leaves only those groups out that hold a single row."""
    name, _, lookup = spelling.partition("__")
    value = query.machine.evaluate(node)
    return name in counts and isinstance(value, Constant) and (lookup, value.value) in _SEVERAL


def _fields(machine: Machine, call: cst.Call) -> list[str]:
    """The fields that a call names, also those of a list that is written out."""
    found: list[str] = []
    for one in call.args:
        value = machine.evaluate(one.value)
        given = value.elements() if one.star == "*" and isinstance(value, Sequence) else [value]
        if one.keyword is not None or one.star == "**" or given is None:
            raise understood_no(call)
        for each in given:
            if not isinstance(each, Text) or not each.known or "__" in str(each):
                raise understood_no(call)
            found.append(str(each))
    return found


# --- Which of their rows go ------------------------------------------------------------------------------------------


def _deleted(
    query: QuerySet, chain: list[tuple[str, cst.Call]], row: str, groups: _Groups
) -> tuple[frozenset[str], str]:
    """Give the conditions of the rows that go, but for their group, and which row of each group stays."""
    ties: list[str] = []
    kept: list[str] = []
    others: list[tuple[str, cst.Call]] = []
    for method, call in chain:
        if method == "filter":
            tied, rest = _tied(query, call, row)
            ties += tied
            others += [(method, call.with_changes(args=rest))] if rest else []
        elif method == "exclude" and (key := _key_of_best(query, call, row)) is not None:
            kept.append(groups.best.get(key, ""))
        elif method == "order_by" and call.args:
            kept.append(_first_by(query, call))
        else:
            others.append((method, call))
    if set(ties) != groups.columns or len(ties) != len(groups.columns) or len(kept) != 1 or not kept[0]:
        raise understood_no(chain[-1][1])
    return frozenset(query.conditions(others)), kept[0]


def _first_by(query: QuerySet, call: cst.Call) -> str:
    """Which row comes first in an order by the key."""
    fields = _fields(query.machine, call)
    if len(fields) != 1 or query.column(fields[0].lstrip("-")) != query.column("pk"):
        raise understood_no(call)
    return f"{'max' if fields[0].startswith('-') else 'min'}({query.column('pk')})"


def _tied(query: QuerySet, call: cst.Call, row: str) -> tuple[list[str], list[cst.Arg]]:
    """The columns in which rows are those of the group, and what else a condition asks."""
    ties: list[str] = []
    rest: list[cst.Arg] = []
    for one in call.args:
        if one.star == "**":
            ties += [query.column(field) for field in _all_of(query.machine, one.value, row)]
            continue
        field = one.keyword.value.removesuffix("__exact") if one.keyword is not None else ""
        key = _key(query.machine, one.value, row)
        if key is not None and field and "__" not in field and query.column(field) == query.column(key):
            ties.append(query.column(field))
        else:
            rest.append(one)
    return ties, rest


def _all_of(machine: Machine, node: cst.BaseExpression, row: str) -> list[str]:
    """The fields of `{field: row[field] for field in fields}`."""
    match node:
        case cst.DictComp(
            key=cst.Name(value=key),
            value=cst.Subscript(
                value=cst.Name(value=given),
                slice=[cst.SubscriptElement(slice=cst.Index(value=cst.Name(value=index)))],
            ),
            for_in=cst.CompFor(target=cst.Name(value=target), iter=source, ifs=[], inner_for_in=None),
        ) if given == row and key == index == target:
            return _fields(machine, cst.Call(cst.Name("values"), [cst.Arg(source, star="*")]))
    raise understood_no(node)


def _key_of_best(query: QuerySet, call: cst.Call, row: str) -> str | None:
    """Of `exclude(id=row["last"])`: the name of what is left."""
    positional, named = plain_arguments(call)
    if positional or len(named) != 1:
        return None
    ((field, value),) = named.items()
    return (
        _key(query.machine, value, row) if field in _ROWS_THERE or query.column(field) == query.column("pk") else None
    )


def _key(machine: Machine, node: cst.BaseExpression, row: str) -> str | None:
    """The name under which an expression takes something of a group, `row["last"]`."""
    match node:
        case cst.Subscript(value=cst.Name(value=given), slice=[cst.SubscriptElement(slice=cst.Index(value=index))]) if (
            given == row
        ):
            value = machine.evaluate(index)
            return str(value) if isinstance(value, Text) and value.known else None
    return None
