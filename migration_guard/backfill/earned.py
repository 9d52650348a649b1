"""What the state says of a backfill, and what a look at its rows makes of it: values that need no driver."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from migration_guard.backfill.transitions import State


@dataclass(frozen=True, slots=True)
class Earned:
    """What the state says of a backfill."""

    state: State
    reason: str | None
    table: str
    fingerprint: str
    bound: tuple[str, ...] | None
    floor: tuple[str, ...] | None
    members: tuple[int, ...] = ()
    """What told the tables that were looked at from others: the table itself and its partitions of then."""

    def __str__(self) -> str:
        return f"is {self.state.value}{f' ({self.reason})' if self.reason else ''}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a backfill is complete, and why that is said."""

    passed: bool
    text: str
    apart: str | None = None
    """Which rows were not looked at again, and what does, where it passed nevertheless."""
    lost: bool = False
    """Whether rows were found that are to do: it was complete, and is no longer."""
    reached: tuple[str, ...] | None = None
    """The key up to which nothing is to do, where later looks need not begin before it."""
    members: tuple[int, ...] = ()
    """What tells the tables that were looked at from others."""

    def __str__(self) -> str:
        return f"{self.text}; {self.apart}" if self.apart else self.text


def earned_from(row: Any) -> Earned:
    """Read what the state says."""
    state, reason, table, fingerprint, bound, floor, members = row
    first, second = (tuple(key) if key is not None else None for key in (bound, floor))
    return Earned(State(state), reason, table, fingerprint, first, second, tuple(members or ()))
