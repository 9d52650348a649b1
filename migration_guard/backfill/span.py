"""How far a key is between two others: progress where nobody has counted the rows, and in passes that look again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from uuid import UUID

_NUMBERS = ("smallint", "integer", "bigint", "numeric", "real", "double precision", "oid")
_TEXTS = ("text", "character", "citext", "name")
_LETTERS = 8
"""So many of them are read as a number; enough to tell the parts of any table."""


@dataclass(frozen=True, slots=True)
class Span:
    """The first and the last key of a pass, as numbers."""

    low: float
    high: float
    position: Callable[[str], float | None]

    def part(self, key: tuple[str, ...]) -> float | None:
        """Say how much of the span lies before a key; None where it cannot be told."""
        at = self.position(key[0]) if key else None
        if at is None or self.high <= self.low:
            return None
        return min(max((at - self.low) / (self.high - self.low), 0.0), 1.0)


def span(kind: str, low: tuple[str, ...], high: tuple[str, ...]) -> Span | None:
    """Give the span between two keys whose first column is of a type, if it has an order that is also a distance."""
    if not low or not high:
        return None
    common = _common(low[0], high[0])
    position = _position(kind, common)
    if position is None:
        return None
    first, last = position(low[0]), position(high[0])
    return Span(first, last, position) if first is not None and last is not None and last > first else None


def _position(kind: str, common: int) -> Callable[[str], float | None] | None:
    if kind.startswith(_NUMBERS):
        return _number
    if kind == "uuid":
        return lambda text: float(UUID(text).int)
    if kind.startswith(("timestamp", "date")):
        return _moment
    return (lambda text: _letters(text, common)) if kind.startswith(_TEXTS) else None


def _number(text: str) -> float | None:
    try:
        return float(Decimal(text))
    except InvalidOperation:
        return None


def _moment(text: str) -> float | None:
    try:
        return datetime.fromisoformat(f"{text}:00" if text[-3:-2] in {"+", "-"} else text).timestamp()
    except (ValueError, OverflowError):  # infinity, and years that Python does not know
        return None


def _letters(text: str, common: int) -> float:
    tail = text.encode()[common : common + _LETTERS].ljust(_LETTERS, b"\0")
    return float(int.from_bytes(tail, "big"))


def _common(low: str, high: str) -> int:
    pairs = zip(low.encode(), high.encode())
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(low.encode()), len(high.encode())))
