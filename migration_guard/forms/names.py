"""What names stand for: values, what is collected in them, what is passed for parameters, what functions give."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256

import libcst as cst

from migration_guard.forms.bindings import Binding, Names, Origin, Reach, order_of, root_of, sent_by
from migration_guard.forms.conditions import Conditions
from migration_guard.forms.nodes import argument, calls, names_in, remaining
from migration_guard.forms.values import GIVEN, has_form, value_form
from migration_guard.forms.where import Where
from migration_guard.interpreter.repository import Repository
from migration_guard.interpreter.values import Value
from migration_guard.later import re
from migration_guard.lean import replace

MAX_LEVELS = 40
"""Names within names that are looked up; what lies deeper does not count."""
MAX_NAMES = 400
"""Names that are looked up for one form."""
MAX_LENGTH = 2_000
"""A part of a form that is longer stands there as a digest."""
_PROGRESS = frozenset({"tqdm.tqdm", "tqdm.auto.tqdm", "tqdm.std.tqdm", "rich.progress.track"})
"""What goes over what it is given, and shows how far it is."""
_CALLS_OF_CALLS = 20
"""Calls of what calls gave, as `partial(f, 1)(2)`, that are followed back."""
_WAY = re.compile(rf"alembic\.|(?:self|{GIVEN} \d+)$")
"""The form of a way to the database, or of what an entry point is given."""
DEEP = "deep"
AGAIN = "again"
"""A name whose value is made of what it was before."""


class NameForms(Conditions):
    """Says what names stand for."""

    def __init__(self, known: dict[int, Names], repository: Repository | None) -> None:
        super().__init__(known, repository)
        self._lookups = 0
        self._levels = 0
        self._made_before: dict[object, str] = {}
        """What names stand for, where they were looked up: all of it is said at least once in a form."""
        self._open: set[object] = set()
        """What is being looked up: met within itself, it is said once."""

    def _once(self, key: object, made: Callable[[], str]) -> str:
        """Say what may lead back to itself: met within itself it is only named, and beyond the limits it is not said."""
        if key in self._open:
            return AGAIN
        self._lookups += 1
        if self._levels >= MAX_LEVELS or self._lookups > MAX_NAMES:
            return DEEP
        self._open.add(key)
        self._levels += 1
        said = made()
        self._levels -= 1
        self._open.discard(key)
        return said

    def _name(self, name: str, where: Where) -> str:
        found = self._resolved(name, where)
        if isinstance(found, str):
            return found
        _, there = found
        key = (name, there.key)
        said = self._made_before.get(key)
        if said is None:
            self._made_before[key] = AGAIN
            said = self._made_before[key] = self._looked_up(name, there)
        return said

    def _looked_up(self, name: str, there: Where) -> str:
        reach = there.names.reach(name, there.spot)
        whole = reach.wholes if reach is not None else ()
        if name in there.names.parameters and all(one.spot.blocks for one in whole):
            first = self._parameter(name, there)
            return self._changed(first, self._awake(reach, there), there) if reach is not None else first
        made = self._reached(name, reach, there)
        if there.outer is not None and reach is not None and not there.names.binds(name):
            outside = self._name(name, there.outer)
            return short(f"<{outside}; {made}>") if made else outside
        changed = list(self._changed_in_functions(name, there))
        return short(f"<{made}; {'; '.join(changed)}>") if changed else made

    def _reached(self, name: str, reach: Reach | None, where: Where) -> str:
        """What a name holds where some of its bindings reach."""
        if reach is None:
            return self._bindings(name, (), where)
        key = (name, id(where.names), *reach.orders)
        return self._once(key, lambda: self._changed(None, self._awake(reach, where), where))

    @staticmethod
    def _awake(reach: Reach, where: Where) -> list[Binding]:
        """The bindings that reach somewhere, but for those of which it is known that they change nothing."""
        return reach.awake(_around(where), _idle(where))

    def _changed_in_functions(self, name: str, module: Where) -> Iterator[str]:
        """What functions make of a name of their module: whether they were called, and when, is not asked."""
        if not any(_may_change(one) for one in module.names.bindings.get(name, ())) and name not in self._set(module):
            return
        for function in self._functions(module.names):
            names = self._names(function)
            bound = [one for one in names.bindings.get(name, ()) if one.how != "handed"]
            if bound and not names.binds(name) and name not in names.parameters:
                inside = Where(names, function, module.source, None, outer=module)
                yield self._bindings(name, bound, inside)
                around: cst.FunctionDef | None = function
                while around is not None:
                    yield from (self._function(one, module) for one in self._decorated(module, around.name.value))
                    around = self._around(around, module.names)

    def _set(self, module: Where) -> frozenset[str]:
        """The names that functions of a module, or of a function, declare to be those of a scope around them."""
        names = module.names
        if names.declared is None:
            every = (self._names(function).elsewhere for function in self._functions(names))
            names.declared = frozenset().union(*every)
        return names.declared

    def _decorated(self, module: Where, name: str) -> list[cst.FunctionDef]:
        """The functions of a module that one of this name decorates, or that register with it."""
        names = module.names
        if names.decorated is None:
            names.decorated = {}
            for function in self._functions(names):
                for root in (root_of(one.decorator) for one in function.decorators):
                    names.decorated.setdefault(root, []).append(function)
        return names.decorated.get(name, [])

    def _functions(self, names: Names) -> Iterator[cst.FunctionDef]:
        """The functions of a module, those of its classes and within others included."""
        for function in names.functions:
            yield function
            yield from self._functions(self._names(function))

    def _bindings(self, name: str, bindings: Sequence[Binding], where: Where) -> str:
        key = (name, id(where.names), *map(order_of, bindings))
        return self._once(key, lambda: self._changed(None, bindings, where))

    def _changed(self, first: str | None, bindings: Sequence[Binding], where: Where) -> str:
        """What a name holds after its bindings; where the same value is bound several times does not count."""
        telling = self._telling(bindings, where)
        said = [pair for one in telling for pair in self._said_of(one, where)]
        plain = {value for _, value in said}
        if first is None and len(plain) == 1 and all(one.whole for one in telling):
            return plain.pop()
        shown = [f"{condition}{value}" for condition, value in said if value]
        begin = [first] if first is not None else []
        return short(f"<{'; '.join([*begin, *dict.fromkeys(shown)])}>") if shown else first or ""

    def _telling(self, bindings: Sequence[Binding], where: Where) -> list[Binding]:
        """All but those that hand a name to what leaves it as it is: a script does so with its engine a thousand times."""
        idle = _idle(where)
        idle.update(
            id(one)
            for one in bindings
            if one.how == "handed" and id(one) not in idle and not self._changes_handed(one, where)
        )
        return [one for one in bindings if id(one) not in idle]

    def _said_of(self, one: Binding, where: Where, tests: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
        """A binding with its conditions; what is set to a conditional expression is set under two of them."""
        value = one.values[-1] if one.values and one.how.endswith("=") and one.how != "=" else None
        there = where.at(one.spot)
        if not isinstance(value, cst.IfExp) or not self._of(value, there).startswith("<if "):
            yield self._binding(one, where, tests)
            return
        for side, holds in ((value.body, True), (value.orelse, False)):
            further = (*tests, *self._said(value.test, there, holds=holds))
            yield from self._said_of(replace(one, values=(*one.values[:-1], side)), where, further)

    def _binding(self, one: Binding, where: Where, tests: tuple[str, ...] = ()) -> tuple[str, str]:
        """The conditions of a binding that its use does not share, and its value."""
        if one.origin is not None:
            return "", self._imported(one.origin, where)
        if one.how == "class":
            return "", self._class_name(one, where)
        if one.function is not None:
            return "", self._function(one.function, where)
        self._sets(one.how)
        there = where.at(one.spot)
        shared = where.spot.blocks if where.spot is not None else ()
        conditions = [
            condition
            for block in one.spot.blocks
            if block not in shared and (known := where.names.blocks.get(block)) is not None
            if not isinstance(known.owner, cst.For)
            for condition in self._block(known, block, there)
        ]
        conditions += tests
        guard = f"if {' and '.join(conditions)}: " if conditions else ""
        if one.loop is not None:
            return guard, self._element(one, where, there)
        if one.how == "handed":
            return guard, self._handed(one, there)
        values = [self._of(value, there) for value in one.values]
        if one.how == "=":
            return guard, values[0]
        return guard, f"{one.how} {', '.join(values)}"

    def _class_name(self, one: Binding, where: Where) -> str:
        if one.definition is not None:
            self._meets(one.definition, where)
        return next(name for name, every in where.names.bindings.items() if one in every)

    def _element(self, one: Binding, where: Where, there: Where) -> str:
        """What a loop's target stands for: the element that a loop over a literal is at, else any of them."""
        assert one.loop is not None
        at = where.passes.get(id(one.loop))
        if at is not None:
            number, value = at
            part: Value | None = value
            for index in one.path:
                elements = part.elements() if part is not None else None
                part = elements[index] if elements is not None and index < len(elements) else None
            if part is not None and has_form(part):
                return value_form(part)
            node = _part(self._display(one.loop.iter, there), number)
            for index in one.path:
                node = _part(node, index)
            if node is not None:
                return self._of(node, there)
        return self._each(one.loop.iter, one.path, there)

    def _each(self, iterated: cst.BaseExpression, parts: tuple[int, ...], where: Where) -> str:
        """Any element of what a loop goes over, or a part of one; a number beside it does not count."""
        while (inner := self._numbered(iterated, where)) is not None and parts[:1] != (0,):
            iterated, parts = inner, parts[1:]
        return f"each ({self._rows(iterated, where)}){''.join(f'.[]({part})' for part in parts)}"

    def _iterated(self, node: cst.BaseExpression, where: Where) -> str:
        while (inner := self._numbered(node, where)) is not None:
            node = inner
        return self._rows(node, where)

    def _rows(self, node: cst.CSTNode, where: Where) -> str:
        """What is gone over: of a cursor the rows of what it was given last."""
        sent = self._sent(node.value, where) if isinstance(node, cst.Name) else None
        return sent if sent is not None else self._of(node, where)

    def _sent(self, name: str, where: Where) -> str | None:
        """What a cursor was given last, None where a name is none."""
        found = self._resolved(name, where)
        if isinstance(found, str):
            return None
        _, there = found
        if sent_by(name) in there.names.bindings:
            return self._name(sent_by(name), there)
        passed = self._passed(name, there)
        return self._sent(passed[0].value, passed[1]) if passed and isinstance(passed[0], cst.Name) else None

    def _numbered(self, node: cst.CSTNode, where: Where) -> cst.BaseExpression | None:
        """What is numbered by `enumerate`."""
        match node:
            case cst.Call(func=cst.Name(value="enumerate"), args=[first, *_]) if not first.star:
                return first.value if self._resolved("enumerate", where) == "enumerate" else None
            case cst.Call(func=cst.Name(value="tqdm" | "track") as function, args=[first, *_]) if not first.star:
                return first.value if self._of(function, where) in _PROGRESS else None
        return None

    def _display(self, node: cst.CSTNode, where: Where) -> cst.CSTNode:
        """The display that an expression is, or that a name was bound to."""
        if isinstance(node, cst.Name):
            bound = self._bound(node.value, where)
            return bound[0] if bound is not None else node
        return node

    def _changes_handed(self, one: Binding, where: Where) -> bool:
        """Whether a function of the same file changes what it is handed; a script hands its engine on a thousand times."""
        known = where.names.handed
        key = (id(one.values[0]), _around(where))
        if key not in known:
            known[key] = self._changing(one.values[0], where.at(one.spot)) is not None
        return known[key]

    def _changing(self, call: cst.CSTNode, where: Where) -> tuple[cst.FunctionDef, Where, list[list[Binding]]] | None:
        """The function that a call leads to, and how it changes what it is given; others are taken to read it."""
        function = self._called(call, where) if isinstance(call, cst.Call) else None
        if function is None:
            return None
        node, there = function
        names = self._names(node)
        changed = [names.bindings[name] for name in names.parameters if names.changes(name)]
        if not any(binding.how != "handed" and not binding.whole for some in changed for binding in some):
            return None
        return node, there, changed

    def _handed(self, one: Binding, where: Where) -> str:
        """A name is handed to a function of the same file that changes what it holds."""
        call = one.values[0]
        found = self._changing(call, where)
        if found is None:
            return ""
        node, there, changed = found
        inside = replace(there, caller=(call, where))

        def made() -> str:
            return f"handed {'; '.join(self._changed(GIVEN, some, inside) for some in changed)}"

        return self._once(("handed", id(node)), made)

    def _imported(self, origin: Origin, where: Where) -> str:
        """What an import gives: a value of the repository as it is defined there, else what it is called."""
        module = self._found(origin, where)
        if module is None or module.source is None or origin.name is None:
            return origin.qualified.replace("sqlalchemy.sql.expression.", "sqlalchemy.").replace(
                "sqlalchemy.sql.", "sqlalchemy."
            )
        there = self._module(module.source)
        bindings = there.names.bindings.get(origin.name, [])
        for one in bindings:
            if one.definition is not None:
                self._meets(one.definition, there)
        if not bindings or any(one.how == "class" for one in bindings):
            return origin.name
        return self._name(origin.name, there)

    def _parameter(self, name: str, where: Where) -> str:
        """What the caller passes for a parameter, else its default."""

        def made() -> str:
            passed = self._passed(name, where)
            known = self._of(*passed) if passed is not None else f"{GIVEN} {where.names.parameters.index(name)}"
            given = list(self._given(name, where))
            return short(f"{known} by [{', '.join(given)}]") if given else known

        return self._once((name, id(where.names), "parameter"), made)

    def _given(self, name: str, where: Where) -> Iterator[str]:
        """What a call is made with of which is not plain what a parameter gets: all of it may be that."""
        if where.caller is None:
            return
        call, there = where.caller
        if isinstance(call, cst.Call) and (not where.called or calls(call, where.called)):
            if argument(where.node, call, name, skip=where.bound_arguments) is not None:
                return
            rest = remaining(where.node, call, name, skip=where.bound_arguments)
            if rest is not None or any(one.star for one in call.args):
                yield from self._arguments(rest if rest is not None else call.args, there)
            return
        one: cst.CSTNode | None = call
        for _ in range(_CALLS_OF_CALLS):
            match one:
                case cst.Call(func=function, args=[first, *_]) if self._of(function, there).endswith(".RunPython"):
                    one = first.value  # the framework calls it with its own: only what is bound to it counts
                    if not isinstance(one, cst.Call):
                        break
                case cst.Call(func=function, args=args):
                    yield from self._arguments(args, there)
                    one = function
                case cst.Attribute(value=owner) | cst.Subscript(value=owner):
                    one = owner
                case cst.Name(value=named) if (bound := self._bound(named, there)) is not None:
                    one, there = bound
                case _:
                    break

    def _arguments(self, args: Iterable[cst.Arg], where: Where) -> Iterator[str]:
        """What a call is given, but for functions, which are what is called, and ways to the database."""
        for one in args:
            if isinstance(one.value, cst.Name) and self._defined(one.value.value, where) is not None:
                continue
            made = self._of(one.value, where)
            if not _WAY.match(made) and not made.startswith("function<"):
                yield f"{one.keyword.value}={made}" if one.keyword is not None else f"{one.star}{made}"

    def _results(self, inside: Where) -> str:
        """What a function gives back: its results, each under its conditions."""
        said = []
        for spot, value in inside.names.results:
            at = inside.at(spot)
            conditions = list(self._conditions(at, names_in(value), near=True))
            made = self._of(value, at)
            said.append(f"{made} WHERE {' AND '.join(conditions)}" if conditions else made)
        return said[0] if len(said) == 1 else f"<{'; '.join(said)}>"

    def _function(self, node: cst.FunctionDef, where: Where) -> str:
        """A function that is not called here, but handed on: what it gives for what it is called with."""
        inside = Where(self._names(node), node, where.source, None, outer=where.at(None))
        return self._once((id(node), "function"), lambda: short(f"function<{self._results(inside)}>"))

    def _value_of_call(self, call: cst.Call, where: Where) -> str | None:
        """What a call of a function of the repository gives, None where it leads to none."""
        found = self._called(call, where)
        if found is None or not found[1].names.results:
            return None
        node, inside = found
        if all(_finds_a_model(value) for _, value in inside.names.results):
            return f"get_model({', '.join(self._of(one.value, where) for one in call.args)})"

        def made() -> str:
            said = self._results(replace(inside, caller=(call, where)))
            registered = self._decorated(inside.outer, node.name.value) if inside.outer is not None else ()
            others = [self._function(one, inside.outer) for one in registered if inside.outer is not None]
            return short(f"<{said}; {'; '.join(others)}>") if others else said

        return self._once((id(node), "called"), made)


