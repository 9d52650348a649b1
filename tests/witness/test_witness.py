"""The short form of the witness: each construct alone. What fails is in `known.txt`, and only that."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import pytest

from witness.constructs import FAMILIES
from witness.grow import each_alone
from witness.known import known, lines
from witness.witness import Witness

LEAST = {"text": 120, "ways": 130, "flow": 80, "state": 60, "django_rows": 220, "sqlalchemy": 60}


@pytest.fixture(scope="module")
def witness() -> Iterator[Witness]:
    with Witness() as opened:
        yield opened


@pytest.mark.parametrize("family", LEAST)
def test_there_are_enough_constructs(family: str) -> None:
    assert len(FAMILIES[family].constructs) >= LEAST[family]


@pytest.mark.parametrize("family", FAMILIES)
def test_each_construct_alone_is_told_or_known(family: str, witness: Witness) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # programs do what they like
        results = [witness.ask(program) for program in each_alone(family)]
    mute = [
        one.program.name for one in results if not one.verdicts and "quiet" not in one.program.tree[0].construct.options
    ]
    assert not mute, "nothing ran, so nothing was tried"
    expected = {line for line in known() if line.partition(" ")[2].startswith(f"{family}_")}
    found = lines(results)
    assert found == expected, (
        f"not told: {sorted(found - expected)}; told and still in known.txt: {sorted(expected - found)}"
    )
