"""The lines of a statement: one if it fits, else one for each clause and condition."""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.later import re

LONGEST_LINE = 96
_INDENT = "  "
_PIECE = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\w+|\s+|.", re.DOTALL)
_CLAUSES = frozenset({"SET", "FROM", "WHERE", "USING", "SELECT", "UPDATE", "DELETE", "JOIN", "LEFT", "GROUP", "ORDER"})
_CONDITIONS = frozenset({"AND", "OR"})


def laid_out(sql: str, indent: str = "") -> str:
    """Break a statement that is on one line. What is quoted is never touched."""
    if len(indent) + len(sql) <= LONGEST_LINE:
        return indent + sql
    lines = list(_lines(sql))
    if len(lines) > 1:
        return "\n".join(laid_out(line, indent + (_INDENT if _is_condition(line) else "")) for line in lines)
    opened, inside, closed = _brackets(sql)
    if not inside:
        return indent + sql
    return f"{indent}{opened}\n{laid_out(inside, indent + _INDENT)}\n{indent}{closed}"


def _lines(sql: str) -> Iterator[str]:
    """Cut before each clause and condition that stands outside of brackets."""
    depth, start, position, before = 0, 0, 0, ""
    between = False
    for piece in _PIECE.findall(sql):
        depth += (piece == "(") - (piece == ")")
        word = piece.upper()
        between |= word == "BETWEEN" and depth == 0
        breaks = depth == 0 and before not in {"DISTINCT", "DELETE"} and position > start
        if breaks and (word in _CLAUSES or (word in _CONDITIONS and not between)):
            yield sql[start:position].rstrip()
            start = position
        between &= not (word == "AND" and depth == 0)
        if not piece.isspace():
            before = word
        position += len(piece)
    yield sql[start:].rstrip()


def _is_condition(line: str) -> bool:
    return line.partition(" ")[0] in _CONDITIONS


def _brackets(line: str) -> tuple[str, str, str]:
    """Take the longest brackets of a line apart: what stands before and in them, and after."""
    opened: list[int] = []
    longest, position = (0, 0), 0
    for piece in _PIECE.findall(line):
        if piece == "(":
            opened.append(position + 1)
        elif piece == ")" and opened:
            start = opened.pop()
            if position - start > longest[1] - longest[0]:
                longest = (start, position)
        position += len(piece)
    start, end = longest
    return line[:start], line[start:end].strip(), line[end:]
