"""Text to tokens. It never fails, and takes time in proportion to the text, whatever the text is.

Offsets are everything here, so nothing is ever taken out of a text: what must not be read is passed over, and what is not
known (a hole) becomes `HOLE`, a letter of the private use area that counts as part of any word.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from migration_guard.later import re
from migration_guard.sql.lexis import Lexis

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

    __hash__ = object.__hash__  # that of enumerations is made anew of the name each time


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


_WHOLE_LINE = r"(?:copy|ef|ev|sf|sv|h|help)\b|!"
"""psql's commands that take the rest of their line; others end at a backslash outside of quotes."""
_GRAMMAR = r"""
      (?P<plain>(?!(?:GO|DELIMITER)\b)[A-Za-z_][A-Za-z0-9_$]*(?![A-Za-z0-9_$'"&]|[^\x00-\x7f]))[ \t]*  # and most often one blank
    | (?P<skip>BLANK+|--[^\r\n]*|\{%[^{}]*%\}|\{\#[^{}]*\#\}|\\(?=;))
    | (?P<versioned>/\*M?!\d*)
    | (?P<comment>/\*)
    | (?P<go>^(?:GO|/)(?=[ \t\r]*$))                                    # what separates batches of T-SQL, and of SQL*Plus
    | (?P<delimiter>DELIMITER[ \t]+\S+[ \t\r]*$)                        # of the mysql client
    | (?P<psql>\\(?:(?:WHOLE)[^\n]*|\w+(?:'(?:[^'\\\n]|\\[^\n])*'|"[^"\n]*"|`[^`\n]*`|[^\\\n])*(?:\\\\)?))
    | (?P<hole>\{\{[^{}]*\}\}|\$?\{[^{}']*\}|%\([\w .]*\)[a-z]|%(?:\d+\$)?(?:s|[IL]\b)|%[dr]\b|\$\d+|\?
        |(?<!:):(?:[^\W\d]\w*(?![\w'])|'[^\W\d]\w*'|"[^\W\d]\w*"))        # the last two are psql's
    | (?P<dollar>\$(?:[A-Za-z_]|HIGH)?(?:[A-Za-z0-9_]|HIGH)*\$)
    | (?P<quote>(?:\b(?:[NBXE]|U&))?'|(?:\bU&)?"|`)
    | (?P<bracket>\[(?=[^\]]{0,128}?['"`;/-])[^\]]{1,128}\])            # a name in brackets that would be misread
    | (?P<number>[0-9][A-Za-z0-9_.]*)
    | (?P<word>(?:[A-Za-z_]|HIGH)(?:[A-Za-z0-9_$]|HIGH)*|VARIABLE)
    | (?P<mark>::|:=|<<|>>|[^*#;\[])
    | (?P<odd>.)                                                        # a mark that may be more than that
    """


def _compiled(blank: str, high: str, variable: str) -> re.Pattern[str]:
    parts = {"BLANK": blank, "HIGH": high, "VARIABLE": variable, "WHOLE": _WHOLE_LINE}
    grammar = re.sub(r"\b(?:BLANK|HIGH|VARIABLE|WHOLE)\b", lambda part: parts[part.group()], _GRAMMAR)
    return re.compile(grammar, re.VERBOSE | re.DOTALL | re.IGNORECASE | re.MULTILINE)


_STRICT = _compiled(r"[ \t\n\r\f\v]", r"[^\x00-\x7f]", r"(?!)")
_LOOSE = _compiled(r"\s", r"[^\x00-\x7f\s]", rf"@@?[\w${HOLE}]+")

_HOLE_IN_NAME = re.compile(rf"{HOLE}|[{{}}]|%[sI(]")
_EDGES = {quote: re.compile(f"{quote}{quote}|{quote}") for quote in "'\"`"}
_ESCAPED_EDGES = {quote: re.compile(rf"\\.|{quote}{quote}|{quote}", re.DOTALL) for quote in "'\""}
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_GOES_ON = re.compile(r"[ \t\f\v]*(?:--[^\r\n]*)?[\r\n](?:[ \t\n\r\f\v]|--[^\r\n]*[\r\n])*(?=')")
"""What may stand between two parts of one string: at least the end of a line."""
_FROM_STDIN = re.compile(r"\\copy\b.*\bfrom\s+p?stdin\b", re.IGNORECASE)
_END_OF_DATA = re.compile(r"^\\\.[ \t\r]*$", re.MULTILINE)
_new = tuple.__new__
_PLAIN = {"plain": Sort.WORD, "mark": Sort.MARK, "number": Sort.NUMBER, "word": Sort.WORD}
"""What one match of the grammar reads to its end, and means no more."""


