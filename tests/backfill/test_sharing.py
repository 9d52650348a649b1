"""A backfill that several workers share: processes of one run, and runs of their own."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection

from backfill.process import until
from backfill.test_batches import Database, define
from backfill.test_commands import Project, last
from migration_guard.backfill import Backfill, ranges, run
from migration_guard.backfill.report import Result
from migration_guard.backfill.sweep import SWEEPS

ROWS = 4_000
DEFINITIONS = """
import os
import time
from migration_guard.backfill import Backfill, ranges

ranges.SMALLEST, ranges.ALONE = 100, 300

def slowly(connection, ids):
    while os.path.exists("wait") or os.path.exists(f"wait-{os.getpid()}"):
        time.sleep(0.01)
    connection.exec_driver_sql("UPDATE leads SET status = coalesce(status, '') || 'x' WHERE id = ANY(%s)", (ids,))

LEADS = Backfill(key="leads", table="leads", where="status IS NULL", apply=slowly, batch_size=100)
NEXT = Backfill(key="next", table="leads", where="name IS NULL", after="leads",
                update="UPDATE leads SET name = phone WHERE id = ANY(:ids)")
"""


@pytest.fixture
def db(database: str) -> Iterator[Database]:
    made = Database(database)
    made.leads(ROWS)
    made("ANALYZE leads")
    yield made
    made.console.close()


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let few rows be worth it."""
    monkeypatch.setattr(ranges, "SMALLEST", 100)
    monkeypatch.setattr(ranges, "ALONE", 300)


@pytest.fixture
def project(tmp_path: Path, db: Database) -> Iterator[Project]:
    made = Project(tmp_path, db.url)
    (tmp_path / "backfills.py").write_text(DEFINITIONS)
    yield made
    for gate in tmp_path.glob("wait*"):
        gate.unlink()
    made.end()


def ran(db: Database, *definitions: Backfill, workers: int = 3) -> tuple[Result, ...]:
    return run(definitions, db.url, max_seconds=60, workers=workers)


def once(**fields: Any) -> Backfill:
    update = "UPDATE leads SET status = coalesce(status, '') || 'x' WHERE id = ANY(:ids)"
    return define(update=update, **fields)


def test_workers_share_one_backfill_and_do_each_row_once(db: Database) -> None:
    (result,) = ran(db, once())
    assert (result.complete, result.counts.examined, result.counts.changed) == (True, ROWS, ROWS)
    assert db("SELECT DISTINCT status FROM leads") == [("x",)]
    assert db("SELECT kind FROM migration_guard.events WHERE kind NOT IN ('warning', 'note')") == [
        ("running",), ("completed",),
    ]  # fmt: skip
    assert db("SELECT count(*) FROM migration_guard.windows WHERE kind = 'part'") == [(24,)]
    assert ran(db, once())[0].reason == "completed before"


def test_tenants_are_shared(db: Database) -> None:
    (result,) = ran(db, once(per="tenant_id"))
    assert (result.complete, result.counts.changed) == (True, ROWS)
    assert db("SELECT tenant, changed FROM migration_guard.windows WHERE kind = 'range' ORDER BY tenant") == [
        ("0", 1333), ("1", 1334), ("2", 1333),
    ]  # fmt: skip


def test_rows_that_cannot_be_had_or_changed_are_told_as_by_one(db: Database) -> None:
    db("ALTER TABLE leads ADD CHECK (id NOT IN (3, 2003) OR status IS NULL)")
    with db.holding("UPDATE leads SET phone = 'held' WHERE id IN (7, 3999)") as other:
        released = threading.Timer(1.0, other.rollback)
        released.start()
        (result,) = ran(db, once())
        released.join()
    assert result.state is not None
    assert (result.state.value, result.counts.quarantined) == ("completed_with_quarantine", 2)
    assert result.counts.changed == ROWS - 2
    assert db("SELECT count(*) FROM leads WHERE status IS DISTINCT FROM 'x'") == [(2,)]


