"""`migration-guard baseline prune`: takes out what is gone, and does nothing else."""

from __future__ import annotations

import click

from migration_guard.baseline import dump
from migration_guard.cli.output import emit, replace_file
from migration_guard.cli.running import baseline_options, checked, told_problems
from migration_guard.report.sanitise import one_line
from migration_guard.report.summary import counted


@click.command("prune")
@click.argument("paths", nargs=-1, metavar="[PATHS]...")
@baseline_options
def command(
    *, paths: tuple[str, ...], file: str | None, jobs: int | None, config: tuple[str, ...], isolated: bool
) -> int:
    """Take out the entries whose findings are gone, and leave all others as they are."""
    found = checked(paths, file=file, jobs=jobs, config=config, isolated=isolated, writes=False)
    for shelf in found.shelves:
        stale = {entry.key: count for entry, count in shelf.matching.stale}
        left = ((entry, entry.count - stale.get(entry.key, 0)) for entry in shelf.baseline.entries)
        kept = [entry._replace(count=count) for entry, count in left if count > 0]
        if stale:
            replace_file(shelf.baseline.path, dump(kept))
        if shelf.baseline.exists:
            gone = len(shelf.baseline.entries) - len(kept)
            kept_in_words = f"{len(kept)} entries" if len(kept) != 1 else "1 entry"
            emit(f"{one_line(shelf.shown)}: -{gone} ~{len(stale) - gone} ({kept_in_words} left)\n")
    if not any(shelf.baseline.exists for shelf in found.shelves):
        emit(f"{counted(found.report.files, 'migration')} checked, there is no baseline.\n")
    return told_problems(found)