def _around(where: Where) -> int:
    """What the names around are, by their id."""
    return id(where.outer.names) if where.outer is not None else 0


def _idle(where: Where) -> set[int]:
    """The ids of bindings of which it is known that they change nothing."""
    return where.names.idle.setdefault(_around(where), set())


def _finds_a_model(node: cst.CSTNode) -> bool:
    """Whether an expression looks a model up by its name: how does not count, for the table is told beside the form."""
    function = node.func if isinstance(node, cst.Call) else None
    name = function.attr.value if isinstance(function, cst.Attribute) else getattr(function, "value", None)
    return name in {"get_model", "get_registered_model"}


def _may_change(one: Binding) -> bool:
    """Whether what a name is bound to can be changed where it stands, or is waiting for something to be bound."""
    waiting = (cst.Name, cst.List, cst.Dict, cst.Set, cst.Call, cst.ListComp, cst.DictComp, cst.SetComp)
    return one.how == "=" and isinstance(one.values[0], waiting)


def _part(node: cst.CSTNode | None, index: int) -> cst.CSTNode | None:
    """An element of a display."""
    elements = getattr(node, "elements", ())
    return elements[index].value if index < len(elements) else None


def short(made: str) -> str:
    if len(made) <= MAX_LENGTH:
        return made
    return f"#{sha256(made.encode(errors='surrogatepass')).hexdigest()}"
