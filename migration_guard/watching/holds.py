"""When batches were held, and by what: read from the events of a state."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from migration_guard.backfill.standing import Happened
from migration_guard.backfill.transitions import State

HOLD, RELEASE = "hold", "release"
_ENDS = frozenset({RELEASE, *(state.value for state in State)})
"""A hold is over when batches are let go, and when the runner ends or begins."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A time in which batches were held."""

    event: Happened
    """Which began it."""
    until: datetime | None = None

    @property
    def backfill(self) -> str:
        return self.event.backfill

    @property
    def since(self) -> datetime:
        return self.event.at

    @property
    def told(self) -> str:
        """Why, with its numbers."""
        return self.event.detail or HOLD

    @property
    def reason(self) -> str:
        """Why, without numbers: one of a few words."""
        return self.told.partition(":")[0]


class Holds:
    """Who is held by now."""

    def __init__(self) -> None:
        self._now: dict[str, Hold] = {}
        self.over: list[Hold] = []

    def begun(self, events: Iterable[Happened]) -> list[Hold]:
        """Learn from what has happened since; give the holds that have begun, each once, whoever was held and told of it."""
        found = []
        for event in events:
            now = self._now.get(event.backfill)
            if event.kind == HOLD and (now is None or now.reason != Hold(event).reason):
                self._let_go(event)
                self._now[event.backfill] = Hold(event)
                found.append(Hold(event))
            elif event.kind in _ENDS:
                self._let_go(event)
        return found

    def of(self, backfill: str) -> Hold | None:
        """Give what holds a backfill."""
        return self._now.get(backfill)

    @property
    def all(self) -> tuple[Hold, ...]:
        """Give all that are over, and those that are not."""
        return (*self.over, *self._now.values())

    def _let_go(self, event: Happened) -> None:
        if (hold := self._now.pop(event.backfill, None)) is not None:
            self.over.append(replace(hold, until=event.at))
