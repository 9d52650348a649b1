"""What the interpreter computes with: values as far as they are known, each knowing how it behaves.

A value answers three questions: what is its attribute, what does calling it do, what does iterating it give.
Knowledge about libraries is in subclasses under `libraries/`, never in the interpreter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Sequence as AnySequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import libcst as cst

    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine
    from migration_guard.interpreter.repository import Module, Scope
    from migration_guard.interpreter.syntax import Source

MAX_ALTERNATIVES = 12
"""A value with more alternatives than this keeps the first ones, and an unknown one."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an operation stands: a node of a source, or a character range of literals."""

    source: Source
    node: cst.CSTNode
    """The name that is called, the assignment, or the string node."""
    whole: cst.CSTNode
    """The call or statement that ends the range."""


class Value:
    """Anything. What a subclass does not know stays unknown, and keeps whether it came from database rows."""

    __slots__ = ()

    from_rows: bool = False
    """Whether it was read from the database: a loop over it is a loop over rows."""
    batches: bool = False
    """Whether it goes through numbers in steps, as a loop over batches does."""
    handle: bool = False
    """Whether it is a way to the database that must not leave the repository unseen."""

    @property
    def key(self) -> object:
        """Equal for values that behave alike: calls with equal keys need to be followed once only."""
        return id(self)

    def alternatives(self) -> tuple[Value, ...]:
        return (self,)

    def attribute(self, name: str, machine: Machine) -> Value:
        return Unknown(name, from_rows=self.from_rows)

    def assign(self, name: str, value: Value, machine: Machine, place: Place) -> None:
        """`self.name = value`."""

    def method(self, name: str, call: Call) -> Value:
        """`self.name(…)`; `call.name` is `name`."""
        return call.machine.call(self.attribute(name, call.machine), call)

    def call(self, call: Call) -> Value:
        return call.leave(self)

    def elements(self) -> list[Value] | None:
        """The elements, where it is known how many there are."""
        return None

    def each(self) -> list[Value]:
        """The elements, or one that stands for all where their number is not known."""
        elements = self.elements()
        return elements if elements is not None else [self.element()]

    def element(self) -> Value:
        """Any one element."""
        return Unknown(from_rows=self.from_rows)

    def item(self, key: Value) -> Value:
        """`self[key]`."""
        return self.element()

    def set_item(self, key: Value, value: Value, *, rows: bool) -> None:
        """`self[key] = value`; `rows` says whether that happens in a loop over rows."""

    def blurred(self, others: AnySequence[Value]) -> Value:
        """What stands for more alternatives than are kept."""
        return Unknown(from_rows=any(value.from_rows for value in others))

    def over(self, other: Value) -> Value:
        """`self / other`."""
        return Unknown(from_rows=self.from_rows or other.from_rows)

    def entered(self, machine: Machine) -> Value:
        """`with self as …`."""
        return self

    def exited(self, machine: Machine) -> None:
        """The end of `with self`."""


@dataclass(frozen=True, slots=True)
class Unknown(Value):
    """Nothing is known but perhaps a name, and whether it came from rows."""

    hint: str = ""
    from_rows: bool = False
    given: bool = False
    """Whether it is an argument of an entry point: whoever calls it from out of sight is responsible for it."""

    @property
    def key(self) -> object:
        return self

    def attribute(self, name: str, machine: Machine) -> Value:
        return machine.libraries.unknown_attribute(self, name)

    def method(self, name: str, call: Call) -> Value:
        return call.machine.libraries.unknown_method(self, name, call)


UNKNOWN = Unknown()


@dataclass(frozen=True, slots=True)
class Constant(Value):
    """A number, True, False, None or bytes."""

    value: object

    @property
    def key(self) -> object:
        return (type(self.value), repr(self.value))


NONE = Constant(None)


