"""What a way knows of a name, since a test led to it: `isinstance(x, T)`, `x is None`, `x`, and what is made of these.

Only what the test proves is taken from the name; what may pass and may fail stays as it is on both ways.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import libcst as cst

from migration_guard.interpreter.classes import Class, Member
from migration_guard.interpreter.collections import Mapping, Sequence
from migration_guard.interpreter.cores import CORES, OBJECTS
from migration_guard.interpreter.flow import HEAP, Store, branches
from migration_guard.interpreter.flow.heap import Cell, Place
from migration_guard.interpreter.functions import Function
from migration_guard.interpreter.glimpsed import Glimpsed
from migration_guard.interpreter.instances import Instance
from migration_guard.interpreter.operators import is_some
from migration_guard.interpreter.repository import Scope
from migration_guard.interpreter.syntax import dotted
from migration_guard.interpreter.text import Text
from migration_guard.interpreter.values import NONE, Constant, External, Unknown, Value, join

if TYPE_CHECKING:
    from migration_guard.interpreter.machine import Machine

MAX_DESCENDANTS = 8
"""Classes of which something may be an object, where only is known that it is one of these; of more, nothing is known."""
_KINDS = (str, bytes, int, float, bool, list, tuple, set, frozenset, dict)
_OF_PYTHON: dict[str, type] = {f"builtins.{kind.__name__}": kind for kind in _KINDS}
_COLLECTIONS = {Sequence: (list, tuple, set, frozenset), Mapping: (dict,)}
"""What a collection may be in Python, by what it is here."""

Keep = Callable[[Value], "Value | None"]
"""What a value is after a test; None where it cannot have come out like that."""


class Test:
    """A test that is about to be evaluated. It says nothing of a name that is bound anew while it is: `x is None and (x := f())`."""

    def __init__(self, machine: Machine, node: cst.BaseExpression) -> None:
        self._machine = machine
        self._node = node
        self._before = self._cells()

    def decided(self, then: Callable[[], bool], other: Callable[[], bool]) -> bool:
        """Run both ways of it, each with what it says there, and go on with what may be after them.

        A way on which a name could be nothing that it may be is not taken.
        """
        ends: list[set[Place]] = []
        before = self._cells()

        def way(body: Callable[[], bool], *, truth: bool) -> bool:
            if not self.assume(truth=truth):
                return False
            begun = self._cells()
            reached = body()
            ends.append({place for place, cell in begun.items() if reached and _cell(place) is cell})
            return reached

        reached = branches([partial(way, then, truth=True), partial(way, other, truth=False)])
        if not ends:  # it can be neither, so what is known of it is wrong
            return branches([then, other])
        for place in set.intersection(*ends) if len(ends) > 1 else ():  # neither way bound it anew: it is what it was
            _restore(place, before[place])
        return reached

    @contextmanager
    def assumed(self, *, truth: bool) -> Iterator[None]:
        """In this block it is known to have come out as `truth`."""
        before = self._cells()
        self.assume(truth=truth)
        begun = self._cells()
        yield
        for place, cell in begun.items():
            if _cell(place) is cell:
                _restore(place, before[place])

    def assume(self, *, truth: bool) -> bool:
        """From here on it is known to have come out as `truth`; whether it can have."""
        possible = True
        anew = {name for (scope, name), cell in self._cells().items() if self._before.get((scope, name)) is not cell}
        for name, keep in _said(self._machine, self._node, truth=truth):
            scope = _scope_of(name, self._machine)
            value = scope.get(name) if scope is not None else None
            if scope is None or value is None or (name in anew and name != _bound_by(self._node)):
                continue
            kept = [one for option in value.alternatives() if (one := keep(option)) is not None]
            possible &= bool(kept)
            if kept and (now := join(kept)).key != value.key:
                scope.write(name, now)
        return possible

    def _cells(self) -> dict[Place, Cell]:
        """What the names hold of which it may say something."""
        scopes = {name: _scope_of(name, self._machine) for name in _names(self._node)}
        return {(scope, name): scope.slots[name] for name, scope in scopes.items() if scope is not None}


def _bound_by(test: cst.BaseExpression) -> str | None:
    """The name that a test is itself about to bind, with nothing run after that."""
    match test:
        case cst.UnaryOperation(operator=cst.Not(), expression=inner):
            return _bound_by(inner)
        case cst.NamedExpr(target=cst.Name(value=name)):
            return name
    return None


def _scope_of(name: str, machine: Machine) -> Scope | None:
    """Where a name of the function itself is bound, or of the module that is run, also around a comprehension.

    A name of another module is evaluated only as far as it is asked, and in no order.
    """
    scope = machine.scope
    while scope.inner and scope.parent is not None and name not in scope.slots:
        scope = scope.parent
    is_run = scope.parent is not None or scope.module is machine.module
    return scope if is_run and name in scope.slots and name not in scope.elsewhere else None


def _cell(place: Place) -> Cell | None:
    store, slot = place
    return store.slots.get(slot)


def _restore(place: Place, cell: Cell) -> None:
    if _cell(place) is not cell:
        HEAP.put(*place, cell)


def _names(test: cst.BaseExpression) -> Iterator[str]:
    """The names of which a test may say something."""
    match test:
        case cst.Name(value=name):
            yield name
        case cst.UnaryOperation(operator=cst.Not(), expression=inner):
            yield from _names(inner)
        case cst.BooleanOperation(left=left, right=right):
            yield from _names(left)
            yield from _names(right)
        case cst.Comparison(left=cst.Name(value=name)):
            yield name
        case cst.Call(func=cst.Name(value="isinstance"), args=[cst.Arg(value=cst.Name(value=name)), _]):
            yield name
        case cst.NamedExpr(target=cst.Name(value=name)):
            yield name


def _said(
    machine: Machine, test: cst.BaseExpression, *, truth: bool, is_last: bool = True
) -> Iterator[tuple[str, Keep]]:
    """What a test says of each name; what is not `is_last` of it may have been filled or emptied by what was run after it."""
    match test:
        case cst.Name(value=name) | cst.NamedExpr(target=cst.Name(value=name)):
            yield name, partial(_true, truth=truth, is_last=is_last)
        case cst.UnaryOperation(operator=cst.Not(), expression=inner):
            yield from _said(machine, inner, truth=not truth, is_last=is_last)
        case cst.BooleanOperation(operator=operator, left=left, right=right):
            if isinstance(operator, cst.And) is truth:
                yield from _said(machine, left, truth=truth, is_last=False)
                yield from _said(machine, right, truth=truth, is_last=is_last)
        case cst.Comparison(
            left=cst.Name(value=name),
            comparisons=[cst.ComparisonTarget(operator=operator, comparator=cst.Name(value="None"))],
        ) if isinstance(operator, (cst.Is, cst.IsNot)):
            yield name, _none if isinstance(operator, cst.Is) is truth else _some
        case cst.Call(func=cst.Name(value="isinstance"), args=[cst.Arg(value=cst.Name(value=name)), cst.Arg(value=of)]):
            called = machine.lookup("isinstance")
            kinds = _kinds(machine, of)
            if kinds and isinstance(called, External) and called.name == "builtins.isinstance":
                yield name, partial(_object, kinds, machine, truth=truth)


def _true(value: Value, *, truth: bool, is_last: bool) -> Value | None:
    if isinstance(value, (Member, Instance, *OBJECTS)) or (isinstance(value, Store) and not is_last):
        return value
    return None if value.truth is (not truth) else value


def _none(value: Value) -> Value | None:
    if isinstance(value, Unknown):
        return NONE
    return None if is_some(value) else value


def _some(value: Value) -> Value | None:
    return None if isinstance(value, Constant) and value.value is None else value


# --- isinstance ------------------------------------------------------------------------------------------------------


def _kinds(machine: Machine, of: cst.BaseExpression) -> list[Value]:
    """The classes that the second argument names; none where it does more than that."""
    match of:
        case cst.Tuple(elements=elements):
            every = [_kinds(machine, one.value) for one in elements]
            return [kind for kinds in every for kind in kinds] if all(every) else []
        case cst.BinaryOperation(operator=cst.BitOr(), left=left, right=right):
            both = (_kinds(machine, left), _kinds(machine, right))
            return [*both[0], *both[1]] if all(both) else []
        case cst.Name() | cst.Attribute() if dotted(of) is not None:
            value = machine.evaluate(of)
            return [] if len(value.alternatives()) > 1 else [value]
    return []


def _object(kinds: list[Value], machine: Machine, value: Value, *, truth: bool) -> Value | None:
    """What a value is of which `isinstance` said `truth`."""
    found = [_is_object(value, kind) for kind in kinds]
    if True in found:
        return value if truth else None
    if all(one is False for one in found):
        return None if truth else value
    return _glimpsed(value, kinds, machine) if truth and isinstance(value, Unknown) else value


def _glimpsed(value: Unknown, kinds: list[Value], machine: Machine) -> Value:
    """Of something out of sight that is known to be an object of classes in sight: of one of them, or of one below."""
    classes = [kind for kind in kinds if isinstance(kind, Class)]
    for cls in classes:
        classes += [child for child in cls.children if child not in classes]
    if not value.source or value.from_rows or len(classes) > MAX_DESCENDANTS:
        return value
    if any(not isinstance(kind, Class) for kind in kinds) or not all(_is_plain(cls, machine) for cls in classes):
        return value
    return join(Glimpsed(cls, machine.hidden_call(cls.name), value) for cls in classes)


def _is_plain(cls: Class, machine: Machine) -> bool:
    """Whether its objects are nothing but what it says: no rows of a table, no texts, nothing of a class that is not known."""
    bases = cls.external_bases()
    return (
        cls.metaclass is None and "?" not in bases and not any(base in CORES for base in bases) and not cls.is_enum
    ) and machine.libraries.model_of(cls) is None


def _is_object(value: Value, kind: Value) -> bool | None:
    """Whether `isinstance(value, kind)`; None where that is not known."""
    if isinstance(kind, Class):
        return _is_of_class(value, kind)
    wanted = _OF_PYTHON.get(kind.name) if isinstance(kind, External) else None
    if wanted is None or isinstance(value, (Member, *OBJECTS)):
        return None
    match value:
        case Constant(value=plain):
            return isinstance(plain, wanted)
        case Text():  # which a statement of a driver is here, too
            return None if wanted in (str, bytes) else False
        case Function():
            return False if _is_function(value) else None
        case Value(is_type=True):
            return False
        case Instance():
            return None if value.cls.external_bases() else False
    possible = _COLLECTIONS.get(type(value))
    return False if possible is not None and wanted not in possible else None


def _is_of_class(value: Value, cls: Class) -> bool | None:
    if any(one.meta is not None or one.made_like is not NONE for one in cls.lineage()):
        return None  # it may say what it likes
    if isinstance(value, Instance):
        if value.cls.lookup("__class__") is not None:
            return None
        lineage = value.cls.lineage()
        if cls in lineage:
            return True
        of_name = any(one.name == cls.name for one in lineage)  # one definition may have been evaluated twice
        unseen = value.cls.external_bases() or cls.external_bases() or isinstance(value, Glimpsed)
        return None if of_name or unseen else False
    if cls.external_bases() or isinstance(value, (Member, *OBJECTS)):
        return None
    return False if _is_function(value) or isinstance(value, (Constant, Text)) or type(value) in _COLLECTIONS else None


def _is_function(value: Value) -> bool:
    """Whether it surely is one: a decorator from out of sight may have made anything of it."""
    return isinstance(value, Function) and not value.wrapped
