"""Measure recall and precision of the installed migration-guard on the labelled corpus.

    score.py DIR [--write]

DIR is what `corpus/fetch.py` made. The guard checks all of DIR/packages in one run, every rule on, no configuration; the
report is then scored against the hand-made labels by `corpus/score.py`. Exit code 1 if a figure is below its minimum,
or if a file of the corpus became a Problem. `--write` puts the figures into README.md.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
CORPUS = HERE / "corpus"
README = HERE.parent / "README.md"
SAMPLE, IDIOMS = CORPUS / "labels.jsonl", CORPUS / "labels_extra.jsonl"
BEGIN, END = "<!-- figures: written by `make score WRITE=--write` -->", "<!-- /figures -->"

ALL_MINIMA = (
    *("--min-recall=0.97", "--min-precision=0.97", "--min-table=0.95", "--min-kind=0.97", "--min-direction=0.97"),
    "--max-opaque=3",
)
"""What the stratified sample must reach."""
SQL_MINIMA = ("--min-recall=0.97", "--min-precision=0.97", "--min-table=0.97", "--min-kind=0.97", "--max-opaque=3")
"""What the SQL text in it must reach."""
IDIOM_MINIMA = ("--min-recall=0.95", "--min-table=0.95")
"""What the files with rare idioms must reach."""

_COUNTS = re.compile(r"operations found (\d+)/(\d+).*opaque elsewhere \d+ \(([\d.]+) per 100 files\)")
_FILES = re.compile(r"files scored (\d+)")
_FIGURE = re.compile(r"([a-z-]+) ([01]\.\d{3})")


@dataclass(frozen=True, slots=True)
class Measure:
    """One line of the table: which labels are scored, and what they must reach."""

    title: str
    labels: tuple[Path, ...]
    options: tuple[str, ...] = ()
    whole: bool = True
    """Whether all labels of the files are scored, so that precision belongs to this line."""


@dataclass(frozen=True, slots=True)
class Score:
    """What the scorer said of a measure."""

    measure: Measure
    output: str
    passed: bool

    def row(self) -> str:
        """Give a line of a Markdown table."""
        figures = dict(_FIGURE.findall(self.output.splitlines()[3]))
        found, wanted, opaque = _matched(_COUNTS, self.output)
        (files,) = _matched(_FILES, self.output)
        cells = [self.measure.title, files if self.measure.whole else "", f"{found} of {wanted}", figures["recall"]]
        cells += [figures["precision"], opaque] if self.measure.whole else ["", ""]
        cells += [figures["kind"], figures["table"], figures["direction"]]
        return f"| {' | '.join(cells)} |"


HEAD = (
    "| labels | files | operations found | recall | precision | unreadable SQL per 100 files | kind | table | direction |",
    "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
)


def main() -> int:
    """Run the guard, score it, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--write", action="store_true", help="put the figures into README.md")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="migration-guard-score-") as folder:
        report = Path(folder, "report.json")
        run_guard(arguments.corpus, report)
        scores = [score(measure, arguments.corpus, report) for measure in measures(Path(folder))]
        problems = json.loads(report.read_text(encoding="utf-8"))["problems"]
    table = "\n".join((*HEAD, *(one.row() for one in scores)))
    print(table)
    for problem in problems:
        print(f"Problem: {problem['path']}: {problem['message']}")
    for one in scores:
        if not one.passed:
            print(f"{one.measure.title}: {one.output.splitlines()[-1]}")
    if arguments.write:
        write(table)
    return 1 if problems or not all(one.passed for one in scores) else 0


def run_guard(corpus: Path, report: Path) -> None:
    """Check the packages; a report that the guard could not finish leaves no file, and ends this run."""
    options = ["--select", "ALL", "--no-baseline", "--isolated", "--exit-zero", "--output-format", "json"]
    with report.open("wb") as output:
        command = [sys.executable, "-m", "migration_guard", "check", "packages", *options]
        ended = subprocess.run(command, cwd=corpus, stdout=output, check=False)
    if not report.stat().st_size:
        sys.exit(f"migration-guard ended with exit code {ended.returncode} and without a report")


def measures(folder: Path) -> Iterator[Measure]:
    """Name what is scored: each set of labels, then both by the way of writing and by framework."""
    yield Measure("stratified sample", (SAMPLE,), ALL_MINIMA)
    yield Measure("stratified sample, SQL", (SAMPLE,), ("--how=sql", *SQL_MINIMA), whole=False)
    yield Measure("rare idioms", (IDIOMS,), IDIOM_MINIMA)
    labels = [line for file in (SAMPLE, IDIOMS) for line in file.read_text(encoding="utf-8").splitlines()]
    hows = {operation["how"] for line in labels for operation in json.loads(line)["ops"]}
    for how in sorted(hows):
        yield Measure(f"both, `{how}`", (SAMPLE, IDIOMS), (f"--how={how}",), whole=False)
    for framework in sorted({json.loads(line)["framework"] for line in labels}):
        part = folder / f"{framework}.jsonl"
        part.write_text("\n".join(one for one in labels if json.loads(one)["framework"] == framework), encoding="utf-8")
        yield Measure(f"both, {framework} migrations", (part,))


def score(measure: Measure, corpus: Path, report: Path) -> Score:
    """Score the report against one measure's labels."""
    command = [sys.executable, str(CORPUS / "score.py"), "--root", "packages", "--findings", str(report)]
    command += [part for labels in measure.labels for part in ("--labels", str(labels))]
    ended = subprocess.run([*command, *measure.options], cwd=corpus, capture_output=True, text=True, check=False)
    if not _COUNTS.search(ended.stdout):
        sys.exit(f"the scorer failed: {ended.stdout}{ended.stderr}")
    return Score(measure, ended.stdout, ended.returncode == 0)


def write(table: str) -> None:
    """Replace the table between the marks in README.md."""
    before, mark, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not mark or not end:
        sys.exit(f"README.md lacks the marks {BEGIN} and {END}")
    README.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", encoding="utf-8")


def _matched(pattern: re.Pattern[str], text: str) -> tuple[str, ...]:
    found = pattern.search(text)
    return found.groups() if found else ()


if __name__ == "__main__":
    sys.exit(main())
