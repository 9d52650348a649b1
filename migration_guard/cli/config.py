"""`migration-guard config`: what governs, and who says so."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import click

from migration_guard.cli.options import loader, told
from migration_guard.cli.output import emit
from migration_guard.config import ConfigError, Database, Settings, SettingsLoader, unknown_rules
from migration_guard.config.origin import Origin, Source, Stated, stated_values
from migration_guard.config.schema import shipped
from migration_guard.discover.patterns import database_of, is_excluded
from migration_guard.files import nearest_name, shown_path
from migration_guard.lean import dataclass
from migration_guard.report.sanitise import data, one_line
from migration_guard.rules import all_rules, select


@dataclass(frozen=True, slots=True)
class Governing:
    """What governs a folder, or one file in it."""

    settings: Settings
    values: tuple[Stated, ...]
    file: Path | None = None
    database: Database | None = None

    @property
    def excluded(self) -> bool:
        return self.file is not None and is_excluded(self.file, self.settings)

    @property
    def rules(self) -> tuple[str, ...]:
        """The codes of the rules that run on the file; for a folder, where no `per-file-ignores` matches."""
        said = self.settings
        selection = select(all_rules(), chosen=said.select, ignored=said.ignore, per_file=said.per_file_ignores)
        if self.file is None:
            return tuple(rule.code for rule in selection.rules)
        inside = Path(os.path.relpath(self.file, said.root)).as_posix()
        return tuple(rule.code for rule in selection.rules_for(inside))


@click.command("config")
@click.argument("path", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for other programs.")
@click.option("--schema", is_flag=True, help="Print the JSON schema of the configuration, for editors.")
@click.option("--config", multiple=True, metavar="FILE|KEY=VALUE", help="A configuration file, or one setting.")
@click.option("--isolated", is_flag=True, help="Obey no configuration file.")
def command(*, path: str | None, as_json: bool, schema: bool, config: tuple[str, ...], isolated: bool) -> int:
    """Show each value that governs a file or folder, by default the working directory, and where it comes from."""
    if schema:
        emit(shipped())
        return 0
    try:
        governing = _governing(path, loader(config, isolated=isolated))
    except ConfigError as error:
        raise click.ClickException(told(error)) from None
    emit(_document(governing) if as_json else "".join(f"{one_line(line)}\n" for line in _lines(governing)))
    return 0


def _governing(path: str | None, load: SettingsLoader) -> Governing:
    full = Path(os.path.abspath(path or "."))
    if not os.path.lexists(full):
        raise click.UsageError(f"there is no {shown_path(full, Path.cwd())!r}{nearest_name(full, Path.cwd())}")
    file = None if full.is_dir() else full
    settings = load.for_folder(full.parent if file else full)
    for error in unknown_rules(settings, [name for rule in all_rules() for name in (rule.code, rule.name)]):
        raise error
    database = database_of(file, settings) if file else None
    return Governing(settings, stated_values(settings, load.layers(settings), database), file, database)


def _lines(governing: Governing) -> Iterator[str]:
    source = governing.settings.source
    yield f"configuration: {shown_path(source, Path.cwd()) if source else 'none, only defaults'}"
    if governing.file is not None:
        yield f"file: {shown_path(governing.file, Path.cwd())}{', excluded' if governing.excluded else ''}"
    if governing.database is not None:
        yield f"database: {governing.database.name}"
    yield f"rules: {', '.join(governing.rules) or 'none'}"
    width = max(len(row.key) for row in governing.values)
    for row in governing.values:
        value = "nothing" if row.value is None else json.dumps(row.value, ensure_ascii=False, default=str)
        yield f"{row.key:{width}} = {value}  # {' and '.join(map(_said, row.origins))}"


def _said(origin: Origin) -> str:
    if origin.path is None:
        return "--config" if origin.source is Source.COMMAND_LINE else "default"
    line = f":{origin.line}" if origin.line else ""
    found = " (found beside the configuration)" if origin.source is Source.FOUND else ""
    return f"{shown_path(origin.path, Path.cwd())}{line}{found}"


def _document(governing: Governing) -> str:
    source = governing.settings.source
    document = {
        "version": 1,
        "configuration": shown_path(source, Path.cwd()) if source else None,
        "file": shown_path(governing.file, Path.cwd()) if governing.file else None,
        "excluded": governing.excluded,
        "database": governing.database.name if governing.database else None,
        "rules": governing.rules,
        "values": [_value(row) for row in governing.values],
    }
    return data(json.dumps(document, indent=2, ensure_ascii=False, default=str)) + "\n"


def _value(row: Stated) -> dict[str, object]:
    origins = [
        {
            "source": origin.source.value,
            "path": shown_path(origin.path, Path.cwd()) if origin.path else None,
            "line": origin.line,
        }
        for origin in row.origins
    ]
    return {"key": row.key, "value": row.value, "origins": origins}
