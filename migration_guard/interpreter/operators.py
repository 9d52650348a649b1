"""Operators of Python: their names, and what they give where both sides are known."""

from __future__ import annotations

import operator
from collections.abc import Callable
from itertools import product
from typing import TYPE_CHECKING

import libcst as cst

from migration_guard.interpreter.classes import Class, Member
from migration_guard.interpreter.collections import Mapping, Sequence
from migration_guard.interpreter.cores import CORES, TextObject
from migration_guard.interpreter.functions import Function, Generator
from migration_guard.interpreter.instances import Instance
from migration_guard.interpreter.text import Text
from migration_guard.interpreter.values import NONE, UNKNOWN, Constant, External, Unknown, Value

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call

BINARY: dict[type, str] = {
    cst.Add: "__add__",
    cst.Subtract: "__sub__",
    cst.Multiply: "__mul__",
    cst.Divide: "__truediv__",
    cst.FloorDivide: "__floordiv__",
    cst.Modulo: "__mod__",
    cst.Power: "__pow__",
    cst.MatrixMultiply: "__matmul__",
    cst.BitOr: "__or__",
    cst.BitAnd: "__and__",
    cst.BitXor: "__xor__",
    cst.LeftShift: "__lshift__",
    cst.RightShift: "__rshift__",
}
_COUNTING: dict[str, Callable[[int, int], int]] = {
    "__add__": operator.add,
    "__sub__": operator.sub,
    "__mul__": operator.mul,
    "__floordiv__": operator.floordiv,
    "__mod__": operator.mod,
    "__or__": operator.or_,
    "__and__": operator.and_,
    "__xor__": operator.xor,
}
_ORDER: dict[type, Callable[[float, float], bool]] = {
    cst.LessThan: operator.lt,
    cst.LessThanEqual: operator.le,
    cst.GreaterThan: operator.gt,
    cst.GreaterThanEqual: operator.ge,
}
_METHODS: dict[type, str] = {
    cst.Equal: "__eq__",
    cst.NotEqual: "__ne__",
    cst.LessThan: "__lt__",
    cst.LessThanEqual: "__le__",
    cst.GreaterThan: "__gt__",
    cst.GreaterThanEqual: "__ge__",
}
MAX_NUMBER = 10**12
MAX_PAIRS = 64


def counted(name: str, left: Value, right: Value) -> Value:
    """Arithmetic on whole numbers; what is no number, or too large a one, is not known."""
    match left, right:
        case Constant(int(a)), Constant(int(b)) if name in _COUNTING and max(abs(a), abs(b)) < MAX_NUMBER:
            if b or name not in ("__floordiv__", "__mod__"):
                return Constant(_COUNTING[name](a, b))
    return Unknown()


def compared(node: cst.BaseCompOp, left: Value, right: Value, call: Call) -> bool | None:
    """Whether a comparison holds; None where that is not the same for all that both sides may be."""
    if type(node) in _METHODS:
        asked(left, _METHODS[type(node)], right, call)
        if not isinstance(left, (Instance, Sequence)):
            asked(right, _MIRRORED[type(node)], left, call)
    if isinstance(node, (cst.In, cst.NotIn)):
        left.special("__hash__")
        if isinstance(right, Generator):
            right.consumed()
        for one in right.alternatives():
            if isinstance(one, (Instance, Class)) and one.special("__contains__", left) is None:
                one.element()  # without it Python goes through it
        for one in (left, *right.known) if isinstance(right, Sequence) else ():
            asked(one, "__eq__", left if one is not left else right.element(), call)
    within = isinstance(node, (cst.In, cst.NotIn))
    if not isinstance(node, (cst.Is, cst.IsNot)):
        for one, other in ((right, left),) if within else ((left, right), (right, left)):
            if isinstance(one, External) or (isinstance(one, Unknown) and one.source):
                call.machine.libraries.combined(one, other, call)
    pairs = list(product(left.alternatives(), right.alternatives()))
    if len(pairs) > MAX_PAIRS:
        return None
    truths = {_compared(node, a, b) for a, b in pairs}
    return truths.pop() if len(truths) == 1 else None