def masked(text: str, holes: Sequence[tuple[int, int]]) -> str:
    """Put HOLE into the ranges whose content is not known."""
    if not holes:
        return text
    pieces, position = [], 0
    for start, end in sorted(holes):
        begin = max(position, min(start, len(text)))
        pieces.append(text[position:begin])
        position = max(begin, min(end, len(text)))
        pieces.append(HOLE * (position - begin))
    return "".join([*pieces, text[position:]])


SHORT = 2_000
"""Characters of a text that is kept with what it was read as: the same statement is often executed in many places."""
KEPT = 2_000
"""Texts that are kept so."""


def scan(text: str, base: int, lexis: Lexis, *, script: bool = False, body: bool = False) -> Sequence[Token]:
    """Read the tokens of `text`, which begins at offset `base`; what one reading cannot close is tried in another.

    In a `script`, a client reads the lines behind `COPY … FROM STDIN` as rows; in a `body`, `#` begins a directive.
    """
    return (_kept if len(text) <= SHORT else _scanned)(text, base, lexis, script, body)


def _scanned(text: str, base: int, lexis: Lexis, script: bool, body: bool) -> Sequence[Token]:
    tokens = _Scanner(text, base, lexis, script, body).tokens()
    if tokens and tokens[-1].sort is Sort.UNCLOSED:
        other = _Scanner(text, base, lexis.other(), script, body).tokens()
        if other and other[-1].sort is not Sort.UNCLOSED:
            return other
    return tokens


_kept = lru_cache(maxsize=KEPT)(_scanned)
forget = _kept.cache_clear


