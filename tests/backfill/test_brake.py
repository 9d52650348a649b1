"""The brake on a real server: what its gauges show, who looks, and what a run says that is held."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection

from backfill.process import until
from backfill.test_batches import Database, define
from backfill.test_commands import Project, last
from migration_guard.backfill import Backfill, LegacyBackfill, run
from migration_guard.backfill.brake import dead_rows
from migration_guard.backfill.brake.brake import Brake
from migration_guard.backfill.brake.gauges import Gauges
from migration_guard.backfill.brake.marks import Marks
from migration_guard.backfill.brake.reading import digest
from migration_guard.backfill.brake.verdicts import Verdicts
from migration_guard.backfill.connect import address, engine
from migration_guard.backfill.runner import Limits, prepare, run_all
from migration_guard.backfill.session import Session
from migration_guard.backfill.state import Store
from migration_guard.config.settings import BrakeSettings

ALL = BrakeSettings(
    waiters=2.0, autovacuum=True, dead_rows=0.3, snapshot_seconds=0.001, throttle="SELECT load FROM app", throttle_above=10.0
)  # fmt: skip
BY_LOAD = BrakeSettings(throttle="SELECT load FROM app -- so many", throttle_above=10.0)
NAMES = define(
    key="leads", table="leads", where="name IS NULL", update="UPDATE leads SET name = 'n' WHERE id = ANY(:ids)"
)


@pytest.fixture
def db(database: str) -> Iterator[Database]:
    made = Database(database)
    made.leads(300)
    made("CREATE TABLE app (load numeric); INSERT INTO app VALUES (3)")
    yield made
    made.console.close()


@pytest.fixture
def project(tmp_path: Any, db: Database) -> Project:
    made = Project(tmp_path, db.url)
    (tmp_path / "migration-guard.toml").write_text(
        '[backfill]\nmodules = ["backfills.py"]\n[backfill.brake]\nthrottle = "SELECT load FROM app"\nthrottle-above = 10\n'
    )
    return made


class Look:
    """What the gauges show, for a role."""

    def __init__(self, url: str, settings: BrakeSettings, tables: Sequence[int] = ()) -> None:
        self._session = Session(engine(address(url, "the URL"), "migration-guard test"))
        self._gauges = Gauges(self._session, settings, tables)
        self._marks = Marks(())

    def __call__(self) -> dict[str, float | str | None]:
        self._marks, found = self._gauges.read(self._marks)
        return {one.limit: one.blind if one.value is None else one.value for one in found}

    def close(self) -> None:
        self._gauges.close()
        self._session.close()


def test_gauges_show_what_is_there(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dead_rows, "FEW", 100)
    oid = db("SELECT 'leads'::regclass::oid::int")[0][0]
    look = Look(db.url, ALL, [oid])
    shown = look()
    assert shown == {
        "lag-bytes": 0, "lag-seconds": 0, "archive-bytes": 0, "waiters": 0, "autovacuum": 0, "dead-rows": 0,
        "snapshot-seconds": 0, "throttle": 3,
    }  # fmt: skip
    db("ALTER TABLE leads SET (autovacuum_enabled = off)")
    db("UPDATE leads SET name = 'n'")
    db("SELECT pg_stat_force_next_flush()")
    until(lambda: look()["dead-rows"] == 0.5)
    with psycopg.connect(db.url) as old, psycopg.connect(db.url, autocommit=True) as vacuum:
        old.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        old.execute("SELECT count(*) FROM leads")
        assert float(look()["snapshot-seconds"] or 0) > 0
        vacuum.execute("SET vacuum_cost_delay = '100ms'; SET vacuum_cost_limit = 1")
        thread = threading.Thread(target=lambda: _until_cancelled(vacuum))
        thread.start()
        until(lambda: look()["autovacuum"] == 1)
        vacuum.cancel_safe()
        thread.join()
    look.close()


def _until_cancelled(vacuum: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.QueryCanceled):
        vacuum.execute("VACUUM leads")


def test_who_may_not_monitor_sees_no_snapshot_and_all_that_is_counted(db: Database) -> None:
    db("CREATE ROLE onlooker LOGIN; GRANT SELECT ON app TO onlooker")
    look = Look(db.url.replace("postgres@", "onlooker@"), ALL)
    with psycopg.connect(db.url) as old:
        old.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        old.execute("SELECT count(*) FROM leads")
        shown = look()
        assert f"since when session {old.info.backend_pid} has one is hidden: grant" in str(
            shown.pop("snapshot-seconds")
        )
        assert not any(isinstance(value, str) for value in shown.values()), shown
    look.close()
    db("DROP OWNED BY onlooker; DROP ROLE onlooker")


def test_where_the_server_does_not_tell_its_position_all_that_is_measured_by_it_is_blind(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    db("CREATE ROLE onlooker LOGIN; GRANT SELECT ON app TO onlooker")
    db("REVOKE EXECUTE ON FUNCTION pg_current_wal_lsn() FROM PUBLIC")
    monkeypatch.setenv("REPLICA", db.url)
    settings = BrakeSettings(replicas=("REPLICA",), throttle="SELECT load FROM app", throttle_above=10.0)
    look = Look(db.url.replace("postgres@", "onlooker@"), settings)
    blind = "the server does not tell where its WAL is (SQLSTATE 42501)"
    assert look() == {
        "lag-bytes": blind, "lag-seconds": blind, "archive-bytes": blind, "waiters": 0, "throttle": 3,
    }  # fmt: skip
    look.close()
    db("DROP OWNED BY onlooker; DROP ROLE onlooker")


@pytest.mark.parametrize(
    ("query", "shows"),
    [
        ("SELECT load FROM app;", 3.0),
        ("WITH x AS (SELECT 7) SELECT * FROM x -- '%'", 7.0),
        ("SELECT count(*) FROM app WHERE load::text LIKE '3%'", 1.0),
        ("SELECT NULL::int", "its query gave no number"),
        ("SELECT 'NaN'::float8", "its query gave no number"),
        ("SELECT load FROM app WHERE false", "its query gave no number"),
        ("SELECT load FROM nowhere", "its query failed (SQLSTATE 42P01)"),
        ("SELECT 1 UNION ALL SELECT 2", "its query failed (SQLSTATE 21000)"),
        ("SELECT 'secret'", "its query failed (SQLSTATE 22P02)"),
        ("SELECT count(*) FROM (SELECT pg_sleep(9)) AS x", "its query failed (SQLSTATE 57014)"),
        ("SELECT lo_create(0)::bigint", "its query failed (SQLSTATE 25006)"),
    ],
)
def test_a_query_of_ones_own_gives_one_number_or_nothing(db: Database, query: str, shows: float | str) -> None:
    look = Look(db.url, BrakeSettings(throttle=query, throttle_above=5.0))
    assert look()["throttle"] == shows
    assert look()["lag-bytes"] == 0  # nothing else is harmed
    look.close()


def test_too_many_who_wait_behind_a_batch_hold_the_next(db: Database) -> None:
    clients = list[threading.Thread]()

    def wait() -> None:
        with psycopg.connect(db.url, autocommit=True) as client:
            client.execute("UPDATE leads SET status = 'theirs' WHERE id = 1")

    def crowded(connection: Connection, ids: Sequence[Any]) -> None:
        connection.exec_driver_sql("UPDATE leads SET name = 'n' WHERE id = ANY(%s)", (list(ids),))
        if not clients:
            clients.extend(threading.Thread(target=wait) for _ in range(3))
            for one in clients:
                one.start()
            blocked = (
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            until(lambda: db(blocked) == [(3,)])

    names = Backfill(key="leads", table="leads", where="name IS NULL", apply=crowded, batch_size=100)
    (result,) = run([names], db.url, brake=BrakeSettings(waiters=3.0))
    for one in clients:
        one.join()
    assert result.complete
    events = db("SELECT kind, detail FROM migration_guard.events WHERE kind IN ('hold', 'release') ORDER BY id")
    assert [kind for kind, _ in events] == ["hold", "release"]
    assert events[0][1] == "sessions that wait behind one batch: 3, held from 3 on"


def test_a_run_that_is_held_ends_in_time_and_says_why(db: Database, project: Project) -> None:
    db("UPDATE app SET load = 12")
    db("UPDATE leads SET status = NULL")
    ran = project("run", "--only", "status", "--max-seconds", "2", "--log-format", "json")
    reason = "the throttle: 12, held from 10 on"
    assert ran.returncode == 0
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [(one["message"], one["reason"]) for one in lines if one["event"] == "hold"] == [(f"held: {reason}", reason)]
    assert lines[-1]["message"].startswith("WORK IS LEFT: ")
    assert lines[-1]["message"].endswith(f"the next run goes on from here; held: {reason})")
    assert project.status()["status"]["changed"] == 0
    running = project.start("run", "--only", "status")
    held = "SELECT 1 FROM migration_guard.backfills AS b JOIN migration_guard.brakes AS k ON k.backfill = b.key WHERE state = 'running' AND k.reason IS NOT NULL"
    until(lambda: bool(db(held)), alive=lambda: running.poll() is None)
    assert project.status()["status"]["held"] == reason
    assert "held: the throttle: 12" in project("status").stdout
    db("UPDATE app SET load = 7")  # below the threshold, and above the lower mark
    looked = db("SELECT readings -> 'throttle' ->> 'seen' FROM migration_guard.brakes")
    until(
        lambda: db("SELECT readings -> 'throttle' ->> 'value' FROM migration_guard.brakes") == [("7.0",)],
        what=str(looked),
    )
    assert project.status()["status"]["held"] is not None
    db("UPDATE app SET load = 4")
    out, _ = running.communicate(timeout=60)
    assert out.rstrip().split("\n")[-1] == "All complete: 1 of 1 backfills."
    assert "goes on, after it was held for" in out
    told = out + str(db("SELECT e::text FROM migration_guard.events AS e"))
    assert "FROM app" not in told


def test_what_nobody_has_looked_at_holds(db: Database) -> None:
    run([define(key="leads", table="leads", where="false", update=NAMES.update)], db.url)
    db("UPDATE migration_guard.backfills SET state = 'incomplete', swept = false, fingerprint = %s", NAMES.fingerprint)
    db(
        "INSERT INTO migration_guard.brakes (backfill, measuring_until, thresholds) VALUES ('leads', clock_timestamp() + interval '1 min', %s) ON CONFLICT (backfill, thresholds) DO UPDATE SET measuring_until = EXCLUDED.measuring_until, measured_at = NULL",
        digest(BrakeSettings()),
    )
    for age, why in ((None, "nobody has looked at the server yet"), ("20 s", "nobody has looked at the server for 2")):
        db("UPDATE migration_guard.brakes SET measured_at = clock_timestamp() - %s::interval", age)
        (result,) = run([NAMES], db.url, max_seconds=1.5)
        assert (result.complete, result.counts.changed) == (False, 0)
        assert f"held: blind: {why}" in str(result)
    db("UPDATE migration_guard.brakes SET measuring_until = clock_timestamp()")
    (result,) = run([NAMES], db.url)
    assert result.complete


def test_one_looks_for_all_and_another_when_he_is_silent(db: Database) -> None:
    run([NAMES], db.url)
    verdicts = Verdicts(Store(), "leads", digest(BrakeSettings()))
    session = Session(engine(address(db.url, "the URL"), "test"))
    db("UPDATE migration_guard.brakes SET measuring_until = clock_timestamp()")
    with session.transaction() as connection:
        ours = verdicts.lease(connection, 30)
        assert ours is not None
    with session.transaction() as connection:
        assert verdicts.lease(connection, 30) is None
    db("UPDATE migration_guard.brakes SET measuring_until = clock_timestamp()")
    with session.transaction() as connection:
        theirs = verdicts.lease(connection, 30)
        assert theirs is not None
        assert not verdicts.give_back(connection, ours, ours.marks, 1)  # who was silent for so long judges nothing
        assert verdicts.give_back(connection, theirs, theirs.marks, 1)
    session.close()


def test_who_has_other_thresholds_lets_nothing_go_that_these_hold(db: Database) -> None:
    """A run with a throttle is held; one without is held by it as well, as long as somebody looks, and then goes on."""
    db("UPDATE app SET load = 12")
    stop, results = threading.Event(), list[Any]()
    strict = address(db.url, "the URL")
    prepare(strict, Store())
    held = "SELECT 1 FROM migration_guard.brakes WHERE reason LIKE 'the throttle%%' AND measured_at > %s"
    thread = threading.Thread(
        target=lambda: results.extend(run_all([NAMES], strict, limits=Limits(60, brake=BY_LOAD, expected=2), stop=stop))
    )
    thread.start()
    until(lambda: bool(db(held, "-infinity")))
    session = Session(engine(strict, "test"))
    loose = Brake(session, Verdicts(Store(), "leads", digest(BrakeSettings())), BrakeSettings())
    loose.keep()
    now = db("SELECT clock_timestamp()")[0][0]
    until(lambda: bool(db(held, now)))  # it was looked at again since
    for thresholds in (digest(BY_LOAD), digest(BrakeSettings()), None):
        with session.transaction() as connection:
            assert Store().steered(connection, "leads", thresholds).held == "the throttle: 12, held from 10 on"
    stop.set()
    thread.join()
    assert results[0].counts.changed == 0
    db("UPDATE migration_guard.brakes SET measured_at = clock_timestamp() - interval '1 min' WHERE reason IS NOT NULL")
    with session.transaction() as connection:
        assert Store().steered(connection, "leads", digest(BrakeSettings())).held is None
        assert "blind" in str(Store().steered(connection, "leads", digest(BY_LOAD)).held)
    session.close()
    (result,) = run([NAMES], db.url)
    assert result.complete


def test_how_far_all_are_is_written_now_and_then_and_thinned(db: Database) -> None:
    run([NAMES], db.url)
    verdicts = Verdicts(Store(), "leads", digest(BrakeSettings()))
    session = Session(engine(address(db.url, "the URL"), "test"))
    with session.transaction() as connection:
        assert not verdicts.progress(connection, 60, {"size": 100})  # it has just begun
        assert verdicts.progress(connection, 0, {"size": 100})
        connection.exec_driver_sql(
            "INSERT INTO migration_guard.events (backfill, actor, kind) SELECT 'leads', 'runner', 'progress' FROM generate_series(1, 1200)"
        )
        verdicts.thin(connection)
    session.close()
    (data, kept) = db("SELECT min(data::text), count(*) FROM migration_guard.events WHERE kind = 'progress'")[0]
    assert 800 < kept < 1000
    shown = json.loads(data)
    assert (shown["examined"], shown["changed"], shown["size"], shown["workers"]) == (300, 300, 100, 1)


def test_a_threshold_without_its_query_and_a_replica_without_an_address_are_refused(project: Project) -> None:
    for setting, why in (
        ('backfill.brake.throttle="SELECT 1"', None),
        ("backfill.brake.lag-bytes=fast", "`backfill.brake.lag-bytes`: expected a size such as"),
        ("backfill.brake.lag-seconds=0", "expected a number, more than 0"),
        ("backfill.brake.waiters=1.5", "expected a whole number from 1"),
        ("backfill.brake.dead-rows=30", "expected a part between 0 and 1"),
        ("backfill.brake.release=2", "expected a part of the threshold"),
        ("backfill.brake.lag-byte=1", "did you mean `lag-bytes`?"),
        ('backfill.brake.replicas=["NOWHERE"]', "set the environment variable NOWHERE"),
    ):
        ran = project("run", "--all", "--config", setting)
        if why is not None:
            assert why in ran.stdout + ran.stderr, (setting, ran)
    (project.folder / "migration-guard.toml").write_text('[backfill.brake]\nthrottle = "SELECT 1"\n')
    ran = project("run", "--all")
    assert "`backfill.brake.throttle-above`: expected a number from which on it holds" in ran.stdout + ran.stderr
    assert last(ran).startswith("NOTHING WAS RUN")


def test_the_transactions_of_a_registrys_function_wait_as_well(db: Database) -> None:
    began = threading.Event()

    def word(engine: Any, _size: int, _seconds: float) -> tuple[int, bool]:
        began.set()
        for _ in range(3):
            with engine.begin() as connection:
                connection.exec_driver_sql("UPDATE leads SET name = 'n'")
        return 3, True

    definition = LegacyBackfill(key="word", function_object=word, tables=("leads",))
    db("UPDATE app SET load = 12")
    (result,) = run([definition], db.url, max_seconds=1.5, brake=BY_LOAD)
    assert began.is_set()
    assert str(result).endswith("calls its function again; held: the throttle: 12, held from 10 on)")
    assert db("SELECT count(*) FROM leads WHERE name IS NOT NULL") == [(0,)]
    db("UPDATE app SET load = 1")
    (result,) = run([definition], db.url, brake=BY_LOAD)
    assert str(result).startswith("word: done_by_its_word")
