"""What is found out by running: our own runner, and nobody else's."""

from __future__ import annotations

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
from migration_guard.verify.errors import NoScratch
from migration_guard.verify.scratch import written
from migration_guard.verify.verdict import Evidence, Outcome

SECONDS = 120.0
_WORK_IS_LEFT = 1
"""What `backfill run --strict` exits with: rows that still match after they were written are such work."""
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

    The second run must write nothing. Each keeps its state in a schema of its own, which stays there to be seen.
    """
    problem = refusal(url)
    if problem is not None:
        return [], [_unjudged(problem)]
    try:
        _run_all(url, settings, config)
        before = written(url)
        left = _run_all(url, settings, config)
        after = written(url)
    except NoScratch as error:
        return [], [_unjudged(str(error))]
    counts = {table: count - before.get(table, 0) for table, count in after.items()}
    rows = {table: count for table, count in counts.items() if count > 0}
    if left is not None and not rows:  # a run that left work and wrote nothing proves nothing
        return [], [_unjudged(f"a run did not complete: {left}")]
    found = ", ".join(f"{count:,} writes to {table}" for table, count in sorted(rows.items())) or "no row written"
    outcome = Outcome.FAIL if rows else Outcome.PASS
    return [Evidence(outcome, "a second run on the scratch database", found, "no row written")], []


def _run_all(url: str, settings: Settings, config: Sequence[str]) -> str | None:
    """Run every backfill as if for the first time: its state is kept in a schema that is new. Says what is left."""
    options = [f"--config={one}" for one in config]
    options += [f"--config=backfill.state-schema=migration_guard_verify_{token_hex(3)}", "--database-url-env", URL]
    try:
        ran = _run(["--all", "--offline", "--strict", *options], settings.root, {URL: url})
    except subprocess.TimeoutExpired:
        raise NoScratch(f"a run did not end within {SECONDS:g} s") from None
    if ran.returncode not in (0, _WORK_IS_LEFT):
        raise NoScratch(f"a run did not complete: {_last_line(ran)}")
    return _last_line(ran) if ran.returncode else None


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


def _run(arguments: Sequence[str], folder: Path, variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "migration_guard", "backfill", "run", *arguments],
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
