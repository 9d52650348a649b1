"""A call as it is seen, and a call that is being followed."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence as AnySequence
from dataclasses import field
from typing import TYPE_CHECKING

import libcst as cst

from migration_guard.interpreter.flow import Record
from migration_guard.interpreter.functions import Function
from migration_guard.interpreter.repository import Scope
from migration_guard.interpreter.values import UNKNOWN, Place, Value
from migration_guard.lean import dataclass, replace

if TYPE_CHECKING:
    from migration_guard.interpreter.machine import Machine


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it is seen: where, by which name, with which values."""

    machine: Machine
    name: str
    place: Place
    positional: tuple[Value, ...] = ()
    named: dict[str, Value] = field(default_factory=dict)
    open: bool = False
    """Whether there are further arguments that are not known (`*args`, `**kwargs`)."""
    rest: Value = UNKNOWN
    """What each of them looks like."""
    given: bool = False
    """Whether it is the call of an entry point: what is not passed here, its caller passes."""

    def argument(self, index: int, *names: str) -> Value | None:
        """An argument by its position or one of its names."""
        for name in names:
            if name in self.named:
                return self.named[name]
        return self.positional[index] if 0 <= index < len(self.positional) else None

    @property
    def arguments(self) -> tuple[Value, ...]:
        return (*self.positional, *self.named.values())

    def with_arguments(self, positional: AnySequence[Value], named: dict[str, Value]) -> Call:
        return replace(self, positional=tuple(positional), named=named)

    def opened(self, rest: Value) -> Call:
        """With further arguments, of which only is known what each looks like."""
        return replace(self, open=True, rest=rest)

    def leave(self, callee: Value) -> Value:
        """The call goes to something whose body is not in sight."""
        return self.machine.libraries.leave(callee, self)


@dataclass(slots=True, eq=False)
class Frame:
    """A call that is being followed."""

    name: str
    place: Place | None
    """Where it was called; None for an entry point."""
    node: cst.CSTNode
    scope: Scope
    function: Function | None = None
    key: object = None
    """What the function was called with: equal for calls that behave alike."""
    arguments: dict[str, Value] = field(default_factory=dict)
    record: Record | None = None
    """What it has read so far of the state that it was called in."""
    statement: cst.CSTNode | None = None
    """The one that is being run."""
    passes: dict[int, tuple[int, Value]] = field(default_factory=dict)
    """The loops over literals that are being run, by their nodes, each with the number and the element that it is at."""
    returned: list[Value] = field(default_factory=list)
    counts_yields: bool = True
    """Whether it is known how many values it yields."""
    raised: list[Value] = field(default_factory=list)
    """The exceptions that the `try` block raises which is being run."""
    dispensable: int = 0
    """The `try` blocks of this frame that are being run, and go on without a module that cannot be imported."""
    yielded: list[Value] = field(default_factory=list)
    yields_rows: bool = False
    sent: Value = UNKNOWN
    """What each `yield` of a generator gives to it."""
    on_yield: Callable[[Value], None] | None = None
    """What runs at each `yield`: the block of the `with`, or the body of the loop, that the generator serves."""

    @property
    def is_module(self) -> bool:
        """Whether it is no call: a module is being run."""
        return self.name == "<module>"
