"""Python source as libcst reads it: parsing behind a check by `ast`, string literals, positions on demand."""

from __future__ import annotations

import ast
import gc
import unicodedata
import warnings
from bisect import bisect_right
from codecs import BOM_UTF8
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import field
from functools import cached_property
from pathlib import Path
from typing import Any

import libcst as cst

from migration_guard.interpreter.grown import Grown, Unlike, twins
from migration_guard.interpreter.kinds import within
from migration_guard.interpreter.positions import Positions, lines_of
from migration_guard.later import re
from migration_guard.lean import dataclass

MAX_DEPTH = 800
"""Nesting beyond this is refused: libcst recurses per level, and dies where CPython's own parser would refuse."""
MAX_PATTERN_DEPTH = 8
"""libcst 1.9 needs exponential time for nested sequence patterns: 20 levels take seconds, 25 take for ever."""
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


@dataclass(eq=False, repr=False)
class Source:
    """One parsed file."""

    path: Path
    text: str
    tree: cst.Module
    known: ast.Module | None = None
    """What `ast` makes of it; None where that does not read it."""
    grown: Grown | None = None
    """Where nodes stand that libcst has not parsed."""
    _yields: dict[int, bool] = field(default_factory=dict)

    def has_yield(self, function: cst.FunctionDef) -> bool:
        """Whether a function holds a `yield` of its own."""
        if "yield" not in self.text:
            return False
        if id(function) not in self._yields:
            self._yields[id(function)] = any(
                isinstance(node, cst.Yield) for node in within(function.body, cst.FunctionDef, cst.Lambda, cst.ClassDef)
            )
        return self._yields[id(function)]

    def start(self, node: cst.CSTNode) -> tuple[int, int]:
        """Line and column, both from 1."""
        begin = None if self.grown is None else self.grown.begin(node)
        return self._line_and_column(self.range(node)[0] if begin is None else begin)

    def end(self, node: cst.CSTNode) -> tuple[int, int]:
        """Line and column behind the node, both from 1."""
        return self._line_and_column(self.range(node)[1])

    def range(self, node: cst.CSTNode) -> tuple[int, int]:
        """Give the offsets in the text at which a node begins and ends."""
        if self.grown is None:
            return self._positions.range(node)
        return self.grown.place(node) or self._positions.range(self._twins.get(id(node), node))

    def code(self, node: cst.CSTNode) -> str:
        """Give what stands in the text for a node."""
        begin, end = self.range(node)
        return self.text[begin:end]

    def offset(self, position: tuple[int, int]) -> int:
        """Give the offset in the text of a line and column."""
        line, column = position
        return self._lines[line - 1] + column - 1

    @property
    def comments(self) -> list[cst.Comment]:
        if self.grown is not None:
            return self.grown.comments
        return [node for node in self._positions.noted if isinstance(node, cst.Comment)]

    @property
    def functions(self) -> list[cst.FunctionDef]:
        return [node for node in self._noted if isinstance(node, cst.FunctionDef)]

    @property
    def expressions(self) -> list[cst.Expr]:
        """The statements that are only an expression: calls and docstrings."""
        return [node for node in self._noted if isinstance(node, cst.Expr)]

    @property
    def statements(self) -> list[cst.SimpleStatementLine]:
        """The statements that hold no others, with all their lines."""
        return [node for node in self._noted if isinstance(node, cst.SimpleStatementLine)]

    @property
    def _noted(self) -> list[cst.CSTNode]:
        return self._positions.noted if self.grown is None else self.grown.statements

    @cached_property
    def _positions(self) -> Positions:
        tree = self.tree if self.grown is None else _by_libcst(self.text)
        found, self.known = Positions(self.text, tree, self.known), None
        return found

    @cached_property
    def _twins(self) -> dict[int, cst.CSTNode]:
        """What libcst makes of the text, by the ids of the nodes that were grown: only it knows where some of them stand."""
        return dict(twins(self.tree, self._positions.tree))

    def _line_and_column(self, offset: int) -> tuple[int, int]:
        """Both from 1."""
        line = bisect_right(self._lines, offset)
        return line, offset - self._lines[line - 1] + 1

    @cached_property
    def _lines(self) -> list[int]:
        return lines_of(self.text)


def parse(path: Path, data: bytes, *, only_read: bool = False) -> Source:
    """Parse a file. Raises Refused where neither Python nor libcst reads it, or it would take a parser down.

    `only_read`: nobody asks how it is laid out, and libcst need not parse it where `ast` tells the rest.
    """
    source = _parsed(path, data, only_read=only_read)
    return source if source.grown or data.isascii() else _with_names_as_python_has_them(source)


def _with_names_as_python_has_them(source: Source) -> Source:
    """A file in which no name is spelled in other letters: `\uff55pgrade` is `upgrade` to Python, and not to libcst.

    See https://docs.python.org/3/reference/lexical_analysis.html#identifiers; only where one is, its columns may be others.
    """
    if all(unicodedata.is_normalized("NFKC", word) for word in _BEYOND_ASCII.findall(source.text)):
        return source
    spelled = [
        (*source.range(node), unicodedata.normalize("NFKC", node.value))
        for node in within(source.tree)
        if isinstance(node, cst.Name) and not unicodedata.is_normalized("NFKC", node.value)
    ]
    text = source.text
    for start, end, name in sorted(spelled, reverse=True):
        text = text[:start] + name + text[end:]
    return _parsed(source.path, text) if spelled else source


_BEYOND_ASCII = re.compile(r"\w*[^\W\x00-\x7f]\w*")


