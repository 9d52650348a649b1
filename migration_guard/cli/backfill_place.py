"""Where backfills are and where they run: what configuration and options say of it, for every command around the runner."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from migration_guard.backfill.definition import DefinitionError, nearest
from migration_guard.backfill.registry import Definition, load_definitions
from migration_guard.cli.options import loader, told
from migration_guard.config import ConfigError, Settings

if TYPE_CHECKING:
    from migration_guard.cli.backfill_desk import Desk

EXTRA = "the extra is not installed: pip install 'migration-guard[backfill]'"


@dataclass(frozen=True)
class Place:
    """What configuration and options say of where backfills are and where they run."""

    modules: tuple[str, ...]
    database_url_env: str | None
    config: tuple[str, ...]
    isolated: bool

    @cached_property
    def settings(self) -> Settings:
        """The configuration that governs the working directory, read when it is first asked for."""
        try:
            return loader(self.config, isolated=self.isolated).for_folder(Path.cwd())
        except ConfigError as error:
            raise click.ClickException(told(error)) from None

    @property
    def variable(self) -> str:
        return self.database_url_env or self.settings.backfill.database_url_env

    @property
    def schema(self) -> str:
        return self.settings.backfill.state_schema

    @property
    def owners(self) -> tuple[str, ...]:
        return self.settings.backfill.state_owners

    def definitions(self) -> tuple[Definition, ...]:
        """Load the definitions; modules that the command line names replace those of the configuration."""
        settings = self.settings  # what is wrong with it is said first
        if self.modules:
            return load_definitions(self.modules, Path.cwd())
        if not settings.backfill.modules:
            places = "name modules, files or folders in `backfill.modules`, or by --module"
            raise DefinitionError(f"no backfill is defined anywhere: {places}")
        return load_definitions(settings.backfill.modules, settings.root)

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


def placing_options(command: Callable[..., int]) -> Callable[..., int]:
    """Options of every command: where definitions are, and which database it is. The command is given them as its `where`."""

    @wraps(command)
    def placed(
        *, module: tuple[str, ...], database_url_env: str | None, config: tuple[str, ...], isolated: bool, **given: Any
    ) -> int:
        return command(where=Place(module, database_url_env, config, isolated), **given)

    for option in (
        click.option(
            "--module", multiple=True, metavar="PATH_OR_MODULE", help="Where backfills are defined; repeatable."
        ),
        click.option("--database-url-env", metavar="NAME", help="The environment variable that holds the URL."),
        click.option("--config", multiple=True, metavar="FILE|KEY=VALUE", help="A configuration file, or one setting."),
        click.option("--isolated", is_flag=True, help="Obey no configuration file."),
    ):
        placed = option(placed)
    return placed


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


@contextmanager
def at_desk(where: Place) -> Iterator[Desk]:
    """Open the desk of a place for a command; what goes wrong there is explained."""
    with explained():
        from migration_guard.cli.backfill_desk import open_desk  # noqa: PLC0415 -- needs the extra

        with open_desk(where.variable, where.schema, where.owners) as desk:
            yield desk
