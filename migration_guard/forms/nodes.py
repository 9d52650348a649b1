"""Nodes of Python's syntax as forms see them: without layout, brackets and annotations."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from string import Formatter

import libcst as cst

from migration_guard.interpreter.kinds import is_many, is_node, kind_of
from migration_guard.interpreter.syntax import value_of

OPERATORS: dict[type[cst.CSTNode], str] = {
    cst.Add: "+", cst.Subtract: "-", cst.Multiply: "*", cst.Divide: "/", cst.FloorDivide: "//", cst.Modulo: "%",
    cst.Power: "**", cst.MatrixMultiply: "@", cst.LeftShift: "<<", cst.RightShift: ">>", cst.BitAnd: "&",
    cst.BitOr: "|", cst.BitXor: "^", cst.BitInvert: "~", cst.Plus: "+", cst.Minus: "-", cst.Not: "not",
    cst.And: "and", cst.Or: "or", cst.Equal: "==", cst.NotEqual: "!=", cst.LessThan: "<", cst.GreaterThan: ">",
    cst.LessThanEqual: "<=", cst.GreaterThanEqual: ">=", cst.In: "in", cst.NotIn: "not in", cst.Is: "is",
    cst.IsNot: "is not", cst.AddAssign: "+=", cst.SubtractAssign: "-=", cst.MultiplyAssign: "*=",
    cst.DivideAssign: "/=", cst.FloorDivideAssign: "//=", cst.ModuloAssign: "%=", cst.PowerAssign: "**=",
    cst.BitAndAssign: "&=", cst.BitOrAssign: "|=", cst.BitXorAssign: "^=",
}  # fmt: skip
FUNCTIONS = (cst.FunctionDef, cst.Lambda)
_DEFINITIONS = frozenset({cst.FunctionDef, cst.ClassDef})
_LEAVES = frozenset({cst.Name, cst.SimpleString, cst.Integer, cst.Float, *OPERATORS})
"""Nodes that hold no others: every second one."""
_is_apart = kind_of(cst.BaseSuite, cst.FunctionDef, cst.ClassDef)
_LAYOUT = frozenset(
    "comma equal semicolon dot colon first_colon second_colon annotation returns lbrace rbrace posonly_ind "
    "leading_whitespace trailing_whitespace trailing_comma separator".split()
)
"""Fields of nodes that say how something is written, besides white space and brackets."""


@cache
def _fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    """The fields that may hold something else than layout."""
    layout = ("whitespace", "leading_lines", "lines_after", "header", "footer", "lpar", "rpar", "lbracket", "rbracket")
    return tuple(name for name in kind.__dataclass_fields__ if not name.startswith(layout) and name not in _LAYOUT)


def children(node: cst.CSTNode) -> list[cst.CSTNode]:
    """What a node holds, in the order in which it stands there; remembered while one migration is read."""
    if type(node) in _LEAVES:
        return []
    known = _held.get(id(node))
    if known is None:
        known = _held[id(node)] = (_children(node), node)
    return known[0]


_held: dict[int, tuple[list[cst.CSTNode], cst.CSTNode]] = {}
"""With the nodes themselves, whose `id` is nobody else's for as long as they are kept."""
_spoken: dict[int, tuple[frozenset[str], cst.CSTNode]] = {}


def forget() -> None:
    """Another migration is read."""
    _held.clear()
    _spoken.clear()


def _children(node: cst.CSTNode) -> list[cst.CSTNode]:
    found: list[cst.CSTNode] = []
    for name in _fields(type(node)):
        value = getattr(node, name)
        if value is None or type(value) is str:
            continue
        kind = type(value)
        if is_many(kind):
            found += [child for child in value if is_node(type(child))]
        elif is_node(kind):
            found.append(value)
    return found


