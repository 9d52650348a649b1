"""`backfill run` must never fail a deployment: whatever happens is told in its last line, and its exit code is 0."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import click

from migration_guard.cli.output import complain, emit
from migration_guard.report.sanitise import one_line

COULD_NOT_RUN = 2


def is_unfailing(args: list[str]) -> bool:
    """Tell whether arguments are those of the command that may not fail."""
    return args[:2] == ["backfill", "run"]


def never_failing(call: Callable[[], object], args: list[str]) -> int:
    """Run the command; only with --strict does the exit code tell anything."""
    code = _code(call)
    with suppress(Exception):
        emit("")
    return code if "--strict" in args else 0


def _code(call: Callable[[], object]) -> int:
    try:
        code = call()
    except click.UsageError as error:
        if error.ctx is not None:
            complain(error.ctx.get_usage())
        return _nothing(error.format_message())
    except click.ClickException as error:
        return _nothing(error.format_message())
    except (click.Abort, KeyboardInterrupt):
        _last("STOPPED AT ONCE: the batch that was running was rolled back; the next run goes on from the one before")
        return COULD_NOT_RUN
    except BaseException as error:  # noqa: BLE001 -- a defect of ours must not fail a deployment either
        return _nothing(f"migration-guard failed: {type(error).__name__}")
    return code if isinstance(code, int) else 0


def _nothing(why: str) -> int:
    _last(f"NOTHING WAS RUN: {why}")
    return COULD_NOT_RUN


def _last(line: str) -> None:
    with suppress(Exception):
        emit(f"{one_line(line)}\n")
