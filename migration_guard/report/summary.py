"""The last line of a run: all counts, in words."""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.findings import Status
from migration_guard.report.model import Report
from migration_guard.report.sanitise import one_line

MOST_UNREAD = 10
"""Files that are named one by one."""


def summary(report: Report) -> str:
    """Count everything, so that nothing that was left out stays unsaid."""
    counts = [
        _files(report) + " checked",
        f"{report.count(Status.NEW)} new" + (f" ({report.below} below fail-on)" if report.below else ""),
        f"{report.count(Status.GRANDFATHERED)} grandfathered",
        f"{report.count(Status.IGNORED)} ignored",
        counted(len(report.problems), "problem"),
        f"{report.excluded} excluded",
    ]
    counts += [f"{counted(len(report.unread), 'file')} beside migrations unread"] if report.unread else []
    counts += [f"{report.outside} new outside of the change"] if report.outside is not None else []
    return "\n".join([", ".join(counts) + ".", *_hints(report)])


def _files(report: Report) -> str:
    migrations = counted(report.files - report.backfills, "migration")
    return f"{migrations} and {counted(report.backfills, 'file')} of backfills" if report.backfills else migrations


def _hints(report: Report) -> Iterator[str]:
    for one in report.unread[:MOST_UNREAD]:
        yield f"unread: {one_line(one.path)}: {one.reason}"
    if len(report.unread) > MOST_UNREAD:
        yield f"unread: {len(report.unread) - MOST_UNREAD} more; --output-format json names them all"
    if report.unchanged:
        what = "finding is" if report.unchanged == 1 else "findings are"
        yield f"{report.unchanged} {what} new to this version, in unchanged files: migration-guard baseline --tool-upgrade"
    for path in report.recovered:
        yield f"{one_line(path)} holds a merge conflict, and was read as both sides together: migration-guard baseline"


def verdict(report: Report) -> str:
    """Say in a few words how it is, for a heading."""
    parts = [counted(len(report.new), "new finding") if report.new else "nothing new"]
    parts += [f"{counted(len(report.problems), 'problem')}, not everything was checked"] if report.problems else []
    return ", ".join(parts)


def counted(number: int, noun: str) -> str:
    """`1 migration`, `2 migrations`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
