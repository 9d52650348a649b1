"""What a page for people shows beside the findings: the baseline's history, and what is known of the tables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from migration_guard.config.tables import MeasuredTable
from migration_guard.lean import dataclass


@dataclass(frozen=True, slots=True)
class Point:
    """The baseline as one commit left it."""

    commit: str
    day: date
    total: int
    rules: dict[str, int]
    owners: dict[str, int]
    severities: dict[str, int]
    """By what the tables are today, the worst first; an entry does not say how bad it once was."""
    problem: str | None = None
    """Why it could not be read there."""


@dataclass(frozen=True, slots=True)
class Background:
    """What no finding says of itself."""

    points: tuple[Point, ...] = ()
    """The baseline after each commit, the oldest first."""
    unknown: str | None = None
    """Why its history could not be read."""
    goals: tuple[tuple[str, int], ...] = ()
    """How many entries are to be left by a day, as ISO 8601."""
    tables: Mapping[str, MeasuredTable] | None = None
    """Measured tables by the name that findings use; None where nothing was measured."""
