"""rich, kept from reading anything into text: no markup, no emoji, no highlighting, no wrapping of its own."""

from __future__ import annotations

import io
import os
from functools import partial
from typing import Literal

from rich.console import Console
from rich.text import Text

from migration_guard.report.screen import WIDTH_OF_A_FILE, Screen


def recorded(screen: Screen) -> Console:
    """Make a console whose output is captured. Standard output decides on colours, with NO_COLOR and FORCE_COLOR."""
    make = partial(Console, file=io.StringIO(), markup=False, emoji=False, highlight=False, soft_wrap=True)
    if not screen.terminal:
        return make(force_terminal=False, color_system=None, width=WIDTH_OF_A_FILE)
    # Only asked, never written to: a disk that is full or a pipe that is closed is met in one place, which is not here.
    out = Console()
    return make(force_terminal=out.is_terminal, color_system=_colours(out), no_color=out.no_color, width=out.width)


def _colours(console: Console) -> Literal["standard", "256", "truecolor", "windows"] | None:
    match console.color_system:
        case "standard" | "256" | "truecolor" | "windows" as known:
            return known
        case _:  # a terminal that says that it is dumb, as CI's do; it is told otherwise
            return "standard" if os.environ.get("FORCE_COLOR") else None


def plain(text: str, style: str = "") -> Text:
    """Text that is shown as it is."""
    return Text(text, style=style)
