"""The form of a statement that stays the same however it is written: of white space, comments, case and quotes only
those count that change its meaning.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from migration_guard.later import re
from migration_guard.sql.lexis import UNKNOWN, canonical_lexis
from migration_guard.sql.scan import HOLE, Sort, masked, scan

_STATEMENT = re.compile(r"\s*(?:select|with|insert|update|delete|values|merge|call|perform)\s+\S+\s*\S", re.IGNORECASE)
_HOLES = re.compile(f"{HOLE}+")
_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]*")


def canonical(text: str, holes: Sequence[tuple[int, int]] = (), *, dialect: str = UNKNOWN) -> str:
    """Fold a statement into tokens with one blank between; what is not known in it becomes `{}`, whatever its name."""
    words: list[str] = []
    for token in scan(masked(text, holes), 0, canonical_lexis(dialect)):
        word = _HOLES.sub("{}", token.text)
        match token.sort:
            case Sort.WORD | Sort.NUMBER:
                word = word.lower()
            case Sort.HOLE if not token.text.startswith((":", "%")):
                word = word.lower()
            case Sort.QUOTED if _PLAIN_NAME.fullmatch(word[1:-1]):
                word = word[1:-1]
            case _ if word == "=" and words and words[-1] == "!":  # `!=` is another way to write `<>`
                words[-1], word = "<", ">"
            case _ if "\r" in word:
                word = word.replace("\r\n", "\n")
            case _:
                pass
        words.append(word)
    while words and words[-1] == ";":
        words.pop()
    return " ".join(words)


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
