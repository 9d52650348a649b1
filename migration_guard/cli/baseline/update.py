"""`migration-guard baseline [PATHS]`: writes the baseline, or brings it up to date."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from migration_guard.baseline import Filed, dump, updated
from migration_guard.cli.baseline import COMMANDS
from migration_guard.cli.output import complain, emit, replace_file
from migration_guard.cli.running import baseline_options, checked, mistyped, told_problems
from migration_guard.filing import Shelf
from migration_guard.git import GitError
from migration_guard.pipeline import Run, unchanged_since
from migration_guard.report.sanitise import one_line
from migration_guard.report.summary import counted

WOULD_CHANGE = 1


@click.command("baseline", options_metavar="[OPTIONS]")
@click.argument("paths", nargs=-1, metavar="[PATHS]...")
@click.option("--accept-new", is_flag=True, help="Grandfather new findings too.")
@click.option("--tool-upgrade", is_flag=True, help="Grandfather new findings in files that nobody has changed.")
@click.option(
    "--check", is_flag=True, help="Write nothing; exit with 1 if the baseline would change, or lacks what is there."
)
@click.option("--show-diff", is_flag=True, help="Show what changes.")
@baseline_options
def command(
    *,
    paths: tuple[str, ...],
    accept_new: bool,
    tool_upgrade: bool,
    check: bool,
    show_diff: bool,
    file: str | None,
    jobs: int | None,
    config: tuple[str, ...],
    isolated: bool,
) -> int:
    """Write the baseline, or bring it up to date."""
    try:
        found = checked(paths, file=file, jobs=jobs, config=config, isolated=isolated, upgrades=tool_upgrade)
    except click.UsageError as error:
        raise mistyped(error, paths, COMMANDS) from None
    fresh = set(map(id, _unchanged(found))) if tool_upgrade else set()
    changes = False
    for shelf in found.shelves:
        everything = accept_new or not shelf.baseline.exists
        accepted = [one for one in shelf.matching.new if everything or id(one) in fresh]
        changes |= _update(shelf, accepted, write=not check, show_diff=show_diff)
        changes |= len(shelf.matching.new) > len(accepted)
    problems = told_problems(found)
    _say_nothing(found)
    return problems or (WOULD_CHANGE if check and changes else 0)


def _unchanged(found: Run) -> Iterator[Filed]:
    try:
        for shelf in found.shelves:
            yield from unchanged_since(shelf, Path.cwd())
    except GitError as error:
        if not any(shelf.baseline.upgraded for shelf in found.shelves):
            raise click.ClickException(f"--tool-upgrade: {error}") from None
        complain(f"--tool-upgrade: no new finding is added, for it cannot be told what is unchanged: {error}")


def _update(shelf: Shelf, accepted: Sequence[Filed], *, write: bool, show_diff: bool) -> bool:
    """Bring one baseline up to date, and say whether that changes it."""
    baseline = shelf.baseline
    change = updated(baseline.entries, shelf.matching, accepted)
    if not baseline.exists and not change.entries:
        return False
    before, after = baseline.text, dump(change.entries)
    if show_diff:
        lines = difflib.unified_diff(before.splitlines(), after.splitlines(), shelf.shown, shelf.shown, lineterm="")
        emit("".join(f"{one_line(line)}\n" for line in lines))
    if write and before != after:
        replace_file(baseline.path, after)
    held = counted(sum(entry.count for entry in change.entries), "finding")
    left = len(shelf.matching.new) - len(accepted)
    more = f"; {counted(left, 'new finding')} not added, --accept-new adds them" if left else ""
    would = "" if write else "would be "
    emit(f"{one_line(shelf.shown)}: {would}{change} ({held} grandfathered{more})\n")
    return before != after


def _say_nothing(found: Run) -> None:
    if not any(shelf.baseline.exists or shelf.matching.new for shelf in found.shelves):
        emit(f"{counted(found.report.files, 'migration')} checked, nothing to grandfather.\n")