@dataclass(frozen=True, slots=True)
class Choice(Value):
    """One of several values: after a branch, or out of a collection."""

    options: tuple[Value, ...]

    @property
    def key(self) -> object:
        return tuple(option.key for option in self.options)

    @property
    def from_rows(self) -> bool:  # type: ignore[override]
        return any(option.from_rows for option in self.options)

    @property
    def handle(self) -> bool:  # type: ignore[override]
        return any(option.handle for option in self.options)

    def alternatives(self) -> tuple[Value, ...]:
        return self.options

    def attribute(self, name: str, machine: Machine) -> Value:
        return join(machine.attribute(option, name) for option in self.options)

    def assign(self, name: str, value: Value, machine: Machine, place: Place) -> None:
        for option in self.options:
            option.assign(name, value, machine, place)

    def method(self, name: str, call: Call) -> Value:
        return join(option.method(name, call) for option in self.options)

    def call(self, call: Call) -> Value:
        return join(call.machine.call(option, call) for option in self.options)

    def element(self) -> Value:
        return join(option.element() for option in self.options)

    def item(self, key: Value) -> Value:
        return join(option.item(key) for option in self.options)

    def set_item(self, key: Value, value: Value, *, rows: bool) -> None:
        for option in self.options:
            option.set_item(key, value, rows=rows)

    def entered(self, machine: Machine) -> Value:
        return join(option.entered(machine) for option in self.options)

    def exited(self, machine: Machine) -> None:
        for option in self.options:
            option.exited(machine)


def join(values: Iterable[Value]) -> Value:
    """The value that may be any of these."""
    options: dict[object, Value] = {}
    for value in values:
        for option in value.alternatives():
            options.setdefault(option.key, option)
    if not options:
        return UNKNOWN
    kept = list(options.values())
    if len(kept) > MAX_ALTERNATIVES:
        kept = [*kept[:MAX_ALTERNATIVES], kept[0].blurred(kept)]
    return kept[0] if len(kept) == 1 else Choice(tuple(kept))


@dataclass(slots=True, eq=False)
class Sequence(Value):
    """A list, tuple, set or generator. Shared by reference, as Python does: an append is seen everywhere."""

    known: list[Value] = field(default_factory=list)
    rest: Value | None = None
    """What further elements look like, where their number is not known."""
    from_rows: bool = False
    batches: bool = False

    @property
    def key(self) -> object:
        return (id(self), len(self.known), self.rest is None)

    def method(self, name: str, call: Call) -> Value:
        return call.machine.libraries.sequence_method(self, name, call)

    def elements(self) -> list[Value] | None:
        return list(self.known) if self.rest is None else None

    def element(self) -> Value:
        values = [*self.known, self.rest] if self.rest is not None else self.known
        return join(values) if values else Unknown(from_rows=self.from_rows)

    def item(self, key: Value) -> Value:
        match key:
            case Constant(int(index)) if self.rest is None and -len(self.known) <= index < len(self.known):
                return self.known[index]
            case Unknown(hint="slice"):
                return self
        return self.element()

    def set_item(self, key: Value, value: Value, *, rows: bool) -> None:
        self.add(value, rows=rows)

    def add(self, value: Value, *, rows: bool) -> None:
        """Append. In a loop over rows the number of elements is no longer known."""
        if rows or value.from_rows:
            self.from_rows = True
        if rows or self.rest is not None or len(self.known) >= 500:
            self.rest = value if self.rest is None else join((self.rest, value))
        else:
            self.known.append(value)

    def extend(self, other: Value, *, rows: bool) -> None:
        elements = other.elements()
        if elements is None:
            self.from_rows |= other.from_rows
            self.rest = join(v for v in (self.rest, other.element()) if v is not None)
        else:
            for element in elements:
                self.add(element, rows=rows)


