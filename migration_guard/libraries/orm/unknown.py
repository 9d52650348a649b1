"""Receivers that were read from the database, and whose model is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_guard.interpreter.values import Unknown, Value
from migration_guard.libraries.database import (
    Query,
    record,
)
from migration_guard.libraries.orm.content_types import LEADING, led_to
from migration_guard.libraries.orm.names import UNMISTAKABLE
from migration_guard.libraries.orm.querysets import query_method
from migration_guard.operations import OperationKind

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call


def unknown_row_method(receiver: Unknown, name: str, call: Call) -> Value | None:
    """A method of something that was read from the database and whose model is not known."""
    if name in LEADING:
        return led_to(name)
    if name in ("save", "asave") and call.machine.libraries.framework == "django":
        record(call, OperationKind.UPDATE, how="django-orm")
    elif name in ("delete", "adelete") and not call.arguments and call.machine.libraries.framework == "django":
        record(call, OperationKind.DELETE, how="django-orm")
    elif name in UNMISTAKABLE:
        unknown_query_method(name, call)
    return None


def unknown_query_method(name: str, call: Call) -> None:
    query_method(Query((), "django-orm", plain=False), name, call)
