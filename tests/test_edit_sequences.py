"""The short form of sequences of edits: `python -m baselines.sequences` draws thousands."""

from __future__ import annotations

import pytest
from baselines.sequences import Sequence


@pytest.mark.parametrize("seed", range(8))
def test_an_edit_changes_the_fingerprints_of_what_it_is_about_and_no_other(seed: int) -> None:
    assert not list(Sequence(seed).run())
