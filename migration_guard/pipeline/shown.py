"""The last room: what is told of a run."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from migration_guard.baseline import Filed
from migration_guard.changes import leads_elsewhere
from migration_guard.config import Settings
from migration_guard.discover import BACKFILL, Candidate
from migration_guard.discover.patterns import is_glob
from migration_guard.files import exists, nearest_name, shown_path
from migration_guard.filing import Shelf
from migration_guard.findings import Status
from migration_guard.git import Git, GitError
from migration_guard.pipeline.filed import Shelved
from migration_guard.report.model import Report
from migration_guard.request import Request, Run
from migration_guard.rules import all_rules
from migration_guard.sources import is_for_others


def show(shelved: Shelved) -> Run:
    """Put everything together, sorted."""
    verdicts, findings = shelved.verdicts, shelved.findings
    read, checked = verdicts.read, verdicts.checked
    request = read.found.asked.request
    here = request.load.for_folder(request.cwd)
    problems = (*read.found.problems, *read.problems, *verdicts.problems)
    candidates = read.discovery.candidates
    levels = {one.candidate.shown: one.candidate.settings.fail_on for one in checked}
    new = [finding for finding in findings if finding.status is Status.NEW]
    report = Report(
        findings=tuple(sorted(findings, key=lambda finding: finding.sort_key)),
        problems=tuple(sorted(problems, key=lambda problem: (problem.path, problem.line or 0, problem.message))),
        files=len(candidates),
        backfills=sum(one.framework == BACKFILL for one in candidates),
        excluded=read.discovery.excluded,
        failing=sum(finding.severity.at_least(levels.get(finding.path, here.fail_on)) for finding in new),
        sources=_Texts({one.candidate.shown: one.candidate for one in checked if one.findings}),
        first_run=_could_be_grandfathered(request) and not any(shelf.baseline.exists for shelf in shelved.shelves),
        unchanged=_known_unchanged(shelved.shelves, request.cwd) if not problems else 0,
        outside=shelved.outside,
        subject=_subject(request),
        unread=read.unread,
        recovered=tuple(shelf.shown for shelf in shelved.shelves if shelf.baseline.recovered),
        remembered=request.cache.hits if request.cache is not None else None,
    )
    return Run(report, shelved.shelves, checked, (*shelved.notes, *_not_there(here, request.cwd)))


def _could_be_grandfathered(request: Request) -> bool:
    """Whether a run is about what is there: a hook, and what asks about a change, are about what is new."""
    about_a_change = request.force_exclude or request.staged or request.diff is not None or request.pending is not None
    return request.baseline and not about_a_change


def _not_there(settings: Settings, cwd: Path) -> Iterator[str]:
    """Tell of deploy scripts that are named and gone: `verify` refuses to begin, but it may not run for long."""
    for entry in settings.verify.deploy_scripts:
        if not is_glob(entry) and not exists(settings.root / entry):
            near = nearest_name(settings.root / entry, settings.root)
            yield f"{shown_path(settings.source or settings.root, cwd)}: `verify.deploy-scripts`: there is no {entry!r}{near}"


class _Texts(Mapping[str, str]):
    """What stands in files, decoded when it is asked for: most formats show a few of them, or none."""

    def __init__(self, files: Mapping[str, Candidate]) -> None:
        self._files = files

    def __getitem__(self, shown: str) -> str:
        return _decoded(self._files[shown].source)

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)


def _subject(request: Request) -> tuple[str, ...]:
    root = request.load.git_root(request.cwd) or request.cwd
    folder = request.cwd.relative_to(root).as_posix()
    return (*(() if folder == "." else (folder,)), *request.paths)


def _known_unchanged(shelves: Iterable[Shelf], cwd: Path) -> int:
    """Count what is new to this version; without a history nothing is known to be old."""
    try:
        return sum(len({id(one.finding) for one in unchanged_since(shelf, cwd)}) for shelf in shelves)
    except GitError:
        return 0


def unchanged_since(shelf: Shelf, cwd: Path) -> tuple[Filed, ...]:
    """Give the new findings of code that is as it was when the baseline was last changed. Raises GitError."""
    if not shelf.matching.new:
        return ()
    joining = {rule.code for rule in all_rules() if rule.contract}
    new = [one for one in shelf.matching.new if one.finding.code not in joining]  # a backfill came, not a version
    baseline = shelf.baseline
    if not new or not baseline.exists:
        return ()
    git = Git.at(baseline.folder)
    commit = git.last_change(baseline.path)
    places = {id(one): _places(one, shelf, cwd) for one in new}
    same = git.unchanged(commit, {place for every in places.values() for place in every})
    alike = [one for one in new if places[id(one)] <= same]
    leading = {id(one) for one in alike if leads_elsewhere(shelf.read[one.file].candidate.source)}
    if leading and any(not is_for_others(name) for name in git.deleted(commit)):
        return tuple(one for one in alike if id(one) not in leading)  # what they led to may be gone
    return tuple(alike)


def _places(filed: Filed, shelf: Shelf, cwd: Path) -> frozenset[Path]:
    """The files that a finding is made of: the migration, the one in which its statement stands, all that it leads to."""
    via = filed.finding.operation.via if filed.finding.operation else None
    reached = map(Path, shelf.read[filed.file].reached)
    return frozenset({shelf.baseline.folder / filed.file, *([cwd / via.rpartition(":")[0]] if via else []), *reached})


@lru_cache(8)
def _decoded(source: bytes) -> str:
    """Decode a file as Python would; what it declares wrongly is shown as well as possible."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
        return source.decode(encoding)
    except (SyntaxError, ValueError, LookupError):
        return source.decode("utf-8", "replace")
