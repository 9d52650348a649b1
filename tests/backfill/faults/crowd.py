"""Accidents among several runs that share one backfill, each with two workers."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace

from backfill import process
from backfill.faults.proxy import proxied
from backfill.faults.scene import Missed, Scene
from backfill.faults.subject import Guard, Runner, running
from backfill.server import Stop

RUNS = 3
LONGEST = 240.0
"""Seconds within which a lease has ended, and somebody has noticed."""
WORKERS = 2
UNDONE = """
    SELECT count(*) FROM migration_guard.windows WHERE kind = 'part' AND NOT done AND sweep = (
        SELECT sweep FROM migration_guard.backfills WHERE state = 'completed'
    )
"""
"""Ranges that nobody has done, although it is said to be complete."""


def crowd(accident: Callable[[Scene, list[Runner]], None], *, through: bool = False) -> Callable[[Scene], None]:
    """Let accidents happen while several runs are at it, the first `through` a proxy; those that have ended are started anew."""

    def act(scene: Scene) -> None:
        assert isinstance(scene.subject, Guard)
        scene.subject = replace(scene.subject, workers=WORKERS)
        with proxied(scene.url) if through else contextlib.nullcontext() as scene.between:
            runs_of(scene)

    def runs_of(scene: Scene) -> None:
        assert isinstance(scene.subject, Guard)
        first = replace(scene.subject, through=scene.between.url) if scene.between is not None else scene.subject
        for _ in range(2 * scene.times):
            if scene.happened >= scene.times or not scene.left():
                break
            with contextlib.ExitStack() as stack:
                runs = [stack.enter_context(running(one)) for one in (first, *[scene.subject] * (RUNS - 1))]
                with contextlib.suppress(Missed):
                    while scene.happened < scene.times and scene.is_reached(runs[0]):
                        accident(scene, runs)
                        scene.happened += 1
                for one in runs:
                    output, _ = one.communicate(timeout=3 * process.PATIENCE)
                    scene.hear(output, one.returncode, alone=False)
        undone(scene)

    return act


def undone(scene: Scene) -> None:
    """Say it if a pass is called over whose ranges are not done."""
    there = "SELECT to_regclass('migration_guard.windows') IS NOT NULL"
    if scene.execute(there) == [(True,)] and scene.execute(UNDONE) != [(0,)]:
        scene.false.append("completed, and ranges are not done")


def one_killed(scene: Scene, runs: list[Runner]) -> None:
    """Kill a run; its second worker notices, finishes its batch and ends."""
    victim = _one_of(scene, runs)
    victim.send_signal(signal.SIGKILL)
    scene.taken_over(victim, runs)


def one_stopped(scene: Scene, runs: list[Runner]) -> None:
    """Stop a run until its leases are over and others have taken over what it was at; then let it go on."""
    victim = _one_of(scene, runs)
    with _stopped(victim):
        scene.end_lease(victim)
        scene.taken_over(victim, runs)


def one_stopped_for_long(scene: Scene, runs: list[Runner]) -> None:
    """The same, until its leases are over by themselves."""
    victim = _one_of(scene, runs)
    with _stopped(victim):
        scene.taken_over(victim, runs, patience=LONGEST)


def one_cut_off(scene: Scene, runs: list[Runner]) -> None:
    """Let nothing through between a run and the server until others have taken over, as in a network that is parted; then all that
    was sent arrives.
    """
    victim, proxy = runs[0], scene.between
    assert proxy is not None
    proxy.stall()
    try:
        scene.end_lease(victim)
        scene.taken_over(victim, runs)
    finally:
        proxy.flow()


def server_restarted(scene: Scene, runs: list[Runner]) -> None:
    """Stop the server under all of them, as a crash would."""
    assert runs
    scene.server.restart(Stop.IMMEDIATE)


def _one_of(scene: Scene, runs: list[Runner]) -> Runner:
    """Choose a run that has claimed something: to strike another says nothing of what becomes of a claim."""
    found: list[Runner] = []

    def chosen() -> bool:
        found[:] = [one for one in runs if one.poll() is None and scene.holds(one)]
        return bool(found) or all(one.poll() is not None for one in runs)

    process.until(chosen)
    return scene.chance.choice(found or runs)


@contextlib.contextmanager
def _stopped(runner: Runner) -> Iterator[None]:
    runner.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        runner.send_signal(signal.SIGCONT)
