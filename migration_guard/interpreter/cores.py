"""Objects of the repository that are also a text, a list or a dictionary."""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from migration_guard.interpreter.collections import Mapping, Sequence
from migration_guard.interpreter.instances import Instance
from migration_guard.interpreter.text import Text, hole, plain
from migration_guard.interpreter.values import NONE, UNKNOWN, Method, Value, join
from migration_guard.lean import dataclass

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.classes import Class
    from migration_guard.interpreter.machine import Machine
    from migration_guard.interpreter.values import Place


class _Object:
    """What an object of a class of the repository has that is also a text, a list or a dictionary."""

    __slots__ = ()

    instance: Instance

    @property
    def cls(self) -> Class:
        return self.instance.cls

    def _own(self, name: str, machine: Machine) -> Value | None:
        """An attribute that it was given, or that its class has."""
        own = self.instance.read(name)
        if isinstance(own, Value):
            return own
        found = self.cls.lookup(name)
        return found.seen_on(self, machine) if found is not None and isinstance(self, Value) else None

    def special(self, name: str, *arguments: Value) -> Value | None:
        """Run a method that Python calls by itself; None where the class has none."""
        method = self.cls.method_of(name)
        if method is None or not isinstance(self, Value):
            return None
        return method.bind(self).call(self.instance.hidden_call(name, *arguments))

    def assign(self, name: str, value: Value, machine: Machine, place: Place) -> None:
        self.instance.assign(name, value, machine, place)


class _Holding(_Object):
    """… that is a list or a dictionary, and stands before that among its bases."""

    __slots__ = ()

    _of_python: frozenset[str] = frozenset()
    """The names that Python's class has, which no `__getattr__` is asked for."""

    def attribute(self, name: str, machine: Machine) -> Value:
        own = self._own(name, machine)
        if own is not None:
            return own
        assert isinstance(self, Value)
        if name == "data":
            return self
        if name not in self._of_python:
            fallback = self.special("__getattr__", plain(name))
            if fallback is not None:
                return fallback
        return Method(self, name)

    def method(self, name: str, call: Call) -> Value:
        found = self.attribute(name, call.machine)
        itself: object = self
        if isinstance(found, Method) and found.receiver is itself:
            return super().method(name, call)  # type: ignore[misc,no-any-return]
        return call.machine.call(found, call)

    def operated(self, operator: str, other: Value, call: Call) -> Value | None:
        found = self.special(operator, other)
        return found if found is not None else super().operated(operator, other, call)  # type: ignore[misc]


@dataclass(frozen=True, slots=True, eq=False)
class TextObject(_Object, Text):
    """An object of a subclass of `str`, or a constant of an enumeration that is a text."""

    instance: Instance = None  # type: ignore[assignment]  # always given: the fields before it have defaults

    @property
    def plain(self) -> Text:
        """Its text alone."""
        return Text(self.pieces, self.from_rows, self.binary)

    def of(self, call: Call) -> TextObject:
        """With the text that `str(…)` makes of what is given."""
        given = call.argument(0, "object", "value")
        text = call.machine.expressions.spelled(given) if given is not None else plain("")
        held = text if isinstance(text, Text) else next((o for o in text.alternatives() if isinstance(o, Text)), None)
        pieces = held.pieces if held is not None else hole("text").pieces
        return replace(self, pieces=pieces, from_rows=text.from_rows)

    def filled(self, call: Call) -> None:
        """`__init__` of `str` does nothing."""

    def attribute(self, name: str, machine: Machine) -> Value:
        own = self._own(name, machine)
        return own if own is not None else Text.attribute(self, name, machine)

    def method(self, name: str, call: Call) -> Value:
        own = self._own(name, call.machine)
        return call.machine.call(own, call) if own is not None else Text.method(self.plain, name, call)

    def core_method(self, name: str, call: Call) -> Value:
        """A method of `str`, as `super()` has it."""
        if name in ("__str__", "__format__", "__init__"):
            return self.plain
        operator = Text.operated(self.plain, name, call.positional[0], call) if call.positional else None
        return operator if operator is not None else Text.method(self.plain, name, call)

    def operated(self, operator: str, other: Value, call: Call) -> Value | None:
        return self.special(operator, other)


