"""What a function, a class or a module binds, in the order of its statements, and under which conditions each one runs.

The classical analysis of reaching definitions (Aho, Lam, Sethi, Ullman, Compilers, 9.2.4), over the tree of statements:
a binding reaches a use if no other one, that surely runs between them, replaces it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import field
from functools import cached_property
from itertools import takewhile
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

import libcst as cst

from migration_guard.forms.exits import CLAUSES, exits
from migration_guard.forms.nodes import OPERATORS, children, parameters, within
from migration_guard.interpreter.kinds import kind_of
from migration_guard.interpreter.syntax import dotted
from migration_guard.lean import dataclass

if TYPE_CHECKING:
    from migration_guard.forms.remembered import Said

_CHANGERS = frozenset(
    "append appendleft add extend extendleft update insert setdefault remove discard pop popitem popleft clear sort "
    "reverse intersection_update difference_update symmetric_difference_update __setitem__ __setattr__".split()
)
"""Methods that change what a list, a set, a dictionary or an object holds."""
_is_compound = kind_of(cst.BaseCompoundStatement, *CLAUSES)


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a statement stands: its number in the function, and the blocks around it, the innermost last."""

    order: int
    blocks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Binding:
    """One statement that gives a name its value, or changes what it holds."""

    spot: Spot
    how: str
    values: tuple[cst.CSTNode, ...] = ()
    whole: bool = True
    """Whether it replaces what was bound before, rather than changing a part of it."""
    function: cst.FunctionDef | None = None
    """The function that it defines."""
    definition: cst.ClassDef | None = None
    """The class that it defines."""
    origin: Origin | None = None
    """What it imports."""
    loop: cst.For | None = None
    """The loop whose target it is …"""
    path: tuple[int, ...] = ()
    """… and which part of an element it gets."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What an import names."""

    module: str
    name: str | None
    """What is taken out of the module; None for the module itself."""
    level: int = 0

    @property
    def qualified(self) -> str:
        return ".".join(part for part in ("." * self.level + self.module, self.name) if part)


@dataclass(frozen=True, slots=True)
class Block:
    """A suite, and when it runs."""

    owner: cst.CSTNode
    """The statement or clause that it belongs to."""
    spot: Spot
    """Where that one stands."""
    before: tuple[cst.CSTNode, ...] = ()
    """Conditions that did not hold: those of the branches before it."""


@dataclass(frozen=True, slots=True)
class Guard:
    """A statement that may leave, as an `if` with a `continue`: what stands behind it depends on its conditions."""

    node: cst.BaseCompoundStatement
    spot: Spot


@dataclass(slots=True, eq=False)
class Line:
    """The bindings of one name, in the order of their statements. A script hands its engine on a thousand times."""

    bindings: list[Binding]
    orders: list[int]
    """The numbers of their statements."""
    wholes: list[int]
    """Which of them replace what was bound before."""
    awake: dict[int, Awake] = field(default_factory=dict)
    """… and which change something, by the id of what the names around are."""


@dataclass(slots=True, eq=False)
class Awake:
    """Of the first bindings of a name, the numbers of those that are not known to change nothing."""

    numbers: list[int] = field(default_factory=list)
    looked_at: int = 0
    asked: int = 0
    """How many were asked for it since."""


class Reach(NamedTuple):
    """The bindings of a name that a statement may see: those from one number up to another, and later ones of its loops."""

    line: Line
    first: int
    stop: int
    later: list[Binding]

    @property
    def every(self) -> list[Binding]:
        return [*self.line.bindings[self.first : self.stop], *self.later]

    @property
    def orders(self) -> list[int]:
        return [*self.line.orders[self.first : self.stop], *map(order_of, self.later)]

    @property
    def wholes(self) -> list[Binding]:
        """Those that replace what was bound before."""
        line = self.line
        inside = line.wholes[bisect_left(line.wholes, self.first) : bisect_left(line.wholes, self.stop)]
        return [*(line.bindings[one] for one in inside), *(one for one in self.later if one.whole)]

    def awake(self, around: int, idle: Container[int]) -> list[Binding]:
        """Those that may change something: `idle` are the ids of bindings of which it is known that they do not.

        What is given here is asked before the next time.
        """
        known = self.line.awake.setdefault(around, Awake())
        bindings = self.line.bindings
        for number in range(known.looked_at, known.asked):
            if id(bindings[number]) not in idle:
                known.numbers.append(number)
        known.looked_at = max(known.looked_at, known.asked)
        if self.first <= known.looked_at:
            known.asked = max(known.looked_at, self.stop)
        before = known.numbers[bisect_left(known.numbers, self.first) : bisect_left(known.numbers, self.stop)]
        rest = bindings[max(self.first, known.looked_at) : self.stop]
        return [*(bindings[number] for number in before), *rest, *self.later]


