"""What the guard tells of a program: the same gate and the same reading as in a run, without the processes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from migration_guard import sight
from migration_guard.frameworks import is_loaded_by_name
from migration_guard.gate import may_hold_operation
from migration_guard.operations import Direction, Job
from migration_guard.reading.migration import read
from migration_guard.skim.acting import Acting
from witness.limits import TooLong, limited
from witness.record import bare

_SECONDS = 10
"""A reader that takes longer would be ended, and its file be a Problem."""


@dataclass(frozen=True, slots=True)
class Told:
    """A data change that the guard tells of, or a place that it could not look at."""

    kind: str
    table: str | None
    lines: frozenset[int]
    """Where it stands, and the calls that lead there."""


def told(path: Path, root: Path, source: str, framework: str) -> list[Told]:
    """Read a program. What is said of tables that are created in it is no alarm, and so it is not told."""
    data = source.encode()
    sight.forget()  # another program may have stood in its place
    by_name = is_loaded_by_name(framework)
    if not may_hold_operation(data) and not Acting(root).of_source(data, path, in_packages=by_name):
        return []
    job = Job(path=str(path), shown=path.name, root=str(root), framework=framework)
    try:
        with limited(_SECONDS):
            reading = read(job, data)
    except TooLong:
        return [Told("PROBLEM", None, frozenset({0}))]
    found = [Told("PROBLEM", None, frozenset({one.line or 0})) for one in reading.problems]
    for one in reading.operations:
        if one.created_here or one.kind.value == "MARKER" or one.direction is Direction.DOWNGRADE:
            continue
        lines = set(range(one.span.line, one.span.end_line + 1))
        for step in one.trail:
            place = step.partition(" ")[0]
            if place.rpartition(":")[0] == path.name:
                lines.add(int(place.rpartition(":")[2]))
        tables = tuple(map(bare, one.tables)) or (None,)
        found += [Told(one.kind.value, table, frozenset(lines)) for table in tables]
    return found
