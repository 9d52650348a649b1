"""A few of the sequences that `make cache-edits` draws by the hundred."""

from __future__ import annotations

import pytest

from caches.edits import tried


@pytest.mark.parametrize("seed", range(2))
def test_what_is_remembered_is_what_would_be_said(seed: int) -> None:
    assert tried(seed, 20).wrong == []
