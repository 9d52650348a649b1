"""Where an expression is evaluated, and what its names lead to: functions, modules and callers, and no text yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Bound
from dataclasses import field

import libcst as cst
from libcst.helpers import get_full_name_for_node

from migration_guard.forms.bindings import Names, Origin, Spot
from migration_guard.forms.nodes import argument, calls, default
from migration_guard.interpreter.call import Frame
from migration_guard.interpreter.repository import Module, Repository
from migration_guard.interpreter.syntax import Source
from migration_guard.interpreter.values import Place, Value
from migration_guard.lean import dataclass


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

    def until(self, place: Place) -> Way:
        """Up to the call, or the import, at a place on it."""
        number = next((number for number, frame in enumerate(self.frames) if frame.place is place), len(self.frames))
        return Way(self.frames[:number], self.statements[:number], self.passes[:number])

    @property
    def loops(self) -> tuple[tuple[int, int], ...]:
        """What tells two passes of the loops on the way apart."""
        return tuple((node, number) for passes in self.passes for node, (number, _) in passes.items())


@dataclass(frozen=True, slots=True)
class Where:
    """Where an expression is evaluated: in which function, at which of its statements, called from where."""

    names: Names
    node: cst.CSTNode
    source: Source | None
    spot: Spot | None
    outer: Where | None = None
    """The function or the module around it."""
    caller: tuple[cst.CSTNode, Where] | None = None
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
        spot = (
            None if self.spot is None else (self.spot.order, self.spot.blocks)
        )  # as it is compared, and hashed sooner
        return (id(self.names), spot, id(call), there.key if there is not None else None)

    def at(self, spot: Spot | None) -> Where:
        if spot is self.spot and not self.own:
            return self
        return Where(
            self.names,
            self.node,
            self.source,
            spot,
            self.outer,
            self.caller,
            self.bound_arguments,
            self.called,
            self.passes,
            {},
            self.inside,
            self.depth,
        )


_ON_THE_WAY = 10
"""Packages and imports on the way to a module."""


class Places:
    """What names lead to, from where they are used."""

    def __init__(self, known: dict[int, Names], repository: Repository | None) -> None:
        self._known = known
        self._repository = repository
        self._way: list[Where] = []
        """The functions on the way to the operation, the outermost first."""

    def _names(self, node: cst.CSTNode) -> Names:
        names = self._known.get(id(node))
        if names is None:
            names = self._known[id(node)] = Names.of(node)
        return names

    def _outer(self, frame: Frame, frames: Sequence[Frame], caller: tuple[cst.CSTNode, Where] | None) -> Where | None:
        """The function around another one, on the way or left already; else the module."""
        scope = frame.scope
        for where, one in zip(reversed(self._way), reversed(frames[: len(self._way)])):
            if one.scope is scope.parent:
                return where.at(None)
        source = scope.module.source
        if source is None or scope.parent is None:
            return None
        module = self._module(source)
        return self._enclosing(frame.node, module, caller) if scope.parent.parent is not None else module

    def _enclosing(self, node: cst.CSTNode, module: Where, caller: tuple[cst.CSTNode, Where] | None) -> Where:
        """The functions around one that was defined in them, which they have left; a decorator was called by its line."""
        left = self._around(node, module.names)
        if left is None:
            return module
        return Where(
            self._names(left),
            left,
            module.source,
            None,
            outer=self._enclosing(left, module, caller),
            caller=self._as_decorator(left.name.value, caller) or caller,
            called=left.name.value,
        )

    def _as_decorator(self, name: str, caller: tuple[cst.CSTNode, Where] | None) -> tuple[cst.CSTNode, Where] | None:
        """The call of a decorator of this name, by which the function was decorated that is called."""
        call, there = caller if caller is not None else (None, None)
        found = self._called(call, there) if isinstance(call, cst.Call) and there is not None else None
        for one in found[0].decorators if found is not None else ():
            made = one.decorator
            if isinstance(made, cst.Call) and calls(made, name) and found is not None and found[1].outer is not None:
                return made, found[1].outer
        return None

    def _around(self, node: cst.CSTNode, names: Names) -> cst.FunctionDef | None:
        """The function in whose body another one is defined."""
        for every in names.bindings.values():
            for one in every:
                if one.function is not None:
                    inside = self._names(one.function)
                    if any(two.function is node for some in inside.bindings.values() for two in some):
                        return one.function
                    if (found := self._around(node, inside)) is not None:
                        return found
        return None

    def _module(self, source: Source) -> Where:
        return Where(self._names(source.tree), source.tree, source, None)

    def _resolved(self, name: str, where: Where) -> str | tuple[str, Where]:
        """Where a name is bound that is used somewhere; itself if nowhere in sight."""
        if name in where.own:
            return where.own[name]
        one: Where | None = where
        while one is not None:
            if name in one.names.bindings or name in one.names.parameters:
                return name, one
            if one.outer is None and one.names.stars:
                return self._by_star(name, one)
            one = one.outer
        return name

    def _by_star(self, name: str, module: Where) -> str | tuple[str, Where]:
        """Where a name is bound in a module all of whose names are imported; itself if in none in sight."""
        for origin in reversed(module.names.stars):
            found = self._found(origin, module)
            there = self._module(found.source) if found is not None and found.source is not None else None
            if there is not None and name in there.names.bindings:
                return name, there
        return name

    def _bound(self, name: str, where: Where) -> tuple[cst.CSTNode, Where] | None:
        """The one expression that a name is bound to, and where that is evaluated."""
        found = self._resolved(name, where)
        if isinstance(found, str):
            return None
        _, there = found
        bindings = there.names.reaching(name, there.spot)
        if len(bindings) != 1 or bindings[0].how != "=":
            return None
        return bindings[0].values[0], there.at(bindings[0].spot)

    def _found(self, origin: Origin, where: Where) -> Module | None:
        if self._repository is None or where.source is None or not (origin.module or origin.level):
            return None
        return self._repository.find(origin.module, where.source.path, origin.level)

    def _modules_of(self, node: cst.Import | cst.ImportFrom, where: Where) -> list[str]:
        """The modules that a statement imports, by the last part of their names: whatever is taken from them, however it is written."""
        names = [] if isinstance(node.names, cst.ImportStar) else [one.evaluated_name for one in node.names]
        if isinstance(node, cst.Import):
            return sorted({name.rpartition(".")[2] for name in names})
        module = (get_full_name_for_node(node.module) if node.module is not None else None) or ""
        package = self._found(Origin(module, None, len(node.relative)), where)
        below = [name for name in names if package is not None and self._is_below(package, name)]
        rest = [module.rpartition(".")[2]] if len(below) < len(names) or not names else []
        return sorted({*below, *rest})

    def _is_below(self, package: Module, name: str) -> bool:
        return self._repository is not None and self._repository.submodule(package, name) is not None

    def _module_of(self, node: cst.CSTNode, where: Where, depth: int = _ON_THE_WAY) -> Module | None:
        """The module of the repository that an expression is: a name that was imported, or one in a package."""
        if depth == 0 or self._repository is None:
            return None
        match node:
            case cst.Name(value=name):
                found = self._resolved(name, where)
                return self._module_named(*found, depth) if not isinstance(found, str) else None
            case cst.Attribute(value=owner, attr=cst.Name(value=name)):
                package = self._module_of(owner, where, depth - 1)
                return self._within_package(package, name, depth) if package is not None else None
        return None

    def _module_named(self, name: str, there: Where, depth: int) -> Module | None:
        bindings = there.names.bindings.get(name, [])
        origin = bindings[0].origin if len(bindings) == 1 else None
        package = self._found(origin, there) if origin is not None else None
        if origin is None or package is None or origin.name is None:
            return package
        return self._within_package(package, origin.name, depth)

    def _within_package(self, package: Module, name: str, depth: int) -> Module | None:
        assert self._repository is not None
        if package.source is not None:
            inside = self._module(package.source)
            if name in inside.names.bindings:
                return self._module_of(cst.Name(name), inside, depth - 1)
        return self._repository.submodule(package, name)

    def _in_module(self, node: cst.CSTNode, where: Where) -> tuple[str, Where] | None:
        """What an attribute of a module of the repository is: a name that is bound there."""
        if not isinstance(node, cst.Attribute):
            return None
        module = self._module_of(node.value, where)
        if module is None or module.source is None:
            return None
        there = self._module(module.source)
        return (node.attr.value, there) if node.attr.value in there.names.bindings else None

    @staticmethod
    def _passed(name: str, where: Where) -> tuple[cst.CSTNode, Where] | None:
        """The expression that a parameter stands for, and where that is evaluated."""
        if name not in where.names.parameters:
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

    def _called(self, call: cst.Call, where: Where) -> tuple[cst.FunctionDef, Where] | None:
        """The function of the repository that a call leads to, and where its body stands."""
        if isinstance(call.func, cst.Name):
            return self._defined(call.func.value, where)
        found = self._in_module(call.func, where)
        return self._defined(*found) if found is not None else None

    def _defined(self, name: str, where: Where) -> tuple[cst.FunctionDef, Where] | None:
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
            return node, Where(self._names(node), node, there.source, None, outer=there.at(None))
        if one.origin is not None and one.origin.name is not None:
            module = self._found(one.origin, where)
            if module is not None and module.source is not None:
                return self._defined_in(one.origin.name, module)
        return None

    def _defined_in(self, name: str, module: Module) -> tuple[cst.FunctionDef, Where] | None:
        assert module.source is not None
        there = self._module(module.source)
        every = there.names.bindings.get(name, [])
        node = every[0].function if len(every) == 1 else None
        return (node, Where(self._names(node), node, there.source, None, outer=there)) if node is not None else None
