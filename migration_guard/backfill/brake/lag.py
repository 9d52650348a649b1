"""How far standbys are behind, by what the server knows of them: in bytes of WAL, and in time.

A standby that has gone away is in no view of the server's: who wants to know that one is missing says how many there are.
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.backfill.brake.marks import Marks
from migration_guard.backfill.brake.reading import Reading
from migration_guard.backfill.brake.scene import MONITOR, Scene

LIMITS = ("lag-bytes", "lag-seconds")


def read(scene: Scene, standbys: int = 0) -> Iterator[Reading]:
    """Read how far the slowest of them is; one that cannot be seen, or is missing, may be the slowest."""
    rows = scene.ask("gauge_lag")
    hidden = sum(state is None for _, state, _ in rows)
    blind = ""
    if hidden:
        blind = f"{hidden} standby(s) are connected, and the server shows nothing of them: {MONITOR}"
    elif len(rows) < standbys:
        blind = f"{len(rows)} of {standbys} standbys are connected"
    if blind:
        yield from (Reading(limit, None, blind=blind) for limit in LIMITS)
        return
    yield from behind(scene.marks, {str(name): int(replayed) for name, _, replayed in rows if replayed is not None})


def behind(marks: Marks, replayed: dict[str, int]) -> Iterator[Reading]:
    """Say how far the slowest is behind, of those whose positions are known."""
    if not replayed:
        yield from (Reading(limit, 0.0) for limit in LIMITS)
        return
    slowest = min(replayed, key=lambda name: replayed[name])
    position = replayed[slowest]
    yield Reading("lag-bytes", float(max(0, marks.now.wal - position)), slowest)
    yield Reading("lag-seconds", marks.behind(position), slowest)
