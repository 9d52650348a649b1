"""The abstract interpreter: runs a migration's entry points over values instead of data.

Branches are both taken and joined, loops over literals are taken item by item, loops over anything else once, calls
are followed. What reaches the database goes into the Ledger. The tree is visited once; nothing is executed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from collections.abc import Sequence as AnySequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import libcst as cst

from migration_guard.operations import Direction
from migration_guard.walk import text as texts
from migration_guard.walk.ledger import Ledger, Loop, spot_of
from migration_guard.walk.repository import Deferred, Module, Repository, Scope, Statement
from migration_guard.walk.syntax import Source, dotted, read_literal
from migration_guard.walk.text import Piece, Text
from migration_guard.walk.values import (
    NONE,
    UNKNOWN,
    Choice,
    Class,
    Constant,
    External,
    Function,
    Instance,
    Mapping,
    ModuleValue,
    Place,
    Sequence,
    Super,
    Unknown,
    Value,
    join,
)

if TYPE_CHECKING:
    from migration_guard.walk.libraries import Libraries

MAX_STEPS = 400_000
"""Expressions evaluated for one file; a monolith of 10,000 lines needs a quarter."""
MAX_STEPS_AWAY = 40_000
"""Expressions of other modules evaluated for one file; what is called beyond is out of sight."""
MAX_CALLS = 24
"""Nested calls that are followed."""
MAX_HOPS = 8
"""Calls that are followed through other modules than the migration; what is called beyond is out of sight."""
MAX_ITEMS = 200
"""Items of a literal collection that a loop takes one by one."""
MAX_COMBINATIONS = 16


class TooComplex(Exception):
    """The file would take longer to follow than is allowed: it was checked in part."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it is seen: where, by which name, with which values."""

    machine: Machine
    name: str
    place: Place
    positional: tuple[Value, ...] = ()
    named: dict[str, Value] = field(default_factory=dict)
    open: bool = False
    """Whether there are further arguments that are not known (`*args`, `**kwargs`)."""

    def argument(self, index: int, *names: str) -> Value | None:
        """An argument by its position or one of its names."""
        for name in names:
            if name in self.named:
                return self.named[name]
        return self.positional[index] if 0 <= index < len(self.positional) else None

    @property
    def arguments(self) -> tuple[Value, ...]:
        return (*self.positional, *self.named.values())

    def with_arguments(self, positional: AnySequence[Value], named: dict[str, Value]) -> Call:
        return replace(self, positional=tuple(positional), named=named)

    def leave(self, callee: Value) -> Value:
        """The call goes to something whose body is not in sight."""
        return self.machine.libraries.leave(callee, self)


@dataclass(slots=True, eq=False)
class Frame:
    """A call that is being followed."""

    name: str
    place: Place | None
    """Where it was called; None for an entry point."""
    node: cst.CSTNode
    scope: Scope
    function: Function | None = None
    returned: list[Value] = field(default_factory=list)
    yielded: list[Value] = field(default_factory=list)
    yields_rows: bool = False


_BATCHES = re.compile(r"batch|chunk|paginat|windows?\b|slices?\b", re.IGNORECASE)
"""Names of what a batching loop goes over."""


def _named(node: cst.BaseExpression) -> str:
    """Spell what is iterated: a variable, or the function that is called."""
    return dotted(node.func if isinstance(node, cst.Call) else node) or ""


_STYLES = {
    "staticmethod": "staticmethod",
    "classmethod": "classmethod",
    "property": "property",
    "cached_property": "property",
    "hybrid_property": "property",
    "contextmanager": "contextmanager",
    "asynccontextmanager": "contextmanager",
}
"""Decorators that change how a function is called."""


