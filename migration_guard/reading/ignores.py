"""The remarks in a migration which say that findings there are meant: in Python comments, and inside SQL."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

import libcst as cst

from migration_guard.interpreter.syntax import Source
from migration_guard.later import re
from migration_guard.operations import Ignore, Problem

WORD = "migration-guard:"
EXPECTED = "expected `migration-guard: ignore[rule-name, …] -- reason`"

_REMARK = re.compile(
    r"migration-guard:\s*(?P<verb>file-ignore|ignore)\[(?P<rules>[^\]\[]*)\]\s*(?:--\s*(?P<reason>.*?))?\s*(?:#\s.*)?$"
)
_IN_SQL = re.compile(r'^(?P<before>.*?)--\s*(?P<remark>migration-guard:[^"]*)')
_OPENS_STRING = re.compile(r"\s*(?:[A-Za-z]{0,2}(?:'''|\"\"\"|'|\"))?\s*")
"""What may stand before a remark that has its line to itself, inside a string."""


class Ignores:
    """Reads the remarks of one file, and finds the code that each is about."""

    def __init__(self, source: Source, text: str, shown: str) -> None:
        self.found: list[Ignore] = []
        self.problems: list[Problem] = []
        if WORD not in text:
            return
        self._shown = shown
        self._lines = text.splitlines()
        self._source = source
        self._statements = sorted((source.start(node)[0], source.end(node)[0]) for node in source.statements)
        comments = {source.start(comment)[0]: comment.value for comment in source.comments}
        for line, comment in comments.items():
            if WORD in comment:
                alone = self._lines[line - 1].lstrip().startswith("#")
                self._take(line, comment[comment.index(WORD) :], self._in_python(line, alone=alone))
        for number, text_of_line in enumerate(self._lines, 1):
            match = _IN_SQL.match(text_of_line)
            if match and number not in comments:
                alone = _OPENS_STRING.fullmatch(match["before"]) is not None
                self._take(number, match["remark"], (number, number + 1 if alone else number))
        self.found.sort(key=lambda ignore: ignore.line)

    def _take(self, line: int, remark: str, covered: tuple[int, int]) -> None:
        match = _REMARK.match(remark)
        rules = tuple(name.strip() for name in match["rules"].split(",") if name.strip()) if match else ()
        if match is None or not rules:
            self.problems.append(
                Problem(self._shown, line, f"a remark for migration-guard is not understood; {EXPECTED}")
            )
            return
        whole_file = match["verb"] == "file-ignore"
        if whole_file and line >= self._first_code():
            reason = "`file-ignore` counts at the top of a file only, above the first statement"
            self.problems.append(Problem(self._shown, line, reason))
            return
        self.found.append(Ignore(line, rules, match["reason"] or None, *covered, remark.strip(), whole_file))

    def _in_python(self, line: int, *, alone: bool) -> tuple[int, int]:
        """The lines of the statement that a comment stands in, or else above; of a compound one its first lines."""
        around = self._statement_at(line)
        if around is not None or not alone:
            return around or (line, line)
        below = next((number for number in self._code_below(line)), line)
        following = bisect_right(self._statements, (below, len(self._lines)))
        end = self._statements[following][0] - 1 if following < len(self._statements) else below
        return self._statement_at(below) or (below, max(below, end))

    def _statement_at(self, line: int) -> tuple[int, int] | None:
        index = bisect_right(self._statements, (line, len(self._lines) + 1)) - 1
        return self._statements[index] if index >= 0 and line <= self._statements[index][1] else None

    def _code_below(self, line: int) -> Iterator[int]:
        for number in range(line + 1, len(self._lines) + 1):
            text = self._lines[number - 1].strip()
            if text and not text.startswith("#"):
                yield number

    def _first_code(self) -> int:
        """The line of the first statement that is no docstring."""
        if not self._source.text:
            code = (n for n, line in enumerate(self._lines, 1) if line.strip() and not line.lstrip().startswith("--"))
            return next(code, len(self._lines) + 1)
        body = self._source.tree.body
        starts = [self._source.start(node)[0] for node in body if not _is_docstring(node)]
        return min(starts, default=len(self._lines) + 1)


def _is_docstring(node: cst.CSTNode) -> bool:
    first = node.body[0] if isinstance(node, cst.SimpleStatementLine) else None
    return isinstance(first, cst.Expr) and isinstance(first.value, (cst.SimpleString, cst.ConcatenatedString))
