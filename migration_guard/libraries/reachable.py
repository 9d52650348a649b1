"""Whether a function that is not followed could come to a database at all: by the words of what it may call.

Where a limit ends the interpreter's way, nothing is known of what is left; but most of it reads settings, parses text or
raises exceptions. So the functions and classes that it names, and those that they name, are looked through as text, in
its module and in those that it imports from. One word of a database among them, and it may do anything.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from migration_guard.files import Unreadable, leads_out, read_source
from migration_guard.interpreter.repository import NEVER_OURS

_WORDS = re.compile(
    r"^(?:session|sess|cursor|op|get_bind|get_model|peewee|psycopg\w*|exec|eval|__import__|"
    r"a?execute|executemany|executescript|execute_(?:sql|async|batch|values|many)|exec_driver_sql|"
    r"bulk_\w+|session_?scope|get_session\w*|run_sql)$",
    re.IGNORECASE,
)
"""Names that something with a database has."""
_ATTRIBUTES = frozenset({"objects", "save", "asave"})
"""… and names that say so only where they are looked up on something."""
_SQL = re.compile(
    r"update\s+\S+\s+set\b|insert\s+into|delete\s+from|truncate\s|merge\s+into|^(?:psql|mysql|mariadb|sqlite3)$",
    re.IGNORECASE,
)
MAX_DEFINITIONS = 400
"""Definitions that are looked through; what names more may do anything."""
MAX_BYTES = 600_000


@dataclass(frozen=True, slots=True, eq=False)
class _File:
    """What a module defines and imports, by name."""

    path: Path
    top: dict[str, list[ast.stmt]] = field(default_factory=dict)
    functions: dict[str, list[ast.stmt]] = field(default_factory=dict)
    """Functions at any depth: methods are called on what is not known here."""
    imports: dict[str, tuple[str, int, str]] = field(default_factory=dict)
    """Module, dots and name."""
    classes: dict[str, ast.ClassDef] = field(default_factory=dict)


def forget() -> None:
    """Forget what files held: they may have changed since."""
    for remembered in (_file, may_reach_database, defined_may_reach_database, is_harmless_method):
        remembered.cache_clear()


@lru_cache(4096)
def may_reach_database(path: Path, owner: str, name: str, root: Path) -> bool:
    """Whether a function of a module, or a method of a class there, leads to anything that speaks of a database."""
    file = _file(path)
    if file is None:
        return True
    nodes = file.functions.get(name, [])
    if owner in file.classes:
        nodes = [node for node in file.classes[owner].body if getattr(node, "name", "") == name] or nodes
    return not nodes or _speaks([(file, node) for node in nodes], root)


@lru_cache(4096)
def defined_may_reach_database(path: Path, name: str, root: Path) -> bool:
    """The same of what a module that was not parsed defines by a name, or a module below it."""
    *inner, last = name.split(".")
    if inner:
        folder = path.parent.joinpath(*inner)
        path = next((one for one in (folder / "__init__.py", folder.with_suffix(".py")) if one.is_file()), path)
    file = _file(path)
    nodes = file.top.get(last, []) if file is not None else []
    return file is None or not nodes or _speaks([(file, node) for node in nodes], root)


@lru_cache(512)
def is_harmless_method(name: str, path: Path, root: Path) -> bool:
    """Whether a project's own class, in a module that a migration imports from, has a method that reaches no database."""
    file = _file(path)
    found: list[tuple[_File, ast.stmt]] = []
    for module, dots, _ in file.imports.values() if file is not None else ():
        there = _located(module, dots, path, root)
        other = _file(there) if there is not None else None
        found += [(other, node) for node in other.functions.get(name, ())] if other is not None else []
    return bool(found) and not _speaks(found, root)


