"""The tree of a migration, in which each node knows what it stands in."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import libcst as cst

from migration_guard.interpreter.syntax import Source, parse
from migration_guard.operations import Span


@lru_cache(maxsize=4)
def parsed(path: Path, data: bytes) -> tuple[Source, Parents]:
    source = parse(path, data)
    return source, Parents(source.tree)


class Parents:
    """Each node's parent, by identity."""

    def __init__(self, tree: cst.Module) -> None:
        self.tree = tree
        self._of: dict[int, cst.CSTNode] = {}
        waiting: list[cst.CSTNode] = [tree]
        self.calls: list[cst.Call] = []
        self.loops: list[cst.CSTNode] = []
        self.strings: list[cst.CSTNode] = []
        while waiting:
            node = waiting.pop()
            if isinstance(node, cst.Call):
                self.calls.append(node)
            elif isinstance(node, (cst.For, cst.While)):
                self.loops.append(node)
            elif isinstance(node, cst.BaseString):
                self.strings.append(node)
            for child in node.children:
                self._of[id(child)] = node
                waiting.append(child)

    def texts(self, source: Source) -> list[tuple[int, int]]:
        """Where texts stand, put together of several literals or not."""
        return [(source.offset(source.start(node)), source.offset(source.end(node))) for node in self.strings]

    def above(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        while (parent := self._of.get(id(node))) is not None:
            yield parent
            node = parent

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        return self._of.get(id(node))

    def _block(self, node: cst.CSTNode) -> Sequence[cst.CSTNode]:
        parent = self.parent(node)
        return parent.body if isinstance(parent, (cst.IndentedBlock, cst.Module)) else ()

    def stays_beside(self, node: cst.CSTNode, gone: Collection[int]) -> bool:
        """Whether anything is left in the block of a statement that is taken out."""
        block = self._block(node)
        return not block or any(id(one) not in gone for one in block)

    def last_of(self, node: cst.CSTNode) -> cst.CSTNode:
        """The last statement of the block in which a statement stands."""
        block = self._block(node)
        return block[-1] if block else node


def call_at(source: Source, tree: Parents, span: Span) -> cst.Call | None:
    for call in tree.calls:
        if source.end(call) == (span.end_line, span.end_column) and source.start(_named(call)) == (
            span.line,
            span.column,
        ):
            return call
    return None


def _named(call: cst.Call) -> cst.CSTNode:
    return call.func.attr if isinstance(call.func, cst.Attribute) else call.func
