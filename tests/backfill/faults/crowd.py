"""Accidents among several runs that share one backfill, each with two workers."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace

from backfill import process
from backfill.faults.scene import Scene
from backfill.faults.subject import Guard, Runner, running
from backfill.server import Stop

RUNS = 3
WORKERS = 2
TWICE = """
    SELECT count(*) FROM migration_guard.windows WHERE kind = 'part' AND NOT done AND sweep = (
        SELECT sweep FROM migration_guard.backfills WHERE state = 'completed'
    )
"""
"""Ranges that nobody has done, although it is said to be complete."""


def crowd(accident: Callable[[Scene, list[Runner]], None]) -> Callable[[Scene], None]:
    """Let accidents happen while several runs are at it; those that have ended are started anew."""

    def act(scene: Scene) -> None:
        assert isinstance(scene.subject, Guard)
        scene.subject = replace(scene.subject, workers=WORKERS)
        for _ in range(2 * scene.times):
            if scene.happened >= scene.times or not scene.left():
                break
            with contextlib.ExitStack() as stack:
                runs = [stack.enter_context(running(scene.subject)) for _ in range(RUNS)]
                while scene.happened < scene.times and scene.is_reached(runs[0]):
                    accident(scene, runs)
                    scene.happened += 1
                for one in runs:
                    output, _ = one.communicate(timeout=3 * process.PATIENCE)
                    scene.hear(output, one.returncode, alone=False)
        if scene.execute("SELECT to_regclass('migration_guard.windows') IS NOT NULL") == [(True,)] and scene.execute(
            TWICE
        ) != [(0,)]:
            scene.false.append("completed, and ranges are not done")

    return act


def one_killed(scene: Scene, runs: list[Runner]) -> None:
    """Kill a run; its second worker notices, finishes its batch and ends."""
    _one_of(scene, runs).send_signal(signal.SIGKILL)


def one_stopped(scene: Scene, runs: list[Runner]) -> None:
    """Stop a run until its leases are over and others have taken over what it was at; then let it go on."""
    victim = _one_of(scene, runs)
    with _stopped(victim):
        mine = f"claimed_by LIKE '%:{victim.pid}'"
        scene.execute(f"UPDATE migration_guard.windows SET lease_until = now() WHERE {mine} AND NOT done")
        others = [one for one in runs if one is not victim]
        gone = f"SELECT count(*) FROM migration_guard.windows WHERE {mine} AND NOT done AND kind = 'part'"
        process.until(lambda: scene.execute(gone) == [(0,)] or all(one.poll() is not None for one in others))


def server_restarted(scene: Scene, runs: list[Runner]) -> None:
    """Stop the server under all of them, as a crash would."""
    assert runs
    scene.server.restart(Stop.IMMEDIATE)


def _one_of(scene: Scene, runs: list[Runner]) -> Runner:
    return scene.chance.choice([one for one in runs if one.poll() is None] or runs)


@contextlib.contextmanager
def _stopped(runner: Runner) -> Iterator[None]:
    runner.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        runner.send_signal(signal.SIGCONT)
