"""What an import runs: the modules of the repository whose top level may change data when they are imported.

A statement of a module's top level counts if what it calls, or what that calls, may write, or imports what is not known.
Whether it really does is found out by who reads it.
"""

from __future__ import annotations

import ast
import builtins
import re
import sys
from collections import deque
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from migration_guard.files import Unreadable, leads_out, read_head
from migration_guard.lean import dataclass
from migration_guard.sight import Looks, Memory, looking, note_all
from migration_guard.sight.folders import ARCHIVES, is_file
from migration_guard.skim import deeds, places
from migration_guard.skim.outline import Import, Outline, at_once, imported, imports_of, outline, parsed

MAX_DEFINITIONS = 400
"""Definitions that one statement is followed to; what calls more may do anything."""
UNREAD = -1
"""Stands for the statements of a file that cannot be looked through."""

_IMPORTS = re.compile(
    rb"(?:^|[;:])[ \t]*(?:from[ \t]+(\.*)[ \t]*([\w.]*)[ \t]+import\b|import[ \t]+([\w., \t]+))|"
    rb"import_module|__import__|import_string|runpy|\\\r?\n",
    re.MULTILINE,
)
_SPEAKS = re.compile(rb"execute|\.save\(|bulk_|\.objects\b|session|call_command", re.IGNORECASE)
_RUNNERS = frozenset(
    "map filter sorted reduce starmap list tuple set dict any all sum max min next submit apply apply_async run "
    "Thread Process Timer start register run_until_complete gather create_task ensure_future partial run_in_executor "
    "call_soon call_later".split()
)
"""What of Python's own calls what it is given, now or when the program ends."""
_MAKES_MEMBERS = re.compile(r"^enum\.\w+$|\bmodels\.\w*Choices$")
"""Bases of classes whose members are made when they are defined."""
_ASKED = ("__get__", "__getattr__", "__getattribute__")
_HOOKS = frozenset(
    "sqlalchemy.event.listen sqlalchemy.event.listens_for signal.signal sys.settrace sys.setprofile sys.addaudithook "
    "threading.settrace threading.setprofile sys.meta_path.insert sys.meta_path.append sys.meta_path.extend "
    "sys.path_hooks.insert sys.path_hooks.append sys.path_hooks.extend builtins.setattr setattr sys.modules.update "
    "sys.modules.setdefault weakref.finalize gc.callbacks.append django.db.models.signals.post_migrate.connect "
    "django.db.models.signals.pre_migrate.connect".split()
)
"""What calls it later, in the same program."""


@dataclass(frozen=True, slots=True)
class Acts:
    """A module whose top level may do something, and which of its statements do, counted from 0."""

    path: Path
    statements: tuple[int, ...]


_Key = tuple[int, bool, bool]
"""A part: the `id` of its node, and what counts of it."""


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """Nodes that would be run, and in which module."""

    module: Outline
    node: ast.AST
    whole: bool = True
    """Whether all that stands in the node is run, or only what an import runs."""
    called: bool = True
    """Whether it is called, so that of a name that is given to another name that one is."""

    @property
    def key(self) -> _Key:
        return id(self.node), self.whole, self.called

    def nodes(self) -> Iterator[ast.AST]:
        return ast.walk(self.node) if self.whole else at_once(self.node, never=self.module.guarded)


