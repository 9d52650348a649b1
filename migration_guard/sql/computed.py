"""SQL that SQL puts together: `EXECUTE 'UPDATE ' || t`, `format('…', t)`, `IF(there, 'ALTER …', 'SELECT 1')`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from migration_guard.later import re
from migration_guard.sql.passage import Passage, joined, plain
from migration_guard.sql.scan import HOLE, Sort, words
from migration_guard.sql.statement import Statement
from migration_guard.sql.strings import content, literal

_JOINING = frozenset({"||", "|", "+", ",", "(", ")"})
_PASSES_ON = frozenset({"CONCAT", "CONCAT_WS", "FORMAT", "N"})
_BLANKS = frozenset({"9", "10", "12", "13", "32"})
"""The numbers of characters that are white space: `chr(10)`."""
_CHANGES = words(
    "REPLACE TRANSLATE REGEXP_REPLACE OVERLAY REVERSE SUBSTR SUBSTRING LEFT RIGHT SPLIT_PART BTRIM LTRIM RTRIM STUFF INSERT"
)
_KEYWORD = re.compile(r"(\w+)$")
_BEFORE_HOLE = words(
    "UPDATE INSERT INTO DELETE FROM MERGE TRUNCATE TABLE ONLY SET VALUES SELECT WHERE USING AND OR JOIN ON"
)


def texts(statement: Statement, start: int, stop: int, *, backslash: bool = False) -> Iterator[Passage]:
    """Each text that an expression may yield: literals stay, what else there is becomes a hole."""
    for first, end in _alternatives(statement, start, stop):
        if first < end:
            yield _text(statement, first, end, backslash)


def is_changed(statement: Statement, start: int, stop: int) -> bool:
    """Whether an expression changes the texts in it, so that another table may be meant: `replace('UPDATE x', 'x', t)`."""
    return any(statement.word(at) in _CHANGES and statement[at + 1].text == "(" for at in range(start, stop))


def assigned(statement: Statement, at: int) -> tuple[str, int, int] | None:
    """The variable that a statement sets, and from where to where its value stands."""
    if statement.word(at) == "SELECT":
        into = statement.find(at, len(statement), "INTO")
        target = statement.skip(into + 1, "STRICT")
        return (statement[target].text.lower(), at + 1, into) if into < len(statement) else None
    first = statement.skip(at, "DECLARE", "SET")
    for index in statement.level(first + 1, len(statement)):
        if statement[index].text in {":=", "="} or statement.word(index) == "DEFAULT":
            return statement[first].text.lower(), index + 1, len(statement)
    return None


def filled(statement: Statement, at: int) -> Iterator[str]:
    """The variables that a statement fills with what cannot be told: `FETCH … INTO a, b`, `FOR a, b IN …`."""
    end = len(statement)
    first = statement.word(at)
    if first in {"FOR", "FOREACH"}:
        yield from _listed(statement, at + 1)
    elif first == "GET":
        yield from (
            statement[index].text.lower() for index in range(at, end) if statement[index + 1].text in {"=", ":="}
        )
    for index in statement.level(at, end) if statement.holds("INTO") else ():
        if statement.word(index) == "INTO":
            targets = list(_listed(statement, statement.skip(index + 1, "STRICT")))
            yield from targets[1:] if first == "SELECT" else targets


def _listed(statement: Statement, index: int) -> Iterator[str]:
    yield statement[index].text.lower()
    while statement[index + 1].text == ",":
        index += 2
        yield statement[index].text.lower()


def _alternatives(statement: Statement, start: int, stop: int) -> list[tuple[int, int]]:
    if statement.word(start) in {"IF", "IIF"} and statement[start + 1].text == "(":
        closed = statement.beyond(start + 1) - 1
        commas = [at for at in statement.level(start + 2, closed) if statement[at].text == ","]
        return [(comma + 1, end) for comma, end in pairwise([*commas, closed])]
    if statement.word(start) == "CASE":
        edges = [at for at in statement.level(start, stop) if statement.word(at) in {"WHEN", "THEN", "ELSE", "END"}]
        return [(edge + 1, end) for edge, end in pairwise([*edges, stop]) if statement.word(edge) in {"THEN", "ELSE"}]
    return [(start, stop)]


def _text(statement: Statement, first: int, stop: int, backslash: bool) -> Passage:
    """The text of a concatenation, or of one of its parts."""
    pieces: list[Passage] = []
    for begin, end in _parts(statement, first, stop):
        piece = _part(statement, begin, end, backslash)
        if pieces and piece.text.startswith(HOLE) and _splits_words(pieces[-1].text):
            pieces.append(plain(" ", statement[begin].start))
        pieces.append(piece)
    return joined(pieces)


def _splits_words(before: str) -> bool:
    """Whether what follows a text is a word of its own, though no blank stands between: `'UPDATE' || blank || t`."""
    word = _KEYWORD.search(before)
    return word is not None and word[1].upper() in _BEFORE_HOLE


def _parts(statement: Statement, first: int, stop: int) -> Iterator[tuple[int, int]]:
    """From where to where the operands of `||` and `+` stand."""
    begin = first
    for index in statement.level(first, stop):
        if statement[index].text in {"|", "+", "||"}:
            if begin < index:
                yield begin, index
            begin = index + 1
    if begin < stop:
        yield begin, stop


def _part(statement: Statement, first: int, stop: int, backslash: bool) -> Passage:
    tokens = statement.tokens[first:stop]
    strings, escape = literal(tokens)
    behind = first + len(strings)
    if strings and (behind == stop or statement[behind].text == "::" or statement.word(behind) == "UESCAPE"):
        return content(strings, escape, backslash=backslash)
    if len(tokens) == 1:
        return plain(HOLE * len(tokens[0].text), tokens[0].start)
    closed = statement.beyond(first + 1) if statement[first + 1].text == "(" else 0
    inner = range(first + 2, closed - 1)
    if closed == stop and statement.word(first) in {"CHR", "CHAR"} and statement[first + 2].text in _BLANKS:
        return plain(" ", tokens[0].start)
    if closed == stop and statement.word(first) == "CONCAT":
        return joined(_text(statement, *one, backslash) for one in _arguments(statement, inner.start, inner.stop))
    if closed == stop and statement.word(first) == "FORMAT" and inner:
        return _text(statement, *next(_arguments(statement, inner.start, inner.stop)), backslash)
    if statement[first].text == "(" and statement.beyond(first) == stop and statement.word(first + 1) != "SELECT":
        return joined(texts(statement, first + 1, stop - 1, backslash=backslash))
    return _flat(statement, first, stop, backslash)


def _arguments(statement: Statement, first: int, stop: int) -> Iterator[tuple[int, int]]:
    begin = first
    for index in statement.level(first, stop):
        if statement[index].text == ",":
            yield begin, index
            begin = index + 1
    yield begin, stop


def _flat(statement: Statement, first: int, stop: int, backslash: bool) -> Passage:
    """An expression that is not understood, as the texts in it with a hole for each word."""
    pieces: list[Passage] = []
    position = statement[first].start
    behind = first
    for index in range(first, stop):
        token = statement[index]
        if index < behind:
            continue
        pieces.append(plain(" " * (token.start - position), position))
        position = token.end
        if token.text in _JOINING or statement.word(index) in _PASSES_ON:
            pieces.append(plain(" " * len(token.text), token.start))
        elif token.sort is Sort.STRING:
            strings, escape = literal(statement.tokens[index:stop])
            behind, position = index + len(strings), strings[-1].end
            pieces += [content(strings, escape, backslash=backslash), plain(" ", position - 1)]
        else:
            pieces.append(plain(HOLE * len(token.text), token.start))
    return joined(pieces)
