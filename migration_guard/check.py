"""The pipeline of a lint run: discover, gate, read, judge, report. It reads migrations and never runs them."""

from __future__ import annotations

import io
import os
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path

from migration_guard.baseline import Filed
from migration_guard.changes import Changes, outside
from migration_guard.config import ConfigError, Settings, unknown_rules
from migration_guard.discover import BACKFILL, Beside, Candidate, Discovery, UsageError, discover
from migration_guard.discover.patterns import backfill_path, holds_backfills
from migration_guard.earlier import before, in_index, look_back
from migration_guard.files import exists
from migration_guard.filing import Baselines, Checked, Shelf, file_away, path_of
from migration_guard.findings import Finding, Status
from migration_guard.gating import Gate
from migration_guard.git import Git, GitError
from migration_guard.judge import (
    SMALL,
    Judged,
    Law,
    Measured,
    Severities,
    TablePatterns,
    Trusted,
    ignoring,
    judge,
    judge_backfills,
    judge_contractions,
)
from migration_guard.narrowing import changes_of, find, led_to
from migration_guard.operations import UNKNOWN_DIALECT, Ignore, Job, Problem, Reading, Unread
from migration_guard.pool import read_all
from migration_guard.report.model import Report
from migration_guard.request import Request, Run
from migration_guard.rules import Fill, all_rules, fills, matching, select

__all__ = [
    "Request",
    "Run",
    "Seen",
    "check",
    "look",
    "names_without_backfills",
    "run",
    "severities_of",
    "unchanged_since",
    "unjudged_backfills",
]


@dataclass(frozen=True, slots=True)
class Seen:
    """What `explain` tells of one file."""

    candidate: Candidate
    gated: bool
    """Whether `check` clears the file without reading it closely."""
    reading: Reading


def check(request: Request) -> Report:
    """Find, read, judge and file. Raises ConfigError and UsageError; everything else becomes a Problem."""
    return run(request).report


def run(request: Request) -> Run:
    """Check, and tell the baselines too: what `migration-guard baseline` works with."""
    changes = changes_of(request)
    if request.staged and request.changes is None and changes is not None:
        return in_index(request, changes, run)
    discovery, direct = find(request, changes)
    laws = _laws(request, discovery)
    trusted = _Trusted(request)
    problems = [*discovery.problems, *_nothing_found(request, discovery)]
    problems += (Problem(name, None, why) for name, why in (changes.unseen if changes is not None else ()))
    checked: list[Checked] = []
    done = request.watch(len(discovery.candidates))
    beside = _backfills_beside(request, laws, discovery)
    gate = Gate(done, contracts=bool(beside) or any(one.framework == BACKFILL for one in discovery.candidates))
    readings: list[tuple[Candidate, Reading]] = []
    for candidate, reading in _read(chain(beside, gate.kept(discovery.candidates)), request):
        readings.append((candidate, reading))
        done()
    if direct is not None:
        discovery, readings = led_to(request, changes, discovery, readings, direct)
    unreached = _unreached(discovery, readings)
    more = tuple(one.candidate for one in unreached if one.candidate is not None)
    readings += _read(more, request)
    discovery = replace(discovery, candidates=(*discovery.candidates, *more))
    unread = tuple(Unread(one.shown, one.reason) for one in unreached if one.candidate is None)
    if request.strict_discovery:
        problems += (Problem(one.path, None, f"is not read: {one.reason}") for one in unread)
    known = _known_fills(reading for _, reading in readings)
    trusted.look_back(readings, request, laws)
    for candidate, reading in readings:
        if candidate in beside:
            continue
        one, found = _judged(candidate, reading, laws[candidate.settings], trusted, known)
        checked.append(one)
        problems += found
    still = {candidate.path for candidate in discovery.candidates}
    checked += (_cleared(one, laws[one.settings]) for one in gate.cleared if one.path in still)
    checked.sort(key=lambda one: one.candidate.shown)
    problems += unjudged_backfills(checked)
    here = request.load.for_folder(request.cwd)
    governing: dict[Path, list[Settings]] = {}
    for settings in laws:
        governing.setdefault(path_of(settings), []).append(settings)
    source = Baselines(
        request.cwd,
        request.baseline,
        request.baseline_from,
        request.writes_baseline,
        look_back=partial(look_back, request, run),
        upgrades=request.upgrades_baseline,
    )
    filing = file_away(checked, discovery, governing, source, laws[here].severities.overrides)
    findings = filing.findings
    outside = None
    if changes is not None:
        aside = set(map(id, _outside(request, changes, checked, findings)))
        findings = tuple(finding for finding in findings if id(finding) not in aside)
        outside = len(aside)
    levels = {one.candidate.shown: one.candidate.settings.fail_on for one in checked}
    new = [finding for finding in findings if finding.status is Status.NEW]
    report = Report(
        findings=tuple(sorted(findings, key=lambda finding: finding.sort_key)),
        problems=tuple(sorted(problems, key=lambda problem: (problem.path, problem.line or 0, problem.message))),
        files=len(discovery.candidates),
        backfills=sum(one.framework == BACKFILL for one in discovery.candidates),
        excluded=discovery.excluded,
        failing=sum(finding.severity.at_least(levels.get(finding.path, here.fail_on)) for finding in new),
        sources={one.candidate.shown: _text(one.candidate.source) for one in checked if one.findings},
        first_run=request.baseline and not any(shelf.baseline.exists for shelf in filing.shelves),
        unchanged=_known_unchanged(filing.shelves, request.cwd) if not problems else 0,
        outside=outside,
        unread=unread,
        recovered=tuple(shelf.shown for shelf in filing.shelves if shelf.baseline.recovered),
    )
    return Run(report, filing.shelves, tuple(checked))


