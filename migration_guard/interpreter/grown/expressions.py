"""Expressions, grown from those of `ast`."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

import libcst as cst

from migration_guard.interpreter.grown import bare
from migration_guard.interpreter.grown.standing import LITERAL, NOWHERE, End, Standing
from migration_guard.interpreter.kinds import code_fields
from migration_guard.interpreter.positions import Positions
from migration_guard.later import re

_STRING = re.compile(rf"(?:[rbu]|rb|br)?{LITERAL}", re.DOTALL | re.IGNORECASE)


def _is_one_string(written: str) -> bool:
    """Whether a literal is one string, rather than several side by side; most are as plain as can be."""
    quote = written[-1]
    plain = written[0] == quote and written.count(quote) == len("''") and "\\" not in written
    return plain or _STRING.fullmatch(written) is not None


class Unlike(Exception):
    """Something is written in a way that `ast` does not tell: the file is libcst's to parse."""


class Expressions(Standing):
    """What grows the expressions of one file. Raises Unlike."""

    _grow: ClassVar[dict[type, Callable[[Any, Any], Any]]]
    """Who grows what: functions, since methods of one that it holds itself would keep it until garbage is looked for."""

    def __init_subclass__(cls) -> None:
        cls._grow = {kind: made for kind in _KINDS if (made := getattr(cls, f"_{kind.__name__}", None)) is not None}

    def _expression(self, node: ast.expr) -> Any:
        grow = self._grow.get(type(node))
        if grow is None:
            raise Unlike
        made = grow(self, node)
        self._partners.setdefault(id(made), node)
        return made

    def _maybe(self, node: ast.expr | None) -> Any:
        return None if node is None else self._expression(node)

    def _name_at(self, name: str, begin: int) -> Any:
        made = bare.Name(name)
        self._names[id(made)] = (begin, begin + len(name))
        return made

    def _Name(self, node: ast.Name) -> Any:
        return bare.Name(node.id)

    def _Attribute(self, node: ast.Attribute) -> Any:
        name = bare.Name(node.attr)
        self._partners[id(name)] = End(node)
        return bare.Attribute(self._expression(node.value), name)

    def _Call(self, node: ast.Call) -> Any:
        return bare.Call(self._expression(node.func), self._arguments(node.args, node.keywords))

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
                return bare.Arg(value, None, "**")
            return bare.Arg(value, bare.Name(node.arg), "")
        if kind is ast.Starred:
            return bare.Arg(self._expression(node.value), None, "*")
        return bare.Arg(self._expression(node), None, "")

    def _Constant(self, node: ast.Constant) -> Any:
        value = node.value
        if value is None or value is True or value is False:
            return bare.Name(str(value))
        if isinstance(value, (str, bytes)):
            written = self._segment(node)
            return bare.SimpleString(written) if _is_one_string(written) else self._piece(node, written)
        if value is ...:
            return bare.Ellipsis()
        written = self._segment(node)
        return getattr(bare, _NUMBERS[type(value)])(written)

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
            made = bare.BooleanOperation(made, _OPERATORS[type(node.op)](), self._expression(one))
        return made

    def _BinOp(self, node: ast.BinOp) -> Any:
        return bare.BinaryOperation(
            self._expression(node.left), _OPERATORS[type(node.op)](), self._expression(node.right)
        )

    def _UnaryOp(self, node: ast.UnaryOp) -> Any:
        return bare.UnaryOperation(_UNARY[type(node.op)](), self._expression(node.operand))

    def _Compare(self, node: ast.Compare) -> Any:
        every = []
        for operator, other in zip(node.ops, node.comparators):
            if type(operator) is ast.NotEq:
                every.append(bare.ComparisonTarget(bare.NotEqual("!="), self._expression(other)))
            else:
                every.append(bare.ComparisonTarget(_OPERATORS[type(operator)](), self._expression(other)))
        return bare.Comparison(self._expression(node.left), tuple(every))

    def _Lambda(self, node: ast.Lambda) -> Any:
        return bare.Lambda(self._parameters(node.args), self._expression(node.body))

    def _IfExp(self, node: ast.IfExp) -> Any:
        return bare.IfExp(self._expression(node.test), self._expression(node.body), self._expression(node.orelse))

    def _Dict(self, node: ast.Dict) -> Any:
        return bare.Dict(
            tuple(
                [
                    bare.StarredDictElement(self._expression(value))
                    if key is None
                    else bare.DictElement(self._expression(key), self._expression(value))
                    for key, value in zip(node.keys, node.values)
                ]
            )
        )

    def _elements(self, nodes: Iterable[ast.expr]) -> tuple[Any, ...]:
        return tuple(
            [
                bare.StarredElement(self._expression(one.value))
                if type(one) is ast.Starred
                else bare.Element(self._expression(one))
                for one in nodes
            ]
        )

    def _List(self, node: ast.List) -> Any:
        return bare.List(self._elements(node.elts))

    def _Set(self, node: ast.Set) -> Any:
        return bare.Set(self._elements(node.elts))

    def _Tuple(self, node: ast.Tuple) -> Any:
        return self._nowhere(bare.Tuple(self._elements(node.elts)))

    def _nowhere(self, made: Any) -> Any:
        """A node that does not stand where `ast` says: its brackets are none of it."""
        self._partners[id(made)] = NOWHERE
        return made

    def _comprehension(self, every: Sequence[ast.comprehension]) -> Any:
        inner = None
        for one in reversed(every):
            inner = bare.CompFor(
                self._expression(one.target),
                self._expression(one.iter),
                tuple([bare.CompIf(self._expression(test)) for test in one.ifs]),
                inner,
                bare.Asynchronous() if one.is_async else None,
            )
        return inner

    def _ListComp(self, node: ast.ListComp) -> Any:
        return bare.ListComp(self._expression(node.elt), self._comprehension(node.generators))

    def _SetComp(self, node: ast.SetComp) -> Any:
        return bare.SetComp(self._expression(node.elt), self._comprehension(node.generators))

    def _DictComp(self, node: ast.DictComp) -> Any:
        return bare.DictComp(
            self._expression(node.key), self._expression(node.value), self._comprehension(node.generators)
        )

    def _GeneratorExp(self, node: ast.GeneratorExp) -> Any:
        return self._nowhere(bare.GeneratorExp(self._expression(node.elt), self._comprehension(node.generators)))

    def _Await(self, node: ast.Await) -> Any:
        return bare.Await(self._expression(node.value))

    def _Yield(self, node: ast.Yield) -> Any:
        return bare.Yield(self._maybe(node.value))

    def _YieldFrom(self, node: ast.YieldFrom) -> Any:
        return bare.Yield(bare.From(self._expression(node.value)))

    def _NamedExpr(self, node: ast.NamedExpr) -> Any:
        return bare.NamedExpr(self._expression(node.target), self._expression(node.value))

    def _Starred(self, node: ast.Starred) -> Any:
        return bare.StarredElement(self._expression(node.value))

    def _Subscript(self, node: ast.Subscript) -> Any:
        inner = node.slice
        several = (
            inner.elts if isinstance(inner, ast.Tuple) and inner.elts and not self._in_brackets(inner) else [inner]
        )
        return bare.Subscript(
            self._expression(node.value), tuple([bare.SubscriptElement(self._slice(one)) for one in several])
        )

    def _slice(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Slice):
            return bare.Slice(self._maybe(node.lower), self._maybe(node.upper), self._maybe(node.step))
        if isinstance(node, ast.Starred):
            return bare.Index(self._expression(node.value), "*")
        return bare.Index(self._expression(node), None)

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
            star = bare.ParamStar()
        return bare.Parameters(
            tuple(made[positional:]),
            star,
            tuple([self._parameter(one, default) for one, default in zip(given.kwonlyargs, given.kw_defaults)]),
            None if given.kwarg is None else self._parameter(given.kwarg, None, "**"),
            tuple(made[:positional]),
            bare.ParamSlash() if positional else cst.MaybeSentinel.DEFAULT,
        )

    def _parameter(self, node: ast.arg, default: ast.expr | None, star: str = "") -> Any:
        begin = self._offset(node.lineno, node.col_offset)
        annotation = None if node.annotation is None else bare.Annotation(self._expression(node.annotation))
        return bare.Param(self._name_at(node.arg, begin), annotation, self._maybe(default), star)


