"""`queue`, `asyncio.Queue`, `multiprocessing.Queue`: what was put in comes out, in one order or another."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from migration_guard.interpreter.collections import Sequence
from migration_guard.interpreter.values import NONE, UNKNOWN, Unknown, Value
from migration_guard.libraries.standard.iteration import ordered

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call


class Queue(Sequence):
    """One whose first element comes out first, unless it is of another order."""

    __slots__ = ("order",)

    def __init__(self, order: str) -> None:
        super().__init__()
        self.order = order
        """`first`, `last`, or `least`: by what its elements say when they are compared."""

    @property
    def truth(self) -> bool | None:
        return True

    def method(self, name: str, call: Call) -> Value:
        match name:
            case "put" | "put_nowait" | "send":
                self.add(call.argument(0, "item", "obj") or UNKNOWN, rows=bool(call.machine.row_loops))
                if self.order == "least":
                    sorted_by = ordered(self, call.with_arguments((), {}))
                    self.become(sorted_by.known, sorted_by.rest, from_rows=self.from_rows, shuffled=sorted_by.shuffled)
                return NONE
            case "get" | "get_nowait" | "recv":
                return super().method("pop" if self.order == "last" else "get", call.with_arguments((), {}))
            case "empty" | "full" | "qsize":
                return Unknown(name)
        return NONE


_ORDERS = {
    "Queue": "first",
    "SimpleQueue": "first",
    "JoinableQueue": "first",
    "LifoQueue": "last",
    "PriorityQueue": "least",
}


def _made(order: str, call: Call) -> Value:
    return Queue(order)


CALLS: dict[str, Callable[[Call], Value | None]] = {
    f"{module}.{name}": partial(_made, order)
    for module in ("queue", "asyncio", "multiprocessing")
    for name, order in _ORDERS.items()
}
