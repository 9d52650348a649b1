"""Functions that only compute: nothing that they or what they call could do leads to a database.

A parser or a layout algorithm in a migration is followed a few times like anything else. When its states multiply, what
it gives is taken as unknown, and so is what it was given and may have changed: nothing of a database is missed by that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import libcst as cst

from migration_guard.interpreter.classes import Class
from migration_guard.interpreter.collections import Mapping, Sequence
from migration_guard.interpreter.functions import Function
from migration_guard.interpreter.instances import Instance
from migration_guard.interpreter.kinds import within
from migration_guard.interpreter.syntax import Source, dotted
from migration_guard.interpreter.text import Text
from migration_guard.interpreter.values import Choice, Constant, External, Unknown, Value
from migration_guard.later import re
from migration_guard.lean import dataclass

MUCH = 2
"""Calls of one function, with arguments of which not all is known, that are followed for one entry point."""

BEGINS_SQL = re.compile(
    r"\W*(?:update|insert|delete|truncate|merge|replace|select|create|alter|drop|with|call|do|copy|exec)\b",
    re.IGNORECASE,
)
"""How a text that is executed begins: a function that puts such texts together is followed each time."""

_BUILTINS = frozenset(
    "abs all any ascii bin bool bytearray bytes chr complex dict divmod enumerate filter float format frozenset getattr hasattr hash hex "
    "id int isinstance issubclass iter len list map max min next oct ord pow print range repr reversed round set slice "
    "sorted str sum super tuple type zip reduce deque defaultdict OrderedDict Counter dedent".split()
)
_METHODS = frozenset(
    "append extend pop popleft appendleft insert index count sort reverse get items keys values setdefault copy strip "
    "lstrip rstrip split rsplit splitlines join replace startswith endswith lower upper title capitalize casefold format "
    "encode decode partition rpartition isdigit isalpha isalnum isupper islower isspace isidentifier isnumeric find rfind "
    "removeprefix removesuffix zfill ljust rjust center expandtabs translate maketrans hex match search fullmatch finditer "
    "findall sub group groups groupdict start end span union intersection difference issubset issuperset isdisjoint "
    "total_seconds isoformat strftime bit_length union discard".split()
)
"""Methods of plain values, none of which a way to a database or a row has as well."""
_MODULES = frozenset(
    "math json re uuid string datetime random time copy itertools functools collections operator hashlib decimal textwrap "
    "typing dataclasses logging enum fractions statistics bisect heapq unicodedata html base64 binascii difflib".split()
)


_BINDING = frozenset({
    cst.FunctionDef, cst.ClassDef, cst.Import, cst.ImportFrom, cst.Param, cst.AsName, cst.AssignTarget, cst.AnnAssign,
    cst.NamedExpr, cst.For, cst.CompFor,
})  # fmt: skip
"""What binds names: most nodes do not."""


@dataclass(frozen=True, slots=True)
class Computation:
    """A function that only computes."""

    changes: bool
    """Whether it may change what it is given."""


class Computing:
    """Which functions of a source only compute, by what they call and mention."""

    def __init__(self, source: Source) -> None:
        self._definitions: dict[str, list[cst.FunctionDef | cst.ClassDef]] = {}
        self._foreign: set[str] = set()
        """Names that an import binds, but those of modules that only compute."""
        self._bound: set[str] = set()
        """Names that are bound in any other way: what they hold when they are called is not known."""
        self._starred = False
        """Whether a star import may bind anything."""
        for node in within(source.tree):
            if type(node) not in _BINDING:
                continue
            if isinstance(node, (cst.FunctionDef, cst.ClassDef)):
                self._definitions.setdefault(node.name.value, []).append(node)
            elif isinstance(node, (cst.Import, cst.ImportFrom)):
                self._foreign |= set(_imported(node))
                self._starred |= isinstance(node.names, cst.ImportStar)
            elif isinstance(node, (cst.Param, cst.AsName)) and isinstance(node.name, cst.Name):
                self._bound.add(node.name.value)
            elif isinstance(node, (cst.AssignTarget, cst.AnnAssign, cst.NamedExpr, cst.For, cst.CompFor)):
                self._bound |= {one.value for one in within(node.target) if type(one) is cst.Name}
        self._known: dict[int, Computation | None] = {}

    def of(self, node: cst.CSTNode) -> Computation | None:
        """What a function or the methods of a class compute; None where they may do more."""
        if self._starred:
            return None
        if id(node) not in self._known:
            self._known[id(node)] = self._judged(node)
        return self._known[id(node)]

    def _judged(self, node: cst.CSTNode) -> Computation | None:
        """A function together with all that it leads to."""
        waiting: list[cst.CSTNode] = [node]
        seen: set[int] = set()
        changes = False
        while waiting:
            current = waiting.pop()
            if id(current) in seen:
                continue
            seen.add(id(current))
            said: set[int] = set()
            for inner in within(current):
                if isinstance(inner, cst.Expr):
                    said.add(id(inner.value))  # a docstring is for people
                if id(inner) not in said and not self._harmless(inner):
                    return None
                changes |= _changes(inner)
                waiting += self._mentioned(inner)
        return Computation(changes)

    def _mentioned(self, node: cst.CSTNode) -> list[cst.FunctionDef | cst.ClassDef]:
        """The definitions that something may lead to: a name, or a method or property of whatever has one."""
        name = node.attr if isinstance(node, cst.Attribute) else node
        return self._definitions.get(name.value, []) if isinstance(name, cst.Name) else []

    def _harmless(self, node: cst.CSTNode) -> bool:
        match node:
            case cst.Call(func=function):
                return self._computes(function)
            case cst.Name(value=name):
                return name not in self._foreign
            case cst.SimpleString(value=text) | cst.FormattedStringText(value=text):
                return not BEGINS_SQL.match(text)
        return not isinstance(node, _MORE)

    def _computes(self, function: cst.BaseExpression) -> bool:
        """Whether a call leads to nothing but what is defined here, or only computes."""
        name = getattr(function, "attr", function)
        if not isinstance(name, cst.Name):
            return False
        if name.value in self._definitions:
            return True
        if isinstance(function, cst.Attribute):
            module = (dotted(function) or "").partition(".")[0]
            return name.value in _METHODS or (module in _MODULES and module not in self._bound)
        known = name.value in _BUILTINS or name.value.endswith(("Error", "Exception"))
        return known and name.value not in self._bound


_MORE = (cst.With, cst.Await, cst.Yield, cst.Global, cst.Nonlocal, cst.Import, cst.ImportFrom)
"""What is taken to do more than to compute."""


def _imported(node: cst.Import | cst.ImportFrom) -> Iterator[str]:
    """The names of an import that may lead anywhere."""
    module = dotted(node.module) if isinstance(node, cst.ImportFrom) and node.module is not None else None
    for alias in [] if isinstance(node.names, cst.ImportStar) else node.names:
        name = dotted(alias.name) or ""
        origin = module if isinstance(node, cst.ImportFrom) else name
        if (origin or "").partition(".")[0] not in _MODULES:
            yield (
                alias.asname.name.value
                if alias.asname and isinstance(alias.asname.name, cst.Name)
                else name.partition(".")[0]
            )


def _changes(node: cst.CSTNode) -> bool:
    """Whether something may change a list, a dictionary or an object."""
    match node:
        case cst.AssignTarget(target=target) | cst.AugAssign(target=target) | cst.AnnAssign(target=target):
            return not isinstance(target, cst.Name)
        case cst.Del():
            return True
        case cst.Call(func=cst.Attribute(attr=name)):
            return name.value in _CHANGING
    return False


_CHANGING = frozenset("append extend pop popleft appendleft insert sort reverse setdefault discard".split())


def taken_as_unknown(computation: Computation, arguments: Iterable[Value]) -> Value:
    """What a function that only computes gives, when it is not followed: anything, and so what it may have changed."""
    given = list(arguments)
    if computation.changes:
        for value in _reached(given, DEPTH):
            value.forget()
    return Unknown(from_rows=any(value.from_rows for value in given))


DEPTH = 4
"""How deep a value is looked into."""


def fits(computing: Computing, computation: Computation, arguments: Iterable[Value]) -> bool:
    """Whether arguments are plain: none could lead a function that only computes to a database."""
    return all(_plain(computing, computation, value, DEPTH) for value in arguments)


def _plain(computing: Computing, computation: Computation, value: Value, depth: int) -> bool:
    match value:
        case Choice(options=options):
            return all(_plain(computing, computation, option, depth) for option in options)
        case External():
            return value.root in _MODULES or value.name == "sys.maxsize"
        case Text():
            return not BEGINS_SQL.match(str(value))
        case Class():
            return computing.of(value.node) is not None
        case Function():
            return computing.of(value.node) is not None
        case Instance():
            return computing.of(value.cls.node) is not None and (
                depth == 0 or all(_plain(computing, computation, held, depth - 1) for held in value.attributes.values())
            )
        case Sequence() | Mapping():
            held = [*value.known, value.rest] if isinstance(value, Sequence) else [*value.values(), value.element()]
            return depth == 0 or all(_plain(computing, computation, one, depth - 1) for one in held if one is not None)
    return value.inert or (value.readable and not computation.changes)


def is_whole(value: Value, depth: int = DEPTH) -> bool:
    """Whether everything is known of a value."""
    match value:
        case Constant() | Function() | Class():
            return True
        case Text():
            return value.known
        case Sequence():
            return depth > 0 and value.rest is None and all(is_whole(one, depth - 1) for one in value.known)
        case Mapping():
            return depth > 0 and value.whole and all(is_whole(one, depth - 1) for one in value.values())
        case Instance():
            return depth > 0 and all(is_whole(one, depth - 1) for one in value.attributes.values())
    return False


def _reached(values: Iterable[Value], depth: int) -> Iterator[Sequence | Mapping | Instance]:
    """The things that can be changed which values hold."""
    seen: set[int] = set()
    waiting = [(value, depth) for value in values]
    while waiting:
        value, left = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        match value:
            case Choice(options=options):
                waiting += [(option, left) for option in options]
            case Sequence() | Mapping() | Instance():
                held = (
                    [*value.known, *([value.rest] if value.rest is not None else [])]
                    if isinstance(value, Sequence)
                    else value.values()
                    if isinstance(value, Mapping)
                    else value.attributes.values()
                )
                waiting += [(one, left - 1) for one in held] if left else []
                yield value
