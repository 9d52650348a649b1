"""What accidents happen to: a runner as a process of its own, and what it says of itself afterwards."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import program
import psycopg

from backfill import process
from backfill.faults.ledger import Report

HERE = Path(__file__).parent
KEY = "lead_names"
NOT_BEGUN = Report("queued", 0, 0, 0, 0)
BRAKE = (
    *("--config", 'backfill.brake.throttle="SELECT load FROM pressure"'),
    *("--config", "backfill.brake.throttle-above=10"),
)
PRODUCT = (sys.executable, "-m", "migration_guard")


class Subject(Protocol):
    """A runner, known by what it is started with and by what it reports."""

    @property
    def url(self) -> str:
        """The database that it works on."""

    @property
    def command(self) -> tuple[str, ...]:
        """The command that starts it."""

    @property
    def environment(self) -> dict[str, str]:
        """What it is started with."""

    def report(self) -> Report:
        """Say where it stands."""


@dataclass(frozen=True, slots=True)
class Guard:
    """The runner of this project, known by its command line only."""

    url: str
    through: str | None = None
    """The URL of a proxy or a pooler, by which the runner reaches the database."""
    version: str = ""
    """Which version of the definition it is."""
    program: tuple[str, ...] = PRODUCT[1:]
    workers: int = 1
    braked: bool = False
    """Whether a number in a table of the tests' holds it."""

    @property
    def command(self) -> tuple[str, ...]:
        """The command that starts it."""
        workers = ("--workers", str(self.workers)) if self.workers > 1 else ()
        return (*self._guard("run"), "--only", KEY, *workers, *(BRAKE if self.braked else ()))

    @property
    def environment(self) -> dict[str, str]:
        """What it is started with."""
        return {**os.environ, "DATABASE_URL": self.through or self.url, "FAULTS_VERSION": self.version}

    def ask(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run another of its commands, by the straight way."""
        env = {**self.environment, "DATABASE_URL": self.url}
        command = (*self._guard(arguments[0]), *arguments[1:])
        with _start(command, env, together=False) as started:
            out, err = started.communicate()
        return subprocess.CompletedProcess(command, started.returncode, out, err)

    def report(self) -> Report:
        """Read what its status prints."""
        printed = self.ask("status", "--json")
        assert not printed.returncode, printed.stderr
        standings = [one for one in json.loads(printed.stdout) if one["key"] == KEY]
        if not standings:
            return NOT_BEGUN
        (found,) = standings
        parts = sum(found[part] for part in ("changed", "unchanged", "done_already", "locked", "quarantined"))
        return Report(found["state"], found["changed"], parts, found["examined"], found["batches"])

    def _guard(self, command: str) -> tuple[str, ...]:
        module = str(HERE / "definitions.py")
        return (sys.executable, *self.program, "backfill", command, "--module", module)


@dataclass(frozen=True, slots=True)
class Seeded:
    """A runner with a known bug."""

    url: str
    bug: str

    @property
    def command(self) -> tuple[str, ...]:
        """The command that starts it."""
        return (sys.executable, str(HERE / "seeded.py"), self.bug)

    @property
    def environment(self) -> dict[str, str]:
        """What it is started with."""
        return {**os.environ, "DATABASE_URL": self.url}

    def report(self) -> Report:
        """Read its table."""
        with psycopg.connect(self.url) as connection:
            try:
                found = connection.execute("SELECT state, changed, examined, examined, batches FROM seeded").fetchone()
            except psycopg.errors.UndefinedTable:
                found = None
        return Report(*found) if found else NOT_BEGUN


Runner = program.Running
"""A process of a subject."""


def _start(command: Sequence[str], env: Mapping[str, str], *, together: bool) -> Runner:
    """Start a subject; what is no product with a bug put in is forked warm."""
    if tuple(command[: len(PRODUCT)]) == PRODUCT:
        return program.start(*command[len(PRODUCT) :], cwd=Path.cwd(), env=env, together=together)
    err = subprocess.STDOUT if together else subprocess.PIPE
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=err, text=True)


@contextlib.contextmanager
def running(subject: Subject) -> Iterator[Runner]:
    """Start it; whatever happens, it is gone afterwards."""
    with _start(subject.command, subject.environment, together=True) as started:
        try:
            yield started
        finally:
            if started.poll() is None:
                started.kill()


def finish(subject: Subject, runs: int = 5) -> Report:
    """Let it run undisturbed, as often as it says that something is left, and give its last word."""
    output = "nothing"
    while not (report := subject.report()).finished:
        assert runs, f"{report}, and its last run said: {output}"
        with running(subject) as started:
            output, _ = started.communicate(timeout=2 * process.PATIENCE)
        runs -= 1
    return report
