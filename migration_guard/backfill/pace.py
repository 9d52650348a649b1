"""How many rows a batch takes, and how long to rest after it. The one place where the size changes.

A batch takes about as long as it has rows: so the size is multiplied by the aim over the median of batches of that size, which
one odd batch does not move. It goes a part of the way, as a ratio, and stays where it is as long as batches take about as long as
they should: so it neither swings nor creeps. Two cases wait for nothing: what is far too long twice in a row is cut at once,
and what is far too short is doubled.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from statistics import median

from migration_guard.backfill.definition import SMALLEST
from migration_guard.backfill.steering import FREE, Steering

AIM = 0.1
"""Seconds that a batch should take: so long a row of it is held, and whoever wants that row waits."""
ALLOWANCE = 0.25
"""Seconds that a statement may take by itself: what takes longer is first taken for waiting."""
REST = 0.5
"""The pause after a batch, in proportion to its own time, but none for what that is beyond the aim: it has waited, which leaves the
server to others by itself. docs/scale.md says what they feel of less."""
GROWN = 2_000
"""So far batches grow by themselves, unless a person says how far: larger ones are a tenth faster, and the application's slowest
statements take more than twice as long beside them. docs/scale.md has the figures."""
MEMORY, ENOUGH = 5, 3
"""Batches of one size whose median counts, at most and at least."""
NEAR = 1.2
"""What is within this ratio of the aim is as it should be."""
FAR = 2.0
"""What is beyond it is corrected at once: more than the double of the aim twice in a row, less than its half."""
DAMPING = 0.7
"""The part of the way that is gone at once, as an exponent of the ratio."""
USE = 0.5
"""The part of what half the size should have brought that it must have brought, to become smaller still."""
AGAIN = 100
"""Batches after which it is tried again."""
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
    _took: deque[float] = field(default_factory=lambda: deque(maxlen=MEMORY), init=False)
    """Seconds of the last batches of this size."""
    _before_failure: int | None = field(default=None, init=False)
    _from: tuple[int, float] = field(default=(0, 0.0), init=False)
    """The size at which it began to shrink, and how long batches took."""
    _least: int = field(default=SMALLEST, init=False)
    """The size below which to shrink was of no use."""
    _again: int = field(default=0, init=False)
    """Batches until that is asked again."""

    @property
    def aim(self) -> float:
        """Seconds that a batch should take."""
        return AIM if self.steering.target_ms is None else self.steering.target_ms / 1000

    @property
    def largest(self) -> int:
        """Rows that a batch may have."""
        return GROWN if self.steering.max_size is None else self.steering.max_size

    def obey(self, steering: Steering) -> None:
        """Take up what a person has set."""
        self.steering = steering
        self.size = min(self.size, self.largest)

    def done(self, seconds: float, examined: int | None = None, *, worked: bool = True) -> None:
        """Learn from a batch that went through: how long it took, how many rows it has examined.

        One in which nothing was to do, or that came to the end of its range, tells nothing about the next.
        """
        self.last = seconds
        if self._before_failure is not None:
            self.size = min(self.size * 2, self._before_failure, self.largest)
            if self.size >= min(self._before_failure, self.largest):
                self._before_failure = None
                self._took.clear()
        elif examined is None or (worked and (examined >= self.size / 2 or seconds > self.aim)):
            self._learn(seconds, self.size if examined is None else min(examined, self.size))

    def _learn(self, seconds: float, rows: int) -> None:
        self._took.append(max(seconds, 1e-6) * self.size / rows)
        last, took = list(self._took)[-2:], median(self._took)
        if len(last) == 2 and min(last) > self.aim * FAR:
            self._shrink(min(last), 1)
        elif max(self._took) < self.aim / FAR:
            self._grow(FAR)
        elif len(self._took) < ENOUGH:
            return
        elif took > self.aim * NEAR:
            self._shrink(took, DAMPING)
        else:
            self._grow(max(NEAR, (self.aim / took) ** DAMPING) if took < self.aim / NEAR else 1)

    def _grow(self, ratio: float) -> None:
        self._least, self._from = SMALLEST, (0, 0.0)
        self._resize(self.size * ratio)

    def _shrink(self, took: float, damping: float) -> None:
        """Take fewer rows, as long as that is of use: what takes long whatever its size ends no sooner by being small."""
        size, before = self._from
        self._again -= 1
        begins = took > before * FAR  # or has become slower since
        if begins or not self._again:
            self._from, self._least = (self.size, took), SMALLEST
        elif self.size <= size / 2:
            if len(self._took) < MEMORY:
                return
            if before - took < before * USE * (1 - self.size / size):
                self._least, self._again = size, AGAIN
            self._from = (max(self.size, self._least), took)
        self._resize(max(self.size * (self.aim / took) ** damping, self._least))

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

    @property
    def rest(self) -> float:
        """Seconds to leave to others."""
        return REST * min(self.last, self.aim) if self.steering.pause is None else self.steering.pause

    def _resize(self, size: float) -> None:
        size = min(max(round(size), SMALLEST), self.largest)
        if size != self.size:
            self.size = size
            self._took.clear()
