"""Which functions of the database files of the repository may create, by their bytes: earlier migrations, and files of SQL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from migration_guard.files import Unreadable, leads_out, read_source
from migration_guard.sight import asked, remembered
from migration_guard.sight.folders import is_link, names, walk
from migration_guard.sources import is_source, is_sql

MAX_FILES = 3_000
"""Files that are searched for a function."""
MAX_BYTES = 1_000_000
_CREATES = tuple(re.compile(word + rb"\b[^;(]{0,300}?\b(\w+)\"?\s{0,20}\(") for word in (b"function", b"procedure"))
"""A word of a definition, and the name before its parameters; not far, so that no file costs its square.

Each begins with a plain word, and is asked of small letters: thousands of files are searched, and few have one.
"""
_FOLDERS = frozenset(
    {"migrations", "versions", "sql", "functions", "procedures", "routines", "schema", "db", "database"}
)
"""Folders in which people keep what they run on a database."""
NEVER = frozenset({"node_modules", "site-packages", "__pycache__", "venv", "static", "locale"})
"""Folders that hold nothing of a project that is run on its database."""


@asked(64)
def in_sight(folder: Path, root: Path) -> tuple[tuple[Path, frozenset[str]], ...]:
    """The files that may create any: what lies in a folder, and in folders of SQL, each with the names; nearest first."""
    beside = sorted(folder / name for name in names(folder) or ())
    files = dict.fromkeys((*(file for file in beside if is_source(file.name)), *_tree(root)))
    found = ((file, _created(file, root)) for file in islice(files, MAX_FILES))
    return tuple((file, there) for file, there in found if there)


@asked(8)
def _tree(root: Path) -> tuple[Path, ...]:
    return tuple(islice(_below(root), MAX_FILES))


def _below(root: Path) -> Iterator[Path]:
    for folder, inner, files in walk(root):
        inner[:] = sorted(name for name in inner if not name.startswith(".") and name not in NEVER)
        parts = set(folder.relative_to(root).parts)
        for name in files:
            if is_sql(name) or (name.endswith(".py") and parts & _FOLDERS):
                yield folder / name


@remembered(2 * MAX_FILES)
def _created(file: Path, root: Path) -> frozenset[str]:
    """The names of the functions that a file may create; what they are is read where one of them is wanted."""
    return made_in(content(file, root))


def made_in(text: bytes) -> frozenset[str]:
    """The names, in small letters, of the functions that a text may create."""
    small = text.lower()
    return frozenset(found[1].decode() for creates in _CREATES for found in creates.finditer(small))


def content(file: Path, root: Path) -> bytes:
    try:
        return b"" if _leads_out(file, root) else read_source(file, MAX_BYTES)
    except Unreadable:
        return b""


def _leads_out(file: Path, root: Path) -> bool:
    """As `leads_out` says; folders are asked once, and files only where they are links: there are thousands."""
    return _folder_leads_out(file.parent, root) or (is_link(file) and leads_out(file, root))


@remembered(4096)
def _folder_leads_out(folder: Path, root: Path) -> bool:
    return leads_out(folder, root)
