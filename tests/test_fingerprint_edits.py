"""Edits that keep the meaning keep the fingerprint, and edits that change it change it: each with its expectation."""

from __future__ import annotations

import pytest
from baselines.spellings import DIFFERENT, SAME, SOURCES
from test_fingerprints import prints


def of(cases: list[tuple[str, str, str, str]]) -> list[object]:
    return [pytest.param(kind, one, other, id=f"{kind}: {name}") for kind, name, one, other in cases]


def changes(kind: str, body: str) -> list[str]:
    """The fingerprints of the data changes; those of the migration as a whole are about something else."""
    found = prints(SOURCES[kind](body), kind)
    return sorted(fingerprint for code, fingerprint in found.elements() if code < "MG2")


@pytest.mark.parametrize(("kind", "one", "other"), of(SAME))
def test_what_keeps_the_meaning_keeps_the_fingerprint(kind: str, one: str, other: str) -> None:
    before = changes(kind, one)
    assert before
    assert {*before} <= {*changes(kind, other)}


@pytest.mark.parametrize(("kind", "one", "other"), of(DIFFERENT))
def test_what_changes_the_rows_changes_the_fingerprint(kind: str, one: str, other: str) -> None:
    before, after = changes(kind, one), changes(kind, other)
    assert before
    assert after
    assert not {*before} & {*after}