def _unreached(discovery: Discovery, readings: Iterable[tuple[Candidate, Reading]]) -> tuple[Beside, ...]:
    """Give what lies beside migrations and none of them leads to."""
    if not discovery.beside:
        return ()
    reached = {os.path.realpath(path) for _, reading in readings for path in reading.reached}
    return tuple(one for one in discovery.beside if os.path.realpath(one.path) not in reached)


def unjudged_backfills(checked: Sequence[Checked]) -> Iterator[Problem]:
    """Say which backfills were not judged, since their functions stand in files that are not named."""
    files = [one for one in checked if one.candidate.framework == BACKFILL]
    paths = {str(one.candidate.path) for one in files}
    for one in files:
        for procedure in one.procedures:
            if procedure.elsewhere is not None and procedure.elsewhere not in paths:
                there = os.path.basename(procedure.elsewhere)
                message = f"backfill {procedure.shown}: its function stands in {there}, which `backfill.modules` must name too"
                yield Problem(one.candidate.shown, procedure.span.line, message)


def names_without_backfills(checked: Sequence[Checked]) -> Iterator[Problem]:
    """Say which entries of `backfill.modules` lead to no backfill: no error of a check, and nothing that can be verified."""
    files = [one for one in checked if one.candidate.framework == BACKFILL]
    for settings in dict.fromkeys(one.candidate.settings for one in files):
        for entry in settings.backfill.modules:
            held = [one for one in files if holds_backfills(one.candidate.path, settings, entry)]
            if held and not any(one.procedures for one in held):
                message = f"no backfill is found in {entry}: no definition, and no function that changes rows"
                yield Problem(held[0].candidate.shown, None, message)


def _outside(
    request: Request, changes: Changes, checked: Sequence[Checked], findings: Sequence[Finding]
) -> Iterator[Finding]:
    """Give the new findings that have nothing to do with the changes: they were there before, and as severe."""
    by_file: dict[str, list[Finding]] = {}
    for finding in findings:
        by_file.setdefault(finding.path, []).append(finding)
    asked = [one.candidate for one in checked if one.candidate.shown in by_file]
    there = before(request, changes, [one.path for one in asked], run)
    for one in asked:
        yield from outside(by_file[one.shown], changes.of(one.path), there.get(one.path, ()))


def _known_unchanged(shelves: Iterable[Shelf], cwd: Path) -> int:
    """Count what is new to this version; without a history nothing is known to be old."""
    try:
        return sum(len({id(one.finding) for one in unchanged_since(shelf, cwd)}) for shelf in shelves)
    except GitError:
        return 0


