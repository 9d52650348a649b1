"""The piece of source that a finding points at, with line numbers, as plain lines."""

from __future__ import annotations

from migration_guard.later import re
from migration_guard.operations import Span
from migration_guard.report.sanitise import one_line

MOST_LINES = 12
HEAD = 8
"""Lines shown at the top of a statement that is longer; the rest of MOST_LINES is its end."""
WIDEST = 160

_NEWLINE = re.compile(r"\r\n|\r|\n")


def lines_of(source: str) -> list[str]:
    """Split a text where places count lines: form feeds and the like end none."""
    return _NEWLINE.split(source)


def frame(source: str, span: Span, *, underlined: bool = True) -> list[str]:
    """Show the whole statement, each line marked, and the middle of many cut; a single line may be underlined instead."""
    lines = lines_of(source)
    end_line = span.end_line - (span.end_column <= 1 and span.end_line > span.line)
    numbers = range(span.line, min(end_line, len(lines)) + 1)
    gutter = len(str(numbers[-1])) if numbers else 1
    if len(numbers) == 1 and underlined:
        return [_line(lines, span.line, gutter, "|"), f"{'':{gutter}} | {_underline(lines[span.line - 1], span)}"]
    if len(numbers) <= MOST_LINES:
        return [_line(lines, number, gutter, ">") for number in numbers]
    tail = MOST_LINES - HEAD
    return [
        *(_line(lines, number, gutter, ">") for number in numbers[:HEAD]),
        f"{'':{gutter}} : {len(numbers) - MOST_LINES} more lines",
        *(_line(lines, number, gutter, ">") for number in numbers[-tail:]),
    ]


def _line(lines: list[str], number: int, gutter: int, mark: str) -> str:
    return f"{number:{gutter}} {mark} {_cut(one_line(lines[number - 1]))}".rstrip()


def cell_len(text: str) -> int:
    """How many columns a text takes; only where it may be another number than its length, rich is asked."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len as columns  # noqa: PLC0415 -- most statements are plain

    return columns(text)


def _underline(line: str, span: Span) -> str:
    """Mark the statement; what is escaped or wide takes more than one column on the screen."""
    before = min(cell_len(one_line(line[: span.column - 1])), WIDEST)
    end = span.end_column - 1 if span.end_line == span.line else len(line)
    marked = cell_len(one_line(line[span.column - 1 : end]))
    return " " * before + "^" * max(min(marked, WIDEST - before), 1)


def _cut(line: str) -> str:
    return line if len(line) <= WIDEST else f"{line[: WIDEST - 3]}..."
