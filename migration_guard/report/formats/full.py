"""Each place with its statement, all that is wrong there and what to do about it; what was said is not said again."""

from __future__ import annotations

from migration_guard.report.model import Report
from migration_guard.report.screen import Screen
from migration_guard.report.summary import summary


def render(report: Report, screen: Screen) -> str:
    """Give every place in full; where there is none, one line."""
    if report.problems or report.new or report.shown(grandfathered=screen.grandfathered):
        from migration_guard.report.in_full import render as in_full  # noqa: PLC0415 -- most runs find nothing

        return in_full(report, screen)
    return "" if screen.quiet else f"{summary(report)}\n"
