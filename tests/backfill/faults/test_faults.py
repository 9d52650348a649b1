"""Accidents at random moments of a run: nothing is lost, nothing is done twice, nothing else is touched."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from backfill.faults import ledger
from backfill.faults.accidents import crash_server, edit_beside, kill_often, terminate_backends
from backfill.faults.ledger import Report
from backfill.faults.subject import Guard, finish
from backfill.server import OwnServer, Server, embedded

ROWS = 60_000
STRETCH = 3_500
"""How many rows after its start an accident may come: between the first batch and the sixth."""
HELD = [2_403, 2_406, 150_003]


@pytest.fixture(scope="module")
def template(server: Server) -> Iterator[str]:
    with server.fresh() as name:
        ledger.install(server.url(name), ROWS)
        yield name


@pytest.fixture
def durable() -> Iterator[OwnServer]:
    """Give a server with default settings: what it acknowledged must be there after a crash."""
    with embedded(()) as server:
        yield server


def test_left_alone_it_is_clean(database: str) -> None:
    report = finish(Guard(database), runs=1)
    assert ledger.audit(database, report).clean
    assert report.examined >= ROWS


@pytest.mark.parametrize(
    ("strike", "unseen"), [(kill_often, False), (terminate_backends, True)], ids=["long way", "quick way"]
)
def test_in_the_middle_of_a_batch(server: Server, strike: Callable[..., Report], unseen: bool) -> None:
    """A few accidents, until one comes in the middle of a batch; the campaign has hundreds."""
    for seed in range(20, 26):
        with server.fresh() as name:
            url = server.url(name)
            ledger.install(url, ROWS // 3, unseen=unseen)
            report = strike(Guard(url), times=2, seed=seed, furthest=STRETCH)
            assert ledger.audit(url, report).clean
            if ledger.rolled_back(url):
                return
    pytest.fail("the accidents came between batches, and prove little")


def test_kills_on_the_quick_way(server: Server) -> None:
    """What the server is at, it ends on its own: it hears of the kill only behind its batches."""
    with server.fresh() as name:
        url = server.url(name)
        ledger.install(url, ROWS // 3, unseen=True)
        report = kill_often(Guard(url), times=2, seed=20, furthest=STRETCH)
        assert ledger.audit(url, report).clean


def test_its_connections_are_ended(database: str) -> None:
    report = terminate_backends(Guard(database), times=3, seed=22, furthest=STRETCH)
    assert ledger.audit(database, report).clean


def test_the_server_is_stopped_at_once_and_started(durable: OwnServer) -> None:
    with durable.fresh() as name:
        ledger.install(durable.url(name), ROWS // 2)
        subject = Guard(durable.url(name))
        report = crash_server(subject, durable, times=1, seed=23, furthest=STRETCH)
        assert ledger.audit(subject.url, report).clean


def test_the_application_edits_rows_beside_it(database: str) -> None:
    report = edit_beside(Guard(database), HELD)
    assert ledger.audit(database, report).clean
