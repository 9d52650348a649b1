"""Who watches a run: what options and configuration say of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from migration_guard.config import Settings
from migration_guard.watching.listening import Destinations, Listening, listening

if TYPE_CHECKING:
    from migration_guard.watching.run import Wishes


def _listening(_ctx: click.Context, _param: click.Parameter, value: str | None) -> Listening | None:
    try:
        return None if value is None else listening(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def watching_options(command: Callable[..., int]) -> Callable[..., int]:
    """Options for metrics. The command is given them as its `metrics`."""

    @wraps(command)
    def watched(
        *, metrics_file: str | None, metrics_push: str | None, metrics_port: Listening | None, **given: Any
    ) -> int:
        return command(metrics=Destinations(metrics_file, metrics_push, metrics_port), **given)

    for option in (
        click.option(
            "--metrics-port", callback=_listening, metavar="[HOST:]PORT", help="Let Prometheus ask here; on 127.0.0.1."
        ),
        click.option("--metrics-push", metavar="URL", help="Push metrics to this Pushgateway."),
        click.option("--metrics-file", metavar="FILE", help="Write metrics into this file, as node_exporter reads it."),
    ):
        watched = option(watched)
    return watched


def wishes(metrics: Destinations, settings: Settings) -> Wishes:
    """Say who watches."""
    from migration_guard.watching.hooks import Hook, Hooks  # noqa: PLC0415 -- for who runs
    from migration_guard.watching.run import Wishes  # noqa: PLC0415 -- needs the extra

    said = settings.backfill.hooks
    commands = {Hook.COMPLETE: said.on_complete, Hook.FAILURE: said.on_failure, Hook.HOLD: said.on_hold}
    return Wishes(Hooks(commands, settings.root, said.timeout), metrics)
