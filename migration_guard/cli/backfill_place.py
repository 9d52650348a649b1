"""Where backfills are and where they run: what configuration and options say of it, for every command around the runner."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from migration_guard.backfill.definition import Backfill, DefinitionError, nearest
from migration_guard.backfill.registry import Definition, bound, check_arguments, load_definitions, named
from migration_guard.cli.lines import say
from migration_guard.cli.options import loader, told
from migration_guard.config import ConfigError, Settings

if TYPE_CHECKING:
    from migration_guard.cli.backfill_desk import Desk

EXTRA = "the extra is not installed: pip install 'migration-guard[backfill]'"
_OF_THE_EXTRA = frozenset({"psycopg", "sqlalchemy", "tenacity"})
ONE_WHOLE = {"as_json": "--json", "html": "--html", "print_sql": "--print-sql", "as_": "export"}
"""What gives a text that programs read, by its parameter: no line of ours may stand in it."""


@dataclass(frozen=True)
class Place:
    """What configuration and options say of where backfills are and where they run."""

    modules: tuple[str, ...]
    database_url_env: str | None
    config: tuple[str, ...]
    isolated: bool
    arguments: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What definitions are given; it may hold secrets."""
    databases: tuple[str, ...] = ()
    """Names that the configuration declares; without any it is the one database of `variable`."""

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

    def each(self) -> tuple[tuple[str, Place], ...]:
        """Give the place of each database, with the name to tell it by: none where there is but one."""
        if not self.databases:
            return (("", self),)
        if self.database_url_env is not None:
            raise click.UsageError("expected --database or --database-url-env, found both")
        declared = dict(self.settings.backfill.databases)
        for name in self.databases:
            if name not in declared:
                known = f"; declared are {', '.join(declared)}" if declared else "; `backfill.databases` declares none"
                raise click.UsageError(f"--database {name}: there is none{nearest(name, declared) or known}")
        names = dict.fromkeys(self.databases)
        return tuple((name, replace(self, databases=(), database_url_env=declared[name])) for name in names)

    @property
    def schema(self) -> str:
        return self.settings.backfill.state_schema

    @property
    def owners(self) -> tuple[str, ...]:
        return self.settings.backfill.state_owners

    def definitions(self) -> tuple[Definition, ...]:
        """Load the definitions, with their arguments; modules that the command line names replace those of the configuration."""
        settings = self.settings  # what is wrong with it is said first
        if self.modules:
            return bound(load_definitions(self.modules, Path.cwd()), self.arguments)
        if not settings.backfill.modules:
            places = "name modules, files or folders in `backfill.modules`, or by --module"
            raise DefinitionError(f"no backfill is defined anywhere: {places}")
        return bound(load_definitions(settings.backfill.modules, settings.root), self.arguments)

    def definition(self, key: str) -> Definition | str:
        """Give the definition with a key, or say why there is none."""
        known = self.known()
        if isinstance(known, str):
            return known
        found = known.get(key)
        if found is None:
            return f"no definition has the key{nearest(key, known)}"
        missing = found.missing if isinstance(found, Backfill) else ()
        return f"it needs {', '.join(one.needed for one in missing)}" if missing else found

    def key(self, key: str) -> str:
        """Give the key of the state that is meant: one with arguments has another."""
        if not self.arguments:
            return key
        found = named(key, self.definitions())
        check_arguments((found,), self.arguments)
        return found.key

    def known(self) -> dict[str, Definition] | str:
        """Give the definitions by their keys, or say why there are none."""
        try:
            found = self.definitions()
            return {**{one.name: one for one in found}, **{one.key: one for one in found}}
        except DefinitionError as error:
            return str(error)


def placing_options(command: Callable[..., int]) -> Callable[..., int]:
    """Options of every command: where definitions are, and which databases it is about.

    The command is given them as its `where`, once for each database, and has said yes only if it has for all.
    """

    @wraps(command)
    def for_each(*, where: Place, **given: Any) -> int:
        code, places = 0, where.each()
        whole = next((option for name, option in ONE_WHOLE.items() if given.get(name)), None)
        if whole is not None and len(places) > 1:
            raise click.UsageError(f"{whole} is about one database: expected one --database")
        for name, place in places:
            if name and whole is None:
                say(f"database {name}:")
            code = max(code, command(where=place, **given))
        return code

    return spanning_options(for_each)


def spanning_options(command: Callable[..., int]) -> Callable[..., int]:
    """Give the same options to a command that sees to its databases itself."""

    @wraps(command)
    def placed(
        *,
        module: tuple[str, ...],
        database_url_env: str | None,
        config: tuple[str, ...],
        isolated: bool,
        arg: tuple[str, ...],
        database: tuple[str, ...],
        **given: Any,
    ) -> int:
        where = Place(module, database_url_env, config, isolated, _values(arg), database)
        return command(where=where, **given)

    for option in (
        click.option(
            "--module", multiple=True, metavar="PATH_OR_MODULE", help="Where backfills are defined; repeatable."
        ),
        click.option("--database-url-env", metavar="NAME", help="The environment variable that holds the URL."),
        click.option(
            "--database", multiple=True, metavar="NAME", help="A database of `backfill.databases`; repeatable."
        ),
        click.option("--arg", multiple=True, metavar="NAME=VALUE", help="A value for a definition; repeatable."),
        click.option("--config", multiple=True, metavar="FILE|KEY=VALUE", help="A configuration file, or one setting."),
        click.option("--isolated", is_flag=True, help="Obey no configuration file."),
    ):
        placed = option(placed)
    return placed


def _values(given: tuple[str, ...]) -> dict[str, str]:
    """Read NAME=VALUE; a value is never shown."""
    values: dict[str, str] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or not name:
            raise click.UsageError("--arg: expected NAME=VALUE, found no name or no =")
        if name in values:
            raise click.UsageError(f"--arg {name}: given twice")
        values[name] = value
    return values


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
    except ModuleNotFoundError as error:
        missing = f"there is no package {error.name}"
        raise click.ClickException(EXTRA if error.name in _OF_THE_EXTRA else missing) from None
    except Exception as error:  # noqa: BLE001 -- whatever a driver says may hold a secret
        raise click.ClickException(told_of(error)) from None


@contextmanager
def at_desk(where: Place) -> Iterator[Desk]:
    """Open the desk of a place for a command; what goes wrong there is explained."""
    with explained():
        from migration_guard.cli.backfill_desk import open_desk  # noqa: PLC0415 -- needs the extra

        with open_desk(where.variable, where.schema, where.owners) as desk:
            yield desk