@dataclass(slots=True, eq=False)
class Mapping(Value):
    """A dictionary, by its literal keys."""

    known: dict[object, tuple[Value, Value]] = field(default_factory=dict)
    rest: Value | None = None
    from_rows: bool = False
    default: Value | None = None
    """What a `defaultdict` gives for a key that it has not: one value stands for all of them."""

    @property
    def key(self) -> object:
        return (id(self), len(self.known), self.rest is None)

    def method(self, name: str, call: Call) -> Value:
        return call.machine.libraries.mapping_method(self, name, call)

    def elements(self) -> list[Value] | None:
        return [key for key, _ in self.known.values()] if self.rest is None else None

    def values(self) -> list[Value]:
        found = [value for _, value in self.known.values()]
        return [*found, self.rest] if self.rest is not None else found

    def element(self) -> Value:
        return join(key for key, _ in self.known.values()) if self.known else Unknown(from_rows=self.from_rows)

    def item(self, key: Value) -> Value:
        if key.key in self.known:
            return self.known[key.key][1]
        if self.rest is None and self.default is not None:
            self.rest = self.default
        values = self.values()
        return join(values) if values else Unknown(from_rows=self.from_rows)

    def set_item(self, key: Value, value: Value, *, rows: bool) -> None:
        if rows or value.from_rows or key.from_rows:
            self.from_rows = True
        if isinstance(key, (Unknown, Choice)) or rows:
            self.rest = value if self.rest is None else join((self.rest, value))
        else:
            self.known[key.key] = (key, value)


@dataclass(frozen=True, slots=True)
class External(Value):
    """Something outside the repository, by its dotted name: `sqlalchemy.orm.Session`."""

    name: str

    @property
    def key(self) -> object:
        return self.name

    @property
    def root(self) -> str:
        return self.name.partition(".")[0]

    @property
    def last(self) -> str:
        return self.name.rpartition(".")[2]

    @property
    def handle(self) -> bool:  # type: ignore[override]
        return False

    def attribute(self, name: str, machine: Machine) -> Value:
        return machine.libraries.external(f"{self.name}.{name}")

    def call(self, call: Call) -> Value:
        return call.machine.libraries.call(self, call)


@dataclass(frozen=True, slots=True, eq=False)
class ModuleValue(Value):
    """A module or package of the repository."""

    module: Module

    def attribute(self, name: str, machine: Machine) -> Value:
        return machine.module_attribute(self.module, name)


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

    @property
    def key(self) -> object:
        return (id(self.node), id(self.scope), self.bound.key if self.bound else None)

    def bind(self, receiver: Value) -> Function:
        if self.style == "staticmethod":
            return self
        return Function(self.name, self.node, self.scope, self.owner, receiver, self.style, self.defaults)

    def call(self, call: Call) -> Value:
        return call.machine.run(self, call)


@dataclass(frozen=True, slots=True, eq=False)
class Native(Value):
    """A function that the interpreter itself knows, such as a bound method of a known value."""

    name: str
    behaviour: Callable[[Call], Value]

    def call(self, call: Call) -> Value:
        return self.behaviour(call)


@dataclass(frozen=True, slots=True, eq=False)
class Method(Value):
    """A bound method that was looked up and not yet called: `execute = op.execute`."""

    receiver: Value
    name: str

    @property
    def key(self) -> object:
        return (self.receiver.key, self.name)

    @property
    def handle(self) -> bool:  # type: ignore[override]
        return self.receiver.handle

    @property
    def from_rows(self) -> bool:  # type: ignore[override]
        return self.receiver.from_rows

    def method(self, name: str, call: Call) -> Value:
        return Unknown(self.name, self.from_rows).method(name, call)

    def call(self, call: Call) -> Value:
        return self.receiver.method(self.name, call)


@dataclass(frozen=True, slots=True, eq=False)
class Partial(Value):
    """`functools.partial(function, …)`."""

    function: Value
    positional: tuple[Value, ...]
    named: dict[str, Value]

    def call(self, call: Call) -> Value:
        return call.machine.call(
            self.function, call.with_arguments((*self.positional, *call.positional), {**self.named, **call.named})
        )


