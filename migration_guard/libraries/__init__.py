"""What the interpreter knows about libraries: which of their calls read, which write, and what they return."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import libcst as cst

from migration_guard.interpreter.ancestors import Super
from migration_guard.interpreter.call import Call
from migration_guard.interpreter.classes import Class
from migration_guard.interpreter.collections import Mapping, Sequence
from migration_guard.interpreter.flow import HEAP
from migration_guard.interpreter.functions import Function
from migration_guard.interpreter.instances import Instance
from migration_guard.interpreter.text import Text
from migration_guard.interpreter.values import (
    NONE,
    Constant,
    External,
    Method,
    ModuleValue,
    Place,
    Unknown,
    Value,
    join,
)
from migration_guard.libraries import (
    active_record,
    ancestry,
    celery,
    django,
    django_operations,
    drivers,
    importing,
    leaving,
    loaded,
    orm,
    peewee,
    repositories,
    routines,
    sqlite_utils,
    standard,
    trust,
    yoyo,
)
from migration_guard.libraries.annotations import HANDLE_TYPES, class_of, is_plain, last_name
from migration_guard.libraries.database import HANDLE_NAME, Field, Handle, Model, Part, Query, Row, Statement, record
from migration_guard.libraries.django_models import Project
from migration_guard.libraries.entrusted import Entrusted
from migration_guard.libraries.execution import opaque
from migration_guard.libraries.leaving import SESSION, is_session
from migration_guard.libraries.operations import Implements, Operations, Registers
from migration_guard.libraries.relationships import BASES, Listener, item_written, listened, validated
from migration_guard.libraries.roots import BY_ROOT, gives, is_known
from migration_guard.libraries.standard import containers, data, running, substitution, texts
from migration_guard.libraries.standard.builtin import closure_of, namespace_of
from migration_guard.libraries.standard.files import Stream
from migration_guard.operations import OperationKind
from migration_guard.skim import reach
from migration_guard.sql import Functions
from migration_guard.sql.definitions import Definitions

if TYPE_CHECKING:
    from migration_guard.interpreter.machine import Machine
    from migration_guard.interpreter.repository import Module, Scope


class Libraries:
    """The interpreter's door to what libraries do. One for each migration."""

    def __init__(self, dialect: str, dml_helpers: tuple[str, ...]) -> None:
        self.dialect = dialect
        self.dml_helpers = frozenset(dml_helpers)
        self.functions = Functions()
        """Functions that this migration created in the database, with the data changes in their bodies."""
        self.definitions = Definitions()
        """What else it made that its later statements read."""
        self.escapes = False
        """Whether it has set that a backslash may escape in any string of SQL."""
        self.django = Project()
        self.operations = Operations()
        """The operations of Alembic's `op` that the repository registers."""

        self.entrusted = Entrusted()
        """Functions that somebody out of sight keeps."""

        self.mapped: list[Class] = []
        """Models of SQLAlchemy's whose base is no class in sight."""

        self._environment: Mapping | None = None
        self._looked_for: set[str] = set()
        self.too_deep: set[tuple[object, int]] = set()
        """Functions that are called too deeply to be followed, each told once."""
        self.unfollowed_calls: set[object] = set()
        """Calls that a limit kept from being followed, by the function and what it was given."""

        self.framework = ""
        self.steps: list[Call] = []
        """The calls of yoyo's `step()`, in order."""

    machine: Machine

    about = staticmethod(importing.about)
    sequence_method = staticmethod(containers.sequence_method)
    sequence_operated = staticmethod(containers.sequence_operated)
    mapping_method = staticmethod(containers.mapping_method)
    text_attribute = staticmethod(texts.text_attribute)
    text_method = staticmethod(texts.text_method)
    known_method = staticmethod(substitution.method_of_known)
    awaited = staticmethod(running.awaited)
    leave = staticmethod(leaving.leave)
    unseen = staticmethod(leaving.unseen)
    unfollowed = staticmethod(leaving.unfollowed)
    unknown_method = staticmethod(leaving.unknown_method)
    taken_from = staticmethod(leaving.taken_from)
    combined = staticmethod(leaving.combined)
    called_handle = staticmethod(leaving.called_handle)
    made = staticmethod(ancestry.made)
    used = staticmethod(ancestry.used)
    inherited_method = staticmethod(ancestry.inherited_method)

    @staticmethod
    def method_of_base(instance: Instance, call: Call) -> Value | None:
        """A method that an object of the repository has from a known class above: a manager's, or a repository's."""
        found = ancestry.method_of_manager(instance, call)
        return found if found is not None else repositories.method_of_base(instance, call)

    through_decorator = staticmethod(ancestry.through_decorator)
    read = staticmethod(ancestry.read)
    gives = staticmethod(gives)

    @staticmethod
    def is_known(value: External) -> bool:
        return is_known(value)

    # --- Names -------------------------------------------------------------------------------------------------------

    def external(self, name: str) -> Value:
        """The value behind a dotted name outside the repository."""
        if name == "sys.modules":
            return importing.Modules(self.machine)
        if name == "os.environ":
            return self.environment
        if name in _WEB_SESSIONS:
            return External(name)
        library = BY_ROOT.get(name.partition(".")[0])
        special = library.value(name) if library is not None else standard.value(name)
        if special is None and name.rpartition(".")[2] in orm.MANAGERS and self.framework in ("django", "south"):
            return Query((Model(None, None, "django-orm"),), "django-orm", plain=False)
        last = name.rpartition(".")[2]
        if special is None and library is None and "." in name:
            special = active_record.external_model(name, self.framework, self.machine.source.text)
        if special is None and ".models." in name and last[:1].isupper() and not active_record.is_base(name):
            special = self._external_model(name)
        if special is None and library is None and "." in name and is_session(name):
            return External(name) if name.partition(".")[0] in sys.stdlib_module_names else Handle(last, lent=True)
        return special if special is not None else External(name)

    def _external_model(self, name: str) -> Value | None:
        """A model of a package out of sight: of the ORM that the migration's framework goes with."""
        found = django.external_model(name)
        if found is None or self.framework in ("django", "south"):
            return found
        return Model(name.rpartition(".")[2], None, "sqlalchemy-orm", real=True)

    def builtin(self, name: str) -> Value:
        known = name in standard.BUILTINS
        return External(f"builtins.{name}") if known else standard.CONSTANTS.get(name) or Unknown(name)

    @property
    def environment(self) -> Mapping:
        """`os.environ`: what the migration has set is known."""
        if self._environment is None:
            with HEAP.lasting():
                self._environment = Mapping(rest=Unknown("environment"))
        return self._environment

    def parameter(self, name: str, annotation: cst.Annotation | None, scope: Scope, *, given: bool) -> Value:
        """The value of a parameter that nobody in sight passes; `given` by whoever calls an entry point.

        `scope` is where the function stands whose parameter it is.
        """
        kind = last_name(annotation)
        if name == "apps" or kind == "StateApps":
            return django.APPS
        if name == "schema_editor" or "SchemaEditor" in kind:
            return django.SCHEMA_EDITOR
        if kind in HANDLE_TYPES or (HANDLE_NAME.search(name) and not is_plain(annotation)):
            return Handle(name, lent=given, of=None if given else self._interface(annotation, scope))
        return Unknown(name, given=given)

    def _interface(self, annotation: cst.Annotation | None, scope: Scope) -> Class | None:
        """The class of the repository through which a function is said to be given the database; a row of a model is none."""
        found = class_of(annotation, scope, self.machine)
        return found if found is not None and self.model_of(found) is None else None

    # --- Calls -------------------------------------------------------------------------------------------------------

    def call(self, target: External, call: Call) -> Value:
        """A call of something outside the repository."""
        result = self._called(target, call)
        if target.last not in _READ_STREAMS:
            _pour_into_streams(*call.arguments)
        return result

    def _called(self, target: External, call: Call) -> Value:
        if target.last in self.dml_helpers:
            return leaving.run_helper(target.last, call)
        imported = importing.call(target, call)
        if imported is not None:
            return imported
        if call.positional and data.READERS.match(target.last):
            data.reads_each(call.positional[0], call)
        same = _LIKE_STANDARD.get(target.name)
        if same is not None or target.root in standard.ROOTS:
            return standard.call(External(same) if same is not None else target, call)
        library = BY_ROOT.get(target.root)
        if library is not None:
            result = library.call(target, call)
            if result is not None:
                return result
        result = celery.out_of_sight(target, call)
        return result if result is not None else leaving.leave(target, call)

    def hides_its_sql(self, function: Function, call: Call) -> bool:
        """Whether a DML helper of the repository is given SQL that is not known: the call is told, not the helper."""
        if function.name not in self.dml_helpers or call.name != function.name:
            return False
        if any(isinstance(option, (Text, Statement)) for value in call.arguments for option in value.alternatives()):
            return False
        record(call, OperationKind.DML_CALL, how="helper", callee=function.name)
        return True

    def unknown_attribute(self, receiver: Unknown, name: str) -> Value:
        if (SESSION.search(name) or name in ("cr", "_cr")) and not receiver.from_rows:  # Odoo's `env.cr`
            return Handle(name, lent=True)
        if name in orm.MANAGERS and self.framework in ("django", "south"):
            return Query((Model(None, None, "django-orm"),), "django-orm", plain=False)  # of a model of unknown origin
        return Unknown(name, from_rows=receiver.from_rows, source=loaded.part(receiver.origin, name))

    # --- Functions of the database -------------------------------------------------------------------------------------

    def find_functions(self, names: set[str]) -> bool:
        """Look for functions of the database that the repository creates elsewhere; whether it creates any of them."""
        path, root = self.django.path, self.django.root
        looked = frozenset(names - self._looked_for)
        self._looked_for |= looked
        if not looked or path is None or root is None:
            return False
        return routines.find(looked, path, root, self.dialect, self.functions)

    # --- Functions of the repository -----------------------------------------------------------------------------------

    def put(self, name: str, value: Value, place: Place) -> None:
        """Something is put into a library: whoever asks the library for it may call it."""
        running.hooked(Call(self.machine, name, place, (value,)), value)
        _pour_into_streams(value)  # `sys.stdout = buffer`

    def function_method(self, function: Function, name: str, call: Call) -> Value:
        """`function.name(…)`: what a decorator from out of sight, such as a task queue's, gave to it."""
        if function.wrapper.startswith("celery.") and name in celery.SIGNS:
            return celery.Signature(((function, call),), single=name not in celery.OVER_MANY)
        leaves = name in _ENQUEUES and trust.is_queue(function.wrapper)
        if leaves and name in celery.LEAVES and function.wrapper.startswith("celery."):
            leaves = not celery.is_eager(call)
        if not function.wrapped or leaves:
            return Unknown(name)
        self.entrusted.may_run(function, call)
        if name in ("apply", "apply_async"):  # with a tuple and a dictionary of arguments
            result = running.passed(call, function, call.argument(0, "args"), call.argument(1, "kwargs"))
        else:
            result = function.call(call)
            result.consumed()
        return join((result, function))

    def handed(self, receiver: Value, value: Value) -> None:
        """`receiver.name = value` and the like: something out of sight keeps it, if that is out of sight."""
        for option in receiver.alternatives():
            if value.handle and isinstance(option, Unknown) and not option.source:
                continue  # of what is only called like something, such as `metadata.bind = …`
            if isinstance(option, Unknown) or (isinstance(option, External) and not is_known(option)):
                self.entrusted.keeps(option.origin, value, self.machine)
                leaving.put_into(option, value, self.machine.hidden_call(""))

    def rewired(self, name: str, place: Place, receiver: Value | None = None) -> None:
        """`function.__code__ = …`: from here on something else is run than what stands there."""
        if name not in _REWIRES or (receiver is not None and not isinstance(receiver, _REWIRED)):
            return
        opaque(Call(self.machine, name, place), f"what is given to {name} changes what is run", name)

    def globals_of(self, module: Module) -> Value:
        """`function.__globals__`."""
        return namespace_of(module, self.machine)

    def closure_of(self, scope: Scope) -> Value:
        """`function.__closure__`."""
        return closure_of(scope)

    def inherited(self, base: Value, cls: Class) -> None:
        """A class of the repository has a base, perhaps from out of sight."""
        for option in base.alternatives():
            if isinstance(option, External) and option.name in BASES:
                self.mapped.append(cls)
            known = isinstance(option, External) and is_known(option) and option.root not in standard.RUNS_HEIRS
            if isinstance(option, Unknown) or (isinstance(option, External) and not known):
                self.entrusted.inherits(option, cls, self.machine)

    def decorated(self, value: Value, wrapper: Value, place: Place) -> Value:
        """What a decorator from out of sight leaves of a function or class: at least that."""
        match wrapper:
            case Listener(everywhere=everywhere):
                listened(value, Call(self.machine, "listens_for", place), everywhere=everywhere)
            case Registers() | Implements():
                wrapper.takes(value)
            case Method(receiver=sqlite_utils.Database() as database, name=name):
                database.method(name, Call(self.machine, name, place, (value,)))
            case Method(receiver=peewee.Migrator() as migrator, name=name) if isinstance(value, Function):
                return migrator.decorates(name, value, Call(self.machine, name, place))
            case Method(receiver=Sequence()):  # `@stack.callback`, `@handlers.append`
                wrapper.call(Call(self.machine, wrapper.name, place, (value,)))
            case External() if wrapper.root == "sqlalchemy" and wrapper.last == "reconstructor":
                listened(value, Call(self.machine, "reconstructor", place), everywhere=False)
            case External() if wrapper.root == "yoyo":
                return yoyo.call(wrapper, Call(self.machine, wrapper.last, place, (value,))) or value
            case External() if standard.full_name(wrapper.name) in _STANDARD_DECORATORS:
                return standard.call(wrapper, Call(self.machine, wrapper.last, place, (value,)))
        if not isinstance(wrapper, External) or not is_known(wrapper):
            self.entrusted.decorates(value, wrapper, self.machine)
            ancestry.wraps_class(value, wrapper)
        origin = wrapper.origin.partition("@")[0]
        hint = origin if trust.is_queue(origin) else getattr(wrapper, "hint", "")
        name = wrapper.name if isinstance(wrapper, External) else hint
        return replace(value, wrapped=True, wrapper=name) if isinstance(value, Function) else value

    # --- Values of the database ----------------------------------------------------------------------------------------

    def handle_method(self, handle: Handle, name: str, call: Call) -> Value:
        return django.SCHEMA_EDITOR if name == "schema_editor" else drivers.handle_method(handle, name, call)

    def part_method(self, part: Part, name: str, call: Call) -> Value:
        return drivers.part_method(part, name, call)

    def is_own_and_harmless(self, name: str) -> bool:
        """Whether the project's own wrapper of a connection has such a method, which reaches no database."""
        path, root = self.django.path, self.django.root
        return path is not None and root is not None and reach.is_harmless_method(name, path, root)

    def query_method(self, query: Query, name: str, call: Call) -> Value:
        return orm.query_method(query, name, call)

    def chained(self, query: Query, call: Call) -> Value:
        """`queryset.query.chain(UpdateQuery)`."""
        return django.chained(query, call)

    def model_attribute(self, model: Model, name: str) -> Value:
        return orm.model_attribute(model, name)

    def model_method(self, model: Model, name: str, call: Call) -> Value:
        return orm.model_method(model, name, call)

    def row_attribute(self, row: Row, name: str) -> Value:
        return orm.row_attribute(row, name, self)

    def row_assign(self, row: Row, name: str, value: Value, place: Place) -> None:
        if name in ("pk", "id") and value is NONE:
            row.write("new", Constant(value=True))  # Django's way to copy a row: the next `save()` inserts it
        validated(row, name, value, self.machine)
        orm.row_assign(row, name, place, self.machine)

    def row_method(self, row: Row, name: str, call: Call) -> Value:
        return orm.row_method(row, name, call)

    def field_item_written(self, field: Field, key: Value, value: Value | None, place: Place) -> None:
        if field.tracked:
            self.row_assign(field.row, field.name, value or NONE, place)
        elif field.leads_to_rows:
            item_written(field, key, value, Call(self.machine, "__setitem__", place))

    def field_method(self, field: Field, name: str, call: Call) -> Value:
        return orm.field_method(field, name, call)

    # --- Classes of the repository -------------------------------------------------------------------------------------

    def model_of(self, cls: Class) -> Model | None:
        """The model that a class of the repository is, if it is one."""
        return orm.model_of(cls, self)

    def class_attribute(self, cls: Class, name: str) -> Value | None:
        """What a library's base class gives to a class of the repository."""
        model = self.model_of(cls)
        if model is None:
            return None
        found = cls.lookup(name)
        if isinstance(found, Function):
            return None
        return self.model_attribute(model, name)

    def class_item(self, cls: Value) -> Value | None:
        """`Lead[1]`, an object of Pony's or peewee's by its key, also of a class out of sight, where only writing counts; None for others."""
        if isinstance(cls, External) and cls.last[:1].isupper() and not cls.last.isupper() and not is_known(cls):
            return Row(Model(None, None, "pony"))
        model = self.model_of(cls) if isinstance(cls, Class) else None
        return Row(model) if model is not None and model.orm in ("pony", "peewee") else None

    def class_items_changed(self, cls: Class, name: str, call: Call) -> None:
        """`Lead[1] = {…}`, `del Lead[1]`: peewee's models do that to their rows."""
        model = self.model_of(cls)
        if model is not None and model.orm == "peewee":
            self.model_method(model, name, call)

    def class_method(self, cls: Class, name: str, call: Call) -> Value:
        model = self.model_of(cls)
        return self.model_method(model, name, call) if model is not None else ancestry.class_method(cls, name, call)

    def instantiate(self, cls: Class, call: Call) -> Value | None:
        model = self.model_of(cls)
        if model is not None:
            row = model.call(call)
            initialiser = cls.method_of("__init__") if model.orm == "sqlalchemy-orm" else None
            if initialiser is not None:
                self.machine.run(initialiser.bind(row), call)
            return row
        given = call.argument(0, "model")
        if isinstance(given, Model) and ancestry.is_queryset(cls):
            return Query((given,), given.orm, plain=False, manager=cls)
        return None

    def super_method(self, receiver: Super, name: str, call: Call) -> Value:
        return django_operations.super_method(receiver, name, call)


