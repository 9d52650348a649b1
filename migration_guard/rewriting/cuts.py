"""Cuts in the text of a migration: what is taken out, and the comment that comes in its place."""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

from migration_guard.interpreter.syntax import Source
from migration_guard.later import re
from migration_guard.lean import dataclass
from migration_guard.operations import Span


@dataclass(frozen=True, slots=True)
class Cut:
    """A range of the text, and what takes its place."""

    start: int
    end: int
    text: str


def applied(text: str, cuts: Iterable[Cut]) -> str:
    """Give a text with its cuts made."""
    for cut in sorted(cuts, key=lambda cut: cut.start, reverse=True):
        text = text[: cut.start] + cut.text + text[cut.end :]
    return text


def cut_node(source: Source, statement: cst.CSTNode, comment: str, *, only: bool) -> Cut:
    start, end = range_of(source, statement)
    text = source.text
    indent = indent_of(text, line_start(text, start))
    if isinstance(statement, cst.SimpleStatementLine):
        behind = re.compile(r"[ \t]*(?:#[^\r\n]*)?").match(text, end)
        end = behind.end() if behind else end
        return _line_cut(
            text,
            Cut(
                start, end, f"{comment}{newline_of(text)}{indent}pass" if only and comment else comment or "pass" * only
            ),
        )
    if isinstance(statement, (cst.For, cst.While, cst.Try)):
        end = start + len(text[start:end].rstrip())  # it ends with its last line, whose end of line stays
        return Cut(start, end, f"{comment}{newline_of(text)}{indent}pass" if only else comment)
    comma = re.compile(r"\s*,").match(text, end)
    end = comma.end() if comma else end
    rest = re.compile(r"[^\r\n]*").match(text, end)
    if rest is not None and rest.group().strip():
        comment += f"{newline_of(text)}{indent}"
    line = line_start(text, start)
    if text[line:start].strip():
        start = line + len(text[line:start].rstrip())
        comment = f"{newline_of(text)}{indent}{comment}"
    return Cut(start, end, comment)


def cut_lines(source: Source, node: cst.CSTNode, instead: str) -> Cut:
    """Take whole lines out, with the remarks and empty lines above them; something may come in their place."""
    text = source.text
    start, end = range_of(source, node)
    end = start + len(text[start:end].rstrip())
    behind = re.compile(r"[ \t]*,?[ \t]*(?:#[^\r\n]*)?(?:\r\n?|\n)?").match(text, end)
    end = behind.end() if behind else end
    line = line_start(text, start)
    indent = text[line:start]
    if indent.strip() or (text[end - 1 : end] not in {"\n", "\r"} and end < len(text)):
        return Cut(start, end, instead)  # it shares its line with others
    for _ in getattr(node, "leading_lines", ()):
        line = line_start(text, line - 1) if line else 0
    return Cut(line, end, f"{indent}{instead}{newline_of(text)}" if instead else "")


def _line_cut(text: str, cut: Cut) -> Cut:
    """Take the whole line where nothing comes in the place of what stood there."""
    if cut.text:
        return cut
    end = re.compile(r"[ \t]*(?:\r\n?|\n)?").match(text, cut.end)
    return Cut(line_start(text, cut.start), end.end() if end else cut.end, "")


def cut_text(source: Source, within: Span | None, comment: str) -> Cut:
    """Take one statement out of a text of several: a comment in SQL comes in its place."""
    assert within is not None
    start, end = source.offset((within.line, within.column)), source.offset((within.end_line, within.end_column))
    semicolon = re.compile(r"\s*;").match(source.text, end)
    return Cut(start, semicolon.end() if semicolon else end, f"/* {comment} */")


def range_of(source: Source, node: cst.CSTNode) -> tuple[int, int]:
    inner = node.value if isinstance(node, cst.Element) else node
    return source.offset(source.start(inner)), source.offset(source.end(inner))


def line_start(text: str, offset: int) -> int:
    return max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1


def indent_of(text: str, line: int) -> str:
    found = re.compile(r"[ \t]*").match(text, line)
    return found.group() if found else ""


def newline_of(text: str) -> str:
    found = re.search(r"\r\n?|\n", text)
    return found.group() if found else "\n"
