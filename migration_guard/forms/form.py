"""The canonical form of what a migration does in Python: equal for two spellings of one change, and for no others.

White space, comments, quotes, line breaks, parentheses, the order of named arguments and the names of functions,
parameters and local variables do not count. Literals count, and the names of attributes, of named arguments and of
what is imported. A local name stands for what was last assigned to it; a parameter for what the caller passes. The
form is ours: what a parser prints changes from one version to the next, and a fingerprint must not.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Mapping as Bound
from dataclasses import dataclass, field
from functools import cache

import libcst as cst

from migration_guard.interpreter.call import Frame
from migration_guard.interpreter.collections import Mapping
from migration_guard.interpreter.collections import Sequence as Items
from migration_guard.interpreter.syntax import dotted
from migration_guard.interpreter.text import Text
from migration_guard.interpreter.values import Constant, Place, Value

MAX_LEVELS = 30
"""Names within names that are looked up; what lies deeper does not count."""
MAX_NAMES = 200
"""Names that are looked up for one form."""
MAX_DEPTH = 150
"""Expressions within expressions, names looked up included; what lies deeper does not count either."""
GIVEN = "given"
"""What an entry point is called with, and whatever else cannot be looked up."""

_OPERATORS: dict[type[cst.CSTNode], str] = {
    cst.Add: "+", cst.Subtract: "-", cst.Multiply: "*", cst.Divide: "/", cst.FloorDivide: "//", cst.Modulo: "%",
    cst.Power: "**", cst.MatrixMultiply: "@", cst.LeftShift: "<<", cst.RightShift: ">>", cst.BitAnd: "&",
    cst.BitOr: "|", cst.BitXor: "^", cst.BitInvert: "~", cst.Plus: "+", cst.Minus: "-", cst.Not: "not",
    cst.And: "and", cst.Or: "or", cst.Equal: "==", cst.NotEqual: "!=", cst.LessThan: "<", cst.GreaterThan: ">",
    cst.LessThanEqual: "<=", cst.GreaterThanEqual: ">=", cst.In: "in", cst.NotIn: "not in", cst.Is: "is",
    cst.IsNot: "is not", cst.AddAssign: "+=", cst.SubtractAssign: "-=", cst.MultiplyAssign: "*=",
    cst.DivideAssign: "/=", cst.FloorDivideAssign: "//=", cst.ModuloAssign: "%=", cst.PowerAssign: "**=",
    cst.BitAndAssign: "&=", cst.BitOrAssign: "|=", cst.BitXorAssign: "^=",
}  # fmt: skip
_CLAUSES = (cst.Else, cst.Finally, cst.ExceptHandler, cst.ExceptStarHandler, cst.MatchCase)
_FUNCTIONS = (cst.FunctionDef, cst.Lambda)
_SCOPES = (cst.FunctionDef, cst.Lambda, cst.ClassDef)
_LAYOUT = frozenset(
    "comma equal semicolon dot colon first_colon second_colon annotation returns lbrace rbrace posonly_ind "
    "leading_whitespace trailing_whitespace trailing_comma separator".split()
)
"""Fields of nodes that say how something is written, besides white space and brackets."""
_Spot = tuple[int, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Way:
    """The calls that were followed to a place, the innermost last, each with the statement that was being run."""

    frames: tuple[Frame, ...]
    statements: tuple[cst.CSTNode | None, ...]

    @staticmethod
    def through(frames: Iterable[Frame]) -> Way:
        every = tuple(frames)
        return Way(every, tuple(frame.statement for frame in every))


class Forms:
    """Makes the forms of one migration; what its functions bind is read once."""

    def __init__(self) -> None:
        self._known: dict[int, _Names] = {}

    def form(self, place: Place, way: Way) -> str:
        """Give the canonical form of the call or assignment at a place."""
        return _Form(way, self._known).of_operation(place.whole)

    def around(self, statement: str, place: Place, way: Way) -> str:
        """Give the canonical form of SQL that is not known as a whole: with it goes what the call puts into it.

        Of strings, only single words count there: SQL stands in the statement already, where its layout does not matter.
        """
        return f"{statement} {_Form(way, self._known, words_only=True).of_operation(place.whole)}"


def value_form(value: Value) -> str:
    """Give the canonical form of a value as far as it is known: of what a statement is executed with."""
    match value:
        case Text():
            return json.dumps(str(value)) if value.known else "text"
        case Constant():
            return _constant(value.value)
        case Mapping():
            known = sorted(f"{value_form(key)}: {value_form(item)}" for key, item in value.known.values())
            return f"{{{', '.join(known)}}}"
        case Items() if (elements := value.elements()) is not None:
            return f"[{', '.join(map(value_form, elements))}]"
    return GIVEN


def is_whole(value: Value) -> bool:
    """Whether all of a value is known."""
    match value:
        case Text():
            return value.known
        case Constant():
            return True
        case Mapping():
            return value.rest is None and all(is_whole(key) and is_whole(item) for key, item in value.known.values())
        case Items() if (elements := value.elements()) is not None:
            return all(map(is_whole, elements))
    return False


@dataclass(frozen=True, slots=True)
class _Binding:
    """One statement that gives a name its value, or changes it."""

    order: int
    blocks: tuple[int, ...]
    how: str
    value: cst.CSTNode | None
    whole: bool = True
    """Whether it replaces what was bound before, rather than changing a part of it."""
    function: cst.FunctionDef | None = None
    """The function that it defines."""


@dataclass(slots=True)
class _Names:
    """What a function or a module binds, in the order of its statements."""

    bindings: dict[str, list[_Binding]] = field(default_factory=dict)
    _order: int = 0
    spots: dict[int, _Spot] = field(default_factory=dict)
    """The order of each statement, and the blocks around it, by the node's id."""

    def reaching(self, name: str, spot: _Spot | None) -> list[_Binding]:
        """The bindings of a name that a statement may see: back to one that surely ran before it."""
        known = self.bindings.get(name, [])
        if spot is None:
            return known
        order, blocks = spot
        reaching: list[_Binding] = []
        for binding in reversed([one for one in known if one.order < order]):
            reaching.append(binding)
            if binding.whole and blocks[: len(binding.blocks)] == binding.blocks:
                break
        return reaching[::-1] or known

    def bind(self, target: cst.CSTNode, how: str, value: cst.CSTNode | None, blocks: tuple[int, ...]) -> None:
        match target:
            case cst.Name():
                self._add(target.value, _Binding(self._order, blocks, how, value))
            case cst.Attribute() | cst.Subscript():
                root: cst.CSTNode = target
                while isinstance(root, (cst.Attribute, cst.Subscript)):
                    root = root.value
                if isinstance(root, cst.Name):
                    what = f".{target.attr.value}" if isinstance(target, cst.Attribute) else "[]"
                    self._add(root.value, _Binding(self._order, blocks, f"{what}{how}", value, whole=False))
            case cst.Tuple() | cst.List():
                for number, element in enumerate(target.elements):
                    self.bind(element.value, f"{how}{number}", value, blocks)
            case _:
                pass

    def _add(self, name: str, binding: _Binding) -> None:
        self.bindings.setdefault(name, []).append(binding)

    def read(self, body: Sequence[cst.CSTNode], blocks: tuple[int, ...]) -> None:
        """Go through statements in order; the bodies of functions and classes have names of their own."""
        for statement in body:
            if isinstance(statement, cst.SimpleStatementLine):
                self.read(statement.body, blocks)
                continue
            self._order += 1
            if isinstance(statement, (cst.FunctionDef, cst.ClassDef)):
                function = statement if isinstance(statement, cst.FunctionDef) else None
                how = "class" if function is None else "function"
                self._add(statement.name.value, _Binding(self._order, blocks, how, None, function=function))
            else:
                self._statement(statement, blocks)

    def _statement(self, statement: cst.CSTNode, blocks: tuple[int, ...]) -> None:
        match statement:
            case cst.Assign():
                for target in statement.targets:
                    self.bind(target.target, "=", statement.value, blocks)
            case cst.AnnAssign() if statement.value is not None:
                self.bind(statement.target, "=", statement.value, blocks)
            case cst.AugAssign():
                how = _OPERATORS.get(type(statement.operator), "?=")
                name = statement.target
                if isinstance(name, cst.Name):
                    binding = _Binding(self._order, blocks, how, statement.value, whole=False)
                    self._add(name.value, binding)
                else:
                    self.bind(name, how, statement.value, blocks)
            case cst.For():
                self.bind(statement.target, "each", statement.iter, (*blocks, id(statement.body)))
            case cst.With():
                for item in statement.items:
                    if item.asname is not None:
                        self.bind(item.asname.name, "with", item.item, blocks)
            case cst.Import():
                self._import(statement.names, blocks, whole=True)
            case cst.ImportFrom() if not isinstance(statement.names, cst.ImportStar):
                self._import(statement.names, blocks, whole=False)
            case _:
                pass
        self.inside(statement, blocks)

    def _import(self, names: Sequence[cst.ImportAlias], blocks: tuple[int, ...], *, whole: bool) -> None:
        for alias in names:
            name = dotted(alias.name) or ""
            bound = alias.asname.name.value if alias.asname and isinstance(alias.asname.name, cst.Name) else None
            origin = name if bound or not whole else name.partition(".")[0]
            self._add(bound or origin, _Binding(self._order, blocks, f"import {origin}", None))

    def inside(self, node: cst.CSTNode, blocks: tuple[int, ...]) -> None:
        """Note where a statement or a part of one stands, and read the blocks that it holds."""
        self.spots[id(node)] = (self._order, blocks)
        if isinstance(node, (cst.BaseCompoundStatement, *_CLAUSES)):
            for child in _children(node):
                if isinstance(child, cst.BaseSuite):
                    self.read(child.body, (*blocks, id(child)))
                elif isinstance(child, (cst.If, *_CLAUSES)):
                    self.inside(child, blocks)


