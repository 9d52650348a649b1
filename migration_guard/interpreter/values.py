"""What the interpreter computes with: values as far as they are known, each knowing how it behaves.

A value answers three questions: what is its attribute, what does calling it do, what does iterating it give.
Knowledge about libraries is in subclasses under `libraries/`, never in the interpreter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Sequence as AnySequence
from dataclasses import field, replace
from functools import partial
from typing import TYPE_CHECKING

from migration_guard.interpreter.flow import each
from migration_guard.lean import dataclass

if TYPE_CHECKING:
    from pathlib import Path

    import libcst as cst

    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.collections import Mapping
    from migration_guard.interpreter.flow import Content
    from migration_guard.interpreter.machine import Machine
    from migration_guard.interpreter.repository import Module
    from migration_guard.interpreter.syntax import Source

MAX_COLLECTIONS = 4
"""… of lists and dictionaries."""
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
    is_made: bool = False
    """Whether each evaluation makes another one, so that two calls must not share it."""
    is_collection: bool = False
    handle: bool = False
    """Whether it is a way to the database that must not leave the repository unseen."""
    inert: bool = False
    """Whether nothing that is done with it, as with a plain value, leads to the database."""
    readable: bool = False
    """Whether at least reading it does not."""
    is_passed: bool = True
    """Of the default of a field: whether a new object may be given another value by position."""
    composes: bool = False
    """Whether comparing it makes another such value, as with columns of SQL."""

    @property
    def key(self) -> object:
        """Equal for values that behave alike: calls with equal keys need to be followed once only."""
        return id(self)

    def shape(self, depth: int) -> object:
        """Equal for values that hold the same, down to a depth, whether or not they are the same thing."""
        return self.key

    def alternatives(self) -> tuple[Value, ...]:
        return (self,)

    def joined(self, others: list[Content]) -> Value:
        """What may be any of these, where paths meet."""
        return join((self, *(other for other in others if isinstance(other, Value))))

    @property
    def truth(self) -> bool | None:
        """Whether it is true in a condition; None where that is not known."""
        return None

    origin: str = ""
    """Whose it is, of what is out of sight: things of one origin may lead to each other."""
    is_class: bool = False
    """Whether it is a class of the repository."""
    is_type: bool = False
    """Whether it surely is a class, wherever it stands, and so no text, number or collection."""
    callable_in_sight: bool = False
    """Whether calling it runs something that is known."""

    def attribute(self, name: str, machine: Machine) -> Value:
        return Unknown(name, from_rows=self.from_rows)

    def has_attribute(self, name: str) -> bool | None:
        """Whether it has an attribute; None where that is not known."""
        return None

    def seen_on(self, receiver: Value, machine: Machine) -> Value:
        """What it is as an attribute of the class of `receiver`, looked up on that."""
        return self

    def assigned(self, receiver: Value, value: Value, machine: Machine) -> bool:
        """`receiver.name = value`, where it is that attribute of the class; whether it took care of that."""
        return False

    def removed(self, receiver: Value, machine: Machine) -> bool:
        """`del receiver.name`, likewise."""
        return False

    def fresh(self, call: Call) -> Value:
        """What an object begins with whose class has it as the default of a field."""
        return self

    def taken(self, receiver: Value, value: Value, call: Call) -> Value:
        """What an object takes for the field that this is the default of, where it is given a value."""
        return value

    def iterated(self) -> Value:
        """What a loop goes over: asked once, since asking may change things."""
        return self

    def used_up(self) -> Value:
        """What is gone through to its end: an iterator has nothing more to give."""
        return self.iterated()

    def mapping(self) -> Mapping | None:
        """Its entries as a dictionary, where it is one."""
        return None

    def special(self, name: str, *arguments: Value) -> Value | None:
        """Run a method that Python calls by itself; None where the repository has none."""
        return None

    def assign(self, name: str, value: Value, machine: Machine, place: Place) -> None:
        """`self.name = value`."""

    def method(self, name: str, call: Call) -> Value:
        """`self.name(…)`; `call.name` is `name`."""
        if name == "__call__" and self.callable_in_sight:
            return self.call(call)
        return call.machine.call(self.attribute(name, call.machine), call)

    def call(self, call: Call) -> Value:
        return call.leave(self)

    def elements(self) -> list[Value] | None:
        """The elements, where it is known how many there are."""
        return None

    def parts(self) -> Iterable[Value]:
        """What it holds in attributes."""
        return ()

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

    def remove_item(self, key: Value) -> None:
        """`del self[key]`."""

    def item_written(self, key: Value, value: Value | None, machine: Machine, place: Place) -> None:
        """The same as far as a library makes a change of rows of it; `del` gives no value."""

    def consumed(self) -> None:
        """It is handed to something out of sight, which will go through it."""

    def written_into(self) -> None:
        """It is handed to something out of sight, which may write into it."""

    def operated(self, operator: str, other: Value, call: Call) -> Value | None:
        """`self + other` and the like, by the name of the method that Python calls; None where it has none."""
        return call.machine.libraries.combined(self, other, call) if self.origin else None  # `pipeline | function`

    def blurred(self, others: AnySequence[Value]) -> Value:
        """What stands for more alternatives than are kept."""
        return Unknown(from_rows=any(value.from_rows for value in others))

    def entered(self, machine: Machine) -> Value:
        """`with self as …`."""
        return self

    def exited(self, machine: Machine) -> None:
        """The end of `with self`, whichever way leads out of it."""

    leaves: bool = False
    """Whether the end of `with self` does anything."""

    @property
    def swallows(self) -> bool:
        """Whether `with self` may go on after an exception in its body."""
        return False

    def remove_attribute(self, name: str) -> None:
        """`del self.name`."""


@dataclass(frozen=True, slots=True)
class Unknown(Value):
    """Nothing is known but perhaps a name, and whether it came from rows."""

    inert = True

    hint: str = ""
    from_rows: bool = False
    given: bool = False
    """Whether it is an argument of an entry point: whoever calls it from out of sight is responsible for it."""
    source: str = field(default="", compare=False)
    """Where it comes from, if that is more than what it is called."""
    counts_as: bool | None = None
    """What it is in a condition, where at least that is known."""

    @property
    def key(self) -> object:
        return self

    @property
    def truth(self) -> bool | None:
        return self.counts_as

    @property
    def origin(self) -> str:  # type: ignore[override]
        return self.source or self.hint

    def element(self) -> Value:
        return Unknown(from_rows=self.from_rows, source=self.origin)

    @property
    def swallows(self) -> bool:
        return True

    def attribute(self, name: str, machine: Machine) -> Value:
        return machine.libraries.unknown_attribute(self, name)

    def method(self, name: str, call: Call) -> Value:
        return call.machine.libraries.unknown_method(self, name, call)


UNKNOWN = Unknown()
SETTLED = "<what an import settles>"
"""The origin of what every process of an application has: a module that an import loads by a name of its settings, and what is
behind a limit there and is believed."""


@dataclass(frozen=True, slots=True)
class Constant(Value):
    """A number, True, False or None."""

    inert = True

    value: object

    @property
    def key(self) -> object:
        return (type(self.value), repr(self.value))

    @property
    def truth(self) -> bool | None:
        return bool(self.value)

    def method(self, name: str, call: Call) -> Value:
        if self.value is None and not hasattr(None, name):
            return UNKNOWN  # the path ends with an error: nothing is called
        return Value.method(self, name, call)


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

    @property
    def callable_in_sight(self) -> bool:  # type: ignore[override]
        return any(option.callable_in_sight for option in self.options)

    def seen_on(self, receiver: Value, machine: Machine) -> Value:
        return join(each([partial(option.seen_on, receiver, machine) for option in self.options]))

    def fresh(self, call: Call) -> Value:
        return join(each([partial(option.fresh, call) for option in self.options]))

    def special(self, name: str, *arguments: Value) -> Value | None:
        said = [one for one in each([partial(option.special, name, *arguments) for option in self.options]) if one]
        return join(said) if len(said) == len(self.options) else None

    def shape(self, depth: int) -> object:
        shapes = dict.fromkeys(option.shape(depth) for option in self.options)
        return next(iter(shapes)) if len(shapes) == 1 else frozenset(shapes)

    def alternatives(self) -> tuple[Value, ...]:
        return self.options

    @property
    def truth(self) -> bool | None:
        truths = {option.truth for option in self.options}
        return truths.pop() if len(truths) == 1 else None

    @property
    def swallows(self) -> bool:
        return any(option.swallows for option in self.options)

    @property
    def leaves(self) -> bool:  # type: ignore[override]
        return any(option.leaves for option in self.options)

    @property
    def usable(self) -> tuple[Value, ...]:
        """Those that can be asked for something: None would end the path with an error."""
        return tuple(option for option in self.options if option is not NONE)

    def attribute(self, name: str, machine: Machine) -> Value:
        return join(each([partial(machine.attribute, option, name) for option in self.usable]))

    def assign(self, name: str, value: Value, machine: Machine, place: Place) -> None:
        each([partial(option.assign, name, value, machine, place) for option in self.options])

    def method(self, name: str, call: Call) -> Value:
        return join(each([partial(option.method, name, call) for option in self.usable]))

    def call(self, call: Call) -> Value:
        return join(each([partial(call.machine.call, option, call) for option in self.usable]))

    def element(self) -> Value:
        return join(option.element() for option in self.usable)

    def item(self, key: Value) -> Value:
        return join(option.item(key) for option in self.usable)

    def set_item(self, key: Value, value: Value, *, rows: bool) -> None:
        each([partial(option.set_item, key, value, rows=rows) for option in self.options])

    def item_written(self, key: Value, value: Value | None, machine: Machine, place: Place) -> None:
        for option in self.options:
            option.item_written(key, value, machine, place)

    def remove_item(self, key: Value) -> None:
        each([partial(option.remove_item, key) for option in self.options])

    def consumed(self) -> None:
        for option in self.options:
            option.consumed()

    def operated(self, operator: str, other: Value, call: Call) -> Value | None:
        results = each([partial(option.operated, operator, other, call) for option in self.options])
        known = [result for result in results if result is not None]
        return join([*known, UNKNOWN] if len(known) < len(results) else known) if known else None

    def entered(self, machine: Machine) -> Value:
        return join(each([partial(option.entered, machine) for option in self.usable]))

    def exited(self, machine: Machine) -> None:
        each([partial(option.exited, machine) for option in self.options])


def _told_apart(options: list[Value]) -> list[Value]:
    """Of collections only the first few: each change of one of them would be a path of its own."""
    collections = [option for option in options if option.is_collection]
    if len(collections) <= MAX_COLLECTIONS:
        return options
    blurred = collections[0].blurred(collections)
    kept = [*collections[:MAX_COLLECTIONS], *(option for option in options if not option.is_collection)]
    return kept if any(option.key == blurred.key for option in kept) else [*kept, blurred]


def join(values: Iterable[Value]) -> Value:
    """The value that may be any of these."""
    every = list(values)
    if len(every) == 1 and not isinstance(every[0], Choice):
        return every[0]
    options: dict[object, Value] = {}
    for value in every:
        for option in value.alternatives():
            options.setdefault(option.key, option)
    if not options:
        return UNKNOWN
    kept = _told_apart(list(options.values()))
    if len(kept) > MAX_ALTERNATIVES:
        kept = [*kept[:MAX_ALTERNATIVES], kept[0].blurred(kept)]
    return kept[0] if len(kept) == 1 else Choice(tuple(kept))


@dataclass(frozen=True, slots=True)
class External(Value):
    """Something outside the repository, by its dotted name: `sqlalchemy.orm.Session`."""

    name: str

    @property
    def key(self) -> object:
        return self.name

    @property
    def origin(self) -> str:  # type: ignore[override]
        return self.name

    def element(self) -> Value:
        return Unknown(source=self.name)

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

    def assign(self, name: str, value: Value, machine: Machine, place: Place) -> None:
        machine.libraries.put(name, value, place)

    def call(self, call: Call) -> Value:
        for value in call.arguments:
            value.consumed()
        return call.machine.libraries.call(self, call)

    @property
    def swallows(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Unseen(External):
    """Something of a module of the repository that could not be read: to call it may do anything."""

    reason: str = ""
    path: Path | None = None
    """The file, where it is only one too many."""

    def attribute(self, name: str, machine: Machine) -> Value:
        return Unseen(f"{self.name}.{name}", self.reason, self.path)

    def call(self, call: Call) -> Value:
        for value in call.arguments:
            value.consumed()
        return call.machine.libraries.unseen(self, call)


@dataclass(frozen=True, slots=True, eq=False)
class ModuleValue(Value):
    """A module or package of the repository."""

    module: Module

    @property
    def key(self) -> object:
        return id(self.module)

    def attribute(self, name: str, machine: Machine) -> Value:
        return machine.names.of_module(self.module, name)

    def assign(self, name: str, value: Value, machine: Machine, place: Place) -> None:
        machine.module_attribute(self.module, name)
        self.module.scope.write(name, value)


@dataclass(frozen=True, slots=True, eq=False)
class Native(Value):
    """A function that the interpreter itself knows, such as a bound method of a known value."""

    is_made = True
    callable_in_sight = True

    name: str
    behaviour: Callable[[Call], Value]

    @property
    def truth(self) -> bool | None:
        return True

    def call(self, call: Call) -> Value:
        return self.behaviour(call)


@dataclass(frozen=True, slots=True, eq=False)
class Method(Value):
    """A bound method that was looked up and not yet called: `execute = op.execute`."""

    is_made = True
    callable_in_sight = True

    receiver: Value
    name: str

    @property
    def key(self) -> object:
        return (self.receiver.key, self.name)

    def shape(self, depth: int) -> object:
        return ("method", self.receiver.shape(depth), self.name)

    @property
    def handle(self) -> bool:  # type: ignore[override]
        return self.receiver.handle

    @property
    def from_rows(self) -> bool:  # type: ignore[override]
        return self.receiver.from_rows

    @property
    def origin(self) -> str:  # type: ignore[override]
        return self.receiver.origin

    def element(self) -> Value:
        return Unknown(from_rows=self.from_rows, source=self.origin)

    def method(self, name: str, call: Call) -> Value:
        if name == "__call__":
            return self.receiver.method(self.name, replace(call, name=self.name))
        return Unknown(self.name, self.from_rows, source=self.origin).method(name, call)

    def call(self, call: Call) -> Value:
        return self.receiver.method(self.name, call)


@dataclass(frozen=True, slots=True, eq=False)
class Partial(Value):
    """`functools.partial(function, …)`."""

    is_made = True
    callable_in_sight = True

    function: Value
    positional: tuple[Value, ...]
    named: dict[str, Value]

    def shape(self, depth: int) -> object:
        return ("partial", self.function.shape(depth), *(value.shape(depth) for value in self.positional))

    def call(self, call: Call) -> Value:
        return call.machine.call(
            self.function, call.with_arguments((*self.positional, *call.positional), {**self.named, **call.named})
        )
