"""The campaign in short: an accident or two of each kind that takes no minute; and bugs that it must find."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from backfill.faults.campaign import episode, prepared, table
from backfill.faults.kinds import KINDS
from backfill.faults.subject import Guard, Seeded, Subject
from backfill.pooler import installed, required
from backfill.server import OwnServer

SABOTAGED = str(Path(__file__).with_name("sabotaged.py"))
ELSEWHERE = {
    "SIGKILL",
    "SIGTERM",
    "SIGHUP",
    "SIGINT",
    "two versions",
    "backend terminated",
    "SIGSTOP, another, SIGCONT",
    "one of several runs stopped",
    "one of several runs stopped for long",
    "server stopped under several runs",
    "held by the brake, several runs",
    "worker of an engine killed",
    "tasks doubled",
    "tasks lost",
    "server stopped under engines",
    "server stopped at once",
    "server stopped fast",
    "backend killed",
    "COMMIT lost",
    "pooler paused",
    "packets vanish",
}
"""Kinds that other tests let happen, often, or that the long campaign is for."""
QUICK = [kind for kind in KINDS if kind.name not in {*ELSEWHERE, "disk full", "rows that take long", "rows that fail"}]
BY_NAME = {kind.name: kind for kind in KINDS}
CASES = [
    ("takes_one_pass_for_proof", "rows locked"),
    ("claims_to_be_complete", "SIGTERM"),
    ("counts_twice", "undisturbed"),
]


@pytest.fixture(scope="module")
def stage() -> Iterator[tuple[OwnServer, tuple[str, str]]]:
    with prepared(30_000) as made:
        yield made


@pytest.mark.parametrize("kind", QUICK, ids=lambda kind: kind.name)
def test_nothing_is_lost_done_twice_or_said_untruly(stage: tuple[OwnServer, tuple[str, str]], kind: object) -> None:
    assert kind in KINDS
    found = next(one for one in KINDS if one is kind)
    if found.needs_pooler and installed() is None:
        assert not required(), "PgBouncer is required here, and is not installed"
        pytest.skip("PgBouncer is not installed")
    unseen = bool(QUICK.index(found) % 2)  # every other one by the quick way
    one = episode(*stage, found, number=1, seed=1, times=2, unseen=unseen)
    assert one.clean, one
    assert one.accidents or not found.times
    assert found.name in table([one])


@pytest.mark.parametrize(("bug", "kind"), CASES)
def test_a_bug_in_the_runner_is_found(stage: tuple[OwnServer, tuple[str, str]], bug: str, kind: str) -> None:
    def sabotaged(url: str) -> Subject:
        return Guard(url, program=(SABOTAGED, bug))

    one = episode(*stage, BY_NAME[kind], number=1, seed=1, times=3, subject=sabotaged)
    assert not one.clean, one


@pytest.mark.parametrize(("bug", "kind"), [("checkpoint_apart", "SIGKILL"), ("client_counts", "SIGKILL")])
def test_a_runner_with_a_known_bug_is_found(stage: tuple[OwnServer, tuple[str, str]], bug: str, kind: str) -> None:
    one = episode(*stage, BY_NAME[kind], number=1, seed=1, times=4, subject=lambda url: Seeded(url, bug))
    assert not one.clean, one
