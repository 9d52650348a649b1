"""A batch as it is tried: how it is to be done, how far it is, what bars it, and what it did."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from migration_guard.backfill.asks import Question
from migration_guard.backfill.clock import Stop
from migration_guard.backfill.errors import Fault
from migration_guard.backfill.keys import Value
from migration_guard.backfill.pace import ALLOWANCE
from migration_guard.backfill.standing import NOTHING, Counts
from migration_guard.backfill.steering import FREE, Steering
from migration_guard.backfill.transitions import State


class Barred(Exception):
    """No batch may be done now; nothing was."""


class Asked(Barred):
    """A person asked for something; the message is what."""

    @property
    def stop(self) -> Stop:
        """How the run ends for it."""
        return Stop(State.PAUSED if str(self) == "pause" else State.CANCELLED, "asked by a person")


class Hold(Barred):
    """A schema change waits for the table: it goes first."""


class Braked(Barred):
    """The brake holds, or it is outside of its hours; the message is the reason."""


class Surplus(Barred):
    """A person wants fewer workers than there are, and this one is too many."""


class Odd(Exception):
    """The quick way has come to something that only the long one can tell, or what it rests on holds no longer."""


class Phase(Enum):
    """How far a batch has come: what an error means depends on it."""

    LOOK = "nothing is held yet"
    CHANGE = "rows are held, and changed"
    RECORD = "what became of them is written down"


@dataclass(slots=True)
class Attempt:
    """How a batch is to be done, and how far it is."""

    size: int
    group: int = 0
    """Rows that are changed together under a savepoint; 0: all of the batch's, without one."""
    sifts: bool = False
    """Whether what goes through under savepoints is taken back, and changed at once when the rest is left out."""
    allowance: float = ALLOWANCE
    """Seconds that a statement may take by itself, waiting for nobody."""
    asks: bool = False
    """Whether rows that would wait for a parent are asked for first, so that none needs to be tried."""
    swift: bool = False
    """Whether it goes the quick way, where that is open."""
    repeats: bool = False
    """Whether it is the same when it is done again, after a crash of the server that took it back."""
    proven: bool = True
    """Whether rows have ever gone through: where all fail, it tells whose fault that is."""
    sieves: bool = False
    """Whether rows on which the predicate fails are found first, and left out."""
    begins: Callable[[], Question] | None = field(default=None, init=False)
    """Gives what is asked together with its beginning, since each trip to the server costs."""
    answer: Sequence[Any] = field(default=(), init=False)
    """The rows that this gave."""
    steering: Steering = field(default=FREE, init=False)
    """The pace that a person has set, as of its beginning."""
    phase: Phase = field(default=Phase.LOOK, init=False)
    sifted: bool = field(default=False, init=False)
    """Whether each row has gone through alone, and all are now changed at once."""
    answered: bool = field(default=False, init=False)
    """Whether it could be told which rows wait for a parent."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a batch did, or several that followed each other on the server."""

    counts: Counts = NOTHING
    windows: tuple[int, ...] = ()
    """Those that it was about."""
    done: tuple[int, ...] = ()
    """Those of them that nothing is left of."""
    waited: int = 0
    bad: int = 0
    notes: tuple[str, ...] = ()
    fault: Fault | None = None
    """Why the last of the bad ones is bad."""
    unreadable: int = 0
    """How many rows the predicate failed on."""
    passed: int = 0
    """How many rows it has examined, in whichever pass."""
    at: Value = ()
    """How far the cursor has come."""
    batches: int = 1
    """How many batches that were; none, if there was none to do."""
    rested: float = 0.0
    """Seconds that it has rested between them."""
