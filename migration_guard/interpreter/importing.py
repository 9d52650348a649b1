"""What an import runs: of an imported module only those statements that a cheap look takes for acting (`skim/acting.py`).

All else of it is evaluated when somebody asks for it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import libcst as cst

from migration_guard.interpreter.binding import Statement
from migration_guard.interpreter.call import Call, Frame
from migration_guard.interpreter.flow import HEAP
from migration_guard.interpreter.repository import Account, Module
from migration_guard.interpreter.text import plain
from migration_guard.interpreter.values import ModuleValue, Unseen, Value
from migration_guard.skim.acting import UNREAD, Acting, Acts
from migration_guard.skim.outline import Import

if TYPE_CHECKING:
    from migration_guard.interpreter.machine import Machine


MAX_NEAR_STEPS = 20_000
"""Expressions that are evaluated for what the imports of one file run, and is near to a write; that there is more is told.

Classes of a few applications are most of it: all models of one that hang together take some 3,500.
"""
MAX_FAR_STEPS = 3_000
"""… and is far from any; what there is more of that is believed.

A whole application may hang on one import: following all of it takes minutes, and tells of nothing that the migration does.
"""
_TOO_MUCH = "what imports run is too much to be followed"


class Imports:
    """Runs what imported modules do, each module once, where it is imported first."""

    _looked: Acting | None = None
    """Kept over the files that a reader reads: their migrations import the same modules."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        machine.repository.is_closed = lambda: self.is_over
        machine.repository.account = self._account
        self._done: set[Path] = {machine.module.path}
        self._left = {True: MAX_NEAR_STEPS, False: MAX_FAR_STEPS}
        """Expressions that are left for what is near to a write, and for what is not."""
        self._until: int | None = None
        """The step at which what an import runs is not followed any further, while something is run. What imports within it
        evaluate puts it off: that has been counted."""
        self._tells = True
        """Whether what a limit hides is told: what is run is near to a write."""
        self._loads: bool | None = None
        """Whether what importing a module runs is near to a write, while that is read for it."""
        self._within = 0
        """The frames around the module that is being run."""

    @classmethod
    def forget(cls) -> None:
        """Forget what was seen: files may have changed since."""
        cls._looked = None

    @property
    def _acting(self) -> Acting:
        root = self._machine.repository.root
        if Imports._looked is None or Imports._looked.root != root:
            Imports._looked = Acting(root)
        return Imports._looked

    @property
    def is_over(self) -> bool:
        """Whether what an import runs is being run, and is too much to be followed."""
        return self._until is not None and self._machine.expressions.steps > self._until

    @property
    def is_running(self) -> bool:
        """Whether what an import runs is being run."""
        return self._until is not None

    def _account(self) -> Account:
        if self._loads is None and not self.is_running:
            return Account.OWN
        return Account.NEAR if (self._tells if self._loads is None else self._loads) else Account.FAR

    @property
    def is_believed(self) -> bool:
        """Whether what a limit hides now is believed to change nothing: an import is being run, far from any write."""
        return self.is_running and not self._tells

    @property
    def is_settled(self) -> bool:
        """Whether a module or a program whose name is not known, loaded or started now, is one that settings name.

        Every process of the application has those. Told is what stands in the statements of a module itself.
        """
        return self._machine.names.is_asked or (self.is_running and len(self._machine.frames) > self._within)

    def packages(self) -> None:
        """The migration is loaded by its dotted name: the packages in which it lies come first."""
        self._run_all(self._acting.around(self._machine.module.path), self._machine.source.tree)

    def run(self, one: Import, importer: Path, node: cst.CSTNode) -> None:
        """An import statement, or a call that imports, stands at a node."""
        self._run_all(self._acting.run_by(one, importer), node)

    def asks(self, one: Import, name: str, importer: Path) -> bool:
        """Whether a module is asked, by its own `__getattr__`, for a name that is taken from it."""
        return self._acting.asks(one, name, importer)

    def module(self, one: Import, importer: Module, call: Call) -> Value:
        """The module that a call imports by its name, and all that importing it does."""
        machine = self._machine
        placed = machine.names.placed.read(one.module) if not one.level else None
        if isinstance(placed, Value):
            return placed
        self.run(one, importer.path, call.place.node)
        found = machine.repository.find(one.module, importer.path, one.level)
        return ModuleValue(found) if found is not None else machine.libraries.external("." * one.level + one.module)

    def whole(self, module: Module, call: Call) -> None:
        """A module is run as a program: every statement of it."""
        if module.source is None:
            self._unread(module, call.place.node)
            return
        self.run(Import(module.path.stem, 1), module.path, call.place.node)
        every = [(one, True) for one in module.source.tree.body]
        self._statements(module, every, call.place.node, "__main__")

    def _run_all(self, every: Iterable[Acts], node: cst.CSTNode) -> None:
        for acts in every:
            if self.is_over and self._tells:
                return
            if acts.path in self._done:
                continue
            self._done.add(acts.path)
            if acts.near and self._left[True] < 0:
                self._unknown(acts.path.stem, _TOO_MUCH, node)
                return
            if not acts.near and self._left[False] < 0:
                continue
            module = self._loaded(acts.path, near=bool(acts.near))
            if module.beyond and not acts.near:
                continue
            if module.source is None or UNREAD in acts.statements:
                self._unread(module, node)
            else:
                self._statements(module, list(_chosen(module, acts)), node, module.path.stem)

    def _loaded(self, path: Path, *, near: bool) -> Module:
        self._loads = near
        try:
            return self._machine.repository.at(path)
        finally:
            self._loads = None

    def _unread(self, module: Module, node: cst.CSTNode) -> None:
        self._unknown(
            module.path.stem,
            module.unread or f"Python {sys.version_info.major}.{sys.version_info.minor} cannot parse it",
            node,
        )

    def _unknown(self, name: str, reason: str, node: cst.CSTNode) -> None:
        machine = self._machine
        machine.libraries.unseen(Unseen(name, reason), Call(machine, name, machine.place(node)))

    def _statements(
        self, module: Module, statements: Sequence[tuple[Statement, bool]], node: cst.CSTNode, name: str
    ) -> None:
        machine = self._machine
        assert module.source is not None
        module.scope.write("__name__", plain(name))
        frame = Frame("<module>", machine.place(node), module.source.tree, module.scope)
        blocks, machine.flow.blocks = machine.flow.blocks, []
        machine.frames.append(frame)
        within, self._within = self._within, len(machine.frames)
        too_much = False
        try:
            with HEAP.lasting():
                for statement, near in statements:
                    if id(statement) in module.changed_by:
                        continue
                    module.runs(statement)
                    if not self._statement(statement, near):
                        break
                    if near and self._left[near] < 0:
                        too_much = True
                        break
        finally:
            machine.frames.pop()
            machine.flow.blocks = blocks
            self._within = within
        if too_much:
            self._unknown(module.path.stem, _TOO_MUCH, node)

    def _statement(self, statement: Statement, near: bool) -> bool:
        """Run one statement, as far as there are steps left for such. Whether the next one is reached."""
        machine, left = self._machine, self._left[near]
        if left < 0:
            return True
        started = machine.expressions.steps
        until, tells = self._until, self._tells
        self._until, self._tells = started + left, near
        try:
            return machine.statements.block([statement])
        finally:
            ended = machine.expressions.steps
            self._left[near] -= left - (self._until - ended)
            self._until = until + ended - started if until is not None else None
            self._tells = tells


def _chosen(module: Module, acts: Acts) -> Iterator[tuple[Statement, bool]]:
    """The statements that act, counted as `ast` does, which knows no lines of several; and whether they are near to a write."""
    assert module.source is not None
    every: list[Statement] = []
    for statement in module.source.tree.body:
        every += statement.body if isinstance(statement, cst.SimpleStatementLine) else [statement]
    return ((one, number in acts.near) for number, one in enumerate(every) if number in acts.statements)
