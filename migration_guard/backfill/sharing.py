"""A worker's part in a pass that several share: it claims what nobody is at, until the backfill is over.

All are equal, and none depends on another. Who finds all ranges done ends the pass, and begins the next; meanwhile the
others ask again and again. What one learns that concerns all (a person's request, a definition that fails) he writes down, and the
others find it; who only leaves, as his time is over, gives back what he has.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from migration_guard.backfill.attempt import Asked, Surplus
from migration_guard.backfill.clock import LEAVING
from migration_guard.backfill.errors import LostClaim
from migration_guard.backfill.job import Job
from migration_guard.backfill.ranges import Claimed
from migration_guard.backfill.record import Record
from migration_guard.backfill.state import whoami
from migration_guard.backfill.sweep import SWEEPS, begin, come_back, ended, in_turns, moving_target, turn_to
from migration_guard.backfill.transitions import State
from migration_guard.backfill.worker import Worker

IDLE = 0.2
"""Seconds between two questions whether there is something to claim, while others are at all that is left."""
LONGEST_IDLE = 2.0
"""The same where the answer has been no again and again: many who ask often would be a load of their own."""


class Over(Exception):
    """The backfill has ended in a state that is written down: others, or a person, have led it there."""

    def __init__(self, state: State, reason: str | None) -> None:
        super().__init__(state, reason)
        self.state = state
        self.reason = reason

    @property
    def goes_on(self) -> bool:
        """Whether it is over for somebody else only: who has time left takes it up again."""
        return self.state is State.RUNNING or (
            self.state is State.INCOMPLETE and (self.reason or "").startswith(LEAVING)
        )


@dataclass(slots=True)
class Part:
    """What one worker does in it."""

    worker: Worker
    record: Record
    idle: float = IDLE
    """Seconds until it asks again, where there is nothing to claim."""

    @property
    def passes(self) -> int:
        """How many have ended since it takes part, whoever ended them."""
        return self.worker.job.sweep - max(self.record.sweep, 1) + 1

    def take(self) -> State:
        """Take part until the backfill is complete, or raise what ended it."""
        while True:
            self.worker.check_time()
            try:
                if self._step():
                    return State.COMPLETED
            except LostClaim:
                self._look()
            except Surplus:
                self._make_room()

    def _step(self) -> bool:
        """Claim and do one thing; tell whether that was the end of it all."""
        worker, job = self.worker, self.worker.job
        store, who = job.store, whoami()
        claimed = worker.tried(lambda connection: job.ranges.claim(connection, job.token, who, job.lease))
        if claimed is None:
            self._look()
            worker.clock.sleep(self.idle)
            self.idle = min(1.5 * self.idle, LONGEST_IDLE)
            return False
        self.idle = IDLE
        if claimed.taken_over:
            worker.note(
                "note",
                "took a range over, from its cursor: the connection of who was at it is gone, or his lease was over",
            )
        whole = replace(job, sweep=claimed.sweep, bound=claimed.bound, share=claimed.share)
        if worker.told != claimed.sweep:
            turn_to(worker, whole, self.record.floor)
        worker.reporter.stands(worker.tried(lambda connection: store.counts(connection, job.key)))
        if claimed.share.ends:
            return self._end(whole)
        worker.take(replace(whole, bound=claimed.high))
        self._work(claimed)
        return False

    def _work(self, claimed: Claimed) -> None:
        """Do what was claimed; tenants whose turn is over go back, for whoever claims them next."""
        left = in_turns(self.worker, claimed.windows)
        while left and not claimed.tenants:
            left = in_turns(self.worker, left)
        if left:
            share = replace(claimed.share, tokens={window: claimed.share.tokens[window] for window in left})
            self.worker.tried(lambda connection: self.worker.job.ranges.leave(connection, share))

    def _make_room(self) -> None:
        """Give back what is ours, since a person wants fewer workers; when he wants more again, there is something to claim."""
        job = self.worker.job
        if job.share is not None:
            share = job.share
            self.worker.tried(lambda connection: job.ranges.leave(connection, share))
        self.worker.take(replace(job, share=None))
        self.worker.clock.sleep(IDLE)

    def _end(self, job: Job) -> bool:
        """End a pass, when all of its ranges are done: as one who has it to himself."""
        worker = self.worker
        worker.take(job)
        come_back(worker)
        if ended(worker, proves=True) is not None:
            return True
        if self.passes >= SWEEPS:
            raise moving_target()
        begin(worker, self.record)
        worker.take(replace(worker.job, share=None))
        return False

    def _look(self) -> None:
        """Look how the backfill stands, since there is nothing to claim or what was claimed is gone."""
        job = self.worker.job
        now = self.worker.tried(lambda connection: job.store.find(connection, job.key))
        if now is not None and now.token != job.token and now.state is State.RUNNING:
            raise Over(State.RUNNING, "it was stopped, and goes on")
        if now is None or now.fingerprint != self.record.fingerprint:
            raise LostClaim("its state changed meanwhile")
        if now.state is not State.RUNNING:
            raise Over(now.state, now.reason)
        if now.request:
            raise Asked(now.request).stop
        if not now.shared:
            raise LostClaim(f"run by {now.claimed_by} since {now.claimed_since}")
        self.worker.take(replace(job, share=None))
