"""Engines of tasks, each the real one: what they double, lose, try again or kill changes nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from backfill import broker
from backfill.process import until
from backfill.test_batches import Database
from backfill.test_sharing import DEFINITIONS, ROWS, working

CONFIGURATION = """
[tool.migration-guard.backfill]
modules = ["backfills.py"]
"""
CELERY = """
from celery import Celery
from migration_guard.integrations.celery import backfill_task

app = Celery("shop", broker="{broker}")
app.conf.worker_prefetch_multiplier = 1
backfill = backfill_task(app, seconds=1)
"""
PROCRASTINATE = """
from procrastinate import App, PsycopgConnector
from migration_guard.integrations.procrastinate import backfill_task

app = App(connector=PsycopgConnector(conninfo="{own}"))
backfill = backfill_task(app, seconds=1)
"""
LANES = 2


class Engine(Protocol):
    """What each engine is asked for here."""

    def work(self) -> subprocess.Popen[bytes]:
        """Start a worker with two places."""

    def ask(self, times: int) -> None:
        """Send so many messages."""

    def waiting(self) -> int:
        """Count the messages that nobody has taken yet, for now or later."""

    def lose(self) -> None:
        """Lose all of them."""


class Project:
    """A project with two backfills, and what was started in it."""

    def __init__(self, folder: Path, db: Database) -> None:
        self.folder, self.db = folder, db
        self._started: list[subprocess.Popen[bytes]] = []
        (folder / "pyproject.toml").write_text(CONFIGURATION)
        (folder / "backfills.py").write_text(
            DEFINITIONS.replace("    connection.exec", "    time.sleep(0.05)\n    connection.exec")
        )
        user = conninfo_to_dict(db.url)["user"]
        own = {"user": "worker", "password": "worker"}
        db("CREATE ROLE worker LOGIN PASSWORD 'worker'")
        db(f"GRANT {user} TO worker")
        db(f"ALTER ROLE worker SET ROLE {user}")
        self.environment = {**os.environ, "DATABASE_URL": make_conninfo(db.url, **own), "PYTHONPATH": str(folder)}

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start a program of the environment."""
        with (self.folder / "log").open("ab") as log:
            program = [str(Path(sys.executable).parent / command[0]), *command[1:]]
            started = subprocess.Popen(
                program, cwd=self.folder, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        self._started.append(started)
        return started

    def run(self, *command: str) -> None:
        assert self.start(*command).wait(60) == 0, (self.folder / "log").read_text()

    def end(self) -> None:
        (self.folder / "wait").unlink(missing_ok=True)
        for one in self._started:
            if one.poll() is None:
                os.killpg(one.pid, signal.SIGKILL)
            one.wait()


class OfCelery:
    """Celery, with Redis."""

    def __init__(self, project: Project, url: str) -> None:
        import redis

        self._project, self._redis = project, redis.Redis.from_url(url)
        (project.folder / "tasks.py").write_text(CELERY.replace("{broker}", url))

    def work(self) -> subprocess.Popen[bytes]:
        return self._project.start("celery", "-A", "tasks", "worker", "-c", "2", "--loglevel", "INFO")

    def ask(self, times: int) -> None:
        code = f"import tasks\nfor _ in range({times}): tasks.backfill.delay(workers={LANES})"
        self._project.run("python", "-c", code)

    def waiting(self) -> int:
        return int(self._redis.llen("celery")) + int(self._redis.hlen("unacked"))

    def lose(self) -> None:
        self._redis.flushall()


class OfProcrastinate:
    """procrastinate, in the same PostgreSQL."""

    def __init__(self, project: Project) -> None:
        self._project = project
        (project.folder / "tasks.py").write_text(PROCRASTINATE.replace("{own}", project.db.url))
        project.run("procrastinate", "--app", "tasks.app", "schema", "--apply")

    def work(self) -> subprocess.Popen[bytes]:
        return self._project.start("procrastinate", "-v", "--app", "tasks.app", "worker", "--concurrency", "2")

    def ask(self, times: int) -> None:
        code = f"import tasks\nwith tasks.app.open():\n for _ in range({times}): tasks.backfill.defer(workers={LANES})"
        self._project.run("python", "-c", code)

    def waiting(self) -> int:
        ((count,),) = self._project.db("SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')")
        return int(count)

    def lose(self) -> None:
        self._project.db("DELETE FROM procrastinate_jobs")


@pytest.fixture
def project(tmp_path: Path, database: str) -> Iterator[Project]:
    db = Database(database)
    db.leads(ROWS)
    db("ANALYZE leads")
    made = Project(tmp_path, db)
    yield made
    made.end()
    db("DROP ROLE worker")
    db.console.close()


@pytest.fixture(params=["celery", "procrastinate"])
def engine(request: pytest.FixtureRequest, project: Project) -> Iterator[Engine]:
    if request.param == "procrastinate":
        yield OfProcrastinate(project)
        return
    program = broker.installed()
    if program is None:
        assert not broker.required(), "Redis is required here, and is not installed"
        pytest.skip("Redis is not installed")
    with broker.running(program) as url:
        yield OfCelery(project, url)


def state_is(db: Database, *states: str) -> Callable[[], bool]:
    sql = "SELECT state FROM migration_guard.backfills ORDER BY key"
    there = "SELECT to_regclass('migration_guard.backfills')"
    return lambda: db(there) != [(None,)] and db(sql) == [(state,) for state in states]


def test_tasks_that_are_doubled_lost_tried_again_or_killed_change_nothing(project: Project, engine: Engine) -> None:
    db = project.db
    (project.folder / "wait").touch()
    db("ALTER ROLE worker NOLOGIN")  # the server cannot be had at first: tried again
    worker = engine.work()
    engine.ask(1)
    until(lambda: "cannot be used" in (project.folder / "log").read_text(), what="a task that cannot run")
    db("ALTER ROLE worker LOGIN")
    engine.ask(5)  # six, for two at a time
    until(lambda: len(working(db)) == LANES, what="two at work")
    os.kill(
        working(db)[0], signal.SIGKILL
    )  # of Celery's a child, whose task is delivered again; of procrastinate's all there is
    if working(db)[0] == worker.pid or worker.poll() is not None:
        worker = engine.work()
        engine.ask(LANES)
    until(lambda: len(working(db)) == LANES, what="two at work again")
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
