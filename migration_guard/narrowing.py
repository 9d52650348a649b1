"""Which files a run is about: those that are asked for, and those that lead to what changed."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from migration_guard.changes import Changes, changed_since, leads_elsewhere, staged
from migration_guard.discover import BACKFILL, NOTHING, Candidate, Discovery, UsageError, discover
from migration_guard.files import exists
from migration_guard.git import Git, GitError
from migration_guard.operations import Reading
from migration_guard.pool import nothing
from migration_guard.request import Request
from migration_guard.sources import governs, is_for_others, is_source


def changes_of(request: Request) -> Changes | None:
    """Ask git what changed, if only that is of interest; None if everything is."""
    if request.changes is not None or (request.diff is None and not request.staged):
        return request.changes
    try:
        git = Git.at(request.cwd)
        found = staged(git) if request.staged else changed_since(git, request.diff or "")
    except GitError as error:
        raise UsageError(f"{'--staged' if request.staged else '--diff'}: {error}") from None
    return found.below(request.paths, request.cwd)


def find(
    request: Request, changes: Changes | None = None, many: Callable[[], None] = nothing
) -> tuple[Discovery, frozenset[Path] | None]:
    """Find what is asked for; where other files are among it, also what may lead to them or is governed by them.

    In that case the second value says which files were asked for themselves. `many` is called as soon as there are many.
    """
    if changes is None:
        found = discover(
            request.paths, cwd=request.cwd, load=request.load, force_exclude=request.force_exclude, many=many
        )
        named = request.paths if request.force_exclude else ()
        asked = {path for path in (request.cwd / name for name in named) if path.is_file()}
    else:
        paths = [str(one.path) for one in changes.every if is_source(one.path.name) or exists(one.path)]
        found = discover(paths, cwd=request.cwd, load=request.load, force_exclude=True) if paths else NOTHING
        asked = {one.path for one in changes.every}
    direct = frozenset(one.path for one in found.candidates)
    known = {os.path.realpath(path) for path in direct}
    others_left = [path for path in asked if os.path.realpath(path) not in known]
    gone = changes.gone if changes is not None else ()
    if not others_left and not gone:
        return found, None
    governing = any(map(governs, (*gone, *(path.name for path in others_left))))
    unnamed = bool(gone) or not all(is_for_others(path.name) for path in others_left)
    kinds = {path.suffix.encode() for path in others_left if path.suffix}

    def may_lead(source: bytes) -> bool:
        return leads_elsewhere(source) and (unnamed or any(kind in source for kind in kinds))

    every = discover((), cwd=request.cwd, load=request.load)
    more = tuple(one for one in every.candidates if one.path not in direct and (governing or may_lead(one.source)))
    if not more:
        return found, None
    candidates = tuple(sorted((*found.candidates, *more), key=lambda one: one.shown))
    return replace(found, candidates=candidates), direct


def led_to(
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
        if reading.problems:
            return True  # nobody knows what it leads to
        source = candidate.settings.source
        return any(map(changed, reading.reached)) or (source is not None and changed(source))

    kept = [(candidate, reading) for candidate, reading in readings if concerned(candidate, reading)]
    paths = {candidate.path for candidate, _ in kept} | direct
    return replace(discovery, candidates=tuple(one for one in discovery.candidates if one.path in paths)), kept
