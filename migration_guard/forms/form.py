"""The canonical form of what a migration does in Python: equal for two spellings of one change, and for no others.

What decides which rows are written counts: values wherever they are bound or collected, the conditions on the way, what
is returned by functions that are called for a value. How it is spelled does not: white space, comments, quotes, line
breaks, parentheses, the order of named arguments, names of functions, parameters and local variables, whether a value
has a name of its own, how an import is written. The form is ours: what a parser prints changes from one version to
the next, and a fingerprint must not.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Mapping as Bound
from dataclasses import dataclass, field, replace
from hashlib import sha256

import libcst as cst

from migration_guard.forms.bindings import Binding, Block, Guard, Names, Origin, Spot, branches, is_always, leaves
from migration_guard.forms.chain import chained
from migration_guard.forms.nodes import (
    OPERATORS,
    argument,
    calls,
    children,
    constant_truth,
    default,
    names_in,
    parameters,
    path,
    string_parts,
    within,
)
from migration_guard.forms.values import GIVEN, constant_form, is_whole, text_form, value_form
from migration_guard.interpreter.call import Frame
from migration_guard.interpreter.repository import Module, Repository, Scope
from migration_guard.interpreter.syntax import Source
from migration_guard.interpreter.values import Place, Value

MAX_LEVELS = 40
"""Names within names that are looked up; what lies deeper does not count."""
MAX_NAMES = 400
"""Names that are looked up for one form."""
MAX_DEPTH = 150
"""Expressions within expressions, names looked up included; what lies deeper does not count either."""
MAX_STEPS = 6_000
"""Expressions of one form; what comes after them does not count."""
MAX_LENGTH = 2_000
"""A part of a form that is longer stands there as a digest."""
DEEP = "deep"
AGAIN = "again"
"""A name whose value is made of what it was before."""


@dataclass(frozen=True, slots=True)
class Way:
    """The calls that were followed to a place, the innermost last, each with the statement that was being run."""

    frames: tuple[Frame, ...]
    statements: tuple[cst.CSTNode | None, ...]
    passes: tuple[dict[int, tuple[int, Value]], ...]
    """… and, by the nodes of its loops over literals, which element each is at."""

    @staticmethod
    def through(frames: Iterable[Frame]) -> Way:
        every = tuple(frames)
        return Way(
            every,
            tuple(frame.statement for frame in every),
            tuple(dict(frame.passes) for frame in every),
        )

    @property
    def loops(self) -> tuple[tuple[int, int], ...]:
        """What tells two passes of the loops on the way apart."""
        return tuple((node, number) for passes in self.passes for node, (number, _) in passes.items())


@dataclass(frozen=True, slots=True)
class _Where:
    """Where an expression is evaluated: in which function, at which of its statements, called from where."""

    names: Names
    node: cst.CSTNode
    source: Source | None
    spot: Spot | None
    outer: _Where | None = None
    """The function or the module around it."""
    caller: tuple[cst.CSTNode, _Where] | None = None
    """The call that led here, and where that stands."""
    bound_arguments: int = 0
    """How many parameters are bound already, as `self` is."""
    called: str = ""
    passes: Bound[int, tuple[int, Value]] = field(default_factory=dict)
    own: Bound[str, str] = field(default_factory=dict)
    """Names of a comprehension or a lambda around it, and how each is spelled in forms."""
    inside: tuple[str, ...] = ()
    """Conditions within the statement itself."""
    depth: int = 0

    @property
    def key(self) -> object:
        """Equal where a name means the same."""
        call, there = self.caller if self.caller is not None else (None, None)
        return (id(self.names), self.spot, id(call), there.key if there is not None else None)

    def at(self, spot: Spot | None) -> _Where:
        return replace(self, spot=spot, own={})


class Forms:
    """Makes the forms of one migration; what its functions bind is read once."""

    def __init__(self) -> None:
        self._known: dict[int, Names] = {}
        self.repository: Repository | None = None
        """Where imports are looked for."""

    def form(self, place: Place, way: Way) -> str:
        """Give the canonical form of the call or assignment at a place, with the conditions on the way to it."""
        form = self._of(way, place)
        return form.on_the_way(form.of_operation(place.whole), place)

    def around(self, statement: str, place: Place, way: Way, *, loose: bool) -> str:
        """Give the canonical form of SQL, with the conditions on the way to it.

        If it is `loose`, what the call puts into it goes with it: the expressions in its text, and its parameters.
        """
        form = self._of(way, place)
        made = f"{statement} {form.of_arguments(place.whole)}" if loose else statement
        return form.on_the_way(made, place)

    def _of(self, way: Way, place: Place) -> _Form:
        return _Form(way, place, self._known, self.repository)


class _Form:
    """Makes one form."""

    def __init__(self, way: Way, place: Place, known: dict[int, Names], repository: Repository | None) -> None:
        self._known = known
        self._repository = repository
        self._lookups = 0
        self._levels = 0
        self._depth = 0
        self._steps = 0
        self._made_before: dict[object, str] = {}
        """What names stand for, where they were looked up: all of it is said at least once in a form."""
        self._open: set[object] = set()
        """What is being looked up: met within itself, it is said once."""
        self._way: list[_Where] = []
        self._frames(way, place)

    # --- Where things stand ------------------------------------------------------------------------------------------

    def _names(self, node: cst.CSTNode) -> Names:
        names = self._known.get(id(node))
        if names is None:
            names = self._known[id(node)] = Names.of(node)
        return names

    def _frames(self, way: Way, place: Place) -> None:
        """The frames on the way, the outermost first."""
        ends = [frame.place.whole if frame.place is not None else None for frame in way.frames[1:]]
        for frame, statement, passes, end in zip(way.frames, way.statements, way.passes, [*ends, place.whole]):
            names = self._names(frame.node)
            caller = (frame.place.whole, self._way[-1]) if frame.place is not None and self._way else None
            where = _Where(
                names,
                frame.node,
                frame.scope.module.source,
                names.spots.get(id(statement)),
                outer=self._outer(frame.scope, way.frames),
                caller=caller,
                bound_arguments=int(frame.function is not None and frame.function.bound is not None),
                called=frame.name,
                passes=passes,
            )
            if statement is not None and end is not None:
                where = self._within(where, statement, end)
            self._way.append(where)

    def _within(self, where: _Where, statement: cst.CSTNode, end: cst.CSTNode) -> _Where:
        """Follow a statement down to the call that is made in it, through comprehensions and conditional expressions."""
        for node, child in path(statement, end):
            match node:
                case cst.GeneratorExp() | cst.ListComp() | cst.SetComp() | cst.DictComp() if child is not node.for_in:
                    part: cst.CompFor | None = node.for_in
                    while part is not None:
                        element = f"each {self._of(part.iter, where)}"
                        where = replace(where, own={**where.own, **dict.fromkeys(_targets(part.target), element)})
                        tests = tuple(self._condition(one.test, where) for one in part.ifs)
                        where = replace(where, inside=(*where.inside, *tests))
                        part = part.inner_for_in
                case cst.IfExp(test=test) if child is not test:
                    negation = "not " if child is node.orelse else ""
                    where = replace(where, inside=(*where.inside, f"{negation}{self._condition(test, where)}"))
                case cst.BooleanOperation(left=left) if child is node.right:
                    negation = "not " if isinstance(node.operator, cst.Or) else ""
                    where = replace(where, inside=(*where.inside, f"{negation}{self._condition(left, where)}"))
                case _:
                    pass
        return where

    def _outer(self, scope: Scope, frames: Sequence[Frame]) -> _Where | None:
        """The function around another one, if it is on the way; else the module."""
        for where, frame in zip(reversed(self._way), reversed(frames[: len(self._way)])):
            if frame.scope is scope.parent:
                return where.at(None)
        source = scope.module.source
        return self._module(source) if source is not None and scope.parent is not None else None

    def _module(self, source: Source) -> _Where:
        return _Where(self._names(source.tree), source.tree, source, None)

    # --- Operations --------------------------------------------------------------------------------------------------

    def of_operation(self, node: cst.CSTNode) -> str:
        if isinstance(node, (cst.Module, cst.FunctionDef, cst.ClassDef)):
            return ""  # the framework itself makes the call
        return self._of(node, self._way[-1])

    def of_arguments(self, node: cst.CSTNode) -> str:
        """What a call puts into a statement whose text is told already."""
        if not isinstance(node, cst.Call):
            return self.of_operation(node)
        where = self._way[-1]
        parts: list[str] = []
        for number, one in enumerate(node.args):
            if number == 0 and one.keyword is None:
                parts += self._filled(one.value, where)
            else:
                name = f"{one.keyword.value}=" if one.keyword is not None else one.star
                parts.append(name + self._of(one.value, where))
        return "; ".join(parts)

    def _filled(self, node: cst.CSTNode, where: _Where) -> list[str]:
        """What stands in the holes of a text; the text itself is not said."""
        self._depth += 1
        parts = self._holes(node, where) if self._depth < MAX_DEPTH else [DEEP]
        self._depth -= 1
        return parts

    def _holes(self, node: cst.CSTNode, where: _Where) -> list[str]:
        match node:
            case cst.SimpleString():
                return []
            case cst.ConcatenatedString() | cst.FormattedString():
                return [self._hole(part, where) for part in string_parts(node) if not isinstance(part, str)]
            case cst.BinaryOperation(operator=cst.Add()):
                return [*self._filled(node.left, where), *self._filled(node.right, where)]
            case cst.BinaryOperation(operator=cst.Modulo()):
                return [*self._filled(node.left, where), self._of(node.right, where)]
            case cst.IfExp():
                sides = [*self._filled(node.body, where), *self._filled(node.orelse, where)]
                return [self._of(node.test, where), *sides]
            case cst.Call(func=cst.Attribute(value=receiver, attr=cst.Name(value="format" | "replace" | "bindparams"))):
                return [*self._filled(receiver, where), *(self._of(one.value, where) for one in node.args)]
            case cst.Call(func=cst.Attribute(value=receiver)) if not node.args:
                return self._filled(receiver, where)
            case cst.Call() if len(node.args) == 1 and self._of(node.func, where) in _WRAPPERS:
                return self._filled(node.args[0].value, where)
            case cst.Name():
                found = self._resolved(node.value, where)
                if isinstance(found, tuple):
                    name, there = found
                    return [part for value, at in self._values(name, there) for part in self._filled(value, at)]
        return [self._of(node, where)]

    def _hole(self, node: cst.CSTNode, where: _Where) -> str:
        """What stands in braces; a string that is known is part of the text already."""
        made = self._of(node, where)
        return "" if made.startswith('"') and made.endswith('"') else made

    def _values(self, name: str, where: _Where) -> Iterator[tuple[cst.CSTNode, _Where]]:
        """The expressions that a name stands for, as far as there are plain ones."""
        key = (name, id(where.names), where.spot)
        if key in self._open or self._lookups > MAX_NAMES:
            return
        self._open.add(key)
        self._lookups += 1
        reaching = where.names.reaching(name, where.spot)
        for one in reaching:
            for value in one.values:
                yield value, where.at(one.spot)
        if not reaching and (passed := self._passed(name, where)) is not None:
            yield passed
        self._open.discard(key)

    # --- Conditions --------------------------------------------------------------------------------------------------

    def on_the_way(self, made: str, place: Place) -> str:
        """Add the conditions under which the statements on the way run, the outermost first."""
        conditions: list[str] = []
        spoken = (
            names_in(place.whole)
            if not isinstance(place.whole, (cst.Module, cst.FunctionDef, cst.ClassDef))
            else frozenset[str]()
        )
        home = self._way[0].source if self._way else None
        for where in reversed(self._way):
            conditions[:0] = [*self._conditions(where, spoken, near=where.source is home), *where.inside]
            spoken = names_in(where.caller[0]) if where.caller is not None else frozenset()
        return f"{made} WHERE {' AND '.join(conditions)}" if conditions else made

    def _conditions(self, where: _Where, spoken: frozenset[str], *, near: bool) -> Iterator[str]:
        """Of one function; in another file only those that speak of what is written: the rest is how it is written."""
        spot = where.spot
        if spot is None:
            return
        found: list[tuple[int, Iterator[str]]] = []
        for block in spot.blocks:
            known = where.names.blocks.get(block)
            if known is not None and (near or _speaks(known.owner, spoken)):
                found.append((known.spot.order, self._block(known, block, where)))
        for guard in where.names.guards:
            stands_before = guard.spot.order < spot.order and guard.spot.blocks == spot.blocks[: len(guard.spot.blocks)]
            if stands_before and not any(id(suite) in spot.blocks for _, suite in branches(guard.node)):
                found.append((guard.spot.order, self._guard(guard, where, spoken)))
        for _, said in sorted(found, key=lambda pair: pair[0]):
            yield from said

    def _block(self, block: Block, suite: int, where: _Where) -> Iterator[str]:
        there = where.at(block.spot)
        match block.owner:
            case cst.If(test=test):
                yield from (f"not {self._condition(one, there)}" for one in block.before)
                if not is_always(test):
                    yield self._condition(test, there)
            case cst.Else() if block.before:
                yield from (f"not {self._condition(one, there)}" for one in block.before if constant_truth(one) is None)
            case cst.While(test=test) if id(block.owner.body) == suite and constant_truth(test) is None:
                yield f"while {self._condition(test, there)}"
            case cst.For(iter=items) if id(block.owner.body) == suite and id(block.owner) not in where.passes:
                yield f"for {self._of(items, there)}"
            case cst.ExceptHandler() | cst.ExceptStarHandler():
                yield "except"
            case cst.MatchCase(pattern=pattern, guard=guard):
                yield f"case {self._of(pattern, there)}{self._condition(guard, there) if guard is not None else ''}"
            case _:
                pass

    def _guard(self, guard: Guard, where: _Where, spoken: frozenset[str]) -> Iterator[str]:
        """What an `if` that may leave before says of what runs behind it.

        One that leaves the pass of a loop decides on its rows. One that leaves the function is of the same kind only
        where it speaks of what is written: others say whether the migration runs at all.
        """
        in_loop = any(block in where.names.loops for block in guard.spot.blocks)
        for test, suite in branches(guard.node):
            if not leaves(suite) or (test is not None and constant_truth(test) is False):
                continue
            if not (in_loop or (test is not None and self._speaks_of_rows(names_in(test) & spoken, where))):
                continue
            made = self._condition(test, where.at(guard.spot)) if test is not None else "else"
            yield f"unless {made}"

    def _speaks_of_rows(self, names: frozenset[str], where: _Where) -> bool:
        """Whether any of these names is more than a way to the database."""
        return any(not self._name(name, where).startswith("alembic.") for name in names)

    def _condition(self, test: cst.CSTNode, where: _Where) -> str:
        return f"({self._of(test, where)})"

    # --- Names -------------------------------------------------------------------------------------------------------

    def _resolved(self, name: str, where: _Where) -> str | tuple[str, _Where]:
        """Where a name is bound that is used somewhere; itself if nowhere in sight."""
        if name in where.own:
            return where.own[name]
        one: _Where | None = where
        while one is not None:
            if name in one.names.bindings or name in parameters(one.node):
                return name, one
            one = one.outer
        return name

    def _name(self, name: str, where: _Where) -> str:
        found = self._resolved(name, where)
        if isinstance(found, str):
            return found
        _, there = found
        key = (name, there.key)
        if key not in self._made_before:
            self._made_before[key] = AGAIN
            self._made_before[key] = self._looked_up(name, there)
        return self._made_before[key]

    def _looked_up(self, name: str, there: _Where) -> str:
        reaching = there.names.reaching(name, there.spot)
        if name in parameters(there.node) and not any(one.whole and not one.spot.blocks for one in reaching):
            first = self._parameter(name, there)
            return self._changed(first, reaching, there) if reaching else first
        return self._bindings(name, reaching, there)

    def _bindings(self, name: str, bindings: Sequence[Binding], where: _Where) -> str:
        key = (name, id(where.names), tuple(one.spot.order for one in bindings))
        if key in self._open:
            return AGAIN
        self._lookups += 1
        if self._levels >= MAX_LEVELS or self._lookups > MAX_NAMES:
            return DEEP
        self._open.add(key)
        self._levels += 1
        made = self._changed(None, bindings, where)
        self._levels -= 1
        self._open.discard(key)
        return made

    def _changed(self, first: str | None, bindings: Sequence[Binding], where: _Where) -> str:
        """What a name holds after its bindings; where the same value is bound several times does not count."""
        said = [self._binding(one, where) for one in bindings]
        plain = {value for _, value in said}
        if first is None and len(plain) == 1 and all(one.whole for one in bindings):
            return plain.pop()
        shown = [f"{condition}{value}" for condition, value in said if value]
        begin = [first] if first is not None else []
        return _short(f"<{'; '.join([*begin, *dict.fromkeys(shown)])}>") if shown else first or ""

    def _binding(self, one: Binding, where: _Where) -> tuple[str, str]:
        """The conditions of a binding that its use does not share, and its value."""
        if one.origin is not None:
            return "", self._imported(one.origin, where)
        if one.how == "class":
            return "", self._class_name(one, where)
        if one.function is not None:
            return "", self._function(one.function, where)
        there = where.at(one.spot)
        shared = where.spot.blocks if where.spot is not None else ()
        conditions = [
            condition
            for block in one.spot.blocks
            if block not in shared and (known := where.names.blocks.get(block)) is not None
            if not isinstance(known.owner, cst.For)
            for condition in self._block(known, block, there)
        ]
        guard = f"if {' and '.join(conditions)}: " if conditions else ""
        if one.loop is not None:
            return guard, self._element(one, where, there)
        if one.how == "handed":
            return guard, self._handed(one, there)
        values = [self._of(value, there) for value in one.values]
        if one.how == "=":
            return guard, values[0]
        return guard, f"{one.how} {', '.join(values)}"

    def _class_name(self, one: Binding, where: _Where) -> str:
        return next(name for name, every in where.names.bindings.items() if one in every)

    def _element(self, one: Binding, where: _Where, there: _Where) -> str:
        """What a loop's target stands for: the element that a loop over a literal is at, else any of them."""
        assert one.loop is not None
        at = where.passes.get(id(one.loop))
        if at is not None:
            number, value = at
            part: Value | None = value
            for index in one.path:
                elements = part.elements() if part is not None else None
                part = elements[index] if elements is not None and index < len(elements) else None
            if part is not None and is_whole(part):
                return value_form(part)
            node = _part(self._display(one.loop.iter, there), number)
            for index in one.path:
                node = _part(node, index)
            if node is not None:
                return self._of(node, there)
        return f"{one.how} {self._of(one.values[0], there)}"

    def _display(self, node: cst.CSTNode, where: _Where) -> cst.CSTNode | None:
        """The display that an expression is, or that a name was bound to."""
        if isinstance(node, cst.Name):
            found = self._resolved(node.value, where)
            bindings = found[1].names.reaching(node.value, found[1].spot) if isinstance(found, tuple) else []
            node = bindings[0].values[0] if len(bindings) == 1 and bindings[0].how == "=" else node
        return node

    def _handed(self, one: Binding, where: _Where) -> str:
        """A name is handed to a function of the same file that changes what it holds; others are taken to read it."""
        call = one.values[0]
        function = self._called(call, where) if isinstance(call, cst.Call) else None
        if function is None or not isinstance(call, cst.Call):
            return ""
        node, there = function
        names = self._names(node)
        changes = any(not binding.whole and binding.how != "handed"
                      for name in parameters(node) for binding in names.bindings.get(name, ()))  # fmt: skip
        if not changes:
            return ""
        key = ("handed", id(node), ())
        if key in self._open:
            return AGAIN  # a function that hands on to itself what it changes
        self._lookups += 1
        if self._levels >= MAX_LEVELS or self._lookups > MAX_NAMES:
            return DEEP
        self._open.add(key)
        self._levels += 1
        inside = replace(there, caller=(call, where))
        told = [
            f"{self._changed(GIVEN, names.bindings[name], inside)}"
            for name in parameters(node)
            if any(not binding.whole for binding in names.bindings.get(name, ()))
        ]
        self._levels -= 1
        self._open.discard(key)
        return f"handed {'; '.join(told)}"

    def _imported(self, origin: Origin, where: _Where) -> str:
        """What an import gives: a value of the repository as it is defined there, else what it is called."""
        module = self._found(origin, where)
        if module is None or module.source is None or origin.name is None:
            return origin.qualified.replace("sqlalchemy.sql.expression.", "sqlalchemy.").replace(
                "sqlalchemy.sql.", "sqlalchemy."
            )
        there = self._module(module.source)
        bindings = there.names.bindings.get(origin.name, [])
        if not bindings or any(one.how == "class" for one in bindings):
            return origin.name
        return self._bindings(origin.name, bindings, there)

    def _found(self, origin: Origin, where: _Where) -> Module | None:
        if self._repository is None or where.source is None or not (origin.module or origin.level):
            return None
        return self._repository.find(origin.module, where.source.path, origin.level)

    def _parameter(self, name: str, where: _Where) -> str:
        """What the caller passes for a parameter, else its default."""
        key = (name, id(where.names), "parameter")
        if key in self._open:
            return AGAIN
        if self._levels >= MAX_LEVELS or self._lookups > MAX_NAMES:
            return DEEP
        self._lookups += 1
        self._open.add(key)
        self._levels += 1
        passed = self._passed(name, where)
        made = self._of(*passed) if passed is not None else f"{GIVEN} {parameters(where.node).index(name)}"
        self._levels -= 1
        self._open.discard(key)
        return made

    @staticmethod
    def _passed(name: str, where: _Where) -> tuple[cst.CSTNode, _Where] | None:
        """The expression that a parameter stands for, and where that is evaluated."""
        if name not in parameters(where.node):
            return None
        if where.caller is not None:
            call, there = where.caller
            if isinstance(call, cst.Call) and (not where.called or calls(call, where.called)):
                found = argument(where.node, call, name, skip=where.bound_arguments)
                if found is not None:
                    return found, there
        fallback = default(where.node, name)
        return (
            (fallback, where.outer if where.outer is not None else where.at(Spot(0))) if fallback is not None else None
        )

    # --- Functions that are called for their values ------------------------------------------------------------------

    def _called(self, call: cst.Call, where: _Where) -> tuple[cst.FunctionDef, _Where] | None:
        """The function of the repository that a call leads to, and where its body stands."""
        if not isinstance(call.func, cst.Name):
            return None
        return self._defined(call.func.value, where)

    def _defined(self, name: str, where: _Where) -> tuple[cst.FunctionDef, _Where] | None:
        found = self._resolved(name, where)
        if isinstance(found, str):
            return None
        _, there = found
        bindings = there.names.bindings.get(name, [])
        if len(bindings) != 1:
            return None
        one = bindings[0]
        if one.function is not None:
            node = one.function
            return node, _Where(self._names(node), node, there.source, None, outer=there.at(None))
        if one.origin is not None and one.origin.name is not None:
            module = self._found(one.origin, where)
            if module is not None and module.source is not None:
                return self._defined_in(one.origin.name, module)
        return None

    def _defined_in(self, name: str, module: Module) -> tuple[cst.FunctionDef, _Where] | None:
        assert module.source is not None
        there = self._module(module.source)
        every = there.names.bindings.get(name, [])
        node = every[0].function if len(every) == 1 else None
        return (node, _Where(self._names(node), node, there.source, None, outer=there)) if node is not None else None

    def _results(self, inside: _Where) -> str:
        """What a function gives back: its results, each under its conditions."""
        said = []
        for spot, value in inside.names.results:
            at = inside.at(spot)
            conditions = list(self._conditions(at, names_in(value), near=True))
            made = self._of(value, at)
            said.append(f"{made} WHERE {' AND '.join(conditions)}" if conditions else made)
        return said[0] if len(said) == 1 else f"<{'; '.join(said)}>"

    def _function(self, node: cst.FunctionDef, where: _Where) -> str:
        """A function that is not called here, but handed on: what it gives for what it is called with."""
        key = (id(node), "function")
        if key in self._open or self._levels >= MAX_LEVELS:
            return AGAIN
        self._open.add(key)
        self._levels += 1
        inside = _Where(self._names(node), node, where.source, None, outer=where.at(None))
        made = self._results(inside)
        self._levels -= 1
        self._open.discard(key)
        return _short(f"function<{made}>")

    def _value_of_call(self, call: cst.Call, where: _Where) -> str | None:
        """What a call of a function of the repository gives, None where it leads to none."""
        found = self._called(call, where)
        if found is None:
            return None
        node, inside = found
        key = (id(node), "called")
        if key in self._open or self._levels >= MAX_LEVELS:
            return AGAIN
        if not inside.names.results:
            return None
        self._open.add(key)
        self._levels += 1
        made = self._results(replace(inside, caller=(call, where)))
        self._levels -= 1
        self._open.discard(key)
        return made

    # --- Expressions -------------------------------------------------------------------------------------------------

    def _of(self, node: cst.CSTNode, where: _Where) -> str:
        self._steps += 1
        if self._depth >= MAX_DEPTH or self._steps > MAX_STEPS:
            return DEEP
        self._depth += 1
        made = self._made(node, where)
        self._depth -= 1
        return _short(made)

    def _made(self, node: cst.CSTNode, where: _Where) -> str:
        match node:
            case cst.Name():
                return self._name(node.value, where)
            case cst.Integer() | cst.Float() | cst.Imaginary():
                return constant_form(node.evaluated_value)
            case cst.SimpleString() | cst.ConcatenatedString() | cst.FormattedString():
                return self._string(node, where)
            case cst.Attribute() | cst.Call() | cst.Subscript():
                return chained(node, lambda one: self._of(one, where), lambda call: self._value_of_call(call, where))
            case cst.Dict():
                return f"{{{', '.join(self._items(node, where))}}}"
            case cst.List() | cst.Tuple() | cst.Set():
                return f"[{', '.join(self._all(node.elements, where))}]"
            case cst.Assign():
                return " = ".join(self._all([*(target.target for target in node.targets), node.value], where))
            case cst.BinaryOperation():
                return self._operation(node, where)
            case cst.NamedExpr(value=value):
                return self._of(value, where)
            case cst.Lambda() | cst.GeneratorExp() | cst.ListComp() | cst.SetComp() | cst.DictComp():
                return self._scope(node, where)
        return self._other(node, where)

    def _operation(self, node: cst.BinaryOperation, where: _Where) -> str:
        """A long sum nests to the left as deeply as it is long."""
        right: list[cst.CSTNode] = []
        left: cst.CSTNode = node
        while isinstance(left, cst.BinaryOperation):
            right += [left.right, left.operator]
            left = left.left
        return f"({' '.join(self._all([left, *reversed(right)], where))})"

    def _items(self, node: cst.Dict, where: _Where) -> list[str]:
        """The order of a dictionary does not count."""
        return sorted(
            f"{self._of(item.key, where)}: {self._of(item.value, where)}"
            if isinstance(item, cst.DictElement)
            else f"**{self._of(item.value, where)}"
            for item in node.elements
        )

    def _string(self, node: cst.CSTNode, where: _Where) -> str:
        """Adjacent strings are one; what stands in braces is an expression."""
        pieces: list[str] = []
        known: list[str] = []
        for part in string_parts(node):
            if isinstance(part, str):
                known.append(part)
            else:
                pieces += [json.dumps("".join(known)), self._of(part, where)]
                known = []
        text = "".join(known)
        return " ".join([*pieces, json.dumps(text)]) if pieces else text_form(text)

    def _scope(self, node: cst.CSTNode, where: _Where) -> str:
        every = parameters(node)
        every += [name for part in within(node) if isinstance(part, cst.CompFor) for name in _targets(part.target)]
        own = {name: f"bound {where.depth}.{number}" for number, name in enumerate(dict.fromkeys(every))}
        inside = replace(where, own={**where.own, **own}, depth=where.depth + 1)
        return self._other(node, inside)

    def _other(self, node: cst.CSTNode, where: _Where) -> str:
        if type(node) in OPERATORS:
            return OPERATORS[type(node)]
        return f"{_kind(node)}({', '.join(self._all(children(node), where))})"

    def _all(self, nodes: Iterable[cst.CSTNode], where: _Where) -> list[str]:
        return [self._of(node, where) for node in nodes]


_WRAPPERS = frozenset({"sqlalchemy.text", "textwrap.dedent", "psycopg.sql.SQL", "psycopg2.sql.SQL", "str"})
"""What gives the text that it is called with."""


def _speaks(owner: cst.CSTNode, names: frozenset[str]) -> bool:
    """Whether the condition of a block speaks of any of these names."""
    condition = getattr(owner, "test", None)
    return isinstance(condition, cst.CSTNode) and bool(names_in(condition) & names)


def _part(node: cst.CSTNode | None, index: int) -> cst.CSTNode | None:
    """An element of a display."""
    elements = getattr(node, "elements", ())
    return elements[index].value if index < len(elements) else None


def _short(made: str) -> str:
    if len(made) <= MAX_LENGTH:
        return made
    return f"#{sha256(made.encode(errors='surrogatepass')).hexdigest()}"


def _kind(node: cst.CSTNode) -> str:
    return {cst.Element: "", cst.Arg: ""}.get(type(node), type(node).__name__)


def _targets(node: cst.CSTNode) -> Iterator[str]:
    return (part.value for part in within(node) if isinstance(part, cst.Name))
