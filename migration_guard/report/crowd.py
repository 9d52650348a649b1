"""When a first run finds so much that not all of it is shown at once, and what is shown then."""

from __future__ import annotations

from migration_guard.findings import Finding
from migration_guard.report.model import Report, by_urgency

OVERVIEW_FROM = 20
"""More findings than this are shown as a table."""
WORST = 5


def worst(report: Report) -> list[Finding]:
    """Pick the findings to look at first."""
    return by_urgency(report.new)[:WORST]
