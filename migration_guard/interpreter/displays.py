"""Lists, sets, dictionaries and comprehensions, as they are written."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence as AnySequence
from functools import partial
from typing import TYPE_CHECKING

import libcst as cst

from migration_guard.interpreter.collections import Mapping, Sequence
from migration_guard.interpreter.flow import branches
from migration_guard.interpreter.narrowing import Test
from migration_guard.interpreter.repository import Scope
from migration_guard.interpreter.values import Value

if TYPE_CHECKING:
    from migration_guard.interpreter.machine import Machine

_KINDS: dict[type, str] = {
    cst.List: "list",
    cst.ListComp: "list",
    cst.Tuple: "tuple",
    cst.Set: "set",
    cst.SetComp: "set",
    cst.GeneratorExp: "iterator",
}


class Displays:
    """Evaluates them. Each handler is named after its node."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def _collection(self, node: cst.List | cst.Tuple | cst.Set) -> Value:
        kind = _KINDS[type(node)]
        result = Sequence(kind=kind)
        for element in node.elements:
            value = self.machine.evaluate(element.value)
            if isinstance(element, cst.StarredElement):
                result.extend(value, rows=False)
            else:
                if kind == "set":
                    value.special("__hash__")
                result.add(value, rows=False)
        return result

    _List = _Tuple = _Set = _collection

    def _Dict(self, node: cst.Dict) -> Value:
        result = Mapping()
        for element in node.elements:
            if isinstance(element, cst.DictElement):
                key = self.machine.evaluate(element.key)
                key.special("__hash__")
                result.set_item(key, self.machine.evaluate(element.value), rows=False)
            else:
                value = self.machine.evaluate(element.value)
                result.update(value.mapping() or value, rows=False)
        return result

    def _comprehension(self, node: cst.ListComp | cst.SetComp | cst.GeneratorExp) -> Value:
        result = Sequence(kind=_KINDS[type(node)])
        self._comprehend(
            node.for_in, lambda: result.add(self.machine.evaluate(node.elt), rows=bool(self.machine.row_loops)), result
        )
        return result

    _ListComp = _SetComp = _GeneratorExp = _comprehension

    def _DictComp(self, node: cst.DictComp) -> Value:
        result = Mapping()

        def add() -> None:
            result.set_item(
                self.machine.evaluate(node.key), self.machine.evaluate(node.value), rows=bool(self.machine.row_loops)
            )

        self._comprehend(node.for_in, add, result)
        return result

    def _comprehend(self, node: cst.CompFor, add: Callable[[], None], result: Sequence | Mapping) -> None:
        """One `for … in … if …` of a comprehension, and what stands to its right."""
        machine = self.machine
        values = machine.evaluate(node.iter)
        lazy = isinstance(result, Sequence) and result.kind == "iterator"
        values = values.iterated() if lazy else values.used_up()
        if values.from_rows:
            result.mark_rows()
        frame = machine.frames[-1]
        outer = frame.scope
        frame.scope = Scope(outer.module, outer, inner=True)
        try:
            items = machine.items(values)
            if items is None:
                with machine.rows(values.from_rows):
                    machine.loops.until_nothing_new(lambda: self._each_of(node, values.element(), add, result))
                if isinstance(result, Sequence):
                    result.blur()
            for item in items or ():
                branches([partial(self._each_of, node, item, add, result)])
        finally:
            frame.scope = outer

    def _each_of(self, node: cst.CompFor, item: Value, add: Callable[[], None], result: Sequence | Mapping) -> bool:
        """One pass of a comprehension: what a condition leaves out may be left out."""
        self.machine.names.bind(node.target, item, node)
        return self._filtered(node.ifs, partial(self._inner, node, add, result))

    def _filtered(self, conditions: AnySequence[cst.CompIf], inner: Callable[[], bool]) -> bool:
        """What stands behind conditions, of which each is asked where those before it hold."""
        if not conditions:
            return inner()
        first, *others = conditions
        test = Test(self.machine, first.test)
        certain = self.machine.truth(self.machine.evaluate(first.test))
        if certain is not None:
            return not certain or self._filtered(others, inner)

        def passed() -> bool:
            with test.assumed(truth=True):
                return self._filtered(others, inner)

        return branches([passed, lambda: True])

    def _inner(self, node: cst.CompFor, add: Callable[[], None], result: Sequence | Mapping) -> bool:
        if node.inner_for_in is not None:
            self._comprehend(node.inner_for_in, add, result)
        else:
            add()
        return True
