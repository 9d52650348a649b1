"""Tokens to statements, and the few questions that a classifier asks of one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from migration_guard.sql.names import Name, plainly
from migration_guard.sql.scan import HOLE, Sort, Token
from migration_guard.sql.strings import escape_behind, unquoted

_NAMED = frozenset({Sort.WORD, Sort.QUOTED, Sort.HOLE})
GLUED = _NAMED | {Sort.NUMBER}
_BRACKETS = frozenset("()")
_END = Token(Sort.MARK, "", -1, -1)
_COMPOUND = frozenset({"FUNCTION", "PROCEDURE", "PROC", "TRIGGER", "EVENT", "PACKAGE"})
_BEFORE_CREATED = frozenset(
    {
        "OR",
        "REPLACE",
        "ALTER",
        "TEMP",
        "TEMPORARY",
        "AGGREGATE",
        "CONSTRAINT",
        "EDITIONABLE",
        "NONEDITIONABLE",
        "DEFINER",
    }
)
_OPENS = frozenset({"BEGIN", "CASE"})
_PATIENCE = 20
"""How many bodies without an end are looked for: each costs a walk to the end of the text."""
_ENDS_NO_BLOCK = frozenset({"IF", "LOOP", "WHILE", "REPEAT", "FOR"})
_TRANSACTION = frozenset({"TRAN", "TRANSACTION"})


class Statement:
    """The tokens of one statement, addressed by index; an index beyond the end gives an empty mark."""

    __slots__ = ("_among", "_partner", "_words", "tokens")

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self._words = [text.upper() if sort is Sort.WORD else "" for sort, text, _, _ in tokens]
        self._among = frozenset(self._words)
        """Most are asked for words that they do not have."""
        self._partner: dict[int, int] = {}
        opened: list[int] = []
        for index, text in [(index, text) for index, (_, text, _, _) in enumerate(tokens) if text in _BRACKETS]:
            if text == "(":
                opened.append(index)
            elif opened:
                self._partner[opened.pop()] = index
        self._partner.update(dict.fromkeys(opened, len(tokens)))

    def __len__(self) -> int:
        return len(self.tokens)

    def __getitem__(self, index: int) -> Token:
        tokens = self.tokens
        return tokens[index] if 0 <= index < len(tokens) else _END

    def word(self, index: int) -> str:
        words = self._words
        return words[index] if 0 <= index < len(words) else ""

    def holds(self, *words: str) -> bool:
        """Whether any of these words stands anywhere in it."""
        return not self._among.isdisjoint(words)

    def is_(self, index: int, *words: str) -> bool:
        """Whether these words or marks stand at the index, in this order."""
        for at, word in enumerate(words, index):  # noqa: SIM110 -- asked so often that a generator would show
            if (self.word(at) or self[at].text) != word:
                return False
        return True

    def beyond(self, index: int) -> int:
        """The index after a token, or after the parenthesis that it opens."""
        return self._partner.get(index, index) + 1

    def level(self, index: int, end: int) -> Iterable[int]:
        """The indices that stand outside of parentheses opened at or after the first."""
        return self._outside(index, end) if self._partner else range(index, end)

    def _outside(self, index: int, end: int) -> Iterator[int]:
        partner = self._partner
        while index < end:
            yield index
            index = partner.get(index, index) + 1

    def find(self, index: int, end: int, *words: str) -> int:
        """The first of these words outside of parentheses, or the end."""
        if self._among.isdisjoint(words):
            return end
        return next((at for at in self.level(index, end) if self.word(at) in words), end)

    def skip(self, index: int, *words: str) -> int:
        """The index after any of these words."""
        while self.word(index) in words:
            index += 1
        return index

    def opened(self) -> list[tuple[int, int]]:
        """Each pair of parentheses, in text order; one that is never closed ends with the statement."""
        return sorted(self._partner.items())

    def name(self, index: int) -> tuple[Name | None, int]:
        """The name that begins at an index, and the index after it."""
        token, following = self[index], self[index + 1]
        if token.sort is Sort.WORD and following.text != "." and not _touches(token, following):
            return plainly(token.text), index + 1
        parts: list[str] = []
        unknown: list[bool] = []
        while True:
            bracket = self[index].text == "[" and self[index + 2].text == "]"
            index += bracket
            if self[index].sort not in _NAMED:
                return None, index
            part, is_unknown, index = self._part(index)
            parts.append(part)
            unknown.append(is_unknown)
            index += bracket
            if self[index].text != "." or (self[index + 1].sort not in _NAMED and self[index + 1].text != "["):
                return Name.of(parts, unknown), index
            index += 1

    def _part(self, index: int) -> tuple[str, bool, int]:
        """Tokens that touch are one part (`leads_{year}`): if there is more than one, it is put together."""
        tokens, last = self.tokens, index
        token, most = tokens[index], len(tokens) - 1
        while last < most and _touches(tokens[last], tokens[last + 1]):
            last += 1
        unknown = token.sort is Sort.HOLE or last > index or HOLE in token.text
        if token.sort is not Sort.QUOTED:
            return token.text, unknown, last + 1
        behind = last + 1 + 2 * (self.word(last + 1) == "UESCAPE")
        return unquoted(token, escape_behind(self.tokens, last)), unknown, behind


def _touches(token: Token, following: Token) -> bool:
    """Whether what follows goes on with a name."""
    return following.start == token.end and following.sort in GLUED


def split(tokens: Sequence[Token]) -> Iterator[Statement]:
    """Split at semicolons, but neither inside the body of a CREATE FUNCTION nor the parentheses of a CREATE RULE."""
    start, patience = 0, _PATIENCE
    while start < len(tokens):
        whole = _whole_end(tokens, start) if patience else start
        patience -= whole is None
        end = whole if whole is not None and whole > start else _plain_end(tokens, start)
        if end > start:
            yield Statement(tokens[start:end])
        start = end + (end < len(tokens) and tokens[end].text == ";")


def _plain_end(tokens: Sequence[Token], start: int) -> int:
    """The next semicolon or psql command, which is a statement of its own."""
    for end in range(start, len(tokens)):
        sort, text, _, _ = tokens[end]
        if sort is Sort.PSQL:
            return end + (end == start)
        if text == ";":
            return end
    return len(tokens)


def _whole_end(tokens: Sequence[Token], start: int) -> int | None:
    """The end of a statement that holds others, None if it never ends; the start itself for any other statement."""
    if tokens[start].upper != "CREATE":
        return start
    plain = _plain_end(tokens, start)
    created = _created(tokens, start, plain)
    if created in _COMPOUND and not _has_its_body_in_a_string(tokens, start, plain):
        return _body_end(tokens, start)
    return _rule_end(tokens, start) if created == "RULE" else start


def _created(tokens: Sequence[Token], start: int, end: int) -> str:
    """The word that says what a CREATE creates: MySQL and others name first who defines it."""
    index = start + 1
    while index < end and (tokens[index].upper in _BEFORE_CREATED or tokens[index - 1].upper in {"=", "DEFINER"}):
        if tokens[index].upper == "DEFINER":
            return next((one.upper for one in tokens[index:end] if one.upper in _COMPOUND), "")
        index += 1
    return tokens[index].upper if index < end else ""


def _has_its_body_in_a_string(tokens: Sequence[Token], start: int, end: int) -> bool:
    """Whether it is a function of PostgreSQL's, or a trigger, which names one: then BEGIN and CASE are mere names."""
    pairs = zip(tokens[start:end], tokens[start + 1 : end])
    return any(
        (one.upper == "AS" and two.sort is Sort.STRING)
        or (one.upper == "EXECUTE" and two.upper in {"FUNCTION", "PROCEDURE"})
        for one, two in pairs
    )


def _body_end(tokens: Sequence[Token], start: int) -> int | None:
    """The semicolon at which every BEGIN and CASE has met its END; None if one never does."""
    depth, index = 0, start
    while index < len(tokens):
        word = tokens[index].upper
        following = tokens[index + 1].upper if index + 1 < len(tokens) else ""
        if tokens[index].text == ";" and depth <= 0:
            return index
        if word == "END":
            depth -= following not in _ENDS_NO_BLOCK
            index += following == "CASE"
        elif word in _OPENS and following not in _TRANSACTION:
            depth += 1
        index += 1
    return index if depth <= 0 else None


def _rule_end(tokens: Sequence[Token], start: int) -> int | None:
    """The semicolon outside of all parentheses; None if one is never closed."""
    depth = 0
    for index in range(start, len(tokens)):
        depth += (tokens[index].text == "(") - (tokens[index].text == ")")
        if tokens[index].text == ";" and depth <= 0:
            return index
    return len(tokens) if depth <= 0 else None
