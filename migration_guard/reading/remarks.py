"""Writes remarks above statements. Everything else in the file stays as it is, byte for byte."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from pathlib import Path

from migration_guard.frameworks.sql import sqitch
from migration_guard.interpreter.syntax import parse
from migration_guard.later import re
from migration_guard.sources import is_sql

_LINE_END = re.compile(r"\r\n?|\n|\Z")


def with_remarks(path: Path, data: bytes, names: Mapping[int, frozenset[str]], reason: str) -> bytes:
    """Give a migration with a remark above each statement that holds one of the lines, naming the rules found there.

    Raises `Refused` for Python that cannot be parsed, and UnicodeError for a reason that its encoding does not have.
    """
    if is_sql(path.name) or sqitch.is_script(path):
        text, encoding, mark, begins = data.decode("utf-8", "surrogateescape"), "utf-8", "--", {}
    else:
        source = parse(path, data)
        text, encoding, mark = source.text, source.tree.encoding, "#"
        spans = sorted((source.start(node)[0], source.end(node)[0]) for node in source.statements)
        starts = [start for start, _ in spans]
        around = {line: bisect_right(starts, line) - 1 for line in names}
        begins = {line: starts[at] for line, at in around.items() if at >= 0 and line <= spans[at][1]}
    wanted: dict[int, frozenset[str]] = {}
    for line, rules in names.items():
        first = begins.get(line, line)
        wanted[first] = wanted.get(first, frozenset()) | rules
    errors = "surrogateescape" if mark == "--" else "strict"
    return "".join(_with(text, wanted, mark, reason)).encode(encoding, errors)


def _with(text: str, wanted: Mapping[int, frozenset[str]], mark: str, reason: str) -> list[str]:
    pieces, position = [], 0
    for number in range(1, text.count("\n") + text.count("\r") + 2):
        end = _LINE_END.search(text, position)
        line = text[position : end.end() if end else len(text)]
        if number in wanted:
            indent = line[: len(line) - len(line.lstrip(" \t"))]
            newline = end.group() if end and end.group() else "\n"
            rules = ", ".join(sorted(wanted[number]))
            pieces.append(f"{indent}{mark} migration-guard: ignore[{rules}] -- {reason}{newline}")
        pieces.append(line)
        position += len(line)
        if position >= len(text):
            break
    return pieces
