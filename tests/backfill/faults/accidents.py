"""The accidents. Each is timed by what the database shows of the runner's progress, never by a clock."""

from __future__ import annotations

import random
import signal
import subprocess
from collections.abc import Callable

import psycopg

from backfill import process
from backfill.faults.ledger import APPLICATION, Report, begun
from backfill.faults.subject import Subject, finish, running
from backfill.server import OwnServer, Stop

SIGNALS = (signal.SIGKILL, signal.SIGTERM)
_FRUITLESS = 20
"""Runs in a row that may end before the accident: the one before may still hold its claim for a moment."""


def kill_often(subject: Subject, times: int, seed: int, furthest: int) -> Report:
    """Kill it at random moments, each up to so many rows after its start, and let it finish in the end."""
    chance = random.Random(seed)
    for _ in range(times):
        _hit(subject, chance.randint(1, furthest), lambda runner: runner.send_signal(chance.choice(SIGNALS)))
    return finish(subject)


def terminate_backends(subject: Subject, times: int, seed: int, furthest: int) -> Report:
    """End its connections, on the server, in the middle of batches."""
    chance = random.Random(seed)
    terminate = """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
    """

    def end(_: subprocess.Popen[str]) -> None:
        with psycopg.connect(subject.url, autocommit=True) as connection:
            connection.execute(terminate)

    for _ in range(times):
        _hit(subject, chance.randint(1, furthest), end)
    return finish(subject)


def crash_server(subject: Subject, server: OwnServer, times: int, seed: int, furthest: int) -> Report:
    """Stop the server under it, as a crash would, and start it again."""
    chance = random.Random(seed)
    for _ in range(times):
        _hit(subject, chance.randint(1, furthest), lambda _: server.restart(Stop.IMMEDIATE))
    return finish(subject)


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


def _hit(subject: Subject, rows: int, accident: Callable[[subprocess.Popen[str]], None]) -> None:
    """Start it, and let the accident happen once it has begun to change so many rows more."""
    for _ in range(_FRUITLESS):
        threshold = begun(subject.url) + rows
        with running(subject) as runner:
            process.until(lambda: runner.poll() is not None or begun(subject.url) >= threshold)  # noqa: B023
            if runner.poll() is None:
                accident(runner)
                runner.communicate(timeout=process.PATIENCE)
                return
            output, _ = runner.communicate()
    raise AssertionError(f"it came to its end {_FRUITLESS} times before {rows} rows more: {output}")
