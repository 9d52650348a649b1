"""The progress of a run is told with its speed and its end, with statistics and without, and in passes that look again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from migration_guard.backfill.span import span
from migration_guard.backfill.standing import Counts
from migration_guard.cli.backfill_progress import EVERY_BATCHES, EVERY_SECONDS, Lines

SPAN = span("bigint", ("0",), ("1000000",))


@pytest.fixture
def passing(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Let time pass as the test wants it."""
    now = [1_000.0]
    monkeypatch.setattr("migration_guard.watching.advance.time.monotonic", lambda: now[0])

    def forward(seconds: float) -> None:
        now[0] += seconds

    return forward


def told(rows: int, sweep: int, passing: Callable[[float], None], capsys: pytest.CaptureFixture[str]) -> str:
    """Give the line after a tenth and more of a million rows, in so many seconds."""
    lines = Lines()
    lines.begin("k", rows, Counts())
    lines.turn(sweep, SPAN)
    for n in range(1, EVERY_BATCHES + 1):
        passing(EVERY_SECONDS / EVERY_BATCHES)
        examined = 0 if sweep > 1 else 10_000  # a pass that looks again counts only what it finds
        lines.batch(Counts(examined=examined, changed=examined), 0.2, 500, 10_000, (str(n * 10_000),))
    return capsys.readouterr().out.splitlines()[-1]


def test_by_statistics(passing: Callable[[float], None], capsys: pytest.CaptureFixture[str]) -> None:
    line = told(1_000_000, 1, passing, capsys)
    assert "k: 100,000 rows examined of about 1,000,000 (10 %), 100,000 changed, 3,333 rows/s, about 270 s left" in line


def test_what_has_outgrown_its_statistics_is_told_by_how_far_the_key_has_come(
    passing: Callable[[float], None], capsys: pytest.CaptureFixture[str]
) -> None:
    line = told(50_000, 1, passing, capsys)
    assert "k: 100,000 rows examined of about 50,000 (10 %), 100,000 changed, 3,333 rows/s; " in line


def test_without_statistics_by_how_far_the_key_has_come(
    passing: Callable[[float], None], capsys: pytest.CaptureFixture[str]
) -> None:
    line = told(0, 1, passing, capsys)
    assert "k: 100,000 rows examined (10 %), 100,000 changed, 3,333 rows/s, about 300 s left" in line


def test_in_a_pass_that_looks_again(passing: Callable[[float], None], capsys: pytest.CaptureFixture[str]) -> None:
    line = told(1_000_000, 2, passing, capsys)
    assert "k: pass 2: 100,000 rows examined (10 %), 0 changed, 3,333 rows/s, about 300 s left" in line
