"""Expressions: the value of each, as far as it is known. Strings keep where each of their characters stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import libcst as cst

from migration_guard.interpreter import text as texts
from migration_guard.interpreter.call import Call
from migration_guard.interpreter.syntax import dotted, read_literal
from migration_guard.interpreter.text import Piece, Text
from migration_guard.interpreter.values import (
    NONE,
    UNKNOWN,
    Choice,
    Constant,
    Function,
    Mapping,
    Sequence,
    Super,
    Unknown,
    Value,
    join,
)

if TYPE_CHECKING:
    from migration_guard.interpreter.machine import Machine

MAX_STEPS = 400_000
"""Expressions evaluated for one file; a monolith of 10,000 lines needs a quarter."""


class TooComplex(Exception):
    """The file would take longer to follow than is allowed: it was checked in part."""


class Expressions:
    """Evaluates expressions. Each handler is named after its node."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.steps = 0
        """Expressions evaluated so far."""
        self._handlers: dict[type, Callable[[Any], Value]] = {}

    def evaluate(self, node: cst.BaseExpression) -> Value:
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise TooComplex
        kind = type(node)
        if kind not in self._handlers:
            self._handlers[kind] = getattr(self, f"_{kind.__name__}", self._no_expression)
        return self._handlers[kind](node)

    def _no_expression(self, node: cst.BaseExpression) -> Value:
        return UNKNOWN

    def _Name(self, node: cst.Name) -> Value:
        return self.machine.lookup(node.value)

    def _Integer(self, node: cst.Integer) -> Value:
        try:
            return Constant(node.evaluated_value)
        except (ValueError, SyntaxError):  # more digits than Python converts
            return UNKNOWN

    def _Float(self, node: cst.Float) -> Value:
        return Constant(node.evaluated_value)

    # --- Text --------------------------------------------------------------------------------------------------------

    def _SimpleString(self, node: cst.SimpleString) -> Value:
        source = self.machine.scope.module.source
        if source is None or "b" in node.prefix.lower():
            return UNKNOWN
        value, literal = read_literal(source, node)
        return Text((Piece(value, literal),))

    def _ConcatenatedString(self, node: cst.ConcatenatedString) -> Value:
        parts: list[Value] = []
        rest: cst.BaseExpression = node
        while isinstance(rest, cst.ConcatenatedString):
            parts.append(self.evaluate(rest.left))
            rest = rest.right
        parts.append(self.evaluate(rest))
        return self.machine.combine(
            lambda *values: texts.concatenated(texts.as_text(value) for value in values), *parts
        )

    def _FormattedString(self, node: cst.FormattedString) -> Value:
        source = self.machine.scope.module.source
        parts: list[Value] = []
        for part in node.parts:
            if isinstance(part, cst.FormattedStringText) and source is not None:
                value, literal = read_literal(source, part, node.prefix.lower())
                parts.append(Text((Piece(value, literal),)))
            elif isinstance(part, cst.FormattedStringExpression):
                parts.append(self._shown(part))
        return self.machine.combine(
            lambda *values: texts.concatenated(texts.as_text(value) for value in values), *parts
        )

    _TemplatedString = _FormattedString

    def _shown(self, part: cst.FormattedStringExpression) -> Value:
        value = self.evaluate(part.expression)
        if isinstance(value, Constant) and isinstance(value.value, (int, float)) and part.format_spec is None:
            return texts.plain(str(value.value))
        if isinstance(value, (Text, Choice)):
            return value
        return texts.as_text(value, (dotted(part.expression) or "").rpartition(".")[2])

    # --- Operators ---------------------------------------------------------------------------------------------------

    def _BinaryOperation(self, node: cst.BinaryOperation) -> Value:
        chain: list[cst.BaseExpression] = []
        rest: cst.BaseExpression = node
        while isinstance(rest, cst.BinaryOperation) and isinstance(rest.operator, cst.Add):
            chain.append(rest.right)
            rest = rest.left
        if chain:
            result = self.evaluate(rest)
            for part in reversed(chain):
                result = self.add(result, self.evaluate(part))
            return result
        left, right = self.evaluate(node.left), self.evaluate(node.right)
        if isinstance(node.operator, cst.Modulo) and any(isinstance(v, Text) for v in left.alternatives()):
            return self.machine.combine(self._percent, left, right)
        if isinstance(node.operator, cst.Multiply) and isinstance(left, Sequence):
            return left
        if isinstance(node.operator, cst.Divide):
            return left.over(right)
        return Unknown(from_rows=left.from_rows or right.from_rows)

    def add(self, left: Value, right: Value) -> Value:
        """`left + right`."""
        if isinstance(left, Sequence):
            result = Sequence(list(left.known), left.rest, left.from_rows)
            result.extend(right, rows=False)
            return result
        if any(isinstance(option, Text) for value in (left, right) for option in value.alternatives()):
            return self.machine.combine(
                lambda a, b: texts.concatenated((texts.as_text(a), texts.as_text(b))), left, right
            )
        return Unknown(from_rows=left.from_rows or right.from_rows)

    @staticmethod
    def _percent(left: Value, right: Value) -> Value:
        if not isinstance(left, Text):
            return Unknown(from_rows=left.from_rows or right.from_rows)
        if isinstance(right, Mapping):
            named = {str(key): value for key, value in right.known.values()}
            return left.interpolated((), named)
        elements = right.elements() if isinstance(right, Sequence) else [right]
        return left.interpolated(elements or (), {})

    def _BooleanOperation(self, node: cst.BooleanOperation) -> Value:
        left = self.evaluate(node.left)
        right = self.evaluate(node.right)
        is_or = isinstance(node.operator, cst.Or)
        match left:
            case Constant(bool(value)):
                return left if value is is_or else right
            case Constant(None):
                return right if is_or else left
        if isinstance(right, Constant) and isinstance(left, (Unknown, Constant)):
            return Unknown(from_rows=left.from_rows)
        return join((left, right))

    def _UnaryOperation(self, node: cst.UnaryOperation) -> Value:
        value = self.evaluate(node.expression)
        if isinstance(value, Constant):
            if isinstance(node.operator, cst.Minus) and isinstance(value.value, (int, float)):
                return Constant(-value.value)
            if isinstance(node.operator, cst.Not) and isinstance(value.value, bool):
                return Constant(not value.value)
        return Unknown(from_rows=value.from_rows)

    def _Comparison(self, node: cst.Comparison) -> Value:
        left = self.evaluate(node.left)
        values = [self.evaluate(target.comparator) for target in node.comparisons]
        match left, values:
            case Text(), [Text() as right] if (left.known and right.known and str(left) == "__main__") or str(
                right
            ) == "__main__":
                return Constant(str(left) == str(right))
        return UNKNOWN

    def _IfExp(self, node: cst.IfExp) -> Value:
        self.evaluate(node.test)
        return join((self.evaluate(node.body), self.evaluate(node.orelse)))

    def _Await(self, node: cst.Await) -> Value:
        return self.evaluate(node.expression)

    def _NamedExpr(self, node: cst.NamedExpr) -> Value:
        value = self.evaluate(node.value)
        self.machine.names.bind(node.target, value, node)
        return value

    def _Yield(self, node: cst.Yield) -> Value:
        frame = self.machine.frames[-1]
        if isinstance(node.value, cst.From):
            values = self.evaluate(node.value.item)
            frame.yielded.append(values.element())
            frame.yields_rows |= values.from_rows
        elif node.value is not None:
            frame.yielded.append(self.evaluate(node.value))
            frame.yields_rows |= bool(self.machine.row_loops) or frame.yielded[-1].from_rows
        else:
            frame.yielded.append(NONE)
        return UNKNOWN

    def _Lambda(self, node: cst.Lambda) -> Value:
        return Function("lambda", node, self.machine.scope, defaults=self.defaults(node.params))

    def defaults(self, parameters: cst.Parameters) -> tuple[tuple[str, Value], ...]:
        """What the parameters of a function are when nobody passes them."""
        every = (*parameters.posonly_params, *parameters.params, *parameters.kwonly_params)
        return tuple((p.name.value, self.evaluate(p.default)) for p in every if p.default is not None)

    # --- Collections -------------------------------------------------------------------------------------------------

    def _collection(self, node: cst.List | cst.Tuple | cst.Set) -> Value:
        result = Sequence()
        for element in node.elements:
            value = self.evaluate(element.value)
            if isinstance(element, cst.StarredElement):
                result.extend(value, rows=False)
            else:
                result.add(value, rows=False)
        return result

    _List = _Tuple = _Set = _collection

    def _Dict(self, node: cst.Dict) -> Value:
        result = Mapping()
        for element in node.elements:
            if isinstance(element, cst.DictElement):
                result.set_item(self.evaluate(element.key), self.evaluate(element.value), rows=False)
            else:
                other = self.evaluate(element.value)
                if isinstance(other, Mapping):
                    result.known.update(other.known)
                    result.from_rows |= other.from_rows
                else:
                    result.rest = other.element()
        return result

    def _comprehension(self, node: cst.ListComp | cst.SetComp | cst.GeneratorExp) -> Value:
        result = Sequence()
        self._comprehend(
            node.for_in, lambda: result.add(self.evaluate(node.elt), rows=bool(self.machine.row_loops)), result
        )
        return result

    _ListComp = _SetComp = _GeneratorExp = _comprehension

    def _DictComp(self, node: cst.DictComp) -> Value:
        result = Mapping()

        def add() -> None:
            result.set_item(self.evaluate(node.key), self.evaluate(node.value), rows=bool(self.machine.row_loops))

        self._comprehend(node.for_in, add, result)
        return result

    def _comprehend(self, node: cst.CompFor, add: Callable[[], None], result: Sequence | Mapping) -> None:
        values = self.evaluate(node.iter)
        result.from_rows |= values.from_rows
        before = self.machine.scope.names
        self.machine.scope.names = dict(before)
        unknown = values.elements() is None
        for item in self.machine.taken(values):
            self.machine.names.bind(node.target, item, node)
            for condition in node.ifs:
                self.evaluate(condition.test)
            if node.inner_for_in is not None:
                self._comprehend(node.inner_for_in, add, result)
            else:
                add()
        if unknown and isinstance(result, Sequence) and result.rest is None and result.known:
            result.rest = result.known.pop()
        self.machine.scope.names = before

    # --- Attributes, items and calls ---------------------------------------------------------------------------------

    def _Attribute(self, node: cst.Attribute) -> Value:
        return self.machine.attribute(self.evaluate(node.value), node.attr.value)

    def _Subscript(self, node: cst.Subscript) -> Value:
        value = self.evaluate(node.value)
        key = self.subscript_key(node)
        return value.item(key)

    def subscript_key(self, node: cst.Subscript) -> Value:
        """What stands between the brackets."""
        if len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Index):
            return self.evaluate(node.slice[0].slice.value)
        return Unknown("slice")

    def _Call(self, node: cst.Call) -> Value:
        function = node.func
        if isinstance(function, cst.Attribute):
            receiver = self.evaluate(function.value)
            call = self._prepared(node, function.attr, function.attr.value)
            return receiver.method(call.name, call)
        if isinstance(function, cst.Name):
            if function.value == "super":
                return self._super(node)
            target = self.machine.lookup(function.value)
            return self.machine.call(target, self._prepared(node, function, function.value))
        target = self.evaluate(function)
        return self.machine.call(target, self._prepared(node, function, ""))

    def _prepared(self, node: cst.Call, name_node: cst.CSTNode, name: str) -> Call:
        positional: list[Value] = []
        named: dict[str, Value] = {}
        is_open = False
        for argument in node.args:
            value = self.evaluate(argument.value)
            if argument.keyword is not None:
                named[argument.keyword.value] = value
            elif argument.star == "*":
                elements = value.elements()
                positional += elements if elements is not None else ()
                is_open |= elements is None
            elif argument.star == "**" and isinstance(value, Mapping):
                named.update({str(key): item for key, item in value.known.values() if isinstance(key, Text)})
                is_open |= value.rest is not None
            elif argument.star == "**":
                is_open = True
            else:
                positional.append(value)
        call = Call(self.machine, name, self.machine.place(name_node, node), tuple(positional), named, is_open)
        self.machine.ledger.called(call)
        return call

    def _super(self, node: cst.Call) -> Value:
        for frame in reversed(self.machine.frames):
            if frame.function is not None and frame.function.owner is not None:
                return Super(frame.function.owner, frame.function.bound or UNKNOWN)
        return UNKNOWN
