"""Handing over: what is given to something out of sight, what that holds, and what may be run or changed by it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from migration_guard.interpreter.collections import Mapping, Sequence
from migration_guard.interpreter.functions import Function
from migration_guard.interpreter.values import Choice, Method, Partial, Value
from migration_guard.libraries.database import Field, Part, Query, Row
from migration_guard.libraries.handles import LOOKS

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call

_TAKES_ARGUMENTS = frozenset({"submit", "apply", "apply_async", "callback", "run_in_executor", "to_thread", "push"})
"""Functions that call what they are given with the arguments behind it."""
_TAKES_ELEMENTS = frozenset({"map", "imap", "imap_unordered", "starmap", "map_async", "thread_map", "process_map"})
"""Functions that call it once for each element of what stands behind it."""


def run_callbacks(call: Call) -> list[Value]:
    """Functions that are handed to something out of sight will be run by it: what they give."""
    found: list[Value] = []
    for index, value in enumerate(call.arguments):
        behind = call.positional[index + 1 :]
        for option in value.alternatives():
            if isinstance(option, Function) or (isinstance(option, (Method, Partial)) and _writes(option)):
                found.append(_run_callback(option, behind, call))
            else:
                for one in held(option):
                    if one is option:
                        continue
                    if isinstance(one, (Function, Partial)) or (isinstance(one, Method) and _writes(one)):
                        found.append(call.machine.call(one, call.with_arguments((), {})))
                        found[-1].consumed()
    return found


def held(value: Value) -> Iterator[Value]:
    """What a value holds, however deep, each once: what gets a list also gets its elements."""
    return (one for one in _within(value) if not isinstance(one, (Sequence, Mapping)))


def written_into(values: Iterable[Value]) -> None:
    """Something out of sight gets values: lists, dictionaries and buffers among them, however deep, may hold anything then."""
    for value in values:
        for one in [*_within(value)]:
            one.written_into()


def _within(value: Value) -> Iterator[Value]:
    """A value and what it holds, however deep, each once."""
    waiting, met = [*reversed(value.alternatives())], dict[int, Value]()
    while waiting:
        one = waiting.pop()
        if id(one) in met:
            continue
        met[id(one)] = one
        yield one
        if isinstance(one, (Sequence, Mapping)):
            rest = (one.rest,) if one.rest is not None else ()
            elements = one.known if isinstance(one, Sequence) else one.values()
            inside = dict.fromkeys((*elements, *rest))
        else:
            inside = dict.fromkeys(one.parts())
        waiting += reversed([option for part in inside for option in part.alternatives()])


def _writes(value: Value) -> bool:
    """Whether a function that is handed on leads to the database."""
    match value:
        case Partial(function=function):
            return isinstance(function, Function) or _writes(function)
        case Part(receiver=Part()):  # `db.users.insert_one`
            return not LOOKS.match(value.name)
        case Method(receiver=receiver):
            return isinstance(receiver, Field) or (receiver.handle and not isinstance(receiver, Part))
    return False


def _run_callback(function: Value, behind: tuple[Value, ...], call: Call) -> Value:
    if call.name in _TAKES_ELEMENTS:
        with call.machine.rows(any(value.from_rows for value in behind)):
            result = call.machine.call(function, call.with_arguments([value.element() for value in behind], {}))
    else:
        takes = call.name in _TAKES_ARGUMENTS or isinstance(function, Method)
        result = call.machine.call(function, call.with_arguments(behind if takes else (), {}))
    result.consumed()
    return result


def holds_rows(value: Value) -> bool:
    """Whether a value is a row of a model, or holds some, however deep: what it is given to may change them."""
    waiting, met = [value], dict[int, Value]()
    while waiting:
        one = waiting.pop()
        if id(one) in met:
            continue
        met[id(one)] = one
        match one:
            case Row():
                return True
            case Query() if one.entities and not one.plain:
                return True
            case Choice(options=options):
                waiting += options
            case Sequence():
                waiting += (*one.known, *((one.rest,) if one.rest else ()))
            case Mapping():
                waiting += one.values()
    return False


def holds_a_way(value: Value) -> bool:
    """Whether a value leads to the database."""
    return value.handle or holds_rows(value)


def takes_callback(call: Call) -> bool:
    """Whether all that is given goes into a function that is in sight, and was followed."""
    first = call.positional[0] if call.positional else None
    return call.name in (_TAKES_ARGUMENTS | _TAKES_ELEMENTS) and isinstance(first, Function)
