"""What the state shows of all backfills: a line of each, one of each tenant, and how many workers are at them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from migration_guard.backfill.brake.law import BLIND
from migration_guard.backfill.standing import Counts, Standing, TenantCounts
from migration_guard.backfill.state import Store
from migration_guard.backfill.statements import statement
from migration_guard.backfill.steered import steered_of
from migration_guard.backfill.transitions import State


def standings(connection: Connection, store: Store) -> tuple[Standing, ...]:
    """Give the line of every backfill."""
    sql = store.sql("status", **store.alive, **store.steering)
    lines: list[list[Any]] = [
        [
            *(
                row[0],
                State(row[1]),
                row[2],
                Counts(*row[3:9]),
                *row[9:18],
                tuple(row[18]) if row[18] else None,
                row[19],
            ),
            *(steered_of(row[20:24]), *row[24:28]),
        ]
        for row in connection.exec_driver_sql(sql, {"thresholds": None, "blind": BLIND})
    ]
    return tuple(Standing(*line) for line in lines)


def tenants(connection: Connection, store: Store) -> tuple[TenantCounts, ...]:
    """Give the counts of every tenant."""
    rows = connection.exec_driver_sql(store.sql("status_by_tenant"), {})
    return tuple(TenantCounts(row[0], row[1], Counts(*row[2:8]), row[8]) for row in rows)


def at_work(connection: Connection, store: Store, keys: Sequence[str]) -> int:
    """Count the workers that are at some backfills just now."""
    sql = store.sql("at_work", range_alive=statement("range_alive"), **store.alive)
    return int(connection.exec_driver_sql(sql, {"keys": list(keys)}).scalar() or 0)
