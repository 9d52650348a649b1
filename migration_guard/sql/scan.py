"""Text to tokens. It never fails, and takes time in proportion to the text, whatever the text is.

Offsets are everything here, so nothing is ever taken out of a text: what must not be read is blanked, and what is not
known (a hole) becomes `HOLE`, a letter of the private use area that counts as part of any word.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

HOLE = "\ue000"


class Sort(Enum):
    """What a token is, as far as finding verbs and tables needs to know."""

    WORD = "word"
    QUOTED = "quoted identifier"
    STRING = "string"
    NUMBER = "number"
    HOLE = "hole or placeholder"
    MARK = "mark"
    PSQL = "psql command, with its line"
    UNCLOSED = "quote or comment that never ends"


class Token(NamedTuple):
    """A tuple rather than a dataclass: a dump has hundreds of thousands of them."""

    sort: Sort
    text: str
    start: int
    end: int

    @property
    def upper(self) -> str:
        """The word in capitals; empty for what is no word, so that a quoted name is never taken for a keyword."""
        return self.text.upper() if self.sort is Sort.WORD else ""


def words(text: str) -> frozenset[str]:
    """A set of keywords, written as a line of them."""
    return frozenset(text.split())


_BACKSLASH = frozenset(
    {"bigquery", "clickhouse", "databricks", "doris", "hive", "mysql", "singlestore", "snowflake", "spark", "starrocks"}
)
"""Dialects in which a backslash escapes inside any string, and `#` begins a comment."""

_TOKEN = re.compile(
    r"""
      (?P<skip>\s+|--[^\n]*|/\*M?!\d*|\*/|\{%[^{}]*%\}|\{\#[^{}]*\#\})  # MySQL runs what stands in /*! */
    | (?P<comment>/\*)
    | (?P<go>^GO(?=[ \t\r]*$))                                          # T-SQL's batch separator
    | (?P<psql>\\\w[^\n]*)
    | (?P<hole>\{\{[^{}]*\}\}|\$?\{[^{}]*\}|%\([^()\n]*\)[a-z]|%(?:\d+\$)?(?:s|[IL]\b)|%[dr]\b|\$\d+|\?
        |(?<!:):[^\W\d]\w*)
    | (?P<dollar>\$(?:[^\W\d]\w*)?\$)
    | (?P<quote>(?:\b(?:[NBXE]|U&))?'|["`])
    | (?P<number>\d[\w.]*)
    | (?P<word>[^\W\d][\w$HOLE]*|HOLE[\w$HOLE]*|@@?[\w$HOLE]+)
    | (?P<mark>::|:=|<<|>>|.)
    """.replace("HOLE", HOLE),
    re.VERBOSE | re.DOTALL | re.IGNORECASE | re.MULTILINE,
)
_HOLE_IN_NAME = re.compile(rf"{HOLE}|[{{}}]|%[sI(]")
_EDGES = {quote: re.compile(f"{quote}{quote}|{quote}") for quote in "'\"`"}
_ESCAPED_EDGES = {quote: re.compile(rf"\\.|{quote}{quote}|{quote}", re.DOTALL) for quote in "'\""}
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_DELIMITER = re.compile(r"^[ \t]*DELIMITER[ \t]+(\S+)[ \t\r]*$", re.IGNORECASE | re.MULTILINE)
_COPY_DATA = re.compile(r"^COPY\b[^;\n]*\bFROM\s+STDIN\b[^;\n]*;[^\n]*\n", re.IGNORECASE | re.MULTILINE)
_END_OF_DATA = re.compile(r"^\\\.[ \t\r]*$", re.MULTILINE)


def masked(text: str, holes: Sequence[tuple[int, int]]) -> str:
    """Put HOLE into the ranges whose content is not known, and blank what a client, not a server, would read."""
    pieces, position = [], 0
    for start, end in sorted(holes):
        begin = max(position, min(start, len(text)))
        pieces.append(text[position:begin])
        position = max(begin, min(end, len(text)))
        pieces.append(HOLE * (position - begin))
    return _without_delimiters(_without_data("".join([*pieces, text[position:]])))


def scan(text: str, base: int, dialect: str) -> list[Token]:
    """Read the tokens of `text`, which begins at offset `base`; what one dialect cannot close is tried in the other."""
    backslash = dialect in _BACKSLASH
    tokens = _tokens(text, base, backslash)
    if tokens and tokens[-1].sort is Sort.UNCLOSED:
        other = _tokens(text, base, not backslash)
        if other and other[-1].sort is not Sort.UNCLOSED:
            return other
    return tokens


def _tokens(text: str, base: int, backslash: bool) -> list[Token]:
    tokens: list[Token] = []
    position = 0
    while found := _TOKEN.match(text, position):
        begin, position = found.span()
        group = found.lastgroup or "mark"
        if group == "skip":
            continue
        if group == "comment":
            position = _comment_end(text, position, nested=not backslash)
        elif group == "quote":
            position = _quote_end(text, position, backslash or found.group() in {"E'", "e'"})
        elif group == "dollar":
            close = text.find(found.group(), position)
            position = close + len(found.group()) if close >= 0 else -1
        elif found.group() == "#" and (backslash or not tokens or tokens[-1].text == ";"):
            position = text.find("\n", position)
            position = position if position >= 0 else len(text)
            continue
        if position < 0:
            return [*tokens, Token(Sort.UNCLOSED, text[begin:], base + begin, base + len(text))]
        if group != "comment":
            tokens.append(_token(group, text[begin:position], base + begin))
    return tokens


def content(string: Token) -> tuple[str, int]:
    """What stands between the quotes of a string, and where; what was escaped keeps its length."""
    if string.text.startswith("$"):
        tag = string.text.index("$", 1) + 1
        return string.text[tag:-tag], string.start + tag
    begin = string.text.index("'") + 1
    inside = string.text[begin:-1].replace("''", " '")
    if string.text[0] in "eE":
        inside = re.sub(r"\\(.)", lambda escape: " '" if escape[1] == "'" else "  ", inside, flags=re.DOTALL)
    return inside, string.start + begin


def _token(group: str, text: str, start: int) -> Token:
    end = start + len(text)
    match group:
        case "mark":
            return Token(Sort.MARK, text, start, end)
        case "word":
            return Token(Sort.HOLE if HOLE in text else Sort.WORD, text, start, end)
        case "quote" if not text.endswith("'"):
            return Token(Sort.HOLE if _HOLE_IN_NAME.search(text) else Sort.QUOTED, text, start, end)
        case "quote" | "dollar":
            return Token(Sort.STRING, text, start, end)
        case "number":
            return Token(Sort.NUMBER, text, start, end)
        case "psql":
            return Token(Sort.PSQL, text, start, end)
        case "go":
            return Token(Sort.MARK, ";", start, end)
    return Token(Sort.HOLE, text, start, end)


def _comment_end(text: str, position: int, nested: bool) -> int:
    """Where the comment that has begun ends, -1 if nowhere; one that nests badly ends at the first `*/`."""
    first, depth = text.find("*/", position), 1
    if not nested or first < 0:
        return first + 2 if first >= 0 else -1
    for edge in _COMMENT_EDGE.finditer(text, position):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return edge.end()
    return first + 2


def _quote_end(text: str, position: int, backslash: bool) -> int:
    """Where the quoted text whose content begins at `position` ends, -1 if nowhere; a doubled quote is one character."""
    quote = text[position - 1]
    edges = _ESCAPED_EDGES if backslash and quote != "`" else _EDGES
    for found in edges[quote].finditer(text, position):
        if found.group() == quote:
            return found.end()
    return -1


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def _without_data(text: str) -> str:
    """Blank the rows that follow `COPY … FROM stdin;` in a dump."""
    if "\\." not in text:
        return text
    pieces, position = [], 0
    for found in _COPY_DATA.finditer(text):
        if found.start() < position:
            continue
        end = _END_OF_DATA.search(text, found.end())
        if end is None:
            break
        pieces += [text[position : found.end()], _blank(text[found.end() : end.end()])]
        position = end.end()
    return "".join([*pieces, text[position:]])


def _without_delimiters(text: str) -> str:
    """Write `;` for what the mysql client was told to take for it."""
    pieces, position, delimiter = [], 0, ";"
    for found in _DELIMITER.finditer(text):
        pieces.append(text[position : found.start()].replace(delimiter, ";".ljust(len(delimiter))))
        pieces.append(_blank(found.group()))
        position, delimiter = found.end(), found.group(1)
    return "".join([*pieces, text[position:].replace(delimiter, ";".ljust(len(delimiter)))])
