"""Whatever ends a run, its readers end with it: none works on for nobody."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def ignoring(number: signal.Signals) -> Iterator[None]:
    """Within it, processes are started that ignore a signal."""
    before = signal.signal(number, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(number, before)


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


def test_what_the_run_ignores_ends_no_reader(tmp_path: Path) -> None:
    """As under `nohup`, when the terminal is closed."""
    with ignoring(signal.SIGHUP), started(tmp_path) as process:
        readers = readers_of(process)
        os.killpg(process.pid, signal.SIGHUP)
        gone, _ = psutil.wait_procs(readers, timeout=0.5)
        process.kill()
        psutil.wait_procs(readers, timeout=LONG / 4)
    assert gone == []


def test_how_readers_end_may_be_ignored(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(SLOW.format("a", "UPDATE leads SET a = 1"))
    command = [sys.executable, "-m", "migration_guard", "check", ".", "--no-baseline", "--no-cache"]
    with ignoring(signal.SIGCHLD):
        done = subprocess.run(
            command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, check=False
        )
    assert (b"MG101" in done.stdout, done.stderr) == (True, b"")  # the code is among what this process ignores


def test_a_closed_pipe_ends_it_all(tmp_path: Path) -> None:
    with started(tmp_path) as process:
        readers = readers_of(process)
        assert process.stdout is not None
        process.stdout.close()
        _, alive = psutil.wait_procs(readers, timeout=LONG / 4)
        for one in alive:
            one.kill()
        code = process.wait(LONG)
    assert (alive, code) == ([], 2)


@pytest.mark.parametrize("how", [("--output", "json=report"), ("--output-format", "github")])
def test_a_report_in_a_file_is_wanted_without_a_reader(tmp_path: Path, how: tuple[str, str]) -> None:
    text = SLOW.format("a", "UPDATE leads SET a = 1")
    (tmp_path / "a.py").write_text(text + "    op.execute('SELECT 1')\n" * 6_000)  # so that it is asked who reads
    command = [sys.executable, "-m", "migration_guard", "check", ".", "--no-baseline", "--no-cache", *how]
    pipe, end = os.pipe()
    os.close(pipe)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "GITHUB_STEP_SUMMARY": str(tmp_path / "report")}
    done = subprocess.run(command, cwd=tmp_path, env=environment, stdout=end, check=False)
    os.close(end)
    assert (done.returncode, "MG101" in (tmp_path / "report").read_text()) == (1, True)
