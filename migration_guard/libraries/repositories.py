"""Advanced Alchemy: repositories and services, whose methods read and write the model that `model_type` names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from migration_guard.interpreter.classes import Class
from migration_guard.interpreter.values import Unknown, Value, join
from migration_guard.libraries.database import Model, Query, Row, record, values_from_rows
from migration_guard.libraries.execution import opaque
from migration_guard.operations import OperationKind

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.instances import Instance
    from migration_guard.interpreter.machine import Machine

_ROOT = "advanced_alchemy."
_CLASSES = ("Repository", "Service")
_WRITES = {
    "add": OperationKind.INSERT_VALUES,
    "add_many": OperationKind.INSERT_VALUES,
    "create": OperationKind.INSERT_VALUES,
    "create_many": OperationKind.INSERT_VALUES,
    "update": OperationKind.UPDATE,
    "update_many": OperationKind.UPDATE,
    "get_and_update": OperationKind.UPDATE,
    "delete": OperationKind.DELETE,
    "delete_many": OperationKind.DELETE,
    "delete_where": OperationKind.DELETE,
    "upsert": OperationKind.UPSERT_VALUES,
    "upsert_many": OperationKind.UPSERT_VALUES,
    "get_or_upsert": OperationKind.UPSERT_VALUES,
}
_ROWS = frozenset({"get", "get_one", "get_one_or_none"})
_READS = frozenset(
    "list list_and_count count exists check_health get_id_attribute_value set_id_attribute_value to_schema to_model "
    "filter_collection_by_kwargs new paginate paginated".split()
)


def is_repository(cls: Class) -> bool:
    """Whether a class inherits from one of Advanced Alchemy's repositories or services, `Repository[Lead]` or without brackets."""
    bases = (option for one in cls.lineage() for base in one.bases for option in base.alternatives())
    return any(base.origin.startswith(_ROOT) and base.origin.endswith(_CLASSES) for base in bases)


def method_of_base(instance: Instance, call: Call) -> Value | None:
    """A method of a repository of Advanced Alchemy's; what it does not have is nobody's in sight."""
    if not is_repository(instance.cls):
        return None
    models: list[Model | None] = [*_models(instance.cls, call.machine)] or [None]
    name = call.name
    if name in _WRITES:
        for model in models:
            table, called = (model.table, model.name) if model is not None else (None, None)
            rows = values_from_rows(call)
            record(call, _WRITES[name], how="sqlalchemy-orm", tables=(table,), model=called, from_rows=rows)
    elif name not in _ROWS | _READS:
        opaque(call, f"{name} is none of a repository's methods", name)
    if name == "list" and models != [None]:
        return join(Query((model,), "sqlalchemy-orm", plain=False) for model in models if model is not None)
    if name in _ROWS or name.startswith(("get_", "upsert", "add", "create", "update")):
        return join(map(Row, models))
    return Unknown(name, from_rows=True)


def _models(cls: Class, machine: Machine) -> Iterator[Model]:
    """What `model_type` names, also of the repository that a service is for."""
    stated = cls.lookup("model_type")
    repository = cls.lookup("repository_type") or cls.lookup("Repo")
    if stated is None and repository is not None:
        for one in repository.alternatives():
            if isinstance(one, Class):
                yield from _models(one, machine)
    for option in stated.alternatives() if stated is not None else ():
        model = machine.libraries.model_of(option) if isinstance(option, Class) else option
        if isinstance(model, Model):
            yield model
