"""A few of the sequences and rounds that `make cache-edits` draws by the hundred."""

from __future__ import annotations

import pytest

from caches import edits, programs


@pytest.mark.parametrize("seed", range(2))
def test_what_is_remembered_is_what_would_be_said(seed: int) -> None:
    assert edits.tried(seed, 20).wrong == []


def test_whole_programs_are_told_alike_however_they_are_read() -> None:
    found = programs.tried(1, 12)
    assert found.wrong == []
    assert found.remembered
