"""What the interpreter knows about libraries: which of their calls read, which write, and what they return."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import libcst as cst

from migration_guard.interpreter.ancestors import Super
from migration_guard.interpreter.call import Call
from migration_guard.interpreter.classes import Class
from migration_guard.interpreter.collections import Mapping
from migration_guard.interpreter.flow import HEAP
from migration_guard.interpreter.functions import Function
from migration_guard.interpreter.instances import Instance
from migration_guard.interpreter.syntax import dotted
from migration_guard.interpreter.text import Text
from migration_guard.interpreter.values import (
    NONE,
    UNKNOWN,
    Constant,
    External,
    Method,
    Place,
    Unknown,
    Unseen,
    Value,
    join,
)
from migration_guard.libraries import (
    active_record,
    alembic,
    django,
    django_operations,
    drivers,
    frappe,
    importing,
    masonite,
    odoo,
    orm,
    peewee,
    piccolo,
    pony,
    routines,
    sqlalchemy,
    standard,
    tortoise,
    trust,
    yoyo,
)
from migration_guard.libraries.database import (
    CORE_VERBS,
    HANDLE_NAME,
    Field,
    Handle,
    Model,
    Query,
    Row,
    Statement,
    Table,
    held,
    holds_rows,
    record,
    run_callbacks,
    statement_on,
    takes_callback,
)
from migration_guard.libraries.django_models import Project
from migration_guard.libraries.entrusted import Entrusted
from migration_guard.libraries.execution import SINKS, changes_in, execute, opaque, run_text
from migration_guard.libraries.operations import Implements, Operations, Registers
from migration_guard.libraries.relationships import Listener, listened
from migration_guard.libraries.standard import containers, pure, records, running, texts
from migration_guard.operations import OperationKind
from migration_guard.skim import reach
from migration_guard.sql import Functions

if TYPE_CHECKING:
    from migration_guard.interpreter.machine import Machine


class Library(Protocol):
    """What a module of this package offers."""

    def value(self, name: str) -> Value | None:
        """Give what stands behind a dotted name, where it is more than a name."""

    def call(self, target: External, call: Call) -> Value | None:
        """Say what calling something of the library does; None where that is not known."""


_BY_ROOT: dict[str, Library] = {
    **dict.fromkeys(alembic.ROOTS, alembic),
    **dict.fromkeys(sqlalchemy.ROOTS, sqlalchemy),
    **dict.fromkeys(django.ROOTS, django),
    **dict.fromkeys(drivers.ROOTS, drivers),
    **dict.fromkeys(yoyo.ROOTS, yoyo),
    **dict.fromkeys(odoo.ROOTS, odoo),
    **dict.fromkeys(frappe.ROOTS, frappe),
    **dict.fromkeys(tortoise.ROOTS, tortoise),
    **dict.fromkeys(piccolo.ROOTS, piccolo),
    **dict.fromkeys(peewee.ROOTS, peewee),
    **dict.fromkeys(pony.ROOTS, pony),
    **dict.fromkeys(masonite.ROOTS, masonite),
}

_WRITES = re.compile(r"^(?:exec_?dml|loaddata|to_sql|create_permissions|create_contenttypes|update_contenttypes)$")
"""Functions that surely write, wherever they come from."""


class Libraries:
    """The interpreter's door to what libraries do. One for each migration."""

    def __init__(self, dialect: str, dml_helpers: tuple[str, ...]) -> None:
        self.dialect = dialect
        self.dml_helpers = frozenset(dml_helpers)
        self.functions = Functions()
        """Functions that this migration created in the database, with the data changes in their bodies."""
        self.escapes = False
        """Whether it has set that a backslash may escape in any string of SQL."""
        self.django = Project()
        self.operations = Operations()
        """The operations of Alembic's `op` that the repository registers."""

        self.entrusted = Entrusted()
        """Functions that somebody out of sight keeps."""

        self._environment: Mapping | None = None
        self._looked_for: set[str] = set()
        self._too_deep: set[tuple[object, int]] = set()

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
    known_method = staticmethod(pure.method_of_known)
    awaited = staticmethod(running.awaited)

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
        library = _BY_ROOT.get(name.partition(".")[0])
        special = library.value(name) if library is not None else standard.value(name)
        if special is None and name.rpartition(".")[2] in orm.MANAGERS and self.framework in ("django", "south"):
            return Query((Model(None, None, "django-orm"),), "django-orm", plain=False)
        last = name.rpartition(".")[2]
        if special is None and ".models." in name and last[:1].isupper() and not active_record.is_base(name):
            special = self._external_model(name)
        if special is None and library is None and "." in name and _SESSION.match(last):
            return External(name) if name.partition(".")[0] in sys.stdlib_module_names else Handle(last)
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

    def parameter(self, name: str, annotation: cst.Annotation | None, *, given: bool) -> Value:
        """The value of a parameter that nobody in sight passes; `given` by whoever calls an entry point."""
        kind = (dotted(annotation.annotation) or "").rpartition(".")[2] if annotation is not None else ""
        if name == "apps" or kind == "StateApps":
            return django.APPS
        if name == "schema_editor" or "SchemaEditor" in kind:
            return django.SCHEMA_EDITOR
        if HANDLE_NAME.search(name) or kind in _HANDLE_TYPES:
            return Handle(name)
        return Unknown(name, given=given)

    # --- Calls -------------------------------------------------------------------------------------------------------

    def call(self, target: External, call: Call) -> Value:
        """A call of something outside the repository."""
        if target.last in self.dml_helpers:
            return self._dml_helper(target.last, call)
        imported = importing.call(target, call)
        if imported is not None:
            return imported
        same = _LIKE_STANDARD.get(target.name)
        if same is not None or target.root in standard.ROOTS:
            return standard.call(External(same) if same is not None else target, call)
        library = _BY_ROOT.get(target.root)
        if library is not None:
            result = library.call(target, call)
            if result is not None:
                return result
        return self.leave(target, call)

    def unseen(self, callee: Unseen, call: Call) -> Value:
        """A call of something that stands in a file of the repository that could not be read."""
        path, root = callee.path, self.django.root
        if (
            path is not None
            and root is not None
            and not any(map(holds_a_way, call.arguments))
            and not reach.defined_may_reach_database(path, callee.name.partition(".")[2], root)
        ):
            return self.leave(callee, call)
        opaque(call, f"{callee.last} stands in a file that cannot be read: {callee.reason}", callee.last)
        return callee

    def leave(self, callee: Value, call: Call) -> Value:
        """A call of something whose body is not in sight: what it is given decides what it may do."""
        name = call.name or getattr(callee, "hint", "") or getattr(callee, "last", "")
        rows = any(value.from_rows for value in call.arguments)
        result: Value = Unknown(name, from_rows=rows, source=_origin_of_result(callee, call))
        if isinstance(callee, External) and callee.last[:1].isupper() and self.framework == "django":
            result = django.Foreign(name, from_rows=rows, cls=callee.name, made_with=call)
        if name in self.dml_helpers:
            return self._dml_helper(name, call)
        if self.framework == "masonite" and (given := masonite.of_application(name, call)) is not None:
            return given
        if _SESSION.search(name):
            return Handle(name)
        if trust.enqueues(callee, name, call.arguments):
            return Unknown(name)
        if name in CORE_VERBS and call.positional and isinstance(call.positional[0], (Model, Table)):
            return statement_on(call.positional[0], name, call)  # `db.update(User)` of an application's own `db`
        if _WRITES.match(name):
            record(call, OperationKind.DML_CALL, how="helper", callee=name)
            return result
        run_callbacks(call)
        self.entrusted.may_run(callee, call)
        if isinstance(callee, Unknown):
            for value in call.arguments:
                self.entrusted.keeps(callee.origin, value, self.machine)
        if not (isinstance(callee, External) and is_known(callee)):
            self.entrusted.may_use(callee, call)
        if not trust.logs(callee, name) or any(isinstance(value, Handle) for value in call.arguments):
            self._judge_arguments(callee, name, call)
        return result

    def _judge_arguments(self, callee: Value, name: str, call: Call) -> None:
        """What is handed to something out of sight is taken to be used, except by what only reads."""
        known = trust.is_reader(callee, name) or (isinstance(callee, External) and callee.root in _BY_ROOT)
        for value in call.arguments:
            for option in value.alternatives():
                if isinstance(option, Statement):
                    option.executed(call, None)
                elif (
                    isinstance(option, Text)
                    and not (known or trust.only_creates(callee, name))
                    and changes_in(call, option)
                ):
                    run_text(call, option, None, certain=False)
        reads = known or trust.asks(name) or takes_callback(call)
        parts = [part for value in call.arguments for part in held(value)]
        if not reads and any(value.handle and not isinstance(value, (Method, Row)) for value in parts):
            opaque(call, f"{name or 'a call'} is out of sight and is given a way to the database", name)
        elif not reads and not trust.keeps(callee, name) and any(map(holds_rows, call.arguments)):
            opaque(call, f"{name or 'a call'} is out of sight and is given rows of the database", name)

    def hides_its_sql(self, function: Function, call: Call) -> bool:
        """Whether a DML helper of the repository is given SQL that is not known: the call is told, not the helper."""
        if function.name not in self.dml_helpers or call.name != function.name:
            return False
        if any(isinstance(option, (Text, Statement)) for value in call.arguments for option in value.alternatives()):
            return False
        record(call, OperationKind.DML_CALL, how="helper", callee=function.name)
        return True

    def _dml_helper(self, name: str, call: Call) -> Value:
        """A helper that is known to execute DML: its text counts for what it is."""
        given = [value for value in call.arguments if isinstance(value, (Text, Statement))]
        before = len(call.machine.ledger.entries)
        for value in given:
            if isinstance(value, Statement) or changes_in(call, value):
                execute(call, value)
        if not given or (
            len(call.machine.ledger.entries) == before and not any(t.known for t in given if isinstance(t, Text))
        ):
            record(call, OperationKind.DML_CALL, how="helper", callee=name)
        return Unknown(name)

    def unknown_attribute(self, receiver: Unknown, name: str) -> Value:
        if (_SESSION.search(name) or name in ("cr", "_cr")) and not receiver.from_rows:  # Odoo's `env.cr`
            return Handle(name)
        if name in orm.MANAGERS and self.framework in ("django", "south"):
            return Query((Model(None, None, "django-orm"),), "django-orm", plain=False)  # of a model of unknown origin
        return Unknown(name, from_rows=receiver.from_rows, source=receiver.origin)

    def called_handle(self, handle: Handle, call: Call) -> Value:
        """`db.session()` is another way to the same database; what is given a statement executes it."""
        for option in (one for value in call.arguments for one in value.alternatives()):
            if isinstance(option, Text) and changes_in(call, option):
                run_text(call, option, None, certain=False)
        return handle

    def unknown_method(self, receiver: Unknown, name: str, call: Call) -> Value:
        """A method of something unknown: executing is recognised by its name and by what is executed."""
        if name in self.dml_helpers:
            return self._dml_helper(name, call)
        if _SESSION.search(name) and not receiver.from_rows:
            return Handle(name)
        if name in SINKS:
            given = call.argument(0, "sql", "statement", "query", "operation", "stmt")
            if given is not None:
                certain = bool(HANDLE_NAME.search(receiver.hint)) and not receiver.given
                return execute(call, given, call.argument(1, "parameters", "params", "args"), certain=certain)
        if receiver.from_rows:
            found = orm.unknown_row_method(receiver, name, call)
            if found is not None:
                return found
        if name in orm.UNMISTAKABLE and not receiver.from_rows:
            orm.unknown_query_method(name, call)
        if call.arguments:
            result = self.leave(receiver, call)
        else:
            result = Unknown(name)
            self.entrusted.may_run(receiver, call)
        return Unknown(name, from_rows=receiver.from_rows or result.from_rows, source=receiver.origin)

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

    def unfollowed(self, function: Function, call: Call) -> Value:
        """A call that a limit keeps from being followed: what may be at its end is not known."""
        module, root = function.scope.module, self.django.root
        speaks = module.mentions_database
        if speaks and root is not None and not any(map(holds_a_way, call.arguments)):
            owner = function.owner.name if function.owner is not None else ""
            speaks = reach.may_reach_database(module.path, owner, function.name, root)
        if speaks:
            self._told_as_too_deep(function, call)
            return Unknown(function.name)
        return call.leave(Unknown(function.name))

    def _told_as_too_deep(self, function: Function, call: Call) -> None:
        """Say once for each such function, and where the migration itself leads there: of all its calls one is enough."""
        key = (self.machine.ledger.moment, id(function.node))
        if key not in self._too_deep:
            self._too_deep.add(key)
            source = self.machine.source
            places = (frame.place for frame in reversed(self.machine.frames) if frame.place is not None)
            place = next((one for one in places if one.source is source), None)
            if place is None and len([one for one, _ in self._too_deep if one == key[0]]) > 1:
                return  # it is reached behind a call that was told, as a generator is that is gone through at the end
            place = place or Place(source, source.tree, source.tree)
            opaque(replace(call, place=place), f"{function.name} is called too deeply to be followed", function.name)

    def put(self, name: str, value: Value, place: Place) -> None:
        """Something is put into a library: whoever asks the library for it may call it."""
        running.hooked(Call(self.machine, name, place, (value,)), value)

    def function_method(self, function: Function, name: str, call: Call) -> Value:
        """`function.name(…)`: what a decorator from out of sight, such as a task queue's, gave to it."""
        if not function.wrapped or (name in _ENQUEUES and trust.is_queue(function.wrapper)):
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

    def decorated(self, value: Value, wrapper: Value, place: Place) -> Value:
        """What a decorator from out of sight leaves of a function or class: at least that."""
        match wrapper:
            case Listener(everywhere=everywhere):
                listened(value, Call(self.machine, "listens_for", place), everywhere=everywhere)
            case Registers() | Implements():
                wrapper.takes(value)
            case Method(receiver=peewee.Migrator() as migrator, name=name) if isinstance(value, Function):
                return migrator.decorates(name, value, Call(self.machine, name, place))
            case External() if standard.full_name(wrapper.name) in _STANDARD_DECORATORS:
                return standard.call(wrapper, Call(self.machine, wrapper.last, place, (value,)))
        if not isinstance(wrapper, External) or not is_known(wrapper):
            self.entrusted.decorates(value, wrapper, self.machine)
        name = wrapper.name if isinstance(wrapper, External) else getattr(wrapper, "hint", "")
        return replace(value, wrapped=True, wrapper=name) if isinstance(value, Function) else value

    def inherited_method(self, instance: Instance, found: External, call: Call) -> Value:
        """`self.name(…)`, where a base class from out of sight has it: it may call what the class in sight overrides."""
        base = found.name.rpartition(".")[0]
        if instance.cls.fields == "NamedTuple":
            of_tuple = records.tuple_method(instance, call)
            if of_tuple is not None:
                return of_tuple
        if running.is_thread(base):
            result = running.thread_method(instance, call.name, call)
            if result is not None:
                return result
        if found.root in _BY_ROOT or found.name == "builtins.object":
            return call.machine.call(found, call)
        for name in _OF_COLLECTIONS.get(call.name, "").split() if found.root in ("collections", "typing") else ():
            takes = 2 if name in ("__setitem__", "insert") else 0 if name in ("__iter__", "__len__") else 1
            instance.special(name, *[UNKNOWN] * takes)
        self._overridden(instance, call)
        if instance.handle and not trust.asks(call.name) and not trust.logs(found, call.name):
            opaque(call, f"{call.name} is inherited from out of sight and has a way to the database", call.name)
        with self.entrusted.quiet():
            return call.machine.call(found, call)

    def hook_inherited(self, instance: Instance, call: Call) -> None:
        """Python calls something of an object by itself that its class does not have: a base class out of sight may."""
        if any(not is_known(External(base)) for base in instance.cls.external_bases()):
            self._overridden(instance, call)

    def _overridden(self, instance: Instance, call: Call) -> None:
        names = [name for cls in instance.cls.lineage() for name in cls.scope.names]
        for name in dict.fromkeys(names):
            method = instance.cls.method_of(name)
            if method is None or method.style or name.startswith("__") or id(method.node) in self.machine.reached:
                continue
            if not any(frame.node is method.node for frame in self.machine.frames):
                self.machine.call(method.bind(instance), call.with_arguments((), {}).opened(UNKNOWN)).consumed()

    # --- Values of the database ----------------------------------------------------------------------------------------

    def handle_method(self, handle: Handle, name: str, call: Call) -> Value:
        return django.SCHEMA_EDITOR if name == "schema_editor" else drivers.handle_method(handle, name, call)

    def is_own_and_harmless(self, name: str) -> bool:
        """Whether the project's own wrapper of a connection has such a method, which reaches no database."""
        path, root = self.django.path, self.django.root
        return path is not None and root is not None and reach.is_harmless_method(name, path, root)

    def query_method(self, query: Query, name: str, call: Call) -> Value:
        return orm.query_method(query, name, call)

    def model_attribute(self, model: Model, name: str) -> Value:
        return orm.model_attribute(model, name)

    def model_method(self, model: Model, name: str, call: Call) -> Value:
        return orm.model_method(model, name, call)

    def row_attribute(self, row: Row, name: str) -> Value:
        return orm.row_attribute(row, name, self)

    def row_assign(self, row: Row, name: str, value: Value, place: Place) -> None:
        if name in ("pk", "id") and value is NONE:
            row.write("new", Constant(value=True))  # Django's way to copy a row: the next `save()` inserts it
        orm.row_assign(row, name, place, self.machine)

    def row_method(self, row: Row, name: str, call: Call) -> Value:
        return orm.row_method(row, name, call)

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

    def class_method(self, cls: Class, name: str, call: Call) -> Value:
        model = self.model_of(cls)
        if model is not None:
            return self.model_method(model, name, call)
        if any(value.handle for value in call.arguments):
            opaque(call, f"{cls.name}.{name} is inherited from out of sight and is given a way to the database", name)
        if not all(is_known(External(base)) for base in cls.external_bases()):
            self.entrusted.may_use(cls, call.with_arguments((cls, *cls.children, *call.positional), call.named))
        return Unknown(name)

    def instantiate(self, cls: Class, call: Call) -> Value | None:
        model = self.model_of(cls)
        return model.call(call) if model is not None else None

    def super_method(self, receiver: Super, name: str, call: Call) -> Value:
        return django_operations.super_method(receiver, name, call)


