"""One episode of the campaign: a table, a runner, the application beside it, and what was said that was not so."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import psycopg

from backfill import process
from backfill.faults.accidents import OBSERVER
from backfill.faults.ledger import Report, begun
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

    @property
    def url(self) -> str:
        return self.subject.url

    def strike(self, accident: Accident) -> None:
        """Let accidents happen at random moments, each in the middle of the work; start what has ended."""
        fruitless = 0
        while self.happened < self.times and fruitless < FRUITLESS:
            before = self.happened
            with running(self.subject) as runner:
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
        return self._stored("SELECT count(*) FROM migration_guard.backfills WHERE sweep > 0") == [(1,)]

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
        return self._stored("SELECT state FROM migration_guard.backfills")

    def _stored(self, sql: str) -> list[tuple[object, ...]]:
        there = "SELECT to_regclass('migration_guard.backfills') IS NOT NULL"
        return self.execute(sql) if self.execute(there) == [(True,)] else []

    def _reached(self, rows: int, runner: Runner) -> bool:
        with connected(self.url) as observer:
            threshold = begun(observer) + rows
            process.until(lambda: runner.poll() is not None or begun(observer) >= threshold)
        return runner.poll() is None


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
