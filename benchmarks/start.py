"""Measure how long the smallest runs take, beside an interpreter that does nothing.

    start.py [--runs N] [--write]

Seconds differ between machines and with what else they do, so each figure is a ratio: to `python -I -c pass` of the same
interpreter, timed in the same rounds. Wall clock is what people wait for; processor time, readers included, is what a busy
machine leaves alone. Medians. `--write` puts the table into docs/comparison.md.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measuring import said_of_the_machine, write

MIGRATION = """from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = []
    operations = [{0}]
"""
CLEAN = MIGRATION.format('migrations.AddField("lead", "status", models.TextField(null=True))')
FOUND = MIGRATION.format("migrations.RunSQL(\"UPDATE leads SET status = 'new'\")")
GUARD = (sys.executable, "-m", "migration_guard")
COMMANDS = {
    "python -I -c pass": (sys.executable, "-I", "-c", "pass"),
    "--help": (*GUARD, "--help"),
    "a clean file": (*GUARD, "check", "--no-cache", "clean"),
    "a file with a finding": (*GUARD, "check", "--no-cache", "found"),
    "the same, remembered": (*GUARD, "check", "--exit-zero", "found"),
}
"""The first is what the others are measured by."""


def main() -> None:
    """Time them in turns, and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--write", action="store_true", help="write the table into docs/comparison.md")
    arguments = parser.parse_args()
    runs = arguments.runs
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in COMMANDS}
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (("clean", CLEAN), ("found", FOUND)):
            (Path(folder) / name).mkdir()
            (Path(folder) / name / "0001_status.py").write_text(text, encoding="utf-8")
        # Else what was edited is compiled anew in each run, which takes two fifths of it.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        for number in range(runs + 1):
            for name, command in COMMANDS.items():
                one = timed(command, folder)
                if number:  # the first round fills caches
                    taken[name].append(one)
    wall, processor = (statistics.median(column) for column in zip(*taken["python -I -c pass"], strict=True))
    print(f"python -I -c pass: {1000 * wall:.0f} ms, {1000 * processor:.0f} ms of a processor")
    table = [f"| {said_of_the_machine(runs)} | times as long | of a processor |", "|---|--:|--:|"]
    for name, measured in list(taken.items())[1:]:
        seconds, used = (statistics.median(column) for column in zip(*measured, strict=True))
        table.append(f"| {name} | {seconds / wall:.1f} | {used / processor:.1f} |")
    print("\n".join(table))
    if arguments.write:
        write("start", table)


def timed(command: tuple[str, ...], folder: str) -> tuple[float, float]:
    """Run a command; give its seconds, and those of a processor that it and its children took."""
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, check=False)
    end, after = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in {0, 1}:
        sys.exit(f"exit code {done.returncode}: {' '.join(command)}")
    return end - begin, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
