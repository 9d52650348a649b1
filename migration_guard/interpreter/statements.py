"""Statements: each is run, and says whether the next one is reached; other ways out go to the enclosing block."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence as AnySequence
from functools import partial
from typing import TYPE_CHECKING, Any

import libcst as cst

from migration_guard.interpreter.blocks import Blocks
from migration_guard.interpreter.definitions import Definitions
from migration_guard.interpreter.flow import Exit
from migration_guard.interpreter.loops import Loops
from migration_guard.interpreter.matching import Matching
from migration_guard.interpreter.narrowing import Test
from migration_guard.interpreter.values import NONE, Value

if TYPE_CHECKING:
    from migration_guard.interpreter.machine import Machine

_IN_PLACE = {
    cst.AddAssign: "__iadd__",
    cst.SubtractAssign: "__isub__",
    cst.MultiplyAssign: "__imul__",
    cst.DivideAssign: "__itruediv__",
    cst.FloorDivideAssign: "__ifloordiv__",
    cst.ModuloAssign: "__imod__",
    cst.PowerAssign: "__ipow__",
    cst.MatrixMultiplyAssign: "__imatmul__",
    cst.BitOrAssign: "__ior__",
    cst.BitAndAssign: "__iand__",
    cst.BitXorAssign: "__ixor__",
    cst.LeftShiftAssign: "__ilshift__",
    cst.RightShiftAssign: "__irshift__",
}


def _calls(expression: cst.BaseExpression) -> bool:
    """Whether a call stands in an annotation."""
    match expression:
        case cst.Call():
            return True
        case cst.Subscript(slice=parts):
            return any(isinstance(one.slice, cst.Index) and _calls(one.slice.value) for one in parts)
        case cst.BinaryOperation(left=left, right=right):
            return _calls(left) or _calls(right)
        case cst.Tuple(elements=elements) | cst.List(elements=elements):
            return any(_calls(one.value) for one in elements)
    return False


class Statements:
    """Runs statements. Loops, blocks with an end of their own, `match` and definitions have each a room of their own."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.unused: cst.CSTNode | None = None
        """The expression that is a statement, so that nobody uses what it gives."""
        self._handlers: dict[type, Callable[[Any], bool]] = {}
        self.loops = Loops(machine, self)
        self.blocks = Blocks(machine, self)
        self._rooms = (self, self.loops, self.blocks, Matching(machine, self), Definitions(machine, self))

    def let_go(self) -> None:
        """Of the machine, and of each other."""
        for room in self._rooms:
            vars(room).clear()

    def block(self, statements: AnySequence[Any]) -> bool:
        """Run statements one after the other, as far as each is reached."""
        frame = self.machine.frames[-1]
        for statement in statements:
            if isinstance(statement, cst.SimpleStatementLine):
                if not self.block(statement.body):
                    return False
                continue
            kind = type(statement)
            if kind not in self._handlers:
                self._handlers[kind] = self._handler(kind)
            frame.statement = statement
            if not self._handlers[kind](statement):
                return False
        return True

    def _handler(self, kind: type) -> Callable[[Any], bool]:
        """The method that is named after a node."""
        name = f"_{kind.__name__}"
        return next((getattr(room, name) for room in self._rooms if hasattr(room, name)), self._no_statement)

    def body(self, body: cst.BaseSuite) -> bool:
        return self.block(body.body)

    def _no_statement(self, node: cst.CSTNode) -> bool:
        return True

    # --- Simple statements -------------------------------------------------------------------------------------------

    def _Expr(self, node: cst.Expr) -> bool:
        unused, self.unused = self.unused, node.value.expression if isinstance(node.value, cst.Await) else node.value
        try:
            self.machine.evaluate(node.value)
        finally:
            self.unused = unused
        return True

    def _Assign(self, node: cst.Assign) -> bool:
        value = self.machine.evaluate(node.value)
        for target in node.targets:
            self.machine.names.bind(target.target, value, node)
        return True

    def annotated(self, annotation: cst.Annotation) -> None:
        """Annotations are evaluated where they stand, unless the module puts that off; most call nothing."""
        source = self.machine.scope.module.source
        if source is None or "import annotations" in source.text or not _calls(annotation.annotation):
            return
        self.machine.evaluate(annotation.annotation)

    def _AnnAssign(self, node: cst.AnnAssign) -> bool:
        scope = self.machine.scope
        if scope.parent is None or scope.is_class:  # those of a function's own variables are never looked at
            self.annotated(node.annotation)
        if node.value is not None:
            self.machine.names.bind(node.target, self.machine.evaluate(node.value), node)
        return True

    def _AugAssign(self, node: cst.AugAssign) -> bool:
        old, new = self.machine.evaluate(node.target), self.machine.evaluate(node.value)
        operator = _IN_PLACE.get(type(node.operator), "")
        value = self.machine.expressions.operate(operator, old, new, node)
        self.machine.names.bind(node.target, value, node)
        return True

    def _Del(self, node: cst.Del) -> bool:
        self._delete(node.target)
        return True

    def _delete(self, target: cst.BaseExpression) -> None:
        match target:
            case cst.Name():
                self.machine.scope.delete(target.value)
            case cst.Subscript():
                key = self.machine.expressions.subscript_key(target)
                receiver = self.machine.evaluate(target.value)
                receiver.remove_item(key)
                receiver.item_written(key, None, self.machine, self.machine.place(target))
            case cst.Attribute():
                self.machine.evaluate(target.value).remove_attribute(target.attr.value)
            case cst.Tuple() | cst.List():
                for element in target.elements:
                    self._delete(element.value)

    def _Import(self, node: cst.Import) -> bool:
        self.machine.names.import_modules(node)
        return True

    def _ImportFrom(self, node: cst.ImportFrom) -> bool:
        self.machine.names.import_names(node)
        return True

    def _Global(self, node: cst.Global) -> bool:
        scope = self.machine.scope
        for item in node.names:
            scope.elsewhere[item.name.value] = scope.module.scope
        return True

    def _Nonlocal(self, node: cst.Nonlocal) -> bool:
        scope = self.machine.scope
        for item in node.names:
            outer = scope.parent
            while outer is not None and outer.parent is not None and not outer.holds(item.name.value):
                outer = outer.parent
            if outer is not None:
                scope.elsewhere[item.name.value] = outer
        return True

    # --- Ways out ----------------------------------------------------------------------------------------------------

    def _Return(self, node: cst.Return) -> bool:
        value: Value = self.machine.evaluate(node.value) if node.value is not None else NONE
        self.machine.frames[-1].returned.append(value)
        return self.machine.flow.leave(Exit.RETURN)

    def _Raise(self, node: cst.Raise) -> bool:
        for part in (node.exc, node.cause.item if node.cause is not None else None):
            if part is not None:
                value = self.machine.evaluate(part)
                if part is node.exc:
                    self.machine.frames[-1].raised.append(value)
        return self.machine.flow.leave(Exit.RAISE)

    def _Break(self, node: cst.Break) -> bool:
        return self.machine.flow.leave(Exit.BREAK)

    def _Continue(self, node: cst.Continue) -> bool:
        return self.machine.flow.leave(Exit.CONTINUE)

    # --- Conditions --------------------------------------------------------------------------------------------------

    def _If(self, node: cst.If) -> bool:
        test = Test(self.machine, node.test)
        condition = self.machine.evaluate(node.test)
        self.machine.ledger.condition(self.machine, node)
        certain = self.machine.truth(condition)
        if certain is not None:
            return self.body(node.body) if certain else self.otherwise(node.orelse)
        return test.decided(partial(self.body, node.body), partial(self.otherwise, node.orelse))

    def otherwise(self, node: cst.If | cst.Else | None) -> bool:
        """The `else` of a statement, which may be another `if`, or be missing."""
        if isinstance(node, cst.If):
            return self._If(node)
        return node is None or self.body(node.body)

    def _Assert(self, node: cst.Assert) -> bool:
        test = Test(self.machine, node.test)
        self.machine.truth(self.machine.evaluate(node.test))
        test.assume(truth=True)
        return True
