"""A loop over a queryset as SQL: its rows are assigned to, and saved one by one or together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from migration_guard.forms.nodes import within
from migration_guard.interpreter.syntax import dotted
from migration_guard.rendition.collected import collected
from migration_guard.rendition.groups import all_but_first
from migration_guard.rendition.kinds import KINDS, Kind
from migration_guard.rendition.loops import (
    Body,
    loop_around,
    loop_spot,
    row_of,
)
from migration_guard.rendition.queryset import QuerySet
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
    from migration_guard.interpreter.machine import Machine
    from migration_guard.libraries.database import Model


@with_rows
def of_save(call: Call, model: Model | None) -> Rendered:
    """Give the statement that a loop over a queryset stands for, whose rows are saved one by one."""
    whole = call.place.whole
    if not isinstance(whole, cst.Call) or model is None or model.table is None or model.name is None:
        raise NotRendered("which table it writes is not known; write the statement in SQL, then move it")
    if isinstance(whole.func, cst.Attribute) and isinstance(whole.func.value, cst.Call):
        raise NotRendered("it saves a row that it has made itself, which is quick; leave it where it is")
    row = dotted(whole.func.value) if isinstance(whole.func, cst.Attribute) else None
    if row is not None and (single := _single(call.machine, model, row, whole)) is not None:
        return single
    loop = loop_around(call.machine, whole, row)
    given = plain_arguments(whole)[1].get("update_fields")
    return _of_loop(call.machine, model, loop, _fields_of(given), saved=whole)


@with_rows
def of_delete(call: Call, model: Model | None) -> Rendered:
    """Give the statement of a loop over a queryset that deletes its rows one by one."""
    whole = call.place.whole
    if not isinstance(whole, cst.Call) or model is None or model.table is None or model.name is None:
        raise NotRendered("which table it writes is not known; write the statement in SQL, then move it")
    row = dotted(whole.func.value) if isinstance(whole.func, cst.Attribute) else None
    query = QuerySet(call.machine, model, model.table)
    if row is not None and (kept := all_but_first(query, whole, row)) is not None:
        return kept
    loop = loop_around(call.machine, whole, row)
    query.alone()
    conditions = query.rows(row_of(loop)[1])
    held = Body(call.machine, loop, _Fields(query), whole).held()
    return Rendered(
        f"DELETE FROM {qualified(model.table)}{where([*conditions, *held])}", loop=loop_spot(call.machine, loop)
    )


def _single(machine: Machine, model: Model, row: str, whole: cst.Call) -> Rendered | None:
    """Give the statement of `row = Model.objects.get(…)`, assignments and `row.save()`, where they stand one behind the other."""
    block = next((one for one in within(machine.frames[-1].node) if _has_line(one, whole)), None)
    if not isinstance(block, cst.IndentedBlock) or model.table is None:
        return None
    lines = [
        one.body[0] if isinstance(one, cst.SimpleStatementLine) and len(one.body) == 1 else one for one in block.body
    ]
    end = next(i for i, one in enumerate(lines) if isinstance(one, cst.Expr) and one.value is whole)
    begin = next((i for i in range(end - 1, -1, -1) if _got(lines[i], row) is not None), None)
    got = _got(lines[begin], row) if begin is not None else None
    if begin is None or got is None:
        return None
    query = QuerySet(machine, model, model.table)
    conditions = query.rows(
        got.with_changes(func=cst.ensure_type(got.func, cst.Attribute).with_changes(attr=cst.Name("filter")))
    )
    made = cst.For(
        target=cst.Name(row),
        iter=got,
        body=cst.IndentedBlock(
            body=[
                cst.SimpleStatementLine([one])
                for one in lines[begin + 1 : end + 1]
                if isinstance(one, cst.BaseSmallStatement)
            ]
        ),
    )
    if len(made.body.body) != end - begin or any(
        isinstance(one, cst.Name) and one.value == row for after in lines[end + 1 :] for one in within(after)
    ):
        return None
    sets, held = Body(machine, made, _Fields(query), whole).run()
    _check_saved(machine, model, set(sets), _fields_of(plain_arguments(whole)[1].get("update_fields")))
    columns = ", ".join(f"{query.column(field)} = {value}" for field, value in sets.items())
    return Rendered(f"UPDATE {qualified(model.table)} SET {columns}{where([*conditions, *held])}")


def _has_line(node: cst.CSTNode, whole: cst.Call) -> bool:
    return isinstance(node, cst.IndentedBlock) and any(
        isinstance(one, cst.SimpleStatementLine) and isinstance(one.body[0], cst.Expr) and one.body[0].value is whole
        for one in node.body
    )


def _got(line: cst.CSTNode, row: str) -> cst.Call | None:
    """The call of `row = Model.objects.get(…)`."""
    match line:
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))], value=cst.Call() as call) if (
            name == row
        ):
            return (
                call if isinstance(call.func, cst.Attribute) and call.func.attr.value == "get" and call.args else None
            )
    return None


@with_rows
def of_bulk_update(call: Call, model: Model | None) -> Rendered:
    """Give the statement of a loop that collects rows, which are saved together."""
    whole = call.place.whole
    if not isinstance(whole, cst.Call) or model is None or model.table is None or model.name is None:
        raise NotRendered("which table it writes is not known; write the statement in SQL, then move it")
    positional, named = plain_arguments(whole)
    listed = positional[0] if positional else None
    fields = _fields_of(positional[1] if len(positional) > 1 else named.get("fields"))
    found = collected(call.machine.frames[-1].node, whole)
    if not isinstance(listed, cst.Name) or not fields:
        raise understood_no(whole)
    if found is None:
        raise NotRendered("a loop with Python logic; write it as one UPDATE, or finish a --skeleton")
    return _of_loop(call.machine, model, found.loop, fields, saved=found.append, without=found.flushes)


def _of_loop(
    machine: Machine,
    model: Model,
    loop: cst.For,
    fields: tuple[str, ...],
    *,
    saved: cst.CSTNode,
    without: Sequence[cst.If] = (),
) -> Rendered:
    assert model.table is not None
    spot = loop_spot(machine, loop)
    query = QuerySet(machine, model, model.table)
    try:
        conditions = query.rows(row_of(loop)[1])
        sets, held = Body(machine, loop, _Fields(query), saved, without).run()
        _check_saved(machine, model, set(sets), fields)
        columns = ", ".join(f"{query.column(field)} = {value}" for field, value in sets.items())
        return Rendered(f"UPDATE {qualified(model.table)} SET {columns}{where([*conditions, *held])}", loop=spot)
    except NotRendered as reason:
        raise NotRendered(str(reason), spot) from None


def _check_saved(machine: Machine, model: Model, assigned: set[str], fields: tuple[str, ...]) -> None:
    if fields and assigned - set(fields):
        raise NotRendered("it assigns fields that it does not save; write the statement in SQL, then move it")
    if not fields and (stamp := machine.libraries.django.stamped(model)):
        raise NotRendered(f"save() also writes the time into {stamp} (auto_now); say update_fields, then move it")


def _fields_of(node: cst.BaseExpression | None) -> tuple[str, ...]:
    """The names of `update_fields`, if they are written out."""
    if node is None:
        return ()
    if not isinstance(node, (cst.List, cst.Tuple, cst.Set)):
        raise understood_no(node)
    values = [element.value for element in node.elements]
    if not all(isinstance(value, cst.SimpleString) for value in values):
        raise understood_no(node)
    return tuple(str(value.evaluated_value) for value in values if isinstance(value, cst.SimpleString))


class _Fields:
    """The fields of a row in a loop over a queryset."""

    def __init__(self, query: QuerySet) -> None:
        self._query = query

    def column(self, field: str) -> str:
        return self._query.column(field)

    def kind(self, field: str) -> Kind:
        if field == "pk" and self._query.column("pk") == self._query.column("id"):
            field = "id"
        return KINDS.get(self._query.machine.libraries.django.field_kind(self._query.model, field), Kind.OTHER)

    def related(self, field: str, attribute: str) -> tuple[str, Kind]:
        """A field of the row that a foreign key refers to."""
        django = self._query.machine.libraries.django
        other = django.related(self._query.model, field)
        if other is None or other.table is None or other.table == self._query.table:
            raise NotRendered(f"which table {field} refers to is not known here; write the statement in SQL")
        inner = QuerySet(self._query.machine, other, other.table, f"{name(other.table)}.")
        key = f"{name(self._query.table)}.{self.column(field)}"
        referred = inner.column(django.referred(self._query.model, field))
        found = f"(SELECT {inner.column(attribute)} FROM {qualified(other.table)} WHERE {referred} = {key})"
        return found, KINDS.get(django.field_kind(other, attribute), Kind.OTHER)

    def checked(self, field: str, node: cst.BaseExpression, value: str) -> str:
        return value if isinstance(node, cst.Attribute) else self._query.plain(field, value)