class Machine:
    """Runs one migration. Holds the call stack, the modules and the ledger of what was found."""

    def __init__(self, module: Module, repository: Repository, libraries: Libraries, ledger: Ledger) -> None:
        self.module = module
        self.repository = repository
        self.libraries = libraries
        self.ledger = ledger
        self.frames: list[Frame] = []
        self.row_loops = 0
        self.reached: set[int] = set()
        """The `id` of every function node that was followed."""
        self._steps = 0
        self._steps_away = MAX_STEPS_AWAY
        self._away_until = 0
        self._class: Class | None = None
        """The class whose body is being run."""
        self._followed: dict[object, tuple[Value, object]] = {}
        self._expressions: dict[type, Callable[[Any], Value]] = {}
        self._statements: dict[type, Callable[[Any], bool]] = {}

    # --- Entry points ------------------------------------------------------------------------------------------------

    def load(self) -> None:
        """Run the migration's module body."""
        with self.entering(Direction.UPGRADE):
            self._block(self.source.tree.body)

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

    # --- Names and imports -------------------------------------------------------------------------------------------

    def lookup(self, name: str) -> Value:
        scope: Scope | None = self.scope
        while scope is not None:
            if scope is self.scope or not scope.is_class:
                value = scope.get(name)
                if value is not None:
                    return value
            if scope.parent is None and scope.module is not self.module:
                return self.module_attribute(scope.module, name)
            scope = scope.parent
        return self.libraries.builtin(name)

    def module_attribute(self, module: Module, name: str) -> Value:
        """A name of a module; modules other than the migration are evaluated only as far as they are asked."""
        scope = module.scope
        value = scope.get(name)
        if value is None and name not in module.running and module is not self.module:
            module.running.add(name)
            self._define(module, module.definitions.get(name, []))
            if name not in scope.names:
                self._define_by_star(module, name)
            module.running.discard(name)
            value = scope.get(name)
        if value is not None:
            return value
        below = self.repository.submodule(module, name)
        return ModuleValue(below) if below is not None else self.libraries.builtin(name)

    def _define(self, module: Module, statements: AnySequence[Statement]) -> None:
        if not statements or module.source is None:
            return
        with self._inside("<module>", module.source.tree, module.scope):
            self._block(statements)

    def _define_by_star(self, module: Module, name: str) -> None:
        for statement in module.definitions.get("*", []):
            if isinstance(statement, cst.ImportFrom):
                origin = self._imported_module(statement, module)
                if isinstance(origin, ModuleValue) and origin.module is not module:
                    value = self.module_attribute(origin.module, name)
                    if value is not UNKNOWN and not (isinstance(value, Unknown) and value.hint == name):
                        module.scope.names[name] = value
                        return

    def _imported_module(self, node: cst.ImportFrom, importer: Module) -> Value:
        name = dotted(node.module) or "" if node.module is not None else ""
        module = self.repository.find(name, importer.path, len(node.relative))
        if module is not None:
            return ModuleValue(module)
        return External("." * len(node.relative) + name)

    def _Import(self, node: cst.Import) -> bool:
        for alias in node.names:
            name = dotted(alias.name) or ""
            module = self.scope.module
            if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
                self._defer(alias.asname.name.value, lambda name=name, module=module: self._module(name, module))  # type: ignore[misc]
            else:
                root = name.partition(".")[0]
                self._defer(root, lambda root=root, module=module: self._module(root, module))  # type: ignore[misc]
        return True

    def _module(self, name: str, importer: Module) -> Value:
        module = self.repository.find(name, importer.path)
        return ModuleValue(module) if module is not None else self.libraries.external(name)

    def _ImportFrom(self, node: cst.ImportFrom) -> bool:
        importer = self.scope.module
        if isinstance(node.names, cst.ImportStar):
            self._import_star(node, importer)
            return True
        for alias in node.names:
            name = dotted(alias.name) or ""
            bound = alias.asname.name.value if alias.asname and isinstance(alias.asname.name, cst.Name) else name
            self._defer(bound, lambda name=name: self.attribute(self._imported_module(node, importer), name))  # type: ignore[misc]
        return True

    def _import_star(self, node: cst.ImportFrom, importer: Module) -> None:
        origin = self._imported_module(node, importer)
        if isinstance(origin, ModuleValue):
            module = origin.module
            for name in {*module.definitions, *module.scope.names} - {"*"}:
                self._defer(name, lambda name=name: self.module_attribute(module, name))  # type: ignore[misc]

    def _defer(self, name: str, resolve: Callable[[], Value]) -> None:
        """Bind an import that is looked for when it is first used: most are not, and parsing is the cost."""
        self.scope.names[name] = Deferred(resolve)

    # --- Statements: each says whether the next one is reached ---------------------------------------------------------

    def _block(self, statements: AnySequence[Any]) -> bool:
        for statement in statements:
            if isinstance(statement, cst.SimpleStatementLine):
                if not self._block(statement.body):
                    return False
                continue
            kind = type(statement)
            if kind not in self._statements:
                self._statements[kind] = getattr(self, f"_{kind.__name__}", self._no_statement)
            if not self._statements[kind](statement):
                return False
        return True

    def _body(self, body: cst.BaseSuite) -> bool:
        return self._block(body.body)

    def _no_statement(self, node: cst.CSTNode) -> bool:
        return True

    def _Expr(self, node: cst.Expr) -> bool:
        self.evaluate(node.value)
        return True

    def _Assign(self, node: cst.Assign) -> bool:
        value = self.evaluate(node.value)
        for target in node.targets:
            self._bind(target.target, value, node)
        return True

    def _AnnAssign(self, node: cst.AnnAssign) -> bool:
        if node.value is not None:
            self._bind(node.target, self.evaluate(node.value), node)
        return True

    def _AugAssign(self, node: cst.AugAssign) -> bool:
        old, new = self.evaluate(node.target), self.evaluate(node.value)
        if isinstance(node.operator, cst.AddAssign):
            if isinstance(old, Sequence):
                old.extend(new, rows=bool(self.row_loops))
                return True
            self._bind(node.target, self._add(old, new), node)
        else:
            self._bind(node.target, Unknown(from_rows=old.from_rows or new.from_rows), node)
        return True

    def _bind(self, target: cst.BaseExpression, value: Value, statement: cst.CSTNode) -> None:
        match target:
            case cst.Name():
                self.scope.assign(target.value, value)
            case cst.Attribute():
                receiver = self.evaluate(target.value)
                receiver.assign(target.attr.value, value, self, self.place(target, statement))
            case cst.Subscript():
                key = self._subscript_key(target)
                self.evaluate(target.value).set_item(key, value, rows=bool(self.row_loops))
            case cst.Tuple() | cst.List():
                self._unpack(target.elements, value, statement)
            case cst.StarredElement():
                self._bind(target.value, value, statement)

    def _unpack(self, targets: AnySequence[cst.BaseElement], value: Value, statement: cst.CSTNode) -> None:
        for option in value.alternatives()[:1] if not isinstance(value, Choice) else (value,):
            elements = option.elements()
            starred = any(isinstance(target, cst.StarredElement) for target in targets)
            for index, target in enumerate(targets):
                if elements is not None and not starred and len(elements) == len(targets):
                    self._bind(target.value, elements[index], statement)
                elif isinstance(target, cst.StarredElement):
                    self._bind(target.value, Sequence([], option.element(), option.from_rows), statement)
                else:
                    self._bind(target.value, option.item(Constant(index)), statement)

    def _Return(self, node: cst.Return) -> bool:
        self.frames[-1].returned.append(self.evaluate(node.value) if node.value is not None else NONE)
        return False

    def _Raise(self, node: cst.Raise) -> bool:
        if node.exc is not None:
            self.evaluate(node.exc)
        return False

    def _Break(self, node: cst.Break) -> bool:
        return False

    def _Continue(self, node: cst.Continue) -> bool:
        return False

    def _Global(self, node: cst.Global) -> bool:
        for item in node.names:
            self.scope.elsewhere[item.name.value] = self.scope.module.scope
        return True

    def _Nonlocal(self, node: cst.Nonlocal) -> bool:
        for item in node.names:
            scope = self.scope.parent
            while scope is not None and item.name.value not in scope.names:
                scope = scope.parent
            if scope is not None:
                self.scope.elsewhere[item.name.value] = scope
        return True

    def _Assert(self, node: cst.Assert) -> bool:
        self.evaluate(node.test)
        return True

    def _Del(self, node: cst.Del) -> bool:
        return True

    def _If(self, node: cst.If) -> bool:
        condition = self.evaluate(node.test)
        match condition:
            case Constant(bool(certain)):
                if certain:
                    return self._body(node.body)
                return self._else(node.orelse)
        return self._branches([lambda: self._body(node.body), lambda: self._else(node.orelse)])

    def _else(self, node: cst.If | cst.Else | None) -> bool:
        if isinstance(node, cst.If):
            return self._If(node)
        return node is None or self._body(node.body)

    def _branches(self, branches: AnySequence[Callable[[], bool]]) -> bool:
        """Run each branch on names of its own, then join the names of those that go on."""
        scope = self.scope
        before = scope.names
        results: list[dict[str, Value]] = []
        for branch in branches:
            scope.names = dict(before)
            if branch():
                results.append(scope.names)
        if not results:
            scope.names = before
            return False
        joined = results[0]
        for other in results[1:]:
            for name, value in other.items():
                mine = joined.get(name)
                joined[name] = value if mine is None or mine is value else join((mine, value))
        scope.names = joined
        if scope.parent is None:  # other values hold the module's dictionary: keep the one that they know
            before.clear()
            before.update(joined)
            scope.names = before
        return True

    def _Match(self, node: cst.Match) -> bool:
        self.evaluate(node.subject)
        return self._branches([*(lambda case=case: self._body(case.body) for case in node.cases), lambda: True])

    def _Try(self, node: cst.Try | cst.TryStar) -> bool:
        def attempt() -> bool:
            return self._body(node.body) and self._else(node.orelse)

        reached = self._branches([attempt, *(partial(self._body, handler.body) for handler in node.handlers)])
        if node.finalbody is not None:
            return self._body(node.finalbody.body) and reached
        return reached

    _TryStar = _Try

    def _With(self, node: cst.With) -> bool:
        contexts = []
        for item in node.items:
            context = self.evaluate(item.item)
            contexts.append(context)
            value = context.entered(self)
            if item.asname is not None:
                self._bind(item.asname.name, value, node)
        goes_on = self._body(node.body)
        for context in reversed(contexts):
            context.exited(self)
        return goes_on

    def _While(self, node: cst.While) -> bool:
        self.evaluate(node.test)
        with self._batches(node, batching=True):
            self._branches([lambda: self._body(node.body), lambda: True])
        return self._else(node.orelse)

    def _For(self, node: cst.For) -> bool:
        values = self.evaluate(node.iter)
        with self._batches(node, batching=values.batches or bool(_BATCHES.search(_named(node.iter)))):
            self._items(node, values)
        return self._else(node.orelse)

    def _items(self, node: cst.For, values: Value) -> None:
        for item in self._taken(values):
            self._branches([lambda item=item: self._pass(node, item), lambda: True])  # type: ignore[misc]

    @contextmanager
    def _batches(self, node: cst.For | cst.While, *, batching: bool) -> Iterator[None]:
        """A loop that goes through a table in batches, as far as `batching`."""
        if not batching or self.scope.module is not self.module:
            yield
            return
        self.ledger.loops.append(Loop(spot_of(self.place(node, node))))
        try:
            yield
        finally:
            self.ledger.loops.pop()

    def _pass(self, node: cst.For, item: Value) -> bool:
        self._bind(node.target, item, node)
        return self._body(node.body)

    def _taken(self, values: Value) -> Iterator[Value]:
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

    def _FunctionDef(self, node: cst.FunctionDef) -> bool:
        scope = self.scope
        style, others = "", []
        for decorator in node.decorators:
            known = _STYLES.get((dotted(decorator.decorator) or "").rpartition(".")[2])
            style = known or style
            if known is None:
                others.append(decorator)
        owner = self._class if scope.is_class else None
        function = Function(node.name.value, node, scope, owner, style=style, defaults=self._defaults(node.params))
        decorated = Deferred(lambda: self._decorated(function, others, scope)) if others else function
        scope.assign(node.name.value, decorated)
        return True

    def _decorated(self, function: Function, decorators: AnySequence[cst.Decorator], scope: Scope) -> Value:
        """A function as its decorators leave it; those that are out of sight are taken to call it."""
        value: Value = function
        source = scope.module.source
        assert source is not None
        with self._inside("<decorator>", source.tree, scope):
            for decorator in reversed(decorators):
                wrapper = self.evaluate(decorator.decorator)
                if any(isinstance(option, (Function, Instance, Class)) for option in wrapper.alternatives()):
                    result = self.call(wrapper, Call(self, function.name, self.place(decorator.decorator), (value,)))
                    if any(isinstance(option, (Function, Instance)) for option in result.alternatives()):
                        value = result
        return value

    @contextmanager
    def _inside(self, name: str, node: cst.CSTNode, scope: Scope) -> Iterator[None]:
        self.frames.append(Frame(name, None, node, scope))
        try:
            yield
        finally:
            self.frames.pop()

    def _defaults(self, parameters: cst.Parameters) -> tuple[tuple[str, Value], ...]:
        every = (*parameters.posonly_params, *parameters.params, *parameters.kwonly_params)
        return tuple((p.name.value, self.evaluate(p.default)) for p in every if p.default is not None)

    def _ClassDef(self, node: cst.ClassDef) -> bool:
        outer = self.scope
        bases = tuple(self.evaluate(argument.value) for argument in node.bases if argument.keyword is None)
        scope = Scope(outer.module, outer, is_class=True)
        cls = Class(node.name.value, node, scope, outer.module, bases)
        enclosing, self._class = self._class, cls
        with self._inside(node.name.value, node, scope):
            self._body(node.body)
        self._class = enclosing
        outer.assign(node.name.value, cls)
        return True

    # --- Expressions -------------------------------------------------------------------------------------------------

    def evaluate(self, node: cst.BaseExpression) -> Value:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise TooComplex
        kind = type(node)
        if kind not in self._expressions:
            self._expressions[kind] = getattr(self, f"_{kind.__name__}", self._no_expression)
        return self._expressions[kind](node)

    def _no_expression(self, node: cst.BaseExpression) -> Value:
        return UNKNOWN

    def _Name(self, node: cst.Name) -> Value:
        return self.lookup(node.value)

    def _Integer(self, node: cst.Integer) -> Value:
        try:
            return Constant(node.evaluated_value)
        except (ValueError, SyntaxError):  # more digits than Python converts
            return UNKNOWN

    def _Float(self, node: cst.Float) -> Value:
        return Constant(node.evaluated_value)

    def _SimpleString(self, node: cst.SimpleString) -> Value:
        source = self.scope.module.source
        if source is None or "b" in node.prefix.lower():
            return UNKNOWN
        value, literal = read_literal(source, node)
        return Text((Piece(value, literal),))

    def _ConcatenatedString(self, node: cst.ConcatenatedString) -> Value:
        parts: list[Value] = []
        rest: cst.BaseExpression = node
        while isinstance(rest, cst.ConcatenatedString):
            parts.append(self.evaluate(rest.left))
            rest = rest.right
        parts.append(self.evaluate(rest))
        return self.combine(lambda *values: texts.concatenated(texts.as_text(value) for value in values), *parts)

    def _FormattedString(self, node: cst.FormattedString) -> Value:
        source = self.scope.module.source
        parts: list[Value] = []
        for part in node.parts:
            if isinstance(part, cst.FormattedStringText) and source is not None:
                value, literal = read_literal(source, part, node.prefix.lower())
                parts.append(Text((Piece(value, literal),)))
            elif isinstance(part, cst.FormattedStringExpression):
                parts.append(self._shown(part))
        return self.combine(lambda *values: texts.concatenated(texts.as_text(value) for value in values), *parts)

    _TemplatedString = _FormattedString

    def _shown(self, part: cst.FormattedStringExpression) -> Value:
        value = self.evaluate(part.expression)
        if isinstance(value, Constant) and isinstance(value.value, (int, float)) and part.format_spec is None:
            return texts.plain(str(value.value))
        if isinstance(value, (Text, Choice)):
            return value
        return texts.as_text(value, (dotted(part.expression) or "").rpartition(".")[2])

    def combine(self, make: Callable[..., Value], *values: Value) -> Value:
        """Apply a function to each combination of the values' alternatives."""
        count = 1
        for value in values:
            count *= len(value.alternatives())
        if count > MAX_COMBINATIONS:
            values = tuple(value.alternatives()[0] for value in values)
        return join(make(*chosen) for chosen in product(*(value.alternatives() for value in values)))

    def _BinaryOperation(self, node: cst.BinaryOperation) -> Value:
        chain: list[cst.BaseExpression] = []
        rest: cst.BaseExpression = node
        while isinstance(rest, cst.BinaryOperation) and isinstance(rest.operator, cst.Add):
            chain.append(rest.right)
            rest = rest.left
        if chain:
            result = self.evaluate(rest)
            for part in reversed(chain):
                result = self._add(result, self.evaluate(part))
            return result
        left, right = self.evaluate(node.left), self.evaluate(node.right)
        if isinstance(node.operator, cst.Modulo) and any(isinstance(v, Text) for v in left.alternatives()):
            return self.combine(self._percent, left, right)
        if isinstance(node.operator, cst.Multiply) and isinstance(left, Sequence):
            return left
        if isinstance(node.operator, cst.Divide):
            return left.over(right)
        return Unknown(from_rows=left.from_rows or right.from_rows)

    def _add(self, left: Value, right: Value) -> Value:
        if isinstance(left, Sequence):
            result = Sequence(list(left.known), left.rest, left.from_rows)
            result.extend(right, rows=False)
            return result
        if any(isinstance(option, Text) for value in (left, right) for option in value.alternatives()):
            return self.combine(lambda a, b: texts.concatenated((texts.as_text(a), texts.as_text(b))), left, right)
        return Unknown(from_rows=left.from_rows or right.from_rows)

    @staticmethod
    def _percent(left: Value, right: Value) -> Value:
        if not isinstance(left, Text):
            return Unknown(from_rows=left.from_rows or right.from_rows)
        if isinstance(right, Mapping):
            named = {str(key): value for key, value in right.known.values()}
            return left.interpolated((), named)
        elements = right.elements() if isinstance(right, Sequence) else [right]
        return left.interpolated(elements or (), {})

    def _BooleanOperation(self, node: cst.BooleanOperation) -> Value:
        left = self.evaluate(node.left)
        right = self.evaluate(node.right)
        is_or = isinstance(node.operator, cst.Or)
        match left:
            case Constant(bool(value)):
                return left if value is is_or else right
            case Constant(None):
                return right if is_or else left
        if isinstance(right, Constant) and isinstance(left, (Unknown, Constant)):
            return Unknown(from_rows=left.from_rows)
        return join((left, right))

    def _UnaryOperation(self, node: cst.UnaryOperation) -> Value:
        value = self.evaluate(node.expression)
        if isinstance(value, Constant):
            if isinstance(node.operator, cst.Minus) and isinstance(value.value, (int, float)):
                return Constant(-value.value)
            if isinstance(node.operator, cst.Not) and isinstance(value.value, bool):
                return Constant(not value.value)
        return Unknown(from_rows=value.from_rows)

    def _Comparison(self, node: cst.Comparison) -> Value:
        left = self.evaluate(node.left)
        values = [self.evaluate(target.comparator) for target in node.comparisons]
        match left, values:
            case Text(), [Text() as right] if (left.known and right.known and str(left) == "__main__") or str(
                right
            ) == "__main__":
                return Constant(str(left) == str(right))
        return UNKNOWN

    def _IfExp(self, node: cst.IfExp) -> Value:
        self.evaluate(node.test)
        return join((self.evaluate(node.body), self.evaluate(node.orelse)))

    def _Await(self, node: cst.Await) -> Value:
        return self.evaluate(node.expression)

    def _NamedExpr(self, node: cst.NamedExpr) -> Value:
        value = self.evaluate(node.value)
        self._bind(node.target, value, node)
        return value

    def _Yield(self, node: cst.Yield) -> Value:
        frame = self.frames[-1]
        if isinstance(node.value, cst.From):
            values = self.evaluate(node.value.item)
            frame.yielded.append(values.element())
            frame.yields_rows |= values.from_rows
        elif node.value is not None:
            frame.yielded.append(self.evaluate(node.value))
            frame.yields_rows |= bool(self.row_loops) or frame.yielded[-1].from_rows
        else:
            frame.yielded.append(NONE)
        return UNKNOWN

    def _Lambda(self, node: cst.Lambda) -> Value:
        return Function("lambda", node, self.scope, defaults=self._defaults(node.params))

    def _collection(self, node: cst.List | cst.Tuple | cst.Set) -> Value:
        result = Sequence()
        for element in node.elements:
            value = self.evaluate(element.value)
            if isinstance(element, cst.StarredElement):
                result.extend(value, rows=False)
            else:
                result.add(value, rows=False)
        return result

    _List = _Tuple = _Set = _collection

    def _Dict(self, node: cst.Dict) -> Value:
        result = Mapping()
        for element in node.elements:
            if isinstance(element, cst.DictElement):
                result.set_item(self.evaluate(element.key), self.evaluate(element.value), rows=False)
            else:
                other = self.evaluate(element.value)
                if isinstance(other, Mapping):
                    result.known.update(other.known)
                    result.from_rows |= other.from_rows
                else:
                    result.rest = other.element()
        return result

    def _comprehension(self, node: cst.ListComp | cst.SetComp | cst.GeneratorExp) -> Value:
        result = Sequence()
        self._comprehend(node.for_in, lambda: result.add(self.evaluate(node.elt), rows=bool(self.row_loops)), result)
        return result

    _ListComp = _SetComp = _GeneratorExp = _comprehension

    def _DictComp(self, node: cst.DictComp) -> Value:
        result = Mapping()

        def add() -> None:
            result.set_item(self.evaluate(node.key), self.evaluate(node.value), rows=bool(self.row_loops))

        self._comprehend(node.for_in, add, result)
        return result

    def _comprehend(self, node: cst.CompFor, add: Callable[[], None], result: Sequence | Mapping) -> None:
        values = self.evaluate(node.iter)
        result.from_rows |= values.from_rows
        before = self.scope.names
        self.scope.names = dict(before)
        unknown = values.elements() is None
        for item in self._taken(values):
            self._bind(node.target, item, node)
            for condition in node.ifs:
                self.evaluate(condition.test)
            if node.inner_for_in is not None:
                self._comprehend(node.inner_for_in, add, result)
            else:
                add()
        if unknown and isinstance(result, Sequence) and result.rest is None and result.known:
            result.rest = result.known.pop()
        self.scope.names = before

    def _Attribute(self, node: cst.Attribute) -> Value:
        return self.attribute(self.evaluate(node.value), node.attr.value)

    def attribute(self, value: Value, name: str) -> Value:
        return value.attribute(name, self)

    def _Subscript(self, node: cst.Subscript) -> Value:
        value = self.evaluate(node.value)
        key = self._subscript_key(node)
        return value.item(key)

    def _subscript_key(self, node: cst.Subscript) -> Value:
        if len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Index):
            return self.evaluate(node.slice[0].slice.value)
        return Unknown("slice")

    # --- Calls -------------------------------------------------------------------------------------------------------

    def _Call(self, node: cst.Call) -> Value:
        function = node.func
        if isinstance(function, cst.Attribute):
            receiver = self.evaluate(function.value)
            call = self._prepared(node, function.attr, function.attr.value)
            return receiver.method(call.name, call)
        if isinstance(function, cst.Name):
            if function.value == "super":
                return self._super(node)
            target = self.lookup(function.value)
            return self.call(target, self._prepared(node, function, function.value))
        target = self.evaluate(function)
        return self.call(target, self._prepared(node, function, ""))

    def _prepared(self, node: cst.Call, name_node: cst.CSTNode, name: str) -> Call:
        positional: list[Value] = []
        named: dict[str, Value] = {}
        is_open = False
        for argument in node.args:
            value = self.evaluate(argument.value)
            if argument.keyword is not None:
                named[argument.keyword.value] = value
            elif argument.star == "*":
                elements = value.elements()
                positional += elements if elements is not None else ()
                is_open |= elements is None
            elif argument.star == "**" and isinstance(value, Mapping):
                named.update({str(key): item for key, item in value.known.values() if isinstance(key, Text)})
                is_open |= value.rest is not None
            elif argument.star == "**":
                is_open = True
            else:
                positional.append(value)
        return Call(self, name, self.place(name_node, node), tuple(positional), named, is_open)

    def _super(self, node: cst.Call) -> Value:
        for frame in reversed(self.frames):
            if frame.function is not None and frame.function.owner is not None:
                return Super(frame.function.owner, frame.function.bound or UNKNOWN)
        return UNKNOWN

    def call(self, target: Value, call: Call) -> Value:
        return target.call(call)

    def run_plainly(self, function: Function) -> Value:
        """Call a function of which only the receiver is known."""
        return self.run(function, Call(self, function.name, self.place(function.node)))

    def run_property(self, function: Function) -> Value:
        return self.run_plainly(function)

    def run(self, function: Function, call: Call) -> Value:
        """Follow a call into a function of the repository."""
        node = function.node
        if self.libraries.hides_its_sql(function, call):
            return UNKNOWN
        if len(self.frames) > MAX_CALLS or sum(frame.node is node for frame in self.frames) > 1:
            return Unknown(function.name)
        if function.scope.module is self.module:
            return self._followed_once(function, call, site=0)
        hops = self._hops()
        if hops == 0:
            started = self._steps
            self._away_until = started + self._steps_away
            try:
                return self._followed_once(function, call, site=self._site())
            finally:
                self._steps_away -= self._steps - started
        if hops >= MAX_HOPS or self._steps > self._away_until:
            return call.leave(Unknown(function.name))
        if not function.scope.module.mentions_database and not any(value.handle for value in call.arguments):
            return Unknown(function.name, from_rows=any(value.from_rows for value in call.arguments))
        return self._followed_once(function, call, site=self._site())

    def _followed_once(self, function: Function, call: Call, *, site: int) -> Value:
        """Follow a call, unless an equal one was followed: what stands elsewhere is told for each `site` that leads there."""
        arguments = self._arguments(function, call)
        loops = (self.row_loops > 0, bool(self.ledger.loops))
        key = (site, function.key, loops, tuple((name, value.key) for name, value in arguments.items()))
        if key in self._followed:
            return self._followed[key][0]
        self.reached.add(id(function.node))
        scope = Scope(function.scope.module, function.scope, dict(arguments))
        frame = Frame(function.name, call.place, function.node, scope, function)
        self.frames.append(frame)
        if isinstance(function.node, cst.Lambda):
            frame.returned.append(self.evaluate(function.node.body))
        elif self._body(function.node.body):
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

    # --- Files that the migration reads --------------------------------------------------------------------------------

    def folder(self) -> Path:
        return self.scope.module.path.parent
