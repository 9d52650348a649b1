"""Which tables are hot and which are small. What is neither is left out: a data change in it is medium anyway."""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.config.tables import Heat, MeasuredTable
from migration_guard.hot_tables.counts import Counted, Counts
from migration_guard.lean import dataclass


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where hot begins and small ends."""

    hot_rows: int = 100_000
    """A batch of 500 rows takes some ten milliseconds; so many rows in one transaction take the better part of a minute."""
    hot_writes: int = 10_000
    """Writes a day: one in ten seconds, so that somebody surely waits for a lock that is held for longer."""
    small_rows: int = 1_000
    small_writes: int = 1_000
    """Writes a day, beyond which even few rows are contended."""


def classified(counts: Counts, thresholds: Thresholds) -> tuple[MeasuredTable, ...]:
    """Give the hot tables and the small ones, the hottest first."""
    found = tuple(_measured(counts, thresholds))
    return tuple(sorted(found, key=lambda one: (one.heat is Heat.SMALL, -one.rows, one.name)))


def _measured(counts: Counts, thresholds: Thresholds) -> Iterator[MeasuredTable]:
    for table in counts.tables:
        writes = counts.writes_per_day(table)
        heat = _heat(table, writes, thresholds)
        if heat is not None:
            yield MeasuredTable(table.name, heat, table.rows or 0, table.bytes, writes)


def _heat(table: Counted, writes: int, thresholds: Thresholds) -> Heat | None:
    if (table.rows or 0) >= thresholds.hot_rows or writes >= thresholds.hot_writes:
        return Heat.HOT
    if table.rows is not None and table.rows <= thresholds.small_rows and writes <= thresholds.small_writes:
        return Heat.SMALL
    return None
