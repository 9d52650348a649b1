"""Statements: branches are both taken and joined, loops are run, functions and classes are made."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from collections.abc import Sequence as AnySequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import libcst as cst

from migration_guard.interpreter.call import Call
from migration_guard.interpreter.repository import Deferred, Scope
from migration_guard.interpreter.spot import Loop, spot_of
from migration_guard.interpreter.syntax import dotted
from migration_guard.interpreter.values import NONE, Class, Constant, Function, Instance, Sequence, Unknown, Value, join

if TYPE_CHECKING:
    from migration_guard.interpreter.machine import Machine

_BATCHES = re.compile(r"batch|chunk|paginat", re.IGNORECASE)
"""Names of what a batching loop goes over."""


def _named(node: cst.BaseExpression) -> str:
    """Spell what is iterated: a variable, or the function that is called."""
    return dotted(node.func if isinstance(node, cst.Call) else node) or ""


_STYLES = {
    "staticmethod": "staticmethod",
    "classmethod": "classmethod",
    "property": "property",
    "cached_property": "property",
    "hybrid_property": "property",
    "contextmanager": "contextmanager",
    "asynccontextmanager": "contextmanager",
}
"""Decorators that change how a function is called."""


class Statements:
    """Runs statements. Each handler is named after its node, and says whether the next statement is reached."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._class: Class | None = None
        """The class whose body is being run."""
        self._looping = 0
        """How many loops over anything but literals are being run."""
        self._handlers: dict[type, Callable[[Any], bool]] = {}

    def block(self, statements: AnySequence[Any]) -> bool:
        frame = self.machine.frames[-1]
        for statement in statements:
            if isinstance(statement, cst.SimpleStatementLine):
                if not self.block(statement.body):
                    return False
                continue
            kind = type(statement)
            if kind not in self._handlers:
                self._handlers[kind] = getattr(self, f"_{kind.__name__}", self._no_statement)
            frame.statement = statement
            if not self._handlers[kind](statement):
                return False
        return True

    def body(self, body: cst.BaseSuite) -> bool:
        return self.block(body.body)

    def _no_statement(self, node: cst.CSTNode) -> bool:
        return True

    # --- Simple statements -------------------------------------------------------------------------------------------

    def _Expr(self, node: cst.Expr) -> bool:
        self.machine.evaluate(node.value)
        return True

    def _Assign(self, node: cst.Assign) -> bool:
        value = self.machine.evaluate(node.value)
        for target in node.targets:
            self.machine.names.bind(target.target, value, node)
        return True

    def _AnnAssign(self, node: cst.AnnAssign) -> bool:
        if node.value is not None:
            self.machine.names.bind(node.target, self.machine.evaluate(node.value), node)
        return True

    def _AugAssign(self, node: cst.AugAssign) -> bool:
        old, new = self.machine.evaluate(node.target), self.machine.evaluate(node.value)
        if isinstance(node.operator, cst.AddAssign):
            if isinstance(old, Sequence):
                old.extend(new, rows=bool(self.machine.row_loops))
                return True
            self.machine.names.bind(node.target, self.machine.expressions.add(old, new), node)
        else:
            self.machine.names.bind(node.target, Unknown(from_rows=old.from_rows or new.from_rows), node)
        return True

    def _Import(self, node: cst.Import) -> bool:
        self.machine.names.import_modules(node)
        return True

    def _ImportFrom(self, node: cst.ImportFrom) -> bool:
        self.machine.names.import_names(node)
        return True

    def _Return(self, node: cst.Return) -> bool:
        self.machine.frames[-1].returned.append(self.machine.evaluate(node.value) if node.value is not None else NONE)
        return False

    def _Raise(self, node: cst.Raise) -> bool:
        if node.exc is not None:
            self.machine.evaluate(node.exc)
        return False

    def _Break(self, node: cst.Break) -> bool:
        return False

    def _Continue(self, node: cst.Continue) -> bool:
        return False

    def _Global(self, node: cst.Global) -> bool:
        for item in node.names:
            self.machine.scope.elsewhere[item.name.value] = self.machine.scope.module.scope
        return True

    def _Nonlocal(self, node: cst.Nonlocal) -> bool:
        for item in node.names:
            scope = self.machine.scope.parent
            while scope is not None and item.name.value not in scope.names:
                scope = scope.parent
            if scope is not None:
                self.machine.scope.elsewhere[item.name.value] = scope
        return True

    def _Assert(self, node: cst.Assert) -> bool:
        self.machine.evaluate(node.test)
        return True

    def _Del(self, node: cst.Del) -> bool:
        return True

    # --- Branches and loops ------------------------------------------------------------------------------------------

    def _If(self, node: cst.If) -> bool:
        condition = self.machine.evaluate(node.test)
        self.machine.ledger.condition(self.machine, node)
        match condition:
            case Constant(bool(certain)):
                if certain:
                    return self.body(node.body)
                return self._else(node.orelse)
        return self._branches([lambda: self.body(node.body), lambda: self._else(node.orelse)])

    def _else(self, node: cst.If | cst.Else | None) -> bool:
        if isinstance(node, cst.If):
            return self._If(node)
        return node is None or self.body(node.body)

    def _branches(self, branches: AnySequence[Callable[[], bool]]) -> bool:
        """Run each branch on names of its own, then join the names of those that go on."""
        scope = self.machine.scope
        before = scope.names
        results: list[dict[str, Value]] = []
        for branch in branches:
            scope.names = dict(before)
            if branch():
                results.append(scope.names)
        if not results:
            scope.names = before
            return False
        joined = results[0]
        for other in results[1:]:
            for name, value in other.items():
                mine = joined.get(name)
                joined[name] = value if mine is None or mine is value else join((mine, value))
        scope.names = joined
        if scope.parent is None:  # other values hold the module's dictionary: keep the one that they know
            before.clear()
            before.update(joined)
            scope.names = before
        return True

    def _Match(self, node: cst.Match) -> bool:
        self.machine.evaluate(node.subject)
        return self._branches([*(lambda case=case: self.body(case.body) for case in node.cases), lambda: True])

    def _Try(self, node: cst.Try | cst.TryStar) -> bool:
        def attempt() -> bool:
            return self.body(node.body) and self._else(node.orelse)

        def handle(body: cst.BaseSuite) -> bool:
            with self.machine.ledger.handler():
                return self.body(body)

        reached = self._branches([attempt, *(partial(handle, handler.body) for handler in node.handlers)])
        if node.finalbody is not None:
            return self.body(node.finalbody.body) and reached
        return reached

    _TryStar = _Try

    def _With(self, node: cst.With) -> bool:
        contexts = []
        for item in node.items:
            context = self.machine.evaluate(item.item)
            contexts.append(context)
            value = context.entered(self.machine)
            if item.asname is not None:
                self.machine.names.bind(item.asname.name, value, node)
        with ExitStack() as blocks:
            for item in node.items:
                blocks.enter_context(self.machine.ledger.block(item.item))
            goes_on = self.body(node.body)
        for context in reversed(contexts):
            context.exited(self.machine)
        return goes_on

    def _While(self, node: cst.While) -> bool:
        self.machine.evaluate(node.test)
        with self._batches(node, batching=True):
            self._branches([lambda: self.body(node.body), lambda: True])
            self.machine.ledger.condition(self.machine, node)
        return self._else(node.orelse)

    def _For(self, node: cst.For) -> bool:
        commits = self.machine.ledger.commits
        values = self.machine.evaluate(node.iter)
        in_batches = values.batches or bool(_BATCHES.search(_named(node.iter)))
        with self._batches(node, batching=in_batches and self.machine.ledger.commits == commits):
            self._items(node, values)
        return self._else(node.orelse)

    def _items(self, node: cst.For, values: Value) -> None:
        """Take a literal collection item by item. Anything else is gone through twice by the outermost loop, so that
        what one row leaves in a variable or a dictionary meets the next one.
        """
        literal = values.elements() is not None and not values.from_rows
        for _ in range(1 if literal or self._looping else 2):
            self._looping += not literal
            for item in self.machine.taken(values):
                self._branches([lambda item=item: self._pass(node, item), lambda: True])  # type: ignore[misc]
            self._looping -= not literal

    @contextmanager
    def _batches(self, node: cst.For | cst.While, *, batching: bool) -> Iterator[None]:
        """A loop that goes through a table in batches, as far as `batching`."""
        if not batching or self.machine.scope.module is not self.machine.module:
            yield
            return
        self.machine.ledger.loops.append(Loop(spot_of(self.machine.place(node, node))))
        try:
            yield
        finally:
            self.machine.ledger.loops.pop()

    def _pass(self, node: cst.For, item: Value) -> bool:
        self.machine.names.bind(node.target, item, node)
        return self.body(node.body)

    # --- Definitions -------------------------------------------------------------------------------------------------

    def _FunctionDef(self, node: cst.FunctionDef) -> bool:
        scope = self.machine.scope
        style, others = "", []
        for decorator in node.decorators:
            known = _STYLES.get((dotted(decorator.decorator) or "").rpartition(".")[2])
            style = known or style
            if known is None:
                others.append(decorator)
        owner = self._class if scope.is_class else None
        function = Function(
            node.name.value, node, scope, owner, style=style, defaults=self.machine.expressions.defaults(node.params)
        )
        decorated = Deferred(lambda: self._decorated(function, others, scope)) if others else function
        scope.assign(node.name.value, decorated)
        return True

    def _decorated(self, function: Function, decorators: AnySequence[cst.Decorator], scope: Scope) -> Value:
        """A function as its decorators leave it; those that are out of sight are taken to call it."""
        value: Value = function
        source = scope.module.source
        assert source is not None
        with self.machine.inside("<decorator>", source.tree, scope):
            for decorator in reversed(decorators):
                wrapper = self.machine.evaluate(decorator.decorator)
                if any(isinstance(option, (Function, Instance, Class)) for option in wrapper.alternatives()):
                    result = self.machine.call(
                        wrapper, Call(self.machine, function.name, self.machine.place(decorator.decorator), (value,))
                    )
                    if any(isinstance(option, (Function, Instance)) for option in result.alternatives()):
                        value = result
        return value

    def _ClassDef(self, node: cst.ClassDef) -> bool:
        outer = self.machine.scope
        bases = tuple(self.machine.evaluate(argument.value) for argument in node.bases if argument.keyword is None)
        scope = Scope(outer.module, outer, is_class=True)
        cls = Class(node.name.value, node, scope, outer.module, bases)
        enclosing, self._class = self._class, cls
        with self.machine.inside(node.name.value, node, scope):
            self.body(node.body)
        self._class = enclosing
        outer.assign(node.name.value, cls)
        return True
