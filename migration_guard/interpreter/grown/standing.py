"""Where the nodes of a tree stand that was grown from what `ast` knows: there, or where libcst has parsed a piece."""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import libcst as cst

from migration_guard.interpreter.kinds import code_fields, kind_of
from migration_guard.interpreter.positions import Positions, lines_of
from migration_guard.later import re

LITERAL = (
    r"""(?:"{3}[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*"{3}|'{3}[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*'{3}"""
    r"""|"(?!"")[^"\\\n]*(?:\\.[^"\\\n]*)*"|'(?!'')[^'\\\n]*(?:\\.[^'\\\n]*)*'|""(?!")|''(?!'))"""
)
_STRING_OR_COMMENT = re.compile(rf"{LITERAL}|#[^\n]*", re.DOTALL)
_SEMICOLON = re.compile(r"[ \t]*;[ \t]*")
_EMPTY = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)")
COMPOUND = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.For, ast.AsyncFor, ast.While, ast.If, ast.With, ast.AsyncWith,
    ast.Try, ast.Match, getattr(ast, "TryStar", ast.Try),
)  # fmt: skip
_BLOCKS = (*COMPOUND, ast.ExceptHandler)
_is_small = kind_of(cst.BaseSmallStatement)


class Standing:
    """Where the nodes of one tree stand."""

    tree: cst.Module

    def __init__(self, text: str) -> None:
        self._text = text
        self._is_ascii = text.isascii()
        self._lines = lines_of(text)
        self._bytes: dict[int, bytes] = {}
        self._partners: dict[int, Any] = {}
        """What `ast` knows of a node, by the node's id: it begins and ends where the node does."""
        self._names: dict[int, tuple[int, int]] = {}
        """Where names stand that are no nodes to `ast`."""
        self._pieces: dict[int, tuple[int, Positions]] = {}
        """Where pieces begin that libcst has parsed, and where their nodes stand in them, by the nodes' ids."""

    def begin(self, node: cst.CSTNode) -> int | None:
        """The offset at which a node begins, or None where only libcst can tell."""
        partner = self._partners.get(id(node))
        if partner is not None and partner is not NOWHERE:
            return self._offset(partner.lineno, partner.col_offset)
        place = self.place(node)
        return None if place is None else place[0]

    def place(self, node: cst.CSTNode) -> tuple[int, int] | None:
        """The offsets at which a node begins and ends, or None where only libcst can tell."""
        key = id(node)
        partner = self._partners.get(key)
        if partner is not None:
            if partner is NOWHERE:
                return None
            begin, end = self._range(partner)
            if isinstance(partner, _BLOCKS):
                return begin, self._behind(node, end)
            if type(node) is cst.SimpleStatementLine and (sign := _SEMICOLON.match(self._text, end)) is not None:
                end = sign.end()
            return begin, end
        piece = self._pieces.get(key)
        if piece is None:
            return self._names.get(key)
        begin, positions = piece
        first, last = positions.range(node)
        return begin + first, begin + last

    @property
    def comments(self) -> list[cst.Comment]:
        """The comments in their order."""
        if any(type(one) is ast.JoinedStr for one in self._partners.values()) and sys.version_info >= (3, 12):
            tokens = tokenize.generate_tokens(io.StringIO(self._text, newline="").readline)
            places = [self._lines[one.start[0] - 1] + one.start[1] for one in tokens if one.type == tokenize.COMMENT]
        else:
            places = [one.start() for one in _STRING_OR_COMMENT.finditer(self._text) if one.group()[0] == "#"]
        comments = []
        for begin in places:
            comment = cst.Comment(self._text[begin : self._next_line(begin)].rstrip("\n"))
            self._names[id(comment)] = (begin, begin + len(comment.value))
            comments.append(comment)
        return comments

    @cached_property
    def statements(self) -> list[Any]:
        """Every statement, and every line of them, in their order."""
        found: list[Any] = []
        waiting: list[Any] = [self.tree]
        while waiting:
            one = waiting.pop()
            found.append(one)
            inner: list[Any] = []
            for name in ("body", "handlers", "orelse", "finalbody"):
                part = getattr(one, name, None)
                inner += part if isinstance(part, tuple) else () if part is None else (part,)
            if not _is_small(type(one)):
                waiting += reversed(inner)
        return found

    def _behind(self, node: Any, end: int) -> int:
        """Where a block ends: behind the line of its last statement, and comments that are as far to the right."""
        while not isinstance(node, (cst.IndentedBlock, cst.SimpleStatementSuite)):
            parts = [getattr(node, name, None) for name in ("finalbody", "orelse", "handlers", "body")]
            node = next(part[-1] if isinstance(part, tuple) else part for part in parts if part)
        if isinstance(node, cst.SimpleStatementSuite) or isinstance(node.body[-1], cst.SimpleStatementLine):
            end = self._next_line(end)
        else:
            end = self._behind(node.body[-1], end)
        if isinstance(node, cst.SimpleStatementSuite):
            return end
        first = self.begin(node.body[0]) or 0
        decorators = getattr(node.body[0], "decorators", ())
        first = first if not decorators else self.begin(decorators[0].decorator) or 0
        before = self._text[self._text.rfind("\n", 0, first) + 1 : first]
        indent = before[: len(before) - len(before.lstrip(" \t"))]
        at = end
        while (empty := _EMPTY.match(self._text, at)) is not None and empty.end() > at:
            at = empty.end()
            if empty.group().startswith(indent):
                end = at
        return end

    def _next_line(self, offset: int) -> int:
        found = self._text.find("\n", offset)
        return len(self._text) if found < 0 else found + 1

    def _offset(self, line: int, column: int) -> int:
        start = self._lines[line - 1]
        if self._is_ascii:
            return start + column
        known = self._bytes.get(line)
        if known is None:
            end = self._lines[line] if line < len(self._lines) else len(self._text)
            known = self._bytes[line] = self._text[start:end].encode()
        return start + len(known[:column].decode())

    def _range(self, node: Any) -> tuple[int, int]:
        return self._offset(node.lineno, node.col_offset), self._offset(node.end_lineno, node.end_col_offset)

    def _segment(self, node: ast.expr) -> str:
        begin, end = self._range(node)
        return self._text[begin:end]


class End:
    """The name at the end of what `ast` knows."""

    __slots__ = ("col_offset", "end_col_offset", "end_lineno", "lineno")

    def __init__(self, node: ast.Attribute) -> None:
        self.lineno = self.end_lineno = node.end_lineno
        self.end_col_offset = node.end_col_offset or 0
        self.col_offset = self.end_col_offset - len(node.attr.encode())


class Between:
    """From where one node of `ast` begins to where another one ends."""

    __slots__ = ("col_offset", "end_col_offset", "end_lineno", "lineno")

    def __init__(self, first: Any, last: Any) -> None:
        self.lineno, self.col_offset = first.lineno, first.col_offset
        self.end_lineno, self.end_col_offset = last.end_lineno, last.end_col_offset


def twins(one: Any, other: Any) -> Iterator[tuple[int, cst.CSTNode]]:
    """The nodes of a tree by the ids of those of its like: both are of the same text."""
    waiting = [(one, other)]
    while waiting:
        first, second = waiting.pop()
        if isinstance(first, (list, tuple)):
            waiting += zip(first, second)
        elif isinstance(first, cst.CSTNode):
            yield id(first), second
            waiting += [(getattr(first, name), getattr(second, name)) for name in code_fields(type(first))]


NOWHERE = object()
"""The partner of a node that stands elsewhere than what `ast` knows of it."""
