"""Measure time and memory of the installed migration-guard on the migrations of the corpus.

    speed.py DIR [--runs N]

DIR is what `corpus/fetch.py` made; the guard checks DIR/files. Seconds differ between machines, so each run stands
beside a yardstick that is timed right before it: one process that reads the same files and parses them with `ast`.
Memory is the resident memory of all processes of a run, added up and sampled; pages that they share count each time.
Exit code 1 if the best run takes more than the budget.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

MAX_SECONDS = 15.0
MAX_MEGABYTES = 500.0
SAMPLE_EVERY = 0.05
YARDSTICK = """
import ast, pathlib, sys, warnings
warnings.simplefilter("ignore")
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.py")):
    ast.parse(path.read_bytes())
"""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a command took, with all its child processes."""

    seconds: float
    megabytes: float
    processes: int


def main() -> int:
    """Time some runs and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    best: Usage | None = None
    for number in range(1, arguments.runs + 1):
        yardstick = measured([sys.executable, "-c", YARDSTICK, "files"], arguments.corpus)
        usage = measured(guard(), arguments.corpus)
        print(
            f"run {number}: {usage.seconds:.1f} s, {usage.megabytes:.0f} MB in {usage.processes} processes; "
            f"ast alone {yardstick.seconds:.1f} s, {yardstick.megabytes:.0f} MB; "
            f"ratio {usage.seconds / yardstick.seconds:.1f} in time"
        )
        if best is None or usage.seconds < best.seconds:
            best = usage
    return 1 if best and _over_budget(best) else 0


def guard() -> list[str]:
    """Give the command that is measured."""
    options = ["--select", "ALL", "--no-baseline", "--isolated", "--exit-zero", "--output-format", "json"]
    return [sys.executable, "-m", "migration_guard", "check", "files", *options]


def measured(command: list[str], folder: Path) -> Usage:
    """Run a command; add up, at each sample, what it and its descendants hold."""
    begin = time.perf_counter()
    most = 0
    processes = 0
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL) as started:
        root = psutil.Process(started.pid)
        while started.poll() is None:
            held = list(_resident(root))
            most, processes = max(most, sum(held)), max(processes, len(held))
            time.sleep(SAMPLE_EVERY)
    if started.returncode:
        sys.exit(f"exit code {started.returncode}: {' '.join(command)}")
    return Usage(time.perf_counter() - begin, most / 1024**2, processes)


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


def _over_budget(best: Usage) -> bool:
    over = []
    if best.seconds > MAX_SECONDS:
        over.append(f"{best.seconds:.1f} s of {MAX_SECONDS:.0f}")
    if best.megabytes > MAX_MEGABYTES:
        over.append(f"{best.megabytes:.0f} MB of {MAX_MEGABYTES:.0f}")
    if over:
        print(f"over budget: {', '.join(over)}")
    return bool(over)


if __name__ == "__main__":
    sys.exit(main())
