"""What can be done about a finding by changing text: a remark above its statement, or a backfill in its place.

A remark is written without its reason, and is found itself until somebody writes one. A backfill takes several files, all of
them or none: without the definition, the change of the migration would be lost.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence

from migration_guard.findings import Finding, Status
from migration_guard.later import re
from migration_guard.lean import dataclass
from migration_guard.report.frame import lines_of

_UPKEEP = "MG9"
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")


@dataclass(frozen=True, slots=True)
class Insertion:
    """A line that is put before another one."""

    line: int
    """Which one, from 1."""
    text: str
    """With the end of the line."""
    names: tuple[str, ...]
    """The rules that are ignored by it."""


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file as it is, and as it would be."""

    path: str
    before: str
    """Empty where there is no file yet."""
    after: str


@dataclass(frozen=True, slots=True)
class Moving:
    """What `migration-guard move` would write."""

    keys: tuple[str, ...]
    """Those of the backfills."""
    files: tuple[FileChange, ...]
    notes: tuple[str, ...]
    """What is to be known about it."""


def with_ends(text: str) -> list[str]:
    """Split a text into lines with their ends, where Python and editors see them: form feeds and the like end none."""
    return _LINE.findall(text)


def difference(old: Sequence[str], new: Sequence[str]) -> tuple[int, int, str]:
    """Give the lines that differ, as one piece: from which line of the old ones, before which, and what stands there."""
    head = _same(old, new)
    tail = _same(old[head:][::-1], new[head:][::-1])
    return head, len(old) - tail, "".join(new[head : len(new) - tail])


def _same(one: Sequence[str], other: Sequence[str]) -> int:
    """How many lines two texts begin with that are the same."""
    return next((at for at, (line, there) in enumerate(zip(one, other)) if line != there), min(len(one), len(other)))


def insertions(findings: Iterable[Finding], sources: Mapping[str, str]) -> Mapping[Finding, Insertion]:
    """Give the remark for each finding that has one; those of one statement share it."""
    by_path: dict[str, list[Finding]] = {}
    for one in findings:
        if one.status is Status.NEW and not one.code.startswith(_UPKEEP) and one.path in sources:
            by_path.setdefault(one.path, []).append(one)
    return {one: made for path, some in by_path.items() for one, made in _in_file(path, sources[path], some)}


def _in_file(path: str, text: str, findings: list[Finding]) -> Iterator[tuple[Finding, Insertion]]:
    lines = lines_of(text)
    is_python = path.endswith(".py")
    statements = _statements(text) if is_python else ()
    if statements is None:
        return
    together: dict[int, list[Finding]] = {}
    for one in findings:
        line = _before(statements, lines, one.span.line)
        if line is not None:
            together.setdefault(line, []).append(one)
    for line, some in together.items():
        names = tuple(sorted({one.name for one in some}))
        at = lines[line - 1]
        indent = at[: len(at) - len(at.lstrip(" \t"))]
        end = "\r\n" if "\r\n" in text else "\n"
        mark = "#" if is_python else "--"
        made = Insertion(line, f"{indent}{mark} migration-guard: ignore[{', '.join(names)}] -- {end}", names)
        yield from ((one, made) for one in some)


def _statements(text: str) -> Sequence[tuple[int, int, int]] | None:
    """The first line, the last one and the column of each statement, the innermost last; None where they are not known."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    every = (node for node in ast.walk(tree) if isinstance(node, ast.stmt))
    return sorted((node.lineno, node.end_lineno or node.lineno, node.col_offset) for node in every)


def _before(statements: Sequence[tuple[int, int, int]], lines: Sequence[str], line: int) -> int | None:
    """The line above which a remark is about what stands on a line; None where none may be put there.

    A statement may begin behind another one, or behind the end of a text: above such a line is not above it.
    """
    if line > len(lines):
        return None
    around = [one for one in statements if one[0] <= line <= one[1]]
    if not around:
        return line
    for first, _, column in reversed(around):
        begins = not lines[first - 1].encode()[:column].strip()
        if begins and not (first > 1 and lines[first - 2].rstrip("\r\n").endswith("\\")):
            return first
    return None
