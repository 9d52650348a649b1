"""When the server's WAL and its transactions were where: each measurement leaves a mark, as a heartbeat does.

What somebody has not replayed yet was written after the last mark that he has passed: so its age is known without a
table that is written for it, for everyone whose position the server tells.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

APART = 0.2
"""How far apart marks are that are kept, as a part of their age: some fifty of a day, and each age is known to a fifth."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Where the server was at a moment, in seconds of its clock."""

    at: float
    wal: int
    """Bytes of WAL since there is any."""
    xid: int
    """The next transaction."""


@dataclass(frozen=True, slots=True)
class Marks:
    """Marks in the order of time, the last of which is now."""

    all: tuple[Mark, ...]

    @property
    def now(self) -> Mark:
        return self.all[-1]

    def added(self, mark: Mark) -> Marks:
        """Give them with one more. A server that was put back to an earlier state begins anew."""
        if self.all and (mark.wal < self.now.wal or mark.xid < self.now.xid or mark.at < self.now.at):
            return Marks((mark,))
        kept: list[Mark] = []
        for one, after in zip(self.all, (*self.all[1:], mark)):
            if not kept or after.at - kept[-1].at > APART * (mark.at - after.at):
                kept.append(one)
        return Marks((*kept, mark))

    def behind(self, wal: int) -> float:
        """Say for how many seconds at least there has been WAL beyond a position."""
        return self._since([mark.wal for mark in self.all], wal)

    def open_since(self, xid: int) -> float:
        """Say for how many seconds at least there have been transactions after one."""
        return self._since([mark.xid for mark in self.all], xid)

    def _since(self, positions: Sequence[int], position: int) -> float:
        after = bisect_right(positions, position)
        return self.now.at - self.all[after].at if after < len(self.all) else 0.0

    @property
    def fields(self) -> list[list[float | int]]:
        """Give them as the state keeps them."""
        return [[mark.at, mark.wal, mark.xid] for mark in self.all]


NO_MARKS = Marks(())


def marks_of(fields: Sequence[Sequence[float | int]]) -> Marks:
    """Read what the state has kept."""
    return Marks(tuple(Mark(float(at), int(wal), int(xid)) for at, wal, xid in fields))