def unchanged_since(shelf: Shelf, cwd: Path) -> tuple[Filed, ...]:
    """Give the new findings of code that is as it was when the baseline was last changed. Raises GitError."""
    joining = {rule.code for rule in all_rules() if rule.contract}
    new = [one for one in shelf.matching.new if one.finding.code not in joining]  # a backfill came, not a version
    baseline = shelf.baseline
    if not new or not baseline.exists:
        return ()
    git = Git.at(baseline.folder)
    commit = git.last_change(baseline.path)
    places = {id(one): _places(one, baseline.folder, cwd) for one in new}
    same = git.unchanged(commit, {place for every in places.values() for place in every})
    return tuple(one for one in new if places[id(one)] <= same)


def _places(filed: Filed, folder: Path, cwd: Path) -> frozenset[Path]:
    """The files that a finding is made of: the migration, and the one in which its statement stands."""
    via = filed.finding.operation.via if filed.finding.operation else None
    return frozenset({folder / filed.file, *([cwd / via.rpartition(":")[0]] if via else [])})


def _judged(
    candidate: Candidate, reading: Reading, law: Law, trusted: _Trusted, known: tuple[Fill, ...]
) -> tuple[Checked, list[Problem]]:
    inside = _inside(candidate)
    judged = _by_rules(candidate, reading, law, known)
    rules = law.selection.rules_for(inside)
    remarked = ignoring(
        judged.findings,
        reading.ignores,
        shown=candidate.shown,
        running=[rule.code for rule in rules] if not (reading.problems or judged.problems) else (),
        overrides=law.severities.overrides,
        trusted=trusted.in_file(candidate.path, reading.ignores),
    )
    problems = [*reading.problems, *judged.problems, *remarked.problems]
    running = frozenset(rule.name for rule in rules)
    checked = Checked(
        candidate,
        remarked.findings,
        running,
        whole=not problems,
        replaces=reading.replaces,
        procedures=reading.procedures,
    )
    return checked, problems


def _by_rules(candidate: Candidate, reading: Reading, law: Law, known: tuple[Fill, ...]) -> Judged:
    """Judge a migration by its operations and contractions, and a file of backfills by its procedures."""
    inside = _inside(candidate)
    if candidate.framework == BACKFILL:
        return judge_backfills(reading.procedures, law, shown=candidate.shown, inside=inside)
    changed = judge(reading.operations, law, shown=candidate.shown, inside=inside)
    django = candidate.framework == "django"
    contracted = judge_contractions(reading, known, law, shown=candidate.shown, inside=inside, django=django)
    return Judged((*changed.findings, *contracted.findings), (*changed.problems, *contracted.problems))


def _backfills_beside(request: Request, laws: Mapping[Settings, Law], discovery: Discovery) -> tuple[Candidate, ...]:
    """Files of backfills that the configurations name and that are not to be checked: migrations may rely on them."""
    asking = [one for one, law in laws.items() if any(rule.contract for rule in law.selection.rules)]
    named = dict.fromkeys(backfill_path(entry, one) for one in asking for entry in one.backfill.modules)
    places = [str(path) for path in named if exists(path)]
    if not places or all(one.framework == BACKFILL for one in discovery.candidates):
        return ()
    here = {one.path for one in discovery.candidates}
    found = discover(tuple(places), cwd=request.cwd, load=request.load).candidates
    return tuple(one for one in found if one.framework == BACKFILL and one.path not in here)


def _known_fills(readings: Iterable[Reading]) -> tuple[Fill, ...]:
    """What the backfills fill that were read."""
    found = {fill for one in readings for procedure in one.procedures for fill in fills(procedure)}
    return tuple(sorted(found, key=lambda fill: (fill.key, fill.table, sorted(fill.columns))))


def _cleared(candidate: Candidate, law: Law) -> Checked:
    """A file that the gate cleared: there is nothing in it."""
    running = frozenset(rule.name for rule in law.selection.rules_for(_inside(candidate)))
    return Checked(candidate, (), running, whole=True)


