"""Functions that the repository creates in the database elsewhere: in earlier migrations, and in files of SQL."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

from migration_guard.later import re
from migration_guard.skim import created
from migration_guard.sources import is_sql
from migration_guard.sql import FunctionCreated, Functions, Unknown, read_sql
from migration_guard.sql.names import bare

_SPEAKS = re.compile(r"function|procedure", re.IGNORECASE)


def find(names: Iterable[str], path: Path, root: Path, dialect: str, functions: Functions) -> bool:
    """Add those functions, and what they call, that the repository creates in sight; whether there were any."""
    waiting, met = set(names), set[str]()
    while missing := waiting - met:
        met |= missing
        for file, names_there in created.in_sight(path.parent, root):
            if file != path and not missing.isdisjoint(names_there):
                for step in _definitions(_texts(file, root), missing, dialect, functions):
                    functions.create(bare(step.name).lower(), step.changes, step.calls, step.unknown)
                    waiting |= {name for name in (*step.unknown, *step.calls) if name not in functions}
    return any(name in functions for name in met)


def _definitions(
    texts: Iterable[str], names: set[str], dialect: str, functions: Functions
) -> Iterator[FunctionCreated]:
    """Those of some functions: of each text only what may be one of them, and all of it where that is none by itself."""
    for text in texts:
        lowered = text.lower()
        if not any(name in lowered for name in names):
            continue
        pieces = [one for one in _pieces(text) if not names.isdisjoint(created.made_in(one.encode(errors="replace")))]
        read = [read_sql(piece, dialect=dialect, functions=functions) for piece in pieces]
        if any(isinstance(step, Unknown) and step.unclosed for steps in read for step in steps):
            read = [read_sql(text, dialect=dialect, functions=functions)]
        for step in (step for steps in read for step in steps):
            if isinstance(step, FunctionCreated) and bare(step.name).lower() in names:
                yield step


def _pieces(text: str) -> list[str]:
    """A text, cut where lines begin that may create a function: reading all of them is the cost."""
    ends = [*(found.start() for found in _BEGINS.finditer(text)), len(text)]
    return [text[: ends[0]], *(text[begin:end] for begin, end in pairwise(ends))]


_BEGINS = re.compile(r"^[ \t]*CREATE\s+(?:OR\s+REPLACE\s+)?(?:FUNCTION|PROCEDURE)\b", re.IGNORECASE | re.MULTILINE)


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
