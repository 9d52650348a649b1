"""Engines of tasks, each the real one: what they double, lose, try again or kill changes nothing."""

from __future__ import annotations

import os
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
