"""Expressions, with what their names stand for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import libcst as cst

from migration_guard.forms.bindings import Names
from migration_guard.forms.chain import chained
from migration_guard.forms.names import DEEP, NameForms, short
from migration_guard.forms.nodes import OPERATORS, children, parameters, string_parts, within
from migration_guard.forms.values import constant_form, text_form
from migration_guard.forms.where import Where
from migration_guard.interpreter.repository import Repository

MAX_DEPTH = 150
"""Expressions within expressions, names looked up included; what lies deeper does not count either."""
MAX_STEPS = 6_000
"""Expressions of one form; what comes after them does not count."""


class Expressions(NameForms):
    """Says expressions."""

    def __init__(self, known: dict[int, Names], repository: Repository | None) -> None:
        super().__init__(known, repository)
        self._depth = 0
        self._steps = 0

    def _of(self, node: cst.CSTNode, where: Where) -> str:
        self._steps += 1
        if self._depth >= MAX_DEPTH or self._steps > MAX_STEPS:
            return DEEP
        self._depth += 1
        made = self._made(node, where)
        self._depth -= 1
        return short(made)

    def _made(self, node: cst.CSTNode, where: Where) -> str:
        make = _MAKERS.get(type(node))
        return make(self, node, where) if make is not None else self._other(node, where)

    def _number(self, node: cst.Integer | cst.Float | cst.Imaginary, where: Where) -> str:  # noqa: ARG002 - as the others
        return constant_form(node.evaluated_value)

    def _chain(self, node: cst.Attribute | cst.Call | cst.Subscript, where: Where) -> str:
        return chained(node, lambda one: self._of(one, where), lambda call: self._value_of_call(call, where))

    def _display_of(self, node: cst.List | cst.Tuple | cst.Set, where: Where) -> str:
        return f"[{', '.join(self._all(node.elements, where))}]"

    def _assignment(self, node: cst.Assign, where: Where) -> str:
        return " = ".join(self._all([*(target.target for target in node.targets), node.value], where))

    def _operation(self, node: cst.BinaryOperation, where: Where) -> str:
        """A long sum nests to the left as deeply as it is long."""
        right: list[cst.CSTNode] = []
        left: cst.CSTNode = node
        while isinstance(left, cst.BinaryOperation):
            right += [left.right, left.operator]
            left = left.left
        return f"({' '.join(self._all([left, *reversed(right)], where))})"

    def _items(self, node: cst.Dict, where: Where) -> str:
        """The order of a dictionary does not count."""
        items = sorted(
            f"{self._of(item.key, where)}: {self._of(item.value, where)}"
            if isinstance(item, cst.DictElement)
            else f"**{self._of(item.value, where)}"
            for item in node.elements
        )
        return f"{{{', '.join(items)}}}"

    def _string(self, node: cst.CSTNode, where: Where) -> str:
        """Adjacent strings are one; what stands in braces is an expression."""
        pieces: list[str] = []
        known: list[str] = []
        for part in string_parts(node):
            if isinstance(part, str):
                known.append(part)
            else:
                pieces += [json.dumps("".join(known)), self._of(part, where)]
                known = []
        text = "".join(known)
        return " ".join([*pieces, json.dumps(text)]) if pieces else text_form(text)

    def _scope(self, node: cst.CSTNode, where: Where) -> str:
        every = parameters(node)
        every += [name for part in within(node) if isinstance(part, cst.CompFor) for name in targets(part.target)]
        own = {name: f"bound {where.depth}.{number}" for number, name in enumerate(dict.fromkeys(every))}
        inside = replace(where, own={**where.own, **own}, depth=where.depth + 1)
        return self._other(node, inside)

    def _other(self, node: cst.CSTNode, where: Where) -> str:
        if type(node) in OPERATORS:
            return OPERATORS[type(node)]
        return f"{_kind(node)}({', '.join(self._all(children(node), where))})"

    def _all(self, nodes: Iterable[cst.CSTNode], where: Where) -> list[str]:
        return [self._of(node, where) for node in nodes]


_MAKERS: dict[type[cst.CSTNode], Callable[[Expressions, Any, Where], str]] = {
    cst.Name: lambda forms, node, where: forms._name(node.value, where),  # noqa: SLF001 - a table of its own methods
    **dict.fromkeys((cst.Integer, cst.Float, cst.Imaginary), Expressions._number),  # noqa: SLF001
    **dict.fromkeys((cst.SimpleString, cst.ConcatenatedString, cst.FormattedString), Expressions._string),  # noqa: SLF001
    **dict.fromkeys((cst.Attribute, cst.Call, cst.Subscript), Expressions._chain),  # noqa: SLF001
    cst.Dict: Expressions._items,  # noqa: SLF001
    **dict.fromkeys((cst.List, cst.Tuple, cst.Set), Expressions._display_of),  # noqa: SLF001
    cst.Assign: Expressions._assignment,  # noqa: SLF001
    cst.BinaryOperation: Expressions._operation,  # noqa: SLF001
    cst.NamedExpr: lambda forms, node, where: forms._of(node.value, where),  # noqa: SLF001
    **dict.fromkeys((cst.Lambda, cst.GeneratorExp, cst.ListComp, cst.SetComp, cst.DictComp), Expressions._scope),  # noqa: SLF001
}
"""How each kind of expression is said; the others by what they hold."""
_UNNAMED = frozenset({cst.Element, cst.Arg})


def _kind(node: cst.CSTNode) -> str:
    return "" if type(node) in _UNNAMED else type(node).__name__


def targets(node: cst.CSTNode) -> Iterator[str]:
    return (part.value for part in within(node) if type(part) is cst.Name)
