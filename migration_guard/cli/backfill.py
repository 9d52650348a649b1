"""`migration-guard backfill`: the commands around the runner. None of them imports the driver before it is needed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from migration_guard.backfill.definition import DefinitionError, Priority, Status, chosen
from migration_guard.backfill.registry import Definition, check_arguments, named
from migration_guard.cli.backfill_output import (
    Seen,
    compared,
    listing,
    standings_json,
    tenant_table,
)
from migration_guard.cli.backfill_pace import set_pace
from migration_guard.cli.backfill_place import Place, at_desk, explained, placing_options, spanning_options
from migration_guard.cli.backfill_seen import watching_options, wishes
from migration_guard.cli.backfill_steering import LEADING, leading, quarantine
from migration_guard.cli.lines import say
from migration_guard.watching.listening import Destinations

WORK_LEFT = 1


@click.group("backfill")
def command() -> None:
    """Change data in small committed batches, apart from migrations."""


command.add_command(quarantine)
command.add_command(set_pace)
for _name, _help in LEADING.items():
    command.add_command(leading(_name, _help))


@command.command("run")
@click.option("--all", "every", is_flag=True, help="Run every active backfill that is not finished.")
@click.option("--only", metavar="KEY", help="Run one backfill.")
@click.option("--priority", metavar="HIGH|MEDIUM|LOW", help="Run those of one priority.")
@click.option("--dry-run", is_flag=True, help="Show what would be done; write nothing.")
@click.option("--max-minutes", type=click.FloatRange(0, min_open=True), metavar="N", help="For all together; 10.")
@click.option("--max-seconds", type=click.FloatRange(0, min_open=True), metavar="N", help="The same in seconds.")
@click.option("--workers", type=click.IntRange(1), default=1, metavar="N", help="Processes that share the work; 1.")
@click.option("--offline", is_flag=True, help="The application is stopped: run also what is not safe beside it.")
@click.option("--log-format", type=click.Choice(["text", "json"]), default="text", help="How lines are written; text.")
@watching_options
@click.option("--strict", is_flag=True, help="Exit with 1 if work is left, with 2 if nothing could be run.")
@spanning_options
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
    metrics: Destinations,
    where: Place,
) -> int:
    """Run backfills. Exits with 0 whatever happens, so that no deployment fails; the last line tells the truth."""
    if [every, only is not None, priority is not None].count(True) != 1:
        raise click.UsageError("expected one of --all, --only KEY and --priority PRIORITY")
    if max_minutes is not None and max_seconds is not None:
        raise click.UsageError("expected --max-minutes or --max-seconds, found both")
    with explained():
        from migration_guard.backfill.order import past  # noqa: PLC0415 -- needs the extra
        from migration_guard.cli import backfill_run  # noqa: PLC0415

        known = where.definitions()
        chosen = past(_chosen(known, only, priority), known)
        check_arguments(chosen, where.arguments)
        seconds = max_seconds or 60 * (max_minutes or 10.0)
        order = backfill_run.Order(
            chosen,
            where.variable,
            where.schema,
            where.owners,
            seconds,
            offline,
            log_format == "json",
            workers,
            where.settings.backfill.brake,
            wishes(metrics, where.settings),
            known,
        )
        if where.databases:
            order = replace(order, databases=tuple((name, place.variable) for name, place in where.each()))
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
def list_command(*, as_json: bool, where: Place) -> int:
    """List the definitions; needs no database."""
    try:
        definitions = where.definitions()
    except DefinitionError as error:
        raise click.ClickException(str(error)) from None
    say(listing(definitions, as_json=as_json))
    return 0


@command.command("status")
@click.option("--by-tenant", is_flag=True, help="Also what became of each tenant's rows.")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
@click.option("--watch", is_flag=True, help="Show it again and again, until nothing runs, or q.")
@click.option(
    "--html", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write a page with all that was."
)
@placing_options
def status_command(
    *,
    by_tenant: bool,
    as_json: bool,
    watch: bool,
    html: Path | None,
    where: Place,
) -> int:
    """Show how far backfills are. Reads the state's tables only, so that it costs nothing."""
    if html is not None and (as_json or watch or by_tenant):
        raise click.UsageError("--html goes with none of --json, --watch and --by-tenant")
    if watch and (as_json or by_tenant):
        raise click.UsageError("--watch goes with neither --json nor --by-tenant")
    with at_desk(where) as desk:
        if html is not None:
            from migration_guard.cli.backfill_page import write_page  # noqa: PLC0415 -- needs the extra

            write_page(desk, where, html)
            return 0
        known = where.known()

        def look() -> Seen:
            standings, holders = compared(desk.standings(), known), desk.holders()
            return Seen(standings, holders)

        if watch:
            from migration_guard.cli.backfill_watch import watched  # noqa: PLC0415 -- for who looks on

            watched(look)
        elif as_json:
            say(standings_json(compared(desk.standings(), known), desk.tenants(), desk.holders()))
        else:
            say(str(look()))
            if by_tenant:
                say(tenant_table(desk.tenants()))
    return 0


@command.command("gate")
@click.argument("key")
@click.option("--prove", is_flag=True, help="Look at all rows, however long it takes, and not only at what came since.")
@placing_options
def gate_command(
    *,
    key: str,
    prove: bool,
    where: Place,
) -> int:
    """Exit with 0 if a backfill is verified as complete, else with 1."""
    with at_desk(where) as desk:
        state = where.key(key)
        passed, text = desk.gate(state, where.definition(key), prove=prove)
        say(f"{state}: {text}")
    return 0 if passed else WORK_LEFT


@command.command("init")
@click.option("--print-sql", is_flag=True, help="Print the SQL that creates the state's tables, and do nothing.")
@click.option("--role", metavar="NAME", help="With --print-sql: also all that this role needs to run the backfills.")
@placing_options
def init_command(
    *,
    print_sql: bool,
    role: str | None,
    where: Place,
) -> int:
    """Create the tables of the runner's state. A run creates them as well, where its role may."""
    with explained():
        from migration_guard.backfill.brake.foresight import unseen  # noqa: PLC0415 -- needs the extra
        from migration_guard.backfill.connect import address_in  # noqa: PLC0415
        from migration_guard.backfill.runner import prepare  # noqa: PLC0415
        from migration_guard.backfill.state import Store  # noqa: PLC0415
        from migration_guard.backfill.tables import ddl  # noqa: PLC0415

        if print_sql:
            say(ddl(where.schema).rstrip())
            say(_granted(where, role))
            return 0
        if role is not None:
            raise click.UsageError("--role goes with --print-sql: who may grant rights decides about them")
        prepare(address_in(where.variable), Store(where.schema, where.owners))
        say(f"the state's tables are in schema {where.schema}")
        for told in unseen(address_in(where.variable), where.settings.backfill.brake):
            say(told)
    return 0


def _granted(where: Place, role: str | None) -> str:
    """Give the SQL of a role's rights, or say how it is had."""
    from migration_guard.backfill.brake.foresight import needs_monitoring  # noqa: PLC0415 -- needs the extra
    from migration_guard.backfill.grants import grants, monitoring  # noqa: PLC0415

    if role is None:
        return "-- Another role than the one that runs this needs rights: --role NAME prints them as well."
    known = where.modules or where.settings.backfill.modules
    rights = grants(where.schema, role, where.definitions() if known else ())
    if needs_monitoring(where.settings.backfill.brake):
        rights = f"{rights}\n{monitoring(role)}"
    return rights if known else f"{rights}-- No backfill is defined here, so that rights on their tables are missing."
