"""What every batch of a run has in common."""

from __future__ import annotations

from dataclasses import dataclass

from migration_guard.backfill.keys import Value
from migration_guard.backfill.state import Store
from migration_guard.backfill.subject import Subject

HOLD = 0.25
"""Seconds that a batch waits in all for what others hold beside its own rows, while it holds these."""
HOLD_OF_DEADLOCK = 0.5
"""The same as a part of the server's deadlock_timeout, where that is short: nobody is to become a victim."""


@dataclass(frozen=True, slots=True)
class Job:
    """A subject, and where its run stands."""

    subject: Subject
    store: Store
    token: int
    sweep: int = 0
    bound: Value | None = None
    """The last key of the table when this pass began; None if it was empty."""

    @property
    def key(self) -> str:
        return self.subject.definition.key

    @property
    def lease(self) -> float:
        return self.subject.definition.policy.lease

    @property
    def hold(self) -> float:
        """Seconds that others may have to wait beside the batch's own time."""
        return max(0.01, min(HOLD, HOLD_OF_DEADLOCK * self.subject.server.deadlock_seconds))