class _Form:
    """Makes one form. What a name stands for is said where it is first met, and afterwards only its number."""

    def __init__(self, way: Way, known: dict[int, _Names], *, words_only: bool = False) -> None:
        self._frames = way.frames
        self._statements = way.statements
        self._words_only = words_only
        self._numbers: dict[object, int] = {}
        self._levels = 0
        self._depth = 0
        self._known = known

    def of_operation(self, node: cst.CSTNode) -> str:
        if isinstance(node, (cst.Module, cst.FunctionDef, cst.ClassDef)):
            return ""  # the framework itself makes the call
        level = len(self._frames) - 1
        return self._of(node, _Use(level, self._spot(level), {}))

    # --- Names -------------------------------------------------------------------------------------------------------

    def _names(self, node: cst.CSTNode) -> _Names:
        names = self._known.get(id(node))
        if names is None:
            names = self._known[id(node)] = _Names()
            match node:
                case cst.FunctionDef():
                    names.read(node.body.body, ())
                case cst.Module():
                    names.read(node.body, ())
                case _:
                    pass
        return names

    def _spot(self, level: int) -> _Spot | None:
        return self._names(self._frames[level].node).spots.get(id(self._statements[level])) if level >= 0 else None

    def _name(self, name: str, use: _Use) -> str:
        if name in use.bound:
            return f"bound {self._number((use.bound[name], name))[0]}"
        level = use.level
        spot = use.spot
        while level >= 0:
            frame = self._frames[level]
            reaching = self._names(frame.node).reaching(name, spot)
            if reaching:
                return self._bindings(name, reaching, level)
            if isinstance(frame.node, _FUNCTIONS) and name in _parameters(frame.node):
                return self._parameter(name, level)
            outer = frame.scope.parent
            level = next((n for n in range(level - 1, -1, -1) if self._frames[n].scope is outer), -1)
            spot = None
        tree = self._frames[use.level].scope.module.source
        reaching = self._names(tree.tree).reaching(name, None) if tree is not None else []
        return self._bindings(name, reaching, -1) if reaching else name

    def _bindings(self, name: str, bindings: list[_Binding], level: int) -> str:
        first = bindings[0]
        if len(bindings) == 1 and first.value is None:
            if first.how == "class":
                return name
            if first.function is not None:
                return self._function(first.function, max(level, 0))
            return first.how.removeprefix("import ")
        number, new = self._number((level, name, tuple(binding.order for binding in bindings)))
        if not new or self._levels >= MAX_LEVELS or number > MAX_NAMES:
            return f"${number}"
        self._levels += 1
        parts = []
        for binding in bindings:
            use = _Use(max(level, 0), (binding.order, binding.blocks), {})
            value = self._of(binding.value, use) if binding.value is not None else ""
            parts.append(f"{binding.how} {value}")
        self._levels -= 1
        return f"${number}<{'; '.join(parts)}>"

    def _function(self, function: cst.FunctionDef, level: int) -> str:
        """A function that is called for its value: what it does counts, and its name does not."""
        number, new = self._number(id(function))
        if not new or self._levels >= MAX_LEVELS:
            return f"function {number}"
        self._levels += 1
        names = {*_parameters(function), *self._names(function).bindings}
        use = _Use(level, None, dict.fromkeys(names, id(function)))
        body = "; ".join(self._of(statement, use) for statement in _statements(function))
        self._levels -= 1
        return f"function {number}<{body}>"

    def _parameter(self, name: str, level: int) -> str:
        """What the caller passes for a parameter, else its default."""
        number, new = self._number((level, name))
        if not new or self._levels >= MAX_LEVELS:
            return f"${number}"
        frame = self._frames[level]
        function, place = frame.node, frame.place
        caller = place.whole if place is not None else None
        self._levels += 1
        passed = GIVEN
        if isinstance(function, _FUNCTIONS):
            argument = None
            if isinstance(caller, cst.Call) and level > 0 and _calls(caller, frame.name):
                bound = frame.function is not None and frame.function.bound is not None
                argument = _argument(function, caller, name, skip=int(bound))
            if argument is not None and caller is not None:
                passed = self._of(argument, _Use(level - 1, self._spot(level - 1), {}))
            elif (default := _default(function, name)) is not None:
                passed = self._of(default, _Use(level, (0, ()), {}))
        self._levels -= 1
        return f"${number}<{passed}>"

    def _number(self, key: object) -> tuple[int, bool]:
        new = key not in self._numbers
        return self._numbers.setdefault(key, len(self._numbers) + 1), new

    # --- Expressions -------------------------------------------------------------------------------------------------

    def _of(self, node: cst.CSTNode, use: _Use) -> str:
        if self._depth >= MAX_DEPTH:
            return "deep"
        self._depth += 1
        made = self._made(node, use)
        self._depth -= 1
        return made

    def _made(self, node: cst.CSTNode, use: _Use) -> str:
        match node:
            case cst.Name():
                return self._name(node.value, use)
            case cst.Integer() | cst.Float() | cst.Imaginary():
                return _constant(node.evaluated_value)
            case cst.SimpleString() | cst.ConcatenatedString() | cst.FormattedString():
                return self._string(node, use)
            case cst.Attribute():
                return f"{self._of(node.value, use)}.{node.attr.value}"
            case cst.Call():
                return self._call(node, use)
            case cst.Dict():
                return f"{{{', '.join(self._items(node, use))}}}"
            case cst.Assign():
                return " = ".join(self._all([*(target.target for target in node.targets), node.value], use))
            case cst.BinaryOperation():
                return self._chain(node, use)
            case cst.Lambda() | cst.GeneratorExp() | cst.ListComp() | cst.SetComp() | cst.DictComp():
                return self._scope(node, use)
        return self._other(node, use)

    def _call(self, node: cst.Call, use: _Use) -> str:
        placed = [argument.star + self._of(argument.value, use) for argument in node.args if argument.keyword is None]
        named = sorted(
            ((argument.keyword.value, argument.value) for argument in node.args if argument.keyword is not None),
            key=lambda pair: pair[0],
        )
        function = self._of(node.func, use)
        return f"{function}({', '.join([*placed, *(f'{name}={self._of(value, use)}' for name, value in named)])})"

    def _chain(self, node: cst.BinaryOperation, use: _Use) -> str:
        """A long sum nests to the left as deeply as it is long."""
        right: list[cst.CSTNode] = []
        left: cst.CSTNode = node
        while isinstance(left, cst.BinaryOperation):
            right += [left.right, left.operator]
            left = left.left
        return f"({' '.join(self._all([left, *reversed(right)], use))})"

    def _items(self, node: cst.Dict, use: _Use) -> list[str]:
        """The order of a dictionary counts only where its keys are computed."""
        return [
            f"{self._of(item.key, use)}: {self._of(item.value, use)}"
            if isinstance(item, cst.DictElement)
            else f"**{self._of(item.value, use)}"
            for item in sorted(node.elements, key=_key)
        ]

    def _string(self, node: cst.CSTNode, use: _Use) -> str:
        """Adjacent strings are one; what stands in braces is an expression."""
        pieces: list[str] = []
        known: list[str] = []
        for part in _string_parts(node):
            if isinstance(part, str):
                known.append(part)
            else:
                pieces += [self._quoted(known, whole=False), self._of(part, use)]
                known = []
        return " ".join([*pieces, self._quoted(known, whole=not pieces)])

    def _quoted(self, parts: list[str], *, whole: bool) -> str:
        text = "".join(parts)
        if self._words_only and not (whole and text and not any(map(str.isspace, text))):
            return "text"
        return json.dumps(text)

    def _scope(self, node: cst.CSTNode, use: _Use) -> str:
        names = set(_parameters(node)) if isinstance(node, cst.Lambda) else set()
        names |= {name for part in _walk(node) if isinstance(part, cst.CompFor) for name in _targets(part.target)}
        return self._other(node, _Use(use.level, use.spot, {**use.bound, **dict.fromkeys(names, id(node))}))

    def _other(self, node: cst.CSTNode, use: _Use) -> str:
        if type(node) in _OPERATORS:
            return _OPERATORS[type(node)]
        return f"{_kind(node)}({', '.join(self._all(_children(node), use))})"

    def _all(self, nodes: Sequence[cst.CSTNode] | Iterator[cst.CSTNode], use: _Use) -> list[str]:
        return [self._of(node, use) for node in nodes]


