"""Names: what they stand for, in the migration and in the modules that it imports, and how they come to it."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from collections.abc import Sequence as AnySequence
from typing import TYPE_CHECKING

import libcst as cst

from migration_guard.interpreter.binding import Statement
from migration_guard.interpreter.collections import Sequence
from migration_guard.interpreter.flow import HEAP, Store
from migration_guard.interpreter.repository import Deferred, Module, Scope
from migration_guard.interpreter.syntax import dotted
from migration_guard.interpreter.text import plain
from migration_guard.interpreter.values import UNKNOWN, Constant, External, ModuleValue, Unknown, Unseen, Value, join
from migration_guard.skim.outline import Import

if TYPE_CHECKING:
    from migration_guard.interpreter.machine import Machine


MAX_ASKED = 3_000
"""Expressions that are evaluated for one name of another module; what is called beyond gives what is not known."""


class Names:
    """Looks names up, and binds them. Modules other than the migration are run only as far as they are asked."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        with HEAP.lasting():
            self.placed = Store()
        """What was put into `sys.modules`, by the names under which it is imported."""
        self._asked_since: int | None = None
        """The step at which a name of another module was asked for, while that is evaluated."""

    @property
    def is_asked(self) -> bool:
        """Whether a name of another module is being evaluated. What that runs was judged where the module was imported."""
        return self._asked_since is not None

    @property
    def is_asked_too_much(self) -> bool:
        return self._asked_since is not None and self.machine.expressions.steps > self._asked_since + MAX_ASKED

    def lookup(self, name: str) -> Value:
        """What a name stands for where the machine is."""
        scope: Scope | None = self.machine.scope
        while scope is not None:
            if scope is self.machine.scope or not scope.is_class:
                value = scope.get(name)
                if value is not None:
                    return value
            if scope.parent is None and scope.module is not self.machine.module:
                return self.module_attribute(scope.module, name)
            scope = scope.parent
        module = self.machine.scope.module
        return self._by_star_out_of_sight(name, module) or self._unbound(name, module)

    def module_attribute(self, module: Module, name: str) -> Value:
        """A name of a module; modules other than the migration are evaluated only as far as they are asked."""
        if module.unread is not None:
            return Unseen(f"{module.path.stem}.{name}", module.unread, module.path if module.beyond else None)
        scope = module.scope
        value = scope.get(name)
        if value is None and name not in module.running and module is not self.machine.module:
            module.running.add(name)
            self._define(module, module.definitions.get(name, []))
            if not scope.holds(name):
                self._define_by_star(module, name)
            if not scope.holds(name) and not name.startswith("__") and not module.has_bound_unnamed:
                self._define(module, module.binding_unnamed)
                module.has_bound_unnamed = module.running == {name}  # else amid what those may ask for
            module.running.discard(name)
            value = scope.get(name)
            if name in module.decorating and value is not None and value.origin:
                self._define(module, module.decorating[name])  # what it was given, it may run
        if value is not None:
            return value
        below = self.machine.repository.submodule(module, name)
        if below is not None:
            return ModuleValue(below)
        if module is not self.machine.module and (value := self._by_star_out_of_sight(name, module)) is not None:
            return value  # what a framework asks the migration itself for is another matter
        return self._unbound(name, module)

    def of_module(self, module: Module, name: str) -> Value:
        """`module.name` as it is seen from outside: the module's own `__getattr__` is asked last."""
        value = self.module_attribute(module, name)
        asked = (
            ("__getattr__" in module.definitions or module.scope.holds("__getattr__"))
            and name not in module.definitions
            and not name.startswith("__")
        )
        if not asked or module.scope.holds(name) or "__getattr__" in module.running:
            return value
        if self.machine.repository.submodule(module, name) is not None:
            return value
        maker = self.module_attribute(module, "__getattr__")
        module.running.add("__getattr__")
        try:
            return self.machine.call_plainly(maker, plain(name))
        finally:
            module.running.discard("__getattr__")

    def _unbound(self, name: str, module: Module) -> Value:
        """A name that nothing in sight binds: a builtin, unless a module that could not be read gave it by a star."""
        if module.unseen is not None and not hasattr(builtins, name) and not name.startswith("__"):
            return module.unseen.attribute(name, self.machine)
        known = self.machine.libraries.about(module, name, self.machine) if name.startswith("__") else None
        if known is not None:
            return known
        return self.machine.libraries.builtin(name)

    def _by_star_out_of_sight(self, name: str, module: Module) -> Value | None:
        """`from peewee import *`: what nothing else binds is that module's, where it is known; of several it may be any's."""
        if module.unseen is not None or hasattr(builtins, name) or name.startswith("_"):
            return None
        stars, libraries = self.stars(module), self.machine.libraries
        known = [one for one in stars if libraries.is_known(one)]
        given = [one for one in known if libraries.gives(one, name)] or known
        values = [libraries.external(f"{one.name}.{name}") for one in given]
        if not values:
            return None
        return join(values if len(known) == len(stars) else [*values, libraries.builtin(name)])

    def _define(self, module: Module, statements: AnySequence[Statement]) -> None:
        statements = [one for one in statements if id(one) not in module.changed_by]
        if not statements or module.source is None:
            return
        module.runs(*statements)
        blocks, self.machine.flow.blocks = self.machine.flow.blocks, []
        asked = self._asked_since
        if asked is None:
            self._asked_since = self.machine.expressions.steps
        try:
            with HEAP.lasting(), self.machine.inside("<module>", module.source.tree, module.scope):
                self.machine.statements.block(statements)
        finally:
            self.machine.flow.blocks = blocks
            self._asked_since = asked

    def _define_by_star(self, module: Module, name: str) -> None:
        for statement in module.definitions.get("*", []):
            if isinstance(statement, cst.ImportFrom):
                origin = self._imported_module(statement, module)
                if isinstance(origin, ModuleValue) and origin.module is not module:
                    value = self.module_attribute(origin.module, name)
                    if value is not UNKNOWN and not (isinstance(value, Unknown) and value.hint == name):
                        with HEAP.lasting():
                            module.scope.write(name, value)
                        return

    def stars(self, module: Module) -> list[External]:
        """The modules out of sight of which it imports everything."""
        nodes = [node for node in module.definitions.get("*", []) if isinstance(node, cst.ImportFrom)]
        return [one for node in nodes if isinstance(one := self._imported_module(node, module), External)]

    def _imported_module(self, node: cst.ImportFrom, importer: Module) -> Value:
        name = dotted(node.module) or "" if node.module is not None else ""
        placed = self.placed.read(name) if not node.relative else None
        if isinstance(placed, Value):
            return placed
        module = self.machine.repository.find(name, importer.path, len(node.relative))
        if module is not None:
            return ModuleValue(module)
        return External("." * len(node.relative) + name)

    # --- Imports -----------------------------------------------------------------------------------------------------

    def import_modules(self, node: cst.Import) -> None:
        """`import a.b`, `import a.b as c`."""
        module = self.machine.scope.module
        for alias in node.names:
            name = dotted(alias.name) or ""
            self.machine.imports.run(Import(name), module.path, node)
            if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
                self._defer(alias.asname.name.value, lambda name=name, module=module: self.module(name, module))  # type: ignore[misc]
            else:
                root = name.partition(".")[0]
                self._defer(root, lambda root=root, module=module: self.module(root, module))  # type: ignore[misc]

    def module(self, name: str, importer: Module) -> Value:
        placed = self.placed.read(name)
        if isinstance(placed, Value):
            return placed
        module = self.machine.repository.find(name, importer.path)
        return ModuleValue(module) if module is not None else self.machine.libraries.external(name)

    def import_names(self, node: cst.ImportFrom) -> None:
        """`from a import b`, `from a import *`."""
        importer = self.machine.scope.module
        origin = dotted(node.module) or "" if node.module is not None else ""
        taken = () if isinstance(node.names, cst.ImportStar) else tuple(dotted(one.name) or "" for one in node.names)
        one = Import(origin, len(node.relative), taken)
        self.machine.imports.run(one, importer.path, node)
        if isinstance(node.names, cst.ImportStar):
            self._import_star(node, importer)
            return
        for alias in node.names:
            name = dotted(alias.name) or ""
            bound = alias.asname.name.value if alias.asname and isinstance(alias.asname.name, cst.Name) else name
            self._defer(bound, lambda name=name: self._taken(node, importer, name))  # type: ignore[misc]
            if self.machine.imports.asks(one, name, importer.path):
                self.machine.scope.get(bound)

    def _taken(self, node: cst.ImportFrom, importer: Module, name: str) -> Value:
        """`from a import name`; where that leads back to itself, as `from . import sub` in a package does, a submodule is meant."""
        origin = self._imported_module(node, importer)
        value = self.machine.attribute(origin, name)
        if value is UNKNOWN and isinstance(origin, ModuleValue):
            below = self.machine.repository.submodule(origin.module, name)
            return ModuleValue(below) if below is not None else value
        return value

    def _import_star(self, node: cst.ImportFrom, importer: Module) -> None:
        origin = self._imported_module(node, importer)
        if isinstance(origin, ModuleValue):
            module = origin.module
            if module.unread is not None:
                importer.unseen = Unseen(module.path.stem, module.unread)
            for name in dict.fromkeys((*module.definitions, *module.scope.names)):
                if name == "*" or name.startswith("_"):
                    continue
                self._defer(name, lambda name=name: self.module_attribute(module, name))  # type: ignore[misc]

    def _defer(self, name: str, resolve: Callable[[], Value]) -> None:
        """Bind an import that is looked for when it is first used: most are not, and parsing is the cost."""
        self.machine.scope.assign(name, Deferred(resolve))

    # --- Assignments -------------------------------------------------------------------------------------------------

    def bind(self, target: cst.BaseExpression, value: Value, statement: cst.CSTNode) -> None:
        """Assign a value to whatever a target is: a name, an attribute, an item, or several."""
        match target:
            case cst.Name():
                self.machine.scope.assign(target.value, value)
            case cst.Attribute():
                receiver = self.machine.evaluate(target.value)
                place = self.machine.place(target, statement)
                self.machine.libraries.rewired(target.attr.value, place, receiver)
                receiver.assign(target.attr.value, value, self.machine, place)
                self.machine.libraries.handed(receiver, value)
            case cst.Subscript():
                key = self.machine.expressions.subscript_key(target)
                receiver = self.machine.evaluate(target.value)
                if isinstance(target.value, cst.Attribute):
                    self.machine.libraries.rewired(target.value.attr.value, self.machine.place(target, statement))
                receiver.set_item(key, value, rows=bool(self.machine.row_loops))
                self.machine.libraries.handed(receiver, value)
                receiver.item_written(key, value, self.machine, self.machine.place(target, statement))
            case cst.Tuple() | cst.List():
                self._unpack(target.elements, value, statement)
            case cst.StarredElement():
                self.bind(target.value, value, statement)

    def _unpack(self, targets: AnySequence[cst.BaseElement], value: Value, statement: cst.CSTNode) -> None:
        value = value.used_up()
        elements = value.elements()
        star = next((i for i, target in enumerate(targets) if isinstance(target, cst.StarredElement)), None)
        if star is not None and elements is not None and len(elements) >= len(targets) - 1:
            end = len(elements) - (len(targets) - star - 1)
            elements = [*elements[:star], Sequence(elements[star:end], from_rows=value.from_rows), *elements[end:]]
        for index, target in enumerate(targets):
            if elements is not None and len(elements) == len(targets):
                self.bind(target.value, elements[index], statement)
            elif isinstance(target, cst.StarredElement):
                self.bind(target.value, Sequence((), value.element(), value.from_rows), statement)
            elif star is not None and index > star:
                self.bind(target.value, value.item(Constant(index - len(targets))), statement)
            else:
                self.bind(target.value, value.item(Constant(index)), statement)
