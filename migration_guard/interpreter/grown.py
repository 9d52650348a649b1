"""A tree of libcst's nodes, grown from what `ast` makes of a file.

libcst's parser takes twelve times as long as Python's own, and most of what it makes is layout that nobody asks for. So a
file that is only read gets the same nodes, of the same classes, from the tree that `ast` has made of it anyway: everything
that means something, and nothing of how it is laid out. What `ast` does not tell apart (strings that stand side by side,
formatted strings) is parsed by libcst, piece by piece. Whoever cuts or writes source text has the file parsed by libcst.
`tests/test_grown.py` compares the two, node by node and place by place.
"""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import MISSING, fields
from functools import cached_property
from typing import Any

import libcst as cst

from migration_guard.interpreter.kinds import code_fields, kind_of
from migration_guard.interpreter.positions import Positions, lines_of
from migration_guard.later import re


class Unlike(Exception):
    """Something is written in a way that `ast` does not tell: the file is libcst's to parse."""


_NOT_TOLD = re.compile(r"[\f\r\x00]|[;:][ \t]*\\\n")
"""Line breaks that Python and libcst count otherwise, and blocks and statements that go on in the next line."""
_LITERAL = (
    r"""(?:"{3}[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*"{3}|'{3}[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*'{3}"""
    r"""|"(?!"")[^"\\\n]*(?:\\.[^"\\\n]*)*"|'(?!'')[^'\\\n]*(?:\\.[^'\\\n]*)*'|""(?!")|''(?!'))"""
)
_STRING = re.compile(rf"(?:[rbu]|rb|br)?{_LITERAL}", re.DOTALL | re.IGNORECASE)
_STRING_OR_COMMENT = re.compile(rf"{_LITERAL}|#[^\n]*", re.DOTALL)
_SEMICOLON = re.compile(r"[ \t]*;")
_EMPTY = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)")


