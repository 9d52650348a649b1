"""Engines of tasks, each the real one: what they double, lose, try again or kill changes nothing."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from backfill import broker
from backfill.engines import LANES, Engine, OfCelery, OfProcrastinate, Project
from backfill.process import until
from backfill.test_batches import Database
from backfill.test_sharing import DEFINITIONS, ROWS, working


@pytest.fixture
def project(tmp_path: Path, database: str) -> Iterator[Project]:
    db = Database(database)
    db.leads(ROWS)
    db("ANALYZE leads")
    user = conninfo_to_dict(db.url)["user"]
    db("CREATE ROLE worker LOGIN PASSWORD 'worker'")
    db(f"GRANT {user} TO worker")
    db(f"ALTER ROLE worker SET ROLE {user}")
    module = tmp_path / "backfills.py"
    module.write_text(DEFINITIONS.replace("    connection.exec", "    time.sleep(0.05)\n    connection.exec"))
    url = make_conninfo(db.url, user="worker", password="worker")
    made = Project(tmp_path, module, url, db)
    yield made
    (tmp_path / "wait").unlink(missing_ok=True)
    made.end()
    db("DROP ROLE worker")
    db.console.close()


@pytest.fixture(params=["celery", "procrastinate"])
def engine(request: pytest.FixtureRequest, project: Project, database: str) -> Iterator[Engine]:
    if request.param == "procrastinate":
        yield OfProcrastinate(project, database)
        return
    program = broker.installed()
    if program is None:
        assert not broker.required(), "Redis is required here, and is not installed"
        pytest.skip("Redis is not installed")
    with broker.running(program) as url:
        yield OfCelery(project, url)


FOR_A_TENANT = """
import time
from migration_guard.backfill import Argument, Backfill

def slowly(connection, ids, tenant, word):
    time.sleep(0.1)
    connection.exec_driver_sql("UPDATE leads SET status = %s WHERE id = ANY(%s)", (word, ids))

TENANT = Backfill(key="tenant", table="leads", where="status IS NULL AND tenant_id = :tenant", apply=slowly, batch_size=50,
                  arguments=(Argument("tenant", "int", public=True), Argument("word")))
"""


def state_is(db: Callable[[str], list[tuple[Any, ...]]], *states: str) -> Callable[[], bool]:
    sql = "SELECT state FROM migration_guard.backfills ORDER BY key"
    there = "SELECT to_regclass('migration_guard.backfills')"
    return lambda: db(there) != [(None,)] and db(sql) == [(state,) for state in states]


def test_tasks_that_are_doubled_lost_tried_again_or_killed_change_nothing(project: Project, engine: Engine) -> None:
    db = project.execute
    (project.folder / "wait").touch()
    db("ALTER ROLE worker NOLOGIN")  # the server cannot be had at first: tried again
    worker = engine.work()
    engine.ask(1)
    until(lambda: "cannot be used" in (project.folder / "log").read_text(), what="a task that cannot run")
    db("ALTER ROLE worker LOGIN")
    engine.ask(5)  # six, for two at a time
    until(lambda: len(working(project.execute)) == LANES, what="two at work")
    os.kill(
        working(project.execute)[0], signal.SIGKILL
    )  # of Celery's a child, whose task is delivered again; of procrastinate's all there is
    if working(project.execute)[0] == worker.pid or worker.poll() is not None:
        worker = engine.work()
        engine.ask(LANES)
    until(lambda: len(working(project.execute)) == LANES, what="two at work again")
    engine.lose()
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
    (project.folder / "wait").unlink()
    engine.work()
    engine.ask(1)  # as a schedule does
    until(state_is(db, "completed", "completed"), what=(project.folder / "log").read_text()[-2_000:])
    assert db("SELECT status, count(*), count(name) FROM leads GROUP BY status") == [("x", ROWS, ROWS)]
    until(lambda: engine.waiting() == 0, what="nothing follows what is complete")
    assert "time is over" in (project.folder / "log").read_text()  # one followed another


def test_arguments_and_databases_go_with_each_task_of_a_chain(project: Project, engine: Engine) -> None:
    db = project.execute
    (project.folder / "backfills.py").write_text(FOR_A_TENANT)
    project.environment |= {
        "EAST_URL": project.environment["DATABASE_URL"],
        "DATABASE_URL": "postgresql://127.0.0.1:1/no",
    }
    engine.work()
    wanted = {"keys": ["tenant"], "database": "east"}
    engine.ask(1, **wanted, arguments={"tenant": 1, "word": "it's 100%"})
    engine.ask(1, **wanted, arguments={"tenant": 1})
    engine.ask(1, keys=["tenant"], database="eats", arguments={"tenant": 1, "word": "x"})
    log = project.folder / "log"
    until(state_is(db, "completed"), what=log.read_text()[-3_000:])
    assert db("SELECT DISTINCT tenant_id, status FROM leads WHERE status IS NOT NULL") == [(1, "it's 100%")]
    assert db("SELECT count(*) FROM leads WHERE tenant_id = 1 AND status IS NULL") == [(0,)]
    ((key,),) = db("SELECT key FROM migration_guard.backfills")
    assert re.fullmatch(r"tenant\[tenant=1,word#[0-9a-f]{12}\]", key)
    ((begun,),) = db("SELECT count(*) FROM migration_guard.events WHERE kind = 'running'")
    assert begun > 1  # one followed another
    until(lambda: engine.waiting() == 0, what="nothing follows what is complete, or cannot be")
    assert 'has no "eats"; did you mean "east"?' in log.read_text()
    assert "--arg word=VALUE (text)" in log.read_text()
