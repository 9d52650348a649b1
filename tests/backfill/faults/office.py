"""Accidents among workers of both engines and a run beside them, all at one backfill."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from backfill import broker, process
from backfill.engines import LANES, Engine, OfCelery, OfProcrastinate, Project
from backfill.faults.crowd import undone
from backfill.faults.scene import Scene
from backfill.faults.subject import HERE, running
from backfill.server import Stop

CLAIMS = (
    "SELECT split_part(claimed_by, ':', 2)::int FROM migration_guard.windows WHERE claimed_by IS NOT NULL AND NOT done"
)


SLOW = """
    CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.02); RETURN NEW; END $$;
    CREATE TRIGGER slow BEFORE UPDATE OF name ON leads FOR EACH ROW WHEN (NEW.id % 120 = 3) EXECUTE FUNCTION slow();
    SET allow_system_table_mods = on;
    UPDATE pg_trigger SET tgisinternal = true WHERE tgname = 'slow'
"""
"""Lets the work last until engines have begun, out of the runner's sight."""


class Office:
    """A worker of each engine, with two places each."""

    def __init__(self, engines: tuple[Engine, ...]) -> None:
        self.engines = engines
        self.workers: list[subprocess.Popen[bytes]] = [one.work() for one in engines]
        self.ask()

    def ask(self, times: int = LANES) -> None:
        """Begin, as a schedule does; what has ended is started anew."""
        for n, one in enumerate(self.engines):
            if self.workers[n].poll() is not None:
                self.workers[n] = one.work()
            one.ask(times)

    def at_work(self, scene: Scene) -> list[int]:
        """Give those of their processes that have claimed something."""
        ours = {one.pid for one in self.workers} | {child for one in self.workers for child in _children(one.pid)}
        there = "SELECT to_regclass('migration_guard.windows') IS NOT NULL"
        claims = scene.execute(CLAIMS) if scene.execute(there) == [(True,)] else []
        return [int(str(pid)) for (pid,) in claims if pid in ours]


def office(accident: Callable[[Scene, Office], None]) -> Callable[[Scene], None]:
    """Let accidents happen while two engines and a run are at it."""

    def act(scene: Scene) -> None:
        with _opened(scene) as there:
            process.until(lambda: bool(there.at_work(scene)) or not scene.left())
            while scene.happened < scene.times and scene.left():
                with running(scene.subject) as beside:
                    while scene.happened < scene.times and scene.is_reached(beside):
                        accident(scene, there)
                        scene.happened += 1
                        there.ask()
                    output, _ = beside.communicate(timeout=3 * process.PATIENCE)
                scene.hear(output, beside.returncode, alone=False)
        undone(scene)

    return act


def worker_killed(scene: Scene, there: Office) -> None:
    """Kill a process that is at work: of Celery a child, whose task is delivered again, of procrastinate the worker."""
    with contextlib.suppress(ProcessLookupError):  # it may have ended meanwhile
        os.kill(scene.chance.choice(there.at_work(scene) or [there.workers[0].pid]), signal.SIGKILL)


def tasks_doubled(_: Scene, there: Office) -> None:
    """Deliver three times as many."""
    there.ask(3 * LANES)


def tasks_lost(_: Scene, there: Office) -> None:
    """Lose all that nobody has taken yet."""
    for one in there.engines:
        one.lose()


def server_restarted(scene: Scene, _: Office) -> None:
    """Stop the server under all of them."""
    scene.server.restart(Stop.IMMEDIATE)


def possible() -> bool:
    """Whether there is a broker for Celery."""
    return broker.installed() is not None


@contextlib.contextmanager
def _opened(scene: Scene) -> Iterator[Office]:
    program = broker.installed()
    assert program is not None
    with tempfile.TemporaryDirectory() as folder, broker.running(program) as url:
        project = Project(Path(folder), HERE / "definitions.py", scene.url, scene.execute)
        scene.execute(SLOW)
        try:
            yield Office((OfCelery(project, url), OfProcrastinate(project, scene.url)))
        finally:
            project.end()


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
