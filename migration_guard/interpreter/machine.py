"""The abstract interpreter: runs a migration's entry points over values instead of data.

Branches are both taken and joined, loops over literals are taken item by item, loops over anything else once, calls
are followed. What reaches the database goes into the Ledger. The tree is visited once; nothing is executed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from collections.abc import Sequence as AnySequence
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import libcst as cst

from migration_guard.interpreter import text as texts
from migration_guard.interpreter.call import Call, Frame
from migration_guard.interpreter.expressions import Expressions, TooComplex
from migration_guard.interpreter.names import Names
from migration_guard.interpreter.repository import Module, Repository, Scope
from migration_guard.interpreter.statements import Statements
from migration_guard.interpreter.syntax import Source
from migration_guard.interpreter.values import NONE, UNKNOWN, Function, Mapping, Place, Sequence, Unknown, Value, join
from migration_guard.operations import Direction

if TYPE_CHECKING:
    from migration_guard.libraries import Libraries
    from migration_guard.reading.ledger import Ledger

MAX_STEPS_AWAY = 40_000
"""Expressions of other modules evaluated for one file; what is called beyond is out of sight."""
MAX_CALLS = 60
"""Nested calls that are followed."""
MAX_HOPS = 8
"""Calls that are followed through other modules than the migration; what is called beyond is out of sight."""
MAX_ITEMS = 200
"""Items of a literal collection that a loop takes one by one."""
MAX_COMBINATIONS = 16


class Machine:
    """Runs one migration. Holds the call stack, the modules and the ledger of what was found.

    Values and libraries speak to it alone; names, expressions and statements each have a room of their own.
    """

    def __init__(self, module: Module, repository: Repository, libraries: Libraries, ledger: Ledger) -> None:
        self.module = module
        self.repository = repository
        self.libraries = libraries
        self.ledger = ledger
        self.frames: list[Frame] = []
        self.row_loops = 0
        self.reached: set[int] = set()
        """The `id` of every function node that was followed."""
        self._steps_away = MAX_STEPS_AWAY
        self._away_until = 0
        self._followed: dict[object, tuple[Value, object]] = {}
        self.names = Names(self)
        self.expressions = Expressions(self)
        self.statements = Statements(self)
        self.evaluate = self.expressions.evaluate
        self.lookup = self.names.lookup
        self.module_attribute = self.names.module_attribute

    # --- Entry points ------------------------------------------------------------------------------------------------

    def load(self) -> None:
        """Run the migration's module body."""
        with self.entering(Direction.UPGRADE):
            self.statements.block(self.source.tree.body)

    def enter(self, function: Value, arguments: AnySequence[Value], direction: Direction) -> None:
        """Call a function as the framework does."""
        with self.entering(direction):
            self.call(function, Call(self, "", self.place(self.source.tree), tuple(arguments)))

    @contextmanager
    def entering(self, direction: Direction) -> Iterator[None]:
        """An entry point: what happens in this block happens on the way that `direction` names."""
        self.ledger.begin(direction)
        self._followed.clear()
        self.frames.append(Frame("<module>", None, self.source.tree, self.module.scope))
        try:
            yield
        finally:
            self.frames.clear()
            self.row_loops = 0
            self.ledger.end()

    @contextmanager
    def inside(self, name: str, node: cst.CSTNode, scope: Scope) -> Iterator[None]:
        """What happens in this block happens among the names of `scope`."""
        self.frames.append(Frame(name, None, node, scope))
        try:
            yield
        finally:
            self.frames.pop()

    # --- Where it stands ---------------------------------------------------------------------------------------------

    @property
    def source(self) -> Source:
        assert self.module.source is not None
        return self.module.source

    @property
    def scope(self) -> Scope:
        return self.frames[-1].scope

    def place(self, node: cst.CSTNode, whole: cst.CSTNode | None = None) -> Place:
        source = self.scope.module.source
        assert source is not None
        return Place(source, node, whole if whole is not None else node)

    def folder(self) -> Path:
        return self.scope.module.path.parent

    # --- Values ------------------------------------------------------------------------------------------------------

    def attribute(self, value: Value, name: str) -> Value:
        return value.attribute(name, self)

    def combine(self, make: Callable[..., Value], *values: Value) -> Value:
        """Apply a function to each combination of the values' alternatives."""
        count = 1
        for value in values:
            count *= len(value.alternatives())
        if count > MAX_COMBINATIONS:
            values = tuple(value.alternatives()[0] for value in values)
        return join(make(*chosen) for chosen in product(*(value.alternatives() for value in values)))

    def taken(self, values: Value) -> Iterator[Value]:
        """The items that a loop takes: each one of a literal collection, else one that stands for all."""
        elements = values.elements()
        if elements is not None and len(elements) <= MAX_ITEMS and not values.from_rows:
            yield from elements
            return
        with self.rows(values.from_rows):
            yield values.element()

    @contextmanager
    def rows(self, inside: bool) -> Iterator[None]:
        """What happens in this block happens once for each row, if `inside`."""
        self.row_loops += inside
        try:
            yield
        finally:
            self.row_loops -= inside

    # --- Calls -------------------------------------------------------------------------------------------------------

    def call(self, target: Value, call: Call) -> Value:
        return target.call(call)

    def run_plainly(self, function: Function) -> Value:
        """Call a function of which only the receiver is known."""
        return self.run(function, Call(self, function.name, self.place(function.node)))

    def run(self, function: Function, call: Call) -> Value:
        """Follow a call into a function of the repository."""
        node = function.node
        if self.libraries.hides_its_sql(function, call):
            return UNKNOWN
        if sum(frame.node is node for frame in self.frames) > 1:
            return Unknown(function.name)
        if len(self.frames) > MAX_CALLS:
            if len({id(frame.node) for frame in self.frames}) >= MAX_CALLS:
                raise TooComplex  # a chain of functions, each another one: what is at its end is not known
            return Unknown(function.name)
        if function.scope.module is self.module:
            return self._followed_once(function, call, site=0)
        hops = self._hops()
        if hops == 0:
            started = self.expressions.steps
            self._away_until = started + self._steps_away
            try:
                return self._followed_once(function, call, site=self._site())
            finally:
                self._steps_away -= self.expressions.steps - started
        if hops >= MAX_HOPS or self.expressions.steps > self._away_until:
            return call.leave(Unknown(function.name))
        if not function.scope.module.mentions_database and not any(value.handle for value in call.arguments):
            return Unknown(function.name, from_rows=any(value.from_rows for value in call.arguments))
        return self._followed_once(function, call, site=self._site())

    def _followed_once(self, function: Function, call: Call, *, site: int) -> Value:
        """Follow a call, unless an equal one was followed: what stands elsewhere is told for each `site` that leads there."""
        arguments = self._arguments(function, call)
        loops = (self.row_loops > 0, bool(self.ledger.loops))
        key = (
            site,
            self.ledger.moment,
            function.key,
            loops,
            tuple((name, _told_apart(value)) for name, value in arguments.items()),
        )
        if key in self._followed:
            return self._followed[key][0]
        self.reached.add(id(function.node))
        scope = Scope(function.scope.module, function.scope, dict(arguments))
        frame = Frame(function.name, call.place, function.node, scope, function)
        self.frames.append(frame)
        with self.ledger.block(function.node):
            if isinstance(function.node, cst.Lambda):
                frame.returned.append(self.evaluate(function.node.body))
            elif self.statements.body(function.node.body):
                frame.returned.append(NONE)
        self.frames.pop()
        result = self._result(frame, function)
        self._followed[key] = (result, arguments)
        return result

    def _hops(self) -> int:
        """How many calls lead away from the migration."""
        count = 0
        for frame in reversed(self.frames):
            if frame.scope.module is self.module:
                break
            count += frame.function is not None
        return count

    def _site(self) -> int:
        """The last call in the migration itself: what is found behind it is told there."""
        return next((id(f.place.node) for f in reversed(self.frames) if f.place and f.place.source is self.source), 0)

    @staticmethod
    def _result(frame: Frame, function: Function) -> Value:
        if frame.yielded:
            value = join(frame.yielded)
            return value if function.style == "contextmanager" else Sequence([], value, frame.yields_rows)
        returned = frame.returned
        if len(returned) > 1:  # a function that returns something on one path returns None on the others
            returned = [value for value in returned if value is not NONE] or returned
        return join(returned)

    def _arguments(self, function: Function, call: Call) -> dict[str, Value]:
        parameters = function.node.params
        bound: dict[str, Value] = dict(function.defaults)
        positional = list(call.positional)
        if function.bound is not None:
            positional.insert(0, function.bound)
        named = dict(call.named)
        for parameter in (*parameters.posonly_params, *parameters.params):
            name = parameter.name.value
            if positional:
                bound[name] = positional.pop(0)
            elif name in named:
                bound[name] = named.pop(name)
            elif name not in bound or call.open:
                bound[name] = self.libraries.parameter(name, parameter.annotation, self)
        for parameter in parameters.kwonly_params:
            name = parameter.name.value
            if name in named:
                bound[name] = named.pop(name)
            elif name not in bound:
                bound[name] = self.libraries.parameter(name, parameter.annotation, self)
        if isinstance(parameters.star_arg, cst.Param):
            bound[parameters.star_arg.name.value] = Sequence(positional, UNKNOWN if call.open else None)
        if parameters.star_kwarg is not None:
            rest = Mapping(rest=UNKNOWN if call.open else None)
            for name, value in named.items():
                rest.set_item(texts.plain(name), value, rows=False)
            bound[parameters.star_kwarg.name.value] = rest
        return bound


def _told_apart(value: Value) -> object:
    """What makes an argument another one: of a statement also where it stands, since one that stands twice runs twice."""
    if isinstance(value, texts.Text) and " " in str(value):
        literals = (piece.literal for piece in value.pieces if piece.literal is not None)
        return value.key, next((id(literal.node) for literal in literals if literal.node is not None), None)
    return value.key
