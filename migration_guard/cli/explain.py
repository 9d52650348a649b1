"""`migration-guard explain`: everything seen in a file, and why the rest is clean."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from migration_guard.cli import is_ours
from migration_guard.cli.options import loader, reading_options, told, workers
from migration_guard.cli.output import emit
from migration_guard.config import ConfigError
from migration_guard.discover import UsageError
from migration_guard.operations import Operation, Problem
from migration_guard.pipeline import Request, Seen, look
from migration_guard.pool import kept_readers
from migration_guard.report.formats.concise import problem_line
from migration_guard.report.sanitise import one_line

GATED = (
    "`check` does not read this file closely: every call that its entry points reach is a known schema operation, "
    "and no text says backfill."
)
UNCHECKED = 2


@click.command("explain")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path())
@reading_options
def command(*, paths: tuple[str, ...], jobs: int | None, config: tuple[str, ...], isolated: bool) -> int:
    """Show every operation seen in migrations, the calls followed to it, and why the rest is clean."""
    load = loader(config, isolated=isolated)
    try:
        request = Request(paths=paths, cwd=Path.cwd(), load=load, workers=workers(jobs))
        with kept_readers(request.workers, forked=is_ours()):
            seen, problems = look(request)
    except ConfigError as error:
        raise click.ClickException(told(error)) from None
    except UsageError as error:
        raise click.UsageError(str(error)) from None
    problems = (*problems, *(problem for one in seen for problem in one.reading.problems))
    emit("".join(f"{one_line(line)}\n" for line in _lines(seen, problems)))
    return UNCHECKED if problems else 0


def _lines(seen: tuple[Seen, ...], problems: tuple[Problem, ...]) -> Iterator[str]:
    for one in seen:
        yield from _file(one)
    yield from (problem_line(problem) for problem in problems)


def _file(seen: Seen) -> Iterator[str]:
    candidate, reading = seen.candidate, seen.reading
    migration = f", migration {reading.migration}" if reading.migration else ""
    yield f"{candidate.shown} ({candidate.framework}{migration})"
    if seen.gated:
        yield f"  {GATED}"
    for operation in sorted(reading.operations, key=lambda operation: operation.span):
        yield from _operation(operation)
    if not reading.operations and not reading.problems:
        yield "  No data change, and no text that says backfill."
    for note in sorted(reading.notes, key=lambda note: note.line):
        yield f"  {note.line}: clean: {note.what}: {note.why}"


def _operation(operation: Operation) -> Iterator[str]:
    span = operation.span
    tables = ", ".join(operation.tables) or operation.target
    facts = [operation.kind.value, tables, operation.direction.value, operation.how]
    facts += [f"model {operation.model}"] if operation.model else []
    facts += ["in a table that this migration creates"] if operation.created_here else []
    facts += ["put together while running"] if operation.dynamic else []
    yield f"  {span.line}:{span.column}: {' | '.join(facts)}"
    if operation.trail:
        yield f"      reached by {' > '.join(operation.trail)}"
    if operation.via:
        yield f"      stands in {operation.via}"
    if operation.text:
        yield f"      {' '.join(operation.text.split())}"
