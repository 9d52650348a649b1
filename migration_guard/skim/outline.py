"""What a module of the repository defines and imports, by name, and which of its nodes run when it is imported."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Protocol, TypeVar

from migration_guard.files import Unreadable, read_source
from migration_guard.later import re
from migration_guard.lean import dataclass
from migration_guard.sight import remembered

MAX_BYTES = 600_000
"""Of a module that is looked through; what a larger one holds is not known."""


@dataclass(frozen=True, slots=True)
class Import:
    """An import: which module is asked for, and which names are taken from it."""

    module: str
    level: int = 0
    names: tuple[str, ...] = ()

    @classmethod
    def spelled(cls, name: str) -> Import:
        """Make one of a name as `import_module` takes it, with the dots of a relative one."""
        bare = name.lstrip(".")
        return cls(bare, len(name) - len(bare))


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """A module, as far as it is seen without knowing the others."""

    path: Path
    body: list[ast.stmt] = field(default_factory=list)
    top: dict[str, list[ast.stmt]] = field(default_factory=dict)
    """Functions, classes and assignments by the names that they bind."""
    functions: dict[str, list[ast.stmt]] = field(default_factory=dict)
    """Functions at any depth: methods are called on what is not known here."""
    imports: dict[str, tuple[str, int, str]] = field(default_factory=dict)
    """Module, dots and name."""
    stars: list[tuple[str, int]] = field(default_factory=list)
    """Modules from which all names are taken, with their dots."""
    classes: dict[str, ast.ClassDef] = field(default_factory=dict)
    guarded: bool = True
    """Whether `__name__` and `TYPE_CHECKING` mean what they always mean."""


class Names(Protocol):
    """What a module binds, whatever is kept of its statements."""

    @property
    def path(self) -> Path: ...
    @property
    def top(self) -> Mapping[str, object]: ...
    @property
    def imports(self) -> Mapping[str, tuple[str, int, str]]: ...
    @property
    def stars(self) -> Sequence[tuple[str, int]]: ...


Seen = TypeVar("Seen", bound=Names)


def binders(
    origin: str, dots: int, name: str, importer: Path, at: Callable[[str, int, Path], Seen | None]
) -> Iterator[tuple[Seen, str]]:
    """Give the modules that may bind a name that is taken from one of them, be it that it imports it itself, through however
    many others; each with the name that it has there. `at` gives what is seen of a module, by its name, dots and importer.
    """
    met: set[tuple[Path, str]] = set()
    waiting = [(origin, dots, name, importer)]
    while waiting:
        origin, dots, name, importer = waiting.pop()
        other = at(origin, dots, importer) if name else None
        if other is None or (other.path, name) in met:
            continue
        met.add((other.path, name))
        yield other, name
        if name in other.imports:
            waiting.append((*other.imports[name], other.path))
        elif name not in other.top:
            waiting += ((again, further, name, other.path) for again, further in reversed(other.stars))


@remembered(128)
def outline(path: Path) -> Outline | None:
    """Look at a file; None where it cannot be read or parsed. Trees are large: few are kept."""
    return outlined(path)


def outlined(path: Path) -> Outline | None:
    """The same for who keeps what it sees there, and not the tree."""
    try:
        tree = parsed(read_source(path, MAX_BYTES))
    except (OSError, Unreadable, SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    found = Outline(path, tree.body, guarded=not _rebinds(tree.body))
    for node in _statements(tree.body):
        match node:
            case ast.ClassDef():
                found.classes[node.name] = node
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                found.functions.setdefault(node.name, []).append(node)
            case ast.ImportFrom(module=module, names=names, level=level):
                for alias in names:
                    found.imports[alias.asname or alias.name] = (module or "", level, alias.name)
                    if alias.name == "*":
                        found.stars.append((module or "", level))
            case ast.Import(names=names):
                for alias in names:
                    found.imports[alias.asname or alias.name.partition(".")[0]] = (alias.name, 0, "")
    for statement in _at_top(tree.body, never=found.guarded):
        for name in _bound(statement):
            found.top.setdefault(name, []).append(statement)
    return found


_TYPE_ALIAS = re.compile(rb"^([ \t]*)type[ \t]+(\w+)[ \t]*(?:\[[^\]\n]*\])?[ \t]*=(?!=)", re.MULTILINE)
_TYPE_PARAMETERS = re.compile(
    rb"^([ \t]*(?:async[ \t]+def|def|class)[ \t]+\w+)\[[^\]\n]*\](?=[ \t]*[(:])", re.MULTILINE
)


def parsed(source: bytes) -> ast.Module:
    """Parse without a word on odd escapes, which are the affair of other tools. Types may be spelled as Python 3.12 does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(source)
        except SyntaxError:
            older = _TYPE_PARAMETERS.sub(rb"\1", _TYPE_ALIAS.sub(rb"\1\2 =", source))
            if older == source:
                raise
            return ast.parse(older)


