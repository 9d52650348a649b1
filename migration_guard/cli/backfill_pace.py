"""`migration-guard backfill set`: the pace of a backfill, also while it runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from migration_guard.backfill.steering import FREE, UTC, Steering, SteeringError, hours
from migration_guard.cli.backfill_place import Place, at_desk, placing_options
from migration_guard.cli.lines import say


@click.command("set")
@click.argument("key")
@click.option("--target-ms", type=float, metavar="N", help="How long a batch should take; 100.")
@click.option("--pause", type=float, metavar="SECONDS", help="How long to rest after each batch; half of its time.")
@click.option(
    "--max-size",
    type=int,
    metavar="ROWS",
    help="Rows of a batch at most; 2,000, or 500 where they follow each other on the server.",
)
@click.option("--window", metavar="HH:MM-HH:MM [ZONE]", help="Hours of the day in which batches are done; of UTC.")
@click.option("--workers", type=int, metavar="N", help="How many of those that are there may work at it.")
@click.option("--reset", is_flag=True, help="Take back all that was set before.")
@placing_options
def set_pace(*, key: str, reset: bool, window: str | None, where: Place, **given: Any) -> int:
    """Set the pace of a backfill; all who work at it keep it from their next batch on."""
    told = {name: value for name, value in given.items() if value is not None}
    if not told and window is None and not reset:
        raise click.UsageError("expected --target-ms, --pause, --max-size, --window, --workers or --reset")
    try:
        asked = Steering(window=hours(window) if window is not None else None, **told)

        def changed(before: Steering) -> Steering:
            kept = FREE if reset else before
            return replace(kept, **told, window=asked.window or kept.window)

        with at_desk(where) as desk:
            state = where.key(key)
            steering = desk.pace(state, changed, where.definition(key))
    except SteeringError as error:
        raise click.ClickException(str(error)) from None
    shown = f"pace: {steering}" if steering else "nothing is set any more"
    zone = f" (no time zone was named: {UTC})" if window is not None and len(window.split()) == 1 else ""
    say(f"{state}: {shown}{zone}; taken up at the next batch")
    return 0
