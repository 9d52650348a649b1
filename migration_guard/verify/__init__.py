"""The six points of a verification before a merge or a deployment, and the verdict: GO or NO-GO.

Everything is read, and nothing of the project is run, except that our own runner is started: against a closed port, and,
where somebody names one, on a scratch database.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from migration_guard.config import Settings, SettingsLoader
from migration_guard.discover import BACKFILL
from migration_guard.discover.patterns import backfill_path
from migration_guard.filing import Checked
from migration_guard.judge import Law, Severities, TablePatterns
from migration_guard.lean import dataclass
from migration_guard.operations import Problem
from migration_guard.pipeline import Request, Run, names_without_backfills, run
from migration_guard.pool import kept_readers
from migration_guard.rules import Selection, all_rules
from migration_guard.verify import deployment, guard, practices, running, schema_policy, scripts
from migration_guard.verify.fixes import fixes
from migration_guard.verify.verdict import Evidence, Point, Verification

TITLES = {
    1: "Backfills don't fail the deployment",
    2: "SKIP LOCKED",
    3: "Idempotent and resume-safe",
    4: "Small batches, commit per batch",
    5: "Timeout policy of data changes",
    6: "The guard catches all violations",
}
Found = tuple[list[Evidence], list[Problem]]
NO_BACKFILLS = "no backfills are named: `backfill.modules` names modules, files or folders"


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be verified."""

    cwd: Path
    config: tuple[str, ...]
    isolated: bool
    workers: int
    strict: bool = False
    scratch: str | None = None
    """The URL of a database that may be written to."""


class _EveryRule(SettingsLoader):
    """The project's settings with every rule on: what it turns off is still verified."""

    def for_folder(self, folder: Path) -> Settings:
        found = SettingsLoader.for_folder(self, folder)
        return replace(found, select=("ALL",), ignore=(), per_file_ignores=(), severity=())


def verify(order: Order) -> Verification:
    """Judge the six points. Raises ConfigError and UsageError, as a check does."""
    load = SettingsLoader(cwd=order.cwd, config=order.config, isolated=order.isolated)
    settings = load.for_folder(order.cwd)
    found = scripts.find(settings, order.cwd)
    with ThreadPoolExecutor(1) as beside, kept_readers(order.workers):
        started = beside.submit(running.against_a_closed_port)
        project = run(Request((), order.cwd, load, order.workers))
        files, problems = _backfills(order, settings)
        sixth = _sixth(project, settings, order)
    points = (
        _first(found, started.result(), settings, order.cwd),
        *(
            _practice(number, files, problems, more, strict=order.strict)
            for number, more in _further(settings, project, order)
        ),
        sixth,
    )
    every = [one for point in points for one in point.evidence]
    return Verification(points, fixes(every, _sources(files)), _left_out(found), order.strict)


def _first(found: scripts.Scripts, started: Found, settings: Settings, cwd: Path) -> Point:
    evidence, problems = started
    if found.judged or any(one.touches for one in found.others):
        read = deployment.read(found, settings.root, cwd)
        more, unjudged = deployment.judge(read)
        evidence, problems = [*more, *evidence], [*problems, *unjudged]
    else:
        seen = f" ({', '.join(one.shown for one in found.others)}: not judged)" if found.others else ""
        message = f"no description of a deployment was found{seen}; `verify.deploy-scripts` names them"
        problems.append(Problem("deploy scripts", None, message))
    return Point(1, TITLES[1], tuple(evidence), tuple(problems))


def _backfills(order: Order, settings: Settings) -> tuple[list[Checked], list[Problem]]:
    """Every file of backfills, judged by every rule."""
    if not settings.backfill.modules:
        return [], [Problem("backfills", None, NO_BACKFILLS)]
    load = _EveryRule(cwd=order.cwd, config=order.config, isolated=order.isolated)
    places = tuple(str(backfill_path(entry, settings)) for entry in settings.backfill.modules)
    ran = run(Request(places, order.cwd, load, order.workers, baseline=False))
    files = [one for one in ran.checked if one.candidate.framework == BACKFILL]
    return files, [*ran.report.problems, *names_without_backfills(files)]


def _further(settings: Settings, project: Run, order: Order) -> Iterator[tuple[int, Found]]:
    """What the points about backfills rest on, apart from their source."""
    for number in practices.CODES:
        more: Found = ([], [])
        if number == 3 and order.scratch is not None:
            more = running.twice(order.scratch, settings, order.config)
        if number == 5:
            migrations = [one.candidate for one in project.checked if one.candidate.framework != BACKFILL]
            more = (list(schema_policy.evidence(migrations, order.cwd)), [])
        yield number, more


def backfill_points(order: Order, settings: Settings) -> list[Point]:
    """The points about backfills alone, as far as their source tells."""
    files, problems = _backfills(order, settings)
    return [_practice(number, files, problems, ([], []), strict=order.strict) for number in practices.CODES]


def _practice(
    number: int, files: Sequence[Checked], problems: Sequence[Problem], more: Found, *, strict: bool
) -> Point:
    evidence, unjudged = more
    judged = practices.evidence(number, files, _law(), strict=strict)
    return Point(number, TITLES[number], (*judged, *evidence), (*problems, *unjudged))


def _sixth(project: Run, settings: Settings, order: Order) -> Point:
    evidence, problems = guard.evidence(order.config, settings.source, order.workers)
    apart = {
        one.candidate.shown for one in project.checked if one.candidate.framework == BACKFILL
    }  # other points' affair
    own = [one for one in project.report.problems if one.path not in apart]
    return Point(6, TITLES[6], (*evidence, *guard.on_project(project, settings.fail_on)), (*problems, *own))


def _law() -> Law:
    """Every rule, with its own severity."""
    nothing = TablePatterns.of(())
    return Law(Selection(all_rules()), Severities(nothing, nothing, frozenset(), {}))


def _sources(files: Sequence[Checked]) -> Mapping[str, str]:
    return {one.candidate.shown: one.candidate.source.decode("utf-8", "replace") for one in files}


def _left_out(found: scripts.Scripts) -> tuple[Problem, ...]:
    return tuple(
        Problem(one.shown, one.line, f"it looks as if it deployed, and is not judged: {one.why}")
        for one in found.others
    )


__all__ = ["Evidence", "Order", "Point", "Verification", "backfill_points", "verify"]
