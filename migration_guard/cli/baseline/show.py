"""`migration-guard baseline show`: where each grandfathered finding stands today."""

from __future__ import annotations

from collections.abc import Iterator

import click

from migration_guard.baseline import Entry
from migration_guard.cli.output import emit
from migration_guard.cli.running import baseline_options, checked, told_problems
from migration_guard.filing import Shelf
from migration_guard.report.sanitise import one_line


@click.command("show")
@click.argument("paths", nargs=-1, metavar="[PATHS]...")
@baseline_options
def command(
    *, paths: tuple[str, ...], file: str | None, jobs: int | None, config: tuple[str, ...], isolated: bool
) -> int:
    """Show where each grandfathered finding stands today."""
    found = checked(paths, file=file, jobs=jobs, config=config, isolated=isolated, writes=False)
    for shelf in found.shelves:
        emit("".join(f"{one_line(line)}\n" for line in _lines(shelf)))
    return told_problems(found)


def _lines(shelf: Shelf) -> Iterator[str]:
    for one in shelf.matching.matched:
        finding = one.filed.finding
        where = f"{finding.path}:{finding.span.line}"
        yield f"{where}: {finding.code} {finding.name} [{finding.severity.value}] {one.filed.at}{notes(one.entry)}"
    for filed in shelf.cut_off:
        finding = filed.finding
        yield f"{finding.path}:{finding.span.line}: {finding.code} {finding.name} {filed.at} (by `grandfather`)"
    for entry, count in shelf.matching.stale:
        yield f"{shelf.shown}:{entry.line}: gone{_times(count)}: {entry.what}{notes(entry)}"
    for entry, count in shelf.matching.unknown:
        yield f"{shelf.shown}:{entry.line}: not looked at{_times(count)}: {entry.what}{notes(entry)}"


def notes(entry: Entry) -> str:
    """Say what an entry says beside its finding."""
    until = f"until {entry.until}" if entry.until else ""
    said = "; ".join(part for part in (entry.owner or "", until, entry.reason or "") if part)
    return f" ({said})" if said else ""


def _times(count: int) -> str:
    return f" ({count} of them)" if count > 1 else ""
