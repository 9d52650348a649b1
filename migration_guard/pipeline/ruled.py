"""What the rules say of one file."""

from __future__ import annotations

import os
from pathlib import Path

from migration_guard.discover import BACKFILL, Candidate
from migration_guard.judge import Judged, Law, judge, judge_backfills, judge_contractions, judge_omissions
from migration_guard.operations import Reading
from migration_guard.rules import Fill


def by_rules(candidate: Candidate, reading: Reading, law: Law, known: tuple[Fill, ...]) -> Judged:
    """Judge a migration by its operations and contractions, and a file of backfills by its procedures."""
    inside = inside_of(candidate)
    if candidate.framework == BACKFILL:
        return judge_backfills(reading.procedures, law, shown=candidate.shown, inside=inside)
    changed = judge(reading.operations, law, shown=candidate.shown, inside=inside)
    django = candidate.framework == "django"
    contracted = judge_contractions(reading, known, law, shown=candidate.shown, inside=inside, django=django)
    asked = judge_omissions(reading, law, shown=candidate.shown, inside=inside, framework=candidate.framework)
    every = (changed, contracted, asked)
    return Judged(
        tuple(found for one in every for found in one.findings),
        tuple(problem for one in every for problem in one.problems),
    )


def inside_of(candidate: Candidate) -> str:
    """Give the path that the configuration's patterns match: relative to its own folder, with slashes."""
    return Path(os.path.relpath(candidate.path, candidate.settings.root)).as_posix()
