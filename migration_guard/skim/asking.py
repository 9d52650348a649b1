"""Looks at all pieces of a module in one go: what each may run. What is kept of them is small; the tree is not kept."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator
from dataclasses import field

from migration_guard.later import re
from migration_guard.lean import dataclass
from migration_guard.skim import deeds
from migration_guard.skim.asks import (
    NOTHING_ELSE,
    Ask,
    Asked,
    Asking,
    Attribute,
    Body,
    Facts,
    Getattr,
    Given,
    Heirs,
    Inner,
    Kept,
    Loaded,
    Method,
    Named,
    Own,
    Place,
    Reference,
)
from migration_guard.skim.outline import Outline, bodies, imported, is_never, with_calls

_RUNNERS = frozenset(
    "map filter sorted reduce starmap list tuple set dict any all sum max min next submit apply apply_async run "
    "Thread Process Timer start register run_until_complete gather create_task ensure_future partial run_in_executor "
    "call_soon call_later".split()
)
"""What of Python's own calls what it is given, now or when the program ends."""
_MAKES_MEMBERS = re.compile(r"^enum\.\w+$|\bmodels\.\w*Choices$")
"""Bases of classes whose members are made when they are defined."""
_HOOKS = frozenset(
    "sqlalchemy.event.listen sqlalchemy.event.listens_for signal.signal sys.settrace sys.setprofile sys.addaudithook "
    "threading.settrace threading.setprofile sys.meta_path.insert sys.meta_path.append sys.meta_path.extend "
    "sys.path_hooks.insert sys.path_hooks.append sys.path_hooks.extend builtins.setattr setattr sys.modules.update "
    "sys.modules.setdefault weakref.finalize gc.callbacks.append django.db.models.signals.post_migrate.connect "
    "django.db.models.signals.pre_migrate.connect".split()
)
"""What calls it later, in the same program."""


@dataclass(slots=True, eq=False)
class _Found:
    """What is found on a walk, in its order."""

    writes: bool = False
    loads: bool = False
    anything: bool = False
    """Whether something is called that only runs tell: all that is named may be it."""
    names: dict[str, None] = field(default_factory=dict)
    attributes: dict[tuple[str, str], None] = field(default_factory=dict)
    asks: dict[Ask, None] = field(default_factory=dict)

    def add(self, other: _Found) -> None:
        self.writes |= other.writes
        self.loads |= other.loads
        self.anything |= other.anything
        self.names |= other.names
        self.attributes |= other.attributes
        self.asks |= other.asks

    @property
    def every(self) -> Iterator[Ask]:
        """All that is named."""
        yield from map(Named, self.names)
        yield from (Attribute(owner, name) for owner, name in self.attributes)


def place(node: ast.stmt) -> Place:
    return node.lineno, node.col_offset


def asking(module: Outline) -> Asking:
    """Look at all pieces of a module."""
    return _Asking(module).every()


def handed(module: Outline, value: ast.expr) -> tuple[Ask, ...]:
    """What is called if something that is handed over is."""
    return tuple(_Asking(module).handed(value))


def origin(module: Outline, node: ast.expr) -> str:
    """The full name of something that is imported, or of an attribute of it."""
    names = list[str]()
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or node.id not in module.imports:
        return ""
    name, _, taken = module.imports[node.id]
    before = f"{name}.{taken}".strip(".")
    return ".".join((before, *reversed(names))) if before else ""


_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_NO_PARTS = frozenset({"ctx", "op", "ops", "id", "attr", "kind", "type_comment", "lineno", "level", "asname"})
_parts: dict[type[ast.AST], tuple[str, ...]] = {ast.Constant: (), ast.Name: ()}
"""The fields of nodes that hold others."""


def _spread(node: ast.AST, waiting: list[ast.AST], names: dict[str, None]) -> None:
    """Have the parts of a node looked at; those that are a name say all there is."""
    kind = node.__class__
    fields = _parts.get(kind)
    if fields is None:
        fields = _parts[kind] = tuple(name for name in kind._fields if name not in _NO_PARTS)
    for field_name in fields:
        value = getattr(node, field_name, None)
        what = value.__class__
        if what is ast.Name:
            names[value.id] = None  # type: ignore[union-attr]
        elif what is list:
            for one in value:  # type: ignore[union-attr]
                if one.__class__ is ast.Name:
                    names[one.id] = None
                elif isinstance(one, ast.AST):
                    waiting.append(one)
        elif what is not ast.Constant and isinstance(value, ast.AST):
            waiting.append(value)


