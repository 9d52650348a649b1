"""Django: apps, models, migrations' operations, and the ways to its database."""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING

from migration_guard.interpreter.classes import Class
from migration_guard.interpreter.collections import Mapping, Sequence
from migration_guard.interpreter.instances import Instance
from migration_guard.interpreter.spot import spot_of
from migration_guard.interpreter.text import Text
from migration_guard.interpreter.values import NONE, UNKNOWN, External, Method, Unknown, Value, join
from migration_guard.later import Later, re
from migration_guard.lean import dataclass
from migration_guard.libraries import orm
from migration_guard.libraries.computing import EXPRESSION
from migration_guard.libraries.database import Handle, Model, Query, Row, Statement, record
from migration_guard.libraries.django_models import bundled_table
from migration_guard.libraries.django_pages import Pages
from migration_guard.libraries.execution import execute, opaque
from migration_guard.libraries.handing import run_callbacks
from migration_guard.libraries.standard import data
from migration_guard.operations import Direction, OperationKind

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine
    from migration_guard.interpreter.values import Place
    from migration_guard.libraries import django_operations
else:
    django_operations = Later("migration_guard.libraries.django_operations")  # which imports this module

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
        or (cls.isupper() and "_" in cls)  # a constant beside them
        or "." in cls
        or package in ("django.db", "django.contrib.gis.db")
        or package.endswith(".db")
    ):
        return None
    if cls.endswith(("Manager", "Mixin", "Field", "QuerySet", "Error", "Exception")) or cls == "AnonymousUser":
        return None  # the last is nobody's row: it cannot be saved
    app = package.rpartition(".")[2]
    if package.startswith("django.contrib."):
        return Model(f"{app}.{cls}", bundled_table(app, cls), "django-orm")
    return Model(f"{app}.{cls}", f"{app}_{cls}".lower(), "django-orm", real=True)


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
        case "SimpleLazyObject":
            return join(run_callbacks(call))
        case "Manager" | "BaseManager":
            return Query((Model(None, None, "django-orm"),), "django-orm", plain=False)
        case "QuerySet":
            given = call.argument(0, "model") or UNKNOWN
            models = [option for option in given.alternatives() if isinstance(option, Model)]
            return join(Query((one,), one.orm, plain=False) for one in models or [Model(None, None, "django-orm")])
        case "from_queryset" if call.positional:
            return first
        case "call_command":
            return _call_command(call)
        case "create_permissions" | "create_contenttypes" | "create_default_site":
            record(call, OperationKind.DML_CALL, how="helper", callee=target.last)
            return NONE
        case "deserialize" | "Deserializer":  # objects of models that the data names
            row = Row(Model(None, None, "django-orm"))
            row.write("new", Unknown("new"))  # saving it inserts or updates
            return Sequence((), row, from_rows=True)
        case "emit_post_migrate_signal":
            record(call, OperationKind.DML_CALL, how="helper", callee=target.last)
            return NONE
        case "send" | "send_robust" if ".signals." in target.name:
            opaque(call, "who receives a signal is out of sight", target.name.rpartition(".signals.")[2])
            return UNKNOWN
        case "connect" if target.name.endswith(_WITH_MIGRATIONS):
            run_callbacks(call)
            return NONE
        case "get_permission_model" | "get_group_model":
            return Model(None, None, "django-orm")
        case "bulk_update":
            record(call, OperationKind.UPDATE, how="django-orm")
            return NONE
        case last if isinstance(first, Query) and _OF_QUERYSETS.search(target.name):  # `QuerySet.update(rows, …)`
            return first.method(last, call.with_arguments(call.positional[1:], call.named))
        case last if last in orm.SAVES | orm.ROW_DELETES and call.positional:  # `models.Model.save(row)`
            return first.method(last, call.with_arguments(call.positional[1:], call.named))
        case "UpdateQuery" | "DeleteQuery" | "InsertQuery" | "QuerySet" | "Manager" if isinstance(first, Model):
            return _query_of(target.last, first, call)
        case "Prefetch" | "Subquery" | "OuterRef" | "F" | "Q" | "Value" | "Count":
            return EXPRESSION
        case "Paginator" if call.arguments:
            return Pages(call.argument(0, "object_list") or UNKNOWN)
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


