"""How far a run is with a backfill: which part of a pass is done, how fast, and how long the rest will take."""

from __future__ import annotations

import time

from migration_guard.backfill.keys import Value
from migration_guard.backfill.report import NO_ETA_BEFORE, Reporter, seconds_left
from migration_guard.backfill.span import Span
from migration_guard.backfill.standing import Counts


class Advance(Reporter):
    """Learns how far it is from what it is told, and says so to whoever shows it."""

    def __init__(self) -> None:
        self.key = ""
        self.rows = 0
        self.counts = Counts()
        self._pass = Pass(0, None)

    def begin(self, key: str, rows: int, counts: Counts) -> None:
        self.key, self.rows, self.counts = key, rows, counts
        self._pass = Pass(0, None)

    def turn(self, sweep: int, span: Span | None) -> None:
        self._pass = Pass(sweep, span)

    def stands(self, counts: Counts) -> None:
        if self._pass.sweep <= 1:
            self._pass.passed += max(0, counts.examined - self.counts.examined)
        self.counts = counts

    def batch(
        self,
        counts: Counts,
        seconds: float,  # noqa: ARG002
        size: int,  # noqa: ARG002
        passed: int = 0,
        at: Value = (),
        *,
        batches: int = 1,  # noqa: ARG002
    ) -> None:
        self.counts = self.counts + counts
        self._pass.advance(passed, at)

    def speed(self) -> float:
        """Give the rows examined in a second."""
        return self._pass.speed()

    def part(self) -> float | None:
        """Say how much of the pass is done: by rows where they are counted, else by where its cursor is.

        A table that has outgrown its statistics has rows that nobody has counted.
        """
        if self._pass.sweep > 1:
            return self._pass.part(self.rows)
        return self.counts.examined / self.rows if self.counts.examined < self.rows else self._pass.part(0)

    def left(self) -> float | None:
        """Give the seconds that the rest of the pass will take, if they can be foretold."""
        if self._pass.sweep <= 1 and self.rows and self._pass.speed():
            # All rows at the speed of this run, whichever run has examined them.
            return seconds_left(self.counts.examined, self.rows, self.counts.examined / self._pass.speed())
        return self._pass.left(self.rows)

    def told(self) -> str:
        """Say all of that."""
        part, left, speed = self.part(), self.left(), self._pass.speed()
        which = f"pass {self._pass.sweep}: " if self._pass.sweep > 1 else ""
        all_ = f" of about {self.rows:,}" if self.rows and not which else ""
        shown = f" ({part * 100:.0f} %)" if part is not None else ""
        rate = f", {speed:,.0f} rows/s" if speed else ""
        eta = f", about {left:.0f} s left" if left is not None else ""
        examined = self._pass.passed if which else self.counts.examined
        return f"{which}{examined:,} rows examined{all_}{shown}, {self.counts.changed:,} changed{rate}{eta}"


class Pass:
    """One pass over the keys, as far as this run makes it."""

    def __init__(self, sweep: int, span: Span | None) -> None:
        self.sweep = sweep
        self.passed = 0
        self._span = span
        self._began = time.monotonic()
        self._first: float | None = None
        self._last: float | None = None

    def advance(self, rows: int, at: Value) -> None:
        """Learn from a batch that has examined so many rows, up to a key."""
        self.passed += rows
        part = self._span.part(at) if self._span is not None else None
        if part is not None:
            self._first = part if self._first is None else self._first
            self._last = part

    def speed(self) -> float:
        """Give the rows examined in a second."""
        return self.passed / max(time.monotonic() - self._began, 0.001)

    def part(self, rows: int) -> float | None:
        """Say how much of the pass is done."""
        if self._last is not None:
            return self._last
        return min(self.passed / rows, 1.0) if rows else None

    def left(self, rows: int) -> float | None:
        """Foretell the end; nothing before a hundredth is done."""
        seconds = time.monotonic() - self._began
        if self._first is not None and self._last is not None:
            done = self._last - self._first
            return seconds * (1 - self._last) / done if done >= NO_ETA_BEFORE else None
        return seconds_left(self.passed, rows, seconds)
