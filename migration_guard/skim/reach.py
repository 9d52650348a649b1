"""Whether a function that is not followed could come to a database at all: by the words of what it may call.

Where a limit ends the interpreter's way, nothing is known of what is left; but most of it reads settings, parses text or
raises exceptions. So the functions and classes that it names, and those that they name, are looked through as text, in
its module and in those that it imports from. One word of a database among them, and it may do anything.
"""

from __future__ import annotations

import ast
import re
from collections import deque
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from migration_guard.files import leads_out
from migration_guard.sight import remembered
from migration_guard.sight.folders import is_file
from migration_guard.skim import places
from migration_guard.skim.outline import Outline, binders, outline

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


@remembered(4096)
def may_reach_database(path: Path, owner: str, name: str, root: Path) -> bool:
    """Whether a function of a module, or a method of a class there, leads to anything that speaks of a database."""
    file = outline(path)
    if file is None:
        return True
    nodes = file.functions.get(name, [])
    if owner in file.classes:
        nodes = [node for node in file.classes[owner].body if getattr(node, "name", "") == name] or nodes
    return not nodes or _speaks([(file, node) for node in nodes], root)


@remembered(4096)
def defined_may_reach_database(path: Path, name: str, root: Path) -> bool:
    """The same of what a module that was not parsed defines by a name, or a module below it."""
    *inner, last = name.split(".")
    if inner:
        folder = path.parent.joinpath(*inner)
        path = next((one for one in (folder / "__init__.py", folder.with_suffix(".py")) if is_file(one)), path)
    file = outline(path)
    nodes = file.top.get(last, []) if file is not None else []
    return file is None or not nodes or _speaks([(file, node) for node in nodes], root)


@remembered(512)
def is_harmless_method(name: str, path: Path, root: Path) -> bool:
    """Whether a project's own class, in a module that a migration imports from, has a method that reaches no database."""
    file = outline(path)
    found: list[tuple[Outline, ast.stmt]] = []
    for module, dots, _ in file.imports.values() if file is not None else ():
        there = _located(module, dots, path, root)
        other = outline(there) if there is not None else None
        found += [(other, node) for node in other.functions.get(name, ())] if other is not None else []
    return bool(found) and not _speaks(found, root)


def _speaks(starts: list[tuple[Outline, ast.stmt]], root: Path) -> bool:
    waiting, met = deque(starts), set[int]()
    while waiting:
        file, node = waiting.popleft()
        if id(node) in met:
            continue
        met.add(id(node))
        ahead = _ahead(file, node, root) if len(met) <= MAX_DEFINITIONS else None
        if ahead is None:
            return True
        waiting.extend(ahead)
    return False


@remembered(4096)
def _ahead(file: Outline, node: ast.stmt, root: Path) -> tuple[tuple[Outline, ast.stmt], ...] | None:
    """The definitions that one names; None if it speaks of a database."""
    names, spoken = _said(node)
    if spoken:
        return None
    found = (one for owner, name in names for one in _named(file, owner, name, root))
    return tuple({id(inner): (there, inner) for there, inner in found}.values())


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


def _named(file: Outline, owner: str, name: str, root: Path) -> Iterator[tuple[Outline, ast.stmt]]:
    if not owner:
        yield from _definitions(file, name, root)
    elif owner in file.imports:
        module, dots, imported = file.imports[owner]
        yield from _elsewhere(f"{module}.{imported}".strip("."), dots, name, file.path, root)
    else:
        yield from ((file, found) for found in file.functions.get(name, ()))


def _definitions(file: Outline, name: str, root: Path) -> Iterator[tuple[Outline, ast.stmt]]:
    yield from ((file, node) for node in file.top.get(name, ()))
    if name in file.imports:
        module, dots, imported = file.imports[name]
        yield from _elsewhere(module, dots, imported, file.path, root)
    elif name not in file.top:
        for module, dots in file.stars:
            yield from _elsewhere(module, dots, name, file.path, root)


def _elsewhere(module: str, dots: int, name: str, importer: Path, root: Path) -> Iterator[tuple[Outline, ast.stmt]]:
    """What another module has under a name."""
    for other, called in binders(module, dots, name, importer, partial(_outline, root)):
        yield from ((other, node) for node in other.top.get(called, ()))


def _outline(root: Path, module: str, dots: int, importer: Path) -> Outline | None:
    there = _located(module, dots, importer, root)
    return outline(there) if there is not None else None


def _located(module: str, dots: int, importer: Path, root: Path) -> Path | None:
    """The file of a module of the repository."""
    found = places.find(module, importer, root, dots)
    return found if found is not None and is_file(found) and not leads_out(found, root) else None