class _Trusted:
    """The remarks that were there before the branch, where only those count."""

    def __init__(self, request: Request) -> None:
        self._git: Git | None = None
        self._base = ""
        self._before: dict[Path, str] = {}
        self._findings: dict[Path, Counter[tuple[str, str]]] = {}
        if request.ignores_since is not None:
            try:
                self._git = Git.at(request.cwd)
                self._base = self._git.merge_base(request.ignores_since)
            except GitError as error:
                raise UsageError(f"--no-inline-ignores-since: {error}") from None

    def look_back(
        self, readings: Iterable[tuple[Candidate, Reading]], request: Request, laws: Mapping[Settings, Law]
    ) -> None:
        """Read the files that have remarks as they were."""
        if self._git is None:
            return
        old = []
        for candidate, reading in readings:
            if reading.ignores:
                content = self._git.content(self._base, candidate.path)
                self._before[candidate.path] = (content or b"").decode("utf-8", "replace")
                old += [replace(candidate, source=content)] if content is not None else []
        for candidate, reading in _read(old, request):
            found = _by_rules(candidate, reading, laws[candidate.settings], ()).findings
            self._findings[candidate.path] = Counter((one.code, one.fingerprint) for one in found)

    def in_file(self, path: Path, ignores: Sequence[Ignore]) -> Trusted | None:
        if self._git is None or not ignores:
            return None
        before = self._before.get(path, "")
        remarks = {ignore.text: before.count(ignore.text) for ignore in ignores}
        return Trusted(remarks, self._findings.get(path, Counter()))


def look(request: Request) -> tuple[tuple[Seen, ...], tuple[Problem, ...]]:
    """Read files for `explain`: everything seen in them, also in those that the gate would clear."""
    discovery, _ = find(request)
    gate = Gate(lambda: None, contracts=False)
    seen = [
        Seen(candidate, not gate.needs_reading(candidate), reading)
        for candidate, reading in _read(discovery.candidates, request, explain=True)
    ]
    problems = (*discovery.problems, *_nothing_found(request, discovery))
    return tuple(sorted(seen, key=lambda one: one.candidate.shown)), problems


def _nothing_found(request: Request, discovery: Discovery) -> Iterator[Problem]:
    """A gate that looked at nothing must not be green, except for a hook that was handed other files."""
    if request.force_exclude or request.staged or request.diff is not None:
        return
    for place in discovery.asked:
        yield Problem(
            str(place),
            None,
            "no migration was found here; name the folder that holds them, or let `migration-guard init` look for scripts",
        )


def _laws(request: Request, discovery: Discovery) -> dict[Settings, Law]:
    """Turn each configuration that governs a file into the law of its files."""
    aside = [one.candidate for one in discovery.beside if one.candidate is not None]
    settings = {candidate.settings for candidate in (*discovery.candidates, *aside)}
    return {one: _law(one) for one in {*settings, request.load.for_folder(request.cwd)}}


def _law(settings: Settings) -> Law:
    rules = all_rules()
    for error in unknown_rules(settings, [name for rule in rules for name in (rule.code, rule.name)]):
        raise error
    selection = select(rules, chosen=settings.select, ignored=settings.ignore, per_file=settings.per_file_ignores)
    if not any(not rule.upkeep for rule in selection.rules):
        message = "no rule is left: `select` and `ignore` turn every one off, and nothing would be looked for"
        raise ConfigError(settings.source or settings.root, None, message)
    return Law(selection, severities_of(settings))


def severities_of(settings: Settings) -> Severities:
    """Say how bad changes are, by the tables and overrides of a configuration."""
    rules = all_rules()
    return Severities(
        hot=TablePatterns.of(settings.hot_tables),
        small=TablePatterns.of((*settings.small_tables, *SMALL)),
        helpers=frozenset(settings.dml_helpers),
        overrides={code: level for name, level in settings.severity for code in matching(name, rules)},
        measured=Measured.of(settings.measured),
    )


def _read(
    candidates: Iterable[Candidate], request: Request, *, explain: bool = False
) -> Iterator[tuple[Candidate, Reading]]:
    """Read in other processes; `candidates` may be an iterator, which is then consumed while readings come in."""
    by_path: dict[str, Candidate] = {}

    def work() -> Iterator[tuple[Job, bytes]]:
        for candidate in candidates:
            by_path[str(candidate.path)] = candidate
            yield _job(candidate, explain=explain, renders=request.renders), candidate.source

    for job, reading in read_all(work(), request.workers):
        yield by_path[job.path], reading


def _job(candidate: Candidate, *, explain: bool, renders: bool) -> Job:
    settings = candidate.settings
    return Job(
        path=str(candidate.path),
        shown=candidate.shown,
        root=str(candidate.root),
        framework=candidate.framework,
        dialect=settings.dialect or UNKNOWN_DIALECT,
        dml_helpers=settings.dml_helpers,
        migration_marker=settings.migration_marker,
        seconds=settings.file_timeout,
        explain=explain,
        renders=renders,
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
