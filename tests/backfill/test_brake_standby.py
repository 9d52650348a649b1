"""The brake beside a real standby: what it has not replayed holds, and who cannot see it is held as well."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from sqlalchemy import Connection, text

from backfill.process import until
from backfill.server import HASTY, OwnServer, embedded
from backfill.standby import Standby, standby_of
from migration_guard.backfill import Backfill, run
from migration_guard.backfill.report import Result
from migration_guard.config.settings import BrakeSettings

TABLE = """
DROP TABLE IF EXISTS leads; DROP SCHEMA IF EXISTS migration_guard CASCADE;
CREATE TABLE leads (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text, note text);
INSERT INTO leads (note) SELECT repeat('x', 500) FROM generate_series(1, 20000);
GRANT SELECT, UPDATE ON leads TO app; GRANT CREATE ON DATABASE postgres TO app;
ANALYZE leads;
"""
TIGHT = BrakeSettings(lag_bytes=2.0**20, lag_seconds=None)
WITHIN = 10.0


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[OwnServer, Standby]]:
    if os.environ.get("MIGRATION_GUARD_TEST_DATABASE_URL"):
        pytest.skip("a standby is made of a server of our own only")
    with embedded(HASTY) as primary:
        primary.execute("CREATE ROLE app LOGIN")
        try:
            with standby_of(primary) as standby:
                yield primary, standby
        except FileNotFoundError:
            pytest.skip("pg_basebackup is not installed")


class Load:
    """A function that is slow, and stops the standby after some batches, until somebody lets it go on."""

    def __init__(self, standby: Standby) -> None:
        self._standby = standby
        self.calls = 0
        self.stopped = 0.0
        self.over = threading.Event()

    def __call__(self, connection: Connection, ids: Sequence[Any]) -> None:
        self.calls += 1
        if self.calls == 5:
            self._standby.replays(goes_on=False)
            self.stopped = time.monotonic()
        if not self.over.is_set():
            connection.execute(text("SELECT pg_sleep(0.2)"))
        connection.execute(text("UPDATE leads SET name = 'n' WHERE id = ANY(:ids)"), {"ids": list(ids)})


@pytest.mark.parametrize("asked", ["the primary", "the replica itself"])
def test_a_standby_that_lags_holds_the_backfill_until_it_has_caught_up(
    pair: tuple[OwnServer, Standby], asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    primary, standby = pair
    primary.execute(TABLE)
    load = Load(standby)
    names = Backfill(key="names", table="leads", where="name IS NULL", apply=load)
    monkeypatch.setenv("REPLICA", standby.url())
    brake = TIGHT if asked == "the primary" else BrakeSettings(lag_bytes=2.0**20, replicas=("REPLICA",))
    results: list[Result] = []
    thread = threading.Thread(target=lambda: results.extend(run([names], primary.url(), brake=brake)))
    thread.start()

    def reason() -> str | None:
        there = primary.execute("SELECT to_regclass('migration_guard.brakes') IS NOT NULL")[0][0]
        found = primary.execute("SELECT reason FROM migration_guard.brakes") if there else []
        return str(found[0][0]) if found and found[0][0] is not None else None

    try:
        until(lambda: load.stopped > 0 and reason() is not None, alive=thread.is_alive)
        assert time.monotonic() - load.stopped < WITHIN
        held = reason()
        assert held is not None
        assert held.startswith("replication lag of ")
        calls = load.calls
        until(
            lambda: bool(
                primary.execute(
                    "SELECT sum((readings -> 'lag-bytes' ->> 'seen')::float8) > date_part('epoch', now()) - 2 FROM migration_guard.brakes"
                )[0][0]
            )
        )
        assert load.calls - calls <= 1  # the one that was under way
    finally:
        load.over.set()
        standby.replays(goes_on=True)
    thread.join()
    print(results, primary.execute("SELECT kind, detail, data FROM migration_guard.events"))
    assert results[0].complete
    assert 0
