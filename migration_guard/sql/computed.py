"""SQL that SQL puts together: `EXECUTE 'UPDATE ' || t`, `format('…', t)`, `IF(there, 'ALTER …', 'SELECT 1')`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from migration_guard.sql.scan import HOLE, Sort, content
from migration_guard.sql.statement import Statement

_JOINING = frozenset({"||", "|", "+", ",", "(", ")"})
_PASSES_ON = frozenset({"CONCAT", "CONCAT_WS", "FORMAT", "N"})


def texts(statement: Statement, start: int, stop: int) -> Iterator[tuple[str, int]]:
    """Each text that an expression may yield, with its offset: literals stay, what else there is becomes a hole."""
    for first, end in _alternatives(statement, start, stop):
        if first < end:
            yield _text(statement, first, end), statement[first].start


def assigned(statement: Statement, at: int) -> tuple[str, int, int] | None:
    """The variable that a statement sets, and from where to where its value stands."""
    if statement.word(at) == "SELECT":
        into = statement.find(at, len(statement), "INTO")
        return (statement[into + 1].text.lower(), at + 1, into) if into < len(statement) else None
    first = statement.skip(at, "DECLARE", "SET")
    for index in statement.level(first + 1, len(statement)):
        if statement[index].text in {":=", "="} or statement.word(index) == "DEFAULT":
            return statement[first].text.lower(), index + 1, len(statement)
    return None


def _alternatives(statement: Statement, start: int, stop: int) -> list[tuple[int, int]]:
    if statement.word(start) in {"IF", "IIF"} and statement[start + 1].text == "(":
        closed = statement.beyond(start + 1) - 1
        commas = [at for at in statement.level(start + 2, closed) if statement[at].text == ","]
        return [(comma + 1, end) for comma, end in pairwise([*commas, closed])]
    if statement.word(start) == "CASE":
        edges = [at for at in statement.level(start, stop) if statement.word(at) in {"WHEN", "THEN", "ELSE", "END"}]
        return [(edge + 1, end) for edge, end in pairwise([*edges, stop]) if statement.word(edge) in {"THEN", "ELSE"}]
    return [(start, stop)]


def _text(statement: Statement, first: int, stop: int) -> str:
    """The expression at its full length, so that offsets in it stay offsets in the text."""
    base = statement[first].start
    pieces, position, ignored_from = [], base, stop
    for index in range(first, stop):
        token = statement[index]
        if statement.is_(index, "FORMAT", "(") and ignored_from == stop:
            arguments = statement.level(index + 2, statement.beyond(index + 1) - 1)
            ignored_from = next((at for at in arguments if statement[at].text == ","), stop)
        pieces.append(" " * (token.start - position))
        position = token.end
        if index >= ignored_from or token.text in _JOINING or statement.word(index) in _PASSES_ON:
            pieces.append(" " * len(token.text))
        elif token.sort is Sort.STRING:
            inside, start = content(token)
            pieces.append(" " * (start - token.start) + inside + " " * (token.end - start - len(inside)))
        else:
            pieces.append(HOLE * len(token.text))
    return "".join(pieces)
