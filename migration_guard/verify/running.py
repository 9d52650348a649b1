"""What is found out by running: our own runner, and nobody else's."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from migration_guard.operations import Problem
from migration_guard.verify.verdict import Evidence, Outcome

SECONDS = 120.0
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
    said = (ran.stdout.strip().splitlines() or [""])[-1]
    outcome = Outcome.PASS if ran.returncode == 0 else Outcome.FAIL
    found = f"exit code {ran.returncode} ({said.partition(':')[0] or 'said nothing'})"
    return [Evidence(outcome, "our runner, started against a closed port", found, "exit code 0")], []


def twice(url: str, settings: Path, modules: Sequence[str]) -> tuple[list[Evidence], list[Problem]]:
    """Run the project's definitions twice on a scratch database: the second run must write nothing."""
    problem = refusal(url)
    if problem is not None:
        return [], [Problem("--scratch-database-url", None, problem)]
    runs = []
    for number in (1, 2):
        schema = f"migration_guard_verify_{number}"
        options = [f"--config=backfill.state-schema={schema}", *(f"--module={one}" for one in modules)]
        try:
            runs.append(_run(["--all", "--offline", "--strict", *options], settings, {"DATABASE_URL": url}))
        except subprocess.TimeoutExpired:
            return [], [Problem("--scratch-database-url", None, f"a run did not end within {SECONDS:g} s")]
    return _compared(runs)


def _compared(runs: Sequence[subprocess.CompletedProcess[str]]) -> tuple[list[Evidence], list[Problem]]:
    last = [(run.stdout.strip().splitlines() or [run.stderr.strip()])[-1] for run in runs]
    if any(run.returncode for run in runs):
        bad = next(said for run, said in zip(runs, last, strict=True) if run.returncode)
        return [], [Problem("--scratch-database-url", None, f"a run did not complete: {bad}")]
    return [Evidence(Outcome.PASS, "a second run on the scratch database", last[1], "it writes nothing")], []


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
