"""What stands behind a field of a row: a column, or the rows that it is related to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_guard.interpreter.values import NONE, Unknown, Value
from migration_guard.later import Later, re
from migration_guard.libraries import django_relations, relationships
from migration_guard.libraries.database import (
    Field,
    record,
)
from migration_guard.libraries.execution import opaque
from migration_guard.operations import OperationKind

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.rendition import saved
else:
    saved = Later("migration_guard.rendition.saved")  # for who moves a change


_OF_DJANGO_ROWS = re.compile(
    r"^(?:get_\w+_display|get_(?:next|previous)_by_\w+|a?refresh_from_db|full_clean|clean|clean_fields|validate_unique|"
    r"validate_constraints|serializable_value|get_deferred_fields|prepare_database_save|unique_error_message|date_error_message|"
    r"_get_pk_val|_set_pk_val|_asdict|keys|items|check|__\w+__)$"
)
"""What Django gives to every row, and SQLAlchemy to its results."""


_WRITE_NAMES = (
    "add_child",
    "add_root",
    "add_sibling",
    "move",
    "publish",
    "save_revision",
    "fix_tree",
    "set_password_and_save",
)


def field_method(field: Field, name: str, call: Call, *, of_row: bool = False) -> Value:
    """`row.field.name(…)`, or `row.name(…)` where the model does not say what that is."""
    if of_row:
        if name in _WRITE_NAMES:
            opaque(call, f"{name} is out of sight and belongs to a row", name)
        model = field.row.model
        of_a_row = not call.machine.imports.is_running  # when a module is imported, it only looks like one
        if model is not None and model.real and of_a_row and not _OF_DJANGO_ROWS.match(name):
            opaque(call, f"{model.name}.{name} is out of sight and belongs to a row", name)
            return Unknown(name, from_rows=field.from_rows)
        return (
            Unknown(name, from_rows=field.from_rows)
            if not call.arguments
            else call.leave(Unknown(name, field.from_rows))
        )
    if field.orm == "sqlalchemy-orm":
        return relationships.collection_method(field, name, call)
    if field.orm == "django-orm":
        if name in _PLAIN_METHODS or not call.machine.libraries.django.may_relate(field):
            return Unknown(name, from_rows=field.from_rows)
        field = field.resolved(call.machine)
    if name in ("save", "delete", "asave", "adelete"):
        kind = OperationKind.UPDATE if "save" in name else OperationKind.DELETE
        related = field.related
        record(
            call,
            kind,
            how="django-orm",
            tables=(related.table if related else None,),
            model=related.name if related else django_relations.guess(field.name),
            rendered=lambda: (saved.of_save if kind is OperationKind.UPDATE else saved.of_delete)(call, related),
        )
        return NONE
    return django_relations.manager_method(field, name, call)


_PLAIN_METHODS = frozenset(
    "items keys get split rsplit strip lstrip rstrip lower upper replace format append pop copy startswith endswith "
    "strftime isoformat encode decode title join index".split()
)
"""Methods of strings, lists, dictionaries and dates: the field is a plain column."""