def at_once(statement: ast.AST, *, never: bool = True) -> Iterator[ast.AST]:
    """Give the nodes that are run with a module: not the bodies of functions, nor, if it is `never`, what stands under a guard."""
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop()
        yield node
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                waiting += [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)]
                waiting += with_calls(node)
            case ast.Lambda():
                waiting += [*node.args.defaults, *filter(None, node.args.kw_defaults)]
            case ast.If(test=test, orelse=otherwise) if never and is_never(test):
                waiting += reversed(otherwise)
            case _:
                waiting += reversed(list(ast.iter_child_nodes(node)))


def with_calls(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.expr]:
    """The annotations of a function in which something is called."""
    for one in _annotations(node):
        if not isinstance(one, (ast.Name, ast.Constant)) and any(isinstance(each, ast.Call) for each in ast.walk(one)):
            yield one


def _annotations(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.expr]:
    given = node.args
    every = (*given.posonlyargs, *given.args, *given.kwonlyargs, *filter(None, (given.vararg, given.kwarg)))
    yield from (one.annotation for one in every if one.annotation is not None)
    if node.returns is not None:
        yield node.returns


def imports_of(module: Outline) -> Iterator[Import]:
    """Give what is imported with a module."""
    for statement in _at_top(module.body, classes=True, never=module.guarded):
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            yield from imported(statement)
        elif isinstance(statement, (ast.Expr, ast.Assign)) and isinstance(statement.value, ast.Call):
            yield from (one for node in at_once(statement.value) for one in imported(node))


def imported(node: ast.AST) -> Iterator[Import]:
    """Give what a node imports, also by a call that spells the name out."""
    match node:
        case ast.Import(names=names):
            yield from (Import(alias.name) for alias in names)
        case ast.ImportFrom(module=module, level=level, names=names):
            yield Import(module or "", level, tuple(alias.name for alias in names))
        case ast.Call(
            func=ast.Name(id=function) | ast.Attribute(attr=function), args=[ast.Constant(value=str() as name), *_]
        ) if function in ("import_module", "__import__", "import_string", "run_module"):
            module = name.rpartition(".")[0] if function == "import_string" else name
            yield Import.spelled(module)


def _rebinds(body: list[ast.stmt]) -> bool:
    """Whether a module gives a value of its own to a name that guards go by; `TYPE_CHECKING = False` is what it means."""
    return any(
        isinstance(target, ast.Name) and target.id in {"__name__", "TYPE_CHECKING"}
        for node in body
        if isinstance(node, ast.Assign) and not (isinstance(node.value, ast.Constant) and node.value.value is False)
        for target in node.targets
    )


def is_never(test: ast.expr) -> bool:
    """Whether a guard keeps what stands below it from being run by an import."""
    match test:
        case ast.Compare(left=ast.Name(id="__name__"), ops=[ast.Eq()], comparators=[ast.Constant(value="__main__")]):
            return True
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return True
    return False


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Give all statements, at any depth; expressions hold none."""
    waiting = [*reversed(body)]
    while waiting:
        statement = waiting.pop()
        yield statement
        for inner in reversed(list(bodies(statement))):
            waiting += reversed(inner)


def _at_top(body: list[ast.stmt], *, classes: bool = False, never: bool = True) -> Iterator[ast.stmt]:
    """Give the statements of a module, those in `if`, `try`, `with` and loops included."""
    waiting = [*reversed(body)]
    while waiting:
        statement = waiting.pop()
        yield statement
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)) or (
            isinstance(statement, ast.ClassDef) and not classes
        ):
            continue
        parts = list(bodies(statement))
        if never and isinstance(statement, ast.If) and is_never(statement.test):
            parts = parts[1:]
        for inner in reversed(parts):
            waiting += reversed(inner)


def bodies(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The blocks of a statement that holds others."""
    if statement.__class__ in _HOLD_NONE:
        return
    for name in ("body", "handlers", "cases", "orelse", "finalbody"):
        part = getattr(statement, name, None)
        if not isinstance(part, list):
            continue
        if name in ("handlers", "cases"):
            yield from (one.body for one in part)
        else:
            yield part


_HOLD_NONE = frozenset(
    {ast.Expr, ast.Assign, ast.AnnAssign, ast.Return, ast.Import, ast.ImportFrom, ast.Raise, ast.Pass}
)
"""Kinds of most statements."""


def _bound(statement: ast.stmt) -> Iterator[str]:
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield statement.name
        case ast.Assign(targets=targets):
            for target in targets:
                yield from (node.id for node in ast.walk(target) if isinstance(node, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()) | ast.AugAssign(target=ast.Name(id=name)):
            yield name
