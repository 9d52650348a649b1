"""The pipeline of a lint run: discover, gate, read, judge, report. It reads migrations and never runs them."""

from __future__ import annotations

import io
import os
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from migration_guard.config import Settings, SettingsLoader, unknown_rules
from migration_guard.discover import Candidate, Discovery, discover
from migration_guard.findings import Finding
from migration_guard.gate import may_hold_operation
from migration_guard.judge import SMALL, Law, Severities, TablePatterns, judge
from migration_guard.operations import Job, Problem, Reading
from migration_guard.pool import read_all
from migration_guard.report.model import Report
from migration_guard.rules import all_rules, matching, select


@dataclass(frozen=True, slots=True)
class Request:
    """What a run is asked to look at."""

    paths: Sequence[str]
    cwd: Path
    load: SettingsLoader
    workers: int
    force_exclude: bool = False
    """Drop named files that are excluded or are no migrations, as hooks want it."""
    first_run: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """What `explain` tells of one file."""

    candidate: Candidate
    gated: bool
    """Whether `check` clears the file without reading it closely."""
    reading: Reading


def check(request: Request) -> Report:
    """Find, read and judge migrations. Raises ConfigError and UsageError; everything else becomes a Problem."""
    discovery = _discover(request)
    laws = _laws(request, discovery)
    problems = [*discovery.problems, *_nothing_found(request, discovery)]
    findings: list[Finding] = []
    failing = 0
    sources: dict[str, str] = {}
    kept = (candidate for candidate in discovery.candidates if _needs_reading(candidate))
    for candidate, reading in _read(kept, request.workers, explain=False):
        settings = candidate.settings
        judged = judge(reading.operations, laws[settings], shown=candidate.shown, inside=_inside(candidate))
        problems += (*reading.problems, *judged.problems)
        findings += judged.findings
        failing += sum(finding.severity.at_least(settings.fail_on) for finding in judged.findings)
        if judged.findings:
            sources[candidate.shown] = _text(candidate.source)
    return Report(
        findings=tuple(sorted(findings, key=lambda finding: finding.sort_key)),
        problems=tuple(sorted(problems, key=lambda problem: (problem.path, problem.line or 0, problem.message))),
        files=len(discovery.candidates),
        excluded=discovery.excluded,
        failing=failing,
        sources=sources,
        first_run=request.first_run,
    )


def look(request: Request) -> tuple[tuple[Seen, ...], tuple[Problem, ...]]:
    """Read files for `explain`: everything seen in them, also in those that the gate would clear."""
    discovery = _discover(request)
    seen = [
        Seen(candidate, not _needs_reading(candidate), reading)
        for candidate, reading in _read(discovery.candidates, request.workers, explain=True)
    ]
    problems = (*discovery.problems, *_nothing_found(request, discovery))
    return tuple(sorted(seen, key=lambda one: one.candidate.shown)), problems


def _discover(request: Request) -> Discovery:
    return discover(request.paths, cwd=request.cwd, load=request.load, force_exclude=request.force_exclude)


def _needs_reading(candidate: Candidate) -> bool:
    """Whether the gate lets a file through; it knows Python only."""
    return candidate.path.suffix != ".py" or may_hold_operation(candidate.source)


def _nothing_found(request: Request, discovery: Discovery) -> Iterator[Problem]:
    """A gate that looked at nothing must not be green, except for a hook that was handed other files."""
    if request.force_exclude:
        return
    for place in discovery.asked:
        yield Problem(str(place), None, "no migration was found here; name the folder that holds them, or set `paths`")


def _laws(request: Request, discovery: Discovery) -> dict[Settings, Law]:
    """Turn each configuration that governs a file into the law of its files."""
    settings = {candidate.settings for candidate in discovery.candidates}
    return {one: _law(one) for one in {*settings, request.load.for_folder(request.cwd)}}


def _law(settings: Settings) -> Law:
    rules = all_rules()
    for error in unknown_rules(settings, [name for rule in rules for name in (rule.code, rule.name)]):
        raise error
    selection = select(rules, chosen=settings.select, ignored=settings.ignore, per_file=settings.per_file_ignores)
    overrides = {code: level for name, level in settings.severity for code in matching(name, rules)}
    severities = Severities(
        hot=TablePatterns.of(settings.hot_tables),
        small=TablePatterns.of((*settings.small_tables, *SMALL)),
        helpers=frozenset(settings.dml_helpers),
        overrides=overrides,
    )
    return Law(selection, severities)


def _read(candidates: Iterable[Candidate], workers: int, *, explain: bool) -> Iterator[tuple[Candidate, Reading]]:
    """Read in other processes; `candidates` may be an iterator, which is then consumed while readings come in."""
    by_path: dict[str, Candidate] = {}

    def work() -> Iterator[tuple[Job, bytes]]:
        for candidate in candidates:
            by_path[str(candidate.path)] = candidate
            yield _job(candidate, explain=explain), candidate.source

    for job, reading in read_all(work(), workers):
        yield by_path[job.path], reading


def _job(candidate: Candidate, *, explain: bool) -> Job:
    settings = candidate.settings
    return Job(
        path=str(candidate.path),
        shown=candidate.shown,
        root=str(candidate.root),
        framework=candidate.framework,
        dialect=settings.dialect,
        dml_helpers=settings.dml_helpers,
        migration_marker=settings.migration_marker,
        seconds=settings.file_timeout,
        explain=explain,
    )


def _inside(candidate: Candidate) -> str:
    """Give the path that the configuration's patterns match: relative to its own folder, with slashes."""
    return Path(os.path.relpath(candidate.path, candidate.settings.root)).as_posix()


def _text(source: bytes) -> str:
    """Decode a file as Python would; what it declares wrongly is shown as well as possible."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
        return source.decode(encoding)
    except (SyntaxError, ValueError, LookupError):
        return source.decode("utf-8", "replace")