_TELLING = frozenset({ast.Name, ast.Attribute, ast.Call, ast.Assign, ast.AnnAssign, ast.AugAssign})
"""Nodes that say something by themselves, beside definitions and imports."""


class _Asking:
    """Walks through a module once."""

    def __init__(self, module: Outline) -> None:
        self._module = module
        self._imports = module.imports
        self._whole: dict[Place, Facts] = {}

    def every(self) -> Asking:
        for statement in self._module.body:
            for definition in _outermost(statement):
                self._defined_whole(definition)
        for statement in dict.fromkeys(one for several in self._module.top.values() for one in several):
            if not isinstance(statement, _DEFINITIONS):
                found = self._walked(statement)
                called = () if found.anything else tuple(found.every)
                is_kept = isinstance(statement, (ast.Assign, ast.AnnAssign))
                self._whole[place(statement)] = self._facts(found, called if is_kept else ())
        at_once = tuple((place(one), self._at_once(one)) for one in self._module.body)
        return Asking(self._whole, at_once)

    @staticmethod
    def _facts(found: _Found, if_called: tuple[Ask, ...] = ()) -> Facts:
        if found.writes:
            return NOTHING_ELSE
        return Facts(
            loads=found.loads,
            asks=tuple(found.asks | dict.fromkeys(found.every) if found.anything else found.asks),
            if_called=if_called,
        )

    def _defined_whole(self, node: _Definition) -> _Found:
        """A function or class with all that stands in it, where what is defined in there is looked at by itself too."""
        found = self._walked(node)
        self._whole[place(node)] = self._facts(found)
        return found

    def _walked(self, start: ast.AST) -> _Found:
        """All that stands in a node."""
        found = _Found()
        names = found.names
        waiting: list[ast.AST] = [start]
        while waiting:
            node = waiting.pop()
            if node.__class__ in _TELLING:
                self._told(node, found)
            elif isinstance(node, _DEFINITIONS):
                if node is not start:
                    inner = self._defined_whole(node)
                    if isinstance(node, ast.ClassDef) or not isinstance(start, (ast.FunctionDef, ast.AsyncFunctionDef)):
                        found.add(inner)
                    else:
                        found.asks.update(dict.fromkeys((Inner(place(node)), *self._defined(node))))
                    continue
                found.asks.update(dict.fromkeys(self._defined(node)))
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                found.asks.update(dict.fromkeys(map(Loaded, imported(node))))
                continue
            _spread(node, waiting, names)
        return found

    def _at_once(self, start: ast.stmt) -> Facts:
        """What an import runs of a statement: not the bodies of functions, nor what stands under a guard."""
        found = _Found()
        waiting: list[ast.AST] = [start]
        while waiting:
            node = waiting.pop()
            match node:
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    found.asks.update(dict.fromkeys(self._defined(node)))
                    waiting += [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)]
                    waiting += with_calls(node)
                    continue
                case ast.ClassDef():
                    found.asks.update(dict.fromkeys(self._defined(node)))
                case ast.Lambda():
                    waiting += [*node.args.defaults, *filter(None, node.args.kw_defaults)]
                    continue
                case ast.If(test=test, orelse=otherwise) if self._module.guarded and is_never(test):
                    waiting += otherwise
                    continue
                case ast.Import():
                    continue
                case ast.ImportFrom(module=module, level=level):
                    found.asks[Getattr(module or "", level)] = None
                    continue
                case _:
                    self._told(node, found)
            _spread(node, waiting, found.names)
        found.asks.update(dict.fromkeys(map(Kept, found.names)))
        found.asks.update(dict.fromkeys(Asked(owner) for owner, _ in found.attributes))
        return self._facts(found)

    def _told(self, node: ast.AST, found: _Found) -> None:
        """What a single node says that defines and imports nothing."""
        kind = node.__class__
        if kind is ast.Name:
            found.names[node.id] = None  # type: ignore[attr-defined]
        elif kind is ast.Attribute:
            if isinstance(node.value, ast.Name):  # type: ignore[attr-defined]
                found.attributes[node.value.id, node.attr] = None  # type: ignore[attr-defined]
        elif isinstance(node, ast.Call):
            self._call(node, found)
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)) and node.value is not None:
            # A method that is kept under another name; something of the repository that is put into a library.
            found.writes |= isinstance(node.value, ast.Attribute) and deeds.names_a_write(node.value)
            for target in node.targets if isinstance(node, ast.Assign) else (node.target,):
                found.writes |= isinstance(target, ast.Attribute) and target.attr == "__class__"  # it becomes another
                found.asks.update(dict.fromkeys(self._put(target, node.value)))

    def _call(self, node: ast.Call, found: _Found) -> None:
        named = origin(self._module, node.func)
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        found.writes = (
            found.writes
            or deeds.may_write(node, named)
            or any(isinstance(one, ast.Attribute) and deeds.names_a_write(one) for one in given)
        )
        if found.writes:
            return
        found.loads |= deeds.loads_unknown(node, named)
        found.anything |= self._is_local(node.func)
        found.asks.update(dict.fromkeys(self._called(node, named, given)))

    def _is_local(self, called: ast.expr) -> bool:
        """Whether it is something that only runs tell: an argument, a loop's variable, an element."""
        match called:
            case ast.Name(id=name):
                module = self._module
                known = name in module.top or name in module.imports or name in module.functions
                return not known and not hasattr(builtins, name)
            case ast.Attribute():
                return False
        return True

    def _put(self, target: ast.expr, value: ast.expr) -> Iterator[Ask]:
        """What is put into something imported, and may be called by whoever calls that."""
        owner = target.value if isinstance(target, (ast.Attribute, ast.Subscript)) else None
        while isinstance(owner, ast.Subscript):  # `sys.modules[__name__].name = …`
            owner = owner.value
        if owner is not None and origin(self._module, owner):
            yield from self.handed(value)

    def handed(self, value: ast.expr) -> Iterator[Ask]:
        """What is called if something that is handed over is."""
        match value:
            case ast.Lambda(body=body):
                yield Body(self._facts(self._walked(body)))
            case ast.Call(func=made, args=given):
                yield from map(_reference, filter(_is_reference, (made, *given)))  # `partial(function, …)`
            case _ if _is_reference(value):
                yield _reference(value)

    def _called(self, call: ast.Call, named: str, given: Iterable[ast.expr]) -> Iterator[Ask]:
        """What a call runs: a function, a class with all that it has, and what is handed to those that call it."""
        to: Reference | Method | None = None
        match call.func:
            case ast.Name(id=name):
                to = Named(name)
                runs = bool({name, (named or name).rpartition(".")[2]} & _RUNNERS) or (named or name) in _HOOKS
            case ast.Attribute(value=ast.Name(id=owner), attr=name):
                to = Attribute(owner, name)
                runs = name in _RUNNERS or named in _HOOKS
            case ast.Lambda(body=body):
                yield Body(self._facts(self._walked(body)))
                runs = True
            case ast.Attribute(attr=name):
                to = Method(name) if name in self._module.functions else None
                runs = to is not None or name in _RUNNERS
            case _:
                runs = True
        if to is not None:
            yield to
        every = tuple(one for value in given for one in self.handed(value))
        if runs:
            yield from every
        elif every and isinstance(to, (Named, Attribute)):
            yield Given(to, every)

    def _defined(self, node: _Definition) -> Iterator[Ask]:
        """What runs because something is defined: decorators of the repository, and classes that hear of their heirs."""
        itself = Own(place(node))
        for decorator in node.decorator_list:
            target = decorator.func if isinstance(decorator, ast.Call) else decorator
            if _is_reference(target):
                yield _reference(target)
            if (
                not isinstance(target, (ast.Name, ast.Attribute))
                or (isinstance(target, ast.Attribute) and target.attr in _RUNNERS)
                or origin(self._module, target) in _HOOKS
            ):
                yield itself
            elif _is_reference(target):
                yield Given(_reference(target), (itself,))
        if isinstance(node, ast.ClassDef):
            if any(_MAKES_MEMBERS.search(origin(self._module, base)) for base in node.bases):
                yield itself
            yield from (Heirs(_reference(base)) for base in node.bases if _is_reference(base))
            yield from (_reference(one.value) for one in node.keywords if _is_reference(one.value))


def _is_reference(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) or (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name))


def _reference(node: ast.expr) -> Reference:
    match node:
        case ast.Name(id=name):
            return Named(name)
        case ast.Attribute(value=ast.Name(id=owner), attr=name):
            return Attribute(owner, name)
    raise ValueError(node)


def _outermost(statement: ast.stmt) -> Iterator[_Definition]:
    """The functions and classes that stand in a statement, in no other one."""
    waiting: list[ast.stmt] = [statement]
    while waiting:
        node = waiting.pop()
        if isinstance(node, _DEFINITIONS):
            yield node
        else:
            waiting += (one for inner in bodies(node) for one in inner)
