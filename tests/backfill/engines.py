"""Engines of tasks, each the real one, with a project that has a task of ours."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

CONFIGURATION = """
[tool.migration-guard.backfill]
modules = ["{module}"]
databases = { east = "EAST_URL" }
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
QUEUE = "backfills"
"""Where the first message goes, and each that follows has to: workers take from no other."""


class Engine(Protocol):
    """What each engine is asked for here."""

    def work(self) -> subprocess.Popen[bytes]:
        """Start a worker with two places."""

    def ask(self, times: int, **wanted: object) -> None:
        """Send so many messages."""

    def waiting(self) -> int:
        """Count the messages that nobody has taken yet, for now or later."""

    def lose(self) -> None:
        """Lose all of them."""


class Project:
    """A project with backfills, and what was started in it."""

    def __init__(self, folder: Path, module: Path, url: str, execute: Callable[[str], list[tuple[Any, ...]]]) -> None:
        """`url` is how its workers reach the database, `execute` how the tests do."""
        self.folder, self.execute = folder, execute
        self._started: list[subprocess.Popen[bytes]] = []
        (folder / "pyproject.toml").write_text(CONFIGURATION.replace("{module}", str(module)))
        self.environment = {**os.environ, "DATABASE_URL": url, "PYTHONPATH": str(folder)}

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
        """End what was started."""
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
        return self._project.start("celery", "-A", "tasks", "worker", "-Q", QUEUE, "-c", "2", "--loglevel", "INFO")

    def ask(self, times: int, **wanted: object) -> None:
        send = f"tasks.backfill.apply_async(kwargs={ {'workers': LANES, **wanted} }, queue='{QUEUE}')"
        code = f"import tasks\nfor _ in range({times}): {send}"
        self._project.run("python", "-c", code)

    def waiting(self) -> int:
        return int(self._redis.llen(QUEUE)) + int(self._redis.hlen("unacked"))

    def lose(self) -> None:
        self._redis.flushall()


class OfProcrastinate:
    """procrastinate, in the same PostgreSQL."""

    def __init__(self, project: Project, own: str) -> None:
        self._project = project
        (project.folder / "jobs.py").write_text(PROCRASTINATE.replace("{own}", own))
        project.run("procrastinate", "--app", "jobs.app", "schema", "--apply")

    def work(self) -> subprocess.Popen[bytes]:
        options = ("--queues", QUEUE, "--concurrency", "2")
        return self._project.start("procrastinate", "-v", "--app", "jobs.app", "worker", *options)

    def ask(self, times: int, **wanted: object) -> None:
        send = f"jobs.backfill.configure(queue='{QUEUE}').defer(**{ {'workers': LANES, **wanted} })"
        code = f"import jobs\nwith jobs.app.open():\n for _ in range({times}): {send}"
        self._project.run("python", "-c", code)

    def waiting(self) -> int:
        ((count,),) = self._project.execute("SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')")
        return int(count)

    def lose(self) -> None:
        self._project.execute("DELETE FROM procrastinate_jobs")
