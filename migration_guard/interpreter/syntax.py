"""Python source as libcst reads it: parsing behind a check by `ast`, string literals, positions on demand."""

from __future__ import annotations

import ast
import gc
import re
import warnings
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, fields
from functools import cache, cached_property
from itertools import accumulate
from pathlib import Path
from typing import Any

import libcst as cst
from libcst._nodes.internal import CodegenState

from migration_guard.interpreter.kinds import is_many, is_node

MAX_DEPTH = 800
"""Nesting beyond this is refused: libcst recurses per level, and dies where CPython's own parser would refuse."""
MAX_PATTERN_DEPTH = 8
"""libcst 1.9 needs exponential time for nested sequence patterns: 20 levels take seconds, 25 take for ever."""
MAX_SURPRISES = 3
"""Positions that are asked for without having been wanted, after which all positions are kept."""
MAX_NODES = 400_000
"""About 2 kB of memory a node in libcst: more would not fit into a reader's memory limit."""

_DEEP = ("too many nested", "too complex", "s_push", "recursion")


class Refused(Exception):
    """A source that cannot be read: the line (or None) and the reason, for a Problem."""

    def __init__(self, line: int | None, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.reason = reason


StringNode = cst.SimpleString | cst.FormattedStringText


_NOTED = frozenset({cst.Comment, cst.FunctionDef, cst.Expr, cst.SimpleStatementLine})
"""Nodes that are found again by their kind."""


class _Marks(CodegenState):
    """Generates the code of a tree and notes at which token each wanted node begins and ends.

    libcst's own PositionProvider keeps a range for every node, at ten times the cost.
    """

    def __init__(self, tree: cst.Module, wanted: dict[int, cst.CSTNode], *, whole: bool, every: bool) -> None:
        super().__init__(default_indent=tree.default_indent, default_newline=tree.default_newline)
        self._wanted = wanted
        self._every = every
        """Whether each node is wanted."""
        self._whole = whole
        """Whether comments, functions and expressions are noted, which takes going to the end."""
        self.begins: dict[int, int] = {}
        self.ends: dict[int, int] = {}
        self.noted: list[cst.CSTNode] = []

    def before_codegen(self, node: cst.CSTNode) -> None:
        if self._whole and type(node) in _NOTED:
            self.noted.append(node)
            self._wanted[id(node)] = node
        if self._every or id(node) in self._wanted:
            self.begins[id(node)] = len(self.tokens)

    def after_codegen(self, node: cst.CSTNode) -> None:
        if self._every or id(node) in self._wanted:
            self.ends.setdefault(id(node), len(self.tokens))
            if not self._whole and not self._every and len(self.ends) == len(self._wanted):
                raise _AllFound

    def record_syntactic_position(  # type: ignore[override]  # libcst declares its own decorator as the type
        self, node: cst.CSTNode, **_: object
    ) -> AbstractContextManager[None]:
        return self._recorded(node) if self._every or id(node) in self._wanted else _NOTHING

    @contextmanager
    def _recorded(self, node: cst.CSTNode) -> Iterator[None]:
        """Without the parentheses, blank lines and comments that the node owns."""
        self.begins[id(node)] = len(self.tokens)
        yield
        self.ends[id(node)] = len(self.tokens)


_NOTHING = nullcontext()


class _AllFound(Exception):
    """Everything that was wanted has been passed."""


@dataclass(eq=False, repr=False)
class Source:
    """One parsed file. Positions cost as much as parsing, so they are made together, when the first one is asked for."""

    path: Path
    text: str
    tree: cst.Module
    _wanted: dict[int, cst.CSTNode] = field(default_factory=dict)
    _ranges: dict[int, tuple[int, int]] = field(default_factory=dict)
    _noted: list[cst.CSTNode] | None = None
    _yields: dict[int, bool] = field(default_factory=dict)
    _surprises: int = 0
    """How often a position was asked for that nobody had wanted."""

    def has_yield(self, function: cst.FunctionDef) -> bool:
        """Whether a function holds a `yield` of its own."""
        if "yield" not in self.text:
            return False
        if id(function) not in self._yields:
            self._yields[id(function)] = any(
                isinstance(node, cst.Yield) for node in within(function.body, cst.FunctionDef, cst.Lambda, cst.ClassDef)
            )
        return self._yields[id(function)]

    def want(self, node: cst.CSTNode) -> None:
        """Say that the position of a node may be asked for."""
        self._wanted[id(node)] = node

    def start(self, node: cst.CSTNode) -> tuple[int, int]:
        """Line and column, both from 1."""
        return self._position(self._range(node)[0])

    def end(self, node: cst.CSTNode) -> tuple[int, int]:
        """Line and column behind the node, both from 1."""
        return self._position(self._range(node)[1])

    def offset(self, position: tuple[int, int]) -> int:
        """Give the offset in the text of a line and column."""
        return self._lines[position[0] - 1] + position[1] - 1

    @property
    def comments(self) -> list[cst.Comment]:
        return [node for node in self._all_noted() if isinstance(node, cst.Comment)]

    @property
    def functions(self) -> list[cst.FunctionDef]:
        return [node for node in self._all_noted() if isinstance(node, cst.FunctionDef)]

    @property
    def expressions(self) -> list[cst.Expr]:
        """The statements that are only an expression: calls and docstrings."""
        return [node for node in self._all_noted() if isinstance(node, cst.Expr)]

    @property
    def statements(self) -> list[cst.SimpleStatementLine]:
        """The statements that hold no others, with all their lines."""
        return [node for node in self._all_noted() if isinstance(node, cst.SimpleStatementLine)]

    def _all_noted(self) -> list[cst.CSTNode]:
        if self._noted is None:
            self._noted = self._generate(whole=True)
        return self._noted

    def _range(self, node: cst.CSTNode) -> tuple[int, int]:
        if id(node) not in self._ranges:
            self.want(node)
            self._surprises += 1
            self._generate(whole=False, every=self._surprises >= MAX_SURPRISES)
        return self._ranges[id(node)]

    def _generate(self, *, whole: bool, every: bool = False) -> list[cst.CSTNode]:
        """Find where everything stands that anybody wanted so far; give what was noted on the way."""
        marks = _Marks(self.tree, self._wanted, whole=whole, every=every)
        with suppress(_AllFound):
            self.tree._codegen(marks)  # noqa: SLF001 - what PositionProvider itself calls
        before = [0, *accumulate(map(len, marks.tokens))]
        before.append(before[-1])  # a file without a last newline: the token was made, and taken back
        self._ranges = {
            key: (before[begin], before[marks.ends[key]]) for key, begin in marks.begins.items() if key in marks.ends
        }
        return marks.noted

    def _position(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._lines, offset)
        return line, offset - self._lines[line - 1] + 1

    @cached_property
    def _lines(self) -> list[int]:
        """The offset at which each line begins, as Python counts lines."""
        return [0, *(match.end() for match in _NEWLINE.finditer(self.text))]


_NEWLINE = re.compile(r"\r\n?|\n")


def parse(path: Path, data: bytes) -> Source:
    """Parse a file. Raises Refused where neither Python nor libcst reads it, or it would take a parser down."""
    verdict = _ask_python(data)
    gc.disable()  # parsing makes hundreds of thousands of objects and no garbage
    try:
        tree = cst.parse_module(data)
        text = data.decode(tree.encoding, "replace")
    except cst.ParserSyntaxError as error:
        line, reason = verdict or (error.raw_line, "libcst cannot parse this file")
        raise Refused(line, reason) from None
    except (UnicodeError, LookupError, SyntaxError, ValueError, cst.CSTLogicError) as error:
        line, reason = verdict or (None, f"libcst cannot decode this file: {type(error).__name__}")
        raise Refused(line, reason) from None
    except RecursionError:
        raise Refused(None, "nested too deeply to be read") from None
    finally:
        gc.enable()
    return Source(path, text, tree)


def _ask_python(data: bytes) -> tuple[int | None, str] | None:
    """What the interpreter itself thinks: None if it parses, else its line and message. Raises Refused if hopeless."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(data)
    except SyntaxError as error:
        reason = f"SyntaxError: {error.msg}"
        if any(word in str(error.msg) for word in _DEEP):
            raise Refused(error.lineno, reason) from None
        return error.lineno, reason
    except ValueError as error:
        return None, f"{type(error).__name__}: {error}"
    except (RecursionError, MemoryError):
        raise Refused(None, "nested too deeply to be read") from None
    _check_shape(tree)
    return None


def _check_shape(tree: ast.Module) -> None:
    """Refuse trees that would crash libcst, or keep it busy for ever. Walks without recursion."""
    count = 0
    waiting: list[tuple[ast.AST, int, int]] = [(tree, 1, 0)]
    while waiting:
        node, depth, patterns = waiting.pop()
        count += 1
        patterns += isinstance(node, ast.pattern)
        if depth > MAX_DEPTH:
            raise Refused(getattr(node, "lineno", None), f"nested more than {MAX_DEPTH} levels deep")
        if patterns > MAX_PATTERN_DEPTH:
            raise Refused(getattr(node, "lineno", None), f"match patterns nested more than {MAX_PATTERN_DEPTH} deep")
        for part in vars(node).values():
            if isinstance(part, list):
                waiting += [(item, depth + 1, patterns) for item in part if isinstance(item, ast.AST)]
            elif isinstance(part, ast.AST) and not isinstance(part, ast.expr_context):
                waiting.append((part, depth + 1, patterns))
    if count > MAX_NODES:
        raise Refused(None, f"more than {MAX_NODES} syntax nodes")


# --- String literals -------------------------------------------------------------------------------------------------

_ESCAPE = re.compile(
    r"\\(?:\r\n|[0-7]{1,3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|N\{[^}]*\}|[\s\S])|\r\n?|\{\{|\}\}"
)


@dataclass(frozen=True, eq=False, slots=True)
class Literal:
    """Where known text comes from: a string node of a source, or a whole file that the migration reads."""

    source: Source | None
    node: StringNode | None
    raw: str
    """The text between the quotes, as written."""
    anchors: tuple[tuple[int, int], ...]
    """(offset in the value, offset in raw) behind each escape, ascending: between two anchors both run in step."""
    path: Path
    """The file that the text stands in."""

    def position(self, offset: int) -> tuple[int, int]:
        """The line and column, from 1, of a character of the value."""
        index = bisect_right(self.anchors, (offset, len(self.raw))) - 1
        value_at, raw_at = self.anchors[index] if index >= 0 else (0, 0)
        before = self.raw[: raw_at + offset - value_at].replace("\r\n", "\n").replace("\r", "\n")
        line, column = self._origin()
        lines = before.count("\n")
        return (line + lines, len(before) - before.rfind("\n")) if lines else (line, column + len(before))

    def _origin(self) -> tuple[int, int]:
        if self.source is None or self.node is None:
            return 1, 1
        line, column = self.source.start(self.node)
        if isinstance(self.node, cst.SimpleString):
            column += len(self.node.prefix) + len(self.node.quote)
        return line, column


def read_literal(source: Source, node: StringNode, prefix: str = "") -> tuple[str, Literal]:
    """The value of a string node, and where each of its characters stands."""
    if isinstance(node, cst.SimpleString):
        prefix = node.prefix.lower()
        raw, braces = node.raw_value, False
    else:
        raw, braces = node.value, True
    value, anchors = _unescape(raw, raw_string="r" in prefix, braces=braces)
    return value, Literal(source, node, raw, anchors, source.path)


def _unescape(raw: str, *, raw_string: bool, braces: bool) -> tuple[str, tuple[tuple[int, int], ...]]:
    pieces: list[str] = []
    anchors: list[tuple[int, int]] = []
    length = last = 0
    for match in _ESCAPE.finditer(raw):
        written = match.group()
        if written[0] == "\\":
            if raw_string:
                continue
            real = _escaped(written)
        elif written[0] in "{}":
            if not braces:
                continue
            real = written[0]
        else:
            real = "\n"
        pieces += (raw[last : match.start()], real)
        length += match.start() - last + len(real)
        last = match.end()
        anchors.append((length, last))
    return ("".join((*pieces, raw[last:])) if pieces else raw), tuple(anchors)


def _escaped(written: str) -> str:
    if written[1] in "\r\n":
        return ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = ast.literal_eval(f'"{written}"')
    except (SyntaxError, ValueError):
        return written
    return value if isinstance(value, str) else written


def dotted(node: cst.BaseExpression) -> str | None:
    """`a.b.c` of a chain of names, else None."""
    names = []
    while isinstance(node, cst.Attribute):
        names.append(node.attr.value)
        node = node.value
    if not isinstance(node, cst.Name):
        return None
    return ".".join([node.value, *reversed(names)])


@cache
def _fields(kind: type) -> tuple[str, ...]:
    """The fields of a kind of node that hold code: white space and punctuation do not."""
    return tuple(one.name for one in fields(kind) if not one.name.startswith("whitespace") and one.name not in _SIGNS)


_SIGNS = frozenset(
    "lpar rpar lbracket rbracket lbrace rbrace comma semicolon colon dot equal leading_lines lines_after_decorators "
    "header footer trailing_whitespace first_colon second_colon".split()
)


def within(node: cst.CSTNode, *but: type) -> Iterator[cst.CSTNode]:
    """A node and all code below it, without what stands inside nodes of some kinds. No order is kept."""
    waiting: list[object] = [node]
    while waiting:
        inner: Any = waiting.pop()
        kind: type = type(inner)
        if is_many(kind):
            waiting += inner
        elif is_node(kind):
            yield inner
            if not but or not isinstance(inner, but):
                waiting += [getattr(inner, name) for name in _fields(kind)]
