"""What a database says of its tables. Plain values; `server.py` fetches them."""

from __future__ import annotations

from migration_guard.lean import dataclass

SHORTEST = 1.0
"""Days at least over which writes are spread: a count of minutes says nothing of a day."""


@dataclass(frozen=True, slots=True)
class Counted:
    """One table; a partitioned one stands for its partitions."""

    name: str
    """With its schema."""
    rows: int | None
    """None where nobody ever counted: the table holds something, and was never analysed."""
    bytes: int
    writes: int
    """Rows inserted, updated and deleted since the statistics began."""


@dataclass(frozen=True, slots=True)
class Counts:
    """All tables of one database."""

    database: str
    days: float
    """How long the statistics have been kept."""
    tables: tuple[Counted, ...]

    def writes_per_day(self, table: Counted) -> int:
        return round(table.writes / max(self.days, SHORTEST))
