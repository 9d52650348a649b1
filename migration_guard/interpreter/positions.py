"""Where the nodes of a parsed file stand.

libcst keeps no positions: they come from generating the code again, which for a whole file costs as much as parsing it.
`ast` has read the same file and says where its nodes begin. So nodes whose partner in that tree is sure are anchors, and
code is generated from the nearest one above a node, no further than the node's end. What was generated is compared with
the file; where it is not the same, as where `ast` reads nothing, the anchor is the module.
"""

from __future__ import annotations

import ast
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import libcst as cst
from libcst._nodes.internal import CodegenState

from migration_guard.interpreter.kinds import code_fields, within
from migration_guard.later import re
from migration_guard.lean import dataclass

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

MAX_SURPRISES = 3
"""Times that code is generated from one anchor, after which all of it is."""

_NEWLINE = re.compile(r"\r\n?|\n")
_NOTED = frozenset({cst.Comment, cst.FunctionDef, cst.Expr, cst.SimpleStatementLine})
"""Nodes that are found again by their kind."""


def lines_of(text: str) -> list[int]:
    """The offset at which each line begins."""
    return [0, *(match.end() for match in _NEWLINE.finditer(text))]


@dataclass(slots=True, eq=False)
class _Anchor:
    """A node whose beginning is known."""

    node: cst.CSTNode
    begin: int | None
    """The offset in the text; None for the module, which all code begins with."""
    indents: tuple[str, ...] = ()
    """The indentation of the statement that it stands in."""
    asked: int = 0


class Positions:
    """Finds the nodes of one file, as Python counts lines."""

    def __init__(self, text: str, tree: cst.Module, known: ast.Module | None) -> None:
        self._text = text
        self.tree = tree
        self._known = known
        self._module = _Anchor(tree, None)
        self._ranges: dict[int, tuple[int, int]] = {}

    def range(self, node: cst.CSTNode) -> tuple[int, int]:
        """The offsets at which a node begins and ends, without the parentheses, blank lines and comments that it owns."""
        if id(node) not in self._ranges:
            self._generate(self._homes.get(id(node), self._module), node)
        if id(node) not in self._ranges:
            self._generate(self._module, None)
        return self._ranges[id(node)]

    @cached_property
    def _lines(self) -> list[int]:
        return lines_of(self._text)

    @cached_property
    def noted(self) -> list[cst.CSTNode]:
        """The comments, functions, expressions and statements, in their order."""
        return self._generate(self._module, None)

    def _generate(self, anchor: _Anchor, wanted: cst.CSTNode | None) -> list[cst.CSTNode]:
        """Note where everything stands from an anchor to a node, or to the anchor's end; give what is found by its kind."""
        anchor.asked += 1
        marks = _Marks(self.tree, wanted if anchor.asked <= MAX_SURPRISES else None, anchor.indents)
        with suppress(_Found):
            anchor.node._codegen(marks)  # noqa: SLF001 - what libcst's PositionProvider itself calls
        before = [0, *accumulate(map(len, marks.tokens))]
        before.append(before[-1])  # a file without a last newline: the token was made, and taken back
        shift = anchor.begin - before[marks.begins[id(anchor.node)]] if anchor.begin is not None else 0
        if anchor.begin is None or self._stands_there("".join(marks.tokens), shift):
            last = len(self._text)
            self._ranges |= {
                key: (before[marks.begins[key]] + shift, min(before[end] + shift, last))
                for key, end in marks.ends.items()
            }
        return marks.noted

    def _stands_there(self, code: str, offset: int) -> bool:
        """Whether the file has this code there; behind its last statement a line break may be missing."""
        return offset >= 0 and (
            self._text.startswith(code, offset) or self._text[offset:] == code.removesuffix(self.tree.default_newline)
        )

    @cached_property
    def _homes(self) -> dict[int, _Anchor]:
        """The nearest anchor above each node, by the node's id."""
        if self._known is None:
            return {}
        walk = _Walk(self._text, self._lines, self.tree.default_indent)
        walk.statements(self.tree.body, self._known.body, self._module)
        self._known = None  # it has told all that it can
        return walk.homes


class _Found(Exception):
    """The node that was wanted has been passed."""


class _Marks(CodegenState):
    """Generates code and notes at which token each node begins and ends."""

    def __init__(self, tree: cst.Module, wanted: cst.CSTNode | None, indents: Iterable[str]) -> None:
        super().__init__(tree.default_indent, tree.default_newline, indent_tokens=list(indents))
        self._wanted = wanted
        self.begins: dict[int, int] = {}
        self.ends: dict[int, int] = {}
        self.noted: list[cst.CSTNode] = []

    def before_codegen(self, node: cst.CSTNode) -> None:
        self.begins[id(node)] = len(self.tokens)
        if type(node) in _NOTED:
            self.noted.append(node)

    def after_codegen(self, node: cst.CSTNode) -> None:
        self.ends.setdefault(id(node), len(self.tokens))
        if node is self._wanted:
            raise _Found

    def record_syntactic_position(  # type: ignore[override]  # libcst declares its own decorator as the type
        self, node: cst.CSTNode, **_: object
    ) -> AbstractContextManager[None]:
        return _Syntactic(self, id(node))


class _Syntactic:
    """A node without the parentheses, blank lines and comments that it owns."""

    __slots__ = ("_key", "_marks")

    def __init__(self, marks: _Marks, key: int) -> None:
        self._marks = marks
        self._key = key

    def __enter__(self) -> None:
        self._marks.begins[self._key] = len(self._marks.tokens)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._marks.ends[self._key] = len(self._marks.tokens)