class SequenceObject(_Holding, Sequence):
    """An object of a subclass of `list`, `tuple` or `set`."""

    __slots__ = ("instance",)

    _of_python = frozenset(name for cls in (list, tuple, set, deque) for name in dir(cls))

    def __init__(self, cls: Class, call: Call) -> None:
        base = next((base for base in cls.external_bases() if base in CORES), "")
        kind = "tuple" if base.endswith("tuple") else "set" if base.endswith("set") else "list"
        super().__init__(kind=kind)
        self.instance = Instance(cls, call)

    def filled(self, call: Call) -> None:
        """What `__init__` of `list` does."""
        for value in call.positional[:1]:
            self.extend(value, rows=bool(call.machine.row_loops))

    def core_method(self, name: str, call: Call) -> Value:
        """A method of `list`, as `super()` has it."""
        first = call.positional[0] if call.positional else UNKNOWN
        match name:
            case "__init__":
                self.filled(call)
            case "__getitem__":
                return Sequence.item(self, first)
            case "__iter__":
                return Sequence.again(self)
            case "__setitem__" if len(call.positional) > 1:
                Sequence.set_item(self, first, call.positional[1], rows=bool(call.machine.row_loops))
            case _:
                return Sequence.method(self, name, call)
        return NONE

    def elements(self) -> list[Value] | None:
        found = self.special("__iter__")
        return found.elements() if found is not None and found is not self else Sequence.elements(self)

    def element(self) -> Value:
        found = self.special("__iter__")
        return found.element() if found is not None and found is not self else Sequence.element(self)

    def item(self, key: Value) -> Value:
        found = self.special("__getitem__", key)
        return found if found is not None else Sequence.item(self, key)

    def set_item(self, key: Value, value: Value, *, rows: bool) -> None:
        if self.special("__setitem__", key, value) is None:
            Sequence.set_item(self, key, value, rows=rows)


class MappingObject(_Holding, Mapping):
    """An object of a subclass of `dict`."""

    __slots__ = ("instance",)

    _of_python = frozenset(name for cls in (OrderedDict, defaultdict) for name in dir(cls))

    def __init__(self, cls: Class, call: Call) -> None:
        super().__init__()
        self.instance = Instance(cls, call)

    def filled(self, call: Call) -> None:
        """What `__init__` of `dict` does."""
        rows = bool(call.machine.row_loops)
        for value in call.positional:
            self.update(value, rows=rows)
        own = "collections.UserDict" in self.cls.external_bases()  # … whose `__init__` calls `__setitem__`
        for name, value in call.named.items():
            if own:
                self.set_item(plain(name), value, rows=rows)
            else:
                Mapping.set_item(self, plain(name), value, rows=rows)

    def core_method(self, name: str, call: Call) -> Value:
        """A method of `dict`, as `super()` has it."""
        first = call.positional[0] if call.positional else UNKNOWN
        match name:
            case "__init__":
                self.filled(call)
            case "__getitem__":
                return self._found(first)
            case "__iter__":
                return Sequence(Mapping.elements(self) or (), None if Mapping.elements(self) else Mapping.element(self))
            case "__setitem__" if len(call.positional) > 1:
                Mapping.set_item(self, first, call.positional[1], rows=bool(call.machine.row_loops))
            case "__delitem__":
                Mapping.remove_item(self, first)
            case _:
                return Mapping.method(self, name, call)
        return NONE

    def _found(self, key: Value) -> Value:
        there = self.has(key)
        if there is True or self.cls.method_of("__missing__") is None:
            return Mapping.item(self, key)
        missing = self.special("__missing__", key) or UNKNOWN
        return missing if there is False else join((missing, Mapping.item(self, key)))

    def elements(self) -> list[Value] | None:
        found = self.special("__iter__")
        return found.elements() if found is not None else Mapping.elements(self)

    def item(self, key: Value) -> Value:
        found = self.special("__getitem__", key)
        return found if found is not None else self._found(key)

    def set_item(self, key: Value, value: Value, *, rows: bool) -> None:
        if self.special("__setitem__", key, value) is None:
            Mapping.set_item(self, key, value, rows=rows)

    def remove_item(self, key: Value) -> None:
        if self.special("__delitem__", key) is None:
            Mapping.remove_item(self, key)


OBJECTS = (TextObject, SequenceObject, MappingObject)


def _text_object(cls: Class, call: Call) -> Value:
    """One for each text that it may be made of."""
    given = call.argument(0, "object", "value")
    options = given.alternatives() if given is not None else ()
    if len(options) < 2:
        return TextObject((), instance=Instance(cls, call)).of(call)
    rest = {name: value for name, value in call.named.items() if name not in ("object", "value")}
    made = (call.with_arguments((option, *call.positional[1:]), rest) for option in options)
    return join(TextObject((), instance=Instance(cls, one)).of(one) for one in made)


CORES: dict[str, Callable[[Class, Call], Value]] = {
    **dict.fromkeys(("builtins.str", "collections.UserString"), _text_object),
    **dict.fromkeys(
        (
            *("builtins.list", "builtins.tuple", "builtins.set", "builtins.frozenset"),
            *("collections.UserList", "collections.deque"),
        ),
        SequenceObject,
    ),
    **dict.fromkeys(
        (
            *("builtins.dict", "collections.OrderedDict", "collections.UserDict", "collections.defaultdict"),
            *("typing.TypedDict", "typing_extensions.TypedDict"),
        ),
        MappingObject,
    ),
}
"""Base classes whose objects hold something."""
