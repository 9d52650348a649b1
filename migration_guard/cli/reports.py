"""Which reports a run gives, and where they go: the screen, files, and the summary of a workflow's step."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import click

from migration_guard.cli.options import hint
from migration_guard.cli.output import append_file, emit, replace_file
from migration_guard.lean import dataclass
from migration_guard.report import formats, pages
from migration_guard.report.model import Report
from migration_guard.report.screen import Screen

FOR_PEOPLE = ("full", "concise")
SHOWING_HISTORY = frozenset({"html"})
SHOWING_BACKGROUND = SHOWING_HISTORY | {"markdown"}
OFFERING_MOVES = frozenset({"sarif", "rdjson"})
STEP_SUMMARY = "GITHUB_STEP_SUMMARY"
"""The variable in which GitHub Actions names the file of a step's summary."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A report that is also written to a file."""

    format: str
    path: Path


@dataclass(frozen=True, slots=True)
class Wanted:
    """The reports that were asked for."""

    format: str
    copies: tuple[Copy, ...]
    statistics: bool
    screen: Screen

    @property
    def with_background(self) -> bool:
        """Whether one of them shows what no finding says of itself."""
        return not SHOWING_BACKGROUND.isdisjoint(self._formats)

    @property
    def with_history(self) -> bool:
        """Whether one of them shows how the baseline came to be what it is."""
        return not SHOWING_HISTORY.isdisjoint(self._formats)

    @property
    def with_moves(self) -> bool:
        """Whether one of them offers what `move` would write."""
        return not OFFERING_MOVES.isdisjoint(self._formats)

    @property
    def in_files(self) -> bool:
        """Whether one of them goes to a file, so that it is wanted though nobody reads what is printed."""
        return bool(self.copies) or self._step_summary is not None

    @property
    def _formats(self) -> tuple[str, ...]:
        beside = ("markdown",) if self._step_summary else ()
        return (self.format, *(copy.format for copy in self.copies), *beside)

    @property
    def _step_summary(self) -> Path | None:
        named = os.environ.get(STEP_SUMMARY)
        return Path(named) if self.format == "github" and named else None

    def give(self, report: Report) -> None:
        """Print and write them all."""
        emit(_statistics(report, self.screen) if self.statistics else _rendered(self.format, report, self.screen))
        beside = Screen(grandfathered=self.screen.grandfathered)
        for copy in self.copies:
            replace_file(copy.path, _rendered(copy.format, report, beside))
        if summary := self._step_summary:
            append_file(summary, _rendered("markdown", report, beside))


def wanted(output_format: str, output: Iterable[str], *, statistics: bool, screen: Screen) -> Wanted:
    """Understand the options, before anything is read."""
    check_documentation()
    known = _format(output_format)
    if statistics and known not in FOR_PEOPLE:
        raise click.UsageError(
            f"--statistics takes the place of {' or '.join(FOR_PEOPLE)}; "
            f"write the other report to a file: --output {output_format}=FILE"
        )
    copies = tuple(_copy(item) for item in output)
    for copy in copies:
        if sum(copy.path == other.path for other in copies) > 1:
            raise click.UsageError(f"--output names {copy.path} twice; give each report a file of its own")
    return Wanted(known, copies, statistics, screen)


def check_documentation() -> None:
    """Refuse an address of the documentation that is none. Raises UsageError."""
    if pages.VARIABLE in os.environ:
        try:
            pages.documentation()
        except ValueError as error:
            raise click.UsageError(str(error)) from None


def _statistics(report: Report, screen: Screen) -> str:
    from migration_guard.report.statistics import render  # noqa: PLC0415 -- loads rich, which few runs need

    return render(report, screen)


def _rendered(name: str, report: Report, screen: Screen) -> str:
    """Render a report; a format that crashes means that nothing was said, which is no success."""
    try:
        return formats.load(name).render(report, screen)
    except Exception as error:  # noqa: BLE001 -- a format may fail in any way
        reason = f"{type(error).__name__}: {error}"
        raise click.ClickException(f'the output format "{name}" crashed ({reason}); its report is missing') from None


def _format(name: str) -> str:
    if name not in formats.names():
        raise click.UsageError(f'no output format is called "{name}"{hint(name, formats.names())}')
    return name


def _copy(item: str) -> Copy:
    name, equals, file = item.partition("=")
    if not equals or not file:
        raise click.UsageError(f'--output expects FORMAT=FILE, such as json=report.json, found "{item}"')
    return Copy(_format(name), Path(file))
