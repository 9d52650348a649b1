"""The pipeline of a lint run: discover, gate, read, judge, report. It reads migrations and never runs them."""

from __future__ import annotations

import io
import os
import re
import sys
import tokenize
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path

from migration_guard.baseline import Baseline, Filed
from migration_guard.changes import Changes, changed_since, leads_elsewhere, outside, staged
from migration_guard.config import ConfigError, Settings, SettingsLoader, unknown_rules
from migration_guard.discover import BACKFILL, NOTHING, Beside, Candidate, Discovery, UsageError, discover
from migration_guard.discover.patterns import backfill_path, holds_backfills
from migration_guard.filing import Baselines, Checked, Shelf, file_away, path_of
from migration_guard.findings import Finding, Status
from migration_guard.gate import may_hold_operation
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
from migration_guard.operations import UNKNOWN_DIALECT, Ignore, Job, Problem, Reading, Unread
from migration_guard.pool import read_all
from migration_guard.report.model import Report
from migration_guard.rules import Fill, all_rules, fills, matching, select


def _unwatched(_total: int) -> Callable[[], None]:
    return lambda: None


_CONTRACT = re.compile(
    rb"\b(?:not\s+null|nullable|drop|validate|check|drop_column|create_check_constraint|AlterField|RemoveField)\b",
    re.IGNORECASE,
)
"""Words of a schema change that relies on data: where backfills are known, such a migration is read."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a run is asked to look at."""

    paths: Sequence[str]
    cwd: Path
    load: SettingsLoader
    workers: int
    force_exclude: bool = False
    """Drop named files that are excluded or are no migrations, as hooks want it."""
    baseline: bool = True
    """Whether findings are compared with the baseline."""
    baseline_from: str | None = None
    """The revision from whose merge base baselines are read."""
    ignores_since: str | None = None
    """The revision since whose merge base no new remark counts."""
    diff: str | None = None
    """A revision: only what the branch added or changed since it left it is of interest."""
    strict_discovery: bool = False
    """Whether what lies beside migrations and is not read is a Problem."""
    staged: bool = False
    """Whether only what the index adds or changes is of interest; all that is read is then read from the index."""
    changes: Changes | None = None
    """What changed, if that was found out already."""
    writes_baseline: bool = False
    """Whether a baseline that is missing is about to be written."""
    upgrades_baseline: bool = False
    """Whether entries that an earlier version wrote are to be brought up to date in any case."""
    renders: bool = False
    """Whether findings are wanted with their statements, as `move` needs them."""
    watch: Callable[[int], Callable[[], None]] = _unwatched
    """Told how many files there are; what it gives back is called after each, from several threads."""


@dataclass(frozen=True, slots=True)
class Run:
    """A report, and the baselines that it was made with."""

    report: Report
    shelves: tuple[Shelf, ...]
    checked: tuple[Checked, ...]


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
    if request.staged and request.changes is None:
        return _run_in_index(request)
    changes = _changes(request)
    discovery, direct = _discover(request, changes)
    laws = _laws(request, discovery)
    trusted = _Trusted(request)
    problems = [*discovery.problems, *_nothing_found(request, discovery)]
    problems += (Problem(name, None, why) for name, why in (changes.unseen if changes is not None else ()))
    checked: list[Checked] = []
    done = request.watch(len(discovery.candidates))
    beside = _backfills_beside(request, laws, discovery)
    gate = _Gate(done, contracts=bool(beside) or any(one.framework == BACKFILL for one in discovery.candidates))
    readings: list[tuple[Candidate, Reading]] = []
    for candidate, reading in _read(chain(beside, gate.kept(discovery.candidates)), request):
        readings.append((candidate, reading))
        done()
    if direct is not None:
        discovery, readings = _led_to(request, changes, discovery, readings, direct)
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
        look_back=partial(_look_back, request),
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
    """Say which backfills were not judged: functions in files that are not named, and names that lead to none."""
    files = [one for one in checked if one.candidate.framework == BACKFILL]
    paths = {str(one.candidate.path) for one in files}
    for one in files:
        for procedure in one.procedures:
            if procedure.elsewhere is not None and procedure.elsewhere not in paths:
                there = os.path.basename(procedure.elsewhere)
                message = f"backfill {procedure.shown}: its function stands in {there}, which `backfill.modules` must name too"
                yield Problem(one.candidate.shown, procedure.span.line, message)
    for settings in dict.fromkeys(one.candidate.settings for one in files):
        for entry in settings.backfill.modules:
            held = [one for one in files if holds_backfills(one.candidate.path, settings, entry)]
            if held and not any(one.procedures for one in held):
                message = f"no backfill is found in {entry}: no definition, and no function that changes rows"
                yield Problem(held[0].candidate.shown, None, message)


