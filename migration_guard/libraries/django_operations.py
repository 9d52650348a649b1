"""Django: the operations of a migration, run in one direction as the executor runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_guard.gate.known import SCHEMA_OPERATIONS
from migration_guard.interpreter.ancestors import Super
from migration_guard.interpreter.call import Call
from migration_guard.interpreter.collections import Sequence
from migration_guard.interpreter.functions import Function
from migration_guard.interpreter.instances import Instance
from migration_guard.interpreter.spot import spot_of
from migration_guard.interpreter.text import Text
from migration_guard.interpreter.values import NONE, UNKNOWN, External, Partial, Unknown, Value
from migration_guard.libraries.database import record
from migration_guard.libraries.django import APPS, SCHEMA_EDITOR, Built, Foreign
from migration_guard.libraries.execution import execute, opaque
from migration_guard.libraries.waiting import of_operation
from migration_guard.operations import OperationKind

if TYPE_CHECKING:
    from migration_guard.interpreter.machine import Machine


def super_method(receiver: Super, name: str, call: Call) -> Value:
    """`super().database_forwards(…)` of an operation's subclass: runs what the base class was built with."""
    instance = receiver.instance
    if isinstance(instance, Instance) and name in ("database_forwards", "database_backwards"):
        run_operation(instance, call.machine, forward=name == "database_forwards")
    return UNKNOWN


# --- Operations of a migration ---------------------------------------------------------------------------------------


PLUGINS = {
    "pgtrigger": "AddTrigger RemoveTrigger",
    "pgvector": "VectorExtension",
    "django_migration_linter": "IgnoreMigration",
    "django_add_default_value": "AddDefaultValue",
    "django_db_views": "ViewRunPython ViewDropRunPython",
    "django_pg_migration_tools": "SaferAddIndexConcurrently SaferRemoveIndexConcurrently SaferAddUniqueConstraint "
    "SaferRemoveUniqueConstraint SaferAlterFieldSetNotNull SaferAddFieldForeignKey SaferRemoveFieldForeignKey "
    "SaferAddCheckConstraint SaferRemoveCheckConstraint SaferAddFieldOneToOne",
    "pg_partitioning": "CreatePartitionedModel AddPartition DeletePartition CreatePartition AttachPartition DetachPartition",
    "partitioning": "CreatePartitionedModel AddPartition DeletePartition CreatePartition AttachPartition DetachPartition",
    "psqlextra": "HStoreExtension ApplyState PostgresAddDefaultPartition PostgresAddHashPartition "
    "PostgresAddListPartition PostgresAddRangePartition PostgresCreateMaterializedViewModel "
    "PostgresCreatePartitionedModel PostgresCreateViewModel PostgresDeleteDefaultPartition "
    "PostgresDeleteHashPartition PostgresDeleteListPartition PostgresDeleteMaterializedViewModel "
    "PostgresDeletePartitionedModel PostgresDeleteRangePartition PostgresDeleteViewModel",
    "sortedm2m": "AlterSortedManyToManyField",
    "timescale": "CreateHypertable CreateExtension",
}
"""Classes of other packages that change the schema and no rows: all that is known of them, by their documentation."""
_OF_TEXT = ("migrate_sql", "django_migrate_sql")
"""Packages whose `CreateSQL`, `AlterSQL` and `DeleteSQL` execute the text that they are given."""
_SCHEMA = frozenset(origin.rpartition(".")[2] for origin in SCHEMA_OPERATIONS) | {
    "Operation",
    "CreateCollation",
    "RemoveCollation",
}
_STREAMS = "MigrateStreamData"
"""Wagtail's: rewrites the streams of a model's rows."""


def run_operation(operation: Value, machine: Machine, *, forward: bool) -> None:
    """One element of `operations`, in one direction."""
    match operation:
        case Built(cls=cls, made_with=call) | Foreign(cls=cls, made_with=call) if call is not None:
            run_base(cls, call, machine, forward=forward)
        case Instance():
            call = operation.made_with or operation.made_by
            for base in operation.cls.external_bases():
                run_base(base, call, machine, forward=forward)
        case Unknown():
            call = Call(machine, "operations", machine.here(machine.place(machine.source.tree)))
            opaque(call, "an operation of the migration is not known", operation.hint or None)