def holds_a_way(value: Value) -> bool:
    """Whether a value leads to the database."""
    return value.handle or holds_rows(value)


def is_known(value: External) -> bool:
    """Whether it comes from a library that is known here, or from Python's own."""
    return value.root in _BY_ROOT or value.root in sys.stdlib_module_names or value.root == "migrate"


def _origin_of_result(callee: Value, call: Call) -> str:
    """Whose an object is that something out of sight made: its own, where it was made."""
    if not isinstance(callee, External):
        return callee.origin
    return "" if is_known(callee) else f"{callee.name}@{id(call.place.node)}"


_OF_COLLECTIONS = {
    **dict.fromkeys(("update", "setdefault"), "__getitem__ __setitem__"),
    **dict.fromkeys(("pop", "popitem", "clear"), "__iter__ __getitem__ __delitem__ discard"),
    **dict.fromkeys(("get", "items", "values", "index", "count"), "__iter__ __getitem__"),
    **dict.fromkeys(("append", "extend"), "__len__ insert"),
    "remove": "__delitem__ discard",
    "keys": "__iter__",
}
"""What the abstract collections of Python call for their own methods."""
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
}
"""Functions of other packages that do what one of the standard library does."""
_STANDARD_DECORATORS = frozenset({"functools.singledispatch", "functools.singledispatchmethod", "atexit.register"})
"""… that leave something else of a function, or run it."""
_ENQUEUES = frozenset(
    "delay apply_async send send_with_options enqueue enqueue_in enqueue_at kiq defer defer_async schedule si s "
    "signature subtask async_".split()
)
"""Methods of tasks that leave the work to somebody else."""
_HANDLE_TYPES = frozenset(
    "Connection Engine Session AsyncSession AsyncConnection AsyncEngine Cursor Database BaseDatabaseWrapper scoped_session".split()
)
_SESSION = re.compile(
    r"^(?:get_|create_|make_|new_|open_|scoped_|async_)*(?:session|connection|cursor|engine|conn)(?:_?scope|_?factory|_?maker|local)?$",
    re.IGNORECASE,
)
"""Functions and attributes out of sight whose name says that they give a way to the database."""
