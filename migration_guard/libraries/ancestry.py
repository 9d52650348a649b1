"""Base classes, metaclasses and decorators from out of sight: what they may call of what the repository defines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from migration_guard.interpreter.classes import Class
from migration_guard.interpreter.functions import Function
from migration_guard.interpreter.instances import Instance
from migration_guard.interpreter.values import UNKNOWN, External, Unknown, Value, join
from migration_guard.libraries import trust
from migration_guard.libraries.database import Handle, Model, Query, Tracked, named_target, record
from migration_guard.libraries.entrusted import only_wraps
from migration_guard.libraries.execution import opaque
from migration_guard.libraries.handing import holds_a_way
from migration_guard.libraries.roots import BY_ROOT, is_known
from migration_guard.libraries.standard import records, running
from migration_guard.operations import OperationKind

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call


def unseen_bases(cls: Class) -> Iterator[str]:
    """The names of what stands above a class, and is neither in sight nor known."""
    for one in cls.lineage():
        for option in (option for base in (*one.bases, one.made_like) for option in base.alternatives()):
            if isinstance(option, (External, Unknown)):
                name = option.origin.partition("@")[0]
                if name not in ("object", "builtins.object") and not _is_believed(External(name)):
                    yield name


def _is_believed(base: External) -> bool:
    return is_known(base) or trust.is_reader(base, base.last)


def made(instance: Instance, call: Call) -> None:
    """An object was made: the `__init__` of a base class out of sight may call what the class in sight overrides.

    Django's managers are made while models are defined, before there is a database.
    """
    if any(True for _ in unseen_bases(instance.cls)) and not is_queryset(instance.cls):
        overridden(instance, call, Unknown(given=True))


def used(instance: Instance, call: Call) -> None:
    """Python calls something of an object by itself that its class does not have: a base class out of sight may."""
    if any(True for _ in unseen_bases(instance.cls)):
        overridden(instance, call)


def overridden(instance: Instance, call: Call, rest: Value = UNKNOWN) -> None:
    """Run what a base class may call; what takes arguments only where nothing has run it yet."""
    machine = call.machine
    names = [name for cls in instance.cls.lineage() for name in cls.scope.names]
    other_way = trust.other_way(machine.ledger.direction)
    for name in dict.fromkeys(names):
        method = instance.cls.method_of(name)
        if method is None or name.startswith("__") or name in other_way:
            continue
        takes = method.node.params.params[method.style != "staticmethod" :]
        if takes and id(method.node) in machine.reached:
            continue
        if not any(frame.node is method.node for frame in machine.frames):
            bound = method.bind(instance.cls if method.style == "classmethod" else instance)
            machine.call(bound, call.with_arguments((), {}).opened(rest)).consumed()


def inherited_method(instance: Instance, found: External, call: Call) -> Value:
    """`self.name(…)`, where a base class from out of sight has it: it may call what the class in sight overrides."""
    machine = call.machine
    base = found.name.rpartition(".")[0]
    if instance.cls.fields == "NamedTuple":
        of_tuple = records.tuple_method(instance, call)
        if of_tuple is not None:
            return of_tuple
    if running.is_thread(base):
        result = running.thread_method(instance, call.name, call)
        if result is not None:
            return result
    if found.name.startswith("builtins.object."):
        return machine.call(found, call)
    handle = _made_by(External(base), call)
    if handle is not None:
        return handle.method(call.name, call)
    if found.root in BY_ROOT:
        if call.name in _CALLS_OTHERS:
            overridden(instance, call)
        if call.name in ("save", "create", "update"):
            _saves_model(instance, call)
        return machine.call(found, call)
    for name in _OF_COLLECTIONS.get(call.name, "").split() if found.root in ("collections", "typing") else ():
        takes = 2 if name in ("__setitem__", "insert") else 0 if name in ("__iter__", "__len__") else 1
        instance.special(name, *[UNKNOWN] * takes)
    overridden(instance, call)
    if instance.handle and not trust.asks(call.name) and not trust.logs(found, call.name):
        opaque(call, f"{call.name} is inherited from out of sight and has a way to the database", call.name)
    with machine.libraries.entrusted.quiet():
        return machine.call(found, call)


def _made_by(base: External, call: Call) -> Handle | None:
    """What a class makes that is a way to the database, and is inherited from: `class Mine(Session)`."""
    if base.name in ("sqlite3.Connection", "sqlite3.Cursor"):
        return Handle("sqlite3")
    library = BY_ROOT.get(base.root)
    made = library.call(base, call.with_arguments((), {})) if library is not None else None
    return made if isinstance(made, Handle) else None


def _saves_model(instance: Instance, call: Call) -> None:
    """`form.save()`, `serializer.save()`: the row of the model that `Meta` names."""
    meta = instance.cls.lookup("Meta")
    model = meta.lookup("model") if isinstance(meta, Class) else None
    for option in model.alternatives() if model is not None else ():
        table, name = named_target(option, call.machine)
        there = instance.read("instance")
        kind = OperationKind.INSERT_VALUES if there is None else OperationKind.UPDATE
        record(call, kind, how="django-orm", tables=(table,), model=name)


def class_method(cls: Class, name: str, call: Call) -> Value:
    """`Class.name(…)` of a base class from out of sight: it may make an object, and call what that overrides."""
    if cls.fields == "NamedTuple" and name == "_make":
        return cls.call(call.with_arguments(call.positional[0].elements() or (), {}) if call.positional else call)
    if is_queryset(cls) and name in ("as_manager", "from_queryset"):
        return queryset_class(cls, name, call)
    if name == "as_mutable" and any(base.startswith("sqlalchemy.ext.mutable.") for base in cls.external_bases()):
        return Tracked()
    if any(value.handle for value in call.arguments):
        opaque(call, f"{cls.name}.{name} is inherited from out of sight and is given a way to the database", name)
    if any(True for _ in unseen_bases(cls)):
        call.machine.libraries.entrusted.may_use(
            cls, call.with_arguments((cls, *cls.children, *call.positional), call.named)
        )
    return Unknown(name)


def through_decorator(function: Function, call: Call) -> None:
    """A function below a decorator from out of sight is called: that one gets what the function is given."""
    machine = call.machine
    machine.libraries.entrusted.may_run(function, call)
    name = function.wrapper.rpartition(".")[2]
    inside = any(frame.function is not None for frame in machine.frames)
    if not inside or not name or only_wraps(name) or _is_believed(External(function.wrapper)) or trust.asks(call.name):
        return
    if any(map(holds_a_way, call.arguments)):
        opaque(call, f"the decorator {name} is out of sight and is given a way to the database, or rows of it", name)


def wraps_class(value: Value, wrapper: Value) -> None:
    """A class stands below a decorator from out of sight, which is to its objects what a base class would be."""
    name = getattr(wrapper, "hint", "") or wrapper.origin.rpartition(".")[2]
    for option in value.alternatives():
        if isinstance(option, Class) and not only_wraps(name):
            option.made_like = wrapper


def read(receiver: Value, value: Value, call: Call) -> Value:
    """`object.name`, and not called: a decorator from out of sight may have made a property of the function."""
    found = []
    for option in value.alternatives():
        found.append(option)
        if isinstance(option, Function) and option.wrapped and option.owner is not None and _is_property(option):
            bound = option if option.bound is not None else option.bind(receiver)
            found.append(call.machine.call(bound, call))
    return join(reversed(found)) if len(found) > len(value.alternatives()) else value


def _is_property(function: Function) -> bool:
    """Whether it may have become one: it takes nothing, and its decorator is not named after what it does around a call."""
    parameters = function.node.params
    required = [one for one in (*parameters.params[1:], *parameters.kwonly_params) if one.default is None]
    name = function.wrapper.rpartition(".")[2]
    return (
        not required and not trust.is_queue(function.wrapper) and (not only_wraps(name) or "property" in name.lower())
    )


def is_queryset(cls: Class) -> bool:
    """Whether it is a class of querysets or managers, of Django's."""
    last = (base.rpartition(".")[2] for base in cls.external_bases() if base.startswith("django."))
    return any(name.endswith(("QuerySet", "Manager")) for name in last)


