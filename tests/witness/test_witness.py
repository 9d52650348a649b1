"""The short form of the witness: each construct alone. What fails is in `known.txt`, and only that."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import pytest

from witness.compare import Compared
from witness.constructs import FAMILIES
from witness.grow import each_alone
from witness.guard import Told
from witness.known import known, lines
from witness.mutants import GUARD, MUTANTS, Mutant
from witness.program import Program
from witness.same import CHANGES, changed, differences
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
        one.program.name
        for one in results
        if not one.verdicts and not one.program.tree[0].construct.options & {"quiet", "hushed"}
    ]
    assert not mute, "nothing ran, so nothing was tried"
    expected = {line for line in known() if line.partition(" ")[2].startswith(f"{family}_")}
    found = lines(results)
    assert found == expected, (
        f"not told: {sorted(found - expected)}; told and still in known.txt: {sorted(expected - found)}"
    )


@pytest.mark.parametrize("family", ["flow", "state"])
def test_what_changes_nothing_changes_nothing_that_is_told(family: str) -> None:
    """Each program in one other spelling; the long run takes them all."""
    root, found = Path("/nowhere"), []
    for program, change in zip(each_alone(family), cycle(CHANGES)):
        if not program.files and f"silent {program.name}" not in known():
            difference = differences(program, root / "versions" / f"{program.name}.py", root, change)
            if difference:
                found.append(f"{program.name} in {change}: {sorted(map(str, difference[0]))}\n{difference[1]}")
    assert not found, "\n".join(found)


def test_a_loop_is_unrolled_only_where_nothing_leaves_it() -> None:
    source = "def upgrade():\n    while go(0):\n        a()\n    while go(1):\n        break\n"
    made = changed(source, "one round more")
    assert made is not None
    assert [type(node) for node in ast.parse(made).body[0].body] == [ast.If, ast.While]  # type: ignore[attr-defined]


def test_a_migration_of_a_package_is_judged_though_no_construct_made_it() -> None:
    program = Program("0001", "alembic", "", (), 0, (), {}, {}, (), frozenset())
    assert not Compared(program, (), (Told("UPDATE", "t_1", frozenset()),), (), ()).bad


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_each_seeded_bug_has_its_place(mutant: Mutant) -> None:
    """A bug that cannot be put in proves nothing; `python -m witness.mutants` puts each in, and looks whether it is found."""
    text = (GUARD / mutant.file).read_text("utf-8")
    assert text.count(mutant.old) == 1, f"the text of this bug stands {text.count(mutant.old)} times in {mutant.file}"
