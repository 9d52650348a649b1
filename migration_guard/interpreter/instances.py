"""Objects of classes of the repository."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import libcst as cst

from migration_guard.interpreter.collections import Mapping, Sequence
from migration_guard.interpreter.flow import HEAP, Store
from migration_guard.interpreter.kinds import within
from migration_guard.interpreter.text import Text, plain
from migration_guard.interpreter.values import NONE, UNKNOWN, External, Native, Unknown, Value, join
from migration_guard.lean import dataclass

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.classes import Class
    from migration_guard.interpreter.machine import Machine
    from migration_guard.interpreter.values import Place


_VALIDATORS = frozenset({"field_validator", "validator", "model_validator", "root_validator"})
"""Decorators of what pydantic calls with the values of a new object."""
MAX_STEPS = 8
"""Calls of `__next__` that are made one by one; what further ones give is not known."""


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
        return HEAP.shape(self, depth)

    def held_shape(self, depth: int) -> object:
        held = self.attributes.items() if depth else ()
        return (id(self.cls.node), tuple((name, value.shape(depth - 1)) for name, value in held))

    @property
    def attributes(self) -> dict[str, Value]:
        names = [str(name) for name in self.slots]
        return {name: value for name in names if isinstance(value := self.read(name), Value)}

    def parts(self) -> Iterator[Value]:
        yield from self.attributes.values()

    @property
    def handle(self) -> bool:  # type: ignore[override]
        objects, met = [self], {id(self)}
        for one in objects:  # those that it leads to, each once: they may lead back
            for option in (option for value in one.attributes.values() for option in value.alternatives()):
                if not isinstance(option, Instance):
                    if option.handle:
                        return True
                elif id(option) not in met:
                    met.add(id(option))
                    objects.append(option)
        return False

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
            self.fill(call)
        elif not self.cls.external_bases() or self.cls.external_bases() == ["?"]:
            return
        else:
            for name, value in call.named.items():  # a base class out of sight keeps what it is given, as likely as not
                self.write(name, value)
            for number, value in enumerate(call.positional):
                if value.handle:
                    self.write(f"*{number}", value)

    def fill(self, call: Call) -> None:
        """The fields of a dataclass and the like, by position and by name."""
        positional = list(call.positional)
        for name, default in self.machine.fields_of(self.cls):
            given = call.named.get(name)
            if given is None and positional and (default is None or default.is_passed):
                given = positional.pop(0)
            if given is not None:
                self.write(name, default.taken(self, given, call) if default is not None else given)
            elif default is not None:
                made = default.taken(self, default.fresh(call.with_arguments((self,), {})), call)
                self.write(name, join((made, UNKNOWN)) if call.open else made)
            else:
                self.write(name, UNKNOWN)
        passed = [self.attribute(name, self.machine) for name in self.machine.only_initial(self.cls)]
        for name, arguments in (("__post_init__", passed), ("__attrs_post_init__", []), ("model_post_init", [UNKNOWN])):
            self.special(name, *arguments)
        for method in [self.cls.method_of(name) for cls in self.cls.lineage() for name in cls.scope.names]:
            if method is not None and method.wrapper.rpartition(".")[2] in _VALIDATORS:
                self.machine.call(method.bind(self.cls), self.hidden_call(method.name).opened(UNKNOWN)).consumed()

    # --- Attributes --------------------------------------------------------------------------------------------------

    def attribute(self, name: str, machine: Machine) -> Value:
        hook = self.cls.method_of("__getattribute__")
        if hook is not None and not any(frame.node is hook.node for frame in machine.frames):
            said = machine.run(hook.bind(self), self.hidden_call("__getattribute__", plain(name)))
            if not isinstance(said, Unknown):
                return said
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
            return join([option.seen_on(self, machine) for option in found.alternatives()])
        fallback = self.cls.method_of("__getattr__")
        if fallback is not None:
            return machine.run(fallback.bind(self), self.hidden_call("__getattr__", plain(name)))
        return self._inherited(name)

    def seen_on(self, receiver: Value, machine: Machine) -> Value:
        """A descriptor of the repository."""
        cls = receiver if receiver.is_class else getattr(receiver, "cls", UNKNOWN)
        found = self.special("__get__", NONE if receiver is cls else receiver, cls)
        return found if found is not None else self

    def assigned(self, receiver: Value, value: Value, machine: Machine) -> bool:
        return self.special("__set__", receiver, value) is not None

    def removed(self, receiver: Value, machine: Machine) -> bool:
        return self.special("__delete__", receiver) is not None

    def has_attribute(self, name: str) -> bool | None:
        if (name in self.slots and self.sure(name)) or self.cls.lookup(name) is not None:
            return True
        hooks = any(self.cls.method_of(hook) is not None for hook in ("__getattr__", "__getattribute__"))
        return None if name in self.slots or "?" in self.slots or hooks or self.cls.external_bases() else False

    def _inherited(self, name: str) -> Value:
        """What a base class outside the repository gives."""
        bases = self.cls.external_bases()
        return External(f"{bases[0]}.{name}") if len(bases) == 1 and bases[0] != "?" else Unknown(name)

    def assign(self, name: str, value: Value, machine: Machine, place: Place) -> None:
        if name == "__dict__":
            self._become(value)
            return
        found = self.cls.lookup(name)
        if found is not None and [option for option in found.alternatives() if option.assigned(self, value, machine)]:
            return
        general = self.cls.method_of("__setattr__")
        if general is not None:
            machine.run(general.bind(self), self.hidden_call("__setattr__", plain(name), value))
        self.write(name, value)

    def _become(self, attributes: Value) -> None:
        """`self.__dict__ = …`: those, and nothing of what was there."""
        entries = attributes.mapping()
        for name in [name for name in self.slots if isinstance(name, str)]:
            self.remove(name)
        for key, value in entries.known.values() if entries is not None else ():
            self.write(str(key), value)
        if entries is None or not entries.whole:
            self.forget()

    # --- What Python calls by itself ---------------------------------------------------------------------------------

    def hidden_call(self, name: str, *arguments: Value) -> Call:
        """The call of a method that no code spells."""
        machine = self.machine
        return replace(self.made_by, name=name, place=machine.here(self.made_by.place), positional=arguments, named={})

    def special(self, name: str, *arguments: Value) -> Value | None:
        """Run a method that Python calls by itself; None where the class has none."""
        method = self.cls.method_of(name)
        if method is None:
            return None
        return method.bind(self).call(self.hidden_call(name, *arguments))

    def method(self, name: str, call: Call) -> Value:
        found = self.attribute(name, call.machine)
        if isinstance(found, (External, Unknown)) and self.read(name) is None and self.cls.lookup(name) is None:
            libraries = call.machine.libraries
            known = libraries.method_of_base(self, call)
            if known is not None:
                return known
            if isinstance(found, External):
                return libraries.inherited_method(self, found, call)
        return call.machine.call(found, call)

    def call(self, call: Call) -> Value:
        target = self.cls.method_of("__call__")
        if target is not None:
            return target.bind(self).call(call)
        self.machine.libraries.used(self, call)
        if self.cls.method_of("__enter__") is not None and call.positional and call.positional[0].callable_in_sight:
            return Native("inside", partial(self._around, call.positional[0]))
        return call.leave(self)

    def _around(self, function: Value, call: Call) -> Value:
        """What a `ContextDecorator` makes of a function: it runs within the block."""
        self.entered(call.machine)
        result = call.machine.call(function, call)
        self.exited(call.machine)
        return result

    def _iterated(self) -> Value | None:
        made = self.special("__iter__")
        if made is None:
            made = self.special("__aiter__")
        if isinstance(made, Instance):
            return made.stepped()
        if made is None and self.cls.external_bases() and not self.cls.fields:
            self.machine.libraries.used(self, self.hidden_call("__iter__"))
        return made if made is not None else self.stepped()

    def stepped(self) -> Value | None:
        """What `__next__` gives, as long as it gives anything."""
        given: list[Value] = []
        for _ in range(MAX_STEPS):
            one = self.special("__next__") or self.special("__anext__")
            if one is None:
                return None
            if one is UNKNOWN:
                return Sequence(given) if given else Sequence((), one)
            given.append(one)
        return Sequence((), join((*given, UNKNOWN)))

    def iterated(self) -> Value:
        found = self._iterated()
        return found if found is not None else self

    def elements(self) -> list[Value] | None:
        found = self._iterated()
        if found is None and self.cls.fields == "NamedTuple":
            return self.field_values()
        return found.elements() if found is not None and found is not self else None

    def field_values(self) -> list[Value]:
        """What its fields hold, in order."""
        return [self.attribute(name, self.machine) for name, _ in self.machine.fields_of(self.cls)]

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
            return Sequence(self.field_values(), kind="tuple").item(key)
        self.machine.libraries.used(self, self.hidden_call("__getitem__", key))
        return UNKNOWN

    def certain(self) -> bool | None:
        """Whether it is true in a condition: what `__bool__` says, or `__len__`."""
        for name in ("__bool__", "__len__"):
            said = self.special(name)
            if said is not None:
                return said.truth
        return None if self.cls.external_bases() else True

    def set_item(self, key: Value, value: Value, *, rows: bool) -> None:
        if self.special("__setitem__", key, value) is None:
            self.machine.libraries.used(self, self.hidden_call("__setitem__", key, value))

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
        if result is None:
            machine.libraries.used(self, self.hidden_call("__enter__"))
        return result if result is not None else self

    def exited(self, machine: Machine) -> None:
        unknown = Unknown("exception")
        for name in ("__exit__", "__aexit__"):
            if self.special(name, unknown, unknown, unknown) is not None:
                return
        machine.libraries.used(self, self.hidden_call("__exit__"))

    leaves = True

    def forget(self) -> None:
        """Anything may have been done to it."""
        for name, value in self.attributes.items():
            self.write(name, join((value, UNKNOWN)))

    def remove_attribute(self, name: str) -> None:
        self.special("__delattr__", plain(name))
        found = self.cls.lookup(name)
        if found is None or not [one for one in found.alternatives() if one.removed(self, self.machine)]:
            self.remove(name)

    @property
    def callable_in_sight(self) -> bool:  # type: ignore[override]
        return self.cls.method_of("__call__") is not None

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

    def mapping(self) -> Mapping:
        return self.held()

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
