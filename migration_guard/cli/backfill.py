"""`migration-guard backfill`: the commands around the runner. None of them imports the driver before it is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from migration_guard.backfill.definition import DefinitionError, Priority, Status, chosen, nearest
from migration_guard.backfill.registry import Definition, load_definitions, named
from migration_guard.cli.backfill_output import (
    compared,
    listing,
    standing_table,
    standings_json,
    tenant_table,
    watched,
)
from migration_guard.cli.backfill_quarantine import quarantine_csv, quarantine_json, quarantine_table
from migration_guard.cli.lines import say
from migration_guard.cli.options import loader, told
from migration_guard.config import ConfigError, Settings

WORK_LEFT = 1
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


@click.group("backfill")
def command() -> None:
    """Change data in small committed batches, apart from migrations."""


@command.command("run")
@click.option("--all", "every", is_flag=True, help="Run every active backfill that is not finished.")
@click.option("--only", metavar="KEY", help="Run one backfill.")
@click.option("--priority", metavar="HIGH|MEDIUM|LOW", help="Run those of one priority.")
@click.option("--dry-run", is_flag=True, help="Show what would be done; write nothing.")
@click.option("--max-minutes", type=click.FloatRange(0, min_open=True), metavar="N", help="For all together; 10.")
@click.option("--max-seconds", type=click.FloatRange(0, min_open=True), metavar="N", help="The same in seconds.")
@click.option("--workers", type=click.IntRange(1), default=1, metavar="N", help="One, for now.")
@click.option("--offline", is_flag=True, help="The application is stopped: run also what is not safe beside it.")
@click.option("--log-format", type=click.Choice(["text", "json"]), default="text", help="How lines are written; text.")
@click.option("--strict", is_flag=True, help="Exit with 1 if work is left, with 2 if nothing could be run.")
@placing_options
def run_command(
    *,
    every: bool,
    only: str | None,
    priority: str | None,
    dry_run: bool,
    max_minutes: float | None,
    max_seconds: float | None,
    workers: int,
    offline: bool,
    log_format: str,
    strict: bool,
    module: tuple[str, ...],
    database_url_env: str | None,
    config: tuple[str, ...],
    isolated: bool,
) -> int:
    """Run backfills. Exits with 0 whatever happens, so that no deployment fails; the last line tells the truth."""
    if [every, only is not None, priority is not None].count(True) != 1:
        raise click.UsageError("expected one of --all, --only KEY and --priority PRIORITY")
    if max_minutes is not None and max_seconds is not None:
        raise click.UsageError("expected --max-minutes or --max-seconds, found both")
    with explained():
        from migration_guard.cli import backfill_run  # noqa: PLC0415 -- needs the extra

        where = place(module, database_url_env, config, isolated=isolated)
        chosen = _chosen(where.definitions(), only, priority)
        if workers > 1:
            say(f"{workers} workers are asked for; there is one for now, which runs everything")
        seconds = max_seconds or 60 * (max_minutes or 10.0)
        order = backfill_run.Order(
            chosen, where.variable, where.schema, where.owners, seconds, offline, log_format == "json"
        )
        return backfill_run.dry_run(order) if dry_run else backfill_run.run(order, strict=strict)


def _chosen(definitions: tuple[Definition, ...], only: str | None, priority: str | None) -> tuple[Definition, ...]:
    if only is not None:
        return (named(only, definitions),)
    if priority is not None:
        wanted = chosen("run", "--priority", priority.upper(), Priority)
        return tuple(one for one in definitions if one.priority is wanted and one.status is Status.ACTIVE)
    return tuple(one for one in definitions if one.status is Status.ACTIVE)


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="All that the definitions say, as JSON.")
@placing_options
def list_command(
    *, as_json: bool, module: tuple[str, ...], database_url_env: str | None, config: tuple[str, ...], isolated: bool
) -> int:
    """List the definitions; needs no database."""
    try:
        definitions = place(module, database_url_env, config, isolated=isolated).definitions()
    except DefinitionError as error:
        raise click.ClickException(str(error)) from None
    say(listing(definitions, as_json=as_json))
    return 0


@command.command("status")
@click.option("--by-tenant", is_flag=True, help="Also what became of each tenant's rows.")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
@click.option("--watch", is_flag=True, help="Show it until interrupted.")
@placing_options
def status_command(
    *,
    by_tenant: bool,
    as_json: bool,
    watch: bool,
    module: tuple[str, ...],
    database_url_env: str | None,
    config: tuple[str, ...],
    isolated: bool,
) -> int:
    """Show how far backfills are. Reads the state's tables only, so that it costs nothing."""
    with explained():
        from migration_guard.cli.backfill_desk import open_desk  # noqa: PLC0415 -- needs the extra

        where = place(module, database_url_env, config, isolated=isolated)
        with open_desk(where.variable, where.schema, where.owners) as desk:
            known = where.known()
            wanted = {} if isinstance(known, str) else {one.key: one.fingerprint for one in known.values()}
            if watch:
                watched(lambda: compared(desk.standings(), wanted))
            elif as_json:
                say(standings_json(compared(desk.standings(), wanted), desk.tenants()))
            else:
                say(standing_table(compared(desk.standings(), wanted)))
                if by_tenant:
                    say(tenant_table(desk.tenants()))
    return 0


