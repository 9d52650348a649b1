"""How carefully the next batch goes: all at once, or row by row after something in it waited or failed."""

from __future__ import annotations

from dataclasses import dataclass, field

from migration_guard.backfill.pace import AIM, ALLOWANCE
from migration_guard.backfill.singly import AT_MOST
from migration_guard.backfill.swift import DENSE

GROUPS_FOR_WAITS = 8
"""Rows that are tried together where few wait: each group that waits costs a wait, so that these are small."""
RARE = 0.02
GROUPS = AT_MOST // 4
"""Groups of a transaction that keeps its savepoints: those that do not go through are halved, and need more of them."""
SIFTED = 2_000
"""Rows of a batch that is sifted, at most."""
STEP = 4
"""By how much a careful batch grows or shrinks at most, and by how much one row that is slow is given more time."""
DETOUR = (4, 64)
"""Batches that go the long way after somebody was in the way of a quick one: at first, and when it happens again and again."""


@dataclass(slots=True)
class Care:
    """After a batch that waited for others' locks, or held a row that cannot be changed."""

    may_sift: bool = True
    """Whether rows may be changed twice: a function may do something beside, which nobody takes back."""
    careful: bool = False
    rows: int = AT_MOST
    """Of the next careful batch."""
    group: int = 1
    sifts: bool = False
    """Whether its rows are tried first, and what goes through alone is changed at once."""
    asks: bool = False
    """Whether rows that would wait for a parent are asked for."""
    allowance: float = field(default=ALLOWANCE)
    """Seconds that a statement may take by itself: what is slow alone is not waiting."""
    _ahead: int = 0
    """Rows of the batch that did not go through which are still to come."""

    def begin(self, size: int, *, asks: bool = False) -> None:
        """A batch waited for somebody else's lock, or held a row that cannot be changed: all of its rows are suspect."""
        self.careful, self.sifts, self.asks, self._ahead = True, self.may_sift, asks and self.may_sift, size
        self.group, self.rows = GROUPS_FOR_WAITS, AT_MOST  # nobody knows yet how many of them wait or fail

    def keep(self) -> None:
        """Rows that went through alone did not together: they stand in each other's way, so each is to stay.

        Where they were not tried alone, that comes first.
        """
        if self.asks:
            self.asks = False
            return
        self.sifts, self.group, self.rows = False, 1, AT_MOST

    def shrink(self) -> bool:
        """A careful batch took too long as well; tell whether there was anything to shrink."""
        if self.rows == 1:
            return False
        self.rows, self.group = max(1, self.rows // STEP), 1
        return True

    def learn(self, rows: int, *, waited: int, bad: int, seconds: float) -> None:
        """A careful batch went through, without some of its rows."""
        self._ahead -= max(rows, 1)
        if not waited and not bad and self._ahead <= 0:
            self.careful = False
            return
        share = (waited + bad) / max(rows, 1)
        if not share:
            self.group = AT_MOST
        elif waited:
            self.group = GROUPS_FOR_WAITS if share < RARE else 1
        else:
            self.group = min(AT_MOST, max(1, int(1 / (4 * share))))
        self.rows = self._in_time(seconds) if self.sifts else self._kept(share)

    def slow(self, most: float) -> bool:
        """One row took too long by itself: give it more time; tell whether there is more to give."""
        if self.allowance >= most:
            return False
        self.allowance = min(most, self.allowance * STEP)
        return True

    def _in_time(self, seconds: float) -> int:
        wanted = int(self.rows * AIM / max(seconds, AIM / STEP))
        return min(max(wanted, self.rows // STEP, AT_MOST), SIFTED)

    def _kept(self, share: float) -> int:
        alone = int(AT_MOST / max(1 - share, 0.5))  # what is left out needs no savepoint in the end
        return alone if self.group == 1 else GROUPS * self.group


@dataclass(slots=True)
class Haste:
    """When a batch goes the quick way: where nearly all rows are to do, and nobody has been in the way lately."""

    open: bool
    """Whether the definition lets it."""
    _dense: bool = False
    _detour: int = 0
    """Batches that still go the long way."""
    _next: int = DETOUR[0]

    @property
    def swift(self) -> bool:
        return self.open and self._dense and not self._detour

    def done(self, examined: int, changed: int, *, swift: bool) -> None:
        """A batch went through."""
        self._dense = changed >= DENSE * max(examined, 1)
        if swift:
            self._next = max(DETOUR[0], self._next - 1)
        elif self._detour:
            self._detour -= 1

    def disturbed(self) -> None:
        """Somebody was in the way: the more often, the longer the detour."""
        self._detour, self._next = self._next, min(self._next * 2, DETOUR[1])
