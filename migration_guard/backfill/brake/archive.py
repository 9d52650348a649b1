"""How much WAL is written and not archived yet: it stays on the server's disk, whatever its size."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migration_guard.backfill.brake.reading import Reading
from migration_guard.backfill.brake.scene import Scene

_SEGMENT = re.compile(r"[0-9A-F]{8}([0-9A-F]{8})([0-9A-F]{8})")


def read(scene: Scene) -> Iterator[Reading]:
    """Read the distance from the last archived segment; where none is known, from where the first look was."""
    ((mode, size, last),) = scene.ask("gauge_archive")
    if mode == "off":
        yield Reading("archive-bytes", 0.0)
        return
    segment = _SEGMENT.match(last or "")
    end = scene.marks.all[0].wal if segment is None else end_of(segment[1], segment[2], int(size))
    yield Reading("archive-bytes", float(max(0, scene.marks.now.wal - end)))


def end_of(high: str, low: str, size: int) -> int:
    """Say where a segment ends, by the two numbers of its name: chapter 26.3 of PostgreSQL's manual."""
    return (int(high, 16) << 32) + (int(low, 16) + 1) * size
