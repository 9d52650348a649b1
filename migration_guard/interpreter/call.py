"""A call as it is seen, and a call that is being followed."""

from __future__ import annotations

from collections.abc import Sequence as AnySequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import libcst as cst

from migration_guard.interpreter.repository import Scope
from migration_guard.interpreter.values import Function, Place, Value

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
    statement: cst.CSTNode | None = None
    """The one that is being run."""
    returned: list[Value] = field(default_factory=list)
    yielded: list[Value] = field(default_factory=list)
    yields_rows: bool = False
