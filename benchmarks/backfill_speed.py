"""Measure the backfill runner against a single UPDATE, and against the algorithm that most projects write themselves.

    backfill_speed.py [--rows N] [--seconds S]

DATABASE_URL names a server on which a database may be made and dropped; `make bench-backfill` starts one of its own, with
its default, durable settings. All three fill one column of a table of the same rows, in the same run:

- the runner, with default settings, through its command line;
- batches as they are written by hand: 200 rows found by the predicate, under SKIP LOCKED, 50 ms of sleep, until none is
  found. Each batch begins its search at the first row, so that they become slower and slower; they are stopped after
  60 seconds, which favours them;
- one UPDATE of all rows, in one transaction, which is what a migration would do and must not.

Exit code 1 if the runner is slower than 10 times the hand-made batches, or than a third of the single UPDATE.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
from psycopg import sql

LEAST_OVER_BATCHES = 10.0
LEAST_OVER_UPDATE = 1 / 3
"""What the runner must reach, as ratios of rates."""

HAND_MADE_BATCH = 200
HAND_MADE_SLEEP = 0.05

TABLE = """
CREATE TABLE leads (
    id bigint PRIMARY KEY, tenant_id integer NOT NULL, first_name text, last_name text, name text, notes text
);
INSERT INTO leads (id, tenant_id, first_name, last_name, notes)
SELECT n, n %% 50, 'First ' || n, 'Last ' || n, 'Lead ' || md5(n::text) FROM generate_series(1, %(rows)s) AS n;
"""
FILL = "UPDATE leads SET name = first_name || ' ' || last_name"
DEFINITION = f"""
from migration_guard.backfill import Backfill

NAMES = Backfill(key="names", table="leads", where="name IS NULL", update="{FILL} WHERE id = ANY(:ids)")
"""
HAND_MADE = f"""
{FILL} WHERE id IN (
    SELECT id FROM leads WHERE name IS NULL ORDER BY id LIMIT {HAND_MADE_BATCH} FOR UPDATE SKIP LOCKED
)
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """Rows filled, and how long it took."""

    name: str
    rows: int
    seconds: float

    @property
    def per_second(self) -> float:
        """Rows a second."""
        return self.rows / self.seconds

    def __str__(self) -> str:
        return f"{self.name:32} {self.rows:>9,} rows {self.seconds:7.1f} s {self.per_second:>10,.0f} rows/s"


def main() -> int:
    """Measure, and print the rates and their ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=60.0, help="when the hand-made batches are stopped")
    arguments = parser.parse_args()
    url = os.environ.get("DATABASE_URL")
    if not url:
        sys.exit("DATABASE_URL names no server; `make bench-backfill` starts one")
    rows, seconds = arguments.rows, arguments.seconds
    update = best(url, rows, lambda database: single_update("one UPDATE", database))
    runner = best(url, rows, lambda database: guard("migration-guard backfill run", database))
    batches = measure(url, rows, lambda database: hand_made("batches by hand", database, seconds))
    over_batches, over_update = runner.per_second / batches.per_second, runner.per_second / update.per_second
    print(f"\nthe runner is {over_batches:.1f} times as fast as batches by hand (at least {LEAST_OVER_BATCHES:.0f})")
    print(f"and reaches {over_update:.2f} of the rate of one UPDATE (at least {LEAST_OVER_UPDATE:.2f})")
    return 0 if over_batches >= LEAST_OVER_BATCHES and over_update >= LEAST_OVER_UPDATE else 1


def best(url: str, rows: int, fill: Callable[[str], Rate]) -> Rate:
    """Measure twice and take the better one: a machine that does other things besides only ever slows."""
    return max((measure(url, rows, fill) for _ in range(2)), key=lambda rate: rate.per_second)


def measure(url: str, rows: int, fill: Callable[[str], Rate]) -> Rate:
    """Fill a new table of its own, so that none finds what another left."""
    with fresh(url) as database:
        with psycopg.connect(database, autocommit=True) as connection:
            psycopg.ClientCursor(connection).execute(TABLE, {"rows": rows})
            connection.execute("VACUUM ANALYZE leads")
            connection.execute("CHECKPOINT")
        rate = fill(database)
    print(rate, flush=True)
    return rate


@contextlib.contextmanager
def fresh(url: str) -> Iterator[str]:
    """Make a database, and drop it."""
    name = f"bench_{uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def single_update(name: str, database: str) -> Rate:
    """Do it all at once."""
    begun = time.monotonic()
    with psycopg.connect(database) as connection:
        rows = connection.execute(FILL).rowcount
    return Rate(name, rows, time.monotonic() - begun)


def hand_made(name: str, database: str, seconds: float) -> Rate:
    """Find, lock and change a few rows at a time, sleeping in between, until none is found or the time is over."""
    rows, begun = 0, time.monotonic()
    with psycopg.connect(database, autocommit=True) as connection:
        while time.monotonic() - begun < seconds:
            changed = connection.execute(HAND_MADE).rowcount
            if not changed:
                break
            rows += changed
            time.sleep(HAND_MADE_SLEEP)
    return Rate(name, rows, time.monotonic() - begun)


def guard(name: str, database: str) -> Rate:
    """Run the runner as its user would; its start counts, and what it says of its own speed does not."""
    with tempfile.TemporaryDirectory(prefix="migration-guard-bench-") as folder:
        module = Path(folder, "backfills.py")
        module.write_text(DEFINITION, encoding="utf-8")
        command = [sys.executable, "-m", "migration_guard", "backfill", "run", "--all", "--strict", "--isolated"]
        environment = {**os.environ, "DATABASE_URL": database}
        begun = time.monotonic()
        ended = subprocess.run(
            [*command, "--module", str(module)], env=environment, capture_output=True, text=True, check=False
        )
        seconds = time.monotonic() - begun
    with psycopg.connect(database) as connection:
        (rows,) = connection.execute("SELECT count(*) FROM leads WHERE name IS NOT NULL").fetchone() or (0,)
    if ended.returncode:
        sys.exit(f"the runner failed after {rows:,} rows:\n{ended.stdout}{ended.stderr}")
    return Rate(name, rows, seconds)


if __name__ == "__main__":
    sys.exit(main())
