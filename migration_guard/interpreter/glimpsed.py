"""Objects that come from out of sight, and are known to be of a class of the repository: its methods are theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_guard.interpreter.functions import Function
from migration_guard.interpreter.instances import Instance
from migration_guard.interpreter.values import Value, join

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.classes import Class
    from migration_guard.interpreter.machine import Machine


class Glimpsed(Instance):
    """An object of which nobody in sight knows how it was made: what it holds is what is out of sight, as `was` is."""

    __slots__ = ("was",)

    def __init__(self, cls: Class, made_by: Call, was: Value) -> None:
        super().__init__(cls, made_by)
        self.was = was

    def held_shape(self, depth: int) -> object:
        return ("glimpsed", self.was.key, self.was.origin, super().held_shape(depth))

    @property
    def origin(self) -> str:  # type: ignore[override]
        return self.was.origin

    @property
    def handle(self) -> bool:  # type: ignore[override]
        return self.was.handle or super().handle

    def attribute(self, name: str, machine: Machine) -> Value:
        if self.sure(name) or name == "__class__":
            return super().attribute(name, machine)
        there = self.was.attribute(name, machine)
        of_class = self.cls.lookup(name)
        if of_class is None and name not in self.slots:
            return there
        found = super().attribute(name, machine)
        methods = of_class is not None and all(isinstance(one, Function) for one in of_class.alternatives())
        return found if methods else join((found, there))

    def has_attribute(self, name: str) -> bool | None:
        return super().has_attribute(name) or None

    def method(self, name: str, call: Call) -> Value:
        if name not in self.slots and self.cls.lookup(name) is None:
            return self.was.method(name, call)
        return super().method(name, call)

    def call(self, call: Call) -> Value:
        return super().call(call) if self.cls.method_of("__call__") is not None else self.was.call(call)

    def element(self) -> Value:
        return join((super().element(), self.was.element()))
