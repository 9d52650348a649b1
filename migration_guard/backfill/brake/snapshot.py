"""How old the oldest snapshot is: no vacuum clears away what it may still see.

A session's is as old as its transaction. That of a replication slot, or of a standby that tells what it reads, is known by
its transaction number: it is as old as the first mark after it.
"""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.backfill.brake.reading import Reading
from migration_guard.backfill.brake.scene import MONITOR, Scene


def read(scene: Scene) -> Iterator[Reading]:
    """Read the oldest of all that count for a table of this database."""
    oldest = Reading("snapshot-seconds", 0.0)
    for what, seconds, transactions, timed in scene.ask("gauge_snapshot"):
        if timed and seconds is None:
            yield Reading("snapshot-seconds", None, blind=f"since when {what} has one is hidden: {MONITOR}")
            return
        now = scene.marks.now
        age = float(seconds) if timed else scene.marks.open_since(now.xid - int(transactions))
        if age > (oldest.value or 0.0):
            oldest = Reading("snapshot-seconds", age, what)
    yield oldest