@dataclass(slots=True, eq=False)
class Class(Value):
    """A class of the repository."""

    name: str
    node: cst.ClassDef = field(repr=False)
    scope: Scope = field(repr=False)
    """The scope of the class's body: its attributes."""
    module: Module = field(repr=False)
    bases: tuple[Value, ...] = ()
    model: tuple[Value | None] | None = None
    """The model that the class is, once that was asked."""

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
        return [name for name in names if name != "object"]

    def lookup(self, name: str) -> Value | None:
        """An attribute of the class or its ancestors, as it stands in the body."""
        return next((cls.scope.get(name) for cls in self.lineage() if name in cls.scope.names), None)

    def attribute(self, name: str, machine: Machine) -> Value:
        special = machine.libraries.class_attribute(self, name)
        if special is not None:
            return special
        found = self.lookup(name)
        if found is None:
            return Method(self, name) if self.external_bases() else Unknown(name)
        if isinstance(found, Function):
            return found.bind(self) if found.style == "classmethod" else found
        return found

    def method(self, name: str, call: Call) -> Value:
        target = self.attribute(name, call.machine)
        if isinstance(target, Method) and target.receiver is self:
            return call.machine.libraries.class_method(self, name, call)
        return call.machine.call(target, call)

    def call(self, call: Call) -> Value:
        made = call.machine.libraries.instantiate(self, call)
        if made is not None:
            return made
        instance = Instance(self, call)
        initialiser = self.lookup("__init__")
        if isinstance(initialiser, Function):
            call.machine.run(initialiser.bind(instance), call)
        else:
            instance.made_with = call
        return instance


@dataclass(slots=True, eq=False)
class Instance(Value):
    """An object of a class of the repository."""

    cls: Class
    made_by: Call
    attributes: dict[str, Value] = field(default_factory=dict)
    made_with: Call | None = None
    """The call that reached a base class outside the repository: what an operation subclass was built with."""

    @property
    def handle(self) -> bool:  # type: ignore[override]
        return any(value.handle for value in self.attributes.values())

    def attribute(self, name: str, machine: Machine) -> Value:
        if name in self.attributes:
            return self.attributes[name]
        found = self.cls.lookup(name)
        if isinstance(found, Function):
            bound = found.bind(self.cls if found.style == "classmethod" else self)
            return machine.run_plainly(bound) if found.style == "property" else bound
        return found if found is not None else self._inherited(name)

    def _inherited(self, name: str) -> Value:
        """What a base class outside the repository gives."""
        bases = self.cls.external_bases()
        return External(f"{bases[0]}.{name}") if len(bases) == 1 and bases[0] != "?" else Unknown(name)

    def assign(self, name: str, value: Value, machine: Machine, place: Place) -> None:
        old = self.attributes.get(name)
        self.attributes[name] = value if old is None else join((value, old))

    def entered(self, machine: Machine) -> Value:
        enter = self.cls.lookup("__enter__")
        leave = self.cls.lookup("__exit__")
        result: Value = self
        if isinstance(enter, Function):
            result = machine.run_plainly(enter.bind(self))
        if isinstance(leave, Function):
            machine.run_plainly(leave.bind(self))
        return result

    def call(self, call: Call) -> Value:
        target = self.cls.lookup("__call__")
        return call.machine.run(target.bind(self), call) if isinstance(target, Function) else call.leave(self)

    def element(self) -> Value:
        return UNKNOWN


@dataclass(frozen=True, slots=True, eq=False)
class Super(Value):
    """`super()` in a method: what stands above `cls` for `instance`."""

    cls: Class
    instance: Value

    def method(self, name: str, call: Call) -> Value:
        for ancestor in self.cls.lineage()[1:]:
            found = ancestor.scope.get(name)
            if isinstance(found, Function):
                return call.machine.run(found.bind(self.instance), call)
        if name == "__init__" and isinstance(self.instance, Instance):
            self.instance.made_with = call
            return NONE
        return call.machine.libraries.super_method(self, name, call)
