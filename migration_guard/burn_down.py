"""How the baseline has grown and shrunk, commit by commit, as its git history tells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path

from migration_guard.baseline import Baseline, BaselineError, parse
from migration_guard.codeowners import NOBODY
from migration_guard.findings import Severity
from migration_guard.git import Git
from migration_guard.report.background import Point
from migration_guard.rules import all_rules


def points(path: Path, severity: Callable[[str], Severity]) -> list[Point]:
    """Read each version of a baseline, the oldest first.

    `severity` says how bad a change of a table or model is. Raises `GitError`.
    """
    git = Git.at(path.parent)
    names = [rule.name for rule in all_rules() if not rule.upkeep]
    found = []
    for commit, day in git.history(path):
        content = git.content(commit, path)
        try:
            baseline = parse(content, path, names) if content is not None else Baseline(path)
        except BaselineError as error:
            found.append(Point(commit, day, 0, {}, {}, {}, str(error)))
            continue
        found.append(_point(commit, day, baseline, severity))
    return found


def _point(commit: str, day: date, baseline: Baseline, severity: Callable[[str], Severity]) -> Point:
    rules: Counter[str] = Counter()
    owners: Counter[str] = Counter()
    severities: Counter[Severity] = Counter()
    for entry in baseline.entries:
        rules[entry.rule] += entry.count
        owners[entry.owner or NOBODY] += entry.count
        severities[severity(entry.at)] += entry.count
    by_severity = {one.value: severities[one] for one in reversed(Severity) if severities[one]}
    return Point(commit, day, rules.total(), dict(rules.most_common()), dict(owners.most_common()), by_severity)
