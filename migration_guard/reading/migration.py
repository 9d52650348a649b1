"""Reads one migration file: from its bytes to Operations."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from migration_guard import sight, sql
from migration_guard.forms import nodes
from migration_guard.forms.nodes import parameters
from migration_guard.frameworks import framework, is_loaded_by_name
from migration_guard.frameworks.bindings import bindings
from migration_guard.frameworks.sql.part import Part
from migration_guard.interpreter import collections
from migration_guard.interpreter.call import Call
from migration_guard.interpreter.classes import Class
from migration_guard.interpreter.expressions import TooComplex
from migration_guard.interpreter.flow import HEAP
from migration_guard.interpreter.functions import Function
from migration_guard.interpreter.importing import Imports
from migration_guard.interpreter.instances import Instance
from migration_guard.interpreter.machine import Machine
from migration_guard.interpreter.repository import Module, Repository
from migration_guard.interpreter.syntax import Literal, Refused, Source, parse
from migration_guard.interpreter.text import Piece, Text, concatenated, plain
from migration_guard.interpreter.values import NONE, UNKNOWN, Constant, External, Place, Unknown, Unseen, Value
from migration_guard.later import re
from migration_guard.libraries import (
    Libraries,
    django,
    django_operations,
    frameworks,
)
from migration_guard.libraries.database import Handle
from migration_guard.libraries.execution import execute, opaque
from migration_guard.libraries.standard import running
from migration_guard.libraries.standard.files import PathValue
from migration_guard.operations import Direction, Job, Operation, Problem, Reading
from migration_guard.procedures import Contraction, Procedure
from migration_guard.reading.contractions import Contractions
from migration_guard.reading.ignores import Ignores
from migration_guard.reading.ledger import Ledger
from migration_guard.reading.limits import limits_around
from migration_guard.reading.markers import Markers
from migration_guard.reading.omissions import Omissions
from migration_guard.sources import is_sql

if TYPE_CHECKING:
    from migration_guard.reading.diary import Diary

_HALF_A_CHARACTER = re.compile(rb"[\x80-\xff]\\")
"""As in Shift JIS, Big5 and GBK."""


def forget() -> None:
    """Forget what the files of other runs told of the repository."""
    Repository.forget()
    Imports.forget()
    sight.forget()


def _pieces(text: Text, part: Part) -> Iterator[Text]:
    for number, (start, end) in enumerate(part.ranges):
        if number and part.between:
            yield plain(part.between)
        yield text.slice(start, end)


def _diary_of(source: Source, job: Job) -> Diary | None:
    """What is noted of a file of backfills."""
    if job.framework != "backfill":
        return None
    from migration_guard.reading.diary import Diary  # noqa: PLC0415 -- for files of backfills
    from migration_guard.reading.transactions import autocommits  # noqa: PLC0415

    return Diary(source, dialect=job.dialect, autocommits=autocommits(source.text))


class Migration:
    """What a framework's `enter` works with: the module's names, and a machine to run them in."""

    def __init__(self, job: Job, source_bytes: bytes) -> None:
        HEAP.reset()
        self.path = Path(job.path)
        self.job = job
        is_python = not is_sql(self.path.name) and job.framework != "sql_file"  # some tools give their files any ending
        as_python = getattr(framework(job.framework), "as_python", None)
        python = as_python(self.path, source_bytes) if as_python is not None else source_bytes
        only_read = not (job.renders or job.explain or job.framework == "backfill")
        self.source = parse(self.path, python if is_python else b"", only_read=only_read)
        self.bytes = source_bytes
        self.module = Module(self.path, self.source)
        self.libraries = Libraries(job.dialect, job.dml_helpers)
        self.libraries.django.path = self.path
        self.libraries.django.root = Path(job.root)
        self.libraries.framework = job.framework
        if job.framework == "backfill" and re.search(rb"\bdjango\b|\.objects\.", source_bytes):
            self.libraries.framework = "django"  # models out of sight are Django's
        self._diary = diary = _diary_of(self.source, job)
        self.contractions = Contractions()
        self.ledger = diary or Ledger(self.source, job.explain, job.renders, watcher=self.contractions)
        self.ledger.is_script = job.framework == "script"
        if b"schema_translate_map" in source_bytes:
            self.ledger.part()
        self.omissions = Omissions(self.path, job.framework, job.dialect)
        if job.critical and diary is None:
            self.ledger.critic = self.omissions
            self.ledger.limited, self.ledger.limited_here = limits_around(self.path, Path(job.root), job.framework)
        repository = Repository(Path(job.root), only_read=only_read)
        self.ledger.forms.repository = repository
        self.machine = Machine(self.module, repository, self.libraries, self.ledger)
        self.libraries.machine = self.machine
        self.id: str | None = None
        """The migration's name in its framework."""
        self.blocks_are_functions = False
        """Whether each function is a migration of its own."""
        self.procedures: list[Procedure] = []
        """What a file of backfills defines."""
        self.problems: list[Problem] = []

    def load(self, *, main: bool = False) -> None:
        """Run the module body; `main` if it is the program itself."""
        scope = self.module.scope
        scope.write("__file__", PathValue(self.path))
        scope.write("__name__", plain("__main__") if main else Unknown("__name__"))
        if is_loaded_by_name(self.job.framework):
            with self.machine.entering(Direction.UPGRADE, function=False):
                self.machine.imports.packages()
        self.machine.load()

    def give(self, package: str) -> None:
        """Let the module have a package that its framework imports for it."""
        self.module.scope.write(package, External(package))

    def name(self, name: str) -> Value | None:
        """What the module calls by a name, imported or its own; None where it has no such name."""
        return _found(self.machine.module_attribute(self.module, name), name)

    def text(self, name: str) -> str | None:
        """A name of the module that is a literal string."""
        value = self.name(name)
        return str(value) if isinstance(value, Text) and value.known else None

    def functions(self) -> dict[str, Function]:
        return {name: value for name, value in self.module.scope.bindings().items() if isinstance(value, Function)}

    def every_function(self) -> list[Function]:
        """The functions of the module and the methods of its classes, in order."""
        found: list[Function] = []
        for value in self.module.scope.bindings().values():
            if isinstance(value, Function):
                found.append(value)
            elif isinstance(value, Class) and value.module is self.module:
                methods = [method for method in value.scope.bindings().values() if isinstance(method, Function)]
                found += [
                    method if method.style == "staticmethod" else method.bind(self._object(value)) for method in methods
                ]
        return [function for function in found if function.scope.module is self.module]

    def _object(self, cls: Class) -> Instance:
        place = Place(self.source, cls.node, cls.node)
        return Instance(cls, Call(self.machine, cls.name, place))

    def named_by_app(self) -> str:
        """`app.name`, as Django names migrations."""
        return f"{self.libraries.django.app}.{self.path.stem}"

    @property
    def south_orm(self) -> Value:
        return django.SouthOrm()

    def run_method(self, cls: str, name: str, direction: Direction, arguments: Sequence[Value]) -> None:
        """Call a method on an object of a class of the module."""
        found = self.name(cls)
        method = found.lookup(name) if isinstance(found, Class) else None
        if isinstance(found, Class) and isinstance(method, Function):
            self.machine.enter(method.bind(self._object(found)), arguments, direction)

    def steps(self) -> list[Call]:
        """The calls of yoyo's `step()`."""
        return self.libraries.steps

    def run_step(self, step: Value | None, direction: Direction, call: Call) -> None:
        """One half of a step: SQL, or a function of a connection."""
        with self.machine.entering(direction):
            for option in step.alternatives() if step is not None else ():
                if isinstance(option, Text):
                    execute(call, option)
                elif option is not NONE:
                    self.machine.call(option, call.with_arguments((Handle("connection"),), {}))

    def whole_text(self) -> Text:
        """The file as SQL."""
        value = self.bytes.decode("utf-8-sig", "replace")
        if "\ufffd" in value and _HALF_A_CHARACTER.search(self.bytes):
            reason = "checked in part: it is not UTF-8, and a backslash in it may be half of a character"
            self.problems.append(Problem(self.job.shown, None, reason))
        return Text((Piece(value, Literal(None, None, value, (), self.path)),))

    def execute(self, text: Text, parts: Sequence[Part], direction: Direction) -> None:
        """SQL that the framework executes by itself on one way: parts of a text, each in a transaction of its own."""
        with self.machine.entering(direction):
            call = Call(self.machine, "", Place(self.source, self.source.tree, self.source.tree))
            for part in parts:
                self.ledger.autocommit_block(not part.transactional)
                execute(call, concatenated(_pieces(text, part)))
                self.ledger.autocommit_block(-(not part.transactional))
                self.ledger.commit()

    @property
    def text_of_file(self) -> str:
        """What stands in the file, whether it is Python or SQL."""
        return self.source.text or self.bytes.decode("utf-8", "replace")

    def replaces(self) -> tuple[str, ...]:
        """The migrations that this one was squashed from: names, or pairs of app and name."""
        if self.id is None:
            return ()  # a script of many migrations is none itself
        stated = self.class_attribute("Migration", "replaces") or self.name("replaces")
        names = [[item] if isinstance(item, Text) else item.elements() for item in (stated and stated.elements()) or ()]
        return tuple(".".join(map(str, parts)) for parts in names if parts)

    def class_attribute(self, cls: str, name: str) -> Value | None:
        found = self.name(cls)
        return found.lookup(name) if isinstance(found, Class) else None

    def read_backfills(self) -> None:
        """Enter every backfill that the file defines."""
        if self._diary is not None:
            from migration_guard.reading.procedures import Procedures  # noqa: PLC0415 -- for files of backfills

            reader = Procedures(self, self._diary)
            reader.read()
            self.procedures, self.problems = reader.found, reader.problems

    def run(self, function: Value, direction: Direction, arguments: Sequence[Value] = ()) -> None:
        self.machine.enter(function, arguments, direction)

    def run_entry(self, name: str, direction: Direction, *ways: str, executes: bool = False) -> None:
        """Enter what the module calls by a name with ways to the database; some frameworks execute what it returns."""
        entry = self._entry(name, direction)
        for option in () if entry is None else entry.alternatives():
            if isinstance(option, Function):
                self.run_function(option, direction, *ways, executes=executes)
            else:
                self._run_elsewhere(name, option, direction)

    def run_function(self, function: Function, direction: Direction, *ways: str, executes: bool = False) -> None:
        first = parameters(function.node)[:1]
        with self.machine.entering(direction):
            place = Place(self.source, self.source.tree, self.source.tree)
            given = tuple(frameworks.way(one, first[0] if first else "") for one in ways)
            call = Call(self.machine, function.name, place, given, given=True)
            result = running.awaited(self.machine.call(function, call))
            if executes and result is not NONE:
                execute(replace(call, positional=()), result)
            result.consumed()

    def run_methods(self, bases: Sequence[str], methods: Mapping[str, Direction]) -> None:
        """Call methods on an object of each class of the module that inherits from one of a framework."""
        for cls in self.module.scope.bindings().values():
            if not isinstance(cls, Class) or cls.module is not self.module:
                continue
            if not any(base.startswith(tuple(bases)) for base in cls.external_bases()):
                continue
            for name, direction in methods.items():
                found = cls.lookup(name)
                if isinstance(found, Function):
                    made = self._object(cls)
                    for attribute, value in frameworks.on_model(cls, self.job.framework).items():
                        if cls.lookup(attribute) is None:
                            made.write(attribute, value)
                    self.machine.enter(found.bind(made), (), direction)

    def run_dotted(self, name: str, direction: Direction) -> None:
        """Call the functions whose dotted names stand in a list of the module, or are the value of a name."""
        stated = self.name(name)
        for option in stated.alternatives() if stated is not None else ():
            elements = option.elements()
            for one in (
                [option] if isinstance(option, Text) else elements if elements is not None else [option.element()]
            ):
                self._run_dotted(name, one, direction)

    def _run_dotted(self, name: str, dotted: Value, direction: Direction) -> None:
        bound = self.module.definitions.get(name)
        literal = dotted.pieces[0].literal if isinstance(dotted, Text) and dotted.pieces else None
        node = (
            literal.node
            if literal is not None and literal.node is not None
            else bound[-1]
            if bound
            else self.source.tree
        )
        with self.machine.entering(direction):
            call = Call(self.machine, name, Place(self.source, node, node), given=True)
            module, _, function = (
                str(dotted).rpartition(".") if isinstance(dotted, Text) and dotted.known else ("", "", "")
            )
            found = self.machine.repository.find(module, self.path) if module else None
            if found is None:
                opaque(call, f"{dotted if isinstance(dotted, Text) else name} is out of sight", name)
            else:
                self.machine.call(self.machine.module_attribute(found, function), call).consumed()

    def run_named(self, name: str, direction: Direction) -> None:
        """Enter what the module calls by a name; what is not in sight may do anything."""
        entry = self._entry(name, direction)
        for option in () if entry is None else entry.alternatives():
            if isinstance(option, Function) and option.scope.module is self.module:
                self.run(option, direction)
            else:
                self._run_elsewhere(name, option, direction)

    def _entry(self, name: str, direction: Direction) -> Value | None:
        """What a framework gets that asks the module for a name: also of its `__getattr__`, or of a star from out of sight."""
        found = self.name(name)
        if found is None and "__getattr__" in self.module.scope.names:
            with self.machine.entering(direction, function=False):
                asked = self.machine.names.of_module(self.module, name)
            found = _found(asked, name) if asked is not UNKNOWN else None
        if found is not None:
            return found
        stars = self.machine.names.stars(self.module)
        unseen = any(not self.libraries.is_known(star) for star in stars)
        return Unknown("*") if unseen or (direction is Direction.UPGRADE and self._conjures()) else None

    def _conjures(self) -> bool:
        """Whether the module may have names that stand nowhere. A runner of migrations, which imports by name, is none."""
        bound = bindings(self.bytes)
        return bound is not None and bound.conjures and (self.job.framework != "django" or bound.imports("django"))

    def _run_elsewhere(self, name: str, value: Value, direction: Direction) -> None:
        with self.machine.entering(direction):
            bound = self.module.definitions.get(name) or self.module.definitions.get("*")
            node = bound[-1] if bound else self.source.tree
            call = Call(self.machine, name, Place(self.source, node, node), given=True)
            if isinstance(value, (External, Unknown)) and not isinstance(value, Unseen):
                opaque(call, f"{name} is out of sight", name)
            else:
                self.machine.call(value, call).consumed()

    def run_django(self, name: str) -> None:
        """Make an object of a class of migrations, as Django does, and run its operations and what it overrides."""
        found = self._entry(name, Direction.UPGRADE)
        for cls in () if found is None else found.alternatives():
            if isinstance(cls, (External, Unknown)):
                self._run_elsewhere(name, cls, Direction.UPGRADE)
            else:
                self._run_django(name, cls)

    def _run_django(self, name: str, cls: Value) -> None:
        place = (
            Place(self.source, cls.node, cls.node)
            if isinstance(cls, Class)
            else Place(self.source, self.source.tree, self.source.tree)
        )
        given = (plain(self.path.stem), plain(self.libraries.django.app or ""))
        with self.machine.entering(Direction.UPGRADE, function=False):
            if isinstance(cls, Class) and cls.lookup("__init__") is not None and cls.lookup("operations") is None:
                own = collections.Sequence()  # Django's, to which it may add
                cls.assign("operations", own, self.machine, place)
            made = self.machine.call(cls, Call(self.machine, name, place, given, given=True))
            operations = self.machine.attribute(made, "operations")
            if isinstance(cls, Class) and isinstance(made, Instance):
                for asked in filter(
                    cls.lookup, _ASKED
                ):  # it may be a property, or run something where it is gone through
                    said = self.machine.attribute(made, asked)
                    said.consumed()
                    said.elements()
        for option in operations.alternatives():
            if option.elements() is not None or not isinstance(option, (External, Unknown)):
                self.run_operations(option)
            elif (
                not isinstance(cls, Class)
                or cls.lookup("operations") is not None  # what it says is not known
                or any(_may_have_operations(base) for base in cls.external_bases())
            ):
                self._run_elsewhere(name, option, Direction.UPGRADE)
        if isinstance(cls, Class) and cls.metaclass is not None:  # which may give the class other operations
            self._run_elsewhere(name, Unknown("operations"), Direction.UPGRADE)
        for method, direction in _OVERRIDES.items():
            override = cls.lookup(method) if isinstance(cls, Class) else None
            if isinstance(override, Function) and isinstance(made, Instance):
                handles = (Unknown("state", given=True), django.SchemaEditor())
                self.run(override.bind(made), direction, handles)

    def run_unless_reached(self, function: Function, direction: Direction) -> None:
        """Enter a function that no other entry point has come to."""
        if id(function.node) not in self.machine.reached:
            self.machine.enter(function, (), direction)

    def run_operations(self, operations: Value) -> None:
        """Django's operations, forwards and then backwards."""
        elements = operations.elements()
        if elements is None:
            elements = [operations.element()]
        atomic = self.class_attribute("Migration", "atomic")
        self.ledger.autocommit_block(isinstance(atomic, Constant) and atomic.value is False)
        for forward, direction in ((True, Direction.UPGRADE), (False, Direction.DOWNGRADE)):
            with self.machine.entering(direction):
                django_operations.run_operations(elements, self.machine, forward=forward)


