"""The size of batches, against simulated servers: it finds the size that fits, and stays there."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migration_guard.backfill.definition import LARGEST, SMALLEST
from migration_guard.backfill.pace import AIM, GROWN, NEAR, REST, Pace
from migration_guard.backfill.steering import Steering

WIDE = Steering(max_size=LARGEST)
SETTLED = 45
"""Batches after which a size must fit: it doubles, and comes closer in steps of three batches."""


def simulated(pace: Pace, seconds: Callable[[int, int], float], batches: int) -> list[int]:
    """Let batches take the seconds that a server says for their number and their rows; give their sizes."""
    sizes = []
    for n in range(batches):
        sizes.append(pace.size)
        pace.done(seconds(n, pace.size), pace.size)
    return sizes


def turns(sizes: list[int]) -> int:
    """Count how often a size that has grown shrinks at the next change, and the other way."""
    steps = [later > before for before, later in itertools.pairwise(sizes) if later != before]
    return sum(one != other for one, other in itertools.pairwise(steps))


@settings(max_examples=60, deadline=None)
@given(
    part=st.floats(0, 0.4), row=st.floats(1e-6, 1e-2), begins=st.integers(SMALLEST, LARGEST), aim=st.sampled_from([None, 20, 100, 1000])
)  # fmt: skip
def test_a_steady_server_is_met_without_swinging(part: float, row: float, begins: int, aim: float | None) -> None:
    pace = Pace(begins, steering=Steering(target_ms=aim, max_size=LARGEST))
    overhead = part * pace.aim
    sizes = simulated(pace, lambda _, rows: overhead + row * rows, 90)
    fits = min(max((pace.aim - overhead) / row, SMALLEST), LARGEST)
    assert turns(sizes) <= 1
    assert len(set(sizes[SETTLED:])) == 1
    took = overhead + row * sizes[-1]
    near = pace.aim / NEAR / 1.01 <= took <= pace.aim * NEAR * 1.01
    assert near or abs(sizes[-1] - fits) <= 1 + fits * 0.01, (sizes[-1], fits, took)


@pytest.mark.parametrize("change", [0.2, 1.0, 5.0])
def test_noise_outliers_and_steps_move_it_no_more_than_they_must(change: float) -> None:
    """Of many servers together: chance may be unkind to one of them."""
    near, turned = [], []
    for seed in range(60):
        chance = random.Random(seed)
        row = 10 ** chance.uniform(-4.3, -2.3)

        def seconds(n: int, rows: int, chance: random.Random = chance, row: float = row) -> float:
            odd = chance.uniform(3, 10) if chance.random() < 0.02 else 1
            return (0.002 + row * (change if n >= 100 else 1) * rows) * math.exp(chance.gauss(0, 0.15)) * odd

        sizes = simulated(Pace(500, steering=WIDE), seconds, 200)
        for settled, cost in ((sizes[SETTLED:100], row), (sizes[100 + SETTLED :], row * change)):
            fits = min(max((AIM - 0.002) / cost, SMALLEST), LARGEST)
            near += [1 / 1.6 < size / fits < 1.6 for size in settled]
            turned.append(turns(settled))
    assert sum(near) / len(near) > 0.95
    assert sum(turned) / len(turned) < 6
    assert max(turned) <= 14


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), overhead=st.floats(0.4, 3), begins=st.integers(200, LARGEST))
def test_what_takes_long_whatever_its_size_does_not_become_small(seed: int, overhead: float, begins: int) -> None:
    """As where each COMMIT waits for a standby that is far away."""
    chance = random.Random(seed)
    sizes = simulated(
        Pace(begins, steering=WIDE), lambda _, rows: (overhead + 1e-6 * rows) * math.exp(chance.gauss(0, 0.1)), 120
    )
    assert min(sizes) >= begins / 64
    assert sum(size == begins for size in sizes) > 90


def test_an_odd_batch_changes_nothing_and_two_are_believed() -> None:
    pace = Pace(1000)
    for _ in range(10):
        pace.done(AIM)
    pace.done(10 * AIM)
    assert pace.size == 1000
    pace.done(AIM)
    assert pace.size == 1000
    pace.done(10 * AIM)
    pace.done(10 * AIM)
    assert pace.size == 100


def test_what_tells_nothing_changes_nothing() -> None:
    pace = Pace(1000)
    pace.done(0.001, 10_000, worked=False)
    pace.done(0.001, 10)
    assert pace.size == 1000


def test_it_rests_in_proportion_unless_a_person_says_how_long() -> None:
    pace = Pace(500)
    for part, expected in ((0.5, 0.5), (1.0, 1.0), (30.0, 1.0)):  # what takes longer than it should has waited
        pace.done(part * AIM, 500)
        assert pace.rest == pytest.approx(REST * AIM * expected)
    pace.obey(Steering(pause=3, max_size=100))
    assert (pace.rest, pace.size) == (3, 100)
    for _ in range(10):
        pace.done(0.001)
    assert pace.size == 100
    pace.obey(Steering())
    pace.done(0.001)
    assert pace.size == 200
    assert max(simulated(pace, lambda _, rows: rows * 1e-6, 20)) == GROWN


def test_a_failed_batch_is_halved_down_to_one_row_and_grows_again() -> None:
    pace = Pace(500)
    halves = 0
    while pace.failed(pace.size):
        halves += 1
    assert (pace.size, halves) == (1, 6)  # the first step is a larger one
    sizes = []
    for _ in range(10):
        pace.done(0.01)
        sizes.append(pace.size)
    assert sizes == [2, 4, 8, 16, 32, 64, 128, 256, 500, 1000]
