"""A loop over groups of rows that deletes all but one of each as SQL: `values("email").annotate(last=Max("id"))`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from migration_guard.forms.nodes import within
from migration_guard.interpreter.collections import Sequence
from migration_guard.interpreter.syntax import dotted
from migration_guard.interpreter.text import Text
from migration_guard.interpreter.values import Constant
from migration_guard.lean import dataclass
from migration_guard.rendition.loops import QUIET, loop_spot, loops_of
from migration_guard.rendition.queryset import QuerySet, links_of
from migration_guard.rendition.spelling import (
    NotRendered,
    Rendered,
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

    Raises NotRendered where other rows would go with them.
    """
    machine = query.machine
    around = [loop for loop in loops_of(machine) if any(one is whole for one in within(loop.body))]
    if len(around) != 1 or around[0].orelse is not None or not _does_nothing_else(around[0].body, whole):
        return None
    loop, spot = around[0], loop_spot(machine, around[0])
    if not isinstance(loop.target, cst.Name) or spot is None:
        return None
    try:
        groups = _groups(query, loop.iter)
        conditions, best = _deleted(query, whole, loop.target.value, groups)
    except NotRendered:
        return None
    if conditions != groups.conditions:
        return None
    query.alone()
    table, key = qualified(query.table), query.column("pk")
    said = sorted(conditions)
    kept = f"SELECT {best} FROM {table}{where(said)} GROUP BY {', '.join(sorted(groups.columns))}"
    return Rendered(f"DELETE FROM {table}{where([*said, f'{key} NOT IN ({kept})'])}", loop=spot)


def _does_nothing_else(block: cst.BaseSuite, whole: cst.Call) -> bool:
    """Whether a block holds a statement, and besides only what says something to people."""
    lines = [line for one in block.body for line in (one.body if isinstance(one, cst.SimpleStatementLine) else [one])]
    calls = [line.value for line in lines if isinstance(line, cst.Expr) and isinstance(line.value, cst.Call)]
    quiet = [one for one in calls if (dotted(one.func) or "").rpartition(".")[2] in QUIET]
    return len(calls) == len(lines) == len(quiet) + 1 and any(one is whole for one in calls)


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


def _deleted(query: QuerySet, whole: cst.Call, row: str, groups: _Groups) -> tuple[frozenset[str], str]:
    """Give the conditions of the rows that go, but for their group, and which row of each group stays."""
    root, chain = links_of(whole, query.machine)
    query.check_root(root, chain)
    if chain[-1][0] != "delete" or chain[-1][1].args:
        raise understood_no(whole)
    ties: list[str] = []
    kept: list[str] = []
    others: list[tuple[str, cst.Call]] = []
    for method, call in chain[:-1]:
        if method == "filter":
            tied, rest = _tied(query, call, row)
            ties += tied
            others += [(method, call.with_changes(args=rest))] if rest else []
        elif method == "exclude" and (key := _key_of_best(query, call, row)) is not None:
            kept.append(key)
        else:
            others.append((method, call))
    if set(ties) != groups.columns or len(ties) != len(groups.columns) or len(kept) != 1 or kept[0] not in groups.best:
        raise understood_no(whole)
    return frozenset(query.conditions(others)), groups.best[kept[0]]


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
