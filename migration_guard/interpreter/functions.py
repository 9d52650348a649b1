"""Functions of the repository, and what calling them gives: generators, and blocks under `@contextmanager`."""

from __future__ import annotations

from dataclasses import field, replace
from functools import partial
from typing import TYPE_CHECKING

import libcst as cst

from migration_guard.interpreter.kinds import within
from migration_guard.interpreter.text import plain
from migration_guard.interpreter.values import NONE, UNKNOWN, Method, Native, Unknown, Value, join
from migration_guard.lean import dataclass

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.classes import Class
    from migration_guard.interpreter.machine import Machine
    from migration_guard.interpreter.repository import Scope
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
    deleter: Function | None = None
    """… and what `del` calls."""
    wrapper: str = ""
    """The dotted name of the decorator from out of sight, where that is known."""

    @property
    def origin(self) -> str:  # type: ignore[override]
        return f"{self.name}@{id(self.node)}" if self.wrapped else ""

    callable_in_sight = True

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

    def seen_on(self, receiver: Value, machine: Machine) -> Value:
        of_class = receiver.is_class
        match self.style:
            case "property":
                return self if of_class else machine.run_plainly(self.bind(receiver))
            case "classproperty":
                return machine.run_plainly(self.bind(receiver if of_class else getattr(receiver, "cls", receiver)))
            case "classmethod":
                return self.bind(receiver if of_class else getattr(receiver, "cls", receiver))
        return self if of_class else self.bind(receiver)

    def assigned(self, receiver: Value, value: Value, machine: Machine) -> bool:
        if self.style != "property" and self.setter is None:
            return False
        if self.setter is not None:
            machine.call_plainly(self.setter.bind(receiver), value)
        return True

    def removed(self, receiver: Value, machine: Machine) -> bool:
        if self.style != "property" or self.deleter is None:
            return False
        machine.call_plainly(self.deleter.bind(receiver))
        return True

    def attribute(self, name: str, machine: Machine) -> Value:
        own = machine.function_attributes(self).read(name)
        if isinstance(own, Value):
            return own
        match name:
            case "__name__" | "__qualname__":
                return plain(self.name)
            case "__func__" | "__wrapped__":
                return self
            case "__doc__":
                return self.docstring(machine)
            case "__self__" if self.bound is not None:
                return self.bound
            case "__globals__":
                return machine.libraries.globals_of(self.scope.module)
            case "__closure__":
                return machine.libraries.closure_of(self.scope)
        return self._accessors().get(name) or Method(self, name)

    def _accessors(self) -> dict[str, Function | None]:
        """Of a property that is looked up on its class: its functions."""
        own = replace(self, style="")
        return {"fget": own, "fset": self.setter, "fdel": self.deleter} if self.style == "property" else {}

    def docstring(self, machine: Machine) -> Value:
        """Its `__doc__`."""
        if isinstance(self.node, cst.Lambda):
            return NONE
        return docstring(self.node.body, self.scope, machine)

    def assign(self, name: str, value: Value, machine: Machine, place: Place) -> None:
        machine.function_attributes(self).write(name, value)

    def method(self, name: str, call: Call) -> Value:
        own = call.machine.function_attributes(self).read(name)
        if isinstance(own, Value):
            return call.machine.call(own, call)
        accessor = self._accessors().get(name)
        if accessor is not None:
            return accessor.call(call)
        if self.style == "property" and call.positional:
            match name:
                case "__get__":
                    return call.machine.run_plainly(self.bind(call.positional[0]))
                case "__set__":
                    self.assigned(call.positional[0], call.positional[-1], call.machine)
                case "__delete__":
                    self.removed(call.positional[0], call.machine)
        if name in ("__call__", "__wrapped__", "__func__"):
            return self.call(call)
        if name == "__get__" and call.positional:
            return self.bind(call.positional[0])
        return call.machine.libraries.function_method(self, name, call)

    def call(self, call: Call) -> Value:
        if self.generates and self.style != "contextmanager":
            made = Generator(self, call)
            if self.wrapped:
                made.consumed()  # a decorator out of sight may go through it at once
            return made
        if self.style == "contextmanager":
            return ContextManager(self, call)
        if self.wrapped:
            call.machine.libraries.through_decorator(self, call)
        return call.machine.run(self, call)


def docstring(body: cst.BaseSuite, scope: Scope, machine: Machine) -> Value:
    first = body.body[0] if body.body else None
    if isinstance(first, cst.SimpleStatementLine):
        first = first.body[0]
    if isinstance(first, cst.Expr) and isinstance(first.value, (cst.SimpleString, cst.ConcatenatedString)):
        with machine.inside("<docstring>", first, scope):
            return machine.evaluate(first.value)
    return NONE


@dataclass(slots=True, eq=False)
class Generator(Value):
    """The call of a function with `yield`: it runs when it is gone through."""

    is_made = True

    function: Function
    made_by: Call
    run: Value | None = None
    """What it yields, once it was gone through."""
    sent: Value = UNKNOWN
    """What was sent into it."""

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
            self.run = self.made_by.machine.run(self.function, self.made_by, sent=self.sent)
        return self.run

    def elements(self) -> list[Value] | None:
        return self.whole.elements()

    def element(self) -> Value:
        return self.whole.element()

    def consumed(self) -> None:
        self.whole.element()

    def entered(self, machine: Machine) -> Value:
        """`with function():`, where a decorator out of sight makes a context manager of it."""
        return self.element()

    def method(self, name: str, call: Call) -> Value:
        if name in ("send", "asend") and call.positional:
            self.run, self.sent = None, call.positional[0]
            return self.element()
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
        """`@manager()` before a function: each call of that runs inside."""
        return Native("inside", partial(self._around, call.positional[0])) if call.positional else UNKNOWN

    def _around(self, function: Value, call: Call) -> Value:
        machine = call.machine
        frames, results = list(machine.frames), list[Value]()

        def block(_: Value) -> None:
            with machine.standing_at(frames):
                results.append(machine.call(function, call))

        machine.calls.run(self.function, self.made_by, block)
        return join(results) if results else machine.call(function, call)

    def consumed(self) -> None:
        self.entered(self.made_by.machine)

    @property
    def swallows(self) -> bool:
        return True


def yields_in_line(node: cst.FunctionDef | cst.Lambda) -> bool:
    """Whether a function yields statement by statement: then it is known how often, and in which order."""
    if isinstance(node, cst.Lambda):
        return False
    lines = node.body.body
    statements = [one for line in lines if isinstance(line, cst.SimpleStatementLine) for one in line.body]
    if not all(isinstance(line, cst.SimpleStatementLine) for line in lines):
        return False
    plainly = [one for one in statements if isinstance(getattr(one, "value", None), cst.Yield)]
    return len(plainly) == sum(isinstance(one, cst.Yield) for one in within(node.body))
