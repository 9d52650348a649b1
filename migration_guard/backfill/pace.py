"""How many rows a batch takes, and how long to rest after it. The one place where the size changes.

A batch takes about as long as it has rows, so that the size that fits is the aim by what a row takes: the median of the
last batches, which one odd batch does not move. The size goes half of the way there, as a ratio, and stays where it is as
long as batches take about as long as they should: so it neither swings nor creeps. Two cases are no matter of taste: what is
far too long, twice in a row, is cut at once, and what is far too short is doubled.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from statistics import median

from migration_guard.backfill.definition import LARGEST, SMALLEST
from migration_guard.backfill.steering import FREE, Steering

AIM = 0.25
"""Seconds that a batch should take: locks of that length go unnoticed."""
REST = (0.05, 0.2)
"""The pause after a batch, in proportion to its own time: where rows take as long as the quickest, and where twice as long."""
MEMORY = 5
"""Batches whose median counts."""
NEAR = 1.2
"""What is within this ratio of the aim is as it should be."""
FAR = 2.0
"""What is beyond it is corrected at once: the double of the aim twice in a row, half of it without waiting for more."""
DAMPING = 0.5
"""The part of the way that is gone at once, as an exponent of the ratio."""
AT_ONCE = 64
"""Above this size it takes larger steps towards a row on which the predicate fails."""


@dataclass(slots=True)
class Pace:
    """The size of the next batch. It starts carefully, and grows at once while batches stay far below the aim."""

    size: int
    last: float = 0.0
    """Seconds that the last batch took."""
    steering: Steering = FREE
    """What a person has set."""
    _rest: float = REST[1]
    _quickest: float = field(default=float("inf"), init=False)
    """Seconds that a row takes while nobody else is busy."""
    _rows_take: deque[float] = field(default_factory=lambda: deque(maxlen=MEMORY), init=False)
    """Seconds a row, of the last batches."""
    _before_failure: int | None = field(default=None, init=False)

    @property
    def aim(self) -> float:
        """Seconds that a batch should take."""
        return AIM if self.steering.target_ms is None else self.steering.target_ms / 1000

    @property
    def largest(self) -> int:
        """Rows that a batch may have."""
        return LARGEST if self.steering.max_size is None else self.steering.max_size

    def obey(self, steering: Steering) -> None:
        """Take up what a person has set."""
        self.steering = steering
        self.size = min(self.size, self.largest)

    def done(self, seconds: float, changed: int = 0, examined: int | None = None, *, worked: bool = True) -> None:
        """Learn from a batch that went through: how long it took, how many rows it has changed and examined.

        One in which nothing was to do, or that came to the end of its range, tells nothing about the next.
        """
        self.last, self._rest = seconds, REST[1]
        if changed >= SMALLEST:
            self._quickest = min(self._quickest, seconds / changed)
            busy = min(seconds / changed / max(self._quickest, 1e-9) - 1, 1.0)
            self._rest = REST[0] + (REST[1] - REST[0]) * busy
        if self._before_failure is not None:
            self.size = min(self.size * 2, self._before_failure, self.largest)
            if self.size >= min(self._before_failure, self.largest):
                self._before_failure = None
        elif examined is None or (worked and (examined >= self.size / 2 or seconds > self.aim)):
            self._learn(seconds, self.size if examined is None else min(examined, self.size))

    def _learn(self, seconds: float, rows: int) -> None:
        self._rows_take.append(max(seconds, 1e-6) / rows)
        fits, short = self.aim / median(self._rows_take), self.aim / FAR
        last = [one * self.size for one in list(self._rows_take)[-2:]]
        if len(last) == 2 and min(last) > self.aim * FAR:
            self._resize(self.aim / min(last) * self.size)
            self._rows_take.clear()
        elif max(last) < short and fits > self.size * FAR:
            self._resize(self.size * FAR)
        elif not 1 / NEAR <= fits / self.size <= NEAR:
            self._resize(self.size * (fits / self.size) ** DAMPING)

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
        self._resize(self.size / 4)
        self._rows_take.clear()

    @property
    def rest(self) -> float:
        """Seconds to leave to others."""
        return self._rest * self.last if self.steering.pause is None else self.steering.pause

    def _resize(self, size: float) -> None:
        self.size = min(max(round(size), SMALLEST), self.largest)
