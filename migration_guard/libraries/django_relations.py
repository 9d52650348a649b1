"""Django: managers of related rows, and the tables that they write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_guard.interpreter.text import Text
from migration_guard.interpreter.values import NONE, UNKNOWN, Unknown, Value
from migration_guard.libraries.database import Field, Query, record
from migration_guard.operations import OperationKind

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.libraries.django_models import Relation

_CHANGES = {
    "add": OperationKind.INSERT_LOOP,
    "set": OperationKind.INSERT_LOOP,
    "aadd": OperationKind.INSERT_LOOP,
    "aset": OperationKind.INSERT_LOOP,
    "remove": OperationKind.DELETE,
    "clear": OperationKind.DELETE,
    "aremove": OperationKind.DELETE,
    "aclear": OperationKind.DELETE,
}
"""What changes which rows are related; of a table between these are its rows."""
_CREATES = frozenset(
    "create acreate get_or_create aget_or_create update_or_create aupdate_or_create bulk_create abulk_create".split()
)


def manager_method(field: Field, name: str, call: Call) -> Value:
    """`row.field.name(…)` of what leads to related rows, or may do."""
    owner = field.row.model
    known = owner is not None and "." not in field.name
    relation = call.machine.libraries.django.relation(owner, field.name) if known and owner is not None else None
    if name in _CHANGES and not (name in ("remove", "clear") and any(isinstance(v, Text) for v in call.positional)):
        _changed(field, relation, name, call)
        return NONE
    if name == "update" and (call.positional or not call.named):
        return NONE  # `dict.update(…)` of a value in a JSON column; a queryset's update takes keywords only
    if name == "values" and not call.arguments:
        return Unknown(name, from_rows=field.from_rows)  # of a dictionary, as likely as of a manager; both only read
    if name in _CREATES and relation is not None and relation.between is not None:
        record(call, OperationKind.INSERT_LOOP, how="django-orm", tables=(relation.between.table,))
    related = field.related
    query = Query((related,) if related else (), "django-orm", plain=False, guessed=guess(field.name))
    return call.machine.libraries.query_method(query, name, call)


def _changed(field: Field, relation: Relation | None, name: str, call: Call) -> None:
    owner = field.row.model
    column = field.name.rpartition(".")[2]
    kinds = _kinds(name, call)
    if relation is None:
        table = f"{owner.table}_{column}" if owner is not None and owner.table and "." not in field.name else None
        model = f"{owner.name}.{column}" if owner is not None and owner.name else None
    elif relation.between is not None:
        table, model = relation.between.table, relation.between.name
    else:  # the related rows themselves name the row that they belong to
        table, model, kinds = relation.other.table, relation.other.name, [OperationKind.UPDATE]
    for kind in kinds:
        record(call, kind, how="django-orm", tables=(table,), model=model)


def _kinds(name: str, call: Call) -> list[OperationKind]:
    """What is done to the rows of a table between: a `set` of nothing empties it, as does one with `clear=True`."""
    if name not in ("set", "aset"):
        return [_CHANGES[name]]
    if call.positional and call.positional[0].elements() == []:
        return [OperationKind.DELETE]
    clears = call.named.get("clear", UNKNOWN if call.open else NONE)
    return [_CHANGES[name]] + [OperationKind.DELETE] * (clears.truth is not False)


def guess(name: str) -> str | None:
    """The model that `child_set` suggests."""
    last = name.rpartition(".")[2]
    return last.removesuffix("_set") if last.endswith("_set") else None
