"""Text that was put together from other text, of which each character knows where it stands there."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

from migration_guard.lean import dataclass


@dataclass(frozen=True, slots=True)
class Passage:
    """A text in runs of characters that stand side by side."""

    text: str
    starts: tuple[int, ...]
    """Where in the text each run begins: the first at 0."""
    places: tuple[int, ...]
    """Where its first character stands."""

    def at(self, offset: int) -> int:
        """Where a character stands; one beyond the end stands behind the last."""
        run = max(bisect_right(self.starts, offset) - 1, 0)
        return self.places[run] + offset - self.starts[run]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """From where to where a part stands, if both its ends are taken for the ends of one range."""
        first = self.at(start)
        return first, max(self.at(max(end - 1, start)) + 1, first + 1)

    @property
    def base(self) -> int | None:
        """Where it begins, if all of it stands side by side."""
        return self.places[0] if len(self.places) == 1 else None


def plain(text: str, place: int) -> Passage:
    """A text that stands as it is."""
    return Passage(text, (0,), (place,))


def joined(passages: Iterable[Passage]) -> Passage:
    """One after the other."""
    texts: list[str] = []
    starts: list[int] = []
    places: list[int] = []
    length = 0
    for passage in passages:
        if passage.text:
            texts.append(passage.text)
            starts += [length + start for start in passage.starts]
            places += passage.places
            length += len(passage.text)
    return Passage("".join(texts), tuple(starts) or (0,), tuple(places) or (0,))
