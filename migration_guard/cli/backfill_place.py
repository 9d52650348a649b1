"""Where backfills are and where they run: what configuration and options say of it, for every command around the runner."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from migration_guard.backfill.definition import DefinitionError, nearest
from migration_guard.backfill.registry import Definition, load_definitions
from migration_guard.cli.options import loader, told
from migration_guard.config import ConfigError, Settings

EXTRA = "the extra is not installed: pip install 'migration-guard[backfill]'"

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Place:
    """What configuration and options say of where backfills are and where they run."""

    settings: Settings
    variable: str
    modules: tuple[str, ...]

    @property
    def schema(self) -> str:
        return self.settings.backfill.state_schema

    @property
    def owners(self) -> tuple[str, ...]:
        return self.settings.backfill.state_owners

    def definitions(self) -> tuple[Definition, ...]:
        """Load the definitions; modules that the command line names replace those of the configuration."""
        if self.modules:
            return load_definitions(self.modules, Path.cwd())
        if not self.settings.backfill.modules:
            key = "`modules` of [tool.migration-guard.backfill], or --module"
            raise DefinitionError(f"no backfill is defined anywhere: name modules, files or folders in {key}")
        return load_definitions(self.settings.backfill.modules, self.settings.root)

    def definition(self, key: str) -> Definition | str:
        """Give the definition with a key, or say why there is none."""
        known = self.known()
        return known if isinstance(known, str) else known.get(key) or f"no definition has the key{nearest(key, known)}"

    def known(self) -> dict[str, Definition] | str:
        """Give the definitions by their keys, or say why there are none."""
        try:
            return {one.key: one for one in self.definitions()}
        except DefinitionError as error:
            return str(error)


def placing_options(function: F) -> F:
    """Options of every command: where definitions are, and which database it is."""
    for option in (
        click.option(
            "--module", multiple=True, metavar="PATH_OR_MODULE", help="Where backfills are defined; repeatable."
        ),
        click.option("--database-url-env", metavar="NAME", help="The environment variable that holds the URL."),
        click.option("--config", multiple=True, metavar="FILE|KEY=VALUE", help="A configuration file, or one setting."),
        click.option("--isolated", is_flag=True, help="Obey no configuration file."),
    ):
        function = option(function)
    return function


def place(module: tuple[str, ...], database_url_env: str | None, config: tuple[str, ...], *, isolated: bool) -> Place:
    """Read the configuration that governs the working directory."""
    try:
        settings = loader(config, isolated=isolated).for_folder(Path.cwd())
    except ConfigError as error:
        raise click.ClickException(told(error)) from None
    return Place(settings, database_url_env or settings.backfill.database_url_env, module)


@contextmanager
def explained() -> Iterator[None]:
    """Turn what may go wrong into a line that says what to do."""
    try:
        from migration_guard.backfill.errors import CannotRun, LostClaim, told_of  # noqa: PLC0415 -- needs the extra
        from migration_guard.backfill.transitions import NotAllowed  # noqa: PLC0415
    except ImportError:
        raise click.ClickException(EXTRA) from None
    try:
        yield
    except (CannotRun, DefinitionError, LostClaim, NotAllowed) as error:
        raise click.ClickException(str(error)) from None
    except click.ClickException:
        raise
    except Exception as error:  # noqa: BLE001 -- whatever a driver says may hold a secret
        raise click.ClickException(told_of(error)) from None
