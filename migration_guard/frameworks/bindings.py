"""What a Python file binds when it is imported, found in its tree: frameworks go by names, however these come to be."""

from __future__ import annotations

import ast
import io
import tokenize
import unicodedata
import warnings
from collections.abc import Iterator
from functools import lru_cache

from migration_guard.later import re
from migration_guard.lean import dataclass

_COOKIE = re.compile(rb"coding[:=][ \t]*([-\w.]+)")
_NAMESPACE = frozenset(
    "globals locals vars setattr exec eval __import__ import_module __dict__ modules __getattr__ __setattr__".split()
)
"""What can bind names that stand nowhere as names."""
_INNER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


@dataclass(frozen=True, slots=True)
class Bindings:
    """The names that a module has once it is imported."""

    names: frozenset[str]
    imported: frozenset[str]
    """Those of them that an import binds."""
    modules: frozenset[str]
    """The modules that it imports, also in functions."""
    functions: tuple[tuple[str, str | None], ...]
    """Functions of the module, each with its first parameter."""
    methods: tuple[tuple[str, str | None], ...]
    """Methods of its classes, each with its first parameter behind the object."""
    conjures: bool
    """Whether it may have names that stand nowhere: by `globals()`, by `setattr`, by `exec`."""
    stars: bool
    """Whether it takes all names of another module."""

    @property
    def open(self) -> bool:
        """Whether it may have names that are not known here."""
        return self.conjures or self.stars

    def imports(self, package: str) -> bool:
        return any(one == package or one.startswith(f"{package}.") for one in self.modules)


@lru_cache(8)
def text_of(source: bytes) -> str:
    """Decode a file as Python does, with names in the form in which Python compares them."""
    encoding = "utf-8"
    if _COOKIE.search(b"\n".join(source.split(b"\n", 2)[:2])):
        try:
            encoding = tokenize.detect_encoding(io.BytesIO(source).readline)[0]
        except (SyntaxError, LookupError, ValueError):
            encoding = "utf-8"
    try:
        text = source.decode(encoding, "replace")
    except (LookupError, ValueError, UnicodeError):
        text = source.decode("utf-8", "replace")
    text = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return text.replace("\r\n", "\n").replace("\r", "\n")


@lru_cache(8)
def bindings(source: bytes) -> Bindings | None:
    """Give the bindings of a file, None where Python cannot parse it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd escapes are the affair of other tools
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError, LookupError):
        return None
    return _collected(tree)


def _collected(tree: ast.Module) -> Bindings:
    names: set[str] = set()
    imported: set[str] = set()
    modules: set[str] = set()
    functions: list[tuple[str, str | None]] = []
    methods: list[tuple[str, str | None]] = []
    conjures = stars = False
    waiting: list[tuple[ast.AST, bool]] = [(tree, False)]
    while waiting:
        node, inside = waiting.pop()
        match node:
            case ast.Global(names=declared):
                names.update(declared)
            case ast.Import(names=aliases):
                modules.update(alias.name for alias in aliases)
                bound = {alias.asname or alias.name.partition(".")[0] for alias in aliases}
                imported |= bound if not inside else set()
            case ast.ImportFrom(names=aliases, module=module):
                modules.update({module or "", *(f"{module}.{alias.name}" for alias in aliases)})
                imported |= {alias.asname or alias.name for alias in aliases} if not inside else set()
                stars = stars or (not inside and any(alias.name == "*" for alias in aliases))
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                if not inside:  # what a class has of these says nothing of its module
                    conjures = conjures or name in _NAMESPACE
                    names.add(name)
                    first = (*node.args.posonlyargs, *node.args.args)
                    functions.append((name, first[0].arg if first else None))
            case ast.Name(id=name, ctx=ast.Load()):
                conjures = conjures or name in _NAMESPACE
            case ast.Attribute(attr=name):
                conjures = conjures or name in _NAMESPACE
            case _ if not inside:
                names.update(_bound(node))
        if isinstance(node, ast.ClassDef) and not inside:
            methods += (
                (one.name, next((each.arg for each in (*one.args.posonlyargs, *one.args.args)[1:]), None))
                for one in node.body
                if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef))
            )
        # A walrus in a comprehension binds outside of it; its own variables are told too, which only adds.
        inner = inside or isinstance(node, _INNER)
        waiting += ((part, inner) for part in ast.iter_child_nodes(node))
    return Bindings(
        frozenset(names | imported),
        frozenset(imported),
        frozenset(modules),
        tuple(functions),
        tuple(methods),
        conjures,
        stars,
    )


def _bound(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.ClassDef(name=name) | ast.Name(id=name, ctx=ast.Store()) | ast.ExceptHandler(name=str() as name):
            yield name
        case ast.MatchAs(name=str() as name) | ast.MatchStar(name=str() as name):
            yield name
        case ast.MatchMapping(rest=str() as name):
            yield name