def _found(value: Value, name: str) -> Value | None:
    """What is there under a name; None where that is only called so."""
    return None if isinstance(value, Unknown) and value.hint == name else value


_OVERRIDES = {"apply": Direction.UPGRADE, "mutate_state": Direction.UPGRADE, "unapply": Direction.DOWNGRADE}
"""Methods of a migration that Django calls."""
_ASKED = ("atomic", "initial", "dependencies", "run_before", "replaces")
"""… and what else it asks of one."""


def _may_have_operations(base: str) -> bool:
    """Whether a base class out of sight may bring operations of its own; Django's has none."""
    return not base.startswith("django.")


def read(job: Job, data: bytes) -> Reading:
    """Read a migration. Never raises for anything that stands in the file: what cannot be read is a Problem."""
    try:
        return _read(job, data)
    finally:  # until the next one, nothing holds on to what it was made into
        HEAP.reset()
        nodes.forget()
        sql.forget()


def _read(job: Job, data: bytes) -> Reading:
    try:
        migration = Migration(job, data)
    except Refused as refused:
        return Reading(problems=(Problem(job.shown, refused.line, refused.reason),))
    try:
        return _entered(migration, job)
    finally:
        migration.machine.let_go()


def _entered(migration: Migration, job: Job) -> Reading:
    problems: list[Problem] = []
    try:
        framework(job.framework).enter(migration)
    except TooComplex:
        problems.append(Problem(job.shown, None, "checked in part: following its calls takes too long"))
    except RecursionError:
        problems.append(Problem(job.shown, None, "checked in part: nested too deeply to be followed"))
    markers = Markers(
        migration.source, job.migration_marker, migration.id, blocks_are_functions=migration.blocks_are_functions
    )
    operations = migration.ledger.operations(partial(_shown, job), markers.block_at)
    if job.framework != "backfill":
        operations = list(markers.placed(operations))
    ignores = Ignores(migration.source, migration.text_of_file, job.shown)
    return Reading(
        operations=tuple(sorted(operations, key=_order)),
        notes=tuple(migration.ledger.notes()),
        problems=(*problems, *migration.problems, *ignores.problems),
        ignores=tuple(ignores.found),
        migration=migration.id,
        replaces=migration.replaces(),
        procedures=tuple(migration.procedures),
        contractions=tuple(
            Contraction(one.table, one.columns, one.what, one.spot.span())
            for one in migration.contractions.found.values()
            if one.spot.path == migration.path
        ),
        omissions=tuple(migration.omissions.told(markers.block_at)),
        required=tuple(migration.contractions.required),
        blocks=markers.blocks,
        reached=tuple(sorted(map(os.fspath, migration.machine.repository.reached))),
    )


def _order(operation: Operation) -> tuple[object, ...]:
    return (operation.span, operation.kind.value, operation.tables)


def _shown(job: Job, path: Path) -> str:
    """A file's name as messages use it: relative to where the migration itself is shown from."""
    own = Path(job.path)
    if path == own:
        return job.shown
    there = os.path.relpath(path, own.parent)
    return os.path.normpath(os.path.join(os.path.dirname(job.shown), there)).replace(os.sep, "/")
