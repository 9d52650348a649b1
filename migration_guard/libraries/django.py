"""Django: apps, models, migrations' operations, and the ways to its database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from migration_guard.interpreter.collections import Mapping, Sequence
from migration_guard.interpreter.objects import Instance, Super
from migration_guard.interpreter.spot import spot_of
from migration_guard.interpreter.text import Text
from migration_guard.interpreter.values import NONE, UNKNOWN, External, Method, Unknown, Value
from migration_guard.libraries import orm
from migration_guard.libraries.database import EXPRESSION, Handle, Model, Query, Statement, record, run_callbacks
from migration_guard.libraries.django_models import bundled_table
from migration_guard.libraries.execution import execute
from migration_guard.operations import OperationKind

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine

ROOTS = ("django", "rest_framework", "django_extensions", "swapper", "south", "waffle", "guardian", "reversion")


def value(name: str) -> Value | None:
    match name:
        case "django.db.connection" | "django.db.connections" | "django.db.transaction.connection":
            return CONNECTIONS if name.endswith("s") else Handle("connection")
        case "django.apps.apps":
            return APPS
        case "south.db.db" | "south.db.dbs":
            return Handle("db")
    if name.startswith("django.contrib.") and ".models." in name:
        return external_model(name)
    return None


def external_model(name: str) -> Value | None:
    """A model imported from a package that is not in the repository: `django.contrib.auth.models.Group`."""
    package, _, cls = name.partition(".models.")
    if (
        not cls[:1].isupper()
        or "." in cls
        or package in ("django.db", "django.contrib.gis.db")
        or package.endswith(".db")
    ):
        return None
    if cls.endswith(("Manager", "Mixin", "Field", "QuerySet", "Error", "Exception")):
        return None
    app = package.rpartition(".")[2]
    if package.startswith("django.contrib."):
        return Model(f"{app}.{cls}", bundled_table(app, cls), "django-orm")
    return Model(f"{app}.{cls}", f"{app}_{cls}".lower(), "django-orm")


def call(target: External, call: Call) -> Value | None:
    first = call.positional[0] if call.positional else UNKNOWN
    match target.last:
        case "gf":  # South's `self.gf("django.db.models.…")`: the class of a field, by its name
            return External("south.Field")
        case "get_user_model":
            return Model(None, None, "django-orm")
        case "get_model" | "load_model":
            return _get_model(call)
        case "get_model_name" | "get_model_names":
            return Unknown("model_name")
        case "atomic":
            return first if call.positional else UNKNOWN
        case "on_commit" | "run_on_commit":
            run_callbacks(call)
            return NONE
        case "call_command":
            return _call_command(call)
        case "create_permissions" | "create_contenttypes" | "create_default_site":
            record(call, OperationKind.DML_CALL, how="helper", callee=target.last)
            return NONE
        case "get_permission_model" | "get_group_model":
            return Model(None, None, "django-orm")
        case "bulk_update":
            record(call, OperationKind.UPDATE, how="django-orm")
            return NONE
        case last if last in orm.SAVES | orm.ROW_DELETES and call.positional:  # `models.Model.save(row)`
            return first.method(last, call.with_arguments(call.positional[1:], call.named))
        case "UpdateQuery" | "DeleteQuery" | "InsertQuery" | "QuerySet" | "Manager" if isinstance(first, Model):
            return _query_of(target.last, first, call)
        case "Prefetch" | "Subquery" | "OuterRef" | "F" | "Q" | "Value" | "Count" | "Paginator":
            return first if target.last == "Paginator" else EXPRESSION
        case "get_object_or_404" | "get_list_or_404":
            return Query((first,), "django-orm", plain=False).element() if isinstance(first, Model) else UNKNOWN
    if target.last[:1].isupper():
        return Built(target.name, call)
    run_callbacks(call)
    return Unknown(target.last, from_rows=any(value.from_rows for value in call.arguments))


def _query_of(cls: str, model: Model, call: Call) -> Value:
    """`QuerySet(model)`, and the parts that querysets are made of: they write once their compiler executes them."""
    kind = _QUERIES.get(cls)
    if kind is None:
        return Query((model,), "django-orm", plain=False)
    return Statement(kind, (model.table,), model.name, spot_of(call.place), "django-orm")


_QUERIES = {
    "UpdateQuery": OperationKind.UPDATE,
    "DeleteQuery": OperationKind.DELETE,
    "InsertQuery": OperationKind.INSERT_VALUES,
}


@dataclass(frozen=True, slots=True, eq=False)
class Built(Value):
    """An object of a class of Django's: an operation of a migration, or a model field."""

    cls: str
    made_with: Call

    @property
    def last(self) -> str:
        return self.cls.rpartition(".")[2]


