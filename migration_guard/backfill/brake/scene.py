"""What gauges look at, and the statements by which they do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from migration_guard.backfill.brake.marks import Marks
from migration_guard.backfill.statements import statement


@dataclass(frozen=True, slots=True)
class Scene:
    """The server, in a transaction whose statements may take a moment only."""

    connection: Connection
    marks: Marks
    tables: Sequence[int] = ()
    """The table of the backfill, and its partitions, by their OIDs."""

    def ask(self, name: str, **parameters: Any) -> Sequence[Any]:
        """Send a statement."""
        return self.connection.exec_driver_sql(statement(name), parameters).all()


MONITOR = "grant the role that runs pg_monitor, or pg_read_all_stats alone"
