"""Django's content types: rows that lead to a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_guard.interpreter.text import Text
from migration_guard.interpreter.values import Value
from migration_guard.libraries.database import (
    Model,
    Query,
    Row,
)

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call


LEADING = frozenset(
    {"model_class", "get_object_for_this_type", "get_all_objects_for_this_type", "aget_object_for_this_type"}
)


CONTENT_TYPES = "contenttypes.contenttype"


def remember(row: Row, call: Call) -> None:
    """`ContentType.objects.get(app_label=…, model=…)`, `.get_by_natural_key(…)`, `.get_for_model(model)`."""
    model = call.argument(0, "model") if call.name == "get_for_model" else None
    if model is None:
        app, name = call.argument(0, "app_label"), call.argument(1, "model")
        known = all(isinstance(one, Text) and one.known for one in (app, name))
        model = call.machine.libraries.django.model(str(app), str(name), call.machine) if known else None
    if model is not None:
        row.write("leads to", model)


def led_to(name: str, row: Row | None = None) -> Value:
    """What a ContentType leads to: a model that is mostly not known."""
    found = row.read("leads to") if row is not None else None
    model = found if isinstance(found, Model) else Model(None, None, "django-orm")
    if name == "model_class":
        return model
    return Query((model,), "django-orm", plain=False) if name == "get_all_objects_for_this_type" else Row(model)
