"""`migration-guard cache`: what was read is remembered in a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from migration_guard.cache import folder
from migration_guard.cli.caching import cache_overrides, folder_of
from migration_guard.cli.options import loader, told
from migration_guard.cli.output import emit
from migration_guard.config import ConfigError
from migration_guard.files import printable, reason


@click.group("cache")
def command() -> None:
    """Remember what was read, so that a file that did not change need not be read again.

    `migration-guard check` fills the cache and cleans it of what was of no use for long.
    """


@command.command("clean")
@click.option("--cache-dir", metavar="DIR", help=f"The folder of the cache, by default {folder.NAME}.")
@click.option("--config", multiple=True, metavar="FILE|KEY=VALUE", help="A configuration file, or one setting.")
@click.option("--isolated", is_flag=True, help="Obey no configuration file.")
def clean(*, cache_dir: str | None, config: Sequence[str], isolated: bool) -> int:
    """Delete the cache; files that are not its own stay."""
    try:
        overrides = tuple(cache_overrides(no_cache=False, cache_dir=cache_dir))
        place = folder_of(loader(config, isolated=isolated, overrides=overrides).for_folder(Path.cwd()))
        if not folder.check(place):
            emit(f"There is no cache in {printable(str(place))}.\n")
            return 0
        number = folder.clean(place)
    except ConfigError as error:
        raise click.ClickException(told(error)) from None
    except folder.Refused as refused:
        raise click.ClickException(f"{place} is not cleaned: {refused}") from None
    except OSError as error:
        raise click.ClickException(f"{place} could not be cleaned: {reason(error)}") from None
    emit(f"{number} {'file' if number == 1 else 'files'} of the cache deleted.\n")
    return 0