def method_of_manager(instance: Instance, call: Call) -> Value | None:
    """A method that a manager which the repository makes by itself has from Django: of the rows of the model that it was given."""
    if not is_queryset(instance.cls):
        return None
    given = instance.read("model")
    model = given if isinstance(given, Model) else Model(None, None, "django-orm")
    return Query((model,), "django-orm", plain=False, manager=instance.cls).method(call.name, call)


def queryset_class(cls: Class, name: str, call: Call) -> Value:
    """`QuerySet.as_manager()`, `Manager.from_queryset(QuerySet)`: what has the methods of both."""
    if name == "as_manager":
        return Instance(cls, call)
    given = [option for value in call.positional[:1] for option in value.alternatives() if isinstance(option, Class)]
    return call.machine.make_class(cls.name, (cls, *given), {})


_CALLS_OTHERS = frozenset(
    "execute run run_from_argv call_command __call__ save is_valid full_clean dispatch debug".split()
)
"""Methods of classes of known libraries that are there to call those that subclasses have."""
_OF_COLLECTIONS = {
    **dict.fromkeys(("update", "setdefault"), "__getitem__ __setitem__"),
    **dict.fromkeys(("pop", "popitem", "clear"), "__iter__ __getitem__ __delitem__ discard"),
    **dict.fromkeys(("get", "items", "values", "index", "count"), "__iter__ __getitem__"),
    **dict.fromkeys(("append", "extend"), "__len__ insert"),
    "remove": "__delitem__ discard",
    "keys": "__iter__",
}
"""What the abstract collections of Python call for their own methods."""
