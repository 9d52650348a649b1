"""The conditions under which a statement runs: of the blocks around it, and of what may leave before it.

They are said one by one, in one spelling: `if a: if b:` is `if a and b:`, what a `continue` skips is what an `if` does not
hold, and `not a == b` is `a != b`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator

import libcst as cst

from migration_guard.forms.bindings import Block, Guard
from migration_guard.forms.exits import breaks, exits
from migration_guard.forms.nodes import constant_truth, names_in, within
from migration_guard.forms.where import Places, Where
from migration_guard.later import re

_OPPOSITE: dict[type[cst.BaseCompOp], type[cst.BaseCompOp]] = {
    cst.Equal: cst.NotEqual, cst.NotEqual: cst.Equal, cst.In: cst.NotIn, cst.NotIn: cst.In, cst.Is: cst.IsNot,
    cst.IsNot: cst.Is,
}  # fmt: skip

_SAYS = re.compile(r"print\(|logging\.|.*\.(?:debug|info|warning|error|exception|log)\(")
"""What a statement is that only says something."""


class Conditions(Places):
    """Says conditions; what stands in them is said by the other rooms."""

    @abstractmethod
    def _of(self, node: cst.CSTNode, where: Where) -> str:
        """The form of an expression."""

    @abstractmethod
    def _name(self, name: str, where: Where) -> str:
        """The form of what a name stands for."""

    @abstractmethod
    def _iterated(self, node: cst.BaseExpression, where: Where) -> str:
        """The form of what a loop goes over."""

    @abstractmethod
    def _meets(self, node: cst.ClassDef, where: Where) -> None:
        """A class of the repository is spoken of."""

    @abstractmethod
    def _sets(self, how: str) -> None:
        """An attribute is set, or anything else is bound in some way."""

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
            if guard.spot.order < spot.order and guard.spot.blocks == spot.blocks[: len(guard.spot.blocks)]:
                inside = spot.blocks[len(guard.spot.blocks) :]
                around = where.names.blocks.get(inside[0]) if inside else None
                if around is None or around.spot.order != guard.spot.order:
                    found.append((guard.spot.order, self._guard(guard, where, spoken)))
        for _, said in sorted(found, key=lambda pair: pair[0]):
            yield from said

    def _block(self, block: Block, suite: int, where: Where) -> Iterator[str]:
        there = where.at(block.spot)
        match block.owner:
            case cst.If(test=test):
                for one in block.before:
                    yield from self._said(one, there, holds=False)
                yield from self._said(test, there)
            case cst.Else():
                for one in block.before:
                    if isinstance(one, (cst.For, cst.While)):
                        yield self._unbroken(one, there)
                    elif isinstance(one, cst.BaseExpression):
                        yield from self._said(one, there, holds=False)
            case cst.While(test=test) if id(block.owner.body) == suite and constant_truth(test) is None:
                yield f"while ({self._of(test, there)})"
            case cst.For(iter=items) if id(block.owner.body) == suite and id(block.owner) not in where.passes:
                yield f"for {self._iterated(items, there)}"
            case cst.ExceptHandler(type=kind) | cst.ExceptStarHandler(type=kind):
                tried = [said for one in block.before for said in self._tried(one, there)]
                yield f"except {self._of(kind, there) if kind is not None else ''} of {'; '.join(tried)}"
            case cst.MatchCase(pattern=pattern, guard=guard):
                yield f"case {self._of(pattern, there)}{f'({self._of(guard, there)})' if guard is not None else ''}"
            case _:
                pass

    def _tried(self, node: cst.CSTNode, where: Where) -> Iterator[str]:
        """What a handler stands for that it failed: what is evaluated in a `try`, apart from what is only said there."""
        for part in within(node.body) if isinstance(node, (cst.Try, cst.TryStar)) else ():
            match part:
                case cst.Assign(value=value) | cst.AugAssign(value=value) | cst.Expr(value=value):
                    made = self._of(value, where.at(where.names.spots.get(id(part), where.spot)))
                    if not (isinstance(part, cst.Expr) and _SAYS.match(made)):
                        yield made
                case cst.AnnAssign(value=value) | cst.Return(value=value) if value is not None:
                    yield self._of(value, where.at(where.names.spots.get(id(part), where.spot)))
                case _:
                    pass

    def _unbroken(self, loop: cst.For | cst.While, where: Where) -> str:
        """What the `else` of a loop says: that none of its passes was left."""
        over = self._iterated(loop.iter, where) if isinstance(loop, cst.For) else self._of(loop.test, where)
        leaving = [self._until(one, where, loop.body) for one in breaks(loop)]
        return f"no break of {over}: {'; '.join(leaving)}"

    def _until(self, leaving: cst.CSTNode, where: Where, suite: cst.BaseSuite) -> str:
        """The conditions between a block and a statement in it that leaves."""
        spot = where.names.spots[id(leaving)]
        blocks = spot.blocks[spot.blocks.index(id(suite)) + 1 :]
        return " and ".join(self._on_blocks(blocks, where))

    def _on_blocks(self, blocks: tuple[int, ...], where: Where) -> Iterator[str]:
        for block in blocks:
            known = where.names.blocks.get(block)
            if known is not None:
                yield from self._block(known, block, where)

    def _guard(self, guard: Guard, where: Where, spoken: frozenset[str]) -> Iterator[str]:
        """What a statement that may leave before says of what runs behind it.

        One that leaves the pass of a loop decides on its rows. One that leaves the function is of the same kind only
        where it speaks of what is written: others say whether the migration runs at all.
        """
        in_loop = any(block in where.names.loops for block in guard.spot.blocks)
        for leaving in exits(guard.node):
            spot = where.names.spots[id(leaving)]
            blocks = spot.blocks[len(guard.spot.blocks) :]
            said = list(self._on_blocks(blocks, where))
            if not said or not (in_loop or self._speaks_of_rows(self._names_on(blocks, where) & spoken, where)):
                continue
            skips = isinstance(leaving, cst.Continue) or not in_loop
            match where.names.blocks[blocks[0]] if skips and len(blocks) == 1 else None:
                case Block(owner=cst.If(test=test), before=()):
                    yield from self._said(test, where.at(guard.spot), holds=False)
                case Block(owner=cst.Else(), before=(test,)):
                    yield from self._said(test, where.at(guard.spot))
                case _:
                    yield f"{'unless' if skips else 'until'} {' and '.join(said)}"

    def _names_on(self, blocks: tuple[int, ...], where: Where) -> frozenset[str]:
        """The names that the conditions of blocks speak of."""
        owners = [known for block in blocks if (known := where.names.blocks.get(block)) is not None]
        every = [part for one in owners for part in (getattr(one.owner, "test", None), *one.before)]
        return frozenset().union(*(names_in(part) for part in every if isinstance(part, cst.BaseExpression)))

    def _speaks_of_rows(self, names: frozenset[str], where: Where) -> bool:
        """Whether any of these names is more than a way to the database."""
        return any(not self._name(name, where).startswith("alembic.") for name in sorted(names))

    def _said(self, test: cst.CSTNode, where: Where, *, holds: bool = True) -> Iterator[str]:
        """What a condition says, part by part; one that is written as a constant says nothing."""
        match test:
            case cst.UnaryOperation(operator=cst.Not(), expression=inner):
                yield from self._said(inner, where, holds=not holds)
            case cst.BooleanOperation(left=left, operator=operator, right=right) if (
                isinstance(operator, cst.And) is holds
            ):
                yield from self._said(left, where, holds=holds)
                yield from self._said(right, where, holds=holds)
            case cst.Comparison(comparisons=[one]) if not holds and type(one.operator) in _OPPOSITE:
                opposite = one.with_changes(operator=_OPPOSITE[type(one.operator)]())
                yield f"({self._of(test.with_changes(comparisons=[opposite]), where)})"
            case _ if constant_truth(test) is holds:
                pass
            case _:
                yield f"{'' if holds else 'not '}({self._of(test, where)})"


def _speaks(owner: cst.CSTNode, names: frozenset[str]) -> bool:
    """Whether the condition of a block speaks of any of these names."""
    condition = getattr(owner, "test", None)
    return isinstance(condition, cst.CSTNode) and bool(names_in(condition) & names)