def _speaks(starts: list[tuple[_File, ast.stmt]], root: Path) -> bool:
    waiting, met = deque(starts), set[int]()
    while waiting:
        file, node = waiting.popleft()
        if id(node) in met:
            continue
        met.add(id(node))
        names, spoken = _said(node)
        if spoken or len(met) > MAX_DEFINITIONS:
            return True
        for owner, name in names:
            waiting.extend(_named(file, owner, name, root))
    return False


def _said(node: ast.stmt) -> tuple[set[tuple[str, str]], bool]:
    """The names that a definition uses, each with the name that it is looked up on; and whether it speaks of a database."""
    names: set[tuple[str, str]] = set()
    texts = list[str]()
    docstrings = {id(inner.value) for inner in ast.walk(node) if isinstance(inner, ast.Expr)}
    for inner in ast.walk(node):
        match inner:
            case ast.Name(id=name):
                names.add(("", name))
            case ast.Attribute(value=ast.Name(id=owner), attr=name):
                names.add((owner, name))
            case ast.Attribute(attr=name):
                names.add(("self", name))
            case ast.Constant(value=str(text)) if id(inner) not in docstrings:
                texts.append(text)
    return names, any(_WORDS.match(name) or (owner and name in _ATTRIBUTES) for owner, name in names) or any(
        _SQL.search(text) for text in texts
    )


def _named(file: _File, owner: str, name: str, root: Path) -> Iterator[tuple[_File, ast.stmt]]:
    if not owner:
        yield from _definitions(file, name, root)
    elif owner in file.imports:
        module, dots, imported = file.imports[owner]
        yield from _elsewhere(f"{module}.{imported}".strip("."), dots, name, file.path, root)
    else:
        yield from ((file, found) for found in file.functions.get(name, ()))


def _definitions(file: _File, name: str, root: Path) -> Iterator[tuple[_File, ast.stmt]]:
    yield from ((file, node) for node in file.top.get(name, ()))
    if name in file.imports:
        module, dots, imported = file.imports[name]
        yield from _elsewhere(module, dots, imported, file.path, root)


def _elsewhere(module: str, dots: int, name: str, importer: Path, root: Path) -> Iterator[tuple[_File, ast.stmt]]:
    there = _located(module, dots, importer, root)
    other = _file(there) if there is not None else None
    if other is not None and name:
        yield from ((other, node) for node in other.top.get(name, ()))
        if name in other.imports and other.path != importer:
            again, further, imported = other.imports[name]
            deeper = _located(again, further, other.path, root)
            last = _file(deeper) if deeper is not None else None
            yield from ((last, node) for node in last.top.get(imported, ())) if last is not None else ()


def _located(module: str, dots: int, importer: Path, root: Path) -> Path | None:
    """The file of a module of the repository."""
    parts = module.split(".") if module else []
    if not dots and (not parts or parts[0] in NEVER_OURS):
        return None
    bases = [importer.parents[dots - 1]] if 0 < dots <= len(importer.parents) else list(importer.parents)
    for base in bases:
        for folder in (base, base / "src"):
            target = folder.joinpath(*parts)
            for path in (target / "__init__.py", target.with_name(f"{target.name}.py")):
                if path.is_file() and not leads_out(path, root):
                    return path
        if base == root:
            break
    return None


@lru_cache(512)
def _file(path: Path) -> _File | None:
    try:
        content = read_source(path, MAX_BYTES)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(content)
    except (OSError, Unreadable, SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    found = _File(path)
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef():
                found.classes[node.name] = node
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                found.functions.setdefault(node.name, []).append(node)
            case ast.ImportFrom(module=module, names=names, level=level):
                for alias in names:
                    found.imports[alias.asname or alias.name] = (module or "", level, alias.name)
            case ast.Import(names=names):
                for alias in names:
                    found.imports[alias.asname or alias.name.partition(".")[0]] = (alias.name, 0, "")
    for statement in tree.body:
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                found.top.setdefault(statement.name, []).append(statement)
            case ast.Assign(targets=targets):
                for target in targets:
                    if isinstance(target, ast.Name):
                        found.top.setdefault(target.id, []).append(statement)
    return found
