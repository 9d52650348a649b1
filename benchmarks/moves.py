"""Measure how many data changes of the corpus `migration-guard move` hands over, and why it refuses the others.

    moves.py DIR [--all] [--only PACKAGE …] [--files LIST] [--prove COUNT [--seed NUMBER]]

DIR is what `corpus/fetch.py` made. Each of its packages is a repository of its own, also where `--files` names a list of the
migrations that are looked at, one a line, below DIR/packages. What could not be read is told, and makes exit code 2. Every UPDATE, DELETE and INSERT … SELECT on the way up is planned, and nothing is
written. Each migration that would be rewritten must parse, and must differ only where its statement stood, and in that a
column which is dropped later may be NULL. `--all` lists each refusal with its place. Refused changes that no backfill on
PostgreSQL is for (what a later migration drops, rows that a migration makes itself, other databases) are counted, and left out
of a second pair of figures. `--prove` draws so many of the moves that are SQL, runs each beside its migration on made-up rows
of a scratch PostgreSQL, and compares; exit code 1 if one leaves other rows. Loops are what an object mapper writes inside of
a `for` or `while`. Files are planned by as many processes as there are cores. Exit code 1 if a rewritten file breaks that rule.
"""

from __future__ import annotations

import argparse
import ast
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from multiprocessing import get_context
from pathlib import Path
from random import Random

from migration_guard.cli.proving import prover
from migration_guard.config import SettingsLoader
from migration_guard.filing import Checked
from migration_guard.findings import Finding
from migration_guard.move.later import Change
from migration_guard.move.place import Modules
from migration_guard.move.plan import MOVABLE, Move, Refusal, plan
from migration_guard.operations import Direction
from migration_guard.pipeline import Request, run
from migration_guard.prove import Proof
from migration_guard.rewriting.gates import REQUIRE

MODULE = "backfills_of_the_benchmark.py"
SECONDS = 300
"""That reading one file may take: the figures are about moves, on a machine that has other work too."""
NOTHING_TO_MOVE = {
    "what it needs is dropped in a migration beside it, which may come first": r"which of the two runs first is not said",
    "rows that it makes itself": r"it saves a row that it has made itself",
    "another database than PostgreSQL": r"it quotes names as MySQL does|it does not run on PostgreSQL",
}
"""Refusals of what no backfill on PostgreSQL is for, by the reason that is given."""
EXPECTED = re.compile(r"^# migration-guard move: |\.noop\b|\.alter_column\(.*nullable=True")
"""What a move adds: its comment, what does nothing, and that a column which is dropped later may be NULL."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one data change."""

    place: str
    kind: str
    loop: bool
    moved: bool
    by_function: bool
    with_gate: bool
    """Whether a later migration that takes away what it needs waits for it."""
    with_key: bool
    reason: str
    faults: tuple[str, ...]

    @property
    def package(self) -> str:
        return self.place.partition("/")[0]


class _Packages(SettingsLoader):
    """Each package is a repository of its own, however its files are named."""

    def __init__(self, folder: Path) -> None:
        super().__init__(cwd=folder, isolated=True, config=(f"file-timeout={SECONDS}",))
        self._folder = folder

    def git_root(self, folder: Path) -> Path | None:
        inside = folder != self._folder and folder.is_relative_to(self._folder)
        return self._folder / folder.relative_to(self._folder).parts[0] if inside else None


