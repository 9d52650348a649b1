"""Whatever ends a run, its readers end with it: none works on for nobody."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from program import ROOT

from migration_guard.pool.starting import NAME

LONG = 60.0
"""What a file may take: a reader that lives on would be seen for as long."""
SLOW = "from alembic import op\nrevision = '{0}'\ndown_revision = None\n\n\ndef upgrade():\n    op.execute({1!r})\n"


def started(folder: Path) -> subprocess.Popen[bytes]:
    """Start a run over many files that each take long, more of them than are held at once."""
    (folder / "migrations").mkdir()
    text = "; ".join(f"UPDATE leads SET a{n} = CASE WHEN b THEN {n} ELSE c END WHERE d = {n}" for n in range(4_000))
    for number in range(100):
        (folder / "migrations" / f"{number}.py").write_text(SLOW.format(number, text))
    command = [sys.executable, "-m", "migration_guard", "check", "migrations", "--jobs", "2", "--no-baseline"]
    return subprocess.Popen(
        [*command, "--config", f"file-timeout={LONG}"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def readers_of(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """Wait until there are readers that work."""
    until = time.monotonic() + LONG
    while time.monotonic() < until:
        found = psutil.Process(process.pid).children(recursive=True)
        if sum(one.name() == NAME or "pool.reader" in " ".join(one.cmdline()) for one in found) >= 2:
            return found
        time.sleep(0.05)
    raise AssertionError("no reader was started")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL, signal.SIGHUP])
@pytest.mark.parametrize("whole", [False, True], ids=["the process", "its group"])
def test_no_reader_outlives_its_run(tmp_path: Path, number: signal.Signals, whole: bool) -> None:
    with started(tmp_path) as process:
        readers = readers_of(process)
        (os.killpg if whole else os.kill)(process.pid, number)
        _, alive = psutil.wait_procs(readers, timeout=LONG / 4)
        for one in alive:
            one.kill()
        process.kill()
    assert alive == []


def test_a_closed_pipe_ends_it_all(tmp_path: Path) -> None:
    with started(tmp_path) as process:
        readers = readers_of(process)
        assert process.stdout is not None
        process.stdout.close()
        process.terminate()
        _, alive = psutil.wait_procs(readers, timeout=LONG / 4)
    assert alive == []
