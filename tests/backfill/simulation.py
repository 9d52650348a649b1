"""The law by which ranges are claimed, without a database: a thousand workers, and a billion keys.

    python tests/backfill/simulation.py [--workers N] [--rows N]

`Law` chooses as the statements `claim_ranges` and `claim_end` do; test_simulation.py holds the one to the other. Time is
simulated: workers have speeds of their own, and a server that does so many rows a second and no more; some are killed, some
stand still until their lease is over. It prints what came of it.
"""

from __future__ import annotations

import argparse
import heapq
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

from migration_guard.backfill.pace import AIM, REST
from migration_guard.backfill.policy import TimeoutPolicy
from migration_guard.backfill.ranges import parts_of
from migration_guard.backfill.sharing import LONGEST_IDLE

BATCH = (1 + REST) * AIM
"""Seconds that a batch takes with its rest: each is one write to the state, in the range's own row."""
LEASE = TimeoutPolicy().lease
FOREVER = float("inf")
ROW_BYTES = 240
"""Of a range in the state: its row, with keys of 8 digits, and its entry in the index; measured by test_simulation.py."""


@dataclass(slots=True)
class Range:
    """A row of the state."""

    id: int
    batches: int = 0
    done: bool = False
    by: int | None = None
    token: int = 0
    lease: float = 0.0
    gone: bool = False
    """Whether the connection of who has it is gone."""

    def alive(self, now: float) -> bool:
        """Whether somebody is at it."""
        return self.by is not None and not self.gone and self.lease > now


class Law:
    """Who may claim what."""

    def __init__(self, ranges: int) -> None:
        self.ranges = [Range(n) for n in range(ranges)]
        self.left = ranges
        self._free = [(0, n) for n in range(ranges)]
        self._leases: list[tuple[float, int, int]] = []
        self._over: list[tuple[int, int]] = []
        """Those whose lease is over."""

    def claim(self, who: int, now: float, lease: float = LEASE) -> tuple[Range, bool] | None:
        """Give the free range whose lease is over, or at which the least was done, and whether it is taken over, if any."""
        while self._leases and self._leases[0][0] <= now:
            _, n, token = heapq.heappop(self._leases)
            one = self.ranges[n]
            if one.token == token and not one.done and one.lease > now:
                heapq.heappush(self._leases, (one.lease, n, token))
            elif one.token == token and not one.done:
                heapq.heappush(self._over, (one.batches, n))
        while self._over or self._free:
            over = bool(self._over)
            batches, n = heapq.heappop(self._over if over else self._free)
            one = self.ranges[n]
            if one.done or one.alive(now) or batches != one.batches or (over and one.by is None):
                continue
            taken_over = one.by is not None and one.by != who
            one.by, one.token, one.lease, one.gone = who, one.token + 1, now + lease, False
            heapq.heappush(self._leases, (one.lease, n, one.token))
            return one, taken_over
        return None

    def batch(self, one: Range, token: int, now: float, batches: int = 1, lease: float = LEASE) -> bool:
        """Write batches down, where the token is still the worker's; tell whether it is."""
        if one.token != token:
            return False
        one.batches += batches
        one.lease = now + lease
        heapq.heappush(self._leases, (one.lease, one.id, token))
        return True

    def finish(self, one: Range) -> None:
        """A range is done."""
        one.done = True
        self.left -= 1

    def hang_up(self, one: Range) -> None:
        """The server has noticed that the connection of who has a range is gone."""
        one.gone = True
        heapq.heappush(self._free, (one.batches, one.id))

    def leave(self, one: Range) -> None:
        """Who has a range gives it back."""
        one.by, one.lease = None, 0.0
        heapq.heappush(self._free, (one.batches, one.id))


@dataclass(slots=True)
class Outcome:
    """What came of it."""

    ranges: int
    seconds: float = 0.0
    ideal: float = 0.0
    """Seconds that it would take if all were at work until the end."""
    claims: int = 0
    batches: int = 0
    idle: float = 0.0
    """Seconds of workers who found nothing to claim."""
    fairness: float = 0.0
    """Jain's index of rows done for each worker's speed: 1 is what is just."""
    waits: list[float] = field(default_factory=list)
    """Seconds from an accident until somebody else was at the range."""


@dataclass(slots=True)
class _Worker:
    speed: float
    at: Range | None = None
    token: int = 0
    since: float = 0.0
    done: float = 0.0


def simulate(
    workers: int, rows: int, *, capacity: float = 200_000, accidents: int = 0, seed: int = 1, parts: int | None = None
) -> Outcome:
    """Let workers do rows. Where there are more of them than the server can bear, all are slower by the same."""
    chance = random.Random(seed)
    law = Law(parts_of(rows, workers) if parts is None else parts)
    crew = [_Worker(1_000 * chance.lognormvariate(0, 0.4)) for _ in range(workers)]
    ideal = rows / min(capacity, sum(one.speed for one in crew))
    strikes = sorted(chance.uniform(0, ideal) for _ in range(accidents))
    left = _sizes(chance, rows, len(law.ranges))
    return _Simulation(law, crew, left, capacity, strikes, chance, Outcome(len(law.ranges), ideal=ideal)).run()


