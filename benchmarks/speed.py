"""Measure time and memory of the installed migration-guard on the migrations of the corpus, beside its peers.

    speed.py DIR [--runs N] [--peers ENVIRONMENT] [--copies N] [--write]

DIR is what `corpus/fetch.py` made. Seconds differ between machines, so all that is said is ratios: in each round every
tool checks the same copy of DIR/files once, and the medians are compared. semgrep has the rules of `comparison/semgrep.yml`,
ruff its own; both are installed at the versions of `peers.txt`, unless an environment is named that has them.

`--copies N` checks the files N times over, beside half of that: time has to grow as they do, and memory not at all. Memory
is the resident memory of all processes of a run, added up and sampled; pages that they share count each time. `--write`
puts the table into docs/comparison.md. Exit code 1 if a ratio is over its budget.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psutil

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "comparison.md"
BEGIN, END = "<!-- speed: written by benchmarks/speed.py --write -->\n", "<!-- /speed -->"
SAMPLE_EVERY = 0.05
MOST_MEGABYTES = 600.0
TWICE = 2.2
"""Times as long as half of the files, at most: twice, and a tenth."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a command took, with all its child processes."""

    seconds: float
    megabytes: float


@dataclass(frozen=True, slots=True)
class Ratio:
    """A figure of the table: how many times as long one takes as another."""

    what: str
    one: str
    other: str
    most: float


RATIOS = (
    Ratio("nothing remembered, beside semgrep", "cold", "semgrep", 0.30),
    Ratio("nothing changed since, beside semgrep", "warm", "semgrep", 0.10),
    Ratio("nothing changed since, beside ruff without its cache", "warm", "ruff", 8.0),
    Ratio("one file changed since, beside nothing changed", "changed", "warm", 2.0),
)


def main() -> int:
    """Time the tools in turns, and print the ratios of the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--peers", type=Path, help="an environment that has them")
    parser.add_argument("--copies", type=int, default=0)
    parser.add_argument("--write", action="store_true", help="write the table into docs/comparison.md")
    arguments = parser.parse_args()
    load = f"{arguments.runs} rounds, load {os.getloadavg()[0]:.0f} on {os.cpu_count()} cores"
    print(load)
    with peers(arguments.peers) as binaries, tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        shutil.copytree(arguments.corpus / "files", home / "files")
        table, over = compared(home, binaries, arguments.runs)
        table[0] = table[0].replace("every rule", f"every rule; {load}")
        if arguments.copies:
            over += grown(home, arguments.copies)
    print("".join(f"{line}\n" for line in table), end="")
    if arguments.write:
        page = PAGE.read_text(encoding="utf-8")
        begin, end = page.index(BEGIN) + len(BEGIN), page.index(END)
        PAGE.write_text(page[:begin] + "".join(f"{line}\n" for line in table) + page[end:], encoding="utf-8")
    if over:
        print(f"over budget: {', '.join(over)}")
    return 1 if over else 0


@contextmanager
def peers(environment: Path | None) -> Iterator[Path]:
    """Give the folder of the peers' programs."""
    if environment is not None:
        yield environment.resolve() / "bin"
        return
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        install = ("-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", HERE / "peers.txt")
        subprocess.run((Path(folder) / "bin" / "python", *install), check=True)
        yield Path(folder) / "bin"


def compared(home: Path, binaries: Path, runs: int) -> tuple[list[str], list[str]]:
    """Time all of them so many times; give the table, and what is over its budget."""
    taken = {name: list[float]() for name in ("semgrep", "ruff", "cold", "warm", "changed")}
    rules = str(HERE / "comparison" / "semgrep.yml")
    quiet = ("--quiet", "--json", "--metrics", "off", "--disable-version-check", "--no-git-ignore")
    tools: Mapping[str, Callable[[], list[str]]] = {
        "semgrep": lambda: [str(binaries / "semgrep"), "scan", *quiet, "--config", rules, "files"],
        "ruff": lambda: [
            str(binaries / "ruff"),
            "check",
            "--no-cache",
            "--isolated",
            "--exit-zero",
            "--quiet",
            "files",
        ],
        "cold": lambda: guard("files", "--no-cache"),
        "warm": lambda: guard("files"),
        "changed": lambda: _edited(home, guard("files")),
    }
    measured(guard("files"), home)  # it fills the cache, and others' caches of the disk
    for _ in range(runs):
        for name, command in tools.items():
            taken[name].append(measured(command(), home, path=binaries).seconds)
        measured(guard("files"), home)  # the file that was changed is remembered again
    seconds = {name: median(every) for name, every in taken.items()}
    files = sum(one.is_file() for one in (home / "files").rglob("*"))
    table = [f"| {files:,} migrations, every rule | times as long |", "|---|--:|"]
    over = []
    for ratio in RATIOS:
        found = seconds[ratio.one] / seconds[ratio.other]
        table.append(f"| {ratio.what} | {found:.2f} |")
        over += [f"{ratio.what}: {found:.2f} of {ratio.most:.2f}"] if found > ratio.most else []
    return table, over


def _edited(home: Path, command: list[str]) -> list[str]:
    path = max((home / "files").rglob("*.py"), key=lambda one: (b"RunPython" in one.read_bytes(), str(one)))
    with path.open("a", encoding="utf-8") as file:
        file.write("# edited\n")
    return command


def grown(home: Path, copies: int) -> list[str]:
    """Check the files so many times over, and half of that; say what is over its budget."""
    for number in range(copies):
        shutil.copytree(home / "files", home / "many" / ("half" if number < copies // 2 else "rest") / f"n{number}")
    half, whole = (measured(guard(name, "--no-cache"), home) for name in ("many/half", "many"))
    times = whole.seconds / half.seconds * (copies // 2 * 2 / copies)
    print(f"{copies} copies: {times:.2f} times as long as half of them, {whole.megabytes:.0f} MB in all processes")
    over = [f"twice the files: {times:.2f} of {TWICE}"] if times > TWICE else []
    return [*over, f"{whole.megabytes:.0f} MB of {MOST_MEGABYTES:.0f}"] if whole.megabytes > MOST_MEGABYTES else over


def guard(folder: str, *more: str) -> list[str]:
    """Give the command that is measured."""
    options = ["--select", "ALL", "--no-baseline", "--isolated", "--exit-zero", "--output-format", "json", *more]
    return [sys.executable, "-m", "migration_guard", "check", folder, *options]


def measured(command: list[str], folder: Path, path: Path | None = None) -> Usage:
    """Run a command; add up, at each sample, what it and its descendants hold."""
    environment = {**os.environ, "SEMGREP_SEND_METRICS": "off"}
    if path is not None:
        environment["PATH"] = f"{path}{os.pathsep}{environment.get('PATH', '')}"
    begin = time.perf_counter()
    most = 0
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, env=environment) as started:
        root = psutil.Process(started.pid)
        while started.poll() is None:
            most = max(most, sum(_resident(root)))
            time.sleep(SAMPLE_EVERY)
    if started.returncode:
        sys.exit(f"exit code {started.returncode}: {' '.join(command)}")
    return Usage(time.perf_counter() - begin, most / 1024**2)


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


if __name__ == "__main__":
    sys.exit(main())