def _changes(request: Request) -> Changes | None:
    """Ask git what changed, if only that is of interest; None if everything is."""
    if request.changes is not None or (request.diff is None and not request.staged):
        return request.changes
    try:
        git = Git.at(request.cwd)
        found = staged(git) if request.staged else changed_since(git, request.diff or "")
    except GitError as error:
        raise UsageError(f"{'--staged' if request.staged else '--diff'}: {error}") from None
    return found.below(request.paths, request.cwd)


def _run_in_index(request: Request) -> Run:
    """Run where the index is written out: migrations, helpers, configuration and baseline are those of the next commit."""
    changes = _changes(request)
    if changes is None or not changes.every:
        return run(replace(request, changes=changes or _changes(request)))
    try:
        with changes.git.snapshot("") as root:
            inside = _moved(request, changes.git.root, root)
            return run(replace(inside, changes=changes.moved(root)))
    except GitError as error:
        raise UsageError(f"--staged: {error}") from None


def _moved(request: Request, root: Path, to: Path) -> Request:
    """The same request, of a folder that holds the files of another one."""
    cwd = to / os.path.relpath(os.path.realpath(request.cwd), os.path.realpath(root))
    cwd.mkdir(parents=True, exist_ok=True)
    paths = [os.path.relpath(path, request.cwd) if os.path.isabs(path) else path for path in request.paths]
    return replace(request, cwd=cwd, paths=paths, load=request.load.moved(root, to))


def _led_to(
    request: Request,
    changes: Changes | None,
    discovery: Discovery,
    readings: list[tuple[Candidate, Reading]],
    direct: frozenset[Path],
) -> tuple[Discovery, list[tuple[Candidate, Reading]]]:
    """Keep the migrations that were asked for, and those that lead to a file which changed, or are governed by one."""
    named = {os.path.realpath(request.cwd / path) for path in request.paths} if changes is None else set()

    def changed(path: str | Path) -> bool:
        return os.path.realpath(path) in named if changes is None else changes.of(Path(path)) is not None

    def concerned(candidate: Candidate, reading: Reading) -> bool:
        if candidate.path in direct or candidate.framework == BACKFILL or (changes is not None and changes.gone):
            return True
        source = candidate.settings.source
        return any(map(changed, reading.reached)) or (source is not None and changed(source))

    kept = [(candidate, reading) for candidate, reading in readings if concerned(candidate, reading)]
    paths = {candidate.path for candidate, _ in kept} | direct
    return replace(discovery, candidates=tuple(one for one in discovery.candidates if one.path in paths)), kept


def _outside(
    request: Request, changes: Changes, checked: Sequence[Checked], findings: Sequence[Finding]
) -> Iterator[Finding]:
    """Give the new findings that have nothing to do with the changes: they were there before, and as severe."""
    by_file: dict[str, list[Finding]] = {}
    for finding in findings:
        by_file.setdefault(finding.path, []).append(finding)
    asked = [one.candidate for one in checked if one.candidate.shown in by_file]
    before = _before(request, changes, [one.path for one in asked])
    for one in asked:
        yield from outside(by_file[one.shown], changes.of(one.path), before.get(one.path, ()))


def _before(request: Request, changes: Changes, paths: Sequence[Path]) -> dict[Path, tuple[Finding, ...]]:
    """Give what is found in files, under their old names, as all that they lead to was before the changes."""
    root = request.load.git_root(request.cwd) or changes.git.root
    names: dict[str, Path] = {}
    for path in paths:
        change = changes.of(path)
        name = os.path.relpath(os.path.realpath(path), os.path.realpath(root)) if change is None else change.before
        if name is not None:
            names[name] = path
    if not names:
        return {}
    try:
        with changes.git.snapshot(changes.base) as there:
            inside = _moved(request, root, there)
            files = {os.path.join(there, name): path for name, path in names.items()}
            old = tuple(file for file in files if os.path.isfile(file))
            if not old:
                return {}
            plain = Request(old, inside.cwd, inside.load, request.workers, baseline=False)
            found = run(plain)
            return {files[str(one.candidate.path)]: one.findings for one in found.checked}
    except GitError as error:
        raise UsageError(f"{'--staged' if request.staged else '--diff'}: {error}") from None


def _look_back(request: Request, baseline: Baseline) -> tuple[Filed, ...]:
    """Give what is found today in the files of outdated entries as they were when the baseline was written.

    Raises GitError.
    """
    git = Git.at(baseline.folder)
    since = request.baseline_from
    commit = git.merge_base(since) if since is not None else git.last_change(baseline.path)
    with git.snapshot(commit) as root:
        folder = root / git.name(baseline.folder / "x").rpartition("/")[0]
        files = dict.fromkeys(os.path.normpath(folder / entry.file) for entry in baseline.outdated)
        there = tuple(file for file in files if os.path.isfile(file))
        if not there:
            return ()
        found = run(Request(there, folder, request.load, request.workers, baseline=False))
        return tuple(
            filed
            for one in found.checked
            for finding in one.findings
            for filed in Filed.each(finding, os.path.relpath(one.candidate.path, folder))
        )