@dataclass(slots=True)
class _Simulation:
    law: Law
    crew: list[_Worker]
    left: list[float]
    """Rows of each range."""
    capacity: float
    strikes: list[float]
    """When accidents happen."""
    chance: random.Random
    out: Outcome
    now: float = 0.0
    work: float = 0.0
    """What a worker whose speed is 1 would have done by now."""
    active: float = 0.0
    """The speeds of all who are at work."""
    idle: list[int] = field(default_factory=list)
    broken: dict[int, float] = field(default_factory=dict)
    """When who was at a range was struck."""
    _ends: list[tuple[float, int, int, int, int]] = field(default_factory=list)
    _order: Iterator[int] = field(default_factory=count)

    def run(self) -> Outcome:
        """Go from event to event: somebody is done, is struck, or asks again."""
        self.idle, asks = list(range(len(self.crew))), 0.0
        while self.law.left:
            if asks <= self.now:
                self.idle = [n for n in self.idle if not self._start(n)]
                asks = self.now + LONGEST_IDLE
            pace = min(1.0, self.capacity / self.active) if self.active else 0.0
            while self._ends and not self._holds(*self._ends[0][2:]):
                heapq.heappop(self._ends)
            end = self.now + (self._ends[0][0] - self.work) / pace if self._ends and pace else float("inf")
            strike = self.strikes[0] if self.strikes else float("inf")
            until = min(end, strike, asks if self.idle else float("inf"))
            self.work += (until - self.now) * pace
            self.out.idle += (until - self.now) * len(self.idle)
            self.now = until
            if until == strike:
                self.strikes.pop(0)
                self._struck()
            elif until == end:
                n = heapq.heappop(self._ends)[2]
                self.law.finish(self._stop(n))
                if not self._start(n):
                    self.idle.append(n)
        self.out.seconds = self.now
        shares = [one.done / one.speed for one in self.crew]
        self.out.fairness = sum(shares) ** 2 / (len(shares) * sum(share * share for share in shares))
        return self.out

    def _holds(self, n: int, at: int, token: int) -> bool:
        one = self.crew[n]
        return one.at is not None and (one.at.id, one.token) == (at, token)

    def _start(self, n: int) -> bool:
        found = self.law.claim(n, self.now, FOREVER)  # each batch renews it
        if found is None:
            return False
        one, taken_over = found
        struck = self.broken.pop(one.id, None)
        if taken_over:
            assert struck is not None, "taken from somebody who was at it"
            self.out.waits.append(self.now - struck)
        worker = self.crew[n]
        worker.at, worker.token, worker.since = one, one.token, self.work
        self.out.claims += 1
        self.active += worker.speed
        end = self.work + self.left[one.id] / worker.speed
        heapq.heappush(self._ends, (end, next(self._order), n, one.id, one.token))
        return True

    def _stop(self, n: int, lease: float = FOREVER) -> Range:
        """Take a worker off what it is at, and count what it has done there."""
        worker = self.crew[n]
        one = worker.at
        assert one is not None
        size = worker.speed * BATCH * min(1.0, self.capacity / self.active)
        worker.at = None
        self.active -= worker.speed
        rows = min(self.left[one.id], worker.speed * (self.work - worker.since))
        batches = max(1, round(rows / size))
        assert self.law.batch(one, worker.token, self.now, batches, lease), "written by who was replaced"
        worker.done += rows
        self.left[one.id] -= rows
        self.out.batches += batches
        return one

    def _struck(self) -> None:
        """Kill a worker, which is started anew; or let one stand still until its lease is over."""
        busy = [n for n, one in enumerate(self.crew) if one.at is not None]
        if not busy:
            return
        n = self.chance.choice(busy)
        killed = self.chance.random() < 0.5
        one = self._stop(n, LEASE)
        self.broken[one.id] = self.now
        if killed:
            self.law.hang_up(one)
        self.idle.append(n)


def _sizes(chance: random.Random, rows: int, ranges: int) -> list[float]:
    """Give the rows of ranges as a sample of four pages for each parts them."""
    drawn = [chance.gammavariate(4, 1) for _ in range(ranges)]
    return [rows * one / sum(drawn) for one in drawn]


def told(workers: int, rows: int, out: Outcome) -> str:
    """Say it as a line of a table."""
    waits = sorted(out.waits) or [0.0]
    cells = (
        f"{workers:,}", f"{rows:,}", f"{out.ranges:,}", f"{out.seconds:,.0f} s", f"{out.seconds / out.ideal:.2f}",
        f"{out.fairness:.3f}", f"{waits[len(waits) // 2]:.0f} / {waits[-1]:.0f} s", f"{out.claims:,}",
        f"{out.batches / out.seconds:,.0f}", f"{out.ranges * ROW_BYTES / 1e6:.1f} MB",
    )  # fmt: skip
    return "| " + " | ".join(cells) + " |"


def main(arguments: Sequence[str]) -> int:
    """Print the table of the documentation."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--workers", type=int, nargs="*", default=[1, 4, 16, 100, 1_000])
    options.add_argument("--rows", type=int, default=10**9)
    options.add_argument("--accidents", type=int, default=200)
    options.add_argument("--parts", type=int)
    chosen = options.parse_args(arguments)
    print("| workers | rows | ranges | time | of ideal | fairness | taken over in | claims | writes/s | state |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for workers in chosen.workers:
        out = simulate(workers, chosen.rows, accidents=chosen.accidents, parts=chosen.parts)
        print(told(workers, chosen.rows, out))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