def run_base(name: str, made_with: Call, machine: Machine, *, forward: bool) -> None:
    """What an operation of a class out of sight does, by the class's dotted name."""
    call = made_with
    root, last = name.partition(".")[0], name.rpartition(".")[2]
    match last:
        case "RunSQL":
            sql = (call.argument(0, "sql") or UNKNOWN) if forward else call.argument(1, "reverse_sql")
            run_sql(sql, call)
        case "RunPython":
            code = (call.argument(0, "code") or UNKNOWN) if forward else call.argument(1, "reverse_code")
            for function in code.alternatives() if code is not None else ():
                if function is not NONE and not (isinstance(function, External) and function.last == "noop"):
                    machine.call(function, call.with_arguments((APPS, SCHEMA_EDITOR), {}))
        case "SeparateDatabaseAndState":
            inner = call.argument(0, "database_operations")
            operations = inner.elements() if inner is not None else []
            run_operations(
                operations if operations is not None else [inner.element() if inner is not None else UNKNOWN],
                machine,
                forward=forward,
            )
        case "CreateModel" if root == "django":
            if forward:
                _create_model(call, machine)
        case "AlterModelTable" | "RenameModel" if root == "django":
            if forward:
                _alter_model(last, call, machine)
        case _ if last in (_SCHEMA if root == "django" else PLUGINS.get(root, "").split()):
            if forward and last in ("AddField", "AlterField"):
                _call_default(call, machine)
            if forward:
                machine.ledger.schema(
                    spot_of(call.place), last, on=of_operation(last, call, machine), stack=machine.frames
                )
        case "CreateSQL" | "AlterSQL" | "DeleteSQL" if root in _OF_TEXT:
            run_sql(call.argument(1, "sql") if forward else call.argument(2, "reverse_sql"), call)
        case _ if last == _STREAMS:
            _rewrite_streams(call, machine)
        case _:
            opaque(call, f"{last} is none of Django's operations, and out of sight", last)


def _create_model(call: Call, machine: Machine) -> None:
    model = call.argument(0, "name")
    if isinstance(model, Text):
        table = machine.libraries.django.created_table(str(model), call.argument(2, "options"), machine)
        machine.ledger.create(table, spot_of(call.place))
    needed = of_operation("CreateModel", call, machine)
    machine.ledger.schema(spot_of(call.place), "CreateModel", on=needed, stack=machine.frames)


def _call_default(call: Call, machine: Machine) -> None:
    """A function that is the default of a new field is called, once for the rows that there are."""
    given = call.argument(2, "field")
    for field in given.alternatives() if given is not None else ():
        made = field.made_with if isinstance(field, (Built, Foreign)) else None
        default = made.named.get("default") if made is not None else None
        for option in default.alternatives() if default is not None else ():
            if isinstance(option, (Function, Partial)):
                machine.call(option, call.with_arguments((), {})).consumed()


def _alter_model(operation: str, call: Call, machine: Machine) -> None:
    first, second = call.argument(0, "name", "old_name"), call.argument(1, "table", "new_name")
    old = None
    if isinstance(first, Text) and first.known:
        old = machine.libraries.django.model(None, str(first), machine).table
        new = str(second) if isinstance(second, Text) and second.known else None
        if operation == "AlterModelTable":
            machine.libraries.django.alter_table(str(first), new)
        elif new is not None:
            machine.libraries.django.rename_model(str(first), new)
    machine.ledger.schema(spot_of(call.place), operation, on=(old,), stack=machine.frames)


def _rewrite_streams(call: Call, machine: Machine) -> None:
    app, name = call.argument(0, "app_name"), call.argument(1, "model_name")
    label = str(app) if isinstance(app, Text) and app.known else None
    found = machine.libraries.django.model(label, str(name) if isinstance(name, Text) and name.known else None, machine)
    record(call, OperationKind.UPDATE, how="django-orm", tables=(found.table,), model=found.name)


def run_sql(sql: Value | None, call: Call) -> None:
    """What RunSQL takes: text, or a list of texts and of (text, parameters)."""
    for option in sql.alternatives() if sql is not None else ():
        if isinstance(option, Sequence):
            for element in option.each():
                inner = element.elements() if isinstance(element, Sequence) else None
                execute(call, inner[0] if inner else element)
        elif option is not NONE and not (isinstance(option, External) and option.last == "noop"):
            execute(call, option)


def run_operations(operations: list[Value], machine: Machine, *, forward: bool) -> None:
    for operation in operations if forward else reversed(operations):
        for option in operation.alternatives():
            if forward and isinstance(option, Instance):
                _ask(option, machine)
            method = (
                option.cls.lookup("database_forwards" if forward else "database_backwards")
                if isinstance(option, Instance)
                else None
            )
            if method is not None and isinstance(option, Instance):
                bound = option.attribute("database_forwards" if forward else "database_backwards", machine)
                machine.call(bound, option.made_by.with_arguments((UNKNOWN, SCHEMA_EDITOR, State(), State()), {}))
            else:
                run_operation(option, machine, forward=forward)


def _ask(operation: Instance, machine: Machine) -> None:
    """What Django calls and asks of an operation beside its ways, where its class says it itself."""
    if operation.cls.lookup("state_forwards") is not None:
        given = (Unknown("app_label", given=True), Unknown("state", given=True))
        call = operation.made_by.with_arguments(given, {})
        machine.call(operation.attribute("state_forwards", machine), call).consumed()
    for name in _ASKED:
        if operation.cls.lookup(name) is not None:
            operation.attribute(name, machine).consumed()


_ASKED = ("atomic", "reversible")


class State(Value):
    """`from_state`, `to_state`: lead to the models of that moment."""

    __slots__ = ()

    def attribute(self, name: str, machine: Machine) -> Value:
        return APPS if name == "apps" else Unknown(name)
