"""Measure the time of the installed migration-guard on the migrations of the corpus, beside its peers.

    speed.py DIR [--runs N] [--peers ENVIRONMENT] [--write]

DIR is what `corpus/fetch.py` made. Seconds differ between machines, so all that is said is ratios: in each round every
tool checks the same copy of DIR/files once, and the medians are compared. semgrep has the rules of `comparison/semgrep.yml`,
ruff its own; both are installed at the versions of `peers.txt`, unless an environment is named that has them.

`--write` puts the table into docs/comparison.md. Exit code 1 if a ratio is over its budget.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from measuring import guard, measured, said_of_the_machine, write

HERE = Path(__file__).parent


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
    parser.add_argument("--write", action="store_true", help="write the table into docs/comparison.md")
    arguments = parser.parse_args()
    load = said_of_the_machine(arguments.runs)
    print(load)
    with peers(arguments.peers) as binaries, tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        shutil.copytree(arguments.corpus / "files", home / "files")
        table, over = compared(home, binaries, arguments.runs)
        table[0] = table[0].replace("every rule", f"every rule; {load}")
    print("".join(f"{line}\n" for line in table), end="")
    if arguments.write:
        write("speed", table)
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


if __name__ == "__main__":
    sys.exit(main())
