"""Files every finding as new, grandfathered or ignored, and finds what is wrong with the baselines themselves."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timezone
from pathlib import Path

from migration_guard.baseline import (
    DEFAULT_NAME,
    Baseline,
    BaselineError,
    Entry,
    Filed,
    Matching,
    Sight,
    load,
    match,
    parse,
)
from migration_guard.baseline.grandfather import CutOff, CutOffs, UnknownCutOff
from migration_guard.baseline.rekey import rekeyed, told_alike
from migration_guard.config import ConfigError, Settings
from migration_guard.discover import Candidate, Discovery
from migration_guard.files import LINK_OUT, exists, leads_out, repository_of, shown_path
from migration_guard.findings import SCHEME, Finding, Severity, Status
from migration_guard.git import Git, GitError
from migration_guard.lean import dataclass
from migration_guard.operations import Operation
from migration_guard.procedures import Procedure
from migration_guard.rules import CeilingUse, EntryUse, Upkeep, all_rules

Overrides = Callable[[], Mapping[str, Severity]]
"""Gives the severities that a configuration puts in place of rules' own."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A migration that was read and judged, before it is known which of its findings are old."""

    candidate: Candidate
    findings: tuple[Finding, ...]
    running: Container[str]
    """Names of the rules that ran on it."""
    whole: bool
    """Whether all of it could be checked."""
    replaces: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()
    """The migrations in it, where it is a script that holds several."""
    procedures: tuple[Procedure, ...] = ()
    """The backfills that it defines, if that is what it holds."""
    operations: tuple[Operation, ...] = ()
    """All that it does to data, also what no rule that runs is about."""
    reached: tuple[str, ...] = ()
    """Other files that it leads to. Absolute."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """One baseline of the run, with the findings that it could hold."""

    baseline: Baseline
    shown: str
    matching: Matching
    cut_off: tuple[Filed, ...]
    """New to the baseline, but of migrations that are grandfathered by their number."""
    read: Mapping[str, Checked]
    """What was checked, by the names that entries have for it."""


@dataclass(frozen=True, slots=True)
class Filing:
    """All findings of a run with their status, those about the baselines included."""

    findings: tuple[Finding, ...]
    shelves: tuple[Shelf, ...]


@dataclass(frozen=True, slots=True)
class Baselines:
    """Where the baselines of a run come from."""

    cwd: Path
    use: bool = True
    since: str | None = None
    """Read them as they were where the branch left this revision, so that it cannot grandfather itself."""
    may_be_missing: bool = False
    """Whether a configured one is about to be written."""
    look_back: Callable[[Baseline], tuple[Filed, ...]] | None = None
    """Gives what this version finds in the files as they were when a baseline was written. Raises GitError."""
    upgrades: bool = False
    """Whether entries of an earlier version are to be told again in any case."""
    today: date | None = None


def path_of(settings: Settings) -> Path:
    """Say where the baseline of a configuration lies, whether or not it is there."""
    return settings.root / (settings.baseline or DEFAULT_NAME)


def file_away(
    checked: Sequence[Checked],
    discovery: Discovery,
    governing: Mapping[Path, Sequence[Settings]],
    baselines: Baselines,
    overrides: Overrides,
) -> Filing:
    """File what was found. `governing` gives for each baseline the configurations that name it. Raises ConfigError."""
    findings: list[Finding] = []
    shelves: list[Shelf] = []
    for path, settings in sorted(governing.items()):
        mine = [one for one in checked if path_of(one.candidate.settings) == path]
        if not baselines.use:
            findings += (finding for one in mine for finding in one.findings)
            continue
        shelf = _shelf(path, settings, mine, discovery, baselines)
        shelves.append(shelf)
        old = {id(found.filed.finding) for found in shelf.matching.matched} | {id(one.finding) for one in shelf.cut_off}
        old -= {id(one.finding) for one in shelf.matching.new}  # one of its tables is new
        findings += (
            replace(finding, status=Status.GRANDFATHERED) if id(finding) in old else finding
            for one in mine
            for finding in one.findings
        )
        findings += _upkeep(shelf, settings, baselines, overrides)
        findings += _above_ceiling(shelf, settings, overrides)
    return Filing(tuple(findings), tuple(shelves))


def _shelf(
    path: Path, settings: Sequence[Settings], checked: Sequence[Checked], discovery: Discovery, baselines: Baselines
) -> Shelf:
    baseline = _baseline(path, settings, baselines)
    upkeep = {rule.code for rule in all_rules() if rule.upkeep} if any(one.findings for one in checked) else set[str]()
    names = _Names(baseline.folder)
    filed = [
        (one, filed)
        for one in checked
        for finding in sorted(one.findings, key=lambda finding: finding.sort_key)
        if finding.status is Status.NEW and finding.code not in upkeep
        for filed in Filed.each(finding, names.of(one.candidate.path), one.replaces)
    ]
    if baseline.outdated and baselines.look_back is not None:
        baseline = _upgraded(baseline, [one for _, one in filed], baselines)
    read = {names.of(one.candidate.path): one for one in checked}
    sights = _Sights(baseline.folder, read, discovery, upgrades=baselines.upgrades)
    matching = match(baseline.entries, [one for _, one in filed], sights.of)
    unmatched = set(map(id, matching.new))
    cut_off = tuple(_cut_off((one, each) for one, each in filed if id(each) in unmatched))
    covered = set(map(id, cut_off))
    new = tuple(one for one in matching.new if id(one) not in covered)
    return Shelf(baseline, shown_path(path, baselines.cwd), replace(matching, new=new), cut_off, read)


def _baseline(path: Path, settings: Sequence[Settings], baselines: Baselines) -> Baseline:
    found = _read(path, settings, baselines)
    for entry in found.entries:
        if entry.file.startswith("../") and not _is_inside(found.folder / entry.file, found.folder, baselines.cwd):
            raise BaselineError(path, entry.line, f"`file`: {entry.file!r} leads out of the repository")
    return found


def _upgraded(baseline: Baseline, now: Sequence[Filed], baselines: Baselines) -> Baseline:
    """Tell the entries of an earlier version again: by what was there when they were written, else by what is there."""
    baseline = replace(baseline, entries=told_alike(baseline.entries, now), upgraded=True)
    if not baseline.outdated:
        return baseline
    try:
        before = baselines.look_back(baseline) if baselines.look_back is not None else ()
    except GitError as error:
        if not baselines.upgrades:
            outdated = baseline.outdated
            message = (
                f"{len(outdated)} of its entries were written by an earlier version of migration-guard, and what they "
                f"stood for cannot be looked up ({error}); `migration-guard baseline --tool-upgrade` brings them up to date"
            )
            raise BaselineError(baseline.path, outdated[0].line, message) from None
        before = tuple(now)
    return replace(baseline, entries=rekeyed(baseline.entries, before))


def _is_inside(path: Path, folder: Path, cwd: Path) -> bool:
    """Whether a path stays in the repository of the baseline; without one, in the working directory."""
    root = repository_of(folder) or cwd
    return Path(os.path.normpath(path)).is_relative_to(root)


def _read(path: Path, settings: Sequence[Settings], baselines: Baselines) -> Baseline:
    if baselines.since is not None:
        return _as_it_was(path, baselines.since)
    if leads_out(path, repository_of(path.parent) or path.parent):
        raise BaselineError(path, None, f"the baseline cannot be read: {LINK_OUT}")
    if exists(path):
        return load(path, _names_of_rules())
    if any(one.baseline is not None for one in settings) and not baselines.may_be_missing:
        message = "the configured baseline is not there; `migration-guard baseline` writes it"
        raise BaselineError(path, None, message)
    return Baseline(path, exists=False)


def _names_of_rules() -> list[str]:
    return [rule.name for rule in all_rules() if not rule.upkeep]


def _as_it_was(path: Path, revision: str) -> Baseline:
    try:
        git = Git.at(path.parent)
        content = git.content(git.merge_base(revision), path)
    except GitError as error:
        raise BaselineError(path, None, f"the baseline cannot be read from {revision}: {error}") from None
    return Baseline(path, exists=False) if content is None else parse(content, path, _names_of_rules())


class _Sights:
    """What a run saw of the files that entries name."""

    def __init__(self, folder: Path, checked: Mapping[str, Checked], discovery: Discovery, *, upgrades: bool) -> None:
        self._upgrades = upgrades
        self._folder = folder
        self._discovery = discovery
        self._checked = checked
        self._gone: dict[str, Sight] = {}

    def of(self, entry: Entry) -> Sight:
        if entry.scheme != SCHEME and not self._upgrades:
            return Sight.UNSEEN  # nobody knows what it stood for
        one = self._checked.get(entry.file)
        if one is not None:
            return Sight.CHECKED if one.whole and entry.rule in one.running else Sight.UNSEEN
        if entry.file not in self._gone:
            path = self._folder / entry.file
            missing = Sight.GONE if self._discovery.would_meet(path) else Sight.MISSING
            self._gone[entry.file] = Sight.UNSEEN if exists(path) else missing
        return self._gone[entry.file]


def _cut_off(new: Iterable[tuple[Checked, Filed]]) -> Iterator[Filed]:
    """Those findings whose migrations the configuration of their file grandfathers by number."""
    offs: dict[Settings, CutOffs] = {}
    for one, filed in new:
        settings = one.candidate.settings
        if not settings.grandfather:
            continue
        if settings not in offs:
            offs[settings] = CutOffs(settings.root, tuple(_cut_offs(settings)))
        try:
            covered = offs[settings].cover(one.candidate.path, filed.finding.migration, one.blocks)
        except UnknownCutOff as error:
            raise ConfigError(settings.source or settings.root, None, str(error)) from None
        if covered:
            yield filed


def _cut_offs(settings: Settings) -> Iterator[CutOff]:
    for place, what in settings.grandfather:
        yield CutOff(place, newest=what) if isinstance(what, str) else CutOff(place, ids=frozenset(what))


def _upkeep(
    shelf: Shelf, settings: Sequence[Settings], baselines: Baselines, overrides: Overrides
) -> Iterator[Finding]:
    strict = any(one.strict_baseline for one in settings)
    today = baselines.today or datetime.now(timezone.utc).astimezone().date()
    stale = {entry.key: count for entry, count in shelf.matching.stale}
    there = {found.entry.key for found in shelf.matching.matched}
    for entry in shelf.baseline.entries:
        over = entry.until.isoformat() if entry.until and entry.until < today and entry.key in there else None
        use = EntryUse(entry.line, entry.what, stale.get(entry.key, 0), over)
        if not use.stale and not use.expired:
            continue
        for rule in all_rules():
            if rule.code in {"MG903", "MG904"}:
                context = Upkeep(rule, shelf.shown, overrides().get(rule.code), strict)
                yield from rule.check(use, context)


def _above_ceiling(shelf: Shelf, settings: Sequence[Settings], overrides: Overrides) -> Iterator[Finding]:
    """What is grandfathered beyond what the configuration allows, by severity or rule."""
    stated = [pair for one in settings for pair in one.baseline_ceiling]
    if not stated:
        return
    held: Counter[str] = Counter()
    for finding in {id(one.filed.finding): one.filed.finding for one in shelf.matching.matched}.values():
        held.update({finding.severity.value, finding.code, finding.name, "total"})
    rule = next(rule for rule in all_rules() if rule.code == "MG905")
    context = Upkeep(rule, shelf.shown, overrides().get(rule.code))
    for what in dict.fromkeys(what for what, _ in stated):
        lowest = min(most for name, most in stated if name == what)
        yield from rule.check(CeilingUse(what, held[what], lowest), context)


class _Names:
    """Names files relative to a baseline's folder, the same whichever symbolic link a run came through."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._real_folder = os.path.realpath(folder)
        self._parents: dict[Path, str] = {}

    def of(self, path: Path) -> str:
        parent = path.parent
        if parent not in self._parents:
            self._parents[parent] = self._named(parent)
        return (Path(self._parents[parent]) / path.name).as_posix()

    def _named(self, parent: Path) -> str:
        real = os.path.relpath(os.path.realpath(parent), self._real_folder)
        plain = os.path.relpath(parent, self._folder)
        return plain if real.startswith("..") and not plain.startswith("..") else real
