"""The abstract interpreter: runs a migration's entry points over values instead of data.

Whatever Python could run is run: branches are all taken and joined, loops run until nothing new comes, calls are
followed once for each state that they can tell apart. What reaches the database goes into the Ledger. Nothing is executed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from collections.abc import Sequence as AnySequence
from contextlib import contextmanager
from functools import partial
from itertools import chain, islice, product
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

import libcst as cst

from migration_guard.interpreter.call import Call, Frame
from migration_guard.interpreter.calls import Calls
from migration_guard.interpreter.classes import Class
from migration_guard.interpreter.cores import OBJECTS
from migration_guard.interpreter.expressions import Expressions
from migration_guard.interpreter.flow import HEAP, Flow, Store, each
from migration_guard.interpreter.functions import Function
from migration_guard.interpreter.importing import Imports
from migration_guard.interpreter.instances import Instance
from migration_guard.interpreter.names import Names
from migration_guard.interpreter.repository import Module, Repository, Scope
from migration_guard.interpreter.statements import Statements
from migration_guard.interpreter.syntax import Source
from migration_guard.interpreter.values import UNKNOWN, Place, Value, join
from migration_guard.operations import Direction

if TYPE_CHECKING:
    from migration_guard.libraries import Libraries
    from migration_guard.reading.ledger import Ledger

MAX_ITEMS = 200
"""Items of a literal collection that a loop takes one by one."""
MAX_COMBINATIONS = 16
"""Combinations of alternatives that are told apart; the rest is one unknown value."""


class Machine:
    """Runs one migration. Holds the call stack, the modules and the ledger of what was found.

    Values and libraries speak to it alone; names, expressions, statements and calls each have a room of their own.
    """

    def __init__(self, module: Module, repository: Repository, libraries: Libraries, ledger: Ledger) -> None:
        self.module = module
        self.repository = repository
        self.libraries = libraries
        self.ledger = ledger
        self.flow = Flow()
        self.frames: list[Frame] = [self._outermost()]
        self.row_loops = 0
        self.reached: set[int] = set()
        """The `id` of every function node that was followed."""
        self._attributes: dict[object, Store] = {}
        self.imports = Imports(self)
        self.names = Names(self)
        self.expressions = Expressions(self)
        self.statements = Statements(self)
        self.loops = self.statements.loops
        self.calls = Calls(self)
        self.evaluate = self.expressions.evaluate
        self.lookup = self.names.lookup
        self.module_attribute = self.names.module_attribute
        self.run = self.calls.run

    def let_go(self) -> None:
        """Have nothing of this migration hold on to itself: it is freed at once, and not when garbage is looked for."""
        HEAP.let_go()
        self.repository.let_go()
        self.statements.let_go()
        self.module.let_go()
        vars(self.expressions).clear()
        vars(self).clear()

    # --- Entry points ------------------------------------------------------------------------------------------------

    def load(self) -> None:
        """Run the migration's module body."""
        with self.entering(Direction.UPGRADE, function=False):
            self.statements.block(self.source.tree.body)

    def enter(self, function: Value, arguments: AnySequence[Value], direction: Direction) -> None:
        """Call a function as the framework does: what else it asks for is the caller's affair."""
        with self.entering(direction):
            call = Call(self, "", self.place(self.source.tree), tuple(arguments), given=True)
            self.call(function, call).consumed()

    @contextmanager
    def entering(self, direction: Direction, *, function: bool = True) -> Iterator[None]:
        """An entry point: what happens in this block happens on the way that `direction` names."""
        self.ledger.begin(direction)
        self.calls.forget()
        frames, blocks, loops = self.frames, self.flow.blocks, self.row_loops
        self.frames = [self._outermost()]
        self.flow.blocks, self.row_loops = [], 0
        mark = HEAP.mark()
        try:
            yield
        finally:
            self.frames, self.flow.blocks, self.row_loops = frames, blocks, loops
            self.ledger.end()
            if function:
                self._may_have_happened(mark)

    def _outermost(self) -> Frame:
        """The module itself: also between two entry points, names are asked for whose module has a `__getattr__`."""
        return Frame("<module>", None, self.source.tree, self.module.scope)

    def _may_have_happened(self, mark: int) -> None:
        """Another entry point may be entered in a process of its own: what this one changed is a possibility."""
        after = HEAP.since(mark)
        HEAP.undo(mark)
        HEAP.join([{}, {place: cell for place, cell in after.items() if place[0] is not self.ledger.situation}])
        HEAP.apply({place: cell for place, cell in after.items() if place[0] is self.ledger.situation})

    @contextmanager
    def inside(self, name: str, node: cst.CSTNode, scope: Scope) -> Iterator[None]:
        """What happens in this block happens among the names of `scope`."""
        self.frames.append(Frame(name, None, node, scope))
        try:
            yield
        finally:
            self.frames.pop()

    @contextmanager
    def standing_at(self, frames: list[Frame]) -> Iterator[None]:
        """What happens in this block happens on an earlier state of the call stack: where a generator serves it."""
        mine, self.frames = self.frames, list(frames)
        try:
            yield
        finally:
            self.frames = mine

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

    def here(self, otherwise: Place) -> Place:
        """The statement that is being run, for what Python does without a call."""
        frame = self.frames[-1]
        if frame.statement is None or frame.scope.module.source is None:
            return otherwise
        return self.place(frame.statement)

    def folder(self) -> Path:
        return self.scope.module.path.parent

    # --- Values ------------------------------------------------------------------------------------------------------

    def attribute(self, value: Value, name: str) -> Value:
        return value.attribute(name, self)

    def truth(self, value: Value) -> bool | None:
        """Whether a value is true in a condition: what `__bool__` or `__len__` of an object says."""
        if any(isinstance(option, (Instance, Class, *OBJECTS)) for option in value.alternatives()):
            truths = set(each([partial(_certain, option) for option in value.alternatives()]))
            return truths.pop() if len(truths) == 1 else None
        return value.truth

    def function_attributes(self, function: Function) -> Store:
        """What was assigned to attributes of a function."""
        key = (id(function.node), id(function.scope))
        if key not in self._attributes:
            self._attributes[key] = Store()
        return self._attributes[key]

    def defaults_of(self, function: Function) -> AnySequence[tuple[str, Value]]:
        """What parameters are that nobody passes, also where `function.__defaults__` was assigned."""
        given = self._attributes.get((id(function.node), id(function.scope)))
        replaced = given.read("__defaults__") if given is not None else None
        if not isinstance(replaced, Value):
            return function.defaults
        parameters = function.node.params
        names = [one.name.value for one in (*parameters.posonly_params, *parameters.params)]
        values = replaced.elements()
        if values is None:
            return [*function.defaults, *((name, UNKNOWN) for name in names)]
        kept = [(name, value) for name, value in function.defaults if name not in names]
        return [*kept, *zip(names[len(names) - len(values) :], values)]

    def fields_of(self, cls: Class) -> list[tuple[str, Value | None]]:
        """The fields of a dataclass and the like, with their defaults, in order."""
        found: dict[str, Value | None] = {}
        for ancestor in reversed(cls.lineage()):
            for name in _annotated(ancestor.node):
                found[name] = ancestor.scope.get(name)
        return list(found.items())

    def only_initial(self, cls: Class) -> list[str]:
        """The fields of a dataclass that only its `__post_init__` gets: `InitVar`."""
        return [name for ancestor in reversed(cls.lineage()) for name in _annotated(ancestor.node, "InitVar")]

    def field_names(self, cls: Value) -> list[str]:
        return [name for name, _ in self.fields_of(cls)] if isinstance(cls, Class) else []

    def combine(self, make: Callable[..., Value], *values: Value) -> Value:
        """Apply a function to each combination of the values' alternatives; of too many to some, each alternative once."""
        every = [value.alternatives() for value in values]
        if prod(map(len, every)) <= MAX_COMBINATIONS:
            return join(make(*chosen) for chosen in product(*every))
        shifted = (
            tuple(options[(number + shift * place) % len(options)] for place, options in enumerate(every))
            for shift in range(MAX_COMBINATIONS)
            for number in range(max(map(len, every)))
        )
        others = islice(product(*every), MAX_COMBINATIONS)
        chosen = {tuple(map(id, one)): one for one in chain(islice(shifted, MAX_COMBINATIONS), others)}
        made = [make(*one) for one in islice(chosen.values(), MAX_COMBINATIONS)]
        return join([*made, made[0].blurred(made)])

    def items(self, values: Value) -> list[Value] | None:
        """The items that a loop takes one by one, if it is known which they are."""
        elements = values.elements()
        return elements if elements is not None and len(elements) <= MAX_ITEMS and not values.from_rows else None

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

    def hidden_call(self, name: str, *arguments: Value) -> Call:
        """A call that no code spells, at the statement that is being run."""
        return Call(self, name, self.here(self.place(self.frames[-1].node)), arguments)

    def call_plainly(self, function: Value, *arguments: Value) -> Value:
        """Call what no code calls: a hook, or what was put on a stack."""
        return self.call(function, self.hidden_call(getattr(function, "name", ""), *arguments))

    def make_class(
        self,
        name: str,
        bases: tuple[Value, ...],
        held: Mapping[str, Value],
        *,
        fields: AnySequence[str] = (),
        style: str = "",
    ) -> Class:
        """A class that a call makes, with what it holds; `fields` are those that its `__init__` is made from."""
        label = name if name.isidentifier() else "Made"
        lines = "".join(f"    {field}: object\n" for field in fields if field.isidentifier()) or "    pass\n"
        node = cst.ensure_type(cst.parse_statement(f"class {label}:\n{lines}"), cst.ClassDef)
        scope = Scope(self.scope.module, self.scope, held, is_class=True)
        cls = Class(name, node, scope, self.scope.module, bases, fields=style)
        cls.made_by = self.hidden_call(name)
        for ancestor in cls.lineage()[1:]:
            ancestor.children.append(cls)
        return cls

    def run_plainly(self, function: Function) -> Value:
        """Call a function of which only the receiver is known."""
        source = function.scope.module.source or self.source
        return function.call(Call(self, function.name, Place(source, function.node, function.node)))