_CONTAINERS = (ast.Call, ast.List, ast.Set, ast.Dict, ast.Tuple)
"""Expressions that may be long, and are made of others whose beginnings are known."""
_NOBODY = ast.Pass()
"""The partner of what has none."""
_Statement = cst.BaseStatement | cst.BaseSmallStatement


class _Walk:
    """Goes through both trees of a file together, as far as their shapes are sure to be the same."""

    def __init__(self, text: str, lines: list[int], default_indent: str) -> None:
        self.homes: dict[int, _Anchor] = {}
        self._text = text
        self._lines = lines
        self._default_indent = default_indent
        self._bytes: dict[int, list[int]] = {}
        """How many bytes stand before each character of a line that has others than those of ASCII."""

    def statements(
        self, body: Iterable[_Statement], partners: Sequence[ast.stmt], home: _Anchor, indents: tuple[str, ...] = ()
    ) -> None:
        """The statements of a block: in libcst those that share a line are below a node of their own."""
        every: list[_Statement] = []
        for one in body:
            if isinstance(one, cst.SimpleStatementLine):
                self.homes[id(one)] = home
                every += one.body
            else:
                every.append(one)
        if len(every) != len(partners):
            self._leave(every, home)
            return
        for node, partner in zip(every, partners):
            self._statement(node, partner, _Anchor(node, self._offset(partner), indents))

    def _statement(self, node: cst.CSTNode, partner: ast.AST, home: _Anchor) -> None:
        """A statement or clause: what its fields hold has partners under the same names, or none."""
        self.homes[id(node)] = home
        for name in code_fields(type(node)):
            value, other = getattr(node, name), getattr(partner, name, ())
            match value:
                case cst.BaseSuite():
                    self._block(value, other, home)
                case cst.Else() | cst.Finally():
                    self.homes[id(value)] = home
                    self._block(value.body, other, home)
                case cst.If():  # an `elif`, whose code is another one where it stands alone
                    self._statement(value, other[0] if len(other) == 1 else _NOBODY, home)  # type: ignore[misc]  # a sequence of any length
                case cst.BaseExpression():
                    self._expression(value, other, home)
                case [cst.ExceptHandler() | cst.ExceptStarHandler() | cst.MatchCase(), *_]:
                    for clause, its in zip(value, _as_many(other, value, _NOBODY)):
                        self._statement(clause, its, home)
                case _:
                    self._leave(value, home)

    def _block(self, suite: Any, partners: Sequence[ast.stmt], home: _Anchor) -> None:
        self.homes[id(suite)] = home
        indents = home.indents
        if isinstance(suite, cst.IndentedBlock):
            indents = (*indents, self._default_indent if suite.indent is None else suite.indent)
        self.statements(suite.body, partners, home, indents)

    def _expression(self, node: cst.BaseExpression, partner: object, home: _Anchor) -> None:
        if not isinstance(partner, _CONTAINERS):
            self._leave(node, home)
            return
        if not isinstance(partner, ast.Tuple):  # which begins at its parenthesis for one, behind it for the other
            home = _Anchor(node, self._offset(partner), home.indents)
        self.homes[id(node)] = home
        for name in code_fields(type(node)):
            if name in _ELEMENTS:
                elements = getattr(node, name)
                for element, its in zip(elements, _as_many(_values(elements, partner), elements, None)):
                    self._element(element, its, home)
            else:
                self._leave(getattr(node, name), home)

    def _element(self, element: cst.CSTNode, partner: object, home: _Anchor) -> None:
        self.homes[id(element)] = home
        for name in code_fields(type(element)):
            if name == "value":
                self._expression(getattr(element, name), partner, home)
            else:
                self._leave(getattr(element, name), home)

    def _leave(self, what: object, home: _Anchor) -> None:
        """What has no partner is found from the anchor above it."""
        for one in within(what):
            self.homes[id(one)] = home

    def _offset(self, node: ast.stmt | ast.expr) -> int:
        """Where a node begins: `ast` counts a line's bytes in UTF-8."""
        start = self._lines[min(node.lineno, len(self._lines)) - 1]
        if self._text.isascii():
            return start + node.col_offset
        if start not in self._bytes:
            end = self._lines[node.lineno] if node.lineno < len(self._lines) else len(self._text)
            sizes = (len(character.encode("utf-8", "replace")) for character in self._text[start:end])
            self._bytes[start] = list(accumulate(sizes, initial=0))
        return start + bisect_left(self._bytes[start], node.col_offset)


_ELEMENTS = frozenset({"args", "elements"})
"""The fields of calls and displays that hold their parts."""


def _values(elements: Sequence[Any], partner: object) -> Sequence[object]:
    """The partners of what the elements of a call or a display hold."""
    match partner:
        case ast.Call():
            placed, named = iter(partner.args), iter(partner.keywords)
            return [
                next(placed, None)
                if one.keyword is None and one.star != "**"
                else getattr(next(named, None), "value", None)
                for one in elements
            ]
        case ast.Dict():
            return partner.values
        case ast.List() | ast.Set() | ast.Tuple():
            return partner.elts
    return ()


def _as_many(found: Sequence[Any], wanted: Sequence[object], nobody: object) -> Sequence[Any]:
    """Partners, if there are as many as they are wanted for."""
    return found if len(found) == len(wanted) else [nobody] * len(wanted)