@dataclass
class Names:
    """What a function, a class or a module binds."""

    parameters: tuple[str, ...] = ()
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    """By names, each in the order of their statements."""
    spots: dict[int, Spot] = field(default_factory=dict)
    """Where each statement stands, by the node's id."""
    blocks: dict[int, Block] = field(default_factory=dict)
    guards: list[Guard] = field(default_factory=list)
    asked: dict[str, list[tuple[Spot, cst.Call]]] = field(default_factory=dict)
    """Methods that are called for nothing that they give, by the names of their objects."""
    results: list[tuple[Spot, cst.BaseExpression]] = field(default_factory=list)
    """What is returned or yielded."""
    stars: list[Origin] = field(default_factory=list)
    """Modules all of whose names are imported."""
    elsewhere: set[str] = field(default_factory=set)
    """Names that a function declares to be those of a scope around it."""
    loops: set[int] = field(default_factory=set)
    """The blocks that are bodies of loops."""
    handed: dict[tuple[int, int], bool] = field(default_factory=dict)
    """Which calls lead to a function that changes what it is handed, as far as that was asked."""
    idle: dict[int, set[int]] = field(default_factory=dict)
    """The ids of bindings that are calls which change nothing, by the id of what the names around are."""
    declared: frozenset[str] | None = None
    """The names that functions in it declare to be those of a scope around them, once that was asked."""
    decorated: dict[str | None, list[cst.FunctionDef]] | None = None
    """The functions in it, by the names that their decorators begin with, once that was asked."""
    said: dict[object, Said] = field(default_factory=dict)
    """What forms said of the names of a module, by what they knew then."""
    _lines: dict[str, Line] = field(default_factory=dict)
    """The bindings of each name that was looked up."""
    _order: int = 0

    @classmethod
    def of(cls, node: cst.CSTNode) -> Names:
        names = cls(tuple(parameters(node)))
        match node:
            case cst.FunctionDef() | cst.ClassDef():
                names._read(node.body.body, ())
            case cst.Module():
                names._read(node.body, ())
            case cst.Lambda():
                names.results.append((Spot(1), node.body))
            case _:
                pass
        return names

    def reaching(self, name: str, spot: Spot | None) -> list[Binding]:
        """The bindings of a name that a statement may see: back to one that surely ran before it."""
        reach = self.reach(name, spot)
        return reach.every if reach is not None else []

    def reach(self, name: str, spot: Spot | None) -> Reach | None:
        """The same, as a part of all of them; None where there are none. Where no one of them is seen, any may be."""
        line = self._line(name)
        if line is None:
            return None
        if spot is None:
            return Reach(line, 0, len(line.bindings), [])
        stop, first = bisect_left(line.orders, spot.order), 0
        anew: tuple[int, ...] = ()
        for index in reversed(line.wholes[: bisect_left(line.wholes, stop)]):
            blocks = line.bindings[index].spot.blocks
            if spot.blocks[: len(blocks)] == blocks:
                first, anew = index, blocks  # each pass of these loops binds it before it gets here
                break
        loops = self.loops.intersection(spot.blocks).difference(anew)
        behind = line.bindings[bisect_right(line.orders, spot.order) :] if loops else ()
        later = list(takewhile(lambda one: not loops.isdisjoint(one.spot.blocks), behind))  # to the loops' end
        return Reach(line, first, stop, later) if first < stop or later else Reach(line, 0, len(line.bindings), [])

    def _line(self, name: str) -> Line | None:
        line = self._lines.get(name)
        if line is None and (known := self.bindings.get(name)):
            wholes = [index for index, one in enumerate(known) if one.whole]
            line = self._lines[name] = Line(known, [one.spot.order for one in known], wholes)
        return line

    def changes(self, name: str) -> bool:
        """Whether a statement changes what a name holds, rather than binding it anew."""
        return any(not one.whole for one in self.bindings.get(name, ()))

    def binds(self, name: str) -> bool:
        """Whether a name is this function's or module's own."""
        return name not in self.elsewhere and any(one.whole for one in self.bindings.get(name, ()))

    @cached_property
    def functions(self) -> list[cst.FunctionDef]:
        """The functions that it defines, and those of its classes."""
        every = [one for some in self.bindings.values() for one in some]
        inside = [[one.function, *(one.definition.body.body if one.definition is not None else ())] for one in every]
        return [part for some in inside for part in some if isinstance(part, cst.FunctionDef)]

    @cached_property
    def _owners(self) -> dict[int, cst.ClassDef]:
        classes = [one.definition for every in self.bindings.values() for one in every if one.definition is not None]
        return {id(part): owner for owner in reversed(classes) for part in owner.body.body}

    def owner(self, function: cst.CSTNode) -> cst.ClassDef | None:
        """The class of a module that a function stands in."""
        return self._owners.get(id(function))

    def _bind(self, target: cst.CSTNode, binding: Binding) -> None:
        match target:
            case cst.Name():
                self.bindings.setdefault(target.value, []).append(binding)
            case cst.Attribute() | cst.Subscript():
                root = _root(target)
                if root is not None:
                    key, keys = _key(target)
                    changed = Binding(binding.spot, f"{key}{binding.how}", (*keys, *binding.values), whole=False)
                    self.bindings.setdefault(root, []).append(changed)
            case cst.Tuple() | cst.List() if (pairs := _unpacked(target, binding)) is not None:
                for one, value in pairs:
                    self._bind(one, Binding(binding.spot, "=", (value,)))
            case cst.Tuple() | cst.List():
                for number, element in parts(target):
                    how = f"{binding.how}{number}"
                    part = Binding(binding.spot, how, binding.values, loop=binding.loop, path=(*binding.path, number))
                    self._bind(element, part)
            case _:
                pass

    def _read(self, body: Sequence[cst.CSTNode], blocks: tuple[int, ...]) -> None:
        """Go through statements in order; the bodies of functions and classes have names of their own."""
        for statement in body:
            if isinstance(statement, cst.SimpleStatementLine):
                self._read(statement.body, blocks)
                continue
            self._order += 1
            spot = Spot(self._order, blocks)
            if isinstance(statement, (cst.FunctionDef, cst.ClassDef)):
                if isinstance(statement, cst.FunctionDef):
                    binding = Binding(spot, "function", function=statement)
                else:
                    binding = Binding(spot, "class", definition=statement)
                self.bindings.setdefault(statement.name.value, []).append(binding)
            else:
                self._statement(statement, spot)

    def _statement(self, statement: cst.CSTNode, spot: Spot) -> None:
        match statement:
            case cst.Assign():
                for target in statement.targets:
                    self._bind(target.target, Binding(spot, "=", (statement.value,)))
            case cst.If():  # the kinds that most statements are come first: to find that one is none of a kind costs time
                pass
            case cst.Expr(value=cst.Yield(value=value)) if isinstance(value, cst.BaseExpression):
                self.results.append((spot, value))
            case cst.Expr(value=cst.Call() as call) | cst.Expr(value=cst.Await(expression=cst.Call() as call)):
                self._changed_by(call, spot)
            case cst.Return(value=value) if value is not None:
                self.results.append((spot, value))
            case cst.AnnAssign() if statement.value is not None:
                self._bind(statement.target, Binding(spot, "=", (statement.value,)))
            case cst.AugAssign(operator=cst.AddAssign(), value=cst.List(elements=[cst.Element(value=value)])):
                self._bind(statement.target, Binding(spot, ".append", (value,), whole=False))
            case cst.AugAssign():
                how = OPERATORS.get(type(statement.operator), "?=")
                self._bind(statement.target, Binding(spot, how, (statement.value,), whole=False))
            case cst.Del():
                for target in (statement.target, *getattr(statement.target, "elements", ())):
                    self._bind(getattr(target, "value", target) if isinstance(target, cst.Element) else target,
                               Binding(spot, "del", whole=False))  # fmt: skip
            case cst.For():
                inside = Spot(spot.order, (*spot.blocks, id(statement.body)))
                self._bind(statement.target, Binding(inside, "each", (statement.iter,), loop=statement))
                self.loops.add(id(statement.body))
            case cst.While():
                self.loops.add(id(statement.body))
            case cst.With():
                for item in statement.items:
                    if item.asname is not None:
                        self._bind(item.asname.name, Binding(spot, "with", (item.item,)))
            case cst.Import():
                for alias in statement.names:
                    self._import_module(alias, spot)
            case cst.ImportFrom(names=names):
                module, level = dotted(statement.module) or "" if statement.module else "", len(statement.relative)
                if isinstance(names, cst.ImportStar):
                    self.stars.append(Origin(module, None, level))
                for alias in names if not isinstance(names, cst.ImportStar) else ():
                    name = dotted(alias.name) or ""
                    binding = Binding(spot, "import", origin=Origin(module, name, level))
                    self.bindings.setdefault(_alias(alias) or name, []).append(binding)
            case cst.Global(names=items) | cst.Nonlocal(names=items):
                self.elsewhere.update(item.name.value for item in items)
            case _:
                pass
        for part in _expressions(statement):
            if type(part) is cst.NamedExpr:
                self._bind(part.target, Binding(spot, "=", (part.value,)))
        self._inside(statement, spot, ())

    def _changed_by(self, call: cst.Call, spot: Spot) -> None:
        """What a call changes that gives nothing back: the list that it appends to, the object whose attribute it sets."""
        if isinstance(call.func, cst.Attribute) and isinstance(call.func.value, cst.Name):
            self.asked.setdefault(call.func.value.value, []).append((spot, call))
        match call.func:
            case cst.Attribute(attr=cst.Name(value=method)) if method in _CHANGERS:
                root = _root(call.func)
                if root is not None:
                    _, keys = _key(call.func)
                    values = (*keys, *(one.value for one in call.args))
                    named = ",".join(one.keyword.value if one.keyword is not None else one.star for one in call.args)
                    how = f".{method} {named}" if named.strip(",") else f".{method}"
                    self.bindings.setdefault(root, []).append(Binding(spot, how, values, whole=False))
            case cst.Attribute(value=cst.Name(value=root), attr=cst.Name(value="execute")):
                self.bindings.setdefault(sent_by(root), []).append(Binding(spot, "=", (call,)))
            case cst.Name(value="setattr") if len(call.args) == _SETATTR:
                target, name, value = (one.value for one in call.args)
                root = target.value if isinstance(target, cst.Name) else _root(target)
                if root is not None:
                    known = name.evaluated_value if isinstance(name, cst.SimpleString) else None
                    how, values = (f".{known}=", (value,)) if isinstance(known, str) else (".setattr", (name, value))
                    self.bindings.setdefault(root, []).append(Binding(spot, how, values, whole=False))
            case cst.Name() | cst.Attribute():
                for one in call.args:
                    if isinstance(one.value, cst.Name) and one.value.value not in _CONSTANTS:
                        handed = Binding(spot, "handed", (call,), whole=False)
                        self.bindings.setdefault(one.value.value, []).append(handed)
            case _:
                pass

    def _import_module(self, alias: cst.ImportAlias, spot: Spot) -> None:
        name = dotted(alias.name) or ""
        bound = _alias(alias)
        origin = name if bound else name.partition(".")[0]
        self.bindings.setdefault(bound or origin, []).append(Binding(spot, "import", origin=Origin(origin, None)))

    def _inside(self, node: cst.CSTNode, spot: Spot, before: tuple[cst.CSTNode, ...]) -> None:
        """Note where a statement or a clause of one stands, and read the blocks that it holds."""
        self.spots[id(node)] = spot
        if not _is_compound(type(node)):
            return
        if isinstance(node, cst.BaseCompoundStatement) and not before and exits(node):
            self.guards.append(Guard(node, spot))
        for child in children(node):
            if isinstance(child, cst.BaseSuite):
                self.blocks[id(child)] = Block(node, spot, before)
                self._read(child.body, (*spot.blocks, id(child)))
            elif isinstance(child, (cst.If, *CLAUSES)):
                tests = (*before, node.test) if isinstance(node, cst.If) else ()
                fails = isinstance(child, (cst.ExceptHandler, cst.ExceptStarHandler))
                tests = (node,) if isinstance(node, (cst.For, cst.While)) or fails else tests
                if isinstance(child, cst.MatchCase) and isinstance(node, cst.Match):
                    self._capture(child, node.subject, Spot(spot.order, (*spot.blocks, id(child.body))))
                self._inside(child, spot, tests)

    def _capture(self, case: cst.MatchCase, subject: cst.CSTNode, spot: Spot) -> None:
        """The names of a pattern get parts of what is matched: which ones, the pattern says."""
        for part in within(case.pattern):
            name = part.rest if isinstance(part, cst.MatchMapping) else getattr(part, "name", None)
            if isinstance(part, (cst.MatchAs, cst.MatchStar, cst.MatchMapping)) and isinstance(name, cst.Name):
                self.bindings.setdefault(name.value, []).append(Binding(spot, "case", (subject, case.pattern)))