def _parsed(path: Path, data: bytes | str, *, only_read: bool = False) -> Source:
    known = _ask_python(data)
    verdict = None if isinstance(known, ast.Module) else known
    if only_read and isinstance(data, bytes) and isinstance(known, ast.Module):
        with suppress(Unlike, UnicodeError, RecursionError):
            return _grown(path, data, known)
    gc.disable()  # parsing makes hundreds of thousands of objects and no garbage
    try:
        tree = _by_libcst(data)
        text = data if isinstance(data, str) else data.decode(tree.encoding, "replace")
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
    return Source(path, text, tree, known if isinstance(known, ast.Module) else None)


def _grown(path: Path, data: bytes, known: ast.Module) -> Source:
    """A file as `ast` tells it. Raises Unlike and UnicodeError."""
    if data.startswith(BOM_UTF8) or _COOKIE.search(b"\n".join(data.split(b"\n", 2)[:2])):
        raise Unlike
    text = data.decode()
    if not text.isascii() and _BEYOND_ASCII.search(text) and not unicodedata.is_normalized("NFKC", text):
        raise Unlike
    gc.disable()
    try:
        with _unchecked():
            grown = Grown(text, known)
    finally:
        gc.enable()
    return Source(path, text, grown.tree, known, grown)


_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=](?![ \t]*utf-?8\b(?!-))", re.MULTILINE | re.IGNORECASE)


def _by_libcst(data: bytes | str) -> cst.Module:
    with _unchecked():
        return cst.parse_module(data)


_CHECK = cst.CSTNode.__post_init__


@contextmanager
def _unchecked() -> Iterator[None]:
    """Libcst checks every node, also those that its parser makes of text that it has just understood: a sixth of the time."""
    cst.CSTNode.__post_init__ = _accepted  # type: ignore[assignment, method-assign]
    try:
        yield
    finally:
        cst.CSTNode.__post_init__ = _CHECK  # type: ignore[method-assign]


def _accepted(_: cst.CSTNode) -> None:
    pass


def _ask_python(data: bytes | str) -> ast.Module | tuple[int | None, str]:
    """What the interpreter itself reads, else its line and message. Raises Refused if hopeless."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(data)
    except SyntaxError as error:
        reason = f"SyntaxError: {error.msg}"
        if any(word in str(error.msg) for word in _DEEP):
            raise Refused(error.lineno, reason) from None
        return error.lineno or None, reason  # an unknown encoding stands on line 0
    except ValueError as error:
        return None, f"{type(error).__name__}: {error}"
    except (RecursionError, MemoryError):
        raise Refused(None, "nested too deeply to be read") from None
    _check_shape(tree)
    return tree


def _check_shape(tree: ast.Module) -> None:
    """Refuse trees that would crash libcst, or keep it busy for ever. Walks without recursion."""
    count = 1
    waiting: list[tuple[ast.AST, int, int]] = [(tree, 1, 0)]
    while waiting:
        node, depth, patterns = waiting.pop()
        if depth > MAX_DEPTH:
            raise Refused(getattr(node, "lineno", None), f"nested more than {MAX_DEPTH} levels deep")
        if isinstance(node, ast.pattern):
            patterns += 1
            if patterns > MAX_PATTERN_DEPTH:
                raise Refused(
                    getattr(node, "lineno", None), f"match patterns nested more than {MAX_PATTERN_DEPTH} deep"
                )
        for part in vars(node).values():
            kind = part.__class__
            if kind in _NOTHING_WITHIN:
                count += kind in _NODES_WITHOUT_PARTS
            elif kind is list:
                inner = [(one, depth + 1, patterns) for one in part if isinstance(one, ast.AST)]
                count += len(inner)
                waiting += inner
            elif isinstance(part, ast.AST) and not isinstance(part, ast.expr_context):
                count += 1
                waiting.append((part, depth + 1, patterns))
    if count > MAX_NODES:
        raise Refused(None, f"more than {MAX_NODES} syntax nodes")


_NODES_WITHOUT_PARTS = frozenset({ast.Name, ast.Constant})
_NOTHING_WITHIN = _NODES_WITHOUT_PARTS | {int, str, type(None), ast.Load, ast.Store}
"""What most fields of nodes are."""


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
        prefix, raw = _parts(node)
        braces = False
    else:
        raw, braces = node.value, True
    value, anchors = _unescape(raw, raw_string="r" in prefix, braces=braces)
    return value, Literal(source, node, raw, anchors, source.path)


def _parts(node: cst.SimpleString) -> tuple[str, str]:
    """The prefix of a string, in small letters, and what stands between its quotes; libcst looks for each several times."""
    written, begin = node.value, 0
    while written[begin] not in "'\"":
        begin += 1
    quote = written[begin]
    size = 3 if written.startswith(quote * 3, begin) else 1
    return written[:begin].lower(), written[begin + size : -size]


def value_of(node: cst.SimpleString | cst.Integer | cst.Float | cst.Imaginary) -> Any:
    """What a literal is in Python. Most are what stands there: only the others are worth a compiler."""
    match node:
        case cst.SimpleString():
            prefix, raw = _parts(node)
            if "\\" not in raw and "\r" not in raw and "b" not in prefix:
                return raw
        case cst.Integer():
            if len(node.value) <= _SHORT:
                return int(node.value, 0)
        case cst.Float():
            return float(node.value)
    return node.evaluated_value


_SHORT = 20
"""Digits of a number that needs no limit: Python has one for those of many."""


def _unescape(raw: str, *, raw_string: bool, braces: bool) -> tuple[str, tuple[tuple[int, int], ...]]:
    if "\\" not in raw and "\r" not in raw and not (braces and ("{" in raw or "}" in raw)):
        return raw, ()
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
