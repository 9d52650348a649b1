"""Blocks with an end of their own: `try`, whose handlers may be entered from anywhere in it, and `with`."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence as AnySequence
from functools import partial
from typing import TYPE_CHECKING

import libcst as cst

from migration_guard.interpreter.flow import HEAP, Exit, Exits, Store, resume
from migration_guard.interpreter.functions import ContextManager
from migration_guard.interpreter.kinds import within
from migration_guard.interpreter.values import UNKNOWN, Unknown, Value, join

if TYPE_CHECKING:
    from migration_guard.interpreter.machine import Machine
    from migration_guard.interpreter.statements import Statements

_WAYS = (Exit.BREAK, Exit.CONTINUE, Exit.RETURN)


class Blocks:
    """Runs `try` and `with`."""

    def __init__(self, machine: Machine, statements: Statements) -> None:
        self.machine = machine
        self.statements = statements

    # --- try ---------------------------------------------------------------------------------------------------------

    def _Try(self, node: cst.Try | cst.TryStar) -> bool:
        if node.finalbody is None:
            return self._attempt(node)
        return self._finally(partial(self._attempt, node), partial(self.statements.body, node.finalbody.body))

    _TryStar = _Try

    def _attempt(self, node: cst.Try | cst.TryStar) -> bool:
        """The body, and each handler from any state that the body was in."""
        body = self.statements.body
        mark = HEAP.mark()
        states = []
        frame = self.machine.frames[-1]
        dispensable = any(map(_catches_imports, node.handlers))
        frame.dispensable += dispensable
        outside, frame.raised = frame.raised, []
        works = self.machine.ledger.works
        with HEAP.watching() as watch:
            reached = body(node.body)
        worked = self.machine.ledger.works != works
        frame.dispensable -= dispensable
        raised, frame.raised = frame.raised, outside
        if reached and self.statements.otherwise(node.orelse):
            states.append(HEAP.since(mark))
        HEAP.undo(mark)
        for handler in node.handlers:
            resume(watch.states())
            with self.machine.ledger.handler(handler, worked=worked):
                if self._handled(handler, _caught(raised, node)):
                    states.append(HEAP.since(mark))
            HEAP.undo(mark)
        return resume(states)

    def _handled(self, handler: cst.ExceptHandler | cst.ExceptStarHandler, caught: Value) -> bool:
        if handler.type is not None:
            self.machine.evaluate(handler.type)
        if handler.name is not None:
            self.machine.names.bind(handler.name.name, caught, handler)
        return self.statements.body(handler.body)

    def _finally(self, body: Callable[[], bool], end: Callable[[], bool], *, swallows: bool = False) -> bool:
        """Run a body, then `end` on each of its ways out, that of an exception among them."""
        flow = self.machine.flow
        with HEAP.watching() as watch:
            exits = flow.run(body)
        if Exit.RAISE in exits or watch.seen or swallows:
            exits[Exit.RAISE] = watch.states()
        ends: Exits = {}
        mark = HEAP.mark()
        for way, states in exits.items():
            if resume(states) and end():
                ends[way] = [HEAP.since(mark)]
            HEAP.undo(mark)
        flow.lead_on(ends, *_WAYS)
        if swallows:
            return resume([*ends.get(Exit.END, ()), *ends.get(Exit.RAISE, ())])
        return resume(ends.get(Exit.END, ()))

    # --- with --------------------------------------------------------------------------------------------------------

    def _With(self, node: cst.With) -> bool:
        return self._managed(node, node.items)

    def _managed(self, node: cst.With, items: AnySequence[cst.WithItem]) -> bool:
        """Enter the first of the managers, then the others and the block inside of it."""
        if not items:
            return self.statements.body(node.body)
        item, rest = items[0], items[1:]
        context = self.machine.evaluate(item.item)

        def inside(value: Value) -> bool:
            if item.asname is not None:
                self.machine.names.bind(item.asname.name, value, node)
            return self.in_transaction(item.item, context, partial(self._managed, node, rest))

        if isinstance(context, ContextManager):
            return self._served(context, inside)
        value = context.entered(self.machine)
        swallows = context.swallows
        if not swallows and not context.leaves:
            return inside(value)
        return self._finally(partial(inside, value), partial(self._exited, context), swallows=swallows)

    def in_transaction(self, node: cst.CSTNode, context: Value, body: Callable[[], bool]) -> bool:
        """Run a body which a transaction ends with, however it is left, if that is what the node begins."""
        ends = self.machine.ledger.ends(node, context)
        if ends is None:
            return body()

        def within() -> bool:
            with self.machine.ledger.block(node, context):
                return body()

        return self._finally(within, ends)

    def _exited(self, context: Value) -> bool:
        context.exited(self.machine)
        return True

    def _served(self, context: ContextManager, inside: Callable[[Value], bool]) -> bool:
        """A function under `@contextmanager`: the block runs at its `yield`, then what stands behind."""
        machine, flow = self.machine, self.machine.flow
        frames = list(machine.frames)
        left: Exits = {}

        def block(value: Value) -> None:
            with machine.standing_at(frames):
                exits = flow.run(partial(inside, value))
            for way, states in exits.items():
                left.setdefault(way, []).extend(states)
            resume([state for states in exits.values() for state in states])

        machine.calls.run(context.function, context.made_by, block)
        if not left:
            return inside(UNKNOWN)  # its `yield` was not seen
        for way in _WAYS:
            if left.get(way):
                flow.leave(way)
        return Exit.END in left or _catches(context)


def _catches(context: ContextManager) -> bool:
    """Whether the generator may go on after an exception in the block: it catches some, or another manager around its `yield` does."""
    handlers = (cst.ExceptHandler, cst.ExceptStarHandler, cst.With)
    return any(isinstance(inner, handlers) for inner in within(context.function.node.body))


def _caught(raised: list[Value], node: cst.Try | cst.TryStar) -> Value:
    """What a handler may be given: of a block that does nothing but raise, no more than that."""
    lines = node.body.body
    alone = (
        len(lines) == 1 and isinstance(lines[0], cst.SimpleStatementLine) and isinstance(lines[0].body[0], cst.Raise)
    )
    known = [value for value in raised if isinstance(value, Store) and not value.is_class]
    return join(known if alone and known and len(known) == len(raised) else [*known, Unknown("exception")])


def _catches_imports(handler: cst.ExceptHandler | cst.ExceptStarHandler) -> bool:
    """Whether a handler names what an import raises that does not find its module."""
    kind = handler.type
    every = [one.value for one in kind.elements] if isinstance(kind, cst.Tuple) else [kind]
    return any(isinstance(one, cst.Name) and one.value in ("ImportError", "ModuleNotFoundError") for one in every)