def _steering(name: str, help_: str) -> None:
    """Add a command by which a person leads a backfill from one state to another."""

    @command.command(name, help=help_)
    @click.argument("key")
    @placing_options
    def steer(
        *, key: str, module: tuple[str, ...], database_url_env: str | None, config: tuple[str, ...], isolated: bool
    ) -> int:
        with explained():
            from migration_guard.cli.backfill_desk import open_desk  # noqa: PLC0415 -- needs the extra

            where = place(module, database_url_env, config, isolated=isolated)
            with open_desk(where.variable, where.schema, where.owners) as desk:
                say(f"{key}: {desk.steer(name, key)}")
        return 0


_steering("pause", "Let a backfill rest; a running one stops after its batch.")
_steering("resume", "Let a paused backfill go on, with the next run.")
_steering("cancel", "Give a backfill up; a running one stops after its batch.")
_steering("retry", "Let a backfill begin anew, with the next run: also after its definition changed.")


@command.group("quarantine")
def quarantine() -> None:
    """See to the rows that cannot be changed."""


@quarantine.command("list")
@click.argument("key", required=False)
@placing_options
def quarantine_list(
    *,
    key: str | None,
    module: tuple[str, ...],
    database_url_env: str | None,
    config: tuple[str, ...],
    isolated: bool,
) -> int:
    """List rows by their keys, and why they are there."""
    with explained():
        from migration_guard.cli.backfill_desk import open_desk  # noqa: PLC0415 -- needs the extra

        where = place(module, database_url_env, config, isolated=isolated)
        with open_desk(where.variable, where.schema, where.owners) as desk:
            say(quarantine_table(desk.set_aside(key)))
    return 0


@quarantine.command("retry")
@click.argument("key")
@placing_options
def quarantine_retry(
    *, key: str, module: tuple[str, ...], database_url_env: str | None, config: tuple[str, ...], isolated: bool
) -> int:
    """Let these rows be tried again with the next run, and no others."""
    with explained():
        from migration_guard.cli.backfill_desk import open_desk  # noqa: PLC0415 -- needs the extra

        where = place(module, database_url_env, config, isolated=isolated)
        with open_desk(where.variable, where.schema, where.owners) as desk:
            say(f"{key}: {desk.release(key)}")
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
    module: tuple[str, ...],
    database_url_env: str | None,
    config: tuple[str, ...],
    isolated: bool,
) -> int:
    """Write the rows of a backfill to the output: keys and reasons."""
    with explained():
        from migration_guard.cli.backfill_desk import open_desk  # noqa: PLC0415 -- needs the extra

        where = place(module, database_url_env, config, isolated=isolated)
        with open_desk(where.variable, where.schema, where.owners) as desk:
            rows = desk.set_aside(key)
            data = desk.rows_of(named(key, where.definitions()), rows) if with_rows else None
            say(quarantine_json(rows, data) if as_ == "json" else quarantine_csv(rows, data))
    return 0


@command.command("gate")
@click.argument("key")
@click.option("--prove", is_flag=True, help="Look at all rows, however long it takes, and not only at what came since.")
@placing_options
def gate_command(
    *,
    key: str,
    prove: bool,
    module: tuple[str, ...],
    database_url_env: str | None,
    config: tuple[str, ...],
    isolated: bool,
) -> int:
    """Exit with 0 if a backfill is verified as complete, else with 1."""
    with explained():
        from migration_guard.cli.backfill_desk import open_desk  # noqa: PLC0415 -- needs the extra

        where = place(module, database_url_env, config, isolated=isolated)
        with open_desk(where.variable, where.schema, where.owners) as desk:
            passed, text = desk.gate(key, where.definition(key), prove=prove)
        say(f"{key}: {text}")
    return 0 if passed else WORK_LEFT


@command.command("init")
@click.option("--print-sql", is_flag=True, help="Print the SQL that creates the state's tables, and do nothing.")
@click.option("--role", metavar="NAME", help="With --print-sql: also all that this role needs to run the backfills.")
@placing_options
def init_command(
    *,
    print_sql: bool,
    role: str | None,
    module: tuple[str, ...],
    database_url_env: str | None,
    config: tuple[str, ...],
    isolated: bool,
) -> int:
    """Create the tables of the runner's state. A run creates them as well, where its role may."""
    with explained():
        from migration_guard.backfill.connect import address_in  # noqa: PLC0415 -- needs the extra
        from migration_guard.backfill.runner import prepare  # noqa: PLC0415
        from migration_guard.backfill.state import Store, ddl  # noqa: PLC0415

        where = place(module, database_url_env, config, isolated=isolated)
        if print_sql:
            say(ddl(where.schema).rstrip())
            say(_granted(where, role))
            return 0
        if role is not None:
            raise click.UsageError("--role goes with --print-sql: who may grant rights decides about them")
        prepare(address_in(where.variable), Store(where.schema, where.owners))
        say(f"the state's tables are in schema {where.schema}")
    return 0


def _granted(where: Place, role: str | None) -> str:
    """Give the SQL of a role's rights, or say how it is had."""
    from migration_guard.backfill.grants import grants  # noqa: PLC0415 -- needs the extra

    if role is None:
        return "-- Another role than the one that runs this needs rights: --role NAME prints them as well."
    known = where.modules or where.settings.backfill.modules
    rights = grants(where.schema, role, where.definitions() if known else ())
    return rights if known else f"{rights}-- No backfill is defined here, so that rights on their tables are missing."
