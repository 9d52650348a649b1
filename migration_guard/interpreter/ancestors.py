"""`super()`: what stands above a class for an object of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_guard.interpreter.classes import Class
from migration_guard.interpreter.collections import Mapping, Sequence
from migration_guard.interpreter.cores import OBJECTS, SequenceObject, TextObject
from migration_guard.interpreter.functions import Function
from migration_guard.interpreter.instances import Instance
from migration_guard.interpreter.text import Text
from migration_guard.interpreter.values import NONE, UNKNOWN, Method, Value
from migration_guard.lean import dataclass

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine


@dataclass(frozen=True, slots=True, eq=False)
class Super(Value):
    """`super()` in a method: what stands above `cls` for `instance`."""

    cls: Class
    instance: Value

    def _above(self, name: str) -> Value | None:
        beings = (Instance, *OBJECTS)
        lineage = self.instance.cls.lineage() if isinstance(self.instance, beings) else self.cls.lineage()
        behind = lineage[lineage.index(self.cls) + 1 :] if self.cls in lineage else self.cls.lineage()[1:]
        return next((found for cls in behind if (found := cls.scope.get(name)) is not None), None)

    def attribute(self, name: str, machine: Machine) -> Value:
        found = self._above(name)
        return found.seen_on(self.instance, machine) if found is not None else Method(self, name)

    def method(self, name: str, call: Call) -> Value:
        found = self._above(name)
        if isinstance(found, Function) and found.style != "property":
            return found.bind(self.instance).call(call)
        if found is not None:
            return call.machine.call(found.seen_on(self.instance, call.machine), call)
        if name == "mro" and isinstance(self.instance, Class):
            return Sequence(self.instance.lineage())
        if name == "__getattribute__" and isinstance(self.instance, (Instance, Class)) and call.positional:
            wanted = call.positional[0]
            return self.instance.attribute(str(wanted), call.machine) if isinstance(wanted, Text) else UNKNOWN
        if name == "__delattr__" and isinstance(self.instance, Instance) and call.positional:
            self.instance.remove(str(call.positional[0]))
            return NONE
        if name == "__init__" and isinstance(self.instance, Instance):
            if self.cls.lineage()[1:] and any(cls.fields for cls in self.cls.lineage()[1:]):
                self.instance.fill(call)
            self.instance.made_with = call
            return NONE
        if name == "__setattr__" and isinstance(self.instance, Instance) and len(call.positional) == 2:
            named, value = call.positional
            if isinstance(named, Text) and named.known:
                self.instance.write(str(named), value)
            return NONE
        if name == "__setattr__" and isinstance(self.instance, Class) and len(call.positional) == 2:
            named, value = call.positional
            if isinstance(named, Text) and named.known:
                self.instance.scope.assign(str(named), value)
            return NONE
        if name == "__new__":
            return self._new(call)
        if name == "__call__" and isinstance(self.instance, Class):
            return self.instance.made(call)
        if isinstance(self.instance, OBJECTS):
            return self.instance.core_method(name, call)
        return call.machine.libraries.super_method(self, name, call)

    def _new(self, call: Call) -> Value:
        """`super().__new__(cls, …)`; of a metaclass the class that is being made, with the names that it is given."""
        made = next((cls.making for cls in self.cls.lineage() if cls.making is not None), None)
        if made is not None:
            names = call.argument(3, "namespace", "attrs", "dct")
            for key, value in names.known.values() if isinstance(names, Mapping) else ():
                if isinstance(key, Text) and made.scope.get(str(key)) is not value:
                    made.scope.assign(str(key), value)
            return made
        cls = call.positional[0] if call.positional and isinstance(call.positional[0], Class) else self.cls
        made_of = cls.blank(call)
        if isinstance(made_of, TextObject):
            return made_of.of(call.with_arguments(call.positional[1:], call.named))
        if isinstance(made_of, SequenceObject) and made_of.kind == "tuple":
            made_of.filled(call.with_arguments(call.positional[1:], call.named))
        return made_of
