"""The conditions under which a statement runs: of the blocks around it, and of what may leave before it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator

import libcst as cst

from migration_guard.forms.bindings import Block, Guard, branches, is_always, leaves
from migration_guard.forms.nodes import constant_truth, names_in
from migration_guard.forms.where import Places, Where


class Conditions(Places):
    """Says conditions; what stands in them is said by the other rooms."""

    @abstractmethod
    def _of(self, node: cst.CSTNode, where: Where) -> str:
        """The form of an expression."""

    @abstractmethod
    def _name(self, name: str, where: Where) -> str:
        """The form of what a name stands for."""

    def _conditions(self, where: Where, spoken: frozenset[str], *, near: bool) -> Iterator[str]:
        """Of one function; in another file only those that speak of what is written: the rest is how it is written."""
        spot = where.spot
        if spot is None:
            return
        found: list[tuple[int, Iterator[str]]] = []
        for block in spot.blocks:
            known = where.names.blocks.get(block)
            if known is not None and (near or _speaks(known.owner, spoken)):
                found.append((known.spot.order, self._block(known, block, where)))
        for guard in where.names.guards:
            stands_before = guard.spot.order < spot.order and guard.spot.blocks == spot.blocks[: len(guard.spot.blocks)]
            if stands_before and not any(id(suite) in spot.blocks for _, suite in branches(guard.node)):
                found.append((guard.spot.order, self._guard(guard, where, spoken)))
        for _, said in sorted(found, key=lambda pair: pair[0]):
            yield from said

    def _block(self, block: Block, suite: int, where: Where) -> Iterator[str]:
        there = where.at(block.spot)
        match block.owner:
            case cst.If(test=test):
                yield from (f"not {self._condition(one, there)}" for one in block.before)
                if not is_always(test):
                    yield self._condition(test, there)
            case cst.Else() if block.before:
                yield from (f"not {self._condition(one, there)}" for one in block.before if constant_truth(one) is None)
            case cst.While(test=test) if id(block.owner.body) == suite and constant_truth(test) is None:
                yield f"while {self._condition(test, there)}"
            case cst.For(iter=items) if id(block.owner.body) == suite and id(block.owner) not in where.passes:
                yield f"for {self._of(items, there)}"
            case cst.ExceptHandler() | cst.ExceptStarHandler():
                yield "except"
            case cst.MatchCase(pattern=pattern, guard=guard):
                yield f"case {self._of(pattern, there)}{self._condition(guard, there) if guard is not None else ''}"
            case _:
                pass

    def _guard(self, guard: Guard, where: Where, spoken: frozenset[str]) -> Iterator[str]:
        """What an `if` that may leave before says of what runs behind it.

        One that leaves the pass of a loop decides on its rows. One that leaves the function is of the same kind only
        where it speaks of what is written: others say whether the migration runs at all.
        """
        in_loop = any(block in where.names.loops for block in guard.spot.blocks)
        for test, suite in branches(guard.node):
            if not leaves(suite) or (test is not None and constant_truth(test) is False):
                continue
            if not (in_loop or (test is not None and self._speaks_of_rows(names_in(test) & spoken, where))):
                continue
            made = self._condition(test, where.at(guard.spot)) if test is not None else "else"
            yield f"unless {made}"

    def _speaks_of_rows(self, names: frozenset[str], where: Where) -> bool:
        """Whether any of these names is more than a way to the database."""
        return any(not self._name(name, where).startswith("alembic.") for name in names)

    def _condition(self, test: cst.CSTNode, where: Where) -> str:
        return f"({self._of(test, where)})"


def _speaks(owner: cst.CSTNode, names: frozenset[str]) -> bool:
    """Whether the condition of a block speaks of any of these names."""
    condition = getattr(owner, "test", None)
    return isinstance(condition, cst.CSTNode) and bool(names_in(condition) & names)
