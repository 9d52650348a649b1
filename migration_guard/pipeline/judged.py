"""The fourth room: what the rules find."""

from __future__ import annotations

from collections.abc import Iterable

from migration_guard.discover import Candidate
from migration_guard.filing import Checked
from migration_guard.judge import ignoring
from migration_guard.lean import dataclass
from migration_guard.operations import Problem, Reading
from migration_guard.pipeline.backfills import unjudged_backfills
from migration_guard.pipeline.laws import Laws
from migration_guard.pipeline.read import Read
from migration_guard.pipeline.remarks import Remarks
from migration_guard.pipeline.ruled import by_rules, inside_of
from migration_guard.rules import Fill, fills


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What is found in each file."""

    read: Read
    checked: tuple[Checked, ...]
    """By the files' names."""
    problems: tuple[Problem, ...]


def judge(read: Read) -> Verdicts:
    """Judge every file that was read, and name those that were cleared."""
    laws, beside = read.found.laws, read.found.beside
    request = read.found.asked.request
    known = _known_fills(reading for _, reading in read.readings)
    remarks = Remarks(request)
    remarks.look_back(read.readings, request, laws)
    problems: list[Problem] = []
    checked: list[Checked] = []
    for candidate, reading in read.readings:
        if candidate in beside:
            continue
        one, found = _of_one(candidate, reading, laws, remarks, known)
        checked.append(one)
        problems += found
    checked += (Checked(one, (), Running(laws, one), whole=True) for one in read.cleared)
    checked.sort(key=lambda one: one.candidate.shown)
    problems += unjudged_backfills(checked)
    return Verdicts(read, tuple(checked), tuple(problems))


def _of_one(
    candidate: Candidate, reading: Reading, laws: Laws, remarks: Remarks, known: tuple[Fill, ...]
) -> tuple[Checked, list[Problem]]:
    law, inside = laws[candidate.settings], inside_of(candidate)
    judged = by_rules(candidate, reading, law, known)
    rules = law.selection.rules_for(inside)
    remarked = ignoring(
        judged.findings,
        reading.ignores,
        shown=candidate.shown,
        running=[rule.code for rule in rules] if not (reading.problems or judged.problems) else (),
        overrides=law.severities.overrides,
        trusted=remarks.in_file(candidate.path, reading.ignores),
    )
    problems = [*reading.problems, *judged.problems, *remarked.problems]
    checked = Checked(
        candidate,
        remarked.findings,
        Running(laws, candidate),
        whole=not problems,
        replaces=reading.replaces,
        blocks=reading.blocks,
        procedures=reading.procedures,
        operations=reading.operations,
        reached=reading.reached,
    )
    return checked, problems


class Running:
    """The rules that run on a file: only who has an entry for it in a baseline asks."""

    def __init__(self, laws: Laws, candidate: Candidate) -> None:
        self._laws = laws
        self._candidate = candidate

    def __contains__(self, name: object) -> bool:
        rules = self._laws[self._candidate.settings].selection.rules_for(inside_of(self._candidate))
        return any(rule.name == name for rule in rules)


def _known_fills(readings: Iterable[Reading]) -> tuple[Fill, ...]:
    """What the backfills fill that were read."""
    found = {fill for one in readings for procedure in one.procedures for fill in fills(procedure)}
    return tuple(sorted(found, key=lambda fill: (fill.key, fill.table, sorted(fill.columns))))
