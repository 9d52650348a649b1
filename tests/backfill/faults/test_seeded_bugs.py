"""The suite proves itself: each runner with a known bug is caught by the accident that brings the bug to light."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from backfill.faults import ledger
from backfill.faults.accidents import edit_beside, kill_often
from backfill.faults.subject import Seeded, finish
from backfill.server import Server

ROWS = 6_000
HELD = [2_403, 2_406, 2_409]
"""Rows of one batch, all of them to be changed, which the application holds."""


@pytest.fixture(scope="module")
def template(server: Server) -> Iterator[str]:
    with server.fresh() as name:
        ledger.install(server.url(name), ROWS)
        yield name


@pytest.mark.parametrize("bug", ["zero_rows_is_done", "checkpoint_apart", "client_counts", "read_modify_write"])
def test_left_alone_no_bug_shows(database: str, bug: str) -> None:
    report = finish(Seeded(database, bug))
    assert ledger.audit(database, report).clean


def test_zero_rows_taken_for_the_end_are_caught(database: str) -> None:
    report = edit_beside(Seeded(database, "zero_rows_is_done"), HELD)
    audit = ledger.audit(database, report)
    assert report.finished
    assert audit.lost == len(HELD)


def test_a_checkpoint_in_another_transaction_is_caught(database: str) -> None:
    report = kill_often(Seeded(database, "checkpoint_apart"), times=3, seed=1, furthest=ROWS // 8)
    assert ledger.audit(database, report).lost > 0


def test_counting_in_the_client_is_caught(database: str) -> None:
    report = kill_often(Seeded(database, "client_counts"), times=3, seed=1, furthest=ROWS // 4)
    audit = ledger.audit(database, report)
    assert (audit.lost, audit.twice) == (0, 0)
    assert audit.miscounted > 0


def test_writing_back_what_was_read_is_caught(database: str) -> None:
    report = edit_beside(Seeded(database, "read_modify_write"), HELD)
    audit = ledger.audit(database, report)
    assert (audit.lost, audit.twice) == (0, 0)
    assert audit.elsewhere == len(HELD)
