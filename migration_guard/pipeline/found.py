"""The second room: which files are migrations, and which law governs each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from migration_guard.discover import BACKFILL, Candidate, Discovery, discover
from migration_guard.discover.patterns import backfill_path
from migration_guard.files import exists
from migration_guard.lean import dataclass
from migration_guard.narrowing import find as found_by
from migration_guard.operations import Problem
from migration_guard.pipeline.asked import Asked
from migration_guard.pipeline.laws import Laws, laws_of
from migration_guard.pool import prepare
from migration_guard.request import Request


@dataclass(frozen=True, slots=True)
class Found:
    """The migrations that a run is about."""

    asked: Asked
    discovery: Discovery
    direct: frozenset[Path] | None
    """Those that were asked for themselves, where others may lead to what was asked for."""
    laws: Laws
    beside: tuple[Candidate, ...]
    """Files of backfills that are not to be checked, and that migrations may rely on."""
    problems: tuple[Problem, ...]


def find(asked: Asked) -> Found:
    """Find them. Raises ConfigError and UsageError."""
    request = asked.request
    discovery, direct = found_by(request, asked.changes, prepare)
    laws = laws_of(request, discovery)
    problems = [*discovery.problems, *nothing_found(request, discovery)]
    if asked.changes is not None:
        problems += (Problem(name, None, why) for name, why in asked.changes.unseen)
    beside = backfills_beside(request, laws, discovery)
    return Found(asked, discovery, direct, laws, beside, tuple(problems))


def backfills_beside(request: Request, laws: Laws, discovery: Discovery) -> tuple[Candidate, ...]:
    """Files of backfills that the configurations name and that are not to be checked: migrations may rely on them."""
    naming = [one for one in laws if one.backfill.modules]
    asking = [one for one in naming if any(rule.contract for rule in laws[one].selection.rules)]
    named = dict.fromkeys(backfill_path(entry, one) for one in asking for entry in one.backfill.modules)
    places = [str(path) for path in named if exists(path)]
    if not places or all(one.framework == BACKFILL for one in discovery.candidates):
        return ()
    here = {one.path for one in discovery.candidates}
    found = discover(tuple(places), cwd=request.cwd, load=request.load).candidates
    return tuple(one for one in found if one.framework == BACKFILL and one.path not in here)


def nothing_found(request: Request, discovery: Discovery) -> Iterator[Problem]:
    """A gate that looked at nothing must not be green, except for a hook that was handed other files."""
    if request.force_exclude or request.staged or request.diff is not None:
        return
    for place in discovery.asked:
        yield Problem(
            str(place),
            None,
            "no migration was found here; name the folder that holds them, or let `migration-guard init` look for scripts",
        )
