"""Django: what a model says of itself, `Model._meta` and `Model.field`, and where that leads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_guard.interpreter.collections import Sequence
from migration_guard.interpreter.text import Piece, Text
from migration_guard.interpreter.values import Method, Unknown, Value
from migration_guard.lean import dataclass
from migration_guard.libraries.database import Model, Query

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine

_FIELDS = frozenset(
    "fields local_fields concrete_fields local_concrete_fields related_objects many_to_many local_many_to_many "
    "private_fields".split()
)


class Meta(Value):
    """`Model._meta`."""

    __slots__ = ("model",)

    def __init__(self, model: Model) -> None:
        self.model = model

    def attribute(self, name: str, machine: Machine) -> Value:
        if name in ("db_table", "table_name") and self.model.table:
            return Text((Piece(self.model.table),))
        if name in ("model", "concrete_model"):
            return self.model
        if name in ("default_manager", "base_manager"):
            return Query((self.model,), self.model.orm, plain=False)
        if name in _FIELDS:
            return Sequence([], FieldMeta(self.model, None))
        return Unknown(f"{(self.model.name or 'model').rpartition('.')[2]}_{name}")

    def method(self, name: str, call: Call) -> Value:
        match name:
            case "get_field" | "get_field_by_name":
                given = call.argument(0, "field_name")
                return FieldMeta(self.model, str(given) if isinstance(given, Text) and given.known else None)
            case "get_fields":
                return Sequence([], FieldMeta(self.model, None))
        return super().method(name, call)


@dataclass(frozen=True, slots=True)
class FieldMeta(Value):
    """A field, or a relation that leads back, as `_meta` gives them; None where it is not known which."""

    model: Model
    name: str | None

    def attribute(self, name: str, machine: Machine) -> Value:
        match name:
            case "related_model" | "to" | "remote_model":
                return self._other(machine)
            case "model":
                return self.model if self.name is not None else Model(None, None, self.model.orm)
            case "remote_field" | "rel" | "field":
                return RemoteField(self)
            case "through":
                return through(self.model, self.name, machine)
        return Method(self, name) if name in _METHODS else Unknown(name)

    def method(self, name: str, call: Call) -> Value:
        if name == "m2m_db_table":
            table = through(self.model, self.name, call.machine).table
            return Text((Piece(table),)) if table else Unknown(name)
        return Unknown(name, from_rows=True)

    def _other(self, machine: Machine) -> Model:
        found = machine.libraries.django.related(self.model, self.name) if self.name is not None else None
        return found or Model(None, None, self.model.orm)


_METHODS = frozenset({"m2m_db_table", "value_from_object", "get_accessor_name"})


@dataclass(frozen=True, slots=True)
class RemoteField(Value):
    """`field.remote_field`: its model is the one on the other side."""

    field: FieldMeta

    def attribute(self, name: str, machine: Machine) -> Value:
        return self.field.attribute("related_model" if name == "model" else name, machine)


def through(model: Model, name: str | None, machine: Machine) -> Model:
    """The model of the table between, of a many-to-many field or its other side."""
    relation = machine.libraries.django.relation(model, name) if name is not None else None
    if relation is not None and relation.between is not None:
        between = relation.between
        label = between.name if between.name and between.name.count(".") == 1 else _label(model, name)
        return Model(label, between.table, model.orm)
    table = f"{model.table}_{name}" if model.table and name else None
    return Model(_label(model, name), table, model.orm)


def _label(model: Model, name: str | None) -> str | None:
    """The name of the model that Django makes for a table between."""
    app, _, own = (model.name or "").rpartition(".")
    return f"{app}.{own}_{name}" if own and name else None


class Descriptor(Value):
    """`Model.field` of a Django model; for many-to-many fields it leads to the table between."""

    __slots__ = ("model", "name")

    def __init__(self, model: Model, name: str) -> None:
        self.model = model
        self.name = name

    def attribute(self, name: str, machine: Machine) -> Value:
        if name == "through":
            return through(self.model, self.name, machine)
        if name in ("field", "rel"):
            return FieldMeta(self.model, self.name)
        return Unknown(name)

    def method(self, name: str, call: Call) -> Value:
        """Nothing but a custom manager has methods that a migration would call."""
        return call.machine.libraries.query_method(Query((self.model,), self.model.orm, plain=False), name, call)

    def call(self, call: Call) -> Value:
        return self.model.method(self.name, call)