@dataclass(frozen=True, slots=True)
class _Use:
    """Where an expression is used: in which frame, and at which of its statements."""

    level: int
    spot: _Spot | None
    bound: Bound[str, int]
    """Names of a comprehension, a lambda or a function around it, and which of them binds each."""


def _constant(value: object) -> str:
    return json.dumps(value.decode("latin-1")) if isinstance(value, bytes) else repr(value)


def _kind(node: cst.CSTNode) -> str:
    return {cst.List: "list", cst.Tuple: "tuple", cst.Set: "set", cst.Element: "", cst.Arg: ""}.get(
        type(node), type(node).__name__
    )


def _key(item: cst.BaseDictElement) -> str:
    if isinstance(item, cst.DictElement) and isinstance(item.key, cst.SimpleString):
        return str(item.key.evaluated_value)
    return ""


def _string_parts(node: cst.CSTNode) -> Iterator[str | cst.BaseExpression]:
    match node:
        case cst.SimpleString():
            value = node.evaluated_value
            yield value.decode("latin-1") if isinstance(value, bytes) else value
        case cst.ConcatenatedString():
            yield from _string_parts(node.left)
            yield from _string_parts(node.right)
        case cst.FormattedString():
            for part in node.parts:
                if isinstance(part, cst.FormattedStringText):
                    yield _unescaped(part.value, raw="r" in node.prefix.lower())
                elif isinstance(part, cst.FormattedStringExpression):
                    yield part.expression
                    yield f"!{part.conversion}" if part.conversion else ""
                    for spec in part.format_spec or ():
                        yield from _string_parts(cst.FormattedString([spec]))
        case _:
            pass


