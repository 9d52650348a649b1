"""Where text goes: how wide it is, whether it takes colour, how much is wanted."""

from __future__ import annotations

from migration_guard.lean import dataclass

WIDTH_OF_A_FILE = 120


@dataclass(frozen=True, slots=True)
class Screen:
    """What a format may know of its reader."""

    terminal: bool = False
    """Whether the text goes to standard output, so that its width and its colours count."""
    quiet: bool = False
    """Whether only findings and problems are wanted."""
    grandfathered: bool = False
    """Whether findings that are grandfathered or ignored are wanted beside the new ones."""
