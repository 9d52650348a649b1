"""`backfill run` must never fail a deployment: whatever happens is told in its last line, and its exit code is 0."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise

import click

from migration_guard.cli.lines import last
from migration_guard.cli.output import complain, emit
from migration_guard.stopping import STOPPING

COULD_NOT_RUN = 2
NOTHING = "NOTHING WAS RUN: "


def never_failing(call: Callable[[], object], args: list[str]) -> int:
    """Run the command; only with --strict does the exit code tell anything."""
    STOPPING.listen()
    code = _code(call, args)
    STOPPING.end()
    with suppress(Exception):
        emit("")
    return code if "--strict" in args else 0


def _code(call: Callable[[], object], args: list[str]) -> int:
    try:
        code = call()
    except click.UsageError as error:
        if error.ctx is not None:
            complain(error.ctx.get_usage())
        return _ended(NOTHING + error.format_message(), args)
    except click.ClickException as error:
        return _ended(NOTHING + error.format_message(), args)
    except (click.Abort, KeyboardInterrupt):
        undone = "STOPPED AT ONCE: the batch that was running was rolled back; the next run goes on from the one before"
        return _ended(undone if STOPPING.begun else f"{NOTHING}stopped by a signal", args)
    except BaseException as error:  # noqa: BLE001 -- a defect of ours must not fail a deployment either
        return _ended(f"{NOTHING}migration-guard failed: {type(error).__name__}", args)
    return code if isinstance(code, int) else 0


def _ended(line: str, args: list[str]) -> int:
    STOPPING.end()
    with suppress(Exception):
        last(line, as_json=_as_json(args))
    return COULD_NOT_RUN


def _as_json(args: list[str]) -> bool:
    """Read the one option that matters where all of them may be wrong."""
    return "--log-format=json" in args or ("--log-format", "json") in pairwise(args)