def _begins(node: Any) -> tuple[int, int]:
    return node.lineno, node.col_offset


_NUMBERS = {int: "Integer", float: "Float", complex: "Imaginary"}
_OPERATORS: dict[type, Callable[[], Any]] = {
    known: getattr(bare, kind)
    for known, kind in {
        ast.And: "And", ast.Or: "Or", ast.Add: "Add", ast.Sub: "Subtract", ast.Mult: "Multiply",
        ast.Div: "Divide", ast.FloorDiv: "FloorDivide", ast.Mod: "Modulo", ast.Pow: "Power",
        ast.MatMult: "MatrixMultiply", ast.LShift: "LeftShift", ast.RShift: "RightShift", ast.BitAnd: "BitAnd",
        ast.BitOr: "BitOr", ast.BitXor: "BitXor", ast.Eq: "Equal", ast.Lt: "LessThan", ast.Gt: "GreaterThan",
        ast.LtE: "LessThanEqual", ast.GtE: "GreaterThanEqual", ast.In: "In", ast.NotIn: "NotIn", ast.Is: "Is",
        ast.IsNot: "IsNot",
    }.items()
}  # fmt: skip
_UNARY: dict[type, Callable[[], Any]] = {
    known: getattr(bare, kind)
    for known, kind in {ast.Not: "Not", ast.USub: "Minus", ast.UAdd: "Plus", ast.Invert: "BitInvert"}.items()
}
_KINDS = [kind for kind in vars(ast).values() if isinstance(kind, type) and issubclass(kind, (ast.stmt, ast.expr))]
