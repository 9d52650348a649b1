"""`contextlib`: blocks with an end of their own, and stacks of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from migration_guard.interpreter.collections import Sequence
from migration_guard.interpreter.functions import ContextManager, Function
from migration_guard.interpreter.instances import Instance
from migration_guard.interpreter.values import NONE, UNKNOWN, Partial, Unknown, Value
from migration_guard.libraries.standard.iteration import first

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine


class Stack(Sequence):
    """An ExitStack: what was pushed on it is run at its end, the last first."""

    __slots__ = ()

    leaves = True
    handle = False

    @property
    def truth(self) -> bool | None:
        return True

    @property
    def swallows(self) -> bool:
        return True

    def method(self, name: str, call: Call) -> Value:
        rows = bool(call.machine.row_loops)
        match name:
            case "callback" | "push_async_callback":
                self.add(Partial(first(call), call.positional[1:], call.named), rows=rows)
                return first(call)
            case "push" | "push_async_exit":
                self.add(Leaving(first(call)), rows=rows)
                return first(call)
            case "enter_context" | "enter_async_context":
                return self._entered_on(first(call), call)
            case "close" | "aclose" | "__exit__" | "__aexit__":
                self.exited(call.machine)
                return NONE
            case "pop_all":
                moved = Stack(self.known, self.rest)
                self.become(())
                return moved
            case "__enter__" | "__aenter__":
                return self
        return Unknown(name)

    def _entered_on(self, manager: Value, call: Call) -> Value:
        value = manager.entered(call.machine)
        if not isinstance(manager, ContextManager):  # that runs as a whole where it is entered
            self.add(Leaving(manager), rows=bool(call.machine.row_loops))
        return value

    def exited(self, machine: Machine) -> None:
        waiting = [*self.known, *([self.rest] if self.rest is not None else [])]
        self.become(())
        for value in reversed(waiting):
            for option in value.alternatives():
                run_at_end(option, machine)


class Leaving(Value):
    """What a stack leaves at its end: a context manager, or a function that is called like `__exit__`."""

    __slots__ = ("manager",)

    is_made = True

    def __init__(self, manager: Value) -> None:
        self.manager = manager

    @property
    def key(self) -> object:
        return ("leaving", self.manager.key)

    def left(self, machine: Machine) -> None:
        if isinstance(self.manager, Function):
            machine.run(self.manager, machine.hidden_call("", Unknown("exception"), UNKNOWN, UNKNOWN))
        else:
            self.manager.exited(machine)


def run_at_end(value: Value, machine: Machine) -> None:
    if isinstance(value, Leaving):
        value.left(machine)
    elif isinstance(value, Partial):
        machine.call(value, machine.hidden_call("callback")).consumed()


class Closing(Value):
    """`closing(thing)`: its end calls `thing.close()`."""

    __slots__ = ("thing",)

    is_made = True
    leaves = True

    def __init__(self, thing: Value) -> None:
        self.thing = thing

    @property
    def handle(self) -> bool:  # type: ignore[override]
        return self.thing.handle

    def entered(self, machine: Machine) -> Value:
        return self.thing

    def exited(self, machine: Machine) -> None:
        for option in self.thing.alternatives():
            if isinstance(option, Instance):
                option.special("close") or option.special("aclose")
            else:
                option.method("close", machine.hidden_call("close"))


class Suppressing(Value):
    """`suppress(…)`: goes on after an exception in its block."""

    __slots__ = ()

    @property
    def key(self) -> object:
        return "suppress"

    @property
    def swallows(self) -> bool:
        return True


class Null(Value):
    """`nullcontext(value)`."""

    __slots__ = ("value",)

    is_made = True

    def __init__(self, value: Value) -> None:
        self.value = value

    @property
    def handle(self) -> bool:  # type: ignore[override]
        return self.value.handle

    def entered(self, machine: Machine) -> Value:
        return self.value


def _managing(call: Call) -> Value | None:
    """`contextmanager(function)`, called as a function."""
    function = first(call)
    return replace(function, style="contextmanager") if isinstance(function, Function) else None


CALLS: dict[str, Callable[[Call], Value | None]] = {
    **dict.fromkeys(("contextlib.ExitStack", "contextlib.AsyncExitStack"), lambda call: Stack()),
    **dict.fromkeys(("contextlib.closing", "contextlib.aclosing"), lambda call: Closing(first(call))),
    "contextlib.nullcontext": lambda call: Null(call.argument(0, "enter_result") or NONE),
    "contextlib.suppress": lambda call: Suppressing(),
    **dict.fromkeys(("contextlib.contextmanager", "contextlib.asynccontextmanager"), _managing),
}
