"""Beside the line: files as `explain` tells of them."""

from __future__ import annotations

from migration_guard.discover import Candidate
from migration_guard.gating import Gate
from migration_guard.lean import dataclass
from migration_guard.narrowing import find as found_by
from migration_guard.operations import Problem, Reading
from migration_guard.pipeline.found import nothing_found
from migration_guard.pipeline.read import read_each
from migration_guard.request import Request


@dataclass(frozen=True, slots=True)
class Seen:
    """What `explain` tells of one file."""

    candidate: Candidate
    gated: bool
    """Whether `check` clears the file without reading it closely."""
    reading: Reading


def look(request: Request) -> tuple[tuple[Seen, ...], tuple[Problem, ...]]:
    """Read files for `explain`: everything seen in them, also in those that the gate would clear."""
    discovery, _ = found_by(request)
    gate = Gate(lambda: None, contracts=False)
    seen = [
        Seen(candidate, not gate.needs_reading(candidate), reading)
        for candidate, reading in read_each(discovery.candidates, request, explain=True)
    ]
    problems = (*discovery.problems, *nothing_found(request, discovery))
    return tuple(sorted(seen, key=lambda one: one.candidate.shown)), problems
