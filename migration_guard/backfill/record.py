"""What the state knows, as values: of a backfill, of its windows, of what a batch has done in one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from migration_guard.backfill.earned import Earned
from migration_guard.backfill.keys import Value
from migration_guard.backfill.standing import Counts
from migration_guard.backfill.steered import Steered
from migration_guard.backfill.transitions import State


@dataclass(frozen=True, slots=True)
class Record:
    """What the state knows of a backfill."""

    key: str
    state: State
    reason: str | None
    request: str | None
    fingerprint: str
    token: int
    sweep: int
    bound: Value | None
    claimed_by: str | None
    claimed_since: str | None
    alive: bool
    table: str
    started: bool
    swept: bool
    """Whether its last pass is over, and was clean."""
    floor: Value | None
    """The key after which passes begin: up to it nothing was left, and new rows come after it."""
    members: tuple[int, ...] = ()
    """What told the tables that this was said of from others."""
    shared: bool = False
    """Whether the windows of its pass are claimed one by one, so that others may join."""

    @property
    def earned(self) -> Earned:
        """What it says when it is looked at again."""
        return Earned(self.state, self.reason, self.table, self.fingerprint, self.bound, self.floor, self.members)


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of keys under one cursor, or the keys that batches found locked, in which there is work."""

    id: int
    skipped: bool
    done: bool
    keys: int
    """How many keys it has that were locked."""


@dataclass(frozen=True, slots=True)
class Share:
    """The windows that are ours while a pass is shared, with the tokens that prove it."""

    tokens: Mapping[int, int]
    ends: bool = False
    """Whether it is the end of the pass that is ours."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a window stands, as of the batch's own transaction."""

    window: int
    whole: bool
    """Whether it has the rows of all tenants."""
    tenant: str | None
    parent: int | None
    cursor: Value | None
    keys: tuple[Value, ...]
    done: bool
    batches: int


@dataclass(frozen=True, slots=True)
class Stands:
    """How far a window is."""

    batches: int
    cursor: Value | None
    done: bool
    counts: Counts


@dataclass(frozen=True, slots=True)
class Entry:
    """What a batch has done in one window."""

    place: Place
    counts: Counts
    touched: int = 0
    cursor: Value | None = None
    done: bool = False

    @property
    def window(self) -> int:
        """The window whose counts these are."""
        return self.place.window if self.place.parent is None else self.place.parent

    @property
    def fields(self) -> dict[str, object]:
        """The entry as the state takes it."""
        counts = {one.name: getattr(self.counts, one.name) for one in fields(self.counts)}
        return {
            "id": self.window,
            "batches": self.place.batches,
            "cursor_key": list(self.cursor) if self.cursor else None,
            "done": self.done,
            "touched": self.touched,
            **counts,
        }


@dataclass(frozen=True, slots=True)
class Swept:
    """What a pass came to, counted after the backfill's row was locked."""

    left: int
    touched: int
    changed: int
    """Since the definition began, retries included."""
    kept: int
    """Rows that `where` matches and this pass left as they are."""
    vain: int
    """Those of them that the update writes, or would if nothing kept it from them."""
    unchanged: int
    """The same, of the first pass."""
    members: tuple[int, ...] = ()
    """What told what it looks at from what it may be by now, when it began."""


@dataclass(frozen=True, slots=True)
class Control:
    """What a batch learns before it begins."""

    request: str | None
    queued: bool
    """Whether a schema change waits for the table."""
    set_aside: str
    """The keys in quarantine, as the server writes arrays."""
    steered: Steered
    surplus: bool
    """Whether there are more workers than a person wants, and this one is too many."""
    places: tuple[Place, ...]
