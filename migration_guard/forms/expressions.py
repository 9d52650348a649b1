"""Expressions, with what their names stand for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from string import Formatter

import libcst as cst

from migration_guard.forms.bindings import Names, parts
from migration_guard.forms.chain import Says, chained
from migration_guard.forms.models import ModelForms
from migration_guard.forms.names import DEEP, short
from migration_guard.forms.nodes import OPERATORS, children, parameters, string_parts, within
from migration_guard.forms.values import constant_form, text_form
from migration_guard.forms.where import Where
from migration_guard.interpreter.repository import Repository
from migration_guard.interpreter.syntax import value_of
from migration_guard.later import re
from migration_guard.lean import dataclass, replace

_PERCENT = re.compile(r"%[^a-zA-Z%]*[a-zA-Z%]?")
HOLE = "{}"
"""What stands in a text for what fills it."""
MAX_DEPTH = 150
"""Expressions within expressions, names looked up included; what lies deeper does not count either."""
MAX_STEPS = 6_000
"""Expressions of one form; what comes after them does not count."""


_TOLD = frozenset({
    cst.Name, cst.Integer, cst.Float, cst.Imaginary, cst.SimpleString, cst.ConcatenatedString, cst.FormattedString,
    cst.Attribute, cst.Call, cst.Subscript, cst.Dict, cst.List, cst.Tuple, cst.Set, cst.Assign, cst.BinaryOperation,
    cst.NamedExpr, cst.CompFor, cst.IfExp, cst.SubscriptElement, cst.Lambda, cst.GeneratorExp, cst.ListComp, cst.SetComp, cst.DictComp,
})  # fmt: skip
"""Expressions that are told in a way of their own, the others by what they hold: a look at this costs less than a `match`."""
_CHAINED = frozenset({cst.Attribute, cst.Call, cst.Subscript})


class Expressions(ModelForms):
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
        if type(node) not in _TOLD:
            return self._other(node, where)
        if type(node) in _CHAINED:
            self._spoken(node, where)
        match node:
            case cst.Name():
                return self._name(node.value, where)
            case cst.Call(func=cst.Attribute(value=cst.BaseString() as text, attr=cst.Name(value="format"))) if (
                filled := self._filled_by_format(text, node.args, where)
            ):
                return filled
            case cst.Call():
                return chained(node, _There(self, where))
            case cst.SimpleString() | cst.ConcatenatedString() | cst.FormattedString():
                return self._string(node, where)
            case cst.Attribute() if (member := self._in_module(node, where)) is not None:
                return self._of(cst.Name(member[0]), member[1])
            case cst.Attribute():
                return chained(node, _There(self, where))
            case cst.Subscript(value=cst.Name(value=name), slice=[one]) if (
                item := self._item(name, one, where)
            ) is not None:
                return self._of(*item)
            case cst.Subscript():
                return chained(node, _There(self, where))
            case cst.BinaryOperation(left=cst.BaseString() as text, operator=cst.Modulo(), right=right) if (
                filled := self._filled_by_percent(text, right, where)
            ):
                return filled
            case cst.Integer() | cst.Float() | cst.Imaginary():
                return constant_form(value_of(node))
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
            case cst.IfExp():
                return self._either(node, where)
            case cst.SubscriptElement(slice=cst.Index(value=value)):
                return self._of(value, where)
            case cst.CompFor(iter=iterated):
                parts = (self._rows(one, where) if one is iterated else self._of(one, where) for one in children(node))
                return f"CompFor({', '.join(parts)})"
            case cst.GeneratorExp() | cst.ListComp() | cst.SetComp() | cst.DictComp():
                return self._collected(node, where)
            case cst.Lambda():
                return self._scope(node, where)
        return self._other(node, where)

    def _either(self, node: cst.IfExp, where: Where) -> str:
        """One of two values: what an `if` with an `else` would bind, or what `or` gives."""
        holds, fails = [[*self._said(node.test, where, holds=one)] for one in (True, False)]
        value, other = self._of(node.body, where), self._of(node.orelse, where)
        if not holds or not fails:
            return value if not holds else other
        if holds == [f"({value})"]:
            return f"BooleanOperation({value}, or, {other})"
        return f"<if {' and '.join(holds)}: {value}; if {' and '.join(fails)}: {other}>"

    def _collected(self, node: cst.BaseComp, where: Where) -> str:
        """What a comprehension makes, as the loop that collects it would."""
        inside, tests, over = self._gone_over(node.for_in, where)
        if len({*over}) < len(over):
            return self._scope(node, where)  # which of two loops over the same a name belongs to must be told
        guard = f"if {' and '.join(tests)}: " if tests else ""
        match node:
            case cst.DictComp(key=key, value=value):
                return f"<{{}}; {guard}[]= {self._of(key, inside)}, {self._of(value, inside)}>"
            case cst.SetComp(elt=element):
                return f"<set(); {guard}.add {self._of(element, inside)}>"
            case cst.BaseSimpleComp(elt=element):
                return f"<[]; {guard}.append {self._of(element, inside)}>"
        return self._scope(node, where)

    def _gone_over(self, part: cst.CompFor | None, where: Where) -> tuple[Where, list[str], list[str]]:
        """Where the element of a comprehension is evaluated, under which conditions, and what is gone over."""
        tests: list[str] = []
        over: list[str] = []
        while part is not None:
            over.append(self._iterated(part.iter, where))
            named = {name: self._each(part.iter, path, where) for name, path in targets(part.target)}
            where = replace(where, own={**where.own, **named})
            tests += [said for one in part.ifs for said in self._said(one.test, where)]
            part = part.inner_for_in
        return where, tests, over

    def _operation(self, node: cst.BinaryOperation, where: Where) -> str:
        """A long sum nests to the left as deeply as it is long."""
        right: list[cst.CSTNode] = []
        left: cst.CSTNode = node
        while isinstance(left, cst.BinaryOperation):
            right += [left.right, left.operator]
            left = left.left
        known = _computed(node) if isinstance(left, cst.Integer) else None
        if known is not None:
            return constant_form(known)
        return f"({' '.join(self._all([left, *reversed(right)], where))})"

    def _item(self, name: str, key: cst.SubscriptElement, where: Where) -> tuple[cst.CSTNode, Where] | None:
        """What stands under a key in a dictionary that is wholly written out, bound to a name and never changed."""
        bound = self._bound(name, where)
        if bound is None or not isinstance(bound[0], cst.Dict) or not isinstance(key.slice, cst.Index):
            return None
        asked, there = key.slice.value, bound[1]
        known = self._of(asked, where)
        found: cst.CSTNode | None = None
        for item in bound[0].elements:
            if not isinstance(item, cst.DictElement) or not isinstance(item.key, _LITERALS):
                return None
            if known == self._of(item.key, there):
                found = item.value
        home = self._resolved(name, where)
        if found is None or isinstance(home, str) or any(self._changed_in_functions(name, home[1])):
            return None
        return found, there

    def _items(self, node: cst.Dict, where: Where) -> list[str]:
        """The order of a dictionary does not count."""
        return sorted(
            f"{self._of(item.key, where)}: {self._of(item.value, where)}"
            if isinstance(item, cst.DictElement)
            else f"**{self._of(item.value, where)}"
            for item in node.elements
        )

    def _pairs(self, node: cst.CSTNode, where: Where) -> list[tuple[str, str]] | None:
        """The names and values of a dictionary that is written out, or bound to a name and never changed."""
        match node:
            case cst.Dict(elements=elements):
                found = []
                for item in elements:
                    key = item.key if isinstance(item, cst.DictElement) else None
                    name = self._key_name(key, where)
                    if name is None:
                        return None
                    found.append((name, self._of(item.value, where)))
                return found
            case cst.Call(func=cst.Name(value="dict"), args=args) if self._resolved("dict", where) == "dict":
                if any(one.keyword is None for one in args):
                    return None
                return [(one.keyword.value, self._of(one.value, where)) for one in args if one.keyword is not None]
            case cst.Name(value=name):
                bound = self._bound(name, where)
                if bound is not None and isinstance(bound[0], (cst.Dict, cst.Call)):
                    return self._pairs(*bound)
        return None

    def _key_name(self, key: cst.CSTNode | None, where: Where) -> str | None:
        """The column that a key of a dictionary of values names: by a string, or as an attribute of its table or model."""
        if isinstance(key, cst.SimpleString):
            name = value_of(key)
            return name if isinstance(name, str) else None
        if isinstance(key, cst.Attribute) and self._of(key, where).endswith(f".{key.attr.value}"):
            return key.attr.value
        return None

    def _string(self, node: cst.CSTNode, where: Where) -> str:
        """Adjacent strings are one; what stands in braces is an expression, told behind the text that it fills."""
        text = ""
        holes: list[str] = []
        for part in string_parts(node):
            if isinstance(part, str):
                text += part
            else:
                text += HOLE
                holes.append(self._of(part, where))
        return " ".join([text_form(text), *holes])

    def _filled_by_format(self, text: cst.BaseString, arguments: Sequence[cst.Arg], where: Where) -> str | None:
        """`"{} {}".format(…)` says what an f-string says, where its fields are plain."""
        parts = [*string_parts(text)]
        if len(parts) != 1 or not isinstance(parts[0], str) or any(one.star for one in arguments):
            return None
        placed = [one.value for one in arguments if one.keyword is None]
        named = {one.keyword.value: one.value for one in arguments if one.keyword is not None}
        said, holes = "", list[str]()
        try:
            fields = list(Formatter().parse(parts[0]))
        except ValueError:
            return None
        for number, (before, name, spec, conversion) in enumerate(fields):
            said += before
            if name is None:
                continue
            index = int(name) if name.isdecimal() else number if not name else None
            value = named.get(name) if index is None else placed[index] if index < len(placed) else None
            if value is None or spec or conversion:
                return None
            said += HOLE
            holes.append(self._of(value, where))
        return " ".join([text_form(said), *holes])

    def _filled_by_percent(self, text: cst.BaseString, right: cst.BaseExpression, where: Where) -> str | None:
        """`"%s %s" % (…)` likewise."""
        parts = [*string_parts(text)]
        if len(parts) != 1 or not isinstance(parts[0], str):
            return None
        values = [one.value for one in right.elements] if isinstance(right, cst.Tuple) else [right]
        found = _PERCENT.findall(parts[0])
        if isinstance(right, (cst.Dict, cst.Name)) or any(one not in ("%s", "%%") for one in found):
            return None
        if found.count("%s") != len(values) or any(not isinstance(one, cst.BaseExpression) for one in values):
            return None
        said = _PERCENT.sub(lambda one: HOLE if one[0] == "%s" else "%", parts[0])
        return " ".join([text_form(said), *(self._of(one, where) for one in values)])

    def _scope(self, node: cst.CSTNode, where: Where) -> str:
        every = parameters(node)
        every += [name for part in within(node) if isinstance(part, cst.CompFor) for name, _ in targets(part.target)]
        own = {name: f"bound {where.depth}.{number}" for number, name in enumerate(dict.fromkeys(every))}
        inside = replace(where, own={**where.own, **own}, depth=where.depth + 1)
        return self._other(node, inside)

    def _other(self, node: cst.CSTNode, where: Where) -> str:
        if type(node) in OPERATORS:
            return OPERATORS[type(node)]
        return f"{_kind(node)}({', '.join(self._all(children(node), where))})"

    def _all(self, nodes: Iterable[cst.CSTNode], where: Where) -> list[str]:
        return [self._of(node, where) for node in nodes]


@dataclass(frozen=True, slots=True)
class _There:
    """What a chain asks, where it stands."""

    room: Expressions
    where: Where

    def of(self, node: cst.CSTNode) -> str:
        return self.room._of(node, self.where)  # noqa: SLF001 -- the same room

    def result(self, call: cst.Call) -> str | None:
        return self.room._value_of_call(call, self.where)  # noqa: SLF001

    def is_module(self, node: cst.CSTNode) -> bool:
        return self.room._module_of(node, self.where) is not None  # noqa: SLF001

    def is_class(self, node: cst.CSTNode) -> bool:
        return self.room._class_of(node, self.where) is not None  # noqa: SLF001

    def member(self, owner: cst.CSTNode, link: cst.CSTNode) -> str | None:
        return self.room._member(owner, link, self.where)  # noqa: SLF001

    def rows(self, node: cst.CSTNode) -> str:
        return self.room._rows(node, self.where)  # noqa: SLF001

    def behind(self, node: cst.BaseExpression) -> tuple[cst.BaseExpression, Says]:
        bound = self.room._bound(node.value, self.where) if isinstance(node, cst.Name) else None  # noqa: SLF001
        if bound is None or not isinstance(bound[0], cst.BaseExpression):
            return node, self
        return bound[0], _There(self.room, bound[1])

    def sent(self, name: str) -> str | None:
        return self.room._sent(name, self.where)  # noqa: SLF001

    def named(self, node: cst.CSTNode) -> Sequence[tuple[str, str]] | None:
        return self.room._pairs(node, self.where)  # noqa: SLF001


_LITERALS = (cst.SimpleString, cst.Integer)
_LARGEST = 2**63


def _computed(node: cst.BaseExpression) -> int | None:
    """What numbers that are written out come to, as 60 * 60 * 24."""
    match node:
        case cst.Integer():
            value = value_of(node)
            return value if isinstance(value, int) else None
        case cst.BinaryOperation(operator=cst.Add() | cst.Subtract() | cst.Multiply() as operator):
            left, right = _computed(node.left), _computed(node.right)
            if left is None or right is None:
                return None
            made = left + right if isinstance(operator, cst.Add) else left - right
            made = left * right if isinstance(operator, cst.Multiply) else made
            return made if abs(made) < _LARGEST else None
    return None


def _kind(node: cst.CSTNode) -> str:
    return {cst.Element: "", cst.Arg: "", cst.GeneratorExp: "ListComp"}.get(type(node), type(node).__name__)


def targets(node: cst.CSTNode, path: tuple[int, ...] = ()) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The names that a target binds, and which part of an element each gets."""
    match node:
        case cst.Name(value=name):
            yield name, path
        case cst.Tuple() | cst.List():
            for number, one in parts(node):
                yield from targets(one, (*path, number))
        case _:
            pass
