"""Whether a vacuum is at the table: each batch makes more of what it clears away, and both read and write the same pages."""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.backfill.brake.reading import Reading
from migration_guard.backfill.brake.scene import Scene


def read(scene: Scene) -> Iterator[Reading]:
    """Read it off the lock that a vacuum holds: which table it is about is hidden elsewhere from who may not monitor."""
    ((table,),) = scene.ask("gauge_vacuum", tables=list(scene.tables))
    yield Reading("autovacuum", float(table is not None), table or "")
