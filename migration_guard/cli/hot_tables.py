"""`migration-guard hot-tables`: how hot the tables of a running database are."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import click

from migration_guard.cli.options import hint, told
from migration_guard.cli.output import complain, emit, replace_file
from migration_guard.config import ConfigError, Settings, SettingsLoader
from migration_guard.config.tables import (
    DEFAULT_FILE,
    BadTables,
    Heat,
    MeasuredTable,
    read_tables,
    rendered_tables,
)
from migration_guard.files import exists, shown_path
from migration_guard.hot_tables import Counts, Thresholds, classified
from migration_guard.report.sanitise import one_line
from migration_guard.report.summary import counted

DEFAULT_VARIABLE = "DATABASE_URL"
USUAL = Thresholds()


@click.command("hot-tables")
@click.option("--database-url", metavar="URL", help="The database; better by the environment, since others see this.")
@click.option(
    "--database-url-env", metavar="NAME", help=f"The variable that has the URL; {DEFAULT_VARIABLE} if unsaid."
)
@click.option("--database", metavar="NAME", help="The one of `databases` in the configuration that is measured.")
@click.option("--hot-rows", default=USUAL.hot_rows, show_default=True, metavar="N", help="Hot from so many rows.")
@click.option("--hot-writes", default=USUAL.hot_writes, show_default=True, metavar="N", help="Or so many writes a day.")
@click.option(
    "--small-rows", default=USUAL.small_rows, show_default=True, metavar="N", help="Small up to so many rows,"
)
@click.option("--small-writes", default=USUAL.small_writes, show_default=True, metavar="N", help="and writes a day.")
@click.option("--write", is_flag=True, help="Store them in the tables file, which linting reads.")
def command(
    *,
    database_url: str | None,
    database_url_env: str | None,
    database: str | None,
    hot_rows: int,
    hot_writes: int,
    small_rows: int,
    small_writes: int,
    write: bool,
) -> int:
    """Ask a PostgreSQL database which of its tables are hot and which are small. It only reads."""
    thresholds = Thresholds(hot_rows, hot_writes, small_rows, small_writes)
    if small_rows >= hot_rows or small_writes >= hot_writes:
        raise click.UsageError("small must end below where hot begins")
    target = _target(database)
    counts = _measured(_url(database_url, database_url_env))
    tables = classified(counts, thresholds)
    emit("".join(f"{one_line(line)}\n" for line in _lines(counts, tables)))
    for line in _warnings(counts):
        complain(line)
    shown = shown_path(target, Path.cwd())
    if write:
        replace_file(target, rendered_tables(tables))
        emit(f"Written to {shown}: commit it, and linting obeys it.\n")
    else:
        emit(f"Nothing was written; --write stores the hot and the small ones in {shown}.\n")
    return 0


def _url(url: str | None, variable: str | None) -> str:
    if url is not None and variable is not None:
        raise click.UsageError("--database-url and --database-url-env exclude each other")
    name = variable or DEFAULT_VARIABLE
    found = url if url is not None else os.environ.get(name, "")
    if not found.strip():
        where = "--database-url" if url is not None else f"the environment variable {name}"
        raise click.UsageError(f"no database is named: {where} is empty; expected postgresql://USER@HOST/DATABASE")
    return found


def _measured(url: str) -> Counts:
    try:
        from migration_guard.hot_tables.server import CannotMeasure, measure  # noqa: PLC0415 -- needs the extra
    except ImportError as error:
        install = "pip install 'migration-guard[backfill]'"
        raise click.ClickException(f"hot-tables needs the driver psycopg ({error}): {install}") from None
    try:
        return measure(url)
    except CannotMeasure as error:
        raise click.ClickException(str(error)) from None


def _target(database: str | None) -> Path:
    """Give the tables file to write, and refuse to write over anything else."""
    try:
        # The file may be named already without being there.
        settings = SettingsLoader(cwd=Path.cwd(), measured=False).for_folder(Path.cwd())
    except ConfigError as error:
        raise click.ClickException(told(error)) from None
    path = settings.root / _file_of(settings, database)
    if exists(path):
        try:
            read_tables(path)
        except BadTables as error:
            raise click.ClickException(
                f"{shown_path(path, Path.cwd())} is no tables file to replace: {error}"
            ) from None
    return path


def _file_of(settings: Settings, database: str | None) -> str:
    if database is None:
        return settings.tables_file or DEFAULT_FILE
    names = [one.name for one in settings.databases]
    for one in settings.databases:
        if one.name == database and one.tables_file:
            return one.tables_file
    if database in names:
        raise click.UsageError(f'name its file first: databases.{database}.tables-file = "{database}-tables.toml"')
    raise click.UsageError(f'the configuration has no database "{database}"{hint(database, names) if names else ""}')


def _lines(counts: Counts, tables: tuple[MeasuredTable, ...]) -> Iterator[str]:
    yield f"{counts.database}: {counted(len(counts.tables), 'table')}, statistics of {_days(counts.days)}"
    width = max((len(one.name) for one in tables), default=0)
    for one in tables:
        figures = f"{one.rows:>15,} rows  {_size(one.bytes):>9}  {one.writes_per_day:>11,} writes a day"
        yield f"{one.heat.value:5}  {one.name:{width}}  {figures}"
    hot = sum(one.heat is Heat.HOT for one in tables)
    yield f"{hot} hot, {len(tables) - hot} small, {len(counts.tables) - len(tables)} neither."


def _warnings(counts: Counts) -> Iterator[str]:
    if counts.days < 1:
        yield "The statistics are younger than a day: what was written so far counts as the writes of a whole day."
    never = sum(table.rows is None for table in counts.tables)
    if never:
        yield f"{counted(never, 'table')} with rows that nobody has counted: run ANALYZE, and ask again."


def _days(days: float) -> str:
    return counted(round(days), "day") if days >= 1 else f"{days * 24:.1f} hours"


def _size(size: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1024:
            return f"{size:.0f} {unit}"
        size /= 1024
    return f"{size:.1f} TB"
