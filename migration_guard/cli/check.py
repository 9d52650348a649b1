"""`migration-guard check`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from migration_guard.cli import COMMANDS, is_ours
from migration_guard.cli.caching import cache_of, cache_options, cache_overrides, told_of
from migration_guard.cli.options import completing, loader, reading_options, rule_names, told, workers
from migration_guard.cli.output import complain, is_read
from migration_guard.cli.progress import watched
from migration_guard.cli.reports import wanted
from migration_guard.cli.running import mistyped, told_problems
from migration_guard.config import ConfigError
from migration_guard.discover import UsageError
from migration_guard.findings import Severity
from migration_guard.pipeline import Request, Run, run, severities_of
from migration_guard.pool import always, kept_readers
from migration_guard.report import formats
from migration_guard.report.model import Report
from migration_guard.report.screen import Screen
from migration_guard.rules import UnknownRuleError, all_rules, matching

if TYPE_CHECKING:
    from migration_guard.pending import Pending

FOUND = 1
UNCHECKED = 2


@click.command("check")
@click.argument("paths", nargs=-1, metavar="[PATHS]...", type=click.Path())
@click.option(
    "--output-format",
    default="full",
    metavar="FORMAT",
    help=f"One of {', '.join(formats.names())}.",
    shell_complete=completing(formats.names),
)
@click.option("--output", multiple=True, metavar="FORMAT=FILE", help="Also write a report to a file; repeatable.")
@click.option("--statistics", is_flag=True, help="Count by rule, table and severity, in place of the findings.")
@click.option("--show-grandfathered", is_flag=True, help="Show grandfathered and ignored findings too.")
@click.option(
    "--select",
    multiple=True,
    metavar="RULES",
    help="Rules to run: codes, names, prefixes, or ALL.",
    shell_complete=completing(rule_names),
)
@click.option(
    "--ignore", multiple=True, metavar="RULES", help="Rules not to run.", shell_complete=completing(rule_names)
)
@click.option("--fail-on", type=click.Choice([level.value for level in Severity]), help="The lowest level that fails.")
@click.option("--no-baseline", is_flag=True, help="Show every finding as new.")
@click.option("--baseline", metavar="FILE", help="The file of grandfathered findings.")
@click.option("--baseline-from", metavar="REV", help="Read the baseline where this branch left REV.")
@click.option("--config-from", metavar="REV", help="Read the configuration where this branch left REV.")
@click.option("--strict-baseline", is_flag=True, help="Fail on entries of the baseline that stand for nothing.")
@click.option(
    "--no-inline-ignores-since", metavar="REV", help="Obey no remark that was added since this branch left REV."
)
@click.option("--diff", metavar="REV", help="Report only what this branch added or changed since it left REV.")
@click.option("--staged", is_flag=True, help="Report only what the next commit would add or change.")
@click.option("--since", metavar="MIGRATION", help="Report only migrations that come after this one.")
@click.option("--unapplied", is_flag=True, help="Report only the migrations that standard input names.")
@click.option("--add-ignores", is_flag=True, help="Write a remark above each new finding; takes --reason.")
@click.option("--reason", metavar="TEXT", help="Why the findings are meant.")
@click.option("--strict-discovery", is_flag=True, help="Fail on files beside migrations that may change data unread.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 in spite of findings; never in spite of problems.")
@click.option("--force-exclude", is_flag=True, help="Drop named files that are excluded or no migrations (for hooks).")
@click.option("-q", "--quiet", is_flag=True, help="Print findings and problems only.")
@click.option("-v", "--verbose", is_flag=True, help="Say on standard error what governs the run.")
@cache_options
@reading_options
def command(
    *,
    paths: tuple[str, ...],
    output_format: str,
    output: tuple[str, ...],
    statistics: bool,
    show_grandfathered: bool,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    fail_on: str | None,
    no_baseline: bool,
    baseline: str | None,
    baseline_from: str | None,
    config_from: str | None,
    strict_baseline: bool,
    no_inline_ignores_since: str | None,
    diff: str | None,
    staged: bool,
    since: str | None,
    unapplied: bool,
    strict_discovery: bool,
    add_ignores: bool,
    reason: str | None,
    exit_zero: bool,
    force_exclude: bool,
    quiet: bool,
    verbose: bool,
    no_cache: bool,
    cache_dir: str | None,
    jobs: int | None,
    config: tuple[str, ...],
    isolated: bool,
) -> int:
    """Find data changes in migrations.

    Exit code 0: clean. 1: a new finding at or above fail-on. 2: something could not be checked, or wrong usage.
    """
    screen = Screen(terminal=True, quiet=quiet, grandfathered=show_grandfathered)
    reports = wanted(output_format, output, statistics=statistics, screen=screen)
    overrides: list[tuple[str, object]] = [("select", _rules(select)), ("ignore", _rules(ignore)), ("fail-on", fail_on)]
    overrides += [("baseline", baseline and str(Path.cwd() / baseline)), ("strict-baseline", strict_baseline)]
    stated = [(key, value) for key, value in overrides if value]
    stated += cache_overrides(no_cache=no_cache, cache_dir=cache_dir)
    load = loader(config, isolated=isolated, overrides=stated, since=config_from)
    request = Request(
        paths=paths,
        cwd=Path.cwd(),
        load=load,
        workers=workers(jobs),
        force_exclude=force_exclude,
        baseline=not no_baseline,
        baseline_from=baseline_from,
        diff=diff,
        staged=staged,
        pending=_pending(since, unapplied=unapplied),
        strict_discovery=strict_discovery,
        ignores_since=no_inline_ignores_since,
        renders=reports.with_moves and not staged,  # what would be written is asked of the files as they lie there
    )
    if diff is not None and staged:
        raise click.UsageError("--diff and --staged exclude each other")
    if add_ignores and not (reason or "").strip():
        raise click.UsageError("--add-ignores takes --reason TEXT: a remark says why")
    closed = config_from is not None or baseline_from is not None or no_inline_ignores_since is not None
    heard = always if reports.in_files or add_ignores else is_read
    found = _checked(request, quiet=quiet, verbose=verbose, closed=closed, heard=heard)
    if add_ignores and reason:
        from migration_guard.cli import remarking  # noqa: PLC0415 -- few runs write remarks

        remarking.add_ignores(found, reason)
        return told_problems(found)
    report = found.report
    if reports.with_background:
        from migration_guard.background import background  # noqa: PLC0415 -- only a page for people shows it

        settings = load.for_folder(request.cwd)
        beside = background(report.findings, settings, severities_of(settings), history=reports.with_history)
        report = replace(report, background=beside)
    if request.renders:
        from migration_guard.offers import moves  # noqa: PLC0415 -- few formats can offer it

        report = replace(report, moves=moves(found, request.cwd))
    if verbose:
        governing = load.for_folder(request.cwd).source
        complain(f"configuration: {governing or 'none, only defaults'}; up to {request.workers} reading processes")
    reports.give(report)
    return _exit_code(report, exit_zero=exit_zero)


def _checked(request: Request, *, quiet: bool, verbose: bool, closed: bool, heard: Callable[[], bool]) -> Run:
    try:
        cache = cache_of(request.load, closed=closed)
        with kept_readers(request.workers, forked=is_ours(), wanted=heard), watched(quiet=quiet) as watch:
            found = run(replace(request, watch=watch, cache=cache))
    except ConfigError as error:
        raise click.ClickException(told(error)) from None
    except UsageError as error:
        raise mistyped(error, request.paths, [*COMMANDS]) from None
    told_of(cache, verbose=verbose)
    for note in found.notes:
        complain(note)
    return found


def _pending(since: str | None, *, unapplied: bool) -> Pending | None:
    """Understand which migrations are of interest; standard input is read only where that is asked for."""
    if since is None and not unapplied:
        return None
    from migration_guard.pending import Pending, listed  # noqa: PLC0415 -- few runs are about some migrations only

    try:
        return Pending(since, listed(sys.stdin.read() if sys.stdin else "") if unapplied else None)
    except UsageError as error:
        raise click.UsageError(str(error)) from None


def _exit_code(report: Report, *, exit_zero: bool) -> int:
    if report.problems:
        return UNCHECKED
    return FOUND if report.failing and not exit_zero else 0


def _rules(items: Sequence[str]) -> list[str]:
    """Take lists apart, and refuse unknown names here, where the option can be named."""
    names = [name.strip() for item in items for name in item.split(",") if name.strip()]
    for name in names:
        try:
            matching(name, all_rules())
        except UnknownRuleError as error:
            raise click.UsageError(str(error)) from None
    return names
