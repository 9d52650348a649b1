"""Loops: over literals pass by pass, over anything else until nothing new comes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import libcst as cst

from migration_guard.interpreter.collections import Sequence
from migration_guard.interpreter.flow import HEAP, Exit, Exits, Store, resume
from migration_guard.interpreter.functions import Generator
from migration_guard.interpreter.spot import Loop, spot_of
from migration_guard.interpreter.syntax import dotted
from migration_guard.interpreter.values import Choice, Constant, Unknown, Value, join
from migration_guard.later import re

if TYPE_CHECKING:
    from migration_guard.interpreter.machine import Machine
    from migration_guard.interpreter.statements import Statements

MAX_PASSES = 4
"""Passes of a loop after which what still changes is taken as unknown."""

MAX_COUNTED = 24
"""Passes of a `while` that are taken one by one as long as its test is known."""

_BATCHES = re.compile(r"batch|chunk|paginat", re.IGNORECASE)
"""Names of what a batching loop goes over."""
_ONE_BATCH = re.compile(r"(?:^|[_.])(?:batch|chunk)$", re.IGNORECASE)
"""Variables that hold the rows of one batch."""
_NUMBERS = frozenset({"range", "trange", "count", "xrange"})
"""Functions that give numbers, of which each may be a batch."""
_OUT = (Exit.RETURN, Exit.RAISE)


class Loops:
    """Runs `for` and `while`."""

    def __init__(self, machine: Machine, statements: Statements) -> None:
        self.machine = machine
        self.statements = statements
        self._depth = 0
        """How many loops over anything but literals are being run."""

    def _For(self, node: cst.For) -> bool:
        machine = self.machine
        commits = machine.ledger.commits
        values = machine.evaluate(node.iter).iterated()
        in_batches = values.batches or _goes_in_batches(node.iter, numbers=machine.ledger.numbers_are_batches)
        if isinstance(values, Generator) and values.run is None:
            with self._batches(node, batching=in_batches):
                return self._served(node, values)
        with self._batches(node, batching=in_batches and machine.ledger.commits == commits):
            exits = self._one_by_one(node, values) if machine.items(values) is not None else self._any(node, values)
        return self._after(exits, partial(self.statements.otherwise, node.orelse))

    def _any(self, node: cst.For, values: Value) -> Exits:
        """A collection of which only is known what its elements look like."""
        with self.machine.rows(values.from_rows):
            return self.until_nothing_new(lambda: self._pass(node, values.element()))

    def _pass(self, node: cst.For, item: Value) -> bool:
        self.machine.ledger.passes(node)
        self.machine.names.bind(node.target, item, node)
        return self.statements.body(node.body)

    def _one_by_one(self, node: cst.For, values: Value) -> Exits:
        """A literal collection: each pass begins as the one before ended. What a pass adds to it has its turn too."""
        flow = self.machine.flow
        block = flow.open()
        passes = self.machine.frames[-1].passes
        reached, index = True, 0
        while reached:
            items = self.machine.items(values)
            if items is None:
                exits = self._any(node, values)
                flow.lead_on(exits, Exit.BREAK, *_OUT, block=block)
                break
            once = isinstance(values, Sequence) and values.kind == "iterator"  # what was gone through is gone
            place = 0 if once else index
            if place >= len(items):
                break
            if once:
                values.remove_item(Constant(0))
            passes[id(node)] = (index, items[place])
            exits = flow.run(partial(self._pass, node, items[place]))
            del passes[id(node)]
            flow.lead_on(exits, Exit.BREAK, *_OUT, block=block)
            reached = resume([*exits[Exit.END], *exits[Exit.CONTINUE]])
            index += 1
        return flow.close(block, reached=reached)

    def _served(self, node: cst.For, generator: Generator) -> bool:
        """A generator of the repository: at each `yield` the body runs, then what stands behind the `yield`."""
        machine, flow = self.machine, self.machine.flow
        frames = list(machine.frames)
        block = flow.open()

        def body(item: Value) -> None:
            with machine.standing_at(frames), machine.rows(item.from_rows):
                exits = flow.run(partial(self._pass, node, item))
            flow.lead_on(exits, Exit.BREAK, *_OUT, block=block)
            resume([*exits[Exit.END], *exits[Exit.CONTINUE], *(exits[Exit.BREAK] or exits[Exit.RETURN])])

        generator.run = machine.calls.run(generator.function, generator.made_by, body)
        return self._after(flow.close(block, reached=True), partial(self.statements.otherwise, node.orelse))

    def _While(self, node: cst.While) -> bool:
        machine = self.machine

        def once() -> bool:
            machine.ledger.passes(node)
            machine.ledger.condition(machine, node)
            return machine.truth(machine.evaluate(node.test)) is not False and self.statements.body(node.body)

        with self._batches(node, batching=True):
            exits = self._counted(node, once)
        return self._after(exits, partial(self._ended, node))

    def _counted(self, node: cst.While, once: Callable[[], bool]) -> Exits:
        """As long as the test is known to hold, pass by pass; then, where it is not known, until nothing new comes."""
        flow = self.machine.flow
        block = flow.open()
        reached = True
        for _ in range(0 if isinstance(node.test, cst.Integer) or dotted(node.test) == "True" else MAX_COUNTED):
            mark = HEAP.mark()
            holds = self.machine.truth(self.machine.evaluate(node.test))
            HEAP.undo(mark)
            if holds is not True:
                break
            exits = flow.run(once)
            flow.lead_on(exits, Exit.BREAK, *_OUT, block=block)
            reached = resume([*exits[Exit.END], *exits[Exit.CONTINUE]])
            if not reached:
                break
        if reached:
            exits = self.until_nothing_new(once)
            flow.lead_on(exits, Exit.BREAK, *_OUT, block=block)
        return flow.close(block, reached=reached)

    def _ended(self, node: cst.While) -> bool:
        """The test that ends a `while`: `while True` does not end by it."""
        if self.machine.truth(self.machine.evaluate(node.test)) is True:
            return False
        return self.statements.otherwise(node.orelse)

    def until_nothing_new(self, once: Callable[[], bool]) -> Exits:
        """Run passes until one more would tell nothing new. The state is then the one in which a pass begins.

        A pass need not be run again if nothing that it read has changed by it. The ways out are those of the last pass,
        which began with all that the others left behind; END is the loop's own end.
        """
        self._depth += 1
        most = max(MAX_PASSES + 1 - self._depth, 2)
        for number in range(most + 1):
            with HEAP.recording() as record:
                exits = self.machine.flow.run(once)
            changed = HEAP.join([{}, *exits[Exit.END], *exits[Exit.CONTINUE]])
            news = HEAP.news(change for change in changed if change[0] in record.reads)
            if not news or number == most:
                break
            if number == most - 1:
                for store, slot in news:
                    content = store.read(slot)
                    if isinstance(content, Value):
                        options = content.alternatives()
                        store.write(slot, content.joined([options[0].blurred(options)]))
            else:
                self._widen_numbers(news)
        self._depth -= 1
        exits[Exit.END] = [{}]
        return exits

    @staticmethod
    def _widen_numbers(news: set[tuple[Store, object]]) -> None:
        """What counts passes would be another number in each."""
        for store, slot in news:
            content = store.read(slot)
            if isinstance(content, Choice) and any(_is_number(option) for option in content.options):
                others = [option for option in content.options if not _is_number(option)]
                store.write(slot, join([*others, Unknown("number")]))

    def _after(self, exits: Exits, ended: Callable[[], bool]) -> bool:
        """Behind a loop: its own end leads through its `else`, which a `break` passes by."""
        self.machine.flow.lead_on(exits, *_OUT)
        mark = HEAP.mark()
        states = [HEAP.since(mark)] if resume(exits[Exit.END]) and ended() else []
        HEAP.undo(mark)
        return resume([*states, *exits[Exit.BREAK]])

    @contextmanager
    def _batches(self, node: cst.For | cst.While, *, batching: bool) -> Iterator[None]:
        """A loop that goes through a table in batches, as far as `batching`."""
        ledger = self.machine.ledger
        if not batching or self.machine.scope.module is not self.machine.module:
            yield
            return
        ledger.loops.append(Loop(spot_of(self.machine.place(node, node)), id(node)))
        try:
            yield
        finally:
            ledger.loops.pop()


def _is_number(value: Value) -> bool:
    return isinstance(value, Constant) and isinstance(value.value, (int, float)) and not isinstance(value.value, bool)


def _goes_in_batches(node: cst.BaseExpression, *, numbers: bool) -> bool:
    """Whether a loop goes over batches, by what it goes over: `batch` alone are the rows of one."""
    name = _named(node)
    if not isinstance(node, cst.Call) and _ONE_BATCH.search(name):
        return False
    return bool(_BATCHES.search(name)) or (numbers and name.rpartition(".")[2] in _NUMBERS)


def _named(node: cst.BaseExpression) -> str:
    """Spell what is iterated: a variable, or the function that is called."""
    return dotted(node.func if isinstance(node, cst.Call) else node) or ""
