"""Functions that the repository creates in the database elsewhere: in earlier migrations, and in files of SQL."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

from migration_guard.skim import created
from migration_guard.sources import is_sql
from migration_guard.sql import FunctionCreated, Functions, read_sql
from migration_guard.sql.names import bare

_SPEAKS = re.compile(r"function|procedure", re.IGNORECASE)


def find(names: Iterable[str], path: Path, root: Path, dialect: str, functions: Functions) -> bool:
    """Add those functions, and what they call, that the repository creates in sight; whether there were any."""
    waiting, met = set(names), set[str]()
    while missing := waiting - met:
        met |= missing
        for file, names_there in created.in_sight(path.parent, root):
            if file != path and not missing.isdisjoint(names_there):
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


def _texts(file: Path, root: Path) -> Iterator[str]:
    """The texts of a file that may be SQL: all of it, or the strings of a program."""
    content = created.content(file, root)
    if is_sql(file.name):
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
