"""One episode of the campaign: a table, a runner, the application beside it, and what was said that was not so."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

import psycopg

from backfill import process
from backfill.faults.accidents import OBSERVER
from backfill.faults.ledger import Report, begun
from backfill.faults.proxy import Proxy
from backfill.faults.subject import KEY, Guard, Runner, Subject, running
from backfill.server import OwnServer

FRUITLESS = 6
"""Runs in a row that may end before their accident."""
RUNS = 8
"""Runs that may be needed in the end."""
FURTHEST = 2_500
"""How many rows after the last accident the next may come."""
LEFT = "SELECT count(*) FROM ledger.expected JOIN leads USING (id) WHERE leads.name IS NULL"
KNOWN_ENDS = ("NOTHING WAS RUN: ", "WORK IS LEFT: ", "STOPPED AT ONCE: ", "All complete: ")

_ENDS = {"completed", "completed_with_quarantine"}

Accident = Callable[[Runner], None]


class Missed(Exception):
    """A run was over before its accident happened."""


@dataclass(slots=True)
class Scene:
    """Where accidents happen."""

    server: OwnServer
    subject: Subject
    chance: random.Random
    times: int
    """How many accidents are wanted."""
    happened: int = 0
    false: list[str] = field(default_factory=list)
    """What was said that was not so."""
    between: Proxy | None = None
    """What stands between one of the runs and the server."""
    takeovers: list[float] = field(default_factory=list)
    """Seconds after which others had taken over what a run was at."""

    def end_lease(self, victim: Runner) -> None:
        """Let the leases of a run be over, instead of waiting for that: what the server is still at for it gives it new ones."""
        at_it = f"""
            SELECT count(*) FROM pg_stat_activity
            WHERE state = 'active' AND wait_event IS DISTINCT FROM 'ClientRead'  -- where a pipeline is not sent to its end
                AND pid IN (SELECT backend_pid FROM migration_guard.windows WHERE {_of(victim)})
        """
        process.until(lambda: self.execute(at_it) == [(0,)])
        self.execute(f"UPDATE migration_guard.windows SET lease_until = now() WHERE {_of(victim)}")

    def holds(self, runner: Runner) -> bool:
        """Tell whether a run has claimed something."""
        return self.execute(f"SELECT count(*) > 0 FROM migration_guard.windows WHERE {_of(runner)}") == [(True,)]

    def taken_over(self, victim: Runner, runs: Sequence[Runner], patience: float = process.PATIENCE) -> None:
        """Wait until others are at what a run had claimed, if it had, and there are others."""
        held = f"SELECT array_agg(id || ' ' || token) FROM migration_guard.windows WHERE {_of(victim)}"
        began, before = time.monotonic(), self.execute(held)
        if before == [(None,)]:
            return
        others = [one for one in runs if one is not victim]
        while any(one.poll() is None for one in others):
            if self.execute(held) != before:
                self.takeovers.append(time.monotonic() - began)
                return
            if time.monotonic() > began + patience:
                self.false.append(f"nobody had taken over after {patience:.0f} s")
                return
            time.sleep(0.02)

    @property
    def url(self) -> str:
        return self.subject.url

    def strike(self, accident: Accident) -> None:
        """Let accidents happen at random moments, each in the middle of the work; start what has ended."""
        fruitless = 0
        while self.happened < self.times and fruitless < FRUITLESS:
            before = self.happened
            with running(self.subject) as runner:
                with suppress(Missed):
                    while self.happened < self.times and self._reached(self.chance.randint(1, FURTHEST), runner):
                        accident(runner)
                        self.happened += 1
                output, _ = runner.communicate(timeout=3 * process.PATIENCE)
            self.hear(output, runner.returncode)
            fruitless = fruitless + 1 if self.happened == before else 0
            if not self.left():
                break

    def is_reached(self, runner: Runner) -> bool:
        """Wait for the moment of the next accident; tell whether the runner is still at it."""
        return self._reached(self.chance.randint(1, FURTHEST), runner)

    def finish(self) -> Report:
        """Let it run undisturbed until it says that nothing is left."""
        for _ in range(RUNS):
            report = self.subject.report()
            if report.state in _ENDS:
                return report
            if report.state == "paused" and isinstance(self.subject, Guard):
                self.subject.ask("resume", KEY)  # somebody cancelled its statement: that waits for a person
            with running(self.subject) as runner:
                output, _ = runner.communicate(timeout=3 * process.PATIENCE)
            self.hear(output, runner.returncode)
        return self.subject.report()

    def hear(self, output: str, code: int, *, alone: bool = True) -> None:
        """Hold what a run said last against what is there."""
        if not isinstance(self.subject, Guard):
            return
        last = (output.strip().splitlines() or [""])[-1]
        if code < 0:
            if code != -9:
                self.false.append(f"ended by signal {-code}")
        elif code or not last.startswith(KNOWN_ENDS):
            self.false.append(f"exit {code}: {last[:200]}")
        elif last.startswith("All complete") and alone and self.left():
            self.false.append(f"{self.left()} rows are left, and it said: {last[:200]}")
        if ("completed",) in self._states() and self.left():
            self.false.append(f"completed, and {self.left()} rows are left")

    def left(self) -> int:
        """Count the rows that are still to do."""
        with connected(self.url) as connection:
            return int((connection.execute(LEFT).fetchone() or (0,))[0])

    def has_begun(self) -> bool:
        """Tell whether a run has begun to pass over the table."""
        return self.stored("SELECT count(*) FROM migration_guard.backfills WHERE sweep > 0") == [(1,)]

    def by(self, url: str) -> None:
        """Let the runner reach the database by another way."""
        assert isinstance(self.subject, Guard)
        self.subject = replace(self.subject, through=url)

    def execute(self, sql: str) -> list[tuple[object, ...]]:
        """Run statements of the tests' own."""
        with connected(self.url) as connection:
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []

    def _states(self) -> list[tuple[object, ...]]:
        return self.stored("SELECT state FROM migration_guard.backfills")

    def stored(self, sql: str) -> list[tuple[object, ...]]:
        """Ask the state; nothing is in it before the first run."""
        there = "SELECT to_regclass('migration_guard.backfills') IS NOT NULL"
        return self.execute(sql) if self.execute(there) == [(True,)] else []

    def _reached(self, rows: int, runner: Runner) -> bool:
        with connected(self.url) as observer:
            threshold = begun(observer) + rows
            process.until(lambda: runner.poll() is not None or begun(observer) >= threshold)
        return runner.poll() is None


def _of(victim: Runner) -> str:
    return f"claimed_by LIKE '%:{victim.pid}' AND NOT done AND kind = 'part'"


def connected(url: str) -> psycopg.Connection:
    """Connect as who looks on; a server that has just been started may take a moment."""
    found: list[psycopg.Connection] = []

    def connect() -> bool:
        try:
            found.append(psycopg.connect(url, autocommit=True, application_name=OBSERVER))
        except psycopg.OperationalError:
            return False
        return True

    process.until(connect)
    return found[0]
