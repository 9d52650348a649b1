"""The accidents. Each is timed by what the database shows of the runner's progress, never by a clock."""

from __future__ import annotations

import random
import signal
from collections.abc import Callable

import psycopg

from backfill import process
from backfill.faults.ledger import APPLICATION, Report, begun
from backfill.faults.subject import Runner, Subject, finish, running
from backfill.server import OwnServer, Stop

SIGNALS = (signal.SIGKILL, signal.SIGTERM)
OBSERVER = "observer"
_FRUITLESS = 5
"""Runs in a row that may end before the accident: the one before may still hold its claim for a moment."""


def kill_often(subject: Subject, times: int, seed: int, furthest: int) -> Report:
    """Kill it at random moments, each up to so many rows after its start, and let it finish in the end."""
    chance = random.Random(seed)

    def kill(runner: Runner) -> None:
        runner.send_signal(chance.choice(SIGNALS))
        runner.wait(process.PATIENCE)

    return _strike(subject, kill, _moments(chance, times, furthest))


def terminate_backends(subject: Subject, times: int, seed: int, furthest: int) -> Report:
    """End its connections, on the server, in the middle of batches."""
    terminate = """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name <> %s
    """

    def end(_: Runner) -> None:
        with psycopg.connect(subject.url, autocommit=True) as connection:
            connection.execute(terminate, (OBSERVER,))

    return _strike(subject, end, _moments(random.Random(seed), times, furthest))


def crash_server(subject: Subject, server: OwnServer, times: int, seed: int, furthest: int) -> Report:
    """Stop the server under it, as a crash would, and start it again."""
    moments = _moments(random.Random(seed), times, furthest)
    return _strike(subject, lambda _: server.restart(Stop.IMMEDIATE), moments)


def edit_beside(subject: Subject, ids: list[int]) -> Report:
    """Hold rows in a transaction of the application until the runner waits for one, or ends; then commit the edit."""
    waiting = """
        SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
    """
    with (
        psycopg.connect(subject.url, application_name=APPLICATION) as application,
        psycopg.connect(subject.url, autocommit=True) as observer,
    ):
        application.execute("UPDATE leads SET visits = visits + 1 WHERE id = ANY(%s)", (ids,))
        with running(subject) as runner:
            process.until(lambda: runner.poll() is not None or observer.execute(waiting).fetchone() != (0,))
            application.commit()
            runner.communicate(timeout=process.PATIENCE)
    return finish(subject)


def _moments(chance: random.Random, times: int, furthest: int) -> list[int]:
    return [chance.randint(1, furthest) for _ in range(times)]


def _strike(subject: Subject, accident: Callable[[Runner], None], moments: list[int]) -> Report:
    """Let accidents happen, each once so many rows more have begun to change; start what has ended; finish."""
    fruitless, output = 0, "nothing"
    while moments:
        assert fruitless < _FRUITLESS, f"{len(moments)} accidents are left when {subject.report()}; it said: {output}"
        left = len(moments)
        with running(subject) as runner:
            while moments and _reached(subject.url, moments[0], runner):
                accident(runner)
                del moments[0]
            output, _ = runner.communicate(timeout=2 * process.PATIENCE)
        fruitless = fruitless + 1 if len(moments) == left else 0
    return finish(subject)


def _reached(url: str, rows: int, runner: Runner) -> bool:
    """Wait until so many rows more have begun to change; say no if the runner ends before."""
    with psycopg.connect(url, autocommit=True, application_name=OBSERVER) as observer:
        threshold = begun(observer) + rows
        process.until(lambda: runner.poll() is not None or begun(observer) >= threshold)
    return runner.poll() is None
