"""What every batch of a run has in common."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from migration_guard.backfill.keys import Value
from migration_guard.backfill.ranges import Ranges
from migration_guard.backfill.record import Share
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
    """The last key of the table when this pass began, or of a range of it; None if it was empty."""
    workers: int = 1
    """How many are asked for."""
    share: Share | None = None
    """What of it is ours, where others work at it as well."""
    thresholds: str = ""
    """By which ones this run is held, beside those of others."""

    @property
    def key(self) -> str:
        return self.subject.definition.key

    @property
    def lease(self) -> float:
        return self.subject.definition.policy.lease

    @property
    def ranges(self) -> Ranges:
        return Ranges(self.store.schema, self.key)

    def renew(self, connection: Connection) -> None:
        """Keep what is claimed while nothing is done."""
        if self.share is not None:
            self.ranges.renew(connection, self.share, self.lease)
        else:
            self.store.renew(connection, self.key, self.token, self.lease)

    @property
    def hold(self) -> float:
        """Seconds that others may have to wait beside the batch's own time."""
        return max(0.01, min(HOLD, HOLD_OF_DEADLOCK * self.subject.server.deadlock_seconds))