def _unescaped(text: str, *, raw: bool) -> str:
    text = text.replace("{{", "{").replace("}}", "}")
    if raw or "\\" not in text:
        return text
    try:
        return str(ast.literal_eval('"""' + text.replace('"', '\\"') + '"""'))
    except (SyntaxError, ValueError):
        return text


def _calls(call: cst.Call, name: str) -> bool:
    """Whether a call is one of a function by its name, and not of a library that calls back."""
    function = call.func
    return name == (function.attr.value if isinstance(function, cst.Attribute) else getattr(function, "value", None))


def _parameters(function: cst.FunctionDef | cst.Lambda) -> list[str]:
    found = function.params
    stars = [star for star in (found.star_arg, found.star_kwarg) if isinstance(star, cst.Param)]
    return [one.name.value for one in (*found.posonly_params, *found.params, *found.kwonly_params, *stars)]


def _argument(
    function: cst.FunctionDef | cst.Lambda, call: cst.Call, name: str, *, skip: int
) -> cst.BaseExpression | None:
    """The argument of a call that a parameter gets, None where that is not plain; `skip` parameters are bound already."""
    for argument in call.args:
        if argument.keyword is not None and argument.keyword.value == name:
            return argument.value
    placed = [argument for argument in call.args if argument.keyword is None]
    names = [one.name.value for one in (*function.params.posonly_params, *function.params.params)]
    index = names.index(name) - skip if name in names else -1
    if not 0 <= index < len(placed) or any(argument.star for argument in placed[: index + 1]):
        return None
    return placed[index].value


