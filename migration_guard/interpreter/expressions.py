"""Expressions: the value of each, as far as it is known. Strings keep where each of their characters stands."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence as AnySequence
from functools import partial
from typing import TYPE_CHECKING, Any

import libcst as cst

from migration_guard.interpreter import formatting
from migration_guard.interpreter import text as texts
from migration_guard.interpreter.ancestors import Super
from migration_guard.interpreter.call import Call, Frame
from migration_guard.interpreter.classes import Class
from migration_guard.interpreter.collections import Sequence, Yielded
from migration_guard.interpreter.cores import TextObject
from migration_guard.interpreter.displays import Displays
from migration_guard.interpreter.flow import branches, each
from migration_guard.interpreter.functions import Function, Generator
from migration_guard.interpreter.instances import Instance
from migration_guard.interpreter.narrowing import Test
from migration_guard.interpreter.operators import BINARY, compared, counted
from migration_guard.interpreter.slices import Slice
from migration_guard.interpreter.syntax import dotted, read_literal, value_of
from migration_guard.interpreter.text import Piece, Text
from migration_guard.interpreter.values import NONE, UNKNOWN, Constant, External, Unknown, Value, join

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
        self._displays = Displays(machine)
        self._handlers: dict[type, Callable[[Any], Value]] = {}
        self._strings: dict[int, Text] = {}
        """The texts of strings that were evaluated, by their nodes: a helper's are with each of its calls."""

    def evaluate(self, node: cst.BaseExpression) -> Value:
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise TooComplex
        kind = type(node)
        handler = self._handlers.get(kind)
        if handler is None:
            handler = self._handlers[kind] = self._handler(f"_{kind.__name__}")
        return handler(node)

    def _handler(self, name: str) -> Callable[[Any], Value]:
        return next(
            (getattr(room, name) for room in (self, self._displays) if hasattr(room, name)), self._no_expression
        )

    def _no_expression(self, node: cst.BaseExpression) -> Value:
        return UNKNOWN

    def _Name(self, node: cst.Name) -> Value:
        return self.machine.lookup(node.value)

    def _Integer(self, node: cst.Integer) -> Value:
        try:
            return Constant(value_of(node))
        except (ValueError, SyntaxError):  # more digits than Python converts
            return UNKNOWN

    def _Float(self, node: cst.Float) -> Value:
        return Constant(value_of(node))

    # --- Text --------------------------------------------------------------------------------------------------------

    def _SimpleString(self, node: cst.SimpleString) -> Value:
        known = self._strings.get(id(node))  # whose literal keeps the node
        if known is not None:
            return known
        source = self.machine.scope.module.source
        if source is None:
            return UNKNOWN
        value, literal = read_literal(source, node)
        text = self._strings[id(node)] = Text((Piece(value, literal),), binary="b" in node.prefix.lower())
        return text

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
        hint = (dotted(part.expression) or "").rpartition(".")[2]
        spec = self._spec(part.format_spec) if part.format_spec else None
        if not isinstance(spec, (Text, type(None))):
            return texts.as_text(None, hint)
        said = formatting.shown(value, part.conversion or "", spec, hint)
        if part.equal is None:
            return said
        code = cst.Module([]).code_for_node(part.expression)
        if part.conversion is None and spec is None:
            said = formatting.shown(value, "r", None, hint)
        return join(texts.concatenated((texts.plain(f"{code}="), texts.as_text(one))) for one in said.alternatives())

    def _spec(self, parts: AnySequence[cst.BaseFormattedStringContent]) -> Value:
        """What stands behind the colon, with what is put into it."""
        found: list[Value] = []
        for part in parts:
            if isinstance(part, cst.FormattedStringText):
                found.append(texts.plain(part.value))
            elif isinstance(part, cst.FormattedStringExpression):
                found.append(self._shown(part))
        return self.machine.combine(lambda *values: texts.concatenated(map(texts.as_text, values)), *found)

    @staticmethod
    def shown(value: Value, conversion: str = "", spec: Text | None = None) -> Value:
        """`repr(value)`, `format(value, spec)`."""
        return formatting.shown(value, conversion, spec)

    def spelled(self, value: Value, hint: str = "") -> Value:
        """`str(value)`."""
        return join(formatting.spelled(option, hint) for option in value.alternatives())

    # --- Operators ---------------------------------------------------------------------------------------------------

    def _BinaryOperation(self, node: cst.BinaryOperation) -> Value:
        chain: list[cst.BinaryOperation] = []
        rest: cst.BaseExpression = node
        while isinstance(rest, cst.BinaryOperation):
            chain.append(rest)
            rest = rest.left
        result = self.evaluate(rest)
        for part in reversed(chain):
            right = self.evaluate(part.right)
            result = self.operate(BINARY.get(type(part.operator), ""), result, right, part)
        return result

    def operate(self, operator: str, left: Value, right: Value, node: cst.CSTNode) -> Value:
        """`left + right` and the like, by the name of the method that Python calls; `__iadd__` for `+=`."""
        plain = f"__{operator[3:]}" if operator.startswith("__i") else operator
        both = (*left.alternatives(), *right.alternatives())
        if any(isinstance(option, (Instance, TextObject)) for option in both):
            found = self._own_operator(operator, left, right, node)
            if found is not None:
                return found
        if plain == "__add__" and any(isinstance(option, Text) for option in both):
            return self.machine.combine(
                lambda a, b: texts.concatenated((texts.as_text(a), texts.as_text(b))), left, right
            )
        if plain == "__mod__" and any(isinstance(option, Text) for option in left.alternatives()):
            return self.machine.combine(self._percent, left, right)
        if plain == "__mul__" and any(isinstance(option, Text) for option in both):
            return self.machine.combine(texts.repeated, left, right)
        if all(isinstance(option, Constant) for option in both):
            return self.machine.combine(lambda a, b: counted(plain, a, b), left, right)
        found = self._own_operator(operator, left, right, node)
        return found if found is not None else Unknown(from_rows=left.from_rows or right.from_rows)

    def _own_operator(self, operator: str, left: Value, right: Value, node: cst.CSTNode) -> Value | None:
        """What the method gives that Python calls for an operator: of the left, else of the right side."""
        plain = f"__{operator[3:]}" if operator.startswith("__i") else operator
        call = Call(self.machine, operator, self.machine.place(node), (right,))
        found = left.operated(operator, right, call)
        if found is None and plain != operator:
            found = left.operated(plain, right, call)
        if found is None and plain:
            found = right.operated(f"__r{plain[2:]}", left, call)
        return found

    def _percent(self, left: Value, right: Value) -> Value:
        if not isinstance(left, Text):
            return Unknown(from_rows=left.from_rows or right.from_rows)
        combine = self.machine.combine
        names = formatting.names_in(left)
        if names:
            held = [right.item(texts.plain(name)) for name in names]
            return combine(lambda *given: formatting.interpolate(left, (), dict(zip(names, given))), *held)
        return combine(lambda *given: formatting.interpolate(left, given, {}), *(formatting.elements_of(right) or ()))

    def _BooleanOperation(self, node: cst.BooleanOperation) -> Value:
        test = Test(self.machine, node.left)
        left = self.evaluate(node.left)
        is_or = isinstance(node.operator, cst.Or)
        certain = self.machine.truth(left)
        if certain is not None:
            return left if certain is is_or else self.evaluate(node.right)
        found: list[Value] = []

        def goes_on() -> bool:
            with test.assumed(truth=not is_or):
                found.append(self.evaluate(node.right))
            return True

        branches([goes_on, lambda: True])
        right = found[0]
        if isinstance(right, Constant) and isinstance(left, (Unknown, Constant)):
            return Unknown(from_rows=left.from_rows, counts_as=is_or if right.truth is is_or else None)
        ends_here = [option for option in left.alternatives() if option.truth in (None, is_or)]
        return join((*ends_here, right))

    def _UnaryOperation(self, node: cst.UnaryOperation) -> Value:
        value = self.evaluate(node.expression)
        if isinstance(node.operator, cst.Not):
            certain = self.machine.truth(value)
            return Unknown(from_rows=value.from_rows) if certain is None else Constant(not certain)
        if isinstance(value, Constant) and isinstance(value.value, (int, float)):
            return Constant(-value.value) if isinstance(node.operator, cst.Minus) else value
        operator = {cst.Minus: "__neg__", cst.Plus: "__pos__", cst.BitInvert: "__invert__"}.get(type(node.operator), "")
        found = value.operated(operator, NONE, Call(self.machine, operator, self.machine.place(node)))
        return found if found is not None else Unknown(from_rows=value.from_rows)

    def _Comparison(self, node: cst.Comparison) -> Value:
        sides = [self.evaluate(node.left)]
        truths: list[bool | None] = []
        call = Call(self.machine, "", self.machine.place(node))
        for target in node.comparisons:
            sides.append(self.evaluate(target.comparator))
            truths.append(compared(target.operator, sides[-2], sides[-1], call))
        if False in truths:
            return Constant(value=False)
        if all(truths):
            return Constant(value=True)
        composing = next((one for one in sides if any(option.composes for option in one.alternatives())), None)
        found = composing.operated("", Sequence(sides), call) if composing is not None else None
        return found if found is not None else UNKNOWN

    def _IfExp(self, node: cst.IfExp) -> Value:
        test = Test(self.machine, node.test)
        certain = self.machine.truth(self.evaluate(node.test))
        if certain is not None:
            return self.evaluate(node.body if certain else node.orelse)
        found: list[Value] = []

        def way(expression: cst.BaseExpression) -> bool:
            found.append(self.evaluate(expression))
            return True

        test.decided(partial(way, node.body), partial(way, node.orelse))
        return join(found)

    def _Await(self, node: cst.Await) -> Value:
        value = self.evaluate(node.expression)
        waited = value.special("__await__")
        if waited is not None:
            waited.consumed()
            return waited.element()
        return self.machine.libraries.awaited(value)

    def _NamedExpr(self, node: cst.NamedExpr) -> Value:
        value = self.evaluate(node.value)
        scope = self.machine.scope
        while scope.inner and scope.parent is not None:
            scope = scope.parent
        if isinstance(node.target, cst.Name):
            scope.assign(node.target.value, value)
        return value

    def _Yield(self, node: cst.Yield) -> Value:
        frame = next((frame for frame in reversed(self.machine.frames) if frame.function), self.machine.frames[-1])
        if isinstance(node.value, cst.From):
            values = self.evaluate(node.value.item)
            if frame.on_yield is not None and isinstance(values, Generator) and values.run is None:
                values.run = self.machine.calls.run(values.function, values.made_by, frame.on_yield)
            frame.counts_yields &= values.elements() is not None
            for value in values.each():
                self._give(frame, value, rows=values.from_rows)
            whole = values.whole if isinstance(values, Generator) else values
            return whole.returned if isinstance(whole, Yielded) else UNKNOWN
        value = self.evaluate(node.value) if node.value is not None else NONE
        self._give(frame, value, rows=bool(self.machine.row_loops) or value.from_rows)
        return frame.sent

    @staticmethod
    def _give(frame: Frame, value: Value, *, rows: bool) -> None:
        frame.yielded.append(value)
        frame.yields_rows |= rows
        if frame.on_yield is not None:
            frame.on_yield(value)

    def _Lambda(self, node: cst.Lambda) -> Value:
        return Function("lambda", node, self.machine.scope, defaults=self.defaults(node.params))

    def defaults(self, parameters: cst.Parameters) -> tuple[tuple[str, Value], ...]:
        """What the parameters of a function are when nobody passes them."""
        every = (*parameters.posonly_params, *parameters.params, *parameters.kwonly_params)
        return tuple((p.name.value, self.evaluate(p.default)) for p in every if p.default is not None)

    # --- Attributes, items and calls ---------------------------------------------------------------------------------

    def _Attribute(self, node: cst.Attribute) -> Value:
        receiver = self.evaluate(node.value)
        found = self.machine.attribute(receiver, node.attr.value)
        if any(isinstance(option, Function) and option.wrapped for option in found.alternatives()):
            place = self.machine.place(node)
            return self.machine.libraries.read(receiver, found, Call(self.machine, node.attr.value, place))
        return found

    def _Subscript(self, node: cst.Subscript) -> Value:
        value = self.evaluate(node.value)
        key = self.subscript_key(node)
        if value.origin and not isinstance(key, Constant):
            self.machine.libraries.taken_from(value, key, Call(self.machine, "", self.machine.place(node), (key,)))
        if (value.is_class or isinstance(value, External)) and (
            row := self.machine.libraries.class_item(value)
        ) is not None:
            return row
        if isinstance(value, External):
            return value.item(key)
        return join(each([partial(value.item, option) for option in key.alternatives()]))

    def subscript_key(self, node: cst.Subscript) -> Value:
        """What stands between the brackets."""
        if len(node.slice) == 1:
            part = node.slice[0].slice
            if isinstance(part, cst.Index):
                return self._asked(self.evaluate(part.value))
            if isinstance(part, cst.Slice):
                return Slice(*(self.evaluate(end) if end else NONE for end in (part.lower, part.upper, part.step)))
        parts = [self.evaluate(one.slice.value) for one in node.slice if isinstance(one.slice, cst.Index)]
        return Sequence(parts, kind="tuple")

    @staticmethod
    def _asked(key: Value) -> Value:
        """A key; an object of the repository is asked for its number or its hash."""
        number = key.special("__index__")
        if number is not None:
            return number
        key.special("__hash__")
        return key

    @staticmethod
    def slice_of(*ends: Value) -> Value:
        """`slice(…)`."""
        given = (NONE, *ends, NONE) if len(ends) == 1 else (*ends, NONE, NONE, NONE)
        return Slice(*given[:3])

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
        rest: list[Value] = []
        for argument in node.args:
            value = self.evaluate(argument.value)
            if argument.keyword is not None:
                named[argument.keyword.value] = value
            elif argument.star == "*":
                value = value.used_up()
                elements = value.elements()
                positional += elements if elements is not None else ()
                if elements is None:
                    rest.append(value.element())
            elif argument.star == "**":
                mapping = value.mapping()
                if mapping is None:
                    value.special("keys")
                if mapping is not None:
                    named.update({str(key): item for key, item in mapping.known.values() if isinstance(key, Text)})
                if mapping is None or not mapping.whole:
                    further = mapping.rest if mapping is not None else value.element()
                    rest.append(further if further is not None else UNKNOWN)
            else:
                positional.append(value)
        place = self.machine.place(name_node, node)
        call = Call(self.machine, name, place, tuple(positional), named, bool(rest), join(rest) if rest else UNKNOWN)
        self.machine.ledger.called(call)
        return call

    def _super(self, node: cst.Call) -> Value:
        if len(node.args) == 2:
            given = self.evaluate(node.args[1].value)
            if not isinstance(given, (Class, Instance, Unknown)):
                return given  # of something that a library gave, which knows its own methods
        for frame in reversed(self.machine.frames):
            if frame.function is not None and frame.function.owner is not None:
                return Super(frame.function.owner, frame.function.bound or UNKNOWN)
        return UNKNOWN
