"""`functools` and `operator`: functions that call other functions, or stand for an operator or a method."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from migration_guard.interpreter.text import Text
from migration_guard.interpreter.values import UNKNOWN, Native, Unknown, Value, join
from migration_guard.libraries.containers import first

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call


def reduced(call: Call) -> Value:
    """`reduce(function, values, start)`: what has come so far goes into each further call."""
    if len(call.positional) < 2:
        return UNKNOWN
    function, values = call.positional[:2]
    elements = call.machine.items(values)
    start = call.argument(2)
    if elements is not None:
        waiting = list(elements) if start is not None else list(elements[1:])
        result = start if start is not None else elements[0] if elements else UNKNOWN
        for element in waiting:
            result = call.machine.call(function, call.with_arguments((result, element), {}))
        return result
    element = values.element()
    result = start if start is not None else element
    with call.machine.rows(values.from_rows):
        for _ in range(2):  # the second time with what the first one gave
            result = join((result, call.machine.call(function, call.with_arguments((result, element), {}))))
    return result


def method_caller(call: Call) -> Value:
    """`methodcaller("save", …)`: calls that method of what it is given."""
    name = first(call)
    if not isinstance(name, Text) or not name.known:
        return UNKNOWN
    positional, named = call.positional[1:], call.named

    def called(later: Call) -> Value:
        return first(later).method(str(name), later.with_arguments(positional, named))

    return Native("methodcaller", called)


def _operated(operator: str, call: Call) -> Value:
    if len(call.positional) < 2:
        return UNKNOWN
    left, right = call.positional[:2]
    found = left.operated(operator, right, call)
    return found if found is not None else Unknown(from_rows=left.from_rows or right.from_rows)


_OPERATORS = {"or_": "__or__", "and_": "__and__", "xor": "__xor__", "ior": "__ior__", "iand": "__iand__"}

CALLS: dict[str, Callable[[Call], Value | None]] = {
    "reduce": reduced,
    "methodcaller": method_caller,
    **{name: partial(_operated, operator) for name, operator in _OPERATORS.items()},
}
