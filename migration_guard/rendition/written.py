"""What is known of the rows that a call of Django's writes, whether SQL says the whole of it or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import wraps
from typing import TYPE_CHECKING

import libcst as cst

from migration_guard.forms.nodes import within
from migration_guard.interpreter.syntax import dotted
from migration_guard.interpreter.text import Text
from migration_guard.operations import Rows
from migration_guard.rendition.collected import collected
from migration_guard.rendition.converted import each_changed, pieces_of
from migration_guard.rendition.loops import loops_of, read_of, row_of, written_of
from migration_guard.rendition.queryset import QuerySet
from migration_guard.rendition.spelling import NotRendered, Rendered, plain_arguments

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.libraries.database import Model

    Renders = Callable[[Call, Model | None], str | Rendered]

_OF_ROWS = frozenset({"save", "asave", "delete", "adelete", "pk", "refresh_from_db"})
_LOADS = frozenset({"select_related", "only", "defer", "values", "values_list", "annotate"})
"""What says itself which columns are read."""


def with_rows(render: Renders) -> Callable[[Call, Model | None], Rendered]:
    """Tell with a statement, or with the reason why there is none, which rows it writes."""

    @wraps(render)
    def rendered(call: Call, model: Model | None) -> Rendered:
        _refuse_other_databases(call)
        try:
            found = render(call, model)
        except NotRendered as reason:
            raise NotRendered(str(reason), reason.loop, reason.rows or _rows(call, model)) from None
        return replace(found if isinstance(found, Rendered) else Rendered(found), rows=_rows(call, model))

    return rendered


def _refuse_other_databases(call: Call) -> None:
    """A backfill has one database: where its function names another of Django's, what that does would be done there."""
    for node in within(call.machine.frames[-1].node):
        if not isinstance(node, cst.Call):
            continue
        named = isinstance(node.func, cst.Attribute) and node.func.attr.value in {"using", "db_manager"}
        for one in node.args:
            if (one.keyword.value == "using" if one.keyword is not None else named) and _is_plain(one.value):
                alias = call.machine.evaluate(one.value)
                if isinstance(alias, Text) and alias.known and str(alias) != "default":
                    raise NotRendered(
                        f"its function uses the database {str(alias)!r}; define the backfill by hand, for that"
                    )


def _is_plain(node: cst.BaseExpression) -> bool:
    return isinstance(node, (cst.Name, cst.Attribute, cst.SimpleString))


def _rows(call: Call, model: Model | None) -> Rows | None:
    whole = call.place.whole
    if not isinstance(whole, cst.Call) or not isinstance(whole.func, cst.Attribute) or model is None:
        return None
    if model.table is None or model.name is None:
        return None
    query = QuerySet(call.machine, model, model.table)
    method = whole.func.attr.value.removeprefix("a")
    try:
        if method == "bulk_update":
            return _of_list(query, whole)
        if method == "update":
            fields = plain_arguments(whole)[1]
            return Rows("django-orm", "", _conditions(query, whole.func.value), _columns(query, fields))
        if method in ("save", "delete") and isinstance(whole.func.value, cst.Name):
            return _of_row(query, whole, whole.func.value.value)
        if method in ("delete", "_raw_delete"):
            takes = _takes_others(query)
            return Rows("django-orm", "", _conditions(query, whole.func.value), (), takes_others=takes)
    except NotRendered:
        pass
    return None


def _of_row(query: QuerySet, whole: cst.Call, row: str) -> Rows:
    """Say it of a row that is saved or deleted by itself, in a loop over rows or not; of a whole queryset, if it is none."""
    loop = next((one for one in _around(query, whole) if row_of(one)[0] == row), None)
    body: cst.CSTNode = loop.body if loop is not None else query.machine.frames[-1].node
    deletes = isinstance(whole.func, cst.Attribute) and whole.func.attr.value.endswith("delete")
    source = (
        row_of(loop)[1] if loop is not None else whole.func.value if isinstance(whole.func, cst.Attribute) else None
    )
    conditions = _conditions(query, source) if source is not None and (loop is not None or deletes) else ()
    written = () if deletes else _columns(query, written_of(body, row, bound=loop is None))
    used = _used(query, loop, row) if loop is not None else {}
    takes = _takes_others(query) if deletes else ()
    return Rows("django-orm", row, conditions, written, tuple(used), tuple(used.values()), takes)


def _takes_others(query: QuerySet) -> tuple[str, ...]:
    """The tables whose rows go, or are changed, with the rows that are deleted."""
    return query.machine.libraries.django.going_with(query.model)


def _of_list(query: QuerySet, whole: cst.Call) -> Rows | None:
    positional, named = plain_arguments(whole)
    listed = positional[0] if positional else named.get("objs")
    given = positional[1] if len(positional) > 1 else named.get("fields")
    if listed is None or not isinstance(given, (cst.List, cst.Tuple)):
        return None
    texts = [one.value.evaluated_value for one in given.elements if isinstance(one.value, cst.SimpleString)]
    if len(texts) != len(given.elements):
        return None
    columns = _columns(query, [str(one) for one in texts])
    if (made := each_changed(listed)) is not None:
        cut = pieces_of(query.machine.frames[-1].node, made.source)
        return Rows("django-orm", made.row, _conditions(query, cut.rows if cut is not None else made.source), columns)
    if not isinstance(listed, cst.Name):
        return None
    found = collected(query.machine.frames[-1].node, whole)
    own = [
        (loop, row)
        for loop in ([found.loop] if found is not None else loops_of(query.machine))
        if (row := row_of(loop)[0]) and (found is not None or dotted(loop.iter) == listed.value)
    ]
    if len({id(loop) for loop, _ in own}) != 1:
        return None
    loop, row = own[0]
    used = _used(query, loop, row)
    return Rows("django-orm", row, _conditions(query, row_of(loop)[1]), columns, tuple(used), tuple(used.values()))


def _around(query: QuerySet, whole: cst.Call) -> Iterator[cst.For]:
    """The loops around a call, the innermost first."""
    return reversed([loop for loop in loops_of(query.machine) if any(one is whole for one in within(loop.body))])


def _conditions(query: QuerySet, source: cst.BaseExpression) -> tuple[str, ...]:
    """What can be said in SQL of the rows that a queryset gives: nothing, where it is not understood."""
    try:
        return tuple(query.sayable(source))
    except NotRendered:
        return ()


def _columns(query: QuerySet, fields: Iterator[str] | list[str] | dict[str, cst.BaseExpression]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_column(query, field) for field in fields))


def _column(query: QuerySet, field: str) -> str:
    """The column of a field; the field's own name, where the migrations do not say."""
    try:
        return query.column(field).strip('"')
    except NotRendered:
        return field


def _used(query: QuerySet, loop: cst.For, row: str) -> dict[str, str]:
    """The fields of a row that a loop speaks of, with their columns; none where it may need others too."""
    if any(isinstance(one, cst.Name) and one.value in _LOADS for one in within(loop.iter)):
        return {}
    return {field: _column(query, field) for field in sorted(read_of(loop.body, row) - _OF_ROWS)}
