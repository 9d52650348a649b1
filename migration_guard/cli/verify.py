"""`migration-guard verify`."""

from __future__ import annotations

from pathlib import Path

import click

from migration_guard.cli.options import hint, loader, reading_options, told, workers
from migration_guard.cli.output import emit
from migration_guard.config import ConfigError
from migration_guard.discover import UsageError
from migration_guard.verify import Order, formats, verify
from migration_guard.verify.running import refusal
from migration_guard.verify.verdict import Verification

NO_GO = 1
NOT_JUDGED = 2


@click.command("verify")
@click.option("--output-format", default="full", metavar="FORMAT", help=f"One of {', '.join(formats.names())}.")
@click.option("--strict", is_flag=True, help="Let a point that is PARTIAL be NO-GO, too.")
@click.option(
    "--scratch-database-url",
    metavar="URL",
    help="A database to run the backfills on, twice; its name contains test, scratch or copy.",
)
@reading_options
def command(
    *,
    output_format: str,
    strict: bool,
    scratch_database_url: str | None,
    jobs: int | None,
    config: tuple[str, ...],
    isolated: bool,
) -> int:
    """Verify the six points before a merge or a deployment: GO or NO-GO.

    Exit code 0: GO. 1: NO-GO. 2: something could not be judged, or wrong usage.
    """
    if output_format not in formats.names():
        raise click.UsageError(f'no output format is called "{output_format}"{hint(output_format, formats.names())}')
    if scratch_database_url is not None and (problem := refusal(scratch_database_url)) is not None:
        raise click.UsageError(f"--scratch-database-url: {problem}")
    loader(config, isolated=isolated)  # tells what is wrong with it
    order = Order(Path.cwd(), config, isolated, workers(jobs), strict, scratch_database_url)
    try:
        found = verify(order)
    except ConfigError as error:
        raise click.ClickException(told(error)) from None
    except UsageError as error:
        raise click.UsageError(str(error)) from None
    emit(formats.load(output_format).render(found))
    return exit_code(found)


def exit_code(found: Verification) -> int:
    """NO-GO is certain, whatever else could not be judged."""
    if not found.go:
        return NO_GO
    return NOT_JUDGED if found.unjudged else 0
