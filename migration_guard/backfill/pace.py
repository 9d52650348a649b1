"""How many rows a batch takes, and how long to rest after it. The one place where the size changes."""

from __future__ import annotations

from dataclasses import dataclass, field

from migration_guard.backfill.definition import LARGEST, SMALLEST

AIM = 0.25
"""Seconds that a batch should take: locks of that length go unnoticed."""
REST = (0.05, 0.2)
"""The pause after a batch, in proportion to its own time: where rows take as long as the quickest, and where twice as long."""
GROWTH = 1.5
GOOD_ONES = 10
FAR_OVER = 5
GROWN = 2_000
"""So far batches grow by themselves: larger ones are no faster, and more of the application's rows are in them."""
AT_ONCE = 64
"""Above this size it takes larger steps towards a row on which the predicate fails."""


@dataclass(slots=True)
class Pace:
    """The size of the next batch. It starts carefully, and grows at once while batches stay far below the aim."""

    size: int
    last: float = 0.0
    """Seconds that the last batch took."""
    largest: int = field(init=False)
    _rest: float = REST[1]
    _quickest: float = field(default=float("inf"), init=False)
    """Seconds that a row takes while nobody else is busy."""
    _good: int = field(default=0, init=False)
    _before_failure: int | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.largest = min(max(self.size, GROWN), LARGEST)

    def done(self, seconds: float, rows: int = 0) -> None:
        """Learn from a batch that went through, and changed so many rows."""
        self.last, self._rest = seconds, REST[1]
        if rows >= SMALLEST:
            self._quickest = min(self._quickest, seconds / rows)
            busy = min(seconds / rows / max(self._quickest, 1e-9) - 1, 1.0)
            self._rest = REST[0] + (REST[1] - REST[0]) * busy
        if self._before_failure is not None:
            self.size = min(self.size * 2, self._before_failure)
            if self.size == self._before_failure:
                self._before_failure = None
        elif seconds > FAR_OVER * AIM:
            self._resize(self.size // 10)
        elif seconds > AIM:
            self._resize(int(self.size * AIM / seconds))
        else:
            self._good += 1
            if seconds < AIM / 2 or self._good >= GOOD_ONES:
                self._resize(int(self.size * GROWTH))

    def failed(self, size: int) -> bool:
        """Halve a batch that holds a row on which the predicate fails; tell whether there was anything to halve."""
        if size == 1:
            return False
        self._before_failure = self._before_failure or self.size
        self.size = size // 8 if size > AT_ONCE else size // 2
        return True

    @property
    def halved(self) -> bool:
        """Whether a row on which the predicate fails is being searched for."""
        return self._before_failure is not None

    def slow(self) -> None:
        """Shrink batches of which one was cut off since it took too long."""
        self._resize(self.size // 4)

    @property
    def rest(self) -> float:
        """Seconds to leave to others."""
        return self._rest * self.last

    def _resize(self, size: int) -> None:
        self.size = min(max(size, SMALLEST), self.largest)
        self._good = 0
