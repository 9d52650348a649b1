"""Who waits behind a batch, asked by the batch itself at its end: that is when most do."""

from __future__ import annotations

from sqlalchemy import Connection

from migration_guard.backfill.brake.reading import Reading
from migration_guard.backfill.statements import statement


def read(connection: Connection) -> Reading:
    """Count the sessions that wait for this one, and those that wait for them."""
    return Reading("waiters", float(connection.exec_driver_sql(statement("gauge_waiters"), {}).scalar() or 0))