def _certain(value: Value) -> bool | None:
    if isinstance(value, Instance):
        return value.certain()
    if isinstance(value, (Class, *OBJECTS)):
        for name in ("__bool__", "__len__"):
            said = value.special(name)
            if said is not None:
                return said.truth
    return value.truth


def _annotated(node: cst.ClassDef, kind: str = "") -> Iterator[str]:
    """The names that a class body annotates, in order; those of one `kind` only."""
    lines = (node.body,) if isinstance(node.body, cst.SimpleStatementSuite) else node.body.body
    for line in lines:
        for statement in line.body if isinstance(line, (cst.SimpleStatementLine, cst.SimpleStatementSuite)) else ():
            if isinstance(statement, cst.AnnAssign) and isinstance(statement.target, cst.Name):
                annotation = cst.Module([]).code_for_node(statement.annotation.annotation)
                if "ClassVar" not in annotation and kind in annotation:
                    yield statement.target.value
            elif isinstance(statement, cst.Assign) and isinstance(statement.value, cst.Call) and not kind:
                target = statement.targets[0].target
                called = statement.value.func
                last = called.attr.value if isinstance(called, cst.Attribute) else getattr(called, "value", "")
                if isinstance(target, cst.Name) and last in ("ib", "attrib", "field", "Factory"):
                    yield target.value
