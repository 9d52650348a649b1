"""What programs ask and the linter cannot see: conditions, loops, rows and failures, led by the truths of a run.

A run gives each question its truth; `mood` is the number of a run whose answers change from call to call: in the first
two they alternate, in the others chance decides.
"""

from __future__ import annotations

import itertools
import random
from collections import Counter
from dataclasses import dataclass
from types import ModuleType

NAME = "switchboard"
QUESTIONS = ("cond", "go", "rows", "risky")
_MOODS = 6
"""Runs whose answers change from call to call, so that a second pass differs from the first."""
_ALL = 6
"""Up to so many questions, all combinations of truths are run; beyond, all pairs."""
_CALLS = 400
"""What asks more often will not end."""


class Endless(BaseException):
    """A program asks without end; it is none that `except Exception` may swallow."""


@dataclass(frozen=True, slots=True)
class Truths:
    """The answers of one run."""

    fixed: tuple[bool, ...] = ()
    mood: int | None = None


def runs(questions: int) -> list[Truths]:
    """Give the truths that a program with so many questions is run with."""
    if not questions:
        return [Truths()]
    rows = itertools.product((False, True), repeat=questions) if questions <= _ALL else _pairwise(questions)
    return [*map(Truths, rows), *(Truths(mood=number) for number in range(_MOODS))]


def _pairwise(questions: int) -> list[tuple[bool, ...]]:
    """Rows in which each pair of questions has each pair of truths: the bits of the questions' numbers, both ways round."""
    width = questions.bit_length()
    columns = [[bool(number >> bit & 1) for bit in range(width)] for number in range(questions)]
    rows = [tuple(column[bit] for column in columns) for bit in range(width)]
    turned = [tuple(not truth for truth in row) for row in rows]
    return [(True,) * questions, (False,) * questions, *rows, *turned]


def module(truths: Truths) -> ModuleType:
    """Make the module that a program imports for one run."""
    made = ModuleType(NAME)
    chance = random.Random(truths.mood)
    asked: Counter[int] = Counter()
    passes: dict[int, int] = {}

    def truth(number: int) -> bool:
        asked[number] += 1
        if asked[number] > _CALLS:
            raise Endless
        if truths.mood is None:
            return truths.fixed[number]
        return asked[number] % 2 == truths.mood if truths.mood < 2 else chance.random() < 0.5

    def go(number: int) -> bool:
        passes[number] = passes.get(number, 0) + 1
        if passes[number] > 2 or not truth(number):
            passes[number] = 0
            return False
        return True

    def rows(number: int) -> list[int]:
        return list(range(1, (chance.randint(0, 3) if truths.mood is not None else 2 * truth(number)) + 1))

    def risky(number: int) -> None:
        if truth(number):
            raise RuntimeError("risky")

    vars(made).update(cond=truth, go=go, rows=rows, risky=risky)
    return made
