"""How much of a run is left, and how it ends before that."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from migration_guard.backfill.transitions import State

SIGNALLED = "stopped by a signal"
OUT_OF_TIME = "time: the run's time is over, the next run goes on from here"
AT_ONCE = "stopped at once by a second signal; its last batch was rolled back"
LEAVING = (SIGNALLED, OUT_OF_TIME, AT_ONCE)
"""How reasons begin for which one worker ends, whatever others do."""


class Stop(Exception):
    """The run of this backfill ends here, in a state and with a reason."""

    def __init__(self, state: State, reason: str, *, passes: bool = False) -> None:
        super().__init__(state, reason)
        self.state = state
        self.reason = reason
        self.passes = passes
        """Whether it is nothing of the backfill's own, so that another run may go on by and by."""


@dataclass(slots=True)
class Clock:
    """How much of the run is left; by the monotonic clock, as the other one jumps."""

    deadline: float
    stop: threading.Event = field(default_factory=threading.Event)
    """Set by the first signal: finish the batch, and end."""

    @property
    def left(self) -> float:
        return self.deadline - time.monotonic()

    @property
    def goes_on(self) -> bool:
        """Whether there is anything left of the run."""
        return self.left > 0 and not self.stop.is_set()

    def within(self, seconds: float, least: float = 1.0) -> float:
        """Say how long something may be waited for: no longer than there is a run, but for a moment also when it is over."""
        return max(least, min(seconds, self.left))

    def sleep(self, seconds: float) -> None:
        """Wait, unless the run is over before."""
        self.stop.wait(max(0.0, min(seconds, self.left)))

    def check(self, ahead: float = 0.0) -> None:
        """Raise Stop if the run is over, or has less left than what comes next takes."""
        if self.stop.is_set():
            raise Stop(State.INCOMPLETE, SIGNALLED, passes=True)
        if self.left <= ahead:
            raise Stop(State.INCOMPLETE, OUT_OF_TIME, passes=True)
