"""Made-up values: few different ones, so that there are duplicates, with the constants that the statement asks for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from uuid import UUID

from migration_guard.lean import dataclass

_NULL_EVERY = 7
_TEXTS = ("", "a", "A ", "it's 50%", "2")


@dataclass(frozen=True, slots=True)
class Values:
    """What rows are made of."""

    texts: tuple[str, ...]
    numbers: tuple[str, ...]
    rows: int

    def key(self, kind: str, number: int) -> object:
        """Give the key of a row: another one for each."""
        base = kind.partition("(")[0].strip()
        if base in {"INTEGER", "INT", "BIGINT", "SMALLINT", "NUMERIC", "DECIMAL"}:
            return str(number)
        if base == "UUID":
            return str(UUID(int=number))
        if base.startswith(("TIMESTAMP", "DATE")):
            return f"2021-{1 + number % 12:02}-{1 + number // 12 % 28:02}"
        chosen = number // 3 - 1
        return self.texts[chosen] if number % 3 == 0 and 0 <= chosen < len(self.texts) else f"k{number}"

    def one(self, name: str, kind: str, number: int, *, nullable: bool) -> object:
        """Give a value of a column."""
        if nullable and number % _NULL_EVERY == 0:
            return None
        number //= _NULL_EVERY
        base = kind.partition("(")[0].strip()
        if base in {"INTEGER", "INT", "BIGINT", "SMALLINT"}:
            return self._number(name, number)
        if base in {"NUMERIC", "DECIMAL", "REAL", "FLOAT", "DOUBLE PRECISION"}:
            return _of((*self.numbers, "0.5", "7", "2.25"), number)
        if base in {"BOOLEAN", "BOOL"}:
            return bool(number % 2)
        if base.startswith("TIMESTAMP"):
            return f"2021-0{1 + number % 9}-11 10:0{number % 9}:00"
        if base == "DATE":
            return f"2021-0{1 + number % 9}-11"
        if base == "UUID":
            return str(UUID(int=number % self.rows))
        if base in {"JSON", "JSONB"}:
            return self._document(number)
        if base.endswith("[]"):
            return "{}"
        if base in {"INTERVAL", "TIME"}:
            return "10:00:00"
        return self._text(kind, number)

    def _number(self, name: str, number: int) -> str:
        if name.endswith("id"):
            return str(1 + number % (self.rows + self.rows // 5))  # some partners are missing
        whole = tuple(one for one in self.numbers if one.isdigit() and len(one) < 5)
        return _of((*whole, *(str(int(one) + 1) for one in whole), "0", "5", "12"), number)

    def _text(self, kind: str, number: int) -> str:
        plain = [text.replace("%", "x").replace("\\", "") for text in self.texts if "%" in text]
        chosen = _of((*self.texts, *plain, *_TEXTS), number)
        length = kind.partition("(")[2].rstrip(")")
        return chosen[: int(length)] if length.isdigit() else chosen

    def _document(self, number: int) -> str:
        words = [text.strip('{}"') for text in self.texts] or ["a"]
        pairs = {_of(words, number): _of(words, number // len(words) + 1)}
        return json.dumps({**pairs, "a": number % 3}) if number % 5 else "{}"


def _of(choices: Sequence[str], number: int) -> str:
    return choices[number % len(choices)]
