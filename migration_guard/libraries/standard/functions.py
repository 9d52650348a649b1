"""`functools` and `operator`: functions that call other functions, or stand for an operator, an item or a method."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import libcst as cst

from migration_guard.interpreter.classes import Class
from migration_guard.interpreter.collections import Mapping, Sequence
from migration_guard.interpreter.flow import each
from migration_guard.interpreter.functions import Function
from migration_guard.interpreter.operators import compared
from migration_guard.interpreter.text import Text, plain
from migration_guard.interpreter.values import NONE, UNKNOWN, Constant, Method, Native, Partial, Unknown, Value, join
from migration_guard.lean import dataclass
from migration_guard.libraries.standard.iteration import first

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine

# --- functools -------------------------------------------------------------------------------------------------------


def reduced(call: Call) -> Value:
    """`reduce(function, values, start)`: what has come so far goes into each further call."""
    if len(call.positional) < 2:
        return UNKNOWN
    function, values = call.positional[:2]
    elements = call.machine.items(values)
    start = call.argument(2, "initial")
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


def _partial(call: Call) -> Value:
    return Kept(first(call), call.positional[1:], call.named) if call.positional else UNKNOWN


@dataclass(frozen=True, slots=True, eq=False)
class Kept(Partial):
    """… whose parts can be asked for."""

    def attribute(self, name: str, machine: Machine) -> Value:
        match name:
            case "func":
                return self.function
            case "args":
                return Sequence(self.positional, kind="tuple")
            case "keywords":
                return Mapping({plain(key).key: (plain(key), value) for key, value in self.named.items()})
        return Unknown(name)


def _wraps(call: Call) -> Value:
    """`wraps(function)`: gives back what it is put before."""
    wrapped = first(call)

    def wraps(later: Call) -> Value:
        wrapper = first(later)
        if isinstance(wrapper, Function):
            later.machine.function_attributes(wrapper).write("__wrapped__", wrapped)
        return wrapper

    return Native("wraps", wraps)


def _unwrapped(call: Call) -> Value:
    """`inspect.unwrap(function)`."""
    function = first(call)
    return call.machine.attribute(function, "__wrapped__") if isinstance(function, Function) else function


def _cached(call: Call) -> Value:
    """`cache(function)`, `lru_cache(…)`: the function, or what gives it back."""
    return first(call) if first(call).callable_in_sight else Native("cached", first)


class Dispatcher(Sequence):
    """A function under `singledispatch`: all that is registered for some type may be what is called."""

    __slots__ = ()

    is_made = True
    callable_in_sight = True
    is_collection = False

    @property
    def truth(self) -> bool | None:
        return True

    def attribute(self, name: str, machine: Machine) -> Value:
        match name:
            case "register":
                return Native(name, self._register)
            case "dispatch":
                return Native(name, lambda call: join(self.known))
            case "registry":
                return Mapping({}, join(self.known))
            case "__wrapped__" if self.known:
                return self.known[0]
        return Method(self, name)

    def method(self, name: str, call: Call) -> Value:
        if name == "__call__":
            return self.call(call)
        known = name in ("register", "dispatch", "__wrapped__")
        return call.machine.call(self.attribute(name, call.machine), call) if known else UNKNOWN

    def _register(self, call: Call) -> Value:
        function = call.argument(1, "func", "method")
        if function is None and _is_a_type(first(call)):
            return Native("register", lambda later: self._with(first(later)))
        return self._with(function if function is not None else first(call))

    def _with(self, function: Value) -> Value:
        self.add(function, rows=False)
        return function

    def seen_on(self, receiver: Value, machine: Machine) -> Value:
        return Native("dispatched", lambda call: self._called(call, receiver))

    def call(self, call: Call) -> Value:
        return self._called(call, None)

    def _called(self, call: Call, receiver: Value | None) -> Value:
        functions = [*self.known, *([self.rest] if self.rest is not None else [])]
        return join(each([partial(_run, function, receiver, call) for function in functions]))


def _run(function: Value, receiver: Value | None, call: Call) -> Value:
    if receiver is not None:
        function = function.seen_on(receiver, call.machine)
    return call.machine.call(function, call)


def _is_a_type(value: Value) -> bool:
    return not any(isinstance(option, (Function, Native, Partial)) for option in value.alternatives())


def _dispatched(call: Call) -> Value:
    return Dispatcher((first(call),))


class PartialMethod(Value):
    """`partialmethod(function, …)` in the body of a class."""

    __slots__ = ("function", "named", "positional")

    is_made = True

    def __init__(self, function: Value, positional: tuple[Value, ...], named: dict[str, Value]) -> None:
        self.function = function
        self.positional = positional
        self.named = named

    def seen_on(self, receiver: Value, machine: Machine) -> Value:
        return Partial(self.function.seen_on(receiver, machine), self.positional, self.named)


class Property(Value):
    """`property(read, write, remove)` as a call, and `cached_property(read)`."""

    __slots__ = ("read", "remove", "write")

    is_made = True

    def __init__(self, read: Value, write: Value, remove: Value) -> None:
        self.read = read
        self.write = write
        self.remove = remove

    def seen_on(self, receiver: Value, machine: Machine) -> Value:
        return self if isinstance(receiver, Class) else self._run(self.read, machine, receiver)

    def assigned(self, receiver: Value, value: Value, machine: Machine) -> bool:
        self._run(self.write, machine, receiver, value)
        return True

    def removed(self, receiver: Value, machine: Machine) -> bool:
        self._run(self.remove, machine, receiver)
        return True

    @staticmethod
    def _run(function: Value, machine: Machine, *arguments: Value) -> Value:
        return machine.call_plainly(function, *arguments) if function is not NONE else UNKNOWN

    def attribute(self, name: str, machine: Machine) -> Value:
        return Method(self, name)

    def method(self, name: str, call: Call) -> Value:
        given = first(call)
        match name:
            case "setter":
                return Property(self.read, given, self.remove)
            case "deleter":
                return Property(self.read, self.write, given)
            case "getter":
                return Property(given, self.write, self.remove)
        return UNKNOWN


def _property(call: Call) -> Value:
    given = [call.argument(index, name) or NONE for index, name in enumerate(("fget", "fset", "fdel"))]
    return Property(*given)


def _styled(style: str, call: Call) -> Value | None:
    """`staticmethod(function)`, `classmethod(function)`."""
    function = first(call)
    if isinstance(function, Function):
        return replace(function, style=style)
    return Unbound(function) if style == "staticmethod" else PartialMethod(function, (), {})


class Unbound(Value):
    """`staticmethod(something)` in the body of a class."""

    __slots__ = ("function",)

    is_made = True
    callable_in_sight = True

    def __init__(self, function: Value) -> None:
        self.function = function

    @property
    def handle(self) -> bool:  # type: ignore[override]
        return self.function.handle

    def seen_on(self, receiver: Value, machine: Machine) -> Value:
        return self.function

    def call(self, call: Call) -> Value:
        return call.machine.call(self.function, call)

    def method(self, name: str, call: Call) -> Value:
        return self.function.method(name, call)

    def attribute(self, name: str, machine: Machine) -> Value:
        return self.function.attribute(name, machine)


def _compared_by(call: Call) -> Value:
    """`cmp_to_key(function)`: what calls the function with two values."""
    function = first(call)

    def key(later: Call) -> Value:
        return call.machine.call(function, later.with_arguments((first(later), first(later)), {}))

    return Native("key", key)


# --- operator --------------------------------------------------------------------------------------------------------


def method_caller(call: Call) -> Value:
    """`methodcaller("save", …)`: calls that method of what it is given."""
    name = first(call)
    positional, named = call.positional[1:], call.named

    def called(later: Call) -> Value:
        again = replace(later.with_arguments(positional, named), name=str(name))
        return first(later).method(str(name), again)

    return Native("methodcaller", called) if isinstance(name, Text) and name.known else UNKNOWN


def _got(take: Callable[[Value, Value, Machine], Value], call: Call) -> Value:
    """`itemgetter`, `attrgetter`: of one name what it leads to, of several a tuple."""
    wanted = call.positional

    def got(later: Call) -> Value:
        taken = [take(first(later), one, later.machine) for one in wanted]
        return taken[0] if len(taken) == 1 else Sequence(taken, kind="tuple")

    return Native("getter", got)


def _attribute(value: Value, path: Value, machine: Machine) -> Value:
    if not isinstance(path, Text) or not path.known:
        return Unknown(from_rows=value.from_rows)
    for name in str(path).split("."):
        value = machine.attribute(value, name)
    return value


def _operated(method: str, call: Call) -> Value:
    if len(call.positional) < 2:
        return UNKNOWN
    left, right = call.positional[:2]
    return call.machine.expressions.operate(method, left, right, call.place.node)


def _compared(node: cst.BaseCompOp, call: Call) -> Value:
    if len(call.positional) < 2:
        return UNKNOWN
    left, right = call.positional[:2]
    holds = compared(node, left, right, call)
    return UNKNOWN if holds is None else Constant(holds)


def _called(call: Call) -> Value:
    """`operator.call(function, …)`."""
    return call.machine.call(first(call), call.with_arguments(call.positional[1:], call.named))


def _set(call: Call) -> Value:
    given = call.positional
    if len(given) == 3:
        given[0].set_item(given[1], given[2], rows=bool(call.machine.row_loops))
    return NONE


def _removed(call: Call) -> Value:
    if len(call.positional) == 2:
        call.positional[0].remove_item(call.positional[1])
    return NONE


_WORDS = (
    "add sub mul truediv floordiv mod pow matmul or_ and_ xor lshift rshift concat iadd isub imul itruediv ifloordiv imod "
    "ipow imatmul ior iand ixor ilshift irshift iconcat"
).split()
_COMPARISONS: dict[str, cst.BaseCompOp] = {
    "eq": cst.Equal(),
    "ne": cst.NotEqual(),
    "lt": cst.LessThan(),
    "le": cst.LessThanEqual(),
    "gt": cst.GreaterThan(),
    "ge": cst.GreaterThanEqual(),
    "is_": cst.Is(),
    "is_not": cst.IsNot(),
}


def _hook(word: str) -> str:
    return f"__{word.rstrip('_').replace('concat', 'add')}__"


def _of_code(call: Call) -> Value:
    """`types.FunctionType(function.__code__, …)`: the function itself."""
    code = first(call)
    return code.receiver if isinstance(code, Method) and code.name == "__code__" else UNKNOWN


def _bound(call: Call) -> Value | None:
    """`types.MethodType(function, object)`."""
    if len(call.positional) != 2:
        return None
    function, receiver = call.positional
    return join(
        one.bind(receiver) if isinstance(one, Function) else Partial(one, (receiver,), {})
        for one in function.alternatives()
    )


CALLS: dict[str, Callable[[Call], Value | None]] = {
    "types.FunctionType": _of_code,
    "types.MethodType": _bound,
    "functools.reduce": reduced,
    "functools.partial": _partial,
    "functools.partialmethod": lambda call: PartialMethod(first(call), call.positional[1:], call.named),
    "functools.wraps": _wraps,
    "functools.update_wrapper": first,
    "functools.total_ordering": first,
    "inspect.unwrap": _unwrapped,
    "functools.cache": _cached,
    "functools.lru_cache": _cached,
    "functools.cached_property": lambda call: Property(first(call), NONE, NONE),
    "functools.singledispatch": _dispatched,
    "functools.singledispatchmethod": _dispatched,
    "functools.cmp_to_key": _compared_by,
    "builtins.property": _property,
    "builtins.staticmethod": partial(_styled, "staticmethod"),
    "builtins.classmethod": partial(_styled, "classmethod"),
    "operator.methodcaller": method_caller,
    "operator.itemgetter": partial(_got, lambda value, key, machine: value.item(key)),
    "operator.attrgetter": partial(_got, _attribute),
    "operator.call": _called,
    "operator.getitem": lambda call: first(call).item(call.argument(1) or UNKNOWN),
    "operator.setitem": _set,
    "operator.delitem": _removed,
    **{f"operator.{word}": partial(_operated, _hook(word)) for word in _WORDS},
    **{f"operator.__{word.strip('_')}__": partial(_operated, _hook(word)) for word in _WORDS},
    **{f"operator.{word}": partial(_compared, node) for word, node in _COMPARISONS.items()},
}
