"""The short form of `make fuzz`: some mutants, the same ones each time."""

from __future__ import annotations

from pathlib import Path

from hostile.fuzz import CHECKED, judged, must_be_found, mutants, seeds


def test_mutants_are_found_told_or_something_else(tmp_path: Path) -> None:
    batch = list(mutants(7, 0, 60))
    assert sum(map(must_be_found, batch)) > 5
    wrong = judged(batch, tmp_path, 300)
    assert {name: wrong[name] for name in CHECKED} == dict.fromkeys(CHECKED, 0)


def test_there_is_something_to_mutate() -> None:
    assert len(seeds()) > 100
