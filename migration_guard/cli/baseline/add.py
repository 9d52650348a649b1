"""`migration-guard baseline add`: grandfathers one finding or those of a rule, with a reason, an owner, a date."""

from __future__ import annotations

from datetime import datetime

import click

from migration_guard.baseline import dump, updated
from migration_guard.cli.output import emit, replace_file
from migration_guard.cli.running import Target, baseline_options, checked, told_problems
from migration_guard.report.sanitise import one_line
from migration_guard.rules import all_rules


@click.command("add")
@click.argument("target", metavar="FINGERPRINT|RULE|PATH:LINE")
@click.option("--reason", metavar="TEXT", help="Why it stays.")
@click.option("--owner", metavar="NAME", help="Who answers for it.")
@click.option("--until", metavar="DATE", type=click.DateTime(["%Y-%m-%d"]), help="The last day on which it may stay.")
@baseline_options
def command(
    *,
    target: str,
    reason: str | None,
    owner: str | None,
    until: datetime | None,
    file: str | None,
    jobs: int | None,
    config: tuple[str, ...],
    isolated: bool,
) -> int:
    """Grandfather new findings, or give those that are grandfathered a reason, an owner or a date."""
    wanted = Target(target, [name for rule in all_rules() if not rule.upkeep for name in (rule.code, rule.name)])
    found = checked(wanted.paths, file=file, jobs=jobs, config=config, isolated=isolated)
    meant = 0
    for shelf in found.shelves:
        accepted = [one for one in shelf.matching.new if wanted.means(one)]
        noted = {one.key for one in accepted}
        noted |= {one.filed.key for one in shelf.matching.matched if wanted.means(one.filed)}
        meant += len(noted)
        if not noted:
            continue
        change = updated(shelf.baseline.entries, shelf.matching, accepted, prune=False)
        last = until.date() if until else None
        entries = [
            entry._replace(reason=reason or entry.reason, owner=owner or entry.owner, until=last or entry.until)
            if entry.key in noted
            else entry
            for entry in change.entries
        ]
        replace_file(shelf.baseline.path, dump(entries))
        for entry in entries:
            if entry.key in noted:
                emit(f"{one_line(shelf.shown)}: {one_line(entry.what)}\n")
    problems = told_problems(found)
    if not meant and not problems:
        raise click.UsageError(f"no finding is meant by {target}; `migration-guard check` lists them")
    return problems