def parts(target: cst.Tuple | cst.List) -> Iterator[tuple[int, cst.BaseExpression]]:
    """What stands in a target of several, each with a number; one with a star gets more than an element."""
    for number, element in enumerate(target.elements):
        yield number + STARRED * isinstance(element, cst.StarredElement), element.value


STARRED = 1_000
"""More than a display has that anybody writes."""


order_of = attrgetter("spot.order")
"""The number of the statement that binds."""


_SETATTR = 3
_CONSTANTS = frozenset({"True", "False", "None"})


def _unpacked(
    target: cst.Tuple | cst.List, binding: Binding
) -> list[tuple[cst.BaseExpression, cst.BaseExpression]] | None:
    """What each name gets of values that are written out, as in `a, b = 1, 2`."""
    value = binding.values[0] if binding.how == "=" else None
    if not isinstance(value, (cst.Tuple, cst.List)) or len(value.elements) != len(target.elements):
        return None
    if any(not isinstance(one, cst.Element) for one in (*target.elements, *value.elements)):
        return None
    return [(one.value, other.value) for one, other in zip(target.elements, value.elements)]


def sent_by(name: str) -> str:
    """What a cursor was given last, by a name that nobody else has: what is fetched from it are rows of that."""
    return f"{name}.execute()"


def _key(node: cst.CSTNode) -> tuple[str, list[cst.CSTNode]]:
    """How a part of an object is named, and the keys on the way to it."""
    keys: list[cst.CSTNode] = []
    said = f".{node.attr.value}" if isinstance(node, cst.Attribute) else "[]"
    while isinstance(node, (cst.Attribute, cst.Subscript)):
        keys[:0] = node.slice if isinstance(node, cst.Subscript) else ()
        node = node.value
    return said, keys


def root_of(decorator: cst.BaseExpression) -> str | None:
    """The name of a decorator, or of what it is taken from."""
    return _root(decorator.func if isinstance(decorator, cst.Call) else decorator)


def _root(node: cst.CSTNode) -> str | None:
    """The name that a chain of attributes and items begins with; `vars()` of an object is what it holds."""
    while True:
        match node:
            case cst.Attribute(value=inner) | cst.Subscript(value=inner):
                node = inner
            case (
                cst.Call(func=cst.Name(value="vars"), args=[cst.Arg(value=cst.Name(value=name))]) | cst.Name(value=name)
            ):
                return name
            case _:
                return None


def _alias(alias: cst.ImportAlias) -> str | None:
    return alias.asname.name.value if alias.asname and isinstance(alias.asname.name, cst.Name) else None


def _expressions(statement: cst.CSTNode) -> Iterable[cst.CSTNode]:
    """What a statement evaluates itself, apart from the blocks that it holds; only where a name may be bound in it."""
    match statement:
        case cst.If() | cst.While():
            return within(statement.test)
        case cst.Expr() | cst.Assign() | cst.Return():
            return within(statement.value) if statement.value is not None else ()
    return ()
