"""What is asked of a backfill while it runs: by a person, who sets its pace, and by the brake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from migration_guard.backfill.brake.law import BLIND
from migration_guard.backfill.steering import FREE, Steering, steering_of


@dataclass(frozen=True, slots=True)
class Steered:
    """The pace that a person has set, and what holds a backfill now."""

    steering: Steering = FREE
    here: datetime | None = None
    """The clock on a wall where the hours are that it is kept to."""
    braked: str | None = None
    """Why the brake holds."""
    measured: float | None = None
    """Seconds since that was found out; None: never."""

    @property
    def closed(self) -> str | None:
        """Say until when it is outside of its hours, if it is."""
        hours = self.steering.window
        opens = hours.closed_until(self.here) if hours is not None and self.here is not None else None
        return None if opens is None else f"outside of its hours, {hours}: held until {opens:%Y-%m-%d %H:%M}"

    @property
    def held(self) -> str | None:
        """Say why no batch may begin, if so. Who has not looked for long, or not yet, does not know."""
        if self.closed is not None:
            return self.closed
        if self.measured is None:
            return "blind: nobody has looked at the server yet"
        if self.measured > BLIND:
            return f"blind: nobody has looked at the server for {self.measured:.0f} s"
        return self.braked


FREELY = Steered()
"""Nothing is asked."""


def steered_of(row: Sequence[Any]) -> Steered:
    """Read what a statement gives."""
    pace, here, braked, measured = row
    return Steered(steering_of(pace), here, braked, measured)