_REWIRES = frozenset({"__bases__", "__class__", "__code__", "__defaults__", "__kwdefaults__"})
"""Attributes by which a function, a class or an object becomes another one."""
_REWIRED = (Class, Function, Instance, ModuleValue)


def _pour_into_streams(*values: Value) -> None:
    """Buffers among values are handed on, and may hold anything then."""
    for option in (option for value in values for option in value.alternatives()):
        if isinstance(option, Stream):
            option.written_into()


_LIKE_STANDARD = {
    **dict.fromkeys(("attr.ib", "attr.attrib", "attr.field", "attrs.field", "pydantic.Field"), "dataclasses.field"),
    **dict.fromkeys(("attr.evolve", "attrs.evolve"), "dataclasses.replace"),
    **dict.fromkeys(("attr.asdict", "attrs.asdict"), "dataclasses.asdict"),
    **dict.fromkeys(("attr.astuple", "attrs.astuple"), "dataclasses.astuple"),
    **dict.fromkeys(
        ("asgiref.sync.async_to_sync", "asgiref.sync.sync_to_async", "sqlalchemy.util.await_only"),
        "functools.update_wrapper",
    ),
    **dict.fromkeys(
        ("anyio.to_thread.run_sync", "trio.to_thread.run_sync", "starlette.concurrency.run_in_threadpool"),
        "asyncio.to_thread",
    ),
    **dict.fromkeys(("anyio.run", "trio.run"), "operator.call"),
    "django.utils.functional.cached_property": "functools.cached_property",
    "sqlalchemy.util.greenlet_spawn": "asyncio.to_thread",
    **{f"six.moves.{name}": f"builtins.{name}" for name in ("map", "zip", "filter", "range", "input")},
    "six.moves.reduce": "functools.reduce",
    "six.text_type": "builtins.str",
    "collections.UserList": "builtins.list",
    "collections.UserDict": "builtins.dict",
    "frappe.utils.execute_in_shell": "subprocess.getoutput",
}
"""Functions of other packages that do what one of the standard library does."""
_READ_STREAMS = frozenset(
    {"print", "reader", "DictReader", "load", "safe_load", "iter", "list", "next", "StringIO", "enumerate"}
)
"""Functions that only read the stream which they are given, or write into it what is known."""
_WEB_SESSIONS = frozenset({"flask.session", "quart.session", "flask.sessions", "bottle.session"})
"""What is called like a way to the database, and is what a visitor's cookie holds."""
_STANDARD_DECORATORS = frozenset({"functools.singledispatch", "functools.singledispatchmethod", "atexit.register"})
"""… that leave something else of a function, or run it."""
_ENQUEUES = frozenset(
    "delay apply_async send send_with_options enqueue enqueue_in enqueue_at kiq defer defer_async schedule si s "
    "signature subtask async_ serve deploy to_deployment".split()
)
"""Methods of tasks that leave the work to somebody else."""