def within(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """A node and all that it holds, but not what is only defined there: the bodies of functions and classes."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        yield one
        if type(one) not in _LEAVES:
            waiting += [child for child in reversed(children(one)) if type(child) not in _DEFINITIONS]


def path(node: cst.CSTNode, end: cst.CSTNode) -> list[tuple[cst.CSTNode, cst.CSTNode]]:
    """The nodes from one down to another in it, each with its child on the way; blocks are not gone into."""
    parents: dict[int, cst.CSTNode] = {}
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if one is end:
            found: list[tuple[cst.CSTNode, cst.CSTNode]] = []
            while one is not node:
                found.append((parents[id(one)], one))
                one = parents[id(one)]
            return found[::-1]
        for child in children(one):
            if not _is_apart(type(child)):
                parents[id(child)] = one
                waiting.append(child)
    return []


def names_in(node: cst.CSTNode) -> frozenset[str]:
    """The names that an expression speaks of."""
    known = _spoken.get(id(node))
    if known is None:
        known = _spoken[id(node)] = (frozenset([part.value for part in within(node) if type(part) is cst.Name]), node)
    return known[0]


def parameters(function: cst.CSTNode) -> list[str]:
    """The names of a function's parameters, as they stand there."""
    if not isinstance(function, FUNCTIONS):
        return []
    found = function.params
    stars = [star for star in (found.star_arg, found.star_kwarg) if isinstance(star, cst.Param)]
    return [one.name.value for one in (*found.posonly_params, *found.params, *found.kwonly_params, *stars)]


def argument(function: cst.CSTNode, call: cst.Call, name: str, *, skip: int) -> cst.BaseExpression | None:
    """The argument of a call that a parameter gets, None where that is not plain; `skip` parameters are bound already."""
    if not isinstance(function, FUNCTIONS):
        return None
    for one in call.args:
        if one.keyword is not None and one.keyword.value == name:
            return one.value
    placed = [one for one in call.args if one.keyword is None]
    names = [one.name.value for one in (*function.params.posonly_params, *function.params.params)]
    index = names.index(name) - skip if name in names else -1
    if not 0 <= index < len(placed) or any(one.star for one in placed[: index + 1]):
        return None
    return placed[index].value


def remaining(function: cst.CSTNode, call: cst.Call, name: str, *, skip: int) -> list[cst.Arg] | None:
    """The arguments of a call that a parameter with stars gets, None where it has none or that is not plain."""
    if not isinstance(function, FUNCTIONS):
        return None
    found = function.params
    plain = [one.name.value for one in (*found.posonly_params, *found.params)]
    if isinstance(found.star_arg, cst.Param) and found.star_arg.name.value == name:
        placed = [one for one in call.args if one.keyword is None and one.star != "**"]
        return placed[max(len(plain) - skip, 0) :]
    if found.star_kwarg is not None and found.star_kwarg.name.value == name:
        known = {*plain, *(one.name.value for one in found.kwonly_params)}
        return [one for one in call.args if one.star == "**" or (one.keyword and one.keyword.value not in known)]
    return None


def default(function: cst.CSTNode, name: str) -> cst.BaseExpression | None:
    """What a parameter is where nothing is passed for it."""
    if not isinstance(function, FUNCTIONS):
        return None
    found = function.params
    every = (*found.posonly_params, *found.params, *found.kwonly_params)
    return next((one.default for one in every if one.name.value == name), None)


def calls(call: cst.Call, name: str) -> bool:
    """Whether a call is one of a function by its name, and not of a library that calls back."""
    function = call.func
    return name == (function.attr.value if isinstance(function, cst.Attribute) else getattr(function, "value", None))


def string_parts(node: cst.CSTNode) -> Iterator[str | cst.BaseExpression]:
    """What a string literal says, and the expressions in its braces: adjacent strings are one."""
    match node:
        case cst.SimpleString():
            value = value_of(node)
            yield value.decode("latin-1") if isinstance(value, bytes) else value
        case cst.ConcatenatedString():
            yield from string_parts(node.left)
            yield from string_parts(node.right)
        case cst.FormattedString():
            for part in node.parts:
                if isinstance(part, cst.FormattedStringText):
                    yield _unescaped(part.value, raw="r" in node.prefix.lower())
                elif isinstance(part, cst.FormattedStringExpression):
                    yield part.expression
                    yield f"!{part.conversion}" if part.conversion else ""
                    for spec in part.format_spec or ():
                        yield from string_parts(cst.FormattedString([spec]))
        case _:
            pass


def holes(node: cst.CSTNode) -> Iterator[tuple[cst.BaseExpression, str]]:
    """The expressions in the braces of a string, each with how its value is written, where that is said."""
    match node:
        case cst.ConcatenatedString():
            yield from holes(node.left)
            yield from holes(node.right)
        case cst.FormattedString(parts=parts):
            for part in parts:
                if isinstance(part, cst.FormattedStringExpression):
                    spec = cst.FormattedString(part.format_spec or ())
                    said = "".join(one if isinstance(one, str) else "{}" for one in string_parts(spec))
                    conversion = f"!{part.conversion}" if part.conversion not in (None, "s") else ""
                    yield part.expression, f"{conversion}:{said}" if said else conversion
                    yield from holes(spec)
        case _:
            pass


def specs(text: str, how: str) -> list[str]:
    """How the values are written that `format` or `%` fills into a text, where that is said."""
    if how == "%":
        return [one for one in _PERCENT.findall(text) if one not in _PLAIN_PERCENT]
    try:
        fields = [*Formatter().parse(text)]
    except ValueError:
        return []
    said = (
        f"!{conversion}" * (conversion not in (None, "s")) + f":{spec}" * bool(spec)
        for _, _, spec, conversion in fields
    )
    return [one for one in said if one]


_PERCENT = re.compile(r"%(?:\(\w+\))?[-#0 +]*(?:\d+|\*)?(?:\.\d+)?[a-zA-Z%]")
_PLAIN_PERCENT = frozenset({"%s", "%d", "%i", "%%"})


def _unescaped(text: str, *, raw: bool) -> str:
    text = text.replace("{{", "{").replace("}}", "}")
    if raw or "\\" not in text:
        return text
    try:
        return str(ast.literal_eval('"""' + text.replace('"', '\\"') + '"""'))
    except (SyntaxError, ValueError):
        return text


_MAY_BE_CONSTANT = frozenset({cst.Name, cst.Integer, cst.UnaryOperation})


def constant_truth(node: cst.CSTNode) -> bool | None:
    """Whether a condition is written as one that always, or never, holds."""
    if type(node) not in _MAY_BE_CONSTANT:
        return None
    match node:
        case cst.Name(value="True"):
            return True
        case cst.Name(value="False" | "None"):
            return False
        case cst.Integer():
            return bool(value_of(node))
        case cst.UnaryOperation(operator=cst.Not()):
            inner = constant_truth(node.expression)
            return None if inner is None else not inner
    return None
