"""The last point: the guard, with this project's configuration, on migrations that it must flag, on others, on its own."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from migration_guard.config import SettingsLoader
from migration_guard.findings import Finding, Severity, Status
from migration_guard.later import re
from migration_guard.lean import dataclass
from migration_guard.operations import Problem
from migration_guard.pipeline import Request, Run, check
from migration_guard.report.model import Report
from migration_guard.rules import all_rules
from migration_guard.verify.verdict import Evidence, Outcome

SAMPLES = Path(__file__).parent / "samples"
_EXPECT = re.compile(r"(?:#|--) expect: (MG\d+(?:, MG\d+)*)")


@dataclass(frozen=True, slots=True)
class Place:
    """A finding in a sample: where, and by which rule."""

    path: str
    line: int
    code: str


def evidence(config: Sequence[str], source: Path | None, workers: int) -> tuple[list[Evidence], list[Problem]]:
    """Run the guard over the bundled samples, obeying the configuration of the project."""
    with tempfile.TemporaryDirectory(prefix="migration-guard-") as name:
        folder = Path(name).resolve()
        shutil.copytree(SAMPLES, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        report = _checked(folder, config, source, workers)
        expected = Counter(place for path in sorted(folder.rglob("*.py")) for place in _expected(path, folder))
    found = Counter(_place(one) for one in report.findings if one.code.startswith(("MG1", "MG2", "MG3")))
    missing = sorted((expected - found).elements(), key=lambda one: (one.path, one.line))
    extra = sorted({one for one in found if one.path.startswith("lookalikes/")}, key=lambda one: (one.path, one.line))
    total = sum(expected.values())
    return [
        *_violations(missing, total),
        *(_wrong(one) for one in extra),
        *([] if extra else [Evidence(Outcome.PASS, "look-alikes", "none is flagged", "none is flagged")]),
    ], [Problem(f"bundled {one.path}", one.line, one.message) for one in report.problems]


def _checked(folder: Path, config: Sequence[str], source: Path | None, workers: int) -> Report:
    stated = [*([str(source)] if source is not None else []), *config, "backfill.modules=[]"]
    load = SettingsLoader(cwd=folder, config=stated, isolated=source is None)
    return check(Request(["violations", "lookalikes"], folder, load, workers, baseline=False))


def _expected(path: Path, folder: Path) -> Iterator[Place]:
    """The findings that a sample's own markers ask for."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = _EXPECT.search(line)
        for code in match[1].split(", ") if match else ():
            yield Place(path.relative_to(folder).as_posix(), number, code)


def _place(finding: Finding) -> Place:
    return Place(finding.path, finding.span.line, finding.code)


def _violations(missing: Sequence[Place], total: int) -> Iterator[Evidence]:
    if not missing:
        yield Evidence(Outcome.PASS, "bundled violations", f"{total} of {total} found", "all are found")
    names = {rule.code: rule.name for rule in all_rules()}
    for code in dict.fromkeys(one.code for one in missing):
        places = [one for one in missing if one.code == code]
        outcome = Outcome.FAIL if code.startswith("MG1") else Outcome.PARTIAL
        found = f"{len(places)} of {total} bundled violations not found"
        help_ = f"See whether `select`, `ignore` or `per-file-ignores` turns {names[code]} off."
        yield Evidence(outcome, f"{code} {names[code]}", found, "all are found", code=code, help=help_)


def _wrong(place: Place) -> Evidence:
    where = f"bundled {place.path}"
    return Evidence(Outcome.FAIL, "a look-alike", f"{place.code} is reported", "none is flagged", where, place.line)


def on_project(project: Run, fail_on: Severity) -> Iterator[Evidence]:
    """What the guard says of the project's own migrations; backfills are the subject of other points."""
    report = project.report
    levels = {one.candidate.shown: one.candidate.settings.fail_on for one in project.checked}
    own = [one for one in report.new if not one.code.startswith("MG4")]
    failing = [one for one in own if one.severity.at_least(levels.get(one.path, fail_on))]
    for one in failing:
        where = (one.path, one.span.line)
        found = f"{one.code} {one.name}"
        yield Evidence(Outcome.FAIL, one.message, found, "0 new", *where, code=one.code, help=one.help)
    if not failing:
        counts = f"0 new in {report.files - report.backfills} migrations"
        old = f", {report.count(Status.GRANDFATHERED)} grandfathered, {report.count(Status.IGNORED)} ignored"
        yield Evidence(Outcome.PASS, "this project", counts + old, "0 new")
    yield from _set_aside(report)


def _set_aside(report: Report) -> Iterator[Evidence]:
    """What the baseline and remarks set aside, by rule: known is not gone."""
    for status in (Status.GRANDFATHERED, Status.IGNORED):
        aside = [one for one in report.findings if one.status is status and one.code.startswith(("MG1", "MG2", "MG3"))]
        by_rule: dict[str, list[Finding]] = {}
        for one in aside:
            by_rule.setdefault(one.code, []).append(one)
        for code, found in sorted(by_rule.items()):
            high = sum(one.severity is Severity.HIGH for one in found)
            said = (
                f"{len(found):,} {status.value}{f', {high:,} of them on hot tables or otherwise high' if high else ''}"
            )
            first = found[0]
            yield Evidence(
                Outcome.PASS, f"{code} {first.name}", said, "none", first.path, first.span.line, code, remark=True
            )