def asked(left: Value, method: str, right: Value, call: Call, depth: int = 3) -> None:
    """An object is asked how it compares; of an order it may have one method, of which another is made.

    A dataclass without it, a list and a tuple ask what they hold.
    """
    others = [other for other in _ORDERS if method in _ORDERS and other != method]
    for one in left.alternatives() if depth else ():
        if isinstance(one, (Instance, Class)) and any(
            one.operated(name, right, call) is not None for name in (method, *others)
        ):
            continue
        held = one.attributes.values() if isinstance(one, Instance) and one.cls.fields else ()
        for part in one.known if isinstance(one, Sequence) else held:
            asked(part, method, UNKNOWN, call, depth - 1)
            if method in _ORDERS:
                asked(part, "__eq__", UNKNOWN, call, depth - 1)


_MIRRORED: dict[type, str] = {
    cst.Equal: "__eq__",
    cst.NotEqual: "__ne__",
    cst.LessThan: "__gt__",
    cst.LessThanEqual: "__ge__",
    cst.GreaterThan: "__lt__",
    cst.GreaterThanEqual: "__le__",
}
_ORDERS = ("__lt__", "__le__", "__gt__", "__ge__")


def _compared(node: cst.BaseCompOp, left: Value, right: Value) -> bool | None:
    match node:
        case cst.Equal():
            return same(left, right)
        case cst.NotEqual():
            return _not(same(left, right))
        case cst.Is():
            return _identical(left, right)
        case cst.IsNot():
            return _not(_identical(left, right))
        case cst.In():
            return _holds(right, left)
        case cst.NotIn():
            return _not(_holds(right, left))
    match left, right:
        case Constant(int() | float() as a), Constant(int() | float() as b) if type(node) in _ORDER:
            return _ORDER[type(node)](a, b)
    return None


def _not(truth: bool | None) -> bool | None:
    return None if truth is None else not truth


def is_plain(value: Value) -> bool:
    """Whether a value is a number, a truth, None or a text that is known."""
    return isinstance(value, Constant) or (isinstance(value, Text) and value.known)


def is_some(value: Value) -> bool:
    """Whether a value surely is not None: of a function, a decorator from out of sight may have made nothing."""
    match value:
        case Constant(value=plain):
            return plain is not None
        case Function():
            return not value.wrapped
    return isinstance(value, (Text, Sequence, Mapping, Class, Instance))


def same(left: Value, right: Value) -> bool | None:
    """Whether two values are equal; None where that is not known."""
    if is_plain(left) and is_plain(right):
        equal = left.key == right.key or (
            isinstance(left, Constant) and isinstance(right, Constant) and left.value == right.value
        )
        if equal and isinstance(left, Member) is not isinstance(right, Member):
            return None  # of an `IntEnum` a member equals its value
        return equal and _is_only_a_member(left) is _is_only_a_member(right)
    for one, other in ((left, right), (right, left)):
        if one is NONE and is_some(other):
            return False
    if left is right and isinstance(left, (Function, Class, Instance)):
        return True
    return None


def _identical(left: Value, right: Value) -> bool | None:
    if isinstance(left, Constant) and isinstance(right, Constant):
        return type(left) is type(right) and left.key == right.key  # 1 is not True
    return same(left, right)


def _is_only_a_member(value: Value) -> bool:
    """Whether it is of an enumeration whose members do not equal their values."""
    cls = value.instance.cls if isinstance(value, TextObject) else None
    return (
        cls is not None
        and cls.is_enum
        and not any(base in CORES or base.endswith(("StrEnum", "TextChoices")) for base in cls.external_bases())
    )


def _holds(collection: Value, value: Value) -> bool | None:
    match collection:
        case Mapping() if is_plain(value):
            return collection.has(value)
        case Text() if collection.known and isinstance(value, Text) and value.known:
            return str(value) in str(collection)
        case Sequence() if is_plain(value):
            found = {same(element, value) for element in collection.known}
            if True in found:
                return True
            return False if found <= {False} and collection.rest is None and not collection.from_rows else None
    return None
