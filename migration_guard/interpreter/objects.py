"""What the repository itself defines: functions, generators, classes and their objects."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import libcst as cst

from migration_guard.interpreter.collections import Mapping, Sequence
from migration_guard.interpreter.flow import Store
from migration_guard.interpreter.syntax import within
from migration_guard.interpreter.text import Text, plain
from migration_guard.interpreter.values import (
    NONE,
    UNKNOWN,
    External,
    Method,
    Native,
    Unknown,
    Value,
    join,
)

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine
    from migration_guard.interpreter.repository import Module, Scope
    from migration_guard.interpreter.values import Place


@dataclass(frozen=True, slots=True, eq=False)
class Function(Value):
    """A function or lambda of the repository, with the scope that it was made in."""

    name: str
    node: cst.FunctionDef | cst.Lambda = field(repr=False)
    scope: Scope = field(repr=False)
    owner: Class | None = None
    """The class whose body holds it."""
    bound: Value | None = None
    """`self` or `cls`, once it was looked up on something."""
    style: str = ""
    """`staticmethod`, `classmethod`, `property` or `contextmanager`."""
    defaults: tuple[tuple[str, Value], ...] = ()
    generates: bool = False
    """Whether it holds a `yield`."""
    wrapped: bool = False
    """Whether a decorator from out of sight stands before it, and may have given it methods."""
    setter: Function | None = None
    """Of a property: what an assignment calls."""

    @property
    def key(self) -> object:
        return (id(self.node), id(self.scope), self.bound.key if self.bound else None)

    def shape(self, depth: int) -> object:
        return (id(self.node), self.bound.shape(depth) if self.bound is not None else None)

    @property
    def truth(self) -> bool | None:
        return True

    def bind(self, receiver: Value) -> Function:
        if self.style == "staticmethod":
            return self
        return replace(self, bound=receiver)

    def attribute(self, name: str, machine: Machine) -> Value:
        match name:
            case "__name__" | "__qualname__":
                return plain(self.name)
            case "__func__" | "__wrapped__":
                return self
            case "__self__" if self.bound is not None:
                return self.bound
        own = machine.function_attributes(self).read(name)
        return own if isinstance(own, Value) else Method(self, name)

    def assign(self, name: str, value: Value, machine: Machine, place: Place) -> None:
        machine.function_attributes(self).write(name, value)

    def method(self, name: str, call: Call) -> Value:
        own = call.machine.function_attributes(self).read(name)
        if isinstance(own, Value):
            return call.machine.call(own, call)
        if name in ("__call__", "__wrapped__", "__func__"):
            return self.call(call)
        if name == "__get__" and call.positional:
            return self.bind(call.positional[0])
        return call.machine.libraries.function_method(self, name, call)

    def call(self, call: Call) -> Value:
        if self.generates and self.style != "contextmanager":
            return Generator(self, call)
        if self.style == "contextmanager":
            return ContextManager(self, call)
        return call.machine.run(self, call)


@dataclass(slots=True, eq=False)
class Generator(Value):
    """The call of a function with `yield`: it runs when it is gone through."""

    is_made = True

    function: Function
    made_by: Call
    run: Value | None = None
    """What it yields, once it was gone through."""

    def shape(self, depth: int) -> object:
        return ("generator", id(self.function.node))

    @property
    def from_rows(self) -> bool:  # type: ignore[override]
        return self.whole.from_rows

    @property
    def whole(self) -> Value:
        """Everything that it yields: it is run for that."""
        if self.run is None:
            self.run = UNKNOWN  # a generator that goes through itself
            self.run = self.made_by.machine.run(self.function, self.made_by)
        return self.run

    def elements(self) -> list[Value] | None:
        return self.whole.elements()

    def element(self) -> Value:
        return self.whole.element()

    def consumed(self) -> None:
        self.whole.element()

    def method(self, name: str, call: Call) -> Value:
        if name in ("send", "__next__", "__anext__", "asend", "throw", "athrow"):
            return self.element()
        if name in ("close", "aclose"):
            self.consumed()
            return NONE
        return Unknown(name)


@dataclass(frozen=True, slots=True, eq=False)
class ContextManager(Value):
    """The call of a function under `@contextmanager`: what stands before its `yield`, the block, what stands behind."""

    is_made = True

    function: Function
    made_by: Call

    def shape(self, depth: int) -> object:
        return ("manager", id(self.function.node))

    def entered(self, machine: Machine) -> Value:
        """Entered without a block in sight, as by an ExitStack: all of it is run."""
        result = machine.run(self.function, self.made_by)
        return result.element()

    def method(self, name: str, call: Call) -> Value:
        if name in ("__enter__", "__aenter__"):
            return self.entered(call.machine)
        return NONE if name in ("__exit__", "__aexit__") else Unknown(name)

    def call(self, call: Call) -> Value:
        """`@manager()` before a function: the function runs inside."""
        self.entered(call.machine)
        return call.positional[0] if call.positional else UNKNOWN

    def consumed(self) -> None:
        self.entered(self.made_by.machine)

    @property
    def swallows(self) -> bool:
        return True


@dataclass(slots=True, eq=False)
class Class(Value):
    """A class of the repository. What its body binds is its scope, which changes as the program assigns to it."""

    is_made = True

    name: str
    node: cst.ClassDef = field(repr=False)
    scope: Scope = field(repr=False)
    module: Module = field(repr=False)
    bases: tuple[Value, ...] = ()
    fields: str = ""
    """How its `__init__` is made from its annotations: `dataclass`, `attrs`, `NamedTuple`, or not at all."""
    model: tuple[Value | None] | None = None
    """The model that the class is, once that was asked."""
    children: list[Class] = field(default_factory=list, repr=False)

    @property
    def truth(self) -> bool | None:
        return True

    def lineage(self) -> list[Class]:
        """The class and its ancestors in the repository, nearest first, each once."""
        found: list[Class] = []
        waiting: list[Value] = [self]
        while waiting:
            value = waiting.pop(0)
            if isinstance(value, Class) and value not in found:
                found.append(value)
                waiting += [option for base in value.bases for option in base.alternatives()]
        return found

    def external_bases(self) -> list[str]:
        """The dotted names of the ancestors outside the repository; `?` where one is unknown."""
        bases = [option for cls in self.lineage() for base in cls.bases for option in base.alternatives()]
        names = [base.name if isinstance(base, External) else "?" for base in bases if not isinstance(base, Class)]
        return [name for name in names if name not in ("object", "builtins.object")]

    def lookup(self, name: str) -> Value | None:
        """An attribute of the class or its ancestors, as it now stands."""
        found: list[Value] = []
        for cls in self.lineage():
            value = cls.scope.get(name)
            if value is not None:
                found.append(value)
                if cls.scope.sure(name):
                    break
        return join(found) if found else None

    def method_of(self, name: str) -> Function | None:
        found = self.lookup(name)
        return found if isinstance(found, Function) else None

    def attribute(self, name: str, machine: Machine) -> Value:
        special = machine.libraries.class_attribute(self, name)
        if special is not None:
            return special
        found = self.lookup(name)
        match name:
            case _ if found is not None:
                pass
            case "__name__" | "__qualname__":
                return plain(self.name)
            case "__subclasses__":
                return Native(name, lambda call: Sequence(self.children))
            case "__mro__":
                return Sequence(self.lineage())
            case "__dict__":
                return Mapping({value: (plain(name), self.lookup(name) or UNKNOWN) for name, value in self._names()})
            case "__members__" if self.is_enum:
                return Mapping({plain(name).key: (plain(name), value) for name, value in self.members()})
        if found is None:
            return Method(self, name) if self.external_bases() else Unknown(name)
        if isinstance(found, Function):
            return found.bind(self) if found.style == "classmethod" else found
        return found

    def _names(self) -> list[tuple[str, object]]:
        return [(name, plain(name).key) for cls in self.lineage() for name in cls.scope.names]

    def assign(self, name: str, value: Value, machine: Machine, place: Place) -> None:
        self.scope.assign(name, value)

    def remove_attribute(self, name: str) -> None:
        self.scope.delete(name)

    def method(self, name: str, call: Call) -> Value:
        target = self.attribute(name, call.machine)
        if isinstance(target, Method) and target.receiver is self:
            return call.machine.libraries.class_method(self, name, call)
        return call.machine.call(target, call)

    def call(self, call: Call) -> Value:
        made = call.machine.libraries.instantiate(self, call)
        if made is not None:
            return made
        if self.is_enum and call.positional:
            return join([*(member for _, member in self.members())]) if self.members() else UNKNOWN
        instance = Instance(self, call)
        maker = self.method_of("__new__")
        if maker is not None:
            new = call.machine.run(maker, call.with_arguments((self, *call.positional), call.named))
            if not isinstance(new, Instance):
                return new if not isinstance(new, Unknown) else instance
            instance = new
        instance.initialised(call)
        return instance

    # --- Enumerations ------------------------------------------------------------------------------------------------

    @property
    def is_enum(self) -> bool:
        return any(base.rpartition(".")[2] in _ENUMS for base in self.external_bases())

    def members(self) -> list[tuple[str, Value]]:
        """The constants of an enumeration; each stands for its value."""
        named = [(name, self.scope.get(name)) for name in self.scope.names if not name.startswith("_")]
        return [(name, value) for name, value in named if value is not None and not isinstance(value, Function)]

    def elements(self) -> list[Value] | None:
        return [value for _, value in self.members()] if self.is_enum else None

    def element(self) -> Value:
        members = [value for _, value in self.members()] if self.is_enum else []
        return join(members) if members else UNKNOWN

    def item(self, key: Value) -> Value:
        if self.is_enum and isinstance(key, Text) and key.known:
            return self.lookup(str(key)) or UNKNOWN
        return self.element()


_ENUMS = frozenset({"Enum", "IntEnum", "StrEnum", "Flag", "TextChoices", "IntegerChoices", "Choices"})


class Instance(Store, Value):
    """An object of a class of the repository."""

    __slots__ = ("cls", "made_by", "made_with")

    def __init__(self, cls: Class, made_by: Call) -> None:
        super().__init__()
        self.cls = cls
        self.made_by = made_by
        self.made_with: Call | None = None
        """The call that reached a base class outside the repository: what an operation subclass was built with."""

    @property
    def key(self) -> object:
        return id(self)

    def shape(self, depth: int) -> object:
        held = self.attributes.items() if depth else ()
        return (id(self.cls.node), tuple((name, value.shape(depth - 1)) for name, value in held))

    @property
    def attributes(self) -> dict[str, Value]:
        names = [str(name) for name in self.slots]
        return {name: value for name in names if isinstance(value := self.read(name), Value)}

    @property
    def handle(self) -> bool:  # type: ignore[override]
        return any(value.handle for value in self.attributes.values() if value is not self)

    @property
    def machine(self) -> Machine:
        return self.made_by.machine

    def initialised(self, call: Call) -> None:
        """What `__init__` does, written or made from the fields."""
        initialiser = self.cls.method_of("__init__")
        if initialiser is not None:
            self.machine.run(initialiser.bind(self), call)
            return
        self.made_with = call
        if self.cls.fields:
            self._fill(call)
        elif not self.cls.external_bases() or self.cls.external_bases() == ["?"]:
            return
        else:
            for name, value in call.named.items():  # a base class out of sight keeps what it is given, as likely as not
                self.write(name, value)

    def _fill(self, call: Call) -> None:
        """The fields of a dataclass and the like, by position and by name."""
        positional = list(call.positional)
        for name, default in self.machine.fields_of(self.cls):
            if positional:
                self.write(name, positional.pop(0))
            elif name in call.named:
                self.write(name, call.named[name])
            elif default is not None:
                self.write(name, join((default, UNKNOWN)) if call.open else default)
            else:
                self.write(name, UNKNOWN)
        for name in ("__post_init__", "__attrs_post_init__"):
            method = self.cls.method_of(name)
            if method is not None:
                self.machine.run_plainly(method.bind(self))

    # --- Attributes --------------------------------------------------------------------------------------------------

    def attribute(self, name: str, machine: Machine) -> Value:
        own = self.read(name)
        if isinstance(own, Value) and self.sure(name):
            return own
        match name:
            case "__class__":
                return self.cls
            case "__dict__":
                return Attributes(self)
        inherited = self._of_class(name, machine)
        return join((own, inherited)) if isinstance(own, Value) else inherited

    def _of_class(self, name: str, machine: Machine) -> Value:
        found = self.cls.lookup(name)
        if found is not None:
            return join([self._bound(option, machine) for option in found.alternatives()])
        fallback = self.cls.method_of("__getattr__")
        if fallback is not None:
            return machine.run(fallback.bind(self), self._call("__getattr__", plain(name)))
        return self._inherited(name)

    def _bound(self, found: Value, machine: Machine) -> Value:
        if isinstance(found, Function):
            bound = found.bind(self.cls if found.style == "classmethod" else self)
            return machine.run_plainly(bound) if found.style == "property" else bound
        if isinstance(found, Instance):
            getter = found.cls.method_of("__get__")
            if getter is not None:
                return machine.run(getter.bind(found), found._call("__get__", self, self.cls))  # noqa: SLF001
        return found

    def _inherited(self, name: str) -> Value:
        """What a base class outside the repository gives."""
        bases = self.cls.external_bases()
        return External(f"{bases[0]}.{name}") if len(bases) == 1 and bases[0] != "?" else Unknown(name)

    def assign(self, name: str, value: Value, machine: Machine, place: Place) -> None:
        found = self.cls.lookup(name)
        if isinstance(found, Function) and found.style == "property":
            if found.setter is not None:
                machine.run(found.setter.bind(self), self._call(name, value))
            return
        if isinstance(found, Instance):
            setter = found.cls.method_of("__set__")
            if setter is not None:
                machine.run(setter.bind(found), found._call("__set__", self, value))  # noqa: SLF001
                return
        general = self.cls.method_of("__setattr__")
        if general is not None:
            machine.run(general.bind(self), self._call("__setattr__", plain(name), value))
        self.write(name, value)

    # --- What Python calls by itself ---------------------------------------------------------------------------------

    def _call(self, name: str, *arguments: Value) -> Call:
        machine = self.machine
        return replace(self.made_by, name=name, place=machine.here(self.made_by.place), positional=arguments, named={})

    def special(self, name: str, *arguments: Value) -> Value | None:
        """Run a method that Python calls by itself; None where the class has none."""
        method = self.cls.method_of(name)
        if method is None:
            return None
        return method.bind(self).call(self._call(name, *arguments))

    def method(self, name: str, call: Call) -> Value:
        return call.machine.call(self.attribute(name, call.machine), call)

    def call(self, call: Call) -> Value:
        target = self.cls.method_of("__call__")
        return target.bind(self).call(call) if target is not None else call.leave(self)

    def _iterated(self) -> Value | None:
        made = self.special("__iter__")
        if made is None:
            made = self.special("__aiter__")
        if made is self or (isinstance(made, Instance) and made.cls is self.cls):
            first = self.special("__next__") or self.special("__anext__")
            return Sequence((), first) if first is not None else None
        return made

    def elements(self) -> list[Value] | None:
        found = self._iterated()
        return found.elements() if found is not None and found is not self else None

    def element(self) -> Value:
        found = self._iterated()
        if found is not None:
            return found.element()
        item = self.special("__getitem__", Unknown("index"))
        return item if item is not None else UNKNOWN

    def item(self, key: Value) -> Value:
        found = self.special("__getitem__", key)
        if found is not None:
            return found
        if self.cls.fields == "NamedTuple":
            names = [name for name, _ in self.machine.fields_of(self.cls)]
            values = [self.attribute(name, self.machine) for name in names]
            return Sequence(values).item(key)
        return UNKNOWN

    def set_item(self, key: Value, value: Value, *, rows: bool) -> None:
        self.special("__setitem__", key, value)

    def remove_item(self, key: Value) -> None:
        self.special("__delitem__", key)

    def operated(self, operator: str, other: Value, call: Call) -> Value | None:
        result = self.special(operator, other)
        if result is None and operator.startswith("__i"):
            result = self.special("__" + operator[3:], other)
        return result

    def entered(self, machine: Machine) -> Value:
        result = self.special("__enter__")
        if result is None:
            result = self.special("__aenter__")
        return result if result is not None else self

    def exited(self, machine: Machine) -> None:
        unknown = Unknown("exception")
        if self.special("__exit__", unknown, unknown, unknown) is None:
            self.special("__aexit__", unknown, unknown, unknown)

    leaves = True

    def forget(self) -> None:
        """Anything may have been done to it."""
        for name, value in self.attributes.items():
            self.write(name, join((value, UNKNOWN)))

    def remove_attribute(self, name: str) -> None:
        self.remove(name)

    @property
    def swallows(self) -> bool:
        leave = self.cls.method_of("__exit__") or self.cls.method_of("__aexit__")
        return leave is None or _may_return_true(leave.node)

    def consumed(self) -> None:
        if self.cls.method_of("__iter__") is not None:
            self.element()


@dataclass(frozen=True, slots=True)
class Attributes(Value):
    """`object.__dict__`, `vars(object)`: the attributes of an object as a dictionary."""

    instance: Instance

    @property
    def key(self) -> object:
        return ("attributes", id(self.instance))

    def held(self) -> Mapping:
        return Mapping({plain(name).key: (plain(name), value) for name, value in self.instance.attributes.items()})

    def item(self, key: Value) -> Value:
        return self.held().item(key)

    def elements(self) -> list[Value] | None:
        return self.held().elements()

    def set_item(self, key: Value, value: Value, *, rows: bool) -> None:
        if isinstance(key, Text) and key.known:
            self.instance.write(str(key), value)

    def remove_item(self, key: Value) -> None:
        self.instance.remove(str(key))

    def method(self, name: str, call: Call) -> Value:
        held = self.held()
        result = held.method(name, call)
        for key, value in held.known.values():
            if self.instance.read(str(key)) is not value:
                self.instance.write(str(key), value)
        return result


def _may_return_true(node: cst.FunctionDef | cst.Lambda) -> bool:
    """Whether a function returns anything but None and False."""
    returned = (inner.value for inner in within(node.body, cst.BaseExpression) if isinstance(inner, cst.Return))
    return any(value is not None and getattr(value, "value", "") not in ("None", "False") for value in returned)


@dataclass(frozen=True, slots=True, eq=False)
class Super(Value):
    """`super()` in a method: what stands above `cls` for `instance`."""

    cls: Class
    instance: Value

    def _above(self, name: str) -> Value | None:
        lineage = self.instance.cls.lineage() if isinstance(self.instance, Instance) else self.cls.lineage()
        behind = lineage[lineage.index(self.cls) + 1 :] if self.cls in lineage else self.cls.lineage()[1:]
        return next((found for cls in behind if (found := cls.scope.get(name)) is not None), None)

    def attribute(self, name: str, machine: Machine) -> Value:
        found = self._above(name)
        if isinstance(found, Function):
            bound = found.bind(self.instance)
            return machine.run_plainly(bound) if found.style == "property" else bound
        return found if found is not None else Method(self, name)

    def method(self, name: str, call: Call) -> Value:
        found = self._above(name)
        if isinstance(found, Function):
            return found.bind(self.instance).call(call)
        if name == "__init__" and isinstance(self.instance, Instance):
            if self.cls.lineage()[1:] and any(cls.fields for cls in self.cls.lineage()[1:]):
                self.instance._fill(call)  # noqa: SLF001 -- the same class
            self.instance.made_with = call
            return NONE
        if name == "__setattr__" and isinstance(self.instance, Instance) and len(call.positional) == 2:
            named, value = call.positional
            if isinstance(named, Text) and named.known:
                self.instance.write(str(named), value)
            return NONE
        if name == "__new__":
            return Instance(self.cls if not call.positional else _class_of(call.positional[0], self.cls), call)
        return call.machine.libraries.super_method(self, name, call)


def _class_of(value: Value, otherwise: Class) -> Class:
    return value if isinstance(value, Class) else otherwise