def main() -> int:
    """Plan every move, and print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--all", action="store_true", help="list each refusal")
    parser.add_argument("--only", nargs="+", default=[], metavar="PACKAGE", help="only these packages")
    parser.add_argument("--files", type=Path, metavar="LIST", help="only the migrations of a list")
    parser.add_argument("--prove", type=int, default=0, metavar="COUNT", help="prove moves that are drawn")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    packages = (arguments.corpus / "packages").absolute()
    named = arguments.files.read_text("utf-8").split() if arguments.files is not None else arguments.only
    outcomes = list(_outcomes(packages, named))
    for one in outcomes:
        if arguments.all and not one.moved:
            print(f"{one.place}: {one.reason}")
        for fault in one.faults:
            print(f"{one.place}: {fault}")
    for kind in sorted({one.kind for one in outcomes}):
        _print_share(kind, [one for one in outcomes if one.kind == kind])
    for package in sorted({one.package for one in outcomes}):
        _print_share(package, [one for one in outcomes if one.package == package])
    _print_share("all", outcomes)
    _print_share("loops of object mappers", [one for one in outcomes if one.loop])
    left_out = Counter(sort for one in outcomes if (sort := _nothing_to_move(one)) is not None)
    for sort, count in left_out.most_common():
        print(f"{count:5} of these are nothing for a backfill on PostgreSQL: {sort}")
    wanted = [one for one in outcomes if _nothing_to_move(one) is None]
    _print_share("without these, all", wanted)
    _print_share("without these, loops of object mappers", [one for one in wanted if one.loop])
    print(f"{sum(bool(one.faults) for one in outcomes)} rewritten wrongly")
    print(
        f"{sum(one.with_gate for one in outcomes)} of the moved ones are waited for by a later migration that drops what they need"
    )
    print(f"with --key, where the migrations do not tell it: {sum(one.with_key for one in outcomes)} more")
    for reason, count in Counter(_sort(one.reason) for one in outcomes if not one.moved).most_common():
        print(f"{count:5} {reason}")
    differ = _prove(outcomes, arguments.prove, arguments.seed) if arguments.prove else 0
    for problem in _PROBLEMS:
        print(f"not read: {problem}")
    return 2 if _PROBLEMS else 1 if differ or any(one.faults for one in outcomes) else 0


def _nothing_to_move(one: Outcome) -> str | None:
    """Say of what sort a refused change is that no backfill is for; None where there is one to write."""
    sorts = (sort for sort, pattern in NOTHING_TO_MOVE.items() if re.search(pattern, one.reason))
    return next(sorts, None) if not one.moved else None


def _prove(outcomes: Sequence[Outcome], count: int, seed: int) -> int:
    """Prove moves that are drawn; give how many leave other rows."""
    movable = [one.place for one in outcomes if one.moved and not one.by_function]
    drawn = set(Random(seed).sample(movable, min(count, len(movable))))
    told: Counter[str] = Counter()
    with prover(None) as proved:
        for one in _READ:
            for finding in _changes(one):
                place = f"{finding.path}:{finding.span.line}"
                if place not in drawn:
                    continue
                drawn.discard(place)
                move = plan(one, finding, None, Modules((), one.candidate.root / MODULE))
                proof = proved(move) if isinstance(move, Move) else Proof(None, "not planned again")
                told[{True: "proven", False: "NOT the same", None: "not proven"}[proof.proven]] += 1
                if not proof.proven:
                    print(f"{place}: {proof.told}")
    print(f"of {told.total()} moves that are drawn (seed {seed}): {dict(sorted(told.items()))}")
    return told["NOT the same"]


def _print_share(name: str, outcomes: Sequence[Outcome]) -> None:
    moved = sum(one.moved for one in outcomes)
    share = moved / max(len(outcomes), 1)
    print(
        f"{name}: {moved} of {len(outcomes)} can be moved ({share:.0%}), {sum(one.by_function for one in outcomes)} of "
        "them by a function"
    )


def _outcomes(packages: Path, named: Sequence[str]) -> Iterator[Outcome]:
    """Read everything once, and plan each file in one of several processes, which are copies of this one."""
    global _READ, _PROBLEMS
    paths = [str(packages / name) for name in named] or [str(packages)]
    workers = os.cpu_count() or 1
    done = run(Request(paths, packages, _Packages(packages), workers=workers, baseline=False, renders=True))
    _READ, _PROBLEMS = done.checked, tuple(f"{one.path}: {one.message}" for one in done.report.problems)
    with get_context("fork").Pool(workers) as pool:
        for outcomes in pool.imap(_of_file, range(len(_READ))):
            yield from outcomes


_READ: tuple[Checked, ...] = ()
_PROBLEMS: tuple[str, ...] = ()


def _of_file(index: int) -> list[Outcome]:
    one = _READ[index]
    modules = Modules((), one.candidate.root / MODULE)
    loops = None
    found = []
    for finding in _changes(one):
        assert finding.operation is not None
        loops = _loops(one.candidate.source) if loops is None else loops
        outcome = plan(one, finding, None, modules)
        refused = isinstance(outcome, Refusal)
        found.append(
            Outcome(
                place=f"{finding.path}:{finding.span.line}",
                kind=finding.operation.kind.value,
                loop=finding.operation.how.endswith("-orm") and any(finding.span.line in loop for loop in loops),
                moved=not refused,
                by_function=isinstance(outcome, Move) and b"apply=" in outcome.module_after,
                with_gate=isinstance(outcome, Move) and any(map(_is_gated, outcome.others)),
                with_key=isinstance(outcome, Refusal)
                and "--key" in outcome.reason
                and isinstance(plan(one, finding, "id", modules), Move),
                reason=outcome.reason if isinstance(outcome, Refusal) else "",
                faults=tuple(_faults(outcome)) if isinstance(outcome, Move) else (),
            )
        )
    return found


def _is_gated(change: Change) -> bool:
    gate = REQUIRE.encode()
    return change.before is not None and gate in change.after and gate not in change.before


def _loops(source: bytes) -> list[range]:
    """The lines of each loop."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return []
    loops = [node for node in ast.walk(tree) if isinstance(node, (ast.For, ast.While, ast.AsyncFor))]
    return [range(loop.lineno, (loop.end_lineno or loop.lineno) + 1) for loop in loops]


def _changes(one: Checked) -> Iterator[Finding]:
    for finding in one.findings:
        operation = finding.operation
        if operation is not None and operation.kind in MOVABLE and operation.direction is not Direction.DOWNGRADE:
            yield finding


def _faults(move: Move) -> Iterator[str]:
    """Say what is wrong with a migration that would be rewritten."""
    assert move.after is not None
    others = ((change.path.name, change.after) for change in move.others)
    for path, content in ((move.migration.name, move.after), (MODULE, move.module_after), *others):
        try:
            ast.parse(content)
        except SyntaxError as error:
            yield f"{path} does not parse any more: {error}"
    old, new = move.before.splitlines(keepends=True), move.after.splitlines(keepends=True)
    for kind, low, high, begin, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        added = b"".join(new[begin:end]).decode(errors="replace") if kind != "equal" else ""
        left = [re.sub(r"/\* migration-guard move: .*? \*/", "", line).strip() for line in added.splitlines()]
        gone = b"".join(old[low:high]).decode(errors="replace")
        if any(line and line != "pass" and not EXPECTED.search(line) and not _within(line, gone) for line in left):
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