class Acting:
    """Finds what an import runs in one repository. Every module is looked at once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._acts = Memory[tuple[int, ...]]()
        self._led = Memory[tuple[Path, ...]]()
        self._ahead = Memory[tuple["_Part | None", ...]]()
        """What each part leads to."""
        self._harmless: dict[_Key, Looks] = {}
        """Each part from which nothing leads to a write, and how that was seen."""
        self._writing: dict[_Key, Looks] = {}
        """Each part from which something surely does; not those that lead too far to be followed."""
        self._kept: dict[_Key, _Part] = {}
        """What these belong to: an `id` says nothing of what is gone."""

    def of_source(self, source: bytes, path: Path, *, in_packages: bool) -> bool:
        """Whether an import anywhere in a migration runs something, or the packages that it lies in."""
        if in_packages and any(True for _ in self.around(path)):
            return True
        if not any(self._may_be_ours(found) for found in _IMPORTS.finditer(source)):
            return False
        try:
            tree = parsed(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return True
        every = [(node, one) for node in ast.walk(tree) for one in imported(node)]
        if any(True for _, one in every for _ in self.run_by(one, path)):
            return True
        look = _Look(Outline(path), self.root)
        asked = (part for node, _ in every if isinstance(node, ast.ImportFrom) for part in look.asked_for(node))
        return any(map(self._leads_to_a_write, asked))

    def may_write(self, module: Outline, handed: ast.expr | ast.stmt) -> bool:
        """Whether something that a module hands over to be called later, or defines for that, may change data."""
        if isinstance(handed, ast.stmt):
            return self._leads_to_a_write(_Part(module, handed))
        return any(map(self._leads_to_a_write, _Look(module, self.root).handed(handed)))

    def origin(self, module: Outline, node: ast.expr) -> str:
        """The full name of something that a module imports; nothing where it does not."""
        return _Look(module, self.root).origin(node)

    @staticmethod
    def _may_be_ours(found: re.Match[bytes]) -> bool:
        dots, module, several = found.groups(b"")
        roots = {one.split()[0].partition(b".")[0] for one in (module or several).split(b",") if one.strip()}
        return (
            bool(dots) or not roots or not all(root.decode("ascii", "replace") in places.NEVER_OURS for root in roots)
        )

    def around(self, path: Path) -> Iterator[Acts]:
        """Give what runs before a module that is loaded by its dotted name: the packages in which it lies."""
        seen: set[Path] = set()
        for package in places.packages_around(path, self.root):
            yield from self._run(package, seen)

    def run_by(self, one: Import, importer: Path) -> Iterator[Acts]:
        """Give the modules that an import runs and that may act, what they lead to first."""
        seen: set[Path] = set()
        for path in places.files_run(one.module, importer, self.root, one.level, one.names):
            yield from self._run(path, seen)

    def _run(self, first: Path, seen: set[Path]) -> Iterator[Acts]:
        waiting: list[tuple[Path, bool]] = [(first, False)]
        while waiting:
            path, led = waiting.pop()
            if led:
                if statements := self._acting(path):
                    yield Acts(path, statements)
            elif path not in seen:
                seen.add(path)
                waiting.append((path, True))
                waiting += ((there, False) for there in reversed(self._leads_to(path)) if there not in seen)

    def _leads_to(self, path: Path) -> tuple[Path, ...]:
        return self._led.of(path, partial(self._led_to, path))

    def _led_to(self, path: Path) -> tuple[Path, ...]:
        module = outline(path)
        files = (
            there
            for one in dict.fromkeys(imports_of(module) if module is not None else ())
            for there in places.files_run(one.module, path, self.root, one.level, one.names)
        )
        return tuple(dict.fromkeys(files))

    def _acting(self, path: Path) -> tuple[int, ...]:
        return self._acts.of(path, partial(self._found_acting, path))

    def _found_acting(self, path: Path) -> tuple[int, ...]:
        module = outline(path) if not leads_out(path, self.root) else None
        if module is None:
            return (UNREAD,) if path.name.endswith(ARCHIVES) or _may_speak(path) else ()
        numbered = enumerate(module.body)
        return tuple(at for at, one in numbered if self._leads_to_a_write(_Part(module, one, whole=False)))

    def _leads_to_a_write(self, start: _Part) -> bool:
        with looking() as looks:
            return self._writes(start, looks)

    def _writes(self, start: _Part, looks: Looks) -> bool:
        waiting, met = deque([start]), {start.key: start.key}  # each with the one that led to it
        searched = list[_Key]()
        self._kept.setdefault(start.key, start)
        while waiting:
            part = waiting.popleft()
            key = part.key
            if key in self._harmless:
                note_all(self._harmless[key])
                continue
            if key in self._writing:
                note_all(self._writing[key])
                self._remember_way(met[key], met, looks)
                return True
            searched.append(key)
            if len(searched) > MAX_DEFINITIONS:
                return True
            for found in self._ahead.of(key, partial(self._followed, part)):
                if found is None:
                    self._remember_way(key, met, looks)
                    return True
                if found.key not in met:
                    met[found.key] = key
                    waiting.append(self._kept.setdefault(found.key, found))
        self._harmless.update(dict.fromkeys(searched, looks))
        return False

    def _followed(self, part: _Part) -> tuple[_Part | None, ...]:
        found = list[_Part | None]()
        for one in _followed(part, self.root):
            found.append(one)
            if one is None:
                break
        return tuple(found)

    def _remember_way(self, key: _Key, met: dict[_Key, _Key], looks: Looks) -> None:
        """All on the way to a write lead to it, whatever else is looked through."""
        while key not in self._writing:
            self._writing[key] = looks
            key = met[key]


def _may_speak(path: Path) -> bool:
    """Whether a file that cannot be looked through speaks of a database."""
    try:
        return bool(_SPEAKS.search(read_head(path)[0]))
    except Unreadable:
        return True


def _followed(part: _Part, root: Path) -> Iterator[_Part | None]:
    """Give what else would be run; None for what may write."""
    look = _Look(part.module, root)
    names, attributes = set[str](), set[tuple[str, str]]()
    handed = list[ast.expr]()
    anything = part.whole and part.called and isinstance(part.node, (ast.Assign, ast.AnnAssign))
    for node in part.nodes():
        match node:
            case ast.Call():
                if deeds.may_write(node, look.origin(node.func)) or deeds.imports_unknown(node):
                    yield None
                anything |= look.is_local(node.func)
                handed += [*node.args, *(keyword.value for keyword in node.keywords)]
                yield from look.called(node)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield from look.defined(node)
            case ast.Assign(targets=[target], value=value):
                # A method that is kept under another name; something of the repository that is put into a library.
                if isinstance(value, ast.Attribute):
                    handed.append(value)
                yield from look.put(target, value)
            case ast.Name(id=name):
                names.add(name)
            case ast.Attribute(value=ast.Name(id=owner), attr=name):
                attributes.add((owner, name))
            case ast.Import() | ast.ImportFrom() if part.whole:
                yield from look.imported(node)
            case ast.ImportFrom():
                yield from look.asked_for(node)
    if any(isinstance(one, ast.Attribute) and deeds.names_a_write(one) for one in handed):
        yield None
    for name in () if part.whole else names:
        yield from look.values(name)
    for owner, _ in () if part.whole else attributes:
        yield from look.asking(owner)
    if anything:
        # Something is called that only runs tell: all that is named here may be it.
        for name in names:
            yield from look.named(name)
        for owner, name in attributes:
            yield from look.attribute(owner, name)


class _Look:
    """Finds what names of a module mean, in it and in those that it imports from."""

    def __init__(self, module: Outline, root: Path) -> None:
        self._module = module
        self._root = root

    def is_local(self, called: ast.expr) -> bool:
        """Whether it is something that only runs tell: an argument, a loop's variable, an element."""
        match called:
            case ast.Name(id=name):
                known = name in self._module.top or name in self._module.imports or name in self._module.functions
                return not known and not hasattr(builtins, name)
            case ast.Attribute():
                return False
        return True

    def origin(self, called: ast.expr) -> str:
        """The full name of something that is imported, or of an attribute of it."""
        match called:
            case ast.Name(id=name) if name in self._module.imports:
                module, _, taken = self._module.imports[name]
                return f"{module}.{taken}".strip(".")
            case ast.Attribute(value=owner, attr=name):
                before = self.origin(owner)
                return f"{before}.{name}" if before else ""
        return ""

    def put(self, target: ast.expr, value: ast.expr) -> Iterator[_Part]:
        """What is put into something imported, and may be called by whoever calls that."""
        owner = target.value if isinstance(target, (ast.Attribute, ast.Subscript)) else None
        if owner is not None and self.origin(owner):
            yield from self.handed(value)

    def handed(self, value: ast.expr) -> Iterator[_Part]:
        """What is called if something that is handed over is."""
        match value:
            case ast.Lambda(body=body):
                yield _Part(self._module, body)
            case ast.Call(func=made, args=given):
                yield from self._reference(made)
                for one in given:  # `partial(function, …)`
                    yield from self._reference(one)
            case _:
                yield from self._reference(value)

    def called(self, call: ast.Call) -> Iterator[_Part]:
        """What a call runs: a function, a class with all that it has, and what is handed to those that call it."""
        match call.func:
            case ast.Name(id=name):
                found = list(self.named(name))
                origin = self.origin(call.func) or name
                runs = bool(found) or bool({name, origin.rpartition(".")[2]} & _RUNNERS) or origin in _HOOKS
            case ast.Attribute(value=ast.Name(id=owner), attr=name):
                found = list(self.attribute(owner, name))
                runs = bool(found) or name in _RUNNERS or self.origin(call.func) in _HOOKS
            case ast.Lambda(body=body):
                found, runs = [_Part(self._module, body)], True
            case ast.Attribute(attr=name):
                found = [_Part(self._module, node) for node in self._module.functions.get(name, ())]
                runs = bool(found) or name in _RUNNERS
            case _:
                found, runs = [], True
        yield from found
        if runs:
            for value in (*call.args, *(keyword.value for keyword in call.keywords)):
                yield from self.handed(value)

    def defined(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> Iterator[_Part]:
        """What runs because something is defined: decorators of the repository, and classes that hear of their heirs."""
        for decorator in node.decorator_list:
            target = decorator.func if isinstance(decorator, ast.Call) else decorator
            found = list(self._reference(target))
            yield from found
            if (
                found
                or (isinstance(target, ast.Attribute) and target.attr in _RUNNERS)
                or self.origin(target) in _HOOKS
                or not isinstance(target, (ast.Name, ast.Attribute))
            ):
                yield _Part(self._module, node)
        if isinstance(node, ast.ClassDef):
            if any(_MAKES_MEMBERS.search(self.origin(base)) for base in node.bases):
                yield _Part(self._module, node)
            for base in node.bases:
                for part in self._reference(base):
                    hears = [one for one in ast.walk(part.node) if getattr(one, "name", "") == "__init_subclass__"]
                    yield from (_Part(part.module, one) for one in hears)
            for keyword in node.keywords:
                yield from self._reference(keyword.value)

    def _reference(self, node: ast.expr) -> Iterator[_Part]:
        match node:
            case ast.Name(id=name):
                yield from self.named(name)
            case ast.Attribute(value=ast.Name(id=owner), attr=name):
                yield from self.attribute(owner, name)

    def values(self, name: str) -> Iterator[_Part]:
        """An object that the module, or another one, keeps under a name: using it may run its methods."""
        for part in self.named(name):
            if isinstance(part.node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
                yield _Part(part.module, part.node, called=False)

    def asking(self, name: str) -> Iterator[_Part]:
        """A class whose attributes are asked for, where its module has something that is asked then."""
        for part in self.named(name):
            if isinstance(part.node, ast.ClassDef) and any(one in part.module.functions for one in _ASKED):
                yield _Part(part.module, part.node)

    def named(self, name: str) -> Iterator[_Part]:
        yield from (_Part(self._module, node) for node in self._module.top.get(name, ()))
        if name in self._module.imports:
            module, dots, taken = self._module.imports[name]
            yield from _elsewhere(module, dots, taken, self._module.path, self._root)
        elif name not in self._module.top:
            yield from (_Part(self._module, node) for node in self._module.functions.get(name, ()))
            for module, dots in self._module.stars:
                yield from _elsewhere(module, dots, name, self._module.path, self._root)

    def attribute(self, owner: str, name: str) -> Iterator[_Part]:
        if owner in self._module.imports:
            module, dots, taken = self._module.imports[owner]
            yield from self.named(owner)
            yield from _elsewhere(f"{module}.{taken}".strip("."), dots, name, self._module.path, self._root)
        elif owner not in sys.stdlib_module_names:
            yield from (_Part(self._module, node) for node in self._module.functions.get(name, ()))

    def imported(self, node: ast.Import | ast.ImportFrom) -> Iterator[_Part]:
        """What an import inside of a function runs."""
        for one in imported(node):
            for path in places.files_run(one.module, self._module.path, self._root, one.level, one.names):
                module = outline(path)
                if module is not None:
                    yield from (_Part(module, each, whole=False) for each in module.body)

    def asked_for(self, node: ast.ImportFrom) -> Iterator[_Part]:
        """The `__getattr__` of a module, which is asked for what it does not define."""
        for path in places.every(node.module or "", self._module.path, self._root, node.level):
            module = outline(path) if is_file(path) else None
            if module is not None and "__getattr__" in module.top:
                yield from (_Part(module, each) for each in module.top["__getattr__"])


def _elsewhere(  # noqa: PLR0917
    module: str, dots: int, name: str, importer: Path, root: Path, depth: int = 4
) -> Iterator[_Part]:
    """What another module has under a name, be it that it imports it itself."""
    path = places.find(module, importer, root, dots)
    other = outline(path) if path is not None and is_file(path) and path != importer else None
    if other is None or not name:
        return
    yield from (_Part(other, node) for node in other.top.get(name, ()))
    if depth and name in other.imports:
        again, further, taken = other.imports[name]
        yield from _elsewhere(again, further, taken, other.path, root, depth - 1)
    elif depth and name not in other.top:
        for again, further in other.stars:
            yield from _elsewhere(again, further, name, other.path, root, depth - 1)
