"""The last line of a run: all counts, in words."""

from __future__ import annotations

from migration_guard.findings import Status
from migration_guard.report.model import Report


def summary(report: Report) -> str:
    """Count everything, so that nothing that was left out stays unsaid."""
    counts = [
        counted(report.files, "migration") + " checked",
        f"{report.count(Status.NEW)} new" + (f" ({report.below} below fail-on)" if report.below else ""),
        f"{report.count(Status.GRANDFATHERED)} grandfathered",
        f"{report.count(Status.IGNORED)} ignored",
        counted(len(report.problems), "problem"),
        f"{report.excluded} excluded",
    ]
    return ", ".join(counts) + "."


def counted(number: int, noun: str) -> str:
    """`1 migration`, `2 migrations`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