class _Scanner:
    """Reads one text once."""

    def __init__(self, text: str, base: int, lexis: Lexis, script: bool, body: bool) -> None:
        self._text = text
        self._base = base
        self._lexis = lexis
        self._script = script
        self._body = body
        self._tokens: list[Token] = []
        self._statement = 0
        """The index of the first token of the current statement."""
        self._rows: tuple[int, int] | None = None
        """Where rows stand that the client reads, once the line has ended."""
        self._goes_on = -1
        """Where a quote stands that goes on with a string of escapes."""
        self._delimiter = ";"
        self._open = False
        """Whether a comment is open whose content is run."""

    def tokens(self) -> list[Token]:
        text, base, tokens = self._text, self._base, self._tokens
        position, match = 0, (_STRICT if self._lexis.strict else _LOOSE).match
        while found := match(text, position):
            begin, position = found.span()
            group = found.lastgroup or "mark"
            if group == "skip" and self._rows is None and text[begin] != "-":
                continue  # every second match is a blank
            if (sort := _PLAIN.get(group)) is not None:
                word = found[group]
                if self._delimiter == ";":
                    sort = Sort.HOLE if HOLE in word and sort is Sort.WORD else sort
                    start = base + begin
                    tokens.append(_new(Token, (sort, word, start, start + len(word))))
                    continue
                position = begin + len(word)
            if self._delimiter != ";" and group != "skip" and (cut := self._delimited(begin, position)) >= 0:
                group, position = ("go", begin + len(self._delimiter)) if cut == begin else ("word", cut)
                self._note(group, begin, position)
                continue
            if group != "hole":
                group, position = self._special(group, found.group(), begin, position)
            if position < 0:
                tokens.append(Token(Sort.UNCLOSED, text[begin:], base + begin, base + len(text)))
                break
            if group != "skip":
                self._note(group, begin, position)
            elif self._rows is not None and position >= self._rows[0]:
                position, self._rows = max(position, self._rows[1]), None
        return tokens

    def _delimited(self, begin: int, end: int) -> int:
        """Where, in what one match has read, the delimiter of the client begins; -1 if nowhere."""
        at_once = self._text.startswith(self._delimiter, begin)
        return begin if at_once else self._text.find(self._delimiter, begin, end)

    def _special(self, group: str, found: str, begin: int, position: int) -> tuple[str, int]:
        """What a match really is, and where it ends, -1 if nowhere."""
        text, lexis = self._text, self._lexis
        match group:
            case "skip" if found.startswith("--") and lexis.spaced and len(found) > 2 and found[2] > " ":
                return "mark", begin + 1
            case "versioned" if lexis.versioned:
                self._open = True
                return "skip", position
            case "comment" | "versioned":
                return "skip", self._comment_end(begin + 2)
            case "odd" if found == "*" and self._open and text.startswith("*/", begin):
                self._open = False
                return "skip", position + 1
            case "odd" if found == "*" and not lexis.nested and text.startswith("*/", begin):
                return "odd", -1  # the server whose comments do not nest stops here
            case "odd" if found == "#" and (lexis.hashes or (self._begins() and not (lexis.strict or self._body))):
                return "skip", self._line_end(position)
            case "go" if lexis.strict:
                return "mark" if found == "/" else "word", position
            case "delimiter":
                if self._begins():
                    self._delimiter = found.split()[1]
                    return "skip", position
                return "word", begin + len("DELIMITER")
            case "dollar":
                if not lexis.dollars:
                    return "word", position
                close = text.find(found, position)
                return "dollar", close + len(found) if close >= 0 else -1
            case "quote" if found != "`" or lexis.backticks:
                if found[0] in "eEuU" and not lexis.escapes:
                    return "word", begin + 1
                return "quote", self._quote_end(found, position)
            case "quote":
                return "mark", position
            case "bracket" if not lexis.brackets:
                return "mark", begin + 1
            case "odd":
                return "mark", position
            case "psql":
                self._expect_rows(position, _FROM_STDIN.match(found) is not None)
        return group, position

    def _begins(self) -> bool:
        """Whether a statement begins here."""
        return not self._tokens or self._tokens[-1].text == ";"

    def _line_end(self, position: int) -> int:
        end = self._text.find("\n", position)
        return end if end >= 0 else len(self._text)

    def _note(self, group: str, begin: int, end: int) -> None:
        token = _token(group, self._text[begin:end], self._base + begin)
        self._tokens.append(token)
        if token.text == ";" and self._script:
            self._expect_rows(end, self._copies())
            self._statement = len(self._tokens)

    def _copies(self) -> bool:
        """Whether the statement that ends here takes its rows from the client."""
        tokens = self._tokens[self._statement :]
        return tokens[0].upper == "COPY" and any(
            one.upper == "FROM" and two.upper == "STDIN" for one, two in pairwise(tokens)
        )

    def _expect_rows(self, position: int, copies: bool) -> None:
        if copies and self._script:
            begin = self._line_end(position) + 1
            end = _END_OF_DATA.search(self._text, begin)
            self._rows = (begin, end.end()) if end is not None else None

    def _comment_end(self, position: int) -> int:
        """Where the comment that has begun ends, -1 if nowhere."""
        if not self._lexis.nested:
            end = self._text.find("*/", position)
            return end + 2 if end >= 0 else -1
        depth = 1
        for edge in _COMMENT_EDGE.finditer(self._text, position):
            depth += 1 if edge.group() == "/*" else -1
            if depth == 0:
                return edge.end()
        return -1

    def _quote_end(self, opened: str, position: int) -> int:
        """Where the quoted text whose content begins at `position` ends, -1 if nowhere; a doubled quote is one character."""
        quote = opened[-1]
        escaped = quote != "`" and (self._lexis.backslash or opened in {"E'", "e'"} or position - 1 == self._goes_on)
        edges = _ESCAPED_EDGES if escaped else _EDGES
        end = next((one.end() for one in edges[quote].finditer(self._text, position) if one.group() == quote), -1)
        if escaped and end >= 0 and (goes_on := _GOES_ON.match(self._text, end)):
            self._goes_on = goes_on.end()
        return end


def _token(group: str, text: str, start: int) -> Token:
    end = start + len(text)
    match group:
        case "mark":
            return Token(Sort.MARK, text, start, end)
        case "word" | "plain":
            return Token(Sort.HOLE if HOLE in text else Sort.WORD, text, start, end)
        case "quote" | "bracket" if not text.endswith("'"):
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
