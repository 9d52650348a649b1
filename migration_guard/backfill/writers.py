"""Who is writing to a table: what an open transaction wrote cannot be seen, and nothing is proved before it is over."""

from __future__ import annotations

import time
from collections.abc import Callable

from migration_guard.backfill.asks import Asks
from migration_guard.backfill.clock import Clock, Stop
from migration_guard.backfill.statements import statement
from migration_guard.backfill.transitions import State

POLL = 0.02
"""Seconds between two looks whether a transaction is over."""


def writers(connection: Asks, tables: tuple[int, ...]) -> list[str]:
    """Name the transactions of others that have written to tables and are not over."""
    rows = connection.exec_driver_sql(statement("writers"), {"tables": list(tables)}).all()
    return sorted({row[0] for row in rows})


def wait_for_writers(
    listed: Callable[[], list[str]],
    named: Callable[[str], str],
    open_: list[str],
    clock: Clock,
    *,
    patience: float,
    table: str,
) -> None:
    """Wait until those that were writing are over; for others that begin meanwhile nobody has to wait."""
    given_up = time.monotonic() + patience
    while open_:
        clock.check()
        if time.monotonic() >= given_up:
            what = f"{named(open_[0])} has written to {table}, and its transaction does not end"
            raise Stop(State.INCOMPLETE, f"locks: {what}: what it wrote cannot be seen", passes=True)
        clock.sleep(POLL)
        still = listed()
        open_ = [one for one in open_ if one in still]


def writer_named(connection: Asks, writer: str) -> str:
    """Name the session of a transaction."""
    return str(connection.exec_driver_sql(statement("writer_named"), {"one": writer}).scalar())
