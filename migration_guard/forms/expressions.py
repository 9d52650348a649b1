"""Expressions, with what their names stand for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace

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
        match node:
            case cst.Name():
                return self._name(node.value, where)
            case cst.Integer() | cst.Float() | cst.Imaginary():
                return constant_form(node.evaluated_value)
            case cst.SimpleString() | cst.ConcatenatedString() | cst.FormattedString():
                return self._string(node, where)
            case cst.Attribute() | cst.Call() | cst.Subscript():
                return chained(node, lambda one: self._of(one, where), lambda call: self._value_of_call(call, where))
            case cst.Dict():
                return f"{{{', '.join(self._items(node, where))}}}"
            case cst.List() | cst.Tuple() | cst.Set():
                return f"[{', '.join(self._all(node.elements, where))}]"
            case cst.Assign():
                return " = ".join(self._all([*(target.target for target in node.targets), node.value], where))
            case cst.BinaryOperation():
                return self._operation(node, where)
            case cst.NamedExpr(value=value):
                return self._of(value, where)
            case cst.Lambda() | cst.GeneratorExp() | cst.ListComp() | cst.SetComp() | cst.DictComp():
                return self._scope(node, where)
        return self._other(node, where)

    def _operation(self, node: cst.BinaryOperation, where: Where) -> str:
        """A long sum nests to the left as deeply as it is long."""
        right: list[cst.CSTNode] = []
        left: cst.CSTNode = node
        while isinstance(left, cst.BinaryOperation):
            right += [left.right, left.operator]
            left = left.left
        return f"({' '.join(self._all([left, *reversed(right)], where))})"

    def _items(self, node: cst.Dict, where: Where) -> list[str]:
        """The order of a dictionary does not count."""
        return sorted(
            f"{self._of(item.key, where)}: {self._of(item.value, where)}"
            if isinstance(item, cst.DictElement)
            else f"**{self._of(item.value, where)}"
            for item in node.elements
        )

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


def _kind(node: cst.CSTNode) -> str:
    return {cst.Element: "", cst.Arg: ""}.get(type(node), type(node).__name__)


def targets(node: cst.CSTNode) -> Iterator[str]:
    return (part.value for part in within(node) if isinstance(part, cst.Name))