def _call_command(call: Call) -> Value:
    name = call.argument(0, "command_name")
    if isinstance(name, Text) and str(name) in ("loaddata", "sqlflush", "flush"):
        record(call, OperationKind.DML_CALL, how="helper", callee=f"call_command {name}")
    elif not isinstance(name, Text) or str(name) not in _QUIET_COMMANDS:
        record(
            call, OperationKind.OPAQUE, how="helper", callee="call_command", text="a management command is out of sight"
        )
    return NONE


_QUIET_COMMANDS = frozenset(
    "migrate collectstatic check compilemessages makemigrations createcachetable showmigrations".split()
)


def _get_model(call: Call) -> Value:
    """`apps.get_model("app", "Model")` in each of its spellings."""
    first, second = call.argument(0, "app_label"), call.argument(1, "model_name")

    def named(app: Value | None, model: Value | None) -> Value:
        label = str(app) if isinstance(app, Text) and app.known else None
        name = str(model) if isinstance(model, Text) and model.known else None
        if label is not None and name is None and "." in label and not isinstance(model, Unknown):
            label, _, name = label.partition(".")
        if label is None and name is None:
            return Model(None, None, "django-orm")
        return call.machine.libraries.django.model(label, name, call.machine)

    return call.machine.combine(named, first if first is not None else UNKNOWN, second if second is not None else NONE)


class Apps(Value):
    """The registry of models that a RunPython function is given."""

    __slots__ = ()
    handle = True

    @property
    def key(self) -> object:
        return "apps"

    def attribute(self, name: str, machine: Machine) -> Value:
        if name == "app_configs":
            return Mapping(rest=AppConfig())
        return AllModels(machine) if name == "all_models" else Method(self, name)

    def method(self, name: str, call: Call) -> Value:
        match name:
            case "get_model" | "get_registered_model":
                return _get_model(call)
            case "get_models":
                return Sequence([], Model(None, None, "django-orm"))
            case "get_app_config":
                label = call.argument(0, "app_label")
                return AppConfig(str(label) if isinstance(label, Text) and label.known else None)
            case "get_app_configs":
                return Sequence([], AppConfig())
        return UNKNOWN


class AllModels(Value):
    """`apps.all_models`, and `apps.all_models["app"]`."""

    __slots__ = ("app", "machine")

    def __init__(self, machine: Machine, app: str | None = None) -> None:
        self.machine = machine
        self.app = app

    def item(self, key: Value) -> Value:
        name = str(key) if isinstance(key, Text) and key.known else None
        if self.app is None:
            return AllModels(self.machine, name or "?")
        if name is None or self.app == "?":
            return Model(None, None, "django-orm")
        return self.machine.libraries.django.model(self.app, name, self.machine)


@dataclass(frozen=True, slots=True)
class AppConfig(Value):
    """`apps.get_app_config(…)`."""

    label: str | None = None

    def method(self, name: str, call: Call) -> Value:
        if name == "get_model":
            model = call.argument(0, "model_name")
            if isinstance(model, Text) and model.known:
                return call.machine.libraries.django.model(self.label, str(model), call.machine)
            return Model(None, None, "django-orm")
        if name == "get_models":
            return Sequence([], Model(None, None, "django-orm"))
        return UNKNOWN


