"""How long batches take, counted by all processes of a run in memory that they share: nothing is sent, and nothing is lost with one of them.

Each process writes numbers of its own, and only after a COMMIT, so that none waits for another.
"""

from __future__ import annotations

import mmap
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from migration_guard.backfill.report import Reporter
from migration_guard.backfill.standing import Counts

BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Upper bounds in seconds; batches aim at a tenth of one."""
_SLOT = len(BUCKETS) + 2  # one for what is longer, and the sum
_WIDTH = 8


@dataclass(frozen=True, slots=True)
class Durations:
    """How many batches took how long."""

    counts: tuple[int, ...]
    """By bucket, and the last those that took longer; not cumulative."""
    total: float
    """In seconds."""


class Tally:
    """The counts of one run; made before its processes are."""

    def __init__(self, keys: Sequence[str], workers: int) -> None:
        self.keys = tuple(keys)
        self._places = {key: n for n, key in enumerate(keys)}
        self._workers = workers
        self._numbers = memoryview(mmap.mmap(-1, max(1, len(keys) * workers) * _SLOT * _WIDTH)).cast("d")

    def add(self, worker: int, key: str, seconds: float, batches: int = 1) -> None:
        """Count a batch, or several that took so long together."""
        start = self._start(worker, key)
        self._numbers[start + bisect_left(BUCKETS, seconds / batches)] += batches
        self._numbers[start + _SLOT - 1] += seconds

    def durations(self, key: str) -> Durations:
        """Add up what all processes have counted."""
        starts = [self._start(worker, key) for worker in range(self._workers)]
        counts = tuple(int(sum(self._numbers[start + n] for start in starts)) for n in range(_SLOT - 1))
        return Durations(counts, sum(self._numbers[start + _SLOT - 1] for start in starts))

    def _start(self, worker: int, key: str) -> int:
        return (worker * len(self._places) + self._places[key]) * _SLOT


class Counting(Reporter):
    """Counts the batches of one process."""

    def __init__(self, tally: Tally, worker: int = 0) -> None:
        self._tally = tally
        self._worker = worker
        self._key = ""

    def aside(self, worker: int) -> Reporter:
        return Counting(self._tally, worker)

    def begin(self, key: str, rows: int, counts: Counts) -> None:  # noqa: ARG002 -- as it is told
        self._key = key

    def batch(
        self,
        counts: Counts,  # noqa: ARG002
        seconds: float,
        size: int,  # noqa: ARG002
        passed: int = 0,  # noqa: ARG002
        at: tuple[str, ...] = (),  # noqa: ARG002
        *,
        batches: int = 1,
    ) -> None:
        self._tally.add(self._worker, self._key, seconds, batches)
