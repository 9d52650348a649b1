"""The brake beside a real standby: what it has not replayed holds, and so does what nobody can see."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pytest
from psycopg import sql
from sqlalchemy import Connection, text

from backfill.process import free_port, until
from backfill.server import HASTY, OwnServer, embedded
from backfill.standby import Standby, standby_of
from migration_guard.backfill import Backfill, run
from migration_guard.backfill.brake.foresight import unseen
from migration_guard.backfill.connect import address
from migration_guard.backfill.report import Result
from migration_guard.config.settings import BrakeSettings

if TYPE_CHECKING:
    from typing import LiteralString  # of Python 3.11

TABLE = """
DROP TABLE IF EXISTS leads;
DROP SCHEMA IF EXISTS migration_guard CASCADE;
CREATE TABLE leads (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text, note text);
INSERT INTO leads (note) SELECT repeat('x', 500) FROM generate_series(1, 20000);
GRANT SELECT, UPDATE ON leads TO app;
GRANT CREATE ON DATABASE postgres TO app;
ANALYZE leads;
"""
SOON = 40
"""Batches of a fifth of a second at least before which what lags must hold; the table has more than twice as many."""
NAMES = Backfill(
    key="names", table="leads", where="name IS NULL", update="UPDATE leads SET name = 'n' WHERE id = ANY(:ids)"
)
ARCHIVES = (*HASTY, "archive_mode=on")


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[OwnServer, Standby]]:
    if os.environ.get("MIGRATION_GUARD_TEST_DATABASE_URL"):
        pytest.skip("a standby is made of a server of our own only")
    with embedded(ARCHIVES) as primary:
        primary.execute("CREATE ROLE app LOGIN")
        try:
            with standby_of(primary) as standby:
                yield primary, standby
        except FileNotFoundError:
            pytest.skip("pg_basebackup is not installed")


class Load:
    """A function that is slow, and makes trouble after some batches, until somebody puts an end to it."""

    def __init__(self, trouble: Callable[[], object]) -> None:
        self._trouble = trouble
        self.calls = 0
        self.began = 0
        """The call with which the trouble began."""
        self.over = threading.Event()

    def __call__(self, connection: Connection, ids: Sequence[Any]) -> None:
        self.calls += 1
        if self.calls == 5:
            self._trouble()
            self.began = self.calls
        if not self.over.is_set():
            connection.execute(text("SELECT pg_sleep(0.2)"))
        connection.execute(text("UPDATE leads SET name = 'n' WHERE id = ANY(:ids)"), {"ids": list(ids)})


def verdict(primary: OwnServer) -> str | None:
    there = primary.execute("SELECT to_regclass('migration_guard.brakes') IS NOT NULL")[0][0]
    found = primary.execute("SELECT reason FROM migration_guard.brakes") if there else []
    return str(found[0][0]) if found and found[0][0] is not None else None


def archive(primary: OwnServer, command: LiteralString = "true") -> None:
    primary.execute(sql.SQL("ALTER SYSTEM SET archive_command = {}").format(sql.Literal(command)))
    primary.execute("SELECT pg_reload_conf()")
    for _ in range(4):  # as much WAL as four segments have
        primary.execute("SELECT pg_logical_emit_message(false, 'test', 'test'); SELECT pg_switch_wal()")


@pytest.mark.parametrize(
    ("brake", "told"),
    [
        (BrakeSettings(lag_bytes=None, lag_seconds=2.0), "replication lag of walreceiver: "),
        (BrakeSettings(lag_bytes=2.0**20, lag_seconds=None, replicas=("REPLICA",)), "replication lag of REPLICA: "),
        (BrakeSettings(archive_bytes=3 * 2.0**24), "WAL that is not archived: "),
    ],
)
def test_what_lags_holds_the_backfill_until_it_has_caught_up(
    pair: tuple[OwnServer, Standby], monkeypatch: pytest.MonkeyPatch, brake: BrakeSettings, told: str
) -> None:
    primary, standby = pair
    primary.execute(TABLE)
    archive(primary)
    archives = told.startswith("WAL")
    load = Load(lambda: archive(primary, "false") if archives else standby.replays(goes_on=False))
    names = Backfill(key="names", table="leads", where="name IS NULL", apply=load, batch_size=200)
    monkeypatch.setenv("REPLICA", standby.url())
    results: list[Result] = []
    thread = threading.Thread(target=lambda: results.extend(run([names], primary.url(), brake=brake)))
    thread.start()
    try:
        until(lambda: load.began > 0 and verdict(primary) is not None, alive=thread.is_alive, what=str(results))
        calls = load.calls
        assert calls - load.began < SOON
        assert str(verdict(primary)).startswith(told)
        looked = primary.execute("SELECT measured_at FROM migration_guard.brakes")
        until(lambda: primary.execute("SELECT measured_at FROM migration_guard.brakes") != looked)
        assert load.calls - calls <= 1  # the one that was under way
    finally:
        load.over.set()
        archive(primary)
        standby.replays(goes_on=True)
    thread.join()
    assert results[0].complete, results
    events = primary.execute("SELECT kind, detail FROM migration_guard.events WHERE kind IN ('hold', 'release')")
    assert [kind for kind, _ in events][:2] == ["hold", "release"]


def test_who_cannot_see_the_standby_is_held_until_he_can(
    pair: tuple[OwnServer, Standby], monkeypatch: pytest.MonkeyPatch
) -> None:
    primary, standby = pair
    primary.execute(TABLE)
    url = primary.url().replace("postgres@", "app@")
    told = list(unseen(address(url, "the URL"), BrakeSettings()))
    assert len(told) == 1
    assert told[0].startswith("role app cannot see how far standbys are behind")
    assert "GRANT pg_monitor TO app" in told[0]
    (result,) = run([NAMES], url, max_seconds=2)
    assert (result.complete, result.counts.changed) == (False, 0)
    assert "held: blind: replication lag cannot be seen: 1 standby(s) are connected" in str(result)
    monkeypatch.setenv("REPLICA", standby.url())
    for brake in (BrakeSettings(replicas=("REPLICA",)), BrakeSettings(lag_bytes=None, lag_seconds=None)):
        assert not list(unseen(address(url, "the URL"), brake))
    (result,) = run([NAMES], url, brake=BrakeSettings(replicas=("REPLICA",)))
    assert result.complete
    primary.execute("GRANT pg_monitor TO app; " + TABLE)
    assert not list(unseen(address(url, "the URL"), BrakeSettings()))
    (result,) = run([NAMES], url)
    assert result.complete


def test_a_standby_that_is_missing_may_be_anywhere(
    pair: tuple[OwnServer, Standby], monkeypatch: pytest.MonkeyPatch
) -> None:
    primary, _ = pair
    monkeypatch.setenv("GONE", f"postgresql://postgres@127.0.0.1:{free_port()}/postgres")
    monkeypatch.setenv("PRIMARY", primary.url())
    for brake, why in (
        (BrakeSettings(standbys=2), "1 of 2 standbys are connected"),
        (BrakeSettings(replicas=("GONE",)), "the replica in GONE cannot be asked: no answer"),
        (BrakeSettings(replicas=("PRIMARY",)), "the server in PRIMARY is no replica"),
    ):
        primary.execute(TABLE)
        (result,) = run([NAMES], primary.url(), max_seconds=1.5, brake=brake)
        assert (result.complete, result.counts.changed) == (False, 0)
        assert why in str(result)
