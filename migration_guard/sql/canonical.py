"""The form of a statement that stays the same however it is written: of white space, comments, case and quotes only
those count that change its meaning.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from migration_guard.later import re
from migration_guard.sql.lexis import UNKNOWN, canonical_lexis
from migration_guard.sql.scan import HOLE, KEPT, SHORT, Sort, masked, scan

_STATEMENT = re.compile(r"\s*(?:select|with|insert|update|delete|values|merge|call|perform)\s+\S+\s*\S", re.IGNORECASE)
_HOLES = re.compile(f"{HOLE}+")
_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]*")


def canonical(text: str, holes: Sequence[tuple[int, int]] = (), *, dialect: str = UNKNOWN) -> str:
    """Fold a statement into tokens with one blank between; what is not known in it becomes `{}`, whatever its name."""
    return (_kept if len(text) <= SHORT else _folded)(text, tuple(holes), dialect)


def _folded(text: str, holes: tuple[tuple[int, int], ...], dialect: str) -> str:
    words: list[_Word] = []
    for token in scan(masked(text, holes), 0, canonical_lexis(text, dialect)):
        if token.sort in _LOWERED:  # most are
            words.append(_Word(token.text.lower(), token.sort))
            continue
        word = _HOLES.sub("{}", token.text)
        match token.sort:
            case Sort.HOLE if not token.text.startswith((":", "%")):
                word = word.lower()
            case Sort.QUOTED if _PLAIN_NAME.fullmatch(word[1:-1]):
                word = word[1:-1]
            case _ if word == "=" and words and words[-1].text == "!":  # `!=` is another way to write `<>`
                words[-1], word = _Word("<", Sort.MARK), ">"
            case Sort.STRING if word.startswith("$"):
                word = _in_dollars(token.text, text, words, dialect)
            case _ if "\r" in word:
                word = word.replace("\r\n", "\n")
            case _:
                pass
        if word.startswith("'") and words and words[-1].text.startswith("'"):  # two literals over two lines are one
            words[-1] = _Word(words[-1].text[:-1] + word[1:], Sort.STRING)
            continue
        words.append(_Word(word, token.sort))
    words = _without_notices(words)
    while words and words[-1].text == ";":
        words.pop()
    return " ".join(_plainly(words))


_kept = lru_cache(maxsize=KEPT)(_folded)
forget = _kept.cache_clear


_LOWERED = frozenset({Sort.WORD, Sort.NUMBER})


class _Word(NamedTuple):
    text: str
    sort: Sort


def _in_dollars(quoted: str, text: str, before: Sequence[_Word], dialect: str) -> str:
    """A text between dollars, whatever their tag: the body of a function is told as statements are, any other as it stands.

    A language that is not the database's own counts letter by letter.
    """
    tag = quoted.index("$", 1) + 1
    body = quoted[tag:-tag]
    if not before or before[0].text not in _WITH_BODY:
        return "'{}'".format(_HOLES.sub("{}", body).replace("\r\n", "\n").replace("'", "''"))
    said = _LANGUAGE.search(text.replace(quoted, ""))
    own = said is None or said[1].lower() in _OWN_LANGUAGES
    return f"$$ {canonical(body, dialect=dialect)} $$" if own else f"$${_HOLES.sub('{}', body)}$$"


_WITH_BODY = frozenset({"create", "do"})
_LANGUAGE = re.compile(r"\blanguage\s+['\"]?(\w+)", re.IGNORECASE)
_OWN_LANGUAGES = frozenset({"sql", "plpgsql"})


def _without_notices(words: list[_Word]) -> list[_Word]:
    """Leave out what a block only says to who runs it: `RAISE NOTICE …;`."""
    if not any(word.text == "raise" for word in words):
        return words
    kept: list[_Word] = []
    speaks = False
    for word, after in zip(words, [*words[1:], _END]):
        speaks = speaks or (word.text == "raise" and after.text in _LEVELS)
        if not speaks:
            kept.append(word)
        speaks = speaks and word.text != ";"
    return kept


_LEVELS = frozenset({"notice", "info", "log", "debug", "warning"})


def _plainly(words: Sequence[_Word]) -> Iterator[str]:
    """Leave out words that say nothing: `AS` before an alias, `INNER` and `OUTER` of a join, `ASC`, `TRUNCATE TABLE`.

    `CAST(a AS b)` of a single word is `a::b`.
    """
    texts = [word.text for word in words]
    if _SAYING_NOTHING.isdisjoint(texts):
        yield from texts
        return
    at = 0
    before = ""
    while at < len(words):
        word, after = words[at], words[at + 1] if at + 1 < len(words) else _END
        cast = _cast(words, at)
        if cast is not None:
            yield from cast.said
            at = cast.end
            before = ""
            continue
        if not (word.sort is Sort.WORD and _says_nothing(word.text, before, after)):
            yield word.text
        before = word.text
        at += 1


_END = _Word("", Sort.MARK)
_SAYING_NOTHING = frozenset({"as", "inner", "outer", "table", "asc", "cast"})
"""The words of which any may be left out, or written otherwise."""


def _says_nothing(word: str, before: str, after: _Word) -> bool:
    match word:
        case "as":
            return after.sort in (Sort.WORD, Sort.QUOTED) or after.text == "("
        case "inner" | "outer":
            return after.text == "join"
        case "table":
            return before == "truncate"
        case "asc":
            return after.text in _ENDS
    return False


class _Cast(NamedTuple):
    said: tuple[str, ...]
    end: int


def _cast(words: Sequence[_Word], at: int) -> _Cast | None:
    """`CAST(a AS b)`, where `a` is one word, perhaps of a table, and `b` a plain type."""
    if words[at] != ("cast", Sort.WORD) or words[at + 1 : at + 2] != [("(", Sort.MARK)]:
        return None
    start = at + 2
    middle = start + (3 if words[start + 1 : start + 2] == [(".", Sort.MARK)] else 1)
    if words[middle : middle + 1] != [("as", Sort.WORD)] or words[start].sort not in _OPERANDS:
        return None
    end = middle + 2
    if words[end : end + 1] != [(")", Sort.MARK)] or words[end - 1].sort is not Sort.WORD:
        return None
    operand = [one.text for one in words[start:middle]]
    return _Cast((*operand, "::", words[end - 1].text), end + 1)


_OPERANDS = frozenset({Sort.WORD, Sort.QUOTED, Sort.STRING, Sort.NUMBER, Sort.HOLE})
_ENDS = frozenset({"", ",", ")", ";", "limit", "offset", "nulls", "fetch", "for", "rows", "range", "groups"})
"""What may stand behind the direction of an order."""


def is_statement(text: str) -> bool:
    """Whether a text reads like SQL rather than like a word or a name."""
    return bool(_STATEMENT.match(text))


def governing(text: str, others: Iterable[tuple[int, int]], *, dialect: str = UNKNOWN) -> str:
    """Give the form of a block without the statements in it that have forms of their own."""
    blanked = list(text)
    for start, end in others:
        blanked[start:end] = " " * (end - start)
    words = canonical("".join(blanked), dialect=dialect).split(" ")
    return " ".join(word for before, word in zip(["", *words], words) if not word == before == ";")
