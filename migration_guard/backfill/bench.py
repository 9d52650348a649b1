"""What a backfill is worked at with, whichever kind it is."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass

from sqlalchemy import Connection

from migration_guard.backfill.clock import Clock
from migration_guard.backfill.connect import Address
from migration_guard.backfill.pinned import milliseconds
from migration_guard.backfill.policy import TimeoutPolicy
from migration_guard.backfill.report import Reporter
from migration_guard.backfill.session import Session
from migration_guard.backfill.standing import Counts
from migration_guard.backfill.state import Store
from migration_guard.backfill.trust import PINNED
from migration_guard.config.settings import BrakeSettings

DEFAULT_BRAKE = BrakeSettings()
LEAST_PATIENCE = 3.0
"""Seconds that a run waits for whoever holds the state's tables also when it is over: how it ended is to be written down."""


@dataclass(frozen=True, slots=True)
class Bench:
    """The server, the state, the time that is left, and who is told."""

    where: Address
    name: str
    """What connections are called."""
    session: Session
    store: Store
    clock: Clock
    reporter: Reporter
    policy: TimeoutPolicy
    workers: int = 1
    """How many are asked for in all, to share what is worth it."""
    brake: BrakeSettings = DEFAULT_BRAKE
    """From which readings of the server on it is held."""

    def transaction(self) -> AbstractContextManager[Connection]:
        """Begin one that touches the state alone, and waits for it no longer than there is a run."""
        patience = self.clock.within(self.policy.lock, LEAST_PATIENCE)
        settings = {**self.policy.settings(0), **PINNED, "lock_timeout": milliseconds(patience)}
        return self.session.transaction(settings)

    def counts(self, key: str) -> Counts:
        """Give what has become of the rows of a backfill."""
        with self.transaction() as connection:
            return self.store.counts(connection, key)
