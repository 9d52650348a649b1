"""`update()` and `delete()` of Django's querysets as SQL, also for each row of a loop over the rows that they refer to."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import libcst as cst

from migration_guard.forms.nodes import within
from migration_guard.interpreter.syntax import dotted
from migration_guard.rendition.groups import all_but_one
from migration_guard.rendition.loops import loop_spot, loops_of
from migration_guard.rendition.queryset import READ_BY_DJANGO, QuerySet, links_of
from migration_guard.rendition.spelling import (
    NotRendered,
    Rendered,
    name,
    plain_arguments,
    qualified,
    understood_no,
    where,
)
from migration_guard.rendition.written import with_rows

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.spot import Spot
    from migration_guard.libraries.database import Model


@with_rows
def rendered(call: Call, model: Model | None) -> str | Rendered:
    """Give the statement of a call of `update()` or `delete()`."""
    whole = call.place.whole
    if not isinstance(whole, cst.Call) or model is None or model.table is None or model.name is None:
        raise NotRendered("which table it writes is not known; write the statement in SQL, then move it")
    query = QuerySet(call.machine, model, model.table)
    try:
        return query.statement(whole)
    except NotRendered:
        if (kept := all_but_one(query, whole)) is not None:
            return kept
        if (same := _one_by_one(query, whole)) is not None:
            return same
        if (beside := Beside.of(query, whole)) is not None:
            return Rendered(beside.statement(whole), loop=beside.spot)
        raise


def _one_by_one(query: QuerySet, whole: cst.Call) -> Rendered | None:
    """Give the statement of a loop that changes each row of a query by its key; None where it is something else."""
    machine = query.machine
    around = [loop for loop in loops_of(machine) if any(one is whole for one in within(loop.body))]
    if len(around) != 1 or not _is_all(around[0].body, whole) or around[0].orelse is not None:
        return None
    loop, row, spot = around[0], around[0].target, loop_spot(machine, around[0])
    root, chain = links_of(loop.iter, machine)
    through = chain[-1][0] if chain else ""
    try:
        given = [
            str(one.evaluated_value) for one in plain_arguments(chain[-1][1])[0] if isinstance(one, cst.SimpleString)
        ]
        base = chain[:-1] if through in ("values", "values_list") else chain
        query.check_root(root, chain)
        conditions = query.conditions(base)
        own_root, own = links_of(whole, machine)
        query.check_root(own_root, own)
    except (NotRendered, IndexError):
        return None
    if not isinstance(row, cst.Name) or spot is None or not _same_model(query, chain) or own[-1][0] != "update":
        return None
    columns = _columns_of(row.value, through, given, flat="flat" in plain_arguments(chain[-1][1])[1])
    keys = [pair for method, call in own[:-1] if method == "filter" for pair in plain_arguments(call)[1].items()]
    sought = [(field, columns(node)) for field, node in keys]
    same = [{query.column(one) for one in pair if one is not None} == {query.column("pk")} for pair in sought]
    if same != [True] or sought[0][1] is None or any(method != "filter" for method, _ in own[:-1]):
        return None
    sets = []
    for field, node in plain_arguments(own[-1][1])[1].items():
        of_row = columns(node)
        sets.append(
            f"{query.column(field)} = {query.column(of_row) if of_row is not None else query.given(field, node)}"
        )
    return Rendered(f"UPDATE {qualified(query.table)} SET {', '.join(sets)}{where(conditions)}", loop=spot)


def _same_model(query: QuerySet, chain: list[tuple[str, cst.Call]]) -> bool:
    """Whether a chain goes through rows of the same model."""
    from migration_guard.libraries.database import Model  # noqa: PLC0415 -- it imports the ledger

    for _, call in chain:
        base = call.func.value if isinstance(call.func, cst.Attribute) else None
        manager = base.value if isinstance(base, cst.Attribute) else None
        model = query.machine.evaluate(manager) if manager is not None else None
        if isinstance(model, Model):
            return model.table == query.table
    return False


def _columns_of(row: str, through: str, given: list[str], *, flat: bool) -> Callable[[cst.BaseExpression], str | None]:
    """Which field of the row an expression gives."""

    def field(node: cst.BaseExpression) -> str | None:
        match node:
            case cst.Name(value=name) if name == row and through == "values_list" and flat and len(given) == 1:
                return given[0]
            case cst.Subscript(value=cst.Name(value=name), slice=[cst.SubscriptElement(slice=cst.Index(value=index))]):
                if name == row and through == "values" and isinstance(index, cst.SimpleString):
                    key = str(index.evaluated_value)
                    return key if key in given or not given else None
                if name == row and through == "values_list" and isinstance(index, cst.Integer):
                    return given[int(index.value)] if int(index.value) < len(given) else None
            case cst.Attribute(value=cst.Name(value=name), attr=attr) if name == row and through not in (
                "values",
                "values_list",
            ):
                return attr.value
        return None

    return field


class Beside:
    """A statement for each row of a loop over another model: `Lead.objects.filter(owner=owner).update(name=owner.name)`."""

    def __init__(self, query: QuerySet, row: str, source: QuerySet, conditions: list[str], spot: Spot) -> None:
        self._query = query
        self._source = source
        self._conditions = conditions
        self.spot = spot
        self._row = row
        self._met = False

    @staticmethod
    def of(query: QuerySet, whole: cst.Call) -> Beside | None:
        """Look at the loop around a statement; None where it does anything else, or nothing is known of its rows."""
        from migration_guard.libraries.database import Query  # noqa: PLC0415 -- it imports the ledger

        machine = query.machine
        around = [loop for loop in loops_of(machine) if any(one is whole for one in within(loop.body))]
        if len(around) != 1 or not _is_all(around[0].body, whole):
            return None
        loop, row, spot = around[0], around[0].target, loop_spot(machine, around[0])
        if not isinstance(row, cst.Name):
            return None
        found = machine.evaluate(loop.iter)
        model = found.model if isinstance(found, Query) else None
        if (
            model is None
            or model.table is None
            or model.table == query.table
            or spot is None
            or loop.orelse is not None
        ):
            return None
        source = QuerySet(machine, model, model.table, f"{name(model.table)}.")
        root, chain = links_of(loop.iter, machine)
        source.check_root(root, chain)
        target = QuerySet(machine, query.model, query.table, f"{name(query.table)}.")
        return Beside(target, row.value, source, source.conditions(chain), spot)

    def statement(self, whole: cst.Call) -> str:
        root, chain = links_of(whole, self._query.machine)
        self._query.check_root(root, chain)
        verb, last = chain[-1]
        conditions = [self._condition(call) for method, call in chain[:-1] if method == "filter"]
        conditions += self._query.conditions([link for link in chain[:-1] if link[0] != "filter"])
        where_ = where([*conditions, *self._conditions])
        positional, named = plain_arguments(last)
        if not self._met or verb != "update" or positional or not named:
            raise understood_no(whole)
        sets = ", ".join(f"{self._query.bare(field)} = {self._given(field, value)}" for field, value in named.items())
        return f"UPDATE {qualified(self._query.table)} SET {sets} FROM {qualified(self._source.table)}{where_}"

    def _condition(self, call: cst.Call) -> str:
        positional, named = plain_arguments(call)
        parts = [self._query.q(one) for one in positional]
        for spelling, node in named.items():
            parts.append(self._is_of_row(spelling, node) or self._query.lookup(spelling, node))
        if not parts:
            return "TRUE"
        return " AND ".join(f"({part})" for part in parts)

    def _is_of_row(self, spelling: str, node: cst.BaseExpression) -> str | None:
        """That a row refers to the row of the loop by a foreign key: to one of them at most."""
        django, field = self._query.machine.libraries.django, spelling.removesuffix("_id").removesuffix("__pk")
        kind = django.field_kind(self._query.model, field)
        other = django.related(self._query.model, field) if kind in ("ForeignKey", "OneToOneField") else None
        if other is None or other.table != self._source.table:
            return None
        referred = self._source.column(django.referred(self._query.model, field))
        if spelling.endswith("__pk") and referred != self._source.column("pk"):
            return None
        if dotted(node) != self._row and not self._gives(node, referred):
            return None
        self._met = True
        return f"{self._query.column(field)} = {referred}"

    def _gives(self, node: cst.BaseExpression, column: str) -> bool:
        """Whether an expression is that column of the loop's row."""
        match node:
            case cst.Attribute(value=cst.Name(value=row), attr=attr) if row == self._row:
                return self._source.column(attr.value) == column
        return False

    def _given(self, field: str, node: cst.BaseExpression) -> str:
        match node:
            case cst.Attribute(value=cst.Name(value=row), attr=attr) if row == self._row:
                django = self._query.machine.libraries.django
                kinds = {django.field_kind(self._source.model, attr.value), django.field_kind(self._query.model, field)}
                if len(kinds) > 1 and kinds & READ_BY_DJANGO:
                    raise understood_no(node)
                return self._source.column(attr.value)
        return self._query.given(field, node)


def _is_all(block: cst.BaseSuite, whole: cst.Call) -> bool:
    """Whether a statement is all that a block holds."""
    lines = [line for one in block.body for line in (one.body if isinstance(one, cst.SimpleStatementLine) else [one])]
    return len(lines) == 1 and isinstance(lines[0], cst.Expr) and lines[0].value is whole
