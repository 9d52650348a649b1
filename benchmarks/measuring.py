"""What the benchmarks of `check` have in common: the command, what it takes, and the pages that say so."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

PAGE = Path(__file__).parent.parent / "docs" / "comparison.md"
SAMPLE_EVERY = 0.05


@dataclass(frozen=True, slots=True)
class Usage:
    """What a command took, with all its child processes."""

    seconds: float
    processor: float
    """Seconds of processors."""
    megabytes: float
    """Resident memory of all processes, added up; pages that they share count each time."""


def guard(folder: str, *more: str) -> list[str]:
    """Give the command that is measured."""
    # A machine that is busy must not turn a file into a problem, which would be quicker than reading it.
    options = [
        "--config",
        "file-timeout=300",
        "--select",
        "ALL",
        "--no-baseline",
        "--isolated",
        "--exit-zero",
        "--output-format",
        "json",
        *more,
    ]
    return [sys.executable, "-m", "migration_guard", "check", folder, *options]


def measured(command: list[str], folder: Path, path: Path | None = None) -> Usage:
    """Run a command; add up, at each sample, what it and its descendants hold."""
    environment = {**os.environ, "SEMGREP_SEND_METRICS": "off"}
    if path is not None:
        environment["PATH"] = f"{path}{os.pathsep}{environment.get('PATH', '')}"
    before, begin = os.times(), time.perf_counter()
    most = 0
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, env=environment) as started:
        root = psutil.Process(started.pid)
        while started.poll() is None:
            most = max(most, sum(_resident(root)))
            time.sleep(SAMPLE_EVERY)
    end, after = time.perf_counter(), os.times()
    if started.returncode:
        sys.exit(f"exit code {started.returncode}: {' '.join(command)}")
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return Usage(end - begin, used, most / 1024**2)


def write(name: str, table: Sequence[str]) -> None:
    """Put a table where the page has a place of that name."""
    page = PAGE.read_text(encoding="utf-8")
    begin, end = f"<!-- {name}: written by benchmarks/{name}.py --write -->\n", f"<!-- /{name} -->"
    first, last = page.index(begin) + len(begin), page.index(end)
    PAGE.write_text(page[:first] + "".join(f"{line}\n" for line in table) + page[last:], encoding="utf-8")


def said_of_the_machine(runs: int) -> str:
    """Say what else was going on: a ratio of two programs that share a machine with others is worth less."""
    return f"{runs} round{'s'[: runs != 1]}, load {os.getloadavg()[0]:.0f} on {os.cpu_count()} cores"


def _resident(root: psutil.Process) -> Iterator[int]:
    try:
        family = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for process in family:
        try:
            yield process.memory_info().rss
        except psutil.NoSuchProcess:
            continue