class Grown:
    """The tree of one file, and where its nodes stand. Raises Unlike."""

    def __init__(self, text: str, known: ast.Module) -> None:
        if _NOT_TOLD.search(text):
            raise Unlike
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
        self._grow: dict[type, Callable[[Any], Any]] = {
            kind: getattr(self, f"_{kind.__name__}") for kind in _KINDS if hasattr(self, f"_{kind.__name__}")
        }
        self.tree: cst.Module = _module(self._statements(known.body), "utf-8", "    ", "\n", text.endswith("\n"))

    def begin(self, node: cst.CSTNode) -> int | None:
        """The offset at which a node begins, or None where only libcst can tell."""
        partner = self._partners.get(id(node))
        if partner is not None and partner is not _NOWHERE:
            return self._offset(partner.lineno, partner.col_offset)
        place = self.place(node)
        return None if place is None else place[0]

    def place(self, node: cst.CSTNode) -> tuple[int, int] | None:
        """The offsets at which a node begins and ends, or None where only libcst can tell."""
        key = id(node)
        partner = self._partners.get(key)
        if partner is not None:
            if partner is _NOWHERE:
                return None
            begin, end = self._range(partner)
            if isinstance(partner, _BLOCKS):
                return begin, self._behind(node, end)
            if type(node) is cst.SimpleStatementLine and (last := _SEMICOLON.match(self._text, end)) is not None:
                end = last.end()
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
        line = self._text.rfind("\n", 0, first) + 1
        indent = self._text[line : line + len(self._text[line:first]) - len(self._text[line:first].lstrip(" \t"))]
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

    # --- Statements ---------------------------------------------------------------------------------------------------

    def _statements(self, body: Sequence[ast.stmt]) -> tuple[Any, ...]:
        found: list[Any] = []
        line: list[Any] = []
        last = 0
        for one in body:
            node = self._statement(one)
            if isinstance(one, _COMPOUND):
                found.append(node)
                last = 0
                continue
            if one.lineno == last:
                line.append(node)
            else:
                line = [node]
                found.append(line)
            last = one.end_lineno or 0
        return tuple([self._line(one) if type(one) is list else one for one in found])

    def _line(self, every: list[Any]) -> Any:
        made = _line(tuple(every))
        first, last = self._partners[id(every[0])], self._partners[id(every[-1])]
        self._partners[id(made)] = first if first is last else _Between(first, last)
        return made

    def _statement(self, node: ast.stmt) -> Any:
        grow = self._grow.get(type(node))
        if grow is None:
            raise Unlike
        made = grow(node)
        self._partners[id(made)] = node
        return made

    def _suite(self, body: Sequence[ast.stmt]) -> Any:
        first = body[0]
        start = self._lines[first.lineno - 1]
        if self._text[start : self._offset(first.lineno, first.col_offset)].strip(" \t"):
            if isinstance(first, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and first.decorator_list:
                raise Unlike
            return _suite(tuple([self._statement(one) for one in body]), _SPACE)
        return _block(self._statements(body), None)

    def _FunctionDef(self, node: Any, asynchronous: Any = None) -> Any:
        if getattr(node, "type_params", None):
            raise Unlike
        begin = self._offset(node.lineno, node.col_offset)
        match = _DEF.match(self._text, begin)
        if match is None or match[2] != node.name:
            raise Unlike
        return _function(
            self._name_at(node.name, match.start(2)),
            self._parameters(node.args),
            self._suite(node.body),
            tuple([_decorator(self._expression(one)) for one in node.decorator_list]),
            None if node.returns is None else _annotation(self._expression(node.returns)),
            asynchronous,
            None,
        )

    def _AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> Any:
        return self._FunctionDef(node, _async())

    def _ClassDef(self, node: ast.ClassDef) -> Any:
        if getattr(node, "type_params", None):
            raise Unlike
        match = _CLASS.match(self._text, self._offset(node.lineno, node.col_offset))
        if match is None or match[1] != node.name:
            raise Unlike
        given = self._arguments(node.bases, node.keywords)
        named = [one for one in given if one.keyword is not None or one.star == "**"]
        if given[len(given) - len(named) :] != tuple(named):
            raise Unlike
        return _class(
            self._name_at(node.name, match.start(1)),
            self._suite(node.body),
            given[: len(given) - len(named)],
            tuple(named),
            tuple([_decorator(self._expression(one)) for one in node.decorator_list]),
            None,
        )

    def _Return(self, node: ast.Return) -> Any:
        return _return(self._maybe(node.value))

    def _Delete(self, node: ast.Delete) -> Any:
        if len(node.targets) == 1:
            return _del(self._expression(node.targets[0]))
        return _del(_tuple(tuple([_element(self._expression(one)) for one in node.targets])))

    def _Assign(self, node: ast.Assign) -> Any:
        return _assign(tuple([_target(self._expression(one)) for one in node.targets]), self._expression(node.value))

    def _AugAssign(self, node: ast.AugAssign) -> Any:
        return _aug_assign(self._expression(node.target), _AUGMENTED[type(node.op)](), self._expression(node.value))

    def _AnnAssign(self, node: ast.AnnAssign) -> Any:
        return _ann_assign(
            self._expression(node.target), _annotation(self._expression(node.annotation)), self._maybe(node.value)
        )

    def _For(self, node: Any, asynchronous: Any = None) -> Any:
        return _for(
            self._expression(node.target),
            self._expression(node.iter),
            self._suite(node.body),
            self._else(node.orelse),
            asynchronous,
        )

    def _AsyncFor(self, node: ast.AsyncFor) -> Any:
        return self._For(node, _async())

    def _While(self, node: ast.While) -> Any:
        return _while(self._expression(node.test), self._suite(node.body), self._else(node.orelse))

    def _If(self, node: ast.If) -> Any:
        below = node.orelse
        if len(below) == 1 and isinstance(below[0], ast.If):
            start = self._offset(below[0].lineno, below[0].col_offset)
            otherwise = self._statement(below[0]) if self._text.startswith("elif", start) else self._else(below)
        else:
            otherwise = self._else(below)
        return _if(self._expression(node.test), self._suite(node.body), otherwise)

    def _else(self, body: Sequence[ast.stmt]) -> Any:
        return _else(self._suite(body)) if body else None

    def _With(self, node: Any, asynchronous: Any = None) -> Any:
        items = [
            _with_item(
                self._expression(one.context_expr),
                None if one.optional_vars is None else _as_name(self._expression(one.optional_vars)),
            )
            for one in node.items
        ]
        return _with(tuple(items), self._suite(node.body), asynchronous)

    def _AsyncWith(self, node: ast.AsyncWith) -> Any:
        return self._With(node, _async())

    def _Raise(self, node: ast.Raise) -> Any:
        return _raise(self._maybe(node.exc), None if node.cause is None else _from(self._expression(node.cause)))

    def _Try(self, node: Any, made: Callable[..., Any] | None = None, handler: Callable[..., Any] | None = None) -> Any:
        handlers = []
        for one in node.handlers:
            named = None if one.name is None else _as_name(_name(one.name))
            clause = (handler or _handler)(self._suite(one.body), self._maybe(one.type), named)
            self._partners[id(clause)] = one
            handlers.append(clause)
        last = _finally(self._suite(node.finalbody)) if node.finalbody else None
        return (made or _try)(self._suite(node.body), tuple(handlers), self._else(node.orelse), last)

    def _TryStar(self, node: Any) -> Any:
        return self._Try(node, _try_star, _star_handler)

    def _Assert(self, node: ast.Assert) -> Any:
        return _assert(self._expression(node.test), self._maybe(node.msg))

    def _Import(self, node: ast.Import) -> Any:
        return _import(self._aliases(node.names))

    def _ImportFrom(self, node: ast.ImportFrom) -> Any:
        names = _import_star() if node.names[0].name == "*" else self._aliases(node.names)
        module = None if node.module is None else _dotted(node.module)
        return _import_from(module, names, tuple([_dot() for _ in range(node.level)]))

    def _aliases(self, names: Iterable[ast.alias]) -> tuple[Any, ...]:
        return tuple(
            [_alias(_dotted(one.name), None if one.asname is None else _as_name(_name(one.asname))) for one in names]
        )

    def _Global(self, node: ast.Global) -> Any:
        return _global(tuple([_name_item(_name(one)) for one in node.names]))

    def _Nonlocal(self, node: ast.Nonlocal) -> Any:
        return _nonlocal(tuple([_name_item(_name(one)) for one in node.names]))

    def _Expr(self, node: ast.Expr) -> Any:
        return _expr(self._expression(node.value))

    def _Pass(self, _: ast.Pass) -> Any:
        return _pass()

    def _Break(self, _: ast.Break) -> Any:
        return _break()

    def _Continue(self, _: ast.Continue) -> Any:
        return _continue()

    # --- Expressions --------------------------------------------------------------------------------------------------

    def _expression(self, node: ast.expr) -> Any:
        grow = self._grow.get(type(node))
        if grow is None:
            raise Unlike
        made = grow(node)
        self._partners.setdefault(id(made), node)
        return made

    def _maybe(self, node: ast.expr | None) -> Any:
        return None if node is None else self._expression(node)

    def _name_at(self, name: str, begin: int) -> Any:
        made = _name(name)
        self._names[id(made)] = (begin, begin + len(name))
        return made

    def _Name(self, node: ast.Name) -> Any:
        return _name(node.id)

    def _Attribute(self, node: ast.Attribute) -> Any:
        name = _name(node.attr)
        self._partners[id(name)] = _End(node)
        return _attribute(self._expression(node.value), name)

    def _Call(self, node: ast.Call) -> Any:
        return _call(self._expression(node.func), self._arguments(node.args, node.keywords))

    def _arguments(self, placed: Sequence[ast.expr], named: Sequence[ast.keyword]) -> tuple[Any, ...]:
        if not named:
            return tuple([self._argument(one) for one in placed])
        if placed and _begins(placed[-1]) > _begins(named[0]):
            every = sorted([*placed, *named], key=_begins)
        else:
            every = [*placed, *named]
        return tuple([self._argument(one) for one in every])

    def _argument(self, node: Any) -> Any:
        kind = type(node)
        if kind is ast.keyword:
            value = self._expression(node.value)
            if node.arg is None:
                return _arg(value, None, "**")
            return _arg(value, _name(node.arg), "")
        if kind is ast.Starred:
            return _arg(self._expression(node.value), None, "*")
        return _arg(self._expression(node), None, "")

    def _Constant(self, node: ast.Constant) -> Any:
        value = node.value
        if value is None or value is True or value is False:
            return _name(str(value))
        if isinstance(value, (str, bytes)):
            written = self._segment(node)
            return _string(written) if _STRING.fullmatch(written) else self._piece(node, written)
        if value is ...:
            return _ellipsis()
        written = self._segment(node)
        return _NUMBERS[type(value)](written)

    def _JoinedStr(self, node: ast.JoinedStr) -> Any:
        return self._piece(node, self._segment(node))

    def _piece(self, node: ast.expr, written: str) -> Any:
        """What libcst makes of a piece, in brackets that are none of it."""
        try:
            tree = cst.parse_module(f"({written})")
        except cst.ParserSyntaxError:
            raise Unlike from None
        line = cst.ensure_type(tree.body[0], cst.SimpleStatementLine)
        found = cst.ensure_type(line.body[0], cst.Expr).value
        begin = self._offset(node.lineno, node.col_offset)
        positions = Positions(f"({written})", tree, None)
        waiting: list[Any] = [found]
        while waiting:
            one = waiting.pop()
            if isinstance(one, (list, tuple)):
                waiting += one
            elif isinstance(one, cst.CSTNode):
                self._pieces[id(one)] = (begin - 1, positions)
                waiting += [getattr(one, name) for name in code_fields(type(one))]
        return found

    def _BoolOp(self, node: ast.BoolOp) -> Any:
        made = self._expression(node.values[0])
        for one in node.values[1:]:
            made = _boolean(made, _OPERATORS[type(node.op)](), self._expression(one))
        return made

    def _BinOp(self, node: ast.BinOp) -> Any:
        return _binary(self._expression(node.left), _OPERATORS[type(node.op)](), self._expression(node.right))

    def _UnaryOp(self, node: ast.UnaryOp) -> Any:
        return _unary(_UNARY[type(node.op)](), self._expression(node.operand))

    def _Compare(self, node: ast.Compare) -> Any:
        every = []
        for operator, other in zip(node.ops, node.comparators):
            if type(operator) is ast.NotEq:
                every.append(_comparison_target(_not_equal("!="), self._expression(other)))
            else:
                every.append(_comparison_target(_OPERATORS[type(operator)](), self._expression(other)))
        return _comparison(self._expression(node.left), tuple(every))

    def _Lambda(self, node: ast.Lambda) -> Any:
        return _lambda(self._parameters(node.args), self._expression(node.body))

    def _IfExp(self, node: ast.IfExp) -> Any:
        return _if_exp(self._expression(node.test), self._expression(node.body), self._expression(node.orelse))

    def _Dict(self, node: ast.Dict) -> Any:
        return _dict(
            tuple(
                [
                    _starred_pair(self._expression(value))
                    if key is None
                    else _pair(self._expression(key), self._expression(value))
                    for key, value in zip(node.keys, node.values)
                ]
            )
        )

    def _elements(self, nodes: Iterable[ast.expr]) -> tuple[Any, ...]:
        return tuple(
            [
                _starred(self._expression(one.value)) if type(one) is ast.Starred else _element(self._expression(one))
                for one in nodes
            ]
        )

    def _List(self, node: ast.List) -> Any:
        return _list(self._elements(node.elts))

    def _Set(self, node: ast.Set) -> Any:
        return _set(self._elements(node.elts))

    def _Tuple(self, node: ast.Tuple) -> Any:
        return self._nowhere(_tuple(self._elements(node.elts)))

    def _nowhere(self, made: Any) -> Any:
        """A node that does not stand where `ast` says: its brackets are none of it."""
        self._partners[id(made)] = _NOWHERE
        return made

    def _comprehension(self, every: Sequence[ast.comprehension]) -> Any:
        inner = None
        for one in reversed(every):
            inner = _comp_for(
                self._expression(one.target),
                self._expression(one.iter),
                tuple([_comp_if(self._expression(test)) for test in one.ifs]),
                inner,
                _async() if one.is_async else None,
            )
        return inner

    def _ListComp(self, node: ast.ListComp) -> Any:
        return _list_comp(self._expression(node.elt), self._comprehension(node.generators))

    def _SetComp(self, node: ast.SetComp) -> Any:
        return _set_comp(self._expression(node.elt), self._comprehension(node.generators))

    def _DictComp(self, node: ast.DictComp) -> Any:
        return _dict_comp(
            self._expression(node.key), self._expression(node.value), self._comprehension(node.generators)
        )

    def _GeneratorExp(self, node: ast.GeneratorExp) -> Any:
        return self._nowhere(_generator(self._expression(node.elt), self._comprehension(node.generators)))

    def _Await(self, node: ast.Await) -> Any:
        return _await(self._expression(node.value))

    def _Yield(self, node: ast.Yield) -> Any:
        return _yield(self._maybe(node.value))

    def _YieldFrom(self, node: ast.YieldFrom) -> Any:
        return _yield(_from(self._expression(node.value)))

    def _NamedExpr(self, node: ast.NamedExpr) -> Any:
        return _named(self._expression(node.target), self._expression(node.value))

    def _Starred(self, node: ast.Starred) -> Any:
        return _starred(self._expression(node.value))

    def _Subscript(self, node: ast.Subscript) -> Any:
        inner = node.slice
        several = (
            inner.elts if isinstance(inner, ast.Tuple) and inner.elts and not self._in_brackets(inner) else [inner]
        )
        return _subscript(
            self._expression(node.value), tuple([_subscript_element(self._slice(one)) for one in several])
        )

    def _slice(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Slice):
            return _slice(self._maybe(node.lower), self._maybe(node.upper), self._maybe(node.step))
        if isinstance(node, ast.Starred):
            return _index(self._expression(node.value), "*")
        return _index(self._expression(node), None)

    def _in_brackets(self, node: ast.Tuple) -> bool:
        """Whether the brackets around a tuple are its own, and not those of its first element."""
        begin, end = self._range(node)
        if self._text[begin] != "(" or self._text[end - 1] != ")":
            return False
        first, behind = self._range(node.elts[0])
        opened, closed = self._text[begin:first], self._text[behind:end]
        if "#" in opened or "#" in closed:
            raise Unlike
        return opened.count("(") > closed.partition(",")[0].count(")")

    # --- Parameters ---------------------------------------------------------------------------------------------------

    def _parameters(self, given: ast.arguments) -> Any:
        placed = [*given.posonlyargs, *given.args]
        defaults = [*[None] * (len(placed) - len(given.defaults)), *given.defaults]
        made = [self._parameter(one, default) for one, default in zip(placed, defaults)]
        positional = len(given.posonlyargs)
        star: Any = cst.MaybeSentinel.DEFAULT
        if given.vararg is not None:
            star = self._parameter(given.vararg, None, "*")
        elif given.kwonlyargs:
            star = _param_star()
        return _parameters(
            tuple(made[positional:]),
            star,
            tuple([self._parameter(one, default) for one, default in zip(given.kwonlyargs, given.kw_defaults)]),
            None if given.kwarg is None else self._parameter(given.kwarg, None, "**"),
            tuple(made[:positional]),
            _param_slash() if positional else cst.MaybeSentinel.DEFAULT,
        )

    def _parameter(self, node: ast.arg, default: ast.expr | None, star: str = "") -> Any:
        begin = self._offset(node.lineno, node.col_offset)
        annotation = None if node.annotation is None else _annotation(self._expression(node.annotation))
        return _param(self._name_at(node.arg, begin), annotation, self._maybe(default), star)


class _End:
    """The name at the end of what `ast` knows."""

    __slots__ = ("col_offset", "end_col_offset", "end_lineno", "lineno")

    def __init__(self, node: ast.Attribute) -> None:
        self.lineno = self.end_lineno = node.end_lineno
        self.end_col_offset = node.end_col_offset or 0
        self.col_offset = self.end_col_offset - len(node.attr.encode())


class _Between:
    """From where one node of `ast` begins to where another one ends."""

    __slots__ = ("col_offset", "end_col_offset", "end_lineno", "lineno")

    def __init__(self, first: Any, last: Any) -> None:
        self.lineno, self.col_offset = first.lineno, first.col_offset
        self.end_lineno, self.end_col_offset = last.end_lineno, last.end_col_offset


def _begins(node: Any) -> tuple[int, int]:
    return node.lineno, node.col_offset


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


def _dotted(name: str) -> Any:
    first, *rest = name.split(".")
    made = _name(first)
    for one in rest:
        made = _attribute(made, _name(one))
    return made


class _Nowhere:
    """The partner of a node that stands elsewhere than what `ast` knows of it."""


_NOWHERE = _Nowhere()


def _maker(kind: type[cst.CSTNode]) -> Callable[..., Any]:
    """Make nodes of a kind from what they mean. All of them share the layout that libcst gives to a node without any."""
    known = code_fields(kind)
    given: dict[str, object] = {"new": object.__new__, "kind": kind}
    lines = []
    for one in fields(kind):
        given[f"set_{one.name}"] = getattr(kind, one.name).__set__
        value = one.name
        if value not in known:
            value = f"its_{one.name}"
            given[value] = one.default if one.default_factory is MISSING else one.default_factory()
        lines.append(f"    set_{one.name}(self, {value})\n")
    exec(f"def make({', '.join(known)}):\n    self = new(kind)\n{''.join(lines)}    return self\n", given)  # noqa: S102 -- as dataclasses do
    made: Callable[..., Any] = given["make"]  # type: ignore[assignment]
    return made


_module, _line, _suite, _block = map(
    _maker, (cst.Module, cst.SimpleStatementLine, cst.SimpleStatementSuite, cst.IndentedBlock)
)
_function, _class, _decorator, _annotation = map(_maker, (cst.FunctionDef, cst.ClassDef, cst.Decorator, cst.Annotation))
_parameters, _param, _param_star, _param_slash = map(_maker, (cst.Parameters, cst.Param, cst.ParamStar, cst.ParamSlash))
_return, _del, _assign, _target = map(_maker, (cst.Return, cst.Del, cst.Assign, cst.AssignTarget))
_aug_assign, _ann_assign, _expr = map(_maker, (cst.AugAssign, cst.AnnAssign, cst.Expr))
_for, _while, _if, _else, _async = map(_maker, (cst.For, cst.While, cst.If, cst.Else, cst.Asynchronous))
_with, _with_item, _as_name, _raise, _from = map(_maker, (cst.With, cst.WithItem, cst.AsName, cst.Raise, cst.From))
_try, _try_star, _handler, _star_handler, _finally = map(
    _maker, (cst.Try, cst.TryStar, cst.ExceptHandler, cst.ExceptStarHandler, cst.Finally)
)
_assert, _import, _import_from, _alias, _import_star, _dot = map(
    _maker, (cst.Assert, cst.Import, cst.ImportFrom, cst.ImportAlias, cst.ImportStar, cst.Dot)
)
_global, _nonlocal, _name_item = map(_maker, (cst.Global, cst.Nonlocal, cst.NameItem))
_pass, _break, _continue = map(_maker, (cst.Pass, cst.Break, cst.Continue))
_name, _attribute, _call, _arg = map(_maker, (cst.Name, cst.Attribute, cst.Call, cst.Arg))
_string, _ellipsis = map(_maker, (cst.SimpleString, cst.Ellipsis))
_boolean, _binary, _unary = map(_maker, (cst.BooleanOperation, cst.BinaryOperation, cst.UnaryOperation))
_comparison, _comparison_target, _not_equal = map(_maker, (cst.Comparison, cst.ComparisonTarget, cst.NotEqual))
_lambda, _if_exp, _await, _yield, _named = map(_maker, (cst.Lambda, cst.IfExp, cst.Await, cst.Yield, cst.NamedExpr))
_dict, _pair, _starred_pair = map(_maker, (cst.Dict, cst.DictElement, cst.StarredDictElement))
_list, _set, _tuple, _element, _starred = map(_maker, (cst.List, cst.Set, cst.Tuple, cst.Element, cst.StarredElement))
_list_comp, _set_comp, _dict_comp, _generator, _comp_for, _comp_if = map(
    _maker, (cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp, cst.CompFor, cst.CompIf)
)
_subscript, _subscript_element, _index, _slice = map(
    _maker, (cst.Subscript, cst.SubscriptElement, cst.Index, cst.Slice)
)

_DEF = re.compile(r"(async[ \t]+)?def[ \t]+(\w+)")
_CLASS = re.compile(r"class[ \t]+(\w+)")
_SPACE = cst.SimpleWhitespace(" ")
_COMPOUND = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.For, ast.AsyncFor, ast.While, ast.If, ast.With, ast.AsyncWith,
    ast.Try, ast.Match, getattr(ast, "TryStar", ast.Try),
)  # fmt: skip
_is_small = kind_of(cst.BaseSmallStatement)
_BLOCKS = (*_COMPOUND, ast.ExceptHandler)
_NUMBERS = {int: _maker(cst.Integer), float: _maker(cst.Float), complex: _maker(cst.Imaginary)}
_OPERATORS: dict[type, Callable[[], Any]] = {
    known: _maker(kind)
    for known, kind in {
        ast.And: cst.And, ast.Or: cst.Or, ast.Add: cst.Add, ast.Sub: cst.Subtract, ast.Mult: cst.Multiply,
        ast.Div: cst.Divide, ast.FloorDiv: cst.FloorDivide, ast.Mod: cst.Modulo, ast.Pow: cst.Power,
        ast.MatMult: cst.MatrixMultiply, ast.LShift: cst.LeftShift, ast.RShift: cst.RightShift, ast.BitAnd: cst.BitAnd,
        ast.BitOr: cst.BitOr, ast.BitXor: cst.BitXor, ast.Eq: cst.Equal, ast.Lt: cst.LessThan, ast.Gt: cst.GreaterThan,
        ast.LtE: cst.LessThanEqual, ast.GtE: cst.GreaterThanEqual, ast.In: cst.In, ast.NotIn: cst.NotIn, ast.Is: cst.Is,
        ast.IsNot: cst.IsNot,
    }.items()
}  # fmt: skip
_UNARY: dict[type, Callable[[], Any]] = {
    known: _maker(kind)
    for known, kind in {ast.Not: cst.Not, ast.USub: cst.Minus, ast.UAdd: cst.Plus, ast.Invert: cst.BitInvert}.items()
}
_AUGMENTED: dict[type, Callable[[], Any]] = {
    known: _maker(kind)
    for known, kind in {
        ast.Add: cst.AddAssign, ast.Sub: cst.SubtractAssign, ast.Mult: cst.MultiplyAssign, ast.Div: cst.DivideAssign,
        ast.FloorDiv: cst.FloorDivideAssign, ast.Mod: cst.ModuloAssign, ast.Pow: cst.PowerAssign,
        ast.MatMult: cst.MatrixMultiplyAssign, ast.LShift: cst.LeftShiftAssign, ast.RShift: cst.RightShiftAssign,
        ast.BitAnd: cst.BitAndAssign, ast.BitOr: cst.BitOrAssign, ast.BitXor: cst.BitXorAssign,
    }.items()
}  # fmt: skip
_KINDS = [kind for kind in vars(ast).values() if isinstance(kind, type) and issubclass(kind, (ast.stmt, ast.expr))]
