"""A tree of libcst's nodes, grown from what `ast` makes of a file.

libcst's parser takes twelve times as long as Python's own, and most of what it makes is layout that nobody asks for. So a
file that is only read gets the same nodes, of the same classes, from the tree that `ast` has made of it anyway: everything
that means something, and nothing of how it is laid out. What `ast` does not tell apart (strings that stand side by side,
formatted strings) is parsed by libcst, piece by piece. Whoever cuts or writes source text has the file parsed by libcst.
`tests/test_grown.py` compares the two, node by node and place by place.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import libcst as cst

from migration_guard.interpreter.grown import bare
from migration_guard.interpreter.grown.expressions import Expressions, Unlike
from migration_guard.interpreter.grown.standing import COMPOUND, Between, twins
from migration_guard.later import re

__all__ = ["Grown", "Unlike", "twins"]

_NOT_TOLD = re.compile(r"[\f\r\x00]|[;:][ \t]*\\\n")
"""Line breaks that Python and libcst count otherwise, and blocks and statements that go on in the next line."""
_DEF = re.compile(r"(async[ \t]+)?def[ \t]+(\w+)")
_CLASS = re.compile(r"class[ \t]+(\w+)")
_SPACE = cst.SimpleWhitespace(" ")


class Grown(Expressions):
    """The tree of one file, and where its nodes stand. Raises Unlike."""

    def __init__(self, text: str, known: ast.Module) -> None:
        if _NOT_TOLD.search(text):
            raise Unlike
        super().__init__(text)
        self.tree: cst.Module = bare.Module(self._statements(known.body), "utf-8", "    ", "\n", text.endswith("\n"))

    def _statements(self, body: Sequence[ast.stmt]) -> tuple[Any, ...]:
        found: list[Any] = []
        line: list[Any] = []
        last = 0
        for one in body:
            node = self._statement(one)
            if isinstance(one, COMPOUND):
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
        made = bare.SimpleStatementLine(tuple(every))
        first, last = self._partners[id(every[0])], self._partners[id(every[-1])]
        self._partners[id(made)] = first if first is last else Between(first, last)
        return made

    def _statement(self, node: ast.stmt) -> Any:
        grow = self._grow.get(type(node))
        if grow is None:
            raise Unlike
        made = grow(self, node)
        self._partners[id(made)] = node
        return made

    def _suite(self, body: Sequence[ast.stmt]) -> Any:
        first = body[0]
        start = self._lines[first.lineno - 1]
        if self._text[start : self._offset(first.lineno, first.col_offset)].strip(" \t"):
            if isinstance(first, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and first.decorator_list:
                raise Unlike
            return bare.SimpleStatementSuite(tuple([self._statement(one) for one in body]), _SPACE)
        return bare.IndentedBlock(self._statements(body), None)

    def _FunctionDef(self, node: Any, asynchronous: Any = None) -> Any:
        if getattr(node, "type_params", None):
            raise Unlike
        begin = self._offset(node.lineno, node.col_offset)
        match = _DEF.match(self._text, begin)
        if match is None or match[2] != node.name:
            raise Unlike
        return bare.FunctionDef(
            self._name_at(node.name, match.start(2)),
            self._parameters(node.args),
            self._suite(node.body),
            tuple([bare.Decorator(self._expression(one)) for one in node.decorator_list]),
            None if node.returns is None else bare.Annotation(self._expression(node.returns)),
            asynchronous,
            None,
        )

    def _AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> Any:
        return self._FunctionDef(node, bare.Asynchronous())

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
        return bare.ClassDef(
            self._name_at(node.name, match.start(1)),
            self._suite(node.body),
            given[: len(given) - len(named)],
            tuple(named),
            tuple([bare.Decorator(self._expression(one)) for one in node.decorator_list]),
            None,
        )

    def _Return(self, node: ast.Return) -> Any:
        return bare.Return(self._maybe(node.value))

    def _Delete(self, node: ast.Delete) -> Any:
        if len(node.targets) == 1:
            return bare.Del(self._expression(node.targets[0]))
        return bare.Del(bare.Tuple(tuple([bare.Element(self._expression(one)) for one in node.targets])))

    def _Assign(self, node: ast.Assign) -> Any:
        return bare.Assign(
            tuple([bare.AssignTarget(self._expression(one)) for one in node.targets]), self._expression(node.value)
        )

    def _AugAssign(self, node: ast.AugAssign) -> Any:
        return bare.AugAssign(self._expression(node.target), _AUGMENTED[type(node.op)](), self._expression(node.value))

    def _AnnAssign(self, node: ast.AnnAssign) -> Any:
        return bare.AnnAssign(
            self._expression(node.target), bare.Annotation(self._expression(node.annotation)), self._maybe(node.value)
        )

    def _For(self, node: Any, asynchronous: Any = None) -> Any:
        return bare.For(
            self._expression(node.target),
            self._expression(node.iter),
            self._suite(node.body),
            self._else(node.orelse),
            asynchronous,
        )

    def _AsyncFor(self, node: ast.AsyncFor) -> Any:
        return self._For(node, bare.Asynchronous())

    def _While(self, node: ast.While) -> Any:
        return bare.While(self._expression(node.test), self._suite(node.body), self._else(node.orelse))

    def _If(self, node: ast.If) -> Any:
        below = node.orelse
        if len(below) == 1 and isinstance(below[0], ast.If):
            start = self._offset(below[0].lineno, below[0].col_offset)
            otherwise = self._statement(below[0]) if self._text.startswith("elif", start) else self._else(below)
        else:
            otherwise = self._else(below)
        return bare.If(self._expression(node.test), self._suite(node.body), otherwise)

    def _else(self, body: Sequence[ast.stmt]) -> Any:
        return bare.Else(self._suite(body)) if body else None

    def _With(self, node: Any, asynchronous: Any = None) -> Any:
        items = [
            bare.WithItem(
                self._expression(one.context_expr),
                None if one.optional_vars is None else bare.AsName(self._expression(one.optional_vars)),
            )
            for one in node.items
        ]
        return bare.With(tuple(items), self._suite(node.body), asynchronous)

    def _AsyncWith(self, node: ast.AsyncWith) -> Any:
        return self._With(node, bare.Asynchronous())

    def _Raise(self, node: ast.Raise) -> Any:
        return bare.Raise(
            self._maybe(node.exc), None if node.cause is None else bare.From(self._expression(node.cause))
        )

    def _Try(self, node: Any, made: Callable[..., Any] | None = None, handler: Callable[..., Any] | None = None) -> Any:
        handlers = []
        for one in node.handlers:
            named = None if one.name is None else bare.AsName(bare.Name(one.name))
            clause = (handler or bare.ExceptHandler)(self._suite(one.body), self._maybe(one.type), named)
            self._partners[id(clause)] = one
            handlers.append(clause)
        last = bare.Finally(self._suite(node.finalbody)) if node.finalbody else None
        return (made or bare.Try)(self._suite(node.body), tuple(handlers), self._else(node.orelse), last)

    def _TryStar(self, node: Any) -> Any:
        return self._Try(node, bare.TryStar, bare.ExceptStarHandler)

    def _Assert(self, node: ast.Assert) -> Any:
        return bare.Assert(self._expression(node.test), self._maybe(node.msg))

    def _Import(self, node: ast.Import) -> Any:
        return bare.Import(self._aliases(node.names))

    def _ImportFrom(self, node: ast.ImportFrom) -> Any:
        names = bare.ImportStar() if node.names[0].name == "*" else self._aliases(node.names)
        module = None if node.module is None else _dotted(node.module)
        return bare.ImportFrom(module, names, tuple([bare.Dot() for _ in range(node.level)]))

    def _aliases(self, names: Iterable[ast.alias]) -> tuple[Any, ...]:
        return tuple(
            [
                bare.ImportAlias(_dotted(one.name), None if one.asname is None else bare.AsName(bare.Name(one.asname)))
                for one in names
            ]
        )

    def _Global(self, node: ast.Global) -> Any:
        return bare.Global(tuple([bare.NameItem(bare.Name(one)) for one in node.names]))

    def _Nonlocal(self, node: ast.Nonlocal) -> Any:
        return bare.Nonlocal(tuple([bare.NameItem(bare.Name(one)) for one in node.names]))

    def _Expr(self, node: ast.Expr) -> Any:
        return bare.Expr(self._expression(node.value))

    def _Pass(self, _: ast.Pass) -> Any:
        return bare.Pass()

    def _Break(self, _: ast.Break) -> Any:
        return bare.Break()

    def _Continue(self, _: ast.Continue) -> Any:
        return bare.Continue()


def _dotted(name: str) -> Any:
    first, *rest = name.split(".")
    made = bare.Name(first)
    for one in rest:
        made = bare.Attribute(made, bare.Name(one))
    return made


_AUGMENTED: dict[type, Callable[[], Any]] = {
    known: getattr(bare, kind)
    for known, kind in {
        ast.Add: "AddAssign", ast.Sub: "SubtractAssign", ast.Mult: "MultiplyAssign", ast.Div: "DivideAssign",
        ast.FloorDiv: "FloorDivideAssign", ast.Mod: "ModuloAssign", ast.Pow: "PowerAssign",
        ast.MatMult: "MatrixMultiplyAssign", ast.LShift: "LeftShiftAssign", ast.RShift: "RightShiftAssign",
        ast.BitAnd: "BitAndAssign", ast.BitOr: "BitOrAssign", ast.BitXor: "BitXorAssign",
    }.items()
}  # fmt: skip
