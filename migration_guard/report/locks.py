"""What a change of a measured table locks, in words."""

from __future__ import annotations

from migration_guard.config.tables import MeasuredTable
from migration_guard.report.model import Report

ROWS_A_SECOND = 20_000
"""An assumption, not a measurement: so it is named beside each estimate."""
MINUTE, HOUR = 60, 3600


def on_locks(table: str, report: Report) -> str:
    """Say how large and busy a table is, and for how long a change of all its rows would hold them; nothing if it was not measured."""
    known = report.background.tables if report.background else None
    one = known.get(table) if known else None
    if one is None:
        return ""
    return (
        f"{one.heat.value}: {one.rows:,} rows, {one.writes_per_day:,} writes a day; "
        f"a change of all its rows holds their locks for about {_duration(one)} at {ROWS_A_SECOND:,} rows a second"
    )


def _duration(table: MeasuredTable) -> str:
    seconds = max(table.rows // ROWS_A_SECOND, 1)
    if seconds >= HOUR:
        return f"{seconds / HOUR:.1f} h"
    return f"{seconds / MINUTE:.0f} min" if seconds >= MINUTE else f"{seconds} s"
