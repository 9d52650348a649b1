"""Functions that the repository creates in the database elsewhere: in earlier migrations, and in files of SQL."""

from __future__ import annotations

import ast
import os
import re
import warnings
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from pathlib import Path

from migration_guard.files import Unreadable, leads_out, read_source
from migration_guard.sql import FunctionCreated, Functions, read_sql
from migration_guard.sql.names import bare

MAX_FILES = 3_000
"""Files that are searched for a function."""
MAX_BYTES = 1_000_000
_CREATES = re.compile(rb"(?:function|procedure)\b[^;(]{0,300}?\b(\w+)\"?\s{0,20}\(", re.IGNORECASE)
"""A word of a definition, and the name before its parameters; not far, so that no file costs its square."""
_SPEAKS = re.compile(r"function|procedure", re.IGNORECASE)
_FOLDERS = frozenset(
    {"migrations", "versions", "sql", "functions", "procedures", "routines", "schema", "db", "database"}
)
"""Folders in which people keep what they run on a database."""


def find(names: Iterable[str], path: Path, root: Path, dialect: str, functions: Functions) -> bool:
    """Add those functions, and what they call, that the repository creates in sight; whether there were any."""
    waiting, met = set(names), set[str]()
    while missing := waiting - met:
        met |= missing
        for file in _files(path, root):
            if not missing.isdisjoint(_created(file, root)):
                for text in _texts(file, root):
                    if not _speaks_of(text, missing):
                        continue
                    for step in read_sql(text, dialect=dialect, functions=functions):
                        if isinstance(step, FunctionCreated) and bare(step.name).lower() in missing:
                            functions.create(bare(step.name).lower(), step.changes, step.calls, step.unknown)
                            waiting |= {name for name in step.unknown if name not in functions}
    return any(name in functions for name in met)


def _speaks_of(text: str, names: set[str]) -> bool:
    """Whether a text may create one of these functions: reading it as SQL is the cost."""
    lowered = text.lower()
    return any(name in lowered for name in names)


def forget() -> None:
    """Forget what files held: they may have changed since."""
    _files.cache_clear()
    _tree.cache_clear()
    _created.cache_clear()
    _folder_leads_out.cache_clear()


@lru_cache(4)
def _files(path: Path, root: Path) -> tuple[Path, ...]:
    """The migrations beside a file, and what lies in folders of SQL, nearest first."""
    try:
        beside = sorted(path.parent.iterdir())
    except OSError:
        beside = []
    found = [file for file in beside if file.suffix in (".py", ".sql") and file != path]
    return tuple(dict.fromkeys((*found, *(file for file in _tree(root) if file != path))))[:MAX_FILES]


@lru_cache(2)
def _tree(root: Path) -> tuple[Path, ...]:
    return tuple(islice(_below(root), MAX_FILES))


def _below(root: Path) -> Iterator[Path]:
    for folder, inner, files in os.walk(root):
        inner[:] = sorted(name for name in inner if not name.startswith(".") and name not in _NEVER)
        parts = set(Path(folder).relative_to(root).parts)
        for name in sorted(files):
            if name.endswith(".sql") or (name.endswith(".py") and parts & _FOLDERS):
                yield Path(folder, name)


_NEVER = frozenset({"node_modules", "site-packages", "__pycache__", "venv", "static", "locale"})


@lru_cache(MAX_FILES)
def _created(file: Path, root: Path) -> frozenset[str]:
    """The names of the functions that a file may create; what they are is read where one of them is wanted."""
    content = _content(file, root)
    return frozenset(found[1].decode("utf-8", "replace").lower() for found in _CREATES.finditer(content))


def _content(file: Path, root: Path) -> bytes:
    try:
        return b"" if _leads_out(file, root) else read_source(file, MAX_BYTES)
    except (OSError, Unreadable):
        return b""


def _leads_out(file: Path, root: Path) -> bool:
    """As `leads_out` says; folders are asked once, and files only where they are links: there are thousands."""
    return _folder_leads_out(file.parent, root) or (os.path.islink(file) and leads_out(file, root))


@lru_cache(4096)
def _folder_leads_out(folder: Path, root: Path) -> bool:
    return leads_out(folder, root)


def _texts(file: Path, root: Path) -> Iterator[str]:
    """The texts of a file that may be SQL: all of it, or the strings of a program."""
    content = _content(file, root)
    if file.suffix == ".sql":
        yield content.decode("utf-8", "replace")
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if _SPEAKS.search(text):
                yield text
            case ast.JoinedStr(values=values):
                yield "".join(str(v.value) if isinstance(v, ast.Constant) else "{value}" for v in values)
