"""Measure what backfills cost the processors: the server's process and the runner's own, a row, by pass and by size of batches.

    backfill_costs.py [--rows N] [--rounds N] [--max-size N ...]

DATABASE_URL names a server of this Linux on which databases may be made and dropped; `tests/backfill/server.py --durable`
starts one. What the kernel has counted for a process is told, so that others' work on the same machine disturbs little: medians of
all rounds, in microseconds a row. Two sizes tell what a batch costs beside its rows: the line behind the table says it of
the smallest and the largest.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections import defaultdict
from pathlib import Path

import psycopg
from backfill_speed import FILL, NAMES, TABLE, fill_by_keys, fresh, set_pace

from migration_guard.backfill.connect import APPLICATION, address
from migration_guard.backfill.report import Reporter
from migration_guard.backfill.runner import run_all
from migration_guard.backfill.steering import Steering

SIZES = (250, 500, 2_000)
PID = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = %s"


def main() -> int:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--max-size", type=int, nargs="*", default=SIZES)
    arguments = parser.parse_args()
    url = os.environ.get("DATABASE_URL") or sys.exit("DATABASE_URL names no server")
    costs = defaultdict[str, list[tuple[float, ...]]](list)
    for _ in range(arguments.rounds):
        for name, keys in (("one UPDATE", False), ("a loop over the keys, 1,000 rows", True)):
            with fresh(url) as database:
                costs[name].append(by_hand(database, arguments.rows, keys=keys))
        for size in (None, *arguments.max_size):
            with fresh(url) as database:
                costs[named(size)].append(ours(database, arguments.rows, size))
    print(f"{'microseconds a row':34} {'server':>8} {'runner':>8} {'proof: server':>14} {'runner':>8}")
    medians = {
        name: [statistics.median(parts) * 1e6 / arguments.rows for parts in zip(*found)]
        for name, found in costs.items()
    }
    for name, parts in medians.items():
        print(
            f"{name:34} {parts[0]:8.2f} {parts[1]:8.2f} "
            + " ".join(f"{one:{n}.2f}" for one, n in zip(parts[2:], (14, 8)))
        )
    few, many = min(arguments.max_size), max(arguments.max_size)
    beside = (medians[named(few)][0] - medians[named(many)][0]) / (1 / few - 1 / many)
    print(f"a batch costs the server {beside:.0f} microseconds beside its rows")
    return 0


def named(size: int | None) -> str:
    """Name the runner with a size of batches."""
    return "migration-guard, default" if size is None else f"migration-guard, {size:,} rows"


def made(database: str, rows: int) -> None:
    """Make the table."""
    with psycopg.connect(database, autocommit=True) as connection:
        psycopg.ClientCursor(connection).execute(TABLE, {"rows": rows})
        connection.execute("VACUUM ANALYZE leads")
        connection.execute("CHECKPOINT")


def spent(pid: int) -> float:
    """Give the seconds of a processor that a process has had."""
    return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0]) / 1e9


def by_hand(database: str, rows: int, *, keys: bool) -> tuple[float, ...]:
    """Fill the table by a loop over its keys, or at once."""
    made(database, rows)
    with psycopg.connect(database, autocommit=True) as connection:
        before, here = spent(connection.info.backend_pid), time.process_time()
        if keys:
            fill_by_keys(connection)
        else:
            connection.execute(FILL)
        return spent(connection.info.backend_pid) - before, time.process_time() - here


def ours(database: str, rows: int, size: int | None) -> tuple[float, ...]:
    """Run the runner here; give what each process had for the first pass, and for the one that proves."""
    made(database, rows)
    seen = list[tuple[float, float]]()
    if size is not None:
        set_pace(database, NAMES, Steering(max_size=size))

    class Timed(Reporter):
        def turn(self, *_: object) -> None:
            seen.append(now())

        def batch(self, *_: object, **__: object) -> None:
            last[:] = [now()]

    with psycopg.connect(database, autocommit=True) as console:

        def now() -> tuple[float, float]:
            (pid,) = console.execute(PID, (f"{APPLICATION} {NAMES.key}",)).fetchone() or (0,)
            return spent(pid), time.process_time()

        last: list[tuple[float, float]] = []
        (result,) = run_all([NAMES], address(database, "the URL"), reporter=Timed())
    assert result.complete, str(result)
    begin, proof, end = seen[0], seen[1], last[0]
    return proof[0] - begin[0], proof[1] - begin[1], end[0] - proof[0], end[1] - proof[1]


if __name__ == "__main__":
    sys.exit(main())
