"""How a block is left, and where each way leads: the enclosing block decides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import field
from enum import Enum, auto
from functools import partial
from typing import TypeVar

from migration_guard.interpreter.flow.heap import HEAP, Delta
from migration_guard.lean import dataclass

_T = TypeVar("_T")


class Exit(Enum):
    """The ways out of a block."""

    END = auto()
    """Its last statement was run: the next one is reached."""
    BREAK = auto()
    CONTINUE = auto()
    RETURN = auto()
    RAISE = auto()


Exits = dict[Exit, list[Delta]]


@dataclass(slots=True, eq=False)
class Block:
    """A loop, a function, or another construct that leads ways out on, and the states of those that came to it."""

    mark: int
    exits: Exits = field(default_factory=lambda: defaultdict(list))
    left_at: int = -1
    """The moment at which the path left it last."""

    def is_left_here(self, *, reached: bool) -> bool:
        """Whether it has one way out, which leads here: the state is already what may be after it."""
        if reached or len(self.exits) != 1 or self.left_at != HEAP.mark():
            return reached and not self.exits
        ((_, states),) = self.exits.items()
        return len(states) == 1


class Flow:
    """The blocks that are being run, innermost last."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []

    def open(self) -> Block:
        block = Block(HEAP.mark())
        self.blocks.append(block)
        return block

    def close(self, block: Block, *, reached: bool) -> Exits:
        """The ways out of a block, `reached` if its end is one. The state is again what it began with."""
        assert self.blocks.pop() is block
        if reached:
            block.exits[Exit.END].append(HEAP.since(block.mark))
        HEAP.undo(block.mark)
        return block.exits

    def run(self, body: Callable[[], bool]) -> Exits:
        """Run a body, and give the ways out of it; the state is again what it began with."""
        block, reached = self._entered(body)
        return self.close(block, reached=reached)

    def call(self, body: Callable[[], bool]) -> None:
        """Run the body of a function, and go on with what may be after it; where it only raises, with that."""
        block, reached = self._entered(body)
        if block.is_left_here(reached=reached):
            self.blocks.pop()
            return
        exits = self.close(block, reached=reached)
        if not resume([*exits.get(Exit.END, ()), *exits.get(Exit.RETURN, ())]):
            resume(exits.get(Exit.RAISE, ()))

    def _entered(self, body: Callable[[], bool]) -> tuple[Block, bool]:
        """Run a body in a block of its own, which is still open then, and say whether its end is reached."""
        block = self.open()
        try:
            return block, body()
        except BaseException:
            self.blocks.pop()
            raise

    def leave(self, way: Exit) -> bool:
        """The path leaves the innermost block here: its next statement is not reached."""
        if self.blocks:
            block = self.blocks[-1]
            block.exits[way].append(HEAP.since(block.mark))
            block.left_at = HEAP.mark()
        return False

    def lead_on(self, exits: Exits, *ways: Exit, block: Block | None = None) -> None:
        """Hand ways out, whose states begin here, to an enclosing block."""
        block = block or (self.blocks[-1] if self.blocks else None)
        if block is None:
            return
        for way in ways:
            if exits.get(way):
                block.left_at = -1
                before = HEAP.since(block.mark)
                block.exits[way] += [{**before, **delta} for delta in exits[way]]


def resume(states: Iterable[Delta]) -> bool:
    """Go on with what may be after any of these states; False if there are none."""
    every = list(states)
    if len(every) == 1:
        HEAP.apply(every[0])
    elif every:
        HEAP.join(every)
    return bool(every)


def branches(ways: Iterable[Callable[[], bool]]) -> bool:
    """Run each way from here, then go on with what may be after those that reach their end."""
    mark = HEAP.mark()
    states: list[Delta] = []
    for way in ways:
        if way():
            states.append(HEAP.since(mark))
        HEAP.undo(mark)
    return resume(states)


def each(ways: Iterable[Callable[[], _T]]) -> list[_T]:
    """What each of several alternatives gives; afterwards any one of them may have happened."""
    found: list[_T] = []

    def taken(way: Callable[[], _T]) -> bool:
        found.append(way())
        return True

    branches([partial(taken, way) for way in ways])
    return found
