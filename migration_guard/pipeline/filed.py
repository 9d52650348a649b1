"""The fifth room: which findings are new, and of these, which have to do with what changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from migration_guard.changes import Changes, outside
from migration_guard.config import Settings
from migration_guard.earlier import before, look_back
from migration_guard.filing import Baselines, Checked, Shelf, file_away, path_of
from migration_guard.findings import Finding, Severity, Status
from migration_guard.lean import dataclass
from migration_guard.pipeline.asked import Asked
from migration_guard.pipeline.found import Found
from migration_guard.pipeline.judged import Verdicts

if TYPE_CHECKING:
    from migration_guard.pending import Filter


@dataclass(frozen=True, slots=True)
class Shelved:
    """All findings, each with what it is by the baselines."""

    verdicts: Verdicts
    shelves: tuple[Shelf, ...]
    findings: tuple[Finding, ...]
    outside: int | None
    """How many new ones are left out because what changed has not to do with them; None if none was."""
    notes: tuple[str, ...] = ()
    """What was asked for and passed over."""


def file(verdicts: Verdicts) -> Shelved:
    """Compare with the baselines."""
    read = verdicts.read
    found = read.found
    request = found.asked.request
    governing: dict[Path, list[Settings]] = {}
    for settings in found.laws:
        governing.setdefault(path_of(settings), []).append(settings)
    source = Baselines(
        request.cwd,
        request.baseline,
        request.baseline_from,
        request.writes_baseline,
        look_back=partial(look_back, request, found.asked.again),
        upgrades=request.upgrades_baseline,
    )
    filing = file_away(verdicts.checked, read.discovery, governing, source, partial(_overrides, found))
    changes = found.asked.changes
    if changes is None and request.pending is None:
        return Shelved(verdicts, filing.shelves, filing.findings, None)
    aside, notes = set[int](), list[str]()
    if changes is not None:
        aside |= set(map(id, _outside(found.asked, changes, verdicts.checked, filing.findings)))
    if request.pending is not None:
        from migration_guard.pending import Filter  # noqa: PLC0415 -- few runs are about some migrations only

        wanted = Filter.of(request.pending, verdicts.checked)
        aside |= set(map(id, _not_pending(wanted, verdicts.checked, filing.findings)))
        if wanted.passed_over:
            notes.append(
                f"--unapplied: passed over, as nothing of these apps is checked: {', '.join(wanted.passed_over)}"
            )
    findings = tuple(finding for finding in filing.findings if id(finding) not in aside)
    return Shelved(verdicts, filing.shelves, findings, len(aside), tuple(notes))


def _overrides(found: Found) -> Mapping[str, Severity]:
    request = found.asked.request
    return found.laws[request.load.for_folder(request.cwd)].severities.overrides


def _not_pending(wanted: Filter, checked: Sequence[Checked], findings: Sequence[Finding]) -> Iterator[Finding]:
    """Give the new findings of migrations that are not of interest."""
    by_name = {one.candidate.shown: one for one in checked}
    for finding in findings:
        one = by_name.get(finding.path)
        if finding.status is Status.NEW and one is not None and not wanted.passes(one, finding):
            yield finding


def _outside(
    asked: Asked, changes: Changes, checked: Sequence[Checked], findings: Sequence[Finding]
) -> Iterator[Finding]:
    """Give the new findings that have nothing to do with the changes: they were there before, and as severe."""
    by_file: dict[str, list[Finding]] = {}
    for finding in findings:
        by_file.setdefault(finding.path, []).append(finding)
    there_are = [one.candidate for one in checked if one.candidate.shown in by_file]
    there = before(asked.request, changes, [one.path for one in there_are], asked.again)
    for one in there_are:
        yield from outside(by_file[one.shown], changes.of(one.path), there.get(one.path, ()))