def _statements(function: cst.FunctionDef) -> Iterator[cst.CSTNode]:
    """What stands in a function, without its docstring and what else is only text."""
    for line in function.body.body:
        for statement in line.body if isinstance(line, cst.SimpleStatementLine) else (line,):
            if not (isinstance(statement, cst.Expr) and isinstance(statement.value, cst.SimpleString)):
                yield statement


def _default(function: cst.FunctionDef | cst.Lambda, name: str) -> cst.BaseExpression | None:
    found = function.params
    every = (*found.posonly_params, *found.params, *found.kwonly_params)
    return next((one.default for one in every if one.name.value == name), None)


def _targets(node: cst.CSTNode) -> Iterator[str]:
    return (part.value for part in _walk(node) if isinstance(part, cst.Name))


def _walk(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    yield node
    for child in _children(node):
        yield from _walk(child)


@cache
def _fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    """The fields that may hold something else than layout."""
    layout = ("whitespace", "leading_lines", "lines_after", "header", "footer", "lpar", "rpar", "lbracket", "rbracket")
    return tuple(name for name in kind.__dataclass_fields__ if not name.startswith(layout) and name not in _LAYOUT)


def _children(node: cst.CSTNode) -> list[cst.CSTNode]:
    found: list[cst.CSTNode] = []
    for name in _fields(type(node)):
        value = getattr(node, name)
        if isinstance(value, cst.CSTNode):
            found.append(value)
        elif isinstance(value, (list, tuple)):
            found += (child for child in value if isinstance(child, cst.CSTNode))
    return found