def test_a_table_that_is_too_small_is_done_by_one_while_the_others_wait(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranges, "SMALLEST", ROWS)
    first, then = ran(db, once(), define(key="next", after="status", where="name IS NULL",
                                         update="UPDATE leads SET name = phone WHERE id = ANY(:ids)"))  # fmt: skip
    assert (first.complete, then.complete) == (True, True)
    assert db("SELECT DISTINCT status FROM leads") == [("x",)]


def test_what_one_began_alone_is_shared_from_where_it_was(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(ranges, "ALONE", 10 * ROWS)
        db("CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS "
           "$$ BEGIN PERFORM pg_sleep(0.001); RETURN NEW; END $$")  # fmt: skip
        db("CREATE TRIGGER slow BEFORE UPDATE ON leads FOR EACH ROW WHEN (NEW.id > 1000) EXECUTE FUNCTION slow()")
        (result,) = run([once(batch_size=100)], db.url, max_seconds=0.7)
        assert not result.complete
        db("DROP TRIGGER slow ON leads")
    (result,) = ran(db, once(batch_size=100))
    assert (result.complete, result.counts.examined, result.counts.changed) == (True, ROWS, ROWS)
    assert db("SELECT DISTINCT status FROM leads") == [("x",)]


def test_no_more_work_than_may_connect(db: Database, project: Project) -> None:
    db("CREATE ROLE few LOGIN CONNECTION LIMIT 2 PASSWORD 'few'")
    try:
        db("GRANT CREATE ON DATABASE " + db("SELECT quote_ident(current_database())")[0][0] + " TO few")
        db("ALTER TABLE leads OWNER TO few")
        url = psycopg.conninfo.make_conninfo(db.url, user="few", password="few")
        ended = project("run", "--only", "leads", "--workers", "4", DATABASE_URL=url)
        assert "2 of 4: no more may connect, by the role's limit (2, 0 of them taken)" in ended.stdout
        assert last(ended) == "All complete: 1 of 1 backfills."
    finally:
        db("DROP OWNED BY few CASCADE")
        db("DROP ROLE few")


def working(db: Callable[[str], list[tuple[Any, ...]]]) -> list[int]:
    """Give the process of each claim, once there are any."""
    if db("SELECT to_regclass('migration_guard.windows')") == [(None,)]:
        return []
    claims = "SELECT split_part(claimed_by, ':', 2)::int FROM migration_guard.windows WHERE claimed_by IS NOT NULL"
    return [pid for (pid,) in db(claims)]


def until_held(db: Database, count: int) -> set[int]:
    """Wait until so many workers have claimed something, and give their processes."""
    until(lambda: len(set(working(db))) == count)
    return set(working(db))


def workers_of(project: Project) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(project("status", "--json").stdout)[0]["workers"]
    return found


def test_runs_join_and_what_a_killed_one_was_at_is_taken_over(db: Database, project: Project) -> None:
    (project.folder / "wait").touch()
    runs = [project.start("run", "--all") for _ in range(3)]
    assert until_held(db, 3) == {one.pid for one in runs}
    shown = project("status").stdout
    assert "0 of 13 done, 10 not begun or left" in shown
    runs[0].send_signal(signal.SIGKILL)
    gone = str(runs[0].pid)
    until(lambda: {one["worker"].split(":")[1] for one in workers_of(project) if not one["alive"]} == {gone})
    assert "connection is gone: what it was at is taken over" in project("status").stdout
    db("UPDATE migration_guard.windows SET lease_until = now() - interval '5 s' WHERE claimed_by IS NOT NULL")
    assert {one["lease_seconds"] < 0 for one in workers_of(project)} == {True}
    assert "lease over since 20" in project("status").stdout, "whoever is silent may be there all the same"
    (project.folder / "wait").unlink()
    for one in runs[1:]:
        out, _ = one.communicate(timeout=60)
        assert out.rstrip().split("\n")[-1].startswith("All complete: 2 of 2 backfills")
    assert db("SELECT status, count(*), count(name) FROM leads GROUP BY status") == [("x", ROWS, ROWS)]
    took = db("SELECT count(*) FROM migration_guard.events WHERE detail LIKE 'took a range over%'".replace("%", "%%"))
    assert took == [(1,)]


def test_a_person_stops_all_of_them(db: Database, project: Project) -> None:
    (project.folder / "wait").touch()
    runs = [project.start("run", "--only", "leads", "--workers", "2"), project.start("run", "--only", "leads")]
    until_held(db, 3)
    assert "asked to pause" in project("pause", "leads").stdout
    (project.folder / "wait").unlink()
    for one in runs:
        out, _ = one.communicate(timeout=60)
        assert last_of(out) == "WORK IS LEFT: 1 of 1 backfills not complete: leads: paused (asked by a person)"
    assert db("SELECT state FROM migration_guard.backfills") == [("paused",)]
    assert "queued" in project("resume", "leads").stdout
    assert last(project("run", "--only", "leads")) == "All complete: 1 of 1 backfills."
    assert db("SELECT DISTINCT status FROM leads") == [("x",)]


def test_who_leaves_ends_nothing_for_the_others(db: Database, project: Project) -> None:
    (project.folder / "wait").touch()
    leaving, staying = project.start("run", "--only", "leads"), project.start("run", "--only", "leads")
    until_held(db, 2)
    gate = project.folder / f"wait-{staying.pid}"
    gate.touch()
    leaving.send_signal(signal.SIGTERM)
    (project.folder / "wait").unlink()
    told = last_of(leaving.communicate(timeout=60)[0])
    assert "leads: running (others are at it; here: stopped by a signal)" in told
    gate.unlink()
    assert last_of(staying.communicate(timeout=60)[0]) == "All complete: 1 of 1 backfills."
    assert db("SELECT DISTINCT status FROM leads") == [("x",)]


def test_workers_end_with_the_run_that_started_them(db: Database, project: Project) -> None:
    (project.folder / "wait").touch()
    run_ = project.start("run", "--only", "leads", "--workers", "3")
    others = until_held(db, 3) - {run_.pid}
    run_.send_signal(signal.SIGKILL)
    (project.folder / "wait").unlink()
    until(lambda: not any(_is_there(pid) for pid in others))
    assert db("SELECT state FROM migration_guard.backfills")[0][0] in {"incomplete", "completed"}


def test_a_worker_that_dies_by_itself_is_told_and_replaced(db: Database, project: Project) -> None:
    (project.folder / "wait").touch()
    run_ = project.start("run", "--only", "leads", "--workers", "3")
    dies = min(until_held(db, 3) - {run_.pid})
    os.kill(dies, signal.SIGKILL)
    until(lambda: not _is_there(dies))
    (project.folder / "wait").unlink()
    out, _ = run_.communicate(timeout=60)
    assert f":{dies} has ended by SIGKILL; its last batch is rolled back, and what it was at goes on from there" in out
    assert out.count(" has ended by ") == 1
    assert last_of(out) == "All complete: 1 of 1 backfills."
    assert db("SELECT status, count(*) FROM leads GROUP BY status") == [("x", ROWS)]


def test_the_passes_of_a_run_are_counted_for_all_of_its_workers_together(db: Database) -> None:
    def fills_and_adds(connection: Connection, ids: list[int]) -> None:
        connection.exec_driver_sql("UPDATE leads SET status = 'x' WHERE id = ANY(%s)", (ids,))
        with psycopg.connect(db.url, autocommit=True) as application:
            application.execute("INSERT INTO leads (id) SELECT max(id) + 1 FROM leads ON CONFLICT DO NOTHING")

    (result,) = ran(db, define(apply=fills_and_adds, update=None))
    assert "moving target" in (result.reason or "")
    assert db("SELECT sweep FROM migration_guard.backfills") == [(SWEEPS,)]


def _is_there(pid: int) -> bool:
    """Tell whether a process works still; what nobody has waited for yet does not."""
    status = Path(f"/proc/{pid}/stat")
    try:
        return (
            status.read_text().rsplit(")", 1)[1].split()[0] != "Z" if status.parent.parent.exists() else _signals(pid)
        )
    except OSError:
        return False


def _signals(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def last_of(out: str) -> str:
    return out.rstrip("\n").split("\n")[-1]
