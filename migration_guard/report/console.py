"""rich, kept from reading anything into text: no markup, no emoji, no highlighting, no wrapping of its own."""

from __future__ import annotations

import io
import sys
from functools import partial

from rich.console import Console
from rich.text import Text

from migration_guard.report.screen import WIDTH_OF_A_FILE, Screen


def recorded(screen: Screen) -> Console:
    """Make a console whose output is captured. Standard output decides on colours, with NO_COLOR and FORCE_COLOR."""
    make = partial(Console, markup=False, emoji=False, highlight=False, soft_wrap=True)
    if screen.terminal:
        return make(file=sys.stdout)
    return make(file=io.StringIO(), force_terminal=False, color_system=None, width=WIDTH_OF_A_FILE)


def plain(text: str, style: str = "") -> Text:
    """Text that is shown as it is."""
    return Text(text, style=style)
