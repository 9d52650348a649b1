"""The kinds of programs of a run, by name: `alone text`, `pair flow ways`, `mixed django`."""

from __future__ import annotations

from itertools import islice

from witness.constructs import FAMILIES
from witness.grow import MIXES, PAIRS, each_alone, mixed, pair
from witness.program import Program

ALONE = [f"alone {family}" for family in FAMILIES]
PAIRED = [f"pair {outer} {inner}" for outer, inner in PAIRS]
MIXED = [f"mixed {mix}" for mix in MIXES]
SAME = [f"same {mix}" for mix in MIXES]
"""Random programs that are read in several spellings, and not run."""


def size(kind: str, wanted: int) -> int:
    """How many programs of a kind are wanted; there is only so much that stands alone."""
    how, *names = kind.split(" ")
    return len(FAMILIES[names[0]].constructs) if how == "alone" else wanted


def programs(kind: str, start: int, stop: int) -> list[Program]:
    """Make programs of a kind, by their numbers."""
    how, *names = kind.split(" ")
    if how == "alone":
        return list(islice(each_alone(names[0]), start, stop))
    if how == "pair":
        return [pair(names[0], names[1], number) for number in range(start, stop)]
    return [mixed(names[0], number) for number in range(start, stop)]
