"""A lint run, as a line of rooms: asked, found, read, judged, filed, shown. It reads migrations and never runs them.

Each room takes the value that the one before it made, which holds on to what came before; nothing comes back.
"""

from __future__ import annotations

from migration_guard.earlier import in_index
from migration_guard.pipeline.asked import ask
from migration_guard.pipeline.backfills import names_without_backfills, unjudged_backfills
from migration_guard.pipeline.filed import file
from migration_guard.pipeline.found import find
from migration_guard.pipeline.judged import judge
from migration_guard.pipeline.laws import severities_of
from migration_guard.pipeline.look import Seen, look
from migration_guard.pipeline.read import read
from migration_guard.pipeline.shown import show, unchanged_since
from migration_guard.report.model import Report
from migration_guard.request import Request, Run
from migration_guard.sight.unsaved import instead

__all__ = [
    "Request",
    "Run",
    "Seen",
    "check",
    "look",
    "names_without_backfills",
    "run",
    "severities_of",
    "unchanged_since",
    "unjudged_backfills",
]


def check(request: Request) -> Report:
    """Find, read, judge and file. Raises ConfigError and UsageError; everything else becomes a Problem."""
    return run(request).report


def run(request: Request) -> Run:
    """Check, and tell the baselines too: what `migration-guard baseline` works with."""
    with instead(request.unsaved):
        asked = ask(request, run)
        if asked.is_of_the_index and asked.changes is not None:
            return in_index(request, asked.changes, run)
        return show(file(judge(read(find(asked)))))
