"""Calls that import, by a name or a path: what is known is read, and what is not known may do anything."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from migration_guard.interpreter.collections import Sequence
from migration_guard.interpreter.repository import Module
from migration_guard.interpreter.text import Text, plain
from migration_guard.interpreter.values import SETTLED, UNKNOWN, Constant, External, ModuleValue, Unknown, Value, join
from migration_guard.lean import dataclass
from migration_guard.libraries import loaded
from migration_guard.libraries.execution import opaque
from migration_guard.libraries.standard.builtin import namespace_of
from migration_guard.libraries.standard.files import PathValue, as_path
from migration_guard.sight.folders import exists, is_file, is_folder, matching
from migration_guard.skim.outline import Import

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine

_SETTINGS = {"django.conf.settings.DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField"}
"""Settings that name a class of which it does not matter here which one it is."""


def call(target: External, call: Call) -> Value | None:
    """What such a call gives; None for anything else."""
    behaviour = _CALLS.get(target.last)
    return behaviour(call) if behaviour is not None and target.root in _ROOTS else None


def _named(call: Call, given: Value | None, found: Callable[[str], Value]) -> Value:
    """What stands behind each name that is given."""
    every: list[Value] = []
    for option in given.alternatives() if given is not None else (UNKNOWN,):
        if isinstance(option, External) and option.name in _SETTINGS:
            every.append(External(_SETTINGS[option.name]))
        elif isinstance(option, Text) and option.known:
            every.append(found(str(option)))
        else:
            every.append(_of_settings(option, call, "a module is imported whose name is not known"))
    return join(every)


def _of_settings(given: Value, call: Call, otherwise: str) -> Value:
    """A module whose name is not known: one that settings name, where the application loads it in a function, or can do without it.

    What a migration loads itself, and what is a part of a package whose name is known, is none of those.
    """
    machine = call.machine
    if machine.imports.is_settled:
        return Unknown(call.name, source=SETTLED)
    begins = str(given).partition("{")[0] if isinstance(given, Text) else ""
    must_be_there = machine.imports.is_running and not machine.frames[-1].dispensable
    if begins or must_be_there or machine.scope.module is machine.module:
        opaque(call, otherwise, call.name, beyond=True)
        return Unknown(call.name)
    return Unknown(call.name, source=loaded.LOADED)


def _module(call: Call) -> Value:
    """`importlib.import_module(name, package)`, `frappe.get_module(name)`."""
    package = call.argument(1, "package")

    def found(name: str) -> Value:
        one = Import.spelled(name)
        if one.level and isinstance(package, Text) and package.known:
            base = str(package).split(".")
            one = Import(".".join([*base[: len(base) - one.level + 1], *filter(None, [one.module])]))
        return _imported(one, call)

    return _named(call, call.argument(0, "name", "modulename"), found)


def _dunder(call: Call) -> Value:
    """`__import__(name, globals, locals, fromlist, level)`: the root package, unless names are taken from it."""
    taken = call.argument(3, "fromlist")
    given = call.argument(4, "level")
    level = given.value if isinstance(given, Constant) and isinstance(given.value, int) else 0

    def found(name: str) -> Value:
        whole = _imported(Import(name, level), call)
        if taken is not None and taken.elements() != []:
            return whole
        return _imported(Import(name.partition(".")[0], level), call)

    return _named(call, call.argument(0, "name"), found)


def by_dotted_name(call: Call) -> Value:
    """`import_string("a.b.C")`, `pkgutil.resolve_name("a.b:C")`, `pydoc.locate("a.b.C")`, `frappe.get_attr("a.b.c")`."""

    def found(name: str) -> Value:
        module, _, last = name.replace(":", ".").rpartition(".")
        return call.machine.attribute(_imported(Import.spelled(module), call), last) if module else UNKNOWN

    return _named(call, call.argument(0, "dotted_path", "name", "import_name", "method_string"), found)


def _imported(one: Import, call: Call) -> Value:
    return call.machine.imports.module(one, call.machine.scope.module, call)


def _run_module(call: Call) -> Value:
    """`runpy.run_module(name)`: the module is run as a program."""

    def found(name: str) -> Value:
        module = _imported(Import.spelled(name), call)
        if isinstance(module, ModuleValue):
            call.machine.imports.whole(module.module, call)
            return namespace_of(module.module, call.machine)
        return Unknown("module")

    return _named(call, call.argument(0, "mod_name"), found)


def _run_path(call: Call) -> Value:
    """`runpy.run_path(path)`."""
    module = _of_path(call.argument(0, "path_name"), call.machine)
    if module is None:
        opaque(call, "a file is run whose path is not known", call.name)
    else:
        call.machine.imports.whole(module, call)
        return namespace_of(module, call.machine)
    return Unknown("module")


def _load_source(call: Call) -> Value:
    """`imp.load_source(name, path)`."""
    return _spec(call).method("load_module", call)


def _of_path(value: Value | None, machine: Machine) -> Module | None:
    """The module of a path in the repository."""
    path = _there(value, machine)
    return machine.repository.at(path) if path is not None and is_file(path) else None


def _there(value: Value | None, machine: Machine) -> Path | None:
    """The file or folder of a path in the repository; a relative one begins where the program is started."""
    path = as_path(value, machine)
    if path is not None and isinstance(value, Text) and not os.path.isabs(str(value)):
        root = machine.repository.root
        starts = (root, *(one for one in machine.module.path.parents if one.is_relative_to(root)))
        found = dict.fromkeys(start / str(value) for start in starts if exists(start / str(value)))
        path = next(iter(found)) if len(found) == 1 else None
    return path if path is not None and machine.repository.holds(path) else None


@dataclass(frozen=True, slots=True, eq=False)
class Spec(Value):
    """`spec_from_file_location(name, path)`, its loader, and `SourceFileLoader(name, path)`."""

    module: Module | None
    location: Value = UNKNOWN

    def attribute(self, name: str, machine: Machine) -> Value:
        return self if name == "loader" else Unknown(name)

    def method(self, name: str, call: Call) -> Value:
        if name not in ("exec_module", "load_module"):
            return Unknown(name)
        if self.module is None:
            return _of_settings(self.location, call, "a module is loaded whose path is not known")
        call.machine.imports.run(Import(self.module.path.stem, 1), self.module.path, call.place.node)
        return ModuleValue(self.module)


def _spec(call: Call) -> Value:
    location = call.argument(1, "location", "path")
    return Spec(_of_path(location, call.machine), location or UNKNOWN)


def _spec_by_name(call: Call) -> Value:
    """`importlib.util.find_spec(name)`."""
    name = call.argument(0, "name")
    found = None
    if isinstance(name, Text) and name.known:
        found = call.machine.repository.find(str(name), call.machine.scope.module.path)
    return Spec(found, name or UNKNOWN)


def _of_spec(call: Call) -> Value:
    spec = call.argument(0, "spec")
    return ModuleValue(spec.module) if isinstance(spec, Spec) and spec.module is not None else Unknown("module")


def _listed(call: Call) -> Value:
    """`pkgutil.iter_modules(paths, prefix)`: what lies in folders of the repository."""
    prefix = call.argument(1, "prefix")
    start = str(prefix) if isinstance(prefix, Text) and prefix.known else ""
    if prefix is not None and not start and not isinstance(prefix, Text):
        return Sequence([], _found(Unknown("name")))
    names: list[str] = []
    given = call.argument(0, "path")
    for one in given.each() if given is not None else ():
        folder = _there(one, call.machine)
        if folder is None or not is_folder(folder):
            return Sequence([], _found(Unknown("name")))
        names += sorted(path.stem for path in matching(folder, "*.py") or () if path.stem != "__init__")
        names += sorted(path.parent.name for path in matching(folder, "*/__init__.py") or ())
    if not names:
        return Sequence([], _found(Unknown("name")))
    return Sequence([_found(plain(start + name)) for name in names])


def _found(name: Value) -> Value:
    return ModuleInfo(name)


@dataclass(frozen=True, slots=True, eq=False)
class ModuleInfo(Value):
    """What `pkgutil.iter_modules` gives: a finder, a name, and whether it is a package."""

    name: Value

    def attribute(self, name: str, machine: Machine) -> Value:
        return self.name if name == "name" else Unknown(name)

    def elements(self) -> list[Value] | None:
        return [Unknown("finder"), self.name, Unknown("ispkg")]

    def item(self, key: Value) -> Value:
        return self.name if getattr(key, "value", None) in (1, -2) else Unknown("item")


@dataclass(frozen=True, slots=True, eq=False)
class Modules(Value):
    """`sys.modules`: what is looked up there was imported, and acted when it was."""

    machine: Machine

    @property
    def key(self) -> object:
        return "sys.modules"

    def item(self, key: Value) -> Value:
        names, module = self.machine.names, self.machine.scope.module
        return join(
            ModuleValue(module)
            if _is_own_name(one, module)
            else names.module(str(one), module)
            if isinstance(one, Text) and one.known
            else Unknown("module")
            for one in key.alternatives()
        )

    def set_item(self, key: Value, value: Value, *, rows: bool) -> None:
        machine = self.machine
        for one in key.alternatives():
            if isinstance(one, Text) and one.known:
                machine.names.placed.write(str(one), value)
        machine.libraries.put("modules", value, machine.frames[-1].place or machine.place(machine.source.tree))

    def method(self, name: str, call: Call) -> Value:
        match name, call.positional:
            case (("setdefault" | "__setitem__"), (key, value, *_)):
                self.set_item(key, value, rows=False)
            case "update", _:
                for given in call.arguments:
                    mapping = given.mapping()
                    for value in mapping.values() if mapping is not None else (given,):
                        self.set_item(UNKNOWN, value, rows=False)
        looks = name in ("get", "pop", "__getitem__", "setdefault") and call.positional
        return self.item(call.positional[0]) if looks else Unknown(name)


def _is_own_name(value: Value, module: Module) -> bool:
    """Whether it is the `__name__` of the module where it is asked for."""
    own = module.scope.read("__name__")
    return (
        (isinstance(own, Value) and own.key == value.key)
        or (isinstance(value, Unknown) and value.hint == "__name__")
        or (isinstance(value, External) and value.name == "builtins.__name__")
    )


def about(module: Module, name: str, machine: Machine) -> Value | None:
    """What a module says of itself: where it lies, and what it binds."""
    match name:
        case "__dict__":
            return namespace_of(module, machine)
        case "__file__":
            return PathValue(module.path)
        case "__path__" if module.folder is not None:
            return Sequence([PathValue(module.folder)])
    return None


_ROOTS = frozenset({"builtins", "importlib", "pkgutil", "pydoc", "runpy", "django", "werkzeug", "imp", "frappe"})
_CALLS: dict[str, Callable[[Call], Value]] = {
    "import_module": _module,
    "__import__": _dunder,
    "import_string": by_dotted_name,
    "resolve_name": by_dotted_name,
    "locate": by_dotted_name,
    "get_attr": by_dotted_name,
    "get_module": _module,
    "run_module": _run_module,
    "run_path": _run_path,
    "spec_from_file_location": _spec,
    "SourceFileLoader": _spec,
    "load_source": _load_source,
    "find_spec": _spec_by_name,
    "module_from_spec": _of_spec,
    "iter_modules": _listed,
    "walk_packages": _listed,
}