def chained(query: Query, call: Call) -> Value:
    """What is made of the description of a queryset: that of another one, or of a change of its rows."""
    wanted = call.argument(0, "klass") or UNKNOWN
    model = query.model or Model(None, None, "django-orm")
    names = [
        name
        for option in wanted.alternatives()
        for name in (option.external_bases() if isinstance(option, Class) else [option.origin])
    ]
    found = [_query_of(last, model, call) for name in names if (last := name.rpartition(".")[2]) in _QUERIES]
    return join(found) if found else query


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

    def assign(self, name: str, value: Value, machine: Machine, place: Place) -> None:
        """What is put into an operation later is what it then runs: `operation.sql = "UPDATE …"`."""
        if name in _RUN_BY_OPERATIONS:
            given = self.made_with.with_arguments((), {name: value})
            forward = not name.startswith("reverse_")
            with machine.entering(Direction.UPGRADE if forward else Direction.DOWNGRADE, function=False):
                django_operations.run_base(self.cls, given, machine, forward=forward)


_RUN_BY_OPERATIONS = frozenset({"sql", "reverse_sql", "code", "reverse_code", "database_operations"})
"""Attributes of Django's operations, which are called like the arguments that set them."""


@dataclass(frozen=True, slots=True)
class Foreign(Unknown):
    """An object of a class out of sight that is no way to the database: perhaps an operation of a migration."""

    cls: str = ""
    made_with: Call | None = field(default=None, compare=False, repr=False)


def _call_command(call: Call) -> Value:
    name = call.argument(0, "command_name")
    commands = [option for option in name.alternatives() if isinstance(option, Instance)] if name is not None else []
    for command in commands:
        command.method("handle", replace(call.with_arguments((), call.named).opened(UNKNOWN), name="handle"))
    if commands:
        return NONE
    if isinstance(name, Text) and str(name) in ("loaddata", "sqlflush", "flush"):
        data.reads_fixtures(call.positional[1:], call)
        record(call, OperationKind.DML_CALL, how="helper", callee=f"call_command {name}")
    elif not isinstance(name, Text) or str(name) not in _QUIET_COMMANDS:
        record(
            call, OperationKind.OPAQUE, how="helper", callee="call_command", text="a management command is out of sight"
        )
    return NONE


_OF_QUERYSETS = re.compile(r"\.\w*(?:QuerySet|Manager)\.\w+$")
_WITH_MIGRATIONS = (".signals.post_migrate.connect", ".signals.pre_migrate.connect")
"""What is connected to these is called when the migrations have run, or before."""
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
        if call.machine.libraries.framework == "tortoise":
            return Model(f"{label}.{name}", None, "tortoise")
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
        if name == "quote_name":
            return call.argument(0, "name") or UNKNOWN
        if name in _EDITS:
            edited = call.argument(0, "model")
            on = () if name == "create_model" else (edited.table if isinstance(edited, Model) else None,)
            call.machine.ledger.schema(spot_of(call.place), f"schema_editor.{name}", on=on, stack=call.machine.frames)
        elif name in _WRITES_DOWN or _PART.match(name):
            return EXPRESSION
        elif name not in ("__enter__", "__exit__", "atomic_migration"):
            opaque(call, f"schema_editor.{name} is none of Django's methods, and out of sight", name)
        return Unknown(name)


_EDITS = frozenset(
    "add_constraint add_field add_index alter_db_table alter_db_table_comment alter_db_tablespace alter_field "
    "alter_index_together alter_unique_together create_model delete_model remove_constraint remove_field remove_index "
    "remove_procedure rename_index remove_geometry_metadata "
    "_alter_field _alter_many_to_many _create_missing_fk_index _delete_composed_index _delete_primary_key "
    "_drop_identity _remake_table "
    # Of psqlextra's:
    "create_partitioned_model delete_partitioned_model add_range_partition add_list_partition add_hash_partition "
    "add_default_partition delete_partition create_view_model replace_view_model delete_view_model "
    "create_materialized_view_model replace_materialized_view_model delete_materialized_view_model "
    "refresh_materialized_view_model create_schema delete_schema vacuum_table vacuum_model "
    "set_comment_on_table alter_table_storage_setting alter_model_storage_setting".split()
)
"""What Django's editors change of the schema, whichever server they are of."""
_WRITES_DOWN = frozenset(
    "column_sql table_sql db_default_sql effective_default prepare_default quote_value normalize_name geo_quote_name "
    "skip_default skip_default_on_alter add_note "
    "_alter_field_type_workaround _effective_default _field_base_data_types _field_became_primary_key "
    "_field_data_type _field_db_check _field_should_be_altered _field_should_be_indexed _generate_temp_name "
    "_get_default_collation _index_columns _is_changing_type_of_indexed_text_column _is_collation_deterministic "
    "_is_identity_column _is_limited_data_type _is_referenced_by_foreign_key_constraint _is_text_or_blob "
    "_set_field_new_type _set_field_new_type_null_status _supports_limited_data_type_defaults "
    "_unique_should_be_added _unique_supported _related_non_m2m_objects _all_related_fields".split()
)
"""… and what they only write down, or look up in the catalogue."""
_PART = re.compile(r"_\w+_(?:sql|names?)$")


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
