"""How a backfill stands: values that are shown, and need no driver."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any

from migration_guard.backfill.steered import FREELY, Steered
from migration_guard.backfill.transitions import State


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of rows: every row that was examined is in exactly one of the other counts."""

    examined: int = 0
    changed: int = 0
    unchanged: int = 0
    done_already: int = 0
    locked: int = 0
    quarantined: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(a + b for a, b in zip(astuple(self), astuple(other))))

    def __sub__(self, other: Counts) -> Counts:
        return Counts(*(a - b for a, b in zip(astuple(self), astuple(other))))


NOTHING = Counts()


@dataclass(frozen=True, slots=True)
class Standing:
    """A line of `status`."""

    key: str
    state: State
    reason: str | None
    counts: Counts
    batches: int
    started_at: datetime | None
    finished_at: datetime | None
    sweep: int
    request: str | None
    claimed_by: str | None
    claimed_since: datetime | None
    alive: bool
    """Whether its runner's lease and connection hold; one that is running and has none is taken up by the next run."""
    fingerprint: str
    """Of the definition that all this is about."""
    bound: tuple[str, ...] | None
    """The last key that a clean pass has reached."""
    grows: bool = False
    """Whether what comes later comes after that."""
    steered: Steered = FREELY
    """The pace that is set, and what holds it now."""
    paced_by: str | None = None
    paced_at: datetime | None = None
    lease: float | None = None
    """Seconds that its runner's claim still holds, if nothing more is heard of him; less than 0 since it is over."""
    rows: int | None = None
    """About how many its table has, where the server has counted them, and a run has told so."""

    @property
    def held(self) -> str | None:
        """Say why its workers begin no batch, if they are there and do not."""
        return self.steered.held if self.state is State.RUNNING and self.alive else None


@dataclass(frozen=True, slots=True)
class Holder:
    """A range of a pass that is shared, or its end, and who is at it."""

    backfill: str
    id: int
    kind: str
    tenant: str | None
    by: str | None
    alive: bool
    """Whether the claim's lease and connection hold; another worker takes it over if not."""
    done: bool
    cursor: tuple[str, ...] | None
    high: tuple[str, ...] | None
    examined: int
    lease: float | None
    """Seconds that its claim still holds, if nothing more is heard of him; less than 0 since it is over."""


@dataclass(frozen=True, slots=True)
class TenantCounts:
    """What became of the rows of one tenant."""

    backfill: str
    tenant: str | None
    counts: Counts
    batches: int


@dataclass(frozen=True, slots=True)
class SetAside:
    """A row that cannot be changed: its key and what the server calls the reason, and nothing else of it."""

    backfill: str
    tenant: str | None
    key: tuple[str, ...]
    sqlstate: str | None
    message: str
    attempts: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Happened:
    """An event: what happened to a backfill, who led to it, and why."""

    id: int
    at: datetime
    backfill: str
    actor: str
    kind: str
    detail: str | None
    data: Mapping[str, Any] | None = None
    """Of `progress`: how far all were together, in numbers."""
