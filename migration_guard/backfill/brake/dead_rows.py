"""How much of a table is dead: what an update leaves behind, until a vacuum clears it away."""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.backfill.brake.reading import Reading
from migration_guard.backfill.brake.scene import Scene

FEW = 10_000
"""Dead rows that matter to nobody, however small the table."""


def read(scene: Scene) -> Iterator[Reading]:
    """Read what the server has counted."""
    ((counting, live, dead),) = scene.ask("gauge_dead_rows", tables=list(scene.tables))
    if not counting:
        yield Reading("dead-rows", None, blind="the server does not count rows: track_counts is off")
        return
    yield Reading("dead-rows", dead / (live + dead) if dead > FEW else 0.0)
