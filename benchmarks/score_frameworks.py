"""Measure recall and precision on published packages that are not in the corpus of `score.py`, each framework by itself.

    score_frameworks.py DIR

DIR is what `corpus/fetch.py DIR frameworks.json` made. The guard checks all of DIR/packages in one run, every rule on, no
configuration; for each framework its labels in `corpus/labels_frameworks.jsonl` are then scored by `corpus/score.py`. What
these packages showed was mended, so the figures are not those of unseen code. Exit code 1 if a figure is below its minimum.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

CORPUS = Path(__file__).resolve().parent / "corpus"
LABELS = CORPUS / "labels_frameworks.jsonl"
GOALS = ("--min-recall=0.95", "--min-precision=0.95")


def check(packages: Path, report: Path) -> None:
    """Check whole packages, so that helpers are in sight."""
    command = [sys.executable, "-m", "migration_guard", "check", ".", "--isolated", "--no-baseline", "--exit-zero"]
    with report.open("w", encoding="utf-8") as out:
        subprocess.run([*command, "--select", "ALL", "--output-format", "json"], cwd=packages, stdout=out, check=False)


def main() -> int:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    packages = Path(sys.argv[1]).resolve() / "packages"
    by_framework: dict[str, list[str]] = defaultdict(list)
    for line in LABELS.read_text(encoding="utf-8").splitlines():
        by_framework[json.loads(line)["framework"]].append(line)
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        report, labels = Path(folder) / "report.json", Path(folder) / "labels.jsonl"
        check(packages, report)
        for framework, lines in sorted(by_framework.items()):
            labels.write_text("\n".join(lines) + "\n", encoding="utf-8")
            command = [sys.executable, str(CORPUS / "score.py"), "--labels", str(labels), "--root", str(packages)]
            done = subprocess.run(
                [*command, "--findings", str(report), "--show", "fn,fp,problems", *GOALS],
                cwd=packages,
                capture_output=True,
                text=True,
                check=False,
            )
            print(f"## {framework}: {len(lines)} files\n{done.stdout}{done.stderr}")
            failed |= done.returncode != 0
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
