"""Measure how time and memory of the installed migration-guard grow with the files that it checks.

    growth.py DIR [--copies N …] [--write]

DIR is what `corpus/fetch.py` made. Its files are checked as often over as each N says, by default once, twice, four and
nine times, which is 50,000 files: nothing is remembered between runs. Time has to grow as the files do, to a tenth, and
memory not beyond 600 MB in all processes (`measuring.py` says how it is counted). `--write` puts the table into
docs/comparison.md. Exit code 1 over budget.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from measuring import Usage, guard, measured, said_of_the_machine, write

MOST_MEGABYTES = 600.0
MOST_TIMES = 1.1
"""Times as long for each file as in the run before."""


def main() -> int:
    """Check more and more files, and print what it takes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--copies", type=int, nargs="+", default=[1, 2, 4, 9])
    parser.add_argument("--write", action="store_true", help="write the table into docs/comparison.md")
    arguments = parser.parse_args()
    machine = said_of_the_machine(1)
    print(f"{machine}; seconds are of this machine", flush=True)
    table = [
        f"| files ({machine}) | times as long for each | of a processor | MB in all processes |",
        "|--:|--:|--:|--:|",
    ]
    over: list[str] = []
    before: tuple[int, Usage] | None = None
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        files = sum(one.is_file() for one in (arguments.corpus / "files").rglob("*"))
        there = 0
        for copies in sorted(arguments.copies):
            for number in range(there, copies):
                shutil.copytree(arguments.corpus / "files", home / "many" / f"n{number}")
            there = copies
            taken = measured(guard("many", "--no-cache"), home)
            line, beyond = _told(copies, files * copies, taken, before)
            print(f"{line} {taken.seconds:.1f} s, {taken.processor:.1f} s of a processor", flush=True)
            table.append(line)
            over += beyond
            before = copies, taken
    if arguments.write:
        write("growth", table)
    if over:
        print(f"over budget: {', '.join(over)}")
    return 1 if over else 0


def _told(copies: int, files: int, taken: Usage, before: tuple[int, Usage] | None) -> tuple[str, list[str]]:
    """Give a row of the table, and what is over its budget."""
    over = [f"{taken.megabytes:.0f} MB of {MOST_MEGABYTES:.0f}"] if taken.megabytes > MOST_MEGABYTES else []
    if before is None:
        return f"| {files:,} | | | {taken.megabytes:.0f} |", over
    growth = copies / before[0]
    times, processor = taken.seconds / before[1].seconds / growth, taken.processor / before[1].processor / growth
    if times > MOST_TIMES:
        over.append(f"{files:,} files: {times:.2f} of {MOST_TIMES:.2f} times as long for each")
    return f"| {files:,} | {times:.2f} | {processor:.2f} | {taken.megabytes:.0f} |", over


if __name__ == "__main__":
    sys.exit(main())
