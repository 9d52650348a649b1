"""Lines for people on something that may take colours, and the overview of a crowd: all that rich is needed for."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rich.style import Style
from rich.text import Text

from migration_guard.report.console import plain, recorded
from migration_guard.report.crowd import WORST
from migration_guard.report.lines import Line
from migration_guard.report.model import Report
from migration_guard.report.overview import overview
from migration_guard.report.screen import Screen


def render(lines: Callable[[int], Iterable[Line]], screen: Screen, crowded: Report | None) -> str:
    """Give the lines that a width makes, under an overview if there is a crowd."""
    console = recorded(screen)
    with console.capture() as capture:
        if crowded is not None:
            console.print(overview(crowded))
            console.print(plain(f"\nThe {WORST} worst in full:\n"))
        for line in lines(console.width):
            console.print(_text(line))
    return capture.get()


def _text(line: Line) -> Text:
    return Text.assemble(
        *((piece.text, Style.parse(piece.style) + Style(link=piece.page)) for piece in line if piece.text)
    )
