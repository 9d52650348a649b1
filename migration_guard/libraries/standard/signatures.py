"""`inspect.signature(function)`, and what it says each parameter is given: binding arguments calls nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_guard.interpreter.collections import Mapping, Sequence
from migration_guard.interpreter.functions import Function
from migration_guard.interpreter.text import plain
from migration_guard.interpreter.values import NONE, UNKNOWN, Method, Unknown, Value, join
from migration_guard.lean import dataclass
from migration_guard.libraries.standard import hooks
from migration_guard.libraries.standard.iteration import first
from migration_guard.libraries.standard.records import Namespace

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine


@dataclass(frozen=True, slots=True, eq=False)
class Signature(Value):
    """The parameters of something that can be called."""

    inert = True

    of: Value

    @property
    def key(self) -> object:
        return ("signature", self.of.key)

    def attribute(self, name: str, machine: Machine) -> Value:
        return Method(self, name) if name in ("bind", "bind_partial") else Unknown(name)

    def method(self, name: str, call: Call) -> Value:
        if name not in ("bind", "bind_partial"):
            return Unknown(name)
        return join(Bound(option, call) for option in self.of.alternatives())


class Bound(Namespace):
    """`BoundArguments`: what is passed, by the names of the parameters where those are in sight."""

    __slots__ = ("_missing",)

    def __init__(self, of: Value, call: Call) -> None:
        super().__init__()
        rest = call.rest if call.open else None
        self.write("args", Sequence(call.positional, rest, kind="tuple"))
        self.write("kwargs", Mapping({plain(name).key: (plain(name), one) for name, one in call.named.items()}, rest))
        given, self._missing = _given(of, call)
        self.write("arguments", given)

    def method(self, name: str, call: Call) -> Value:
        arguments = self.read("arguments")
        if name == "apply_defaults" and isinstance(arguments, Mapping):
            for parameter, value in self._missing.items():
                arguments.set_item(plain(parameter), value, rows=False)
            return NONE
        return Unknown(name)


def _given(of: Value, call: Call) -> tuple[Mapping, dict[str, Value]]:
    """What is passed, by name, and what parameters are that it does not name."""
    if not isinstance(of, Function) or call.open:
        every = (*call.arguments, call.rest) if call.open else call.arguments
        return Mapping(rest=join((*every, UNKNOWN))), {}
    bound = call.machine.calls.arguments(of, call)
    parameters = of.node.params
    by_place = [one.name.value for one in (*parameters.posonly_params, *parameters.params)]
    own = by_place[:1] if of.bound is not None else []
    passed = {*by_place[len(own) : len(own) + len(call.positional)], *call.named}
    default = {*by_place, *(one.name.value for one in parameters.kwonly_params)} - passed
    missing = {name: bound.pop(name) for name in [*bound] if name in default}
    return (
        Mapping({plain(name).key: (plain(name), value) for name, value in bound.items() if name not in own}),
        {name: value for name, value in missing.items() if name not in own},
    )


def _signature(call: Call) -> Value:
    return hooks.called("inspect.signature", call) or Signature(first(call))


CALLS = {"inspect.signature": _signature}
