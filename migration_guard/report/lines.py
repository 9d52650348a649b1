"""Lines for people, of pieces that have a style. Where nothing takes colour, nothing is loaded that would know any."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

from migration_guard.lean import dataclass
from migration_guard.report.screen import WIDTH_OF_A_FILE, Screen

_FORCING = ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE")
"""What has rich take something for a terminal that is none."""
_USUAL_WIDTH = 80


@dataclass(frozen=True, slots=True)
class Piece:
    """Text of one style, as rich names them, that may lead to a page."""

    text: str
    style: str = ""
    page: str | None = None


Line = tuple[Piece, ...]


def line(text: str = "", style: str = "") -> Line:
    return (Piece(text, style),)


def takes_colour(screen: Screen) -> bool:
    """Whether there may be colours: rich says which, and how wide the screen is."""
    if not screen.terminal:
        return False
    if any(os.environ.get(name) for name in _FORCING):
        return True
    return sys.stdout is not None and sys.stdout.isatty()


def width_of(screen: Screen) -> int:
    """How wide it is where there are no colours, as rich has it."""
    if not screen.terminal:
        return WIDTH_OF_A_FILE
    stated = os.environ.get("COLUMNS", "")
    if stated.isdigit():
        return int(stated)
    for stream in range(3):
        try:
            return os.get_terminal_size(stream).columns or _USUAL_WIDTH
        except OSError:
            continue
    return _USUAL_WIDTH


def without_colours(lines: Iterable[Line]) -> str:
    return "".join(f"{''.join(piece.text for piece in one)}\n" for one in lines)