class SchemaEditor(Value):
    """`schema_editor`: executes SQL, changes the schema, and leads to the connection."""

    __slots__ = ()
    handle = True

    @property
    def key(self) -> object:
        return "schema_editor"

    def attribute(self, name: str, machine: Machine) -> Value:
        if name == "connection":
            return Handle("connection")
        if name == "deferred_sql":
            return DeferredSql()
        return Method(self, name)

    def method(self, name: str, call: Call) -> Value:
        if name == "execute":
            given = call.argument(0, "sql")
            return execute(call, given, call.argument(1, "params")) if given is not None else UNKNOWN
        if name == "create_model":
            model = call.argument(0, "model")
            call.machine.ledger.create(model.table if isinstance(model, Model) else None, spot_of(call.place))
        if name.startswith("_"):
            return EXPRESSION  # the parts that write DDL down, or look at the catalogue
        if name not in ("quote_name", "quote_value", "atomic_migration"):
            call.machine.ledger.schema(spot_of(call.place), f"schema_editor.{name}")
        if name == "quote_name":
            return call.argument(0, "name") or UNKNOWN
        return Unknown(name)


class DeferredSql(Value):
    """`schema_editor.deferred_sql`: what is appended is executed at the end of the migration."""

    __slots__ = ()

    def method(self, name: str, call: Call) -> Value:
        if name in ("append", "extend") and call.positional:
            execute(call, call.positional[0])
        return NONE


class Connections(Value):
    """`django.db.connections`."""

    __slots__ = ()
    handle = True

    def item(self, key: Value) -> Value:
        return Handle("connection")

    def element(self) -> Value:
        return Unknown("alias")

    def method(self, name: str, call: Call) -> Value:
        return Handle("connection") if name in ("create_connection", "__getitem__") else UNKNOWN


APPS = Apps()
SCHEMA_EDITOR = SchemaEditor()
CONNECTIONS = Connections()


class SouthOrm(Value):
    """South's frozen `orm`: `orm["app.Model"]`, `orm.Model`."""

    __slots__ = ()
    handle = True

    def attribute(self, name: str, machine: Machine) -> Value:
        return machine.libraries.django.model(None, name, machine) if name[:1].isupper() else Unknown(name)

    def item(self, key: Value) -> Value:
        if isinstance(key, Text) and key.known:
            app, _, name = str(key).rpartition(".")
            return Model(f"{app}.{name}" if app else name, f"{app}_{name}".lower() if app else None, "django-orm")
        return Model(None, None, "django-orm")


def super_method(receiver: Super, name: str, call: Call) -> Value:
    """`super().database_forwards(…)` of an operation's subclass: runs what the base class was built with."""
    instance = receiver.instance
    if isinstance(instance, Instance) and name in ("database_forwards", "database_backwards"):
        run_operation(instance, call.machine, forward=name == "database_forwards")
    return UNKNOWN


# --- Operations of a migration ---------------------------------------------------------------------------------------


def run_operation(operation: Value, machine: Machine, *, forward: bool) -> None:
    """One element of `operations`, in one direction."""
    if isinstance(operation, Built):
        run_base(operation.last, operation.made_with, machine, forward=forward)
    elif isinstance(operation, Instance) and operation.made_with is not None:
        for base in operation.cls.external_bases():
            run_base(base.rpartition(".")[2], operation.made_with, machine, forward=forward)


def run_base(name: str, made_with: Call, machine: Machine, *, forward: bool) -> None:
    call = made_with
    match name:
        case "RunSQL":
            sql = call.argument(0, "sql") if forward else call.argument(1, "reverse_sql")
            run_sql(sql, call)
        case "RunPython":
            code = call.argument(0, "code") if forward else call.argument(1, "reverse_code")
            for function in code.alternatives() if code is not None else ():
                if function is not NONE and not (isinstance(function, External) and function.last == "noop"):
                    machine.call(function, call.with_arguments((APPS, SCHEMA_EDITOR), {}))
        case "SeparateDatabaseAndState":
            inner = call.argument(0, "database_operations")
            operations = inner.elements() or [] if inner is not None else []
            run_operations(operations, machine, forward=forward)
        case "CreateModel" if forward:
            model = call.argument(0, "name")
            if isinstance(model, Text):
                table = machine.libraries.django.created_table(str(model), call.argument(2, "options"), machine)
                machine.ledger.create(table, spot_of(call.place))
            machine.ledger.schema(spot_of(call.place), name)
        case _ if forward:
            machine.ledger.schema(spot_of(call.place), name)


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


class State(Value):
    """`from_state`, `to_state`: lead to the models of that moment."""

    __slots__ = ()

    def attribute(self, name: str, machine: Machine) -> Value:
        return APPS if name == "apps" else Unknown(name)
