"""The commands by which a person leads a backfill, and sees to the rows that cannot be changed."""

from __future__ import annotations

import click

from migration_guard.backfill.registry import named
from migration_guard.cli.backfill_place import Place, at_desk, placing_options
from migration_guard.cli.backfill_quarantine import quarantine_csv, quarantine_json, quarantine_table
from migration_guard.cli.lines import say

LEADING = {
    "pause": "Let a backfill rest; a running one stops after its batch.",
    "resume": "Let a paused backfill go on, with the next run.",
    "cancel": "Give a backfill up; a running one stops after its batch.",
    "retry": "Let a backfill begin anew, with the next run: also after its definition changed.",
}


def leading(name: str, help_: str) -> click.Command:
    """Make a command by which a person leads a backfill from one state to another."""

    @click.command(name, help=help_)
    @click.argument("key")
    @placing_options
    def steer(*, key: str, where: Place) -> int:
        with at_desk(where) as desk:
            state = where.key(key)
            say(f"{state}: {desk.steer(name, state)}")
        return 0

    return steer


@click.group("quarantine")
def quarantine() -> None:
    """See to the rows that cannot be changed."""


@quarantine.command("list")
@click.argument("key", required=False)
@placing_options
def quarantine_list(
    *,
    key: str | None,
    where: Place,
) -> int:
    """List rows by their keys, and why they are there."""
    with at_desk(where) as desk:
        say(quarantine_table(desk.set_aside(None if key is None else where.key(key))))
    return 0


@quarantine.command("retry")
@click.argument("key")
@placing_options
def quarantine_retry(*, key: str, where: Place) -> int:
    """Let these rows be tried again with the next run, and no others."""
    with at_desk(where) as desk:
        state = where.key(key)
        say(f"{state}: {desk.release(state)}")
    return 0


@quarantine.command("export")
@click.argument("key")
@click.option("--format", "as_", type=click.Choice(["csv", "json"]), default="csv", help="csv, if not given.")
@click.option("--with-rows", is_flag=True, help="Also all that the table holds of them: data that may be secret.")
@placing_options
def quarantine_export(
    *,
    key: str,
    as_: str,
    with_rows: bool,
    where: Place,
) -> int:
    """Write the rows of a backfill to the output: keys and reasons."""
    with at_desk(where) as desk:
        rows = desk.set_aside(where.key(key))
        data = desk.rows_of(named(key, where.definitions()), rows) if with_rows else None
        say(quarantine_json(rows, data) if as_ == "json" else quarantine_csv(rows, data))
    return 0
