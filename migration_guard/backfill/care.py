"""How carefully the next batch goes: all at once, or row by row after something in it waited or failed."""

from __future__ import annotations

from dataclasses import dataclass, field

from migration_guard.backfill.pace import AIM
from migration_guard.backfill.singly import AT_MOST

GROUPS_FOR_WAITS = 8
"""Rows that are tried together where few wait: each group that waits costs a wait, so that these are small."""
RARE = 0.02
GROUPS = AT_MOST // 4
"""Groups of a transaction: those that do not go through are halved, and need more savepoints."""
SLOWER = 4
"""By how much a batch shrinks that takes too long, and by how much one row that does is given more time."""


@dataclass(slots=True)
class Care:
    """After a batch that waited for others' locks, or held a row that cannot be changed."""

    careful: bool = False
    rows: int = AT_MOST
    """Of the next careful batch."""
    group: int = 1
    allowance: float = field(default=AIM)
    """Seconds that a statement may take by itself: what is slow alone is not waiting."""

    def waited(self) -> None:
        """A batch waited for somebody else's lock."""
        self._begin(share=RARE, waits=True)

    def failed(self) -> None:
        """A batch held a row that cannot be changed; the next tells how rare such rows are."""
        self.careful, self.rows, self.group = True, AT_MOST, GROUPS_FOR_WAITS

    def shrink(self) -> bool:
        """A careful batch took too long as well; tell whether there was anything to shrink."""
        if self.rows == 1:
            return False
        self.rows, self.group = max(1, self.rows // SLOWER), 1
        return True

    def learn(self, rows: int, *, waited: int, bad: int) -> None:
        """A careful batch went through, without some of its rows."""
        if not waited and not bad:
            self.careful = False
        elif rows:
            self._begin(share=(waited + bad) / rows, waits=waited > 0)

    def slow(self, most: float) -> bool:
        """One row took too long by itself: give it more time; tell whether there is more to give."""
        if self.allowance >= most:
            return False
        self.allowance = min(most, self.allowance * SLOWER)
        return True

    def _begin(self, *, share: float, waits: bool) -> None:
        self.careful = True
        if waits:
            self.group = GROUPS_FOR_WAITS if share < RARE else 1
        else:
            self.group = min(AT_MOST, max(1, int(1 / (4 * share))))
        alone = int(AT_MOST / max(1 - share, 0.5))  # what is left out needs no savepoint in the end
        self.rows = alone if self.group == 1 else GROUPS * self.group
