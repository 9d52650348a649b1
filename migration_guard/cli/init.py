"""`migration-guard init`: sets the guard up in a repository."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click

from migration_guard.cli.options import told, workers
from migration_guard.cli.output import create_file, emit, replace_file
from migration_guard.config import ConfigError, SettingsLoader
from migration_guard.discover import UsageError
from migration_guard.files import Unreadable, read_source, shown_path
from migration_guard.findings import Severity
from migration_guard.init import Append, Create, Proposal, Survey, Tell, proposals, survey
from migration_guard.pipeline import Request, check
from migration_guard.report.model import by_urgency
from migration_guard.report.sanitise import one_line
from migration_guard.report.summary import counted

_SHOWN = 3
"""Findings of a first run that are shown: the page of a run shows the rest."""
NEXT = """\
Next: `migration-guard` shows what the migrations do to data, `pre-commit install` turns the hook on,
and `migration-guard baseline` grandfathers what is there, so that only new findings fail.
"""


@click.command("init")
@click.option("--write", is_flag=True, help="Write what is proposed; nothing is ever written over.")
def command(*, write: bool) -> int:
    """Look at the repository, and propose a configuration, a hook and a job in CI."""
    try:
        seen = survey(Path.cwd())
    except ConfigError as error:
        raise click.ClickException(told(error)) from None
    except Unreadable as error:
        raise click.ClickException(str(error)) from None
    if not seen.migrations and not seen.scripts:
        place = shown_path(seen.root, Path.cwd())
        raise click.ClickException(f"no migration was found in {place}; name them in `paths` of migration-guard.toml")
    _print(_found(seen))
    wanted = proposals(seen)
    if wanted:
        _print(_first_run(seen))
    for proposal in wanted:
        if write:
            _carry_out(proposal)
        _print(_lines(proposal, written=write))
    _print(_end(wanted, written=write))
    return 0


def _carry_out(proposal: Proposal) -> None:
    match proposal:
        case Create(path, text):
            _make_folder(path.parent)
            create_file(path, text)
        case Append(path, before, text):
            if read_source(path).decode("utf-8") != before:
                raise click.ClickException(f"{shown_path(path, Path.cwd())} was changed by somebody else just now")
            replace_file(path, before + text)
        case Tell():
            return


def _make_folder(folder: Path) -> None:
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise click.ClickException(f"{shown_path(folder, Path.cwd())} could not be made: {error.strerror}") from None


def _found(seen: Survey) -> Iterator[str]:
    for framework, number in seen.migrations:
        yield f"Found {counted(number, 'migration')} of {framework.replace('_', ' ')}."
    for script in seen.scripts:
        yield f"Found a script that looks like migrations: {script.path}."
    for path in seen.configurations:
        yield f"Configured in {shown_path(path, Path.cwd())}."
    yield ""


def _first_run(seen: Survey) -> Iterator[str]:
    """What a run would say with what is proposed: how much, and the worst of it."""
    config = [f'dialect="{seen.dialect}"'] if seen.dialect and not seen.governed else []
    paths = (".", *(script.path for script in seen.scripts))
    load = SettingsLoader(cwd=seen.root, config=config)
    try:
        report = check(Request(paths=paths, cwd=seen.root, load=load, workers=workers(None)))
    except (ConfigError, UsageError) as error:
        yield f"A first run would not begin: {told(error) if isinstance(error, ConfigError) else error}"
        yield ""
        return
    levels = Counter(one.severity.value for one in report.new)
    much = ", ".join(f"{levels[one.value]} {one.value}" for one in reversed(list(Severity)) if levels[one.value])
    yield f"A first run would say: {counted(len(report.new), 'finding')}{f' ({much})' if much else ''} in {counted(report.files, 'migration')}."
    yield from (f"    {one.path}:{one.span.line}: {one.code} {one.message}" for one in by_urgency(report.new)[:_SHOWN])
    if len(report.new) > _SHOWN:
        yield f"    and {len(report.new) - _SHOWN} more"
    if report.problems:
        first = report.problems[0]
        yield f"{counted(len(report.problems), 'file')} could not be checked: {first.path}: {first.message}"
    if report.unread:
        yield f"{counted(len(report.unread), 'file')} beside migrations may change data and is not read: {report.unread[0].path}"
    yield ""


def _lines(proposal: Proposal, *, written: bool) -> Iterator[str]:
    shown = shown_path(proposal.path, Path.cwd())
    match proposal:
        case Create():
            yield f"{shown}: {'created' if written else 'would be created'}"
        case Append():
            yield f"{shown}: {'added at the end' if written else 'would get, at its end'}"
        case Tell():
            yield f"{shown}: add this yourself, since a program could do harm to what stands there"
    if not written or isinstance(proposal, Tell):
        yield ""
        yield from (f"    {line}".rstrip() for line in proposal.text.splitlines())
        yield ""


def _end(wanted: tuple[Proposal, ...], *, written: bool) -> Iterator[str]:
    if not wanted:
        yield "Everything is set up."
    elif not written:
        yield "Nothing was written; `migration-guard init --write` does it."
    if written or not wanted:
        yield from NEXT.splitlines()


def _print(lines: Iterator[str]) -> None:
    emit("".join(f"{one_line(line)}\n" for line in lines))
