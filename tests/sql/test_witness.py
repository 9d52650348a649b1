"""Five hundred texts on a real server; `make sql-witness` runs many more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from backfill.server import configured

from .witness.texts import Texts
from .witness.witness import Verdict, Witness, witness

TEXTS, SEED = 500, 15
MOST_ALARMS = 0.02
"""Texts of which a change is told that the server did not make: mostly in branches that it never takes."""


@pytest.fixture(scope="module")
def seen() -> Iterator[Witness]:
    with configured() as server, server.fresh() as name, witness(server.url(name)) as found:
        yield found


def test_what_the_server_writes_is_told(seen: Witness) -> None:
    texts = Texts(SEED)
    verdicts: Counter[Verdict] = Counter()
    missed = []
    for _ in range(TEXTS):
        text = texts.text()
        found = seen.see(text)
        verdicts[found.verdict] += 1
        if found.verdict is Verdict.MISSED:
            missed.append((text, found))
    assert not missed
    assert verdicts[Verdict.ALARM] <= TEXTS * MOST_ALARMS
    assert verdicts[Verdict.AGREED] > TEXTS / 4  # else the texts are no witnesses


def test_the_witness_notices_what_is_not_told(seen: Witness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sql.witness.witness.read_sql", lambda *_, **__: [])
    assert seen.see("UPDATE leads SET a = 1").verdict is Verdict.MISSED
    assert seen.see("UPDATE leads SET").verdict is Verdict.REFUSED
    assert seen.see("SELECT 1").verdict is Verdict.AGREED
