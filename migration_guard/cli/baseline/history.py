"""`migration-guard baseline history`: how the baseline has grown and shrunk, commit by commit."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timezone
from pathlib import Path

import click

from migration_guard.burn_down import points
from migration_guard.cli.options import told
from migration_guard.cli.output import emit
from migration_guard.cli.running import baseline_loader, baseline_options
from migration_guard.config import ConfigError
from migration_guard.filing import path_of
from migration_guard.git import GitError
from migration_guard.pipeline import severities_of
from migration_guard.report.background import Point
from migration_guard.report.sanitise import one_line

_BARS = "▁▂▃▄▅▆▇█"
_WIDTH = 60
"""Bars of the trend: of more commits, the newest in each stretch counts."""


@click.command("history")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@baseline_options
def command(*, as_json: bool, file: str | None, jobs: int | None, config: tuple[str, ...], isolated: bool) -> int:
    """Show how much was grandfathered after each commit, and whether the goals are kept."""
    del jobs  # an option of all commands that read migrations; here none is read
    try:
        settings = baseline_loader(file, config=config, isolated=isolated).for_folder(Path.cwd())
        found = points(path_of(settings), severities_of(settings).of_table)
    except ConfigError as error:
        raise click.ClickException(told(error)) from None
    except GitError as error:
        raise click.ClickException(f"the history of the baseline cannot be read: {error}") from None
    goals = settings.baseline_goals
    if as_json:
        document = {
            "points": [
                {
                    "commit": one.commit,
                    "day": one.day.isoformat(),
                    "total": one.total,
                    "rules": one.rules,
                    "owners": one.owners,
                    "severities": one.severities,
                    "problem": one.problem,
                }
                for one in found
            ],
            "goals": [{"day": day, "total": most} for day, most in goals],
        }
        emit(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
    else:
        today = datetime.now(timezone.utc).astimezone().date()
        emit("".join(f"{one_line(line)}\n" for line in _lines(found, goals, today)))
    return 0


def _lines(points: Sequence[Point], goals: Sequence[tuple[str, int]], today: date) -> Iterator[str]:
    known = [one for one in points if one.problem is None]
    if not known:
        yield "No commit holds a baseline."
    for one in known[-10:]:
        rules = ", ".join(f"{count} {rule}" for rule, count in one.rules.items())
        yield f"{one.day} {one.commit[:10]} {one.total:>6}  {rules}".rstrip()
    if known:
        yield f"trend: {_trend([one.total for one in known])} from {known[0].total} to {known[-1].total}"
    for one in points:
        if one.problem is not None:
            yield f"{one.day} {one.commit[:10]} cannot be read: {one.problem}"
    for day, most in goals:
        yield f"goal: {most} by {day}: {_kept(known, date.fromisoformat(day), most, today)}"


def _kept(points: Sequence[Point], day: date, most: int, today: date) -> str:
    """Say how it stands with a goal."""
    now = points[-1].total if points else 0
    if now <= most:
        return "reached"
    return f"missed, {now - most} too many" if day < today else f"{now - most} to go, {(day - today).days} days"


def _trend(totals: Sequence[int]) -> str:
    """Draw numbers as bars, from zero to the largest."""
    step = max(1, -(-len(totals) // _WIDTH))
    shown = [totals[min(end, len(totals)) - 1] for end in range(step, len(totals) + step, step)]
    most = max(*shown, 1)
    return "".join(_BARS[number * (len(_BARS) - 1) // most] for number in shown)
