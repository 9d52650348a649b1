"""Measure how many data changes of the corpus `migration-guard move` hands over, and why it refuses the others.

    moves.py DIR [--all]

DIR is what `corpus/fetch.py` made. Every UPDATE, DELETE and INSERT … SELECT on the way up is planned, and nothing is
written. Each migration that would be rewritten must parse, and must differ only where its statement stood. `--all` lists
each refusal with its place. Exit code 1 if a rewritten file breaks that rule.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path

from migration_guard.check import Request, run
from migration_guard.config import SettingsLoader
from migration_guard.filing import Checked
from migration_guard.findings import Finding
from migration_guard.move.place import Modules
from migration_guard.move.plan import MOVABLE, Move, Refusal, plan
from migration_guard.operations import Direction

MODULE = "backfills_of_the_benchmark.py"
COMMENT = "# migration-guard move: "


def main() -> int:
    """Plan every move, and print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--all", action="store_true", help="list each refusal")
    arguments = parser.parse_args()
    packages = arguments.corpus / "packages"
    modules = Modules((), packages / MODULE)
    load = SettingsLoader(cwd=packages, isolated=True)
    found = run(Request([str(packages)], packages, load, workers=2, baseline=False, renders=True))
    moved: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    broken = asked = 0
    for one, finding in _changes(found.checked):
        assert finding.operation is not None
        kind = finding.operation.kind.value
        seen[kind] += 1
        outcome = plan(one, finding, None, modules)
        if isinstance(outcome, Refusal):
            reasons[_sort(outcome.reason)] += 1
            asked += "--key" in outcome.reason and isinstance(plan(one, finding, "id", modules), Move)
            if arguments.all:
                print(f"{finding.path}:{finding.span.line}: {outcome.reason}")
            continue
        moved[kind] += 1
        for fault in _faults(outcome):
            broken += 1
            print(f"{finding.path}:{finding.span.line}: {fault}")
    for kind in sorted(seen):
        print(f"{kind}: {moved[kind]} of {seen[kind]} can be moved ({moved[kind] / seen[kind]:.0%})")
    print(
        f"all: {moved.total()} of {seen.total()} ({moved.total() / max(seen.total(), 1):.0%}); {broken} rewritten wrongly"
    )
    print(f"with --key, where the migrations do not tell it: {asked} more")
    for reason, count in reasons.most_common():
        print(f"{count:5} {reason}")
    return 1 if broken else 0


def _changes(every: tuple[Checked, ...]) -> Iterator[tuple[Checked, Finding]]:
    for one in every:
        for finding in one.findings:
            operation = finding.operation
            if operation is not None and operation.kind in MOVABLE and operation.direction is not Direction.DOWNGRADE:
                yield one, finding


def _faults(move: Move) -> Iterator[str]:
    """Say what is wrong with a migration that would be rewritten."""
    assert move.after is not None
    for path, content in ((move.migration.name, move.after), (MODULE, move.module_after)):
        try:
            ast.parse(content)
        except SyntaxError as error:
            yield f"{path} does not parse any more: {error}"
    old, new = move.before.splitlines(keepends=True), move.after.splitlines(keepends=True)
    for kind, low, high, begin, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        added = b"".join(new[begin:end]).decode(errors="replace") if kind != "equal" else ""
        left = [re.sub(r"/\* migration-guard move: .*? \*/", "", line).strip() for line in added.splitlines()]
        gone = b"".join(old[low:high]).decode(errors="replace")
        if any(
            line and line != "pass" and not line.startswith(COMMENT) and ".noop" not in line and not _within(line, gone)
            for line in left
        ):
            yield f"more than a comment is added: {left}"


def _within(line: str, gone: str) -> bool:
    """Whether a line is what is left of others."""
    rest = iter(gone)
    return all(character in rest for character in line if not character.isspace())


def _sort(reason: str) -> str:
    """Fold a reason into its kind: without names, lines and code."""
    folded = re.sub(r"`[^`]*`|\([^()]*\)|\bline \d+|[\w.]+\(\)|\{\w*\}", "…", reason)
    folded = re.sub(
        r"(say what the primary key of|several columns .*?of|other rows of|column of|which column of) \S+",
        r"\1 …",
        folded,
    )
    return folded if len(folded) < 120 else f"{folded[:117]}…"


if __name__ == "__main__":
    sys.exit(main())
