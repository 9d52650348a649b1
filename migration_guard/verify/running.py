"""What is found out by running: our own runner, and nobody else's."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from secrets import token_hex
from urllib.parse import urlsplit

from migration_guard.config import Settings
from migration_guard.operations import Problem
from migration_guard.verify.verdict import Evidence, Outcome

SECONDS = 120.0
URL = "MIGRATION_GUARD_SCRATCH_URL"
"""The environment variable that hands the URL of the scratch database to our runner."""
SCRATCH = ("test", "scratch", "copy")
"""Words of which the name of a database must hold one before anything is written to it."""
_DEFINITION = '''"""A backfill that nothing can be done for: its database is not there."""

from migration_guard.backfill import Backfill

SAMPLE = Backfill(
    key="guard-sample",
    table="guard_sample_leads",
    where="status IS NULL",
    update="UPDATE guard_sample_leads SET status = 'new' WHERE id = ANY(:ids)",
)
'''


def against_a_closed_port() -> tuple[list[Evidence], list[Problem]]:
    """Start our runner where no server answers: it must say so, and exit with 0."""
    with tempfile.TemporaryDirectory(prefix="migration-guard-") as folder:
        Path(folder, "backfills.py").write_text(_DEFINITION, encoding="utf-8")
        url = f"postgresql://nobody@127.0.0.1:{_closed_port()}/nothing?connect_timeout=5"
        try:
            ran = _run(["--all", "--isolated", "--module", "backfills.py"], Path(folder), {"DATABASE_URL": url})
        except subprocess.TimeoutExpired:
            return [], [Problem("migration-guard backfill run", None, f"it did not end within {SECONDS:g} s")]
    said = _last_line(ran)
    outcome = Outcome.PASS if ran.returncode == 0 else Outcome.FAIL
    found = f"exit code {ran.returncode} ({said.partition(':')[0] or 'said nothing'})"
    return [Evidence(outcome, "our runner, started against a closed port", found, "exit code 0")], []


def twice(url: str, settings: Settings, config: Sequence[str]) -> tuple[list[Evidence], list[Problem]]:
    """Run the project's backfills twice on a scratch database, each time as if for the first time.

    The second run must change nothing. Each run keeps its state in a schema of its own, which stays there to be seen.
    """
    problem = refusal(url)
    if problem is not None:
        return [], [_unjudged(problem)]
    runs = token_hex(3)
    for number in (1, 2):
        options = [f"--config={one}" for one in config]
        options += [f"--config=backfill.state-schema=migration_guard_verify_{runs}_{number}", "--database-url-env", URL]
        try:
            ran = _run(["--all", "--offline", "--strict", *options], settings.root, {URL: url})
            told = _run(["--json", *options], settings.root, {URL: url}, command="status")
        except subprocess.TimeoutExpired:
            return [], [_unjudged(f"a run did not end within {SECONDS:g} s")]
        if ran.returncode:
            return [], [_unjudged(f"run {number} did not complete: {_last_line(ran)}")]
    return _written(told)


def _written(told: subprocess.CompletedProcess[str]) -> tuple[list[Evidence], list[Problem]]:
    """What the second run changed, as its state says."""
    try:
        changed = [(str(one["key"]), int(one["changed"])) for one in json.loads(told.stdout)]
    except (ValueError, KeyError, TypeError):
        return [], [_unjudged(f"the state of the second run cannot be read: {_last_line(told)}")]
    evidence = []
    for key, count in changed:
        outcome = Outcome.FAIL if count else Outcome.PASS
        what = f"{key}: a second run on the scratch database"
        evidence.append(Evidence(outcome, what, f"{count:,} rows changed", "no row changed"))
    return evidence, []


def _unjudged(message: str) -> Problem:
    return Problem("--scratch-database-url", None, message)


def _last_line(ran: subprocess.CompletedProcess[str]) -> str:
    return ([*ran.stderr.strip().splitlines(), *ran.stdout.strip().splitlines()] or ["it said nothing"])[-1]


def refusal(url: str) -> str | None:
    """Say why a database is not written to."""
    name = urlsplit(url).path.lstrip("/").partition("?")[0]
    if any(word in name.lower() for word in SCRATCH):
        return None
    return f'"{name}" is not written to: the name of a scratch database contains {", ".join(SCRATCH[:-1])} or {SCRATCH[-1]}'


def _run(
    arguments: Sequence[str], folder: Path, variables: Mapping[str, str], command: str = "run"
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "migration_guard", "backfill", command, *arguments],
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def _closed_port() -> int:
    """A port at which nobody listens: one that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