def _known_unchanged(shelves: Iterable[Shelf], cwd: Path) -> int:
    """Count what is new to this version; without a history nothing is known to be old."""
    try:
        return sum(len({id(one.finding) for one in unchanged_since(shelf, cwd)}) for shelf in shelves)
    except GitError:
        return 0


def unchanged_since(shelf: Shelf, cwd: Path) -> tuple[Filed, ...]:
    """Give the new findings of code that is as it was when the baseline was last changed. Raises GitError."""
    new, baseline = shelf.matching.new, shelf.baseline
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
    contracted = judge_contractions(reading, known, law, shown=candidate.shown, inside=inside)
    return Judged((*changed.findings, *contracted.findings), (*changed.problems, *contracted.problems))


def _backfills_beside(request: Request, laws: Mapping[Settings, Law], discovery: Discovery) -> tuple[Candidate, ...]:
    """Files of backfills that the configurations name and that are not to be checked: migrations may rely on them."""
    asking = [one for one, law in laws.items() if any(rule.contract for rule in law.selection.rules)]
    places = dict.fromkeys(str(backfill_path(entry, one)) for one in asking for entry in one.backfill.modules)
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


class _Gate:
    """Lets those files through that have to be read; the others are cleared while the readers are at work."""

    def __init__(self, done: Callable[[], None], *, contracts: bool) -> None:
        self.cleared: list[Candidate] = []
        self._done = done
        self._contracts = contracts
        """Whether there are backfills on which a schema change may rely."""

    def kept(self, candidates: Iterable[Candidate]) -> Iterator[Candidate]:
        for candidate in candidates:
            if _needs_reading(candidate) or (self._contracts and _CONTRACT.search(candidate.source)):
                yield candidate
            else:
                self.cleared.append(candidate)
                self._done()


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
    discovery, _ = _discover(request)
    seen = [
        Seen(candidate, not _needs_reading(candidate), reading)
        for candidate, reading in _read(discovery.candidates, request, explain=True)
    ]
    problems = (*discovery.problems, *_nothing_found(request, discovery))
    return tuple(sorted(seen, key=lambda one: one.candidate.shown)), problems


def _discover(request: Request, changes: Changes | None = None) -> tuple[Discovery, frozenset[Path] | None]:
    """Find what is asked for; where helpers or configurations are among it, also what may lead to them.

    In that case the second value says which files were asked for themselves.
    """
    if changes is None:
        found = discover(request.paths, cwd=request.cwd, load=request.load, force_exclude=request.force_exclude)
        others = [path for path in request.paths if path.endswith(_LED_TO)] if request.force_exclude else []
        asked = {request.cwd / path for path in others}
    else:
        paths = [str(one.path) for one in changes.every]
        found = discover(paths, cwd=request.cwd, load=request.load, force_exclude=True) if paths else NOTHING
        asked = {one.path for one in changes.every if one.path.name.endswith(_LED_TO)}
    direct = frozenset(one.path for one in found.candidates)
    known = {os.path.realpath(path) for path in direct}
    others_left = [path for path in asked if os.path.realpath(path) not in known]
    if not others_left and not (changes is not None and changes.gone):
        return found, None
    governing = any(not path.name.endswith((".py", ".sql")) for path in map(Path, others_left))
    every = discover((), cwd=request.cwd, load=request.load)
    more = tuple(
        one
        for one in every.candidates
        if one.path not in direct and (governing or leads_elsewhere(one.source, _LIBRARIES))
    )
    if not more:
        return found, None
    candidates = tuple(sorted((*found.candidates, *more), key=lambda one: one.shown))
    return replace(found, candidates=candidates), direct


_LED_TO = (".py", ".sql", ".toml", ".ini", ".cfg")
"""Files that a migration may read or import, or that govern it."""
_LIBRARIES = frozenset(
    {*sys.stdlib_module_names, "alembic", "sqlalchemy", "django", "psycopg", "psycopg2", "sqlmodel", "yoyo", "south"}
)


def _needs_reading(candidate: Candidate) -> bool:
    """Whether the gate lets a file through; it knows Python only."""
    if candidate.framework == BACKFILL:
        return True
    return candidate.path.suffix != ".py" or may_hold_operation(candidate.source)


def _nothing_found(request: Request, discovery: Discovery) -> Iterator[Problem]:
    """A gate that looked at nothing must not be green, except for a hook that was handed other files."""
    if request.force_exclude or request.staged or request.diff is not None:
        return
    for place in discovery.asked:
        yield Problem(str(place), None, "no migration was found here; name the folder that holds them, or set `paths`")


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
    overrides = {code: level for name, level in settings.severity for code in matching(name, rules)}
    severities = Severities(
        hot=TablePatterns.of(settings.hot_tables),
        small=TablePatterns.of((*settings.small_tables, *SMALL)),
        helpers=frozenset(settings.dml_helpers),
        overrides=overrides,
        measured=Measured.of(settings.measured),
    )
    return Law(selection, severities)


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
