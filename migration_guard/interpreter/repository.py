"""The modules of the repository: found from an importing file, parsed once a reader, evaluated name by name."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import field
from enum import Enum, auto
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import libcst as cst

from migration_guard.files import LINK_OUT, Unreadable, leads_out, read_source
from migration_guard.interpreter.binding import (
    DEFINITIONS,
    UNNAMED,
    Statement,
    bound_names,
    called,
    changed_names,
    is_collection,
    names_in,
    top_level,
)
from migration_guard.interpreter.flow import Store
from migration_guard.interpreter.kinds import within
from migration_guard.interpreter.syntax import Refused, Source, parse
from migration_guard.interpreter.values import UNKNOWN, Choice, Unseen, Value, join
from migration_guard.later import re
from migration_guard.lean import dataclass
from migration_guard.sight import folders
from migration_guard.skim import places

MAX_MODULE_BYTES = 600_000
MAX_FOLLOWED_BYTES = 1_000_000
"""Source bytes of helper modules that are read on one Account for a migration; what lies beyond is out of sight."""
MAX_NEAR_BYTES = 2_000_000
"""… for what imports run and is near to a write: all models of a large application hang together."""
MAX_CACHED_BYTES = 6_000_000
"""Source bytes of helper modules that a reader keeps parsed; libcst needs some 40 times as much."""

_DATABASE = re.compile(
    r"\.objects\b|session|execute|\.save\(|cursor|connect|engine|get_bind|bulk_|get_model|alembic|sqlalchemy|peewee|"
    r"update\s+\S+\s+set\b|insert\s+into|delete\s+from|truncate|merge\s+into",
    re.IGNORECASE,
)

_REPLACES_ITSELF = re.compile(
    r"\bmodules\s*\[\s*__name__\s*\]\s*=|\bmodules\s*\[\s*__name__\s*\]"
    r"(?=[\s\S]*(?:\.__class__\s*=|[\"']__class__[\"']))"
)
"""`sys.modules[__name__] = …`, and `….__class__ = …` however it is spelled: who imports it gets something else."""


class Scope(Store):
    """The names of a module, a class body, a function call or a comprehension. Part of the state."""

    __slots__ = ("elsewhere", "inner", "is_class", "module", "parent")

    def __init__(
        self,
        module: Module,
        parent: Scope | None = None,
        names: Mapping[str, Value] | None = None,
        *,
        is_class: bool = False,
        inner: bool = False,
    ) -> None:
        super().__init__()
        self.module = module
        self.parent = parent
        self.is_class = is_class
        self.inner = inner
        """Whether it belongs to a comprehension: `:=` binds outside of it."""
        self.elsewhere: dict[str, Scope] = {}
        """Names declared `global` or `nonlocal`, with the scope that holds them."""
        for name, value in (names or {}).items():
            self.write(name, value)

    def assign(self, name: str, value: Value) -> None:
        self.elsewhere.get(name, self).write(name, value)

    def delete(self, name: str) -> None:
        self.elsewhere.get(name, self).remove(name)

    def get(self, name: str) -> Value | None:
        """A name of this very scope; what was deferred is looked for now."""
        value = (self.elsewhere.get(name, self) if self.elsewhere else self).read(name)
        if value is None:
            return None
        if isinstance(value, Deferred):
            return value.resolved()
        if isinstance(value, Choice) and any(isinstance(option, Deferred) for option in value.options):
            return join(option.resolved() if isinstance(option, Deferred) else option for option in value.options)
        return value if isinstance(value, Value) else None

    def holds(self, name: str) -> bool:
        return name in self.slots

    @property
    def names(self) -> list[str]:
        """The names that it binds, in the order of their first binding."""
        return [name for name in self.slots if isinstance(name, str)]

    def bindings(self) -> dict[str, Value]:
        """All of them with their values, imports looked for."""
        return {name: value for name in self.names if (value := self.get(name)) is not None}


class Deferred(Value):
    """An import, or a decorated function: looked for when it is first used. Most are not, and parsing is the cost."""

    __slots__ = ("_resolve", "_value")

    def __init__(self, resolve: Callable[[], Value]) -> None:
        self._resolve = resolve
        self._value: Value | None = None

    def resolved(self) -> Value:
        if self._value is None:
            self._value = UNKNOWN  # an import that leads back to itself ends here
            self._value = self._resolve()
        return self._value


@dataclass(eq=False)
class Module:
    """A module of the repository. `source` is None for a folder without `__init__.py`."""

    path: Path
    source: Source | None
    scope: Scope = field(init=False)
    unread: str | None = None
    """Why the file could not be read, if it is there and could not."""
    beyond: bool = False
    """Whether it could be read, and is one too many."""
    unseen: Unseen | None = None
    """All that a star import of such a file may have bound."""
    running: set[str] = field(default_factory=set)
    """Names whose definitions are being evaluated: modules may import each other."""
    has_bound_unnamed: bool = False
    """Whether the statements have been run that bind names which they do not spell."""
    changed_by: set[int] = field(default_factory=set)
    """The statements that have been run and may change what is bound elsewhere: once is enough."""

    def __post_init__(self) -> None:
        self.scope = Scope(self)

    def runs(self, *statements: Statement) -> None:
        """Statements of the top level are run, with all that stands in them."""
        for one in within(statements, cst.FunctionDef, cst.ClassDef):
            if isinstance(one, (cst.Expr, cst.For, cst.While, cst.Match)):
                self.changed_by.add(id(one))

    def let_go(self) -> None:
        """Of its names, and of all that they stand for."""
        self.scope.slots.clear()
        vars(self).clear()

    @property
    def folder(self) -> Path | None:
        """The folder that holds submodules, if this is a package."""
        if self.unread is not None:
            return None
        if self.source is None:
            return self.path
        return self.path.parent if self.path.name == "__init__.py" else None

    @cached_property
    def mentions_database(self) -> bool:
        """Whether anything in the text could lead to a database: functions of other modules only compute."""
        return self.source is not None and bool(_DATABASE.search(self.source.text))

    @cached_property
    def definitions(self) -> dict[str, list[Statement]]:
        """The top-level statements that bind each name, or change what it stands for; `*` holds the star imports."""
        found: dict[str, list[Statement]] = {}
        bound: set[str] = set()
        collections: set[str] = set()
        for statement in self._top_level:
            names = bound_names(statement)
            bound.update(() if isinstance(statement, (cst.Import, cst.ImportFrom)) else names)
            collections.update(names if is_collection(statement) else ())
            changed = [name for name in changed_names(statement, self._globals) if name in bound]
            filled = sorted(collections & self._spoken_of(statement)) if collections else ()
            for name in dict.fromkeys((*names, *changed, *filled)):
                found.setdefault(name, []).append(statement)
        return found

    @cached_property
    def _top_level(self) -> list[Statement]:
        return top_level(self.source.tree.body) if self.source is not None else []

    @cached_property
    def _globals(self) -> dict[str, list[str]]:
        """What each function of the top level binds beside its own names."""
        if self.source is None or "global " not in self.source.text:
            return {}
        found: dict[str, list[str]] = {}
        for function in (one for every in self._functions.values() for one in every):
            for stated in (each for each in within(function.body) if isinstance(each, cst.Global)):
                found.setdefault(function.name.value, []).extend(item.name.value for item in stated.names)
        return found

    def _spoken_of(self, statement: Statement) -> set[str]:
        """The names in a call that surely is made, and in the functions of the top level that it leads to."""
        if id(statement) not in self._own_calls:
            return set()
        found = waiting = set(names_in(statement))
        while waiting:
            functions = [one for name in waiting for one in self._functions.get(name, ())]
            waiting = {name for one in functions for name in names_in(one.body)} - found
            found = found | waiting
        return found

    @cached_property
    def _own_calls(self) -> set[int]:
        """The statements that do nothing but call a function of the top level, under no condition."""
        lines = self.source.tree.body if self.source is not None else ()
        return {
            id(one)
            for line in lines if isinstance(line, cst.SimpleStatementLine)
            for one in line.body if (name := called(one)) is not None and name in self._functions
        }  # fmt: skip

    @cached_property
    def _functions(self) -> dict[str, list[cst.FunctionDef]]:
        found: dict[str, list[cst.FunctionDef]] = {}
        for one in self._top_level:
            if isinstance(one, cst.FunctionDef):
                found.setdefault(one.name.value, []).append(one)
        return found

    @cached_property
    def binding_unnamed(self) -> list[Statement]:
        """The statements of the top level that may bind names which do not stand there."""
        leading = {*UNNAMED, *self._globals}
        found = []
        for statement in (one for one in self._top_level if not isinstance(one, DEFINITIONS)):
            if not leading.isdisjoint(names_in(statement)):
                found.append(statement)
                leading.update(bound_names(statement))  # `this = sys.modules[__name__]`
        return found

    @cached_property
    def decorating(self) -> dict[str, list[Statement]]:
        """The functions and classes that stand below a decorator of each name: `fill` of `@commands.add("fill")`."""
        found: dict[str, list[Statement]] = {}
        for name in self.definitions:
            for statement in self.definitions[name]:
                for decorator in getattr(statement, "decorators", ()):
                    first = decorator.decorator
                    while isinstance(first, (cst.Call, cst.Attribute, cst.Subscript)):
                        first = first.func if isinstance(first, cst.Call) else first.value
                    if isinstance(first, cst.Name) and not isinstance(decorator.decorator, cst.Name):
                        found.setdefault(first.value, []).append(statement)
        return found


class Account(Enum):
    """What a module is read for."""

    OWN = auto()
    """The migration leads to it."""
    NEAR = auto()
    """What imports run leads to it, and is near to a write."""
    FAR = auto()
    """… and is far from any."""


def _limit(account: Account) -> int:
    return MAX_NEAR_BYTES if account is Account.NEAR else MAX_FOLLOWED_BYTES


def _too_much(account: Account) -> str:
    return f"the modules that the migration leads to are together larger than {_limit(account)} bytes"


class Repository:
    """Resolves imports by looking at files: each ancestor folder of the importing file, nearest first, up to `root`."""

    _parsed: ClassVar[OrderedDict[tuple[Path, bool], Source]] = OrderedDict()
    """Parsed helper modules, kept over the files that a reader reads: their migrations share them."""

    def __init__(self, root: Path, *, only_read: bool = False) -> None:
        self.root = root
        self._only_read = only_read
        """Whether nobody asks how its modules are laid out."""
        self._bytes = dict.fromkeys(Account, 0)
        """Source bytes that were read."""
        self._modules: dict[Path, Module] = {}
        self.reached: set[Path] = set()
        """Files that were read for the migration, beside its own."""
        self.opened: dict[int, dict[int, dict[Path, None]]] = {}
        """The files of data that calls read: by the node of the call, and that of the call which led there."""
        self._found: dict[tuple[str, int, Path], tuple[Path, ...]] = {}
        """The files that imports mean: the same are asked for again and again."""
        self.is_closed: Callable[[], bool] = lambda: False
        """Whether a module that was not read yet is one too many at the moment."""
        self.account: Callable[[], Account] = lambda: Account.OWN
        """What it is read for: none of it is read at the cost of another."""

    @classmethod
    def forget(cls) -> None:
        """Forget what was parsed: files may have changed since."""
        cls._parsed.clear()

    def let_go(self) -> None:
        """Of its modules; what is parsed of them is kept."""
        for module in self._modules.values():
            module.let_go()
        vars(self).clear()

    def find(self, name: str, importer: Path, level: int = 0) -> Module | None:
        """The module of an import statement, or None where the repository does not hold it."""
        key = (name, level, importer)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = places.every(name, importer, self.root, level)
        if len(found) > 1:
            return Module(found[0], None, unread="several modules have its name, and `sys.path` says which is loaded")
        return self.at(found[0]) if found else None

    def holds(self, path: Path) -> bool:
        """Whether a file lies in the repository, symbolic links followed."""
        there = folders.real(path)
        return bool(there) and Path(there).is_relative_to(folders.real(self.root))

    def submodule(self, module: Module, name: str) -> Module | None:
        target = places.below(module.folder, (name,), self.root) if module.folder is not None else None
        return self.at(target) if target is not None else None

    def at(self, path: Path) -> Module:
        """The module of a file, or a package without `__init__.py`."""
        known = self._modules.get(path)
        if known is not None:
            return known
        if path.name.endswith(folders.ARCHIVES) and not folders.is_folder(path):
            return self._modules.setdefault(path, Module(path, None, unread="it lies in an archive"))
        if path.name.endswith(folders.COMPILED) and not folders.is_folder(path):
            return self._modules.setdefault(path, Module(path, None, unread="it is compiled"))
        if path.suffix != ".py" or folders.is_folder(path):
            return self._modules.setdefault(path, Module(path, None))
        return self._load(path)

    def _load(self, path: Path) -> Module:
        if path not in self._modules:
            if self.is_closed():
                return Module(path, None, unread="what leads there is too much to be followed", beyond=True)
            account = self.account()
            aside = account is not Account.OWN
            if aside and self._is_spent(account):
                # not kept: the migration itself may still lead there
                return Module(path, None, unread=_too_much(account), beyond=True)
            try:
                source = self._source(path, account)
                self.reached.add(path)
                if path.name != "__init__.py" and _REPLACES_ITSELF.search(source.text):
                    return self._modules.setdefault(path, Module(path, None, unread="it puts another in its place"))
                self._modules[path] = Module(path, source)
            except (Unreadable, Refused) as error:
                beyond = self._is_spent(account)
                unread = Module(path, None, unread=str(error), beyond=beyond)
                if aside and beyond:
                    return unread
                self._modules[path] = unread
        return self._modules[path]

    def _is_spent(self, account: Account) -> bool:
        return self._bytes[account] > _limit(account)

    def _source(self, path: Path, account: Account) -> Source:
        """The parsed file. Raises where it cannot be read: what it holds is then OPAQUE where it is called."""
        kept = self._parsed
        if leads_out(path, self.root):
            raise Unreadable(LINK_OUT)
        content = read_source(path, MAX_MODULE_BYTES)
        self._bytes[account] += len(content)
        if self._is_spent(account):
            raise Unreadable(_too_much(account))
        key = (path, self._only_read)
        if key in kept:
            kept.move_to_end(key)
            return kept[key]
        source = parse(path, content, only_read=self._only_read)
        kept[key] = source
        while sum(len(each.text) for each in kept.values()) > MAX_CACHED_BYTES and len(kept) > 1:
            kept.popitem(last=False)
        return source
