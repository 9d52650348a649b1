"""Measure several workers of the backfill runner beside a client, and what the client feels of them while the brake is on.

    backfill_workers.py [--rows N] [--waiting-rows N] [--rounds N]

DATABASE_URL names a server on which databases may be made and dropped; `make bench-backfill` starts one of its own. In each round,
one after the other, each on a new table of the same rows: the client alone, one UPDATE of all rows, and the runner with 1, 2 and
4 workers, with default settings. Then, on fewer rows, 1, 2 and 4 workers again, where a trigger sleeps for 20 ms at each batch and a
person has set batches of 200 rows at most: there waiting counts, and not the cores that server, client and workers share.

Exit code 1 if two or four workers reach less than 0.9 of the rate of one; if two reach less than 1.6 times, four less than 2.8 times the
rate of one where waiting counts; or if one worker keeps the client's 99th percentile more than 1.2 times as long as
nothing does, and the spread of that.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable

import backfill_speed as speed
import psycopg
from backfill_speed import FILL, Measured

from migration_guard.backfill import Backfill
from migration_guard.backfill.connect import address
from migration_guard.backfill.runner import Limits, run_all
from migration_guard.backfill.steering import Steering

WORKERS = (1, 2, 4)
LEAST = {2: 0.9, 4: 0.9}
LEAST_WAITING = {2: 1.6, 4: 2.8}
MOST_P99 = 1.2
SMALL = 200
SLEEPS = """
CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.02); RETURN NULL; END $$;
CREATE TRIGGER slow AFTER UPDATE OF name ON leads FOR EACH STATEMENT EXECUTE FUNCTION slowly();
"""
NAMES = Backfill(
    key="names", table="leads", where="name IS NULL", batch_size=SMALL, update=f"{FILL} WHERE id = ANY(:ids)"
)


def main() -> int:
    """Measure, and print ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--waiting-rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--as", dest="workers", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    url = os.environ.get("DATABASE_URL")
    if not url:
        sys.exit("DATABASE_URL names no server; `make bench-backfill` starts one")
    if arguments.workers:
        return runner(url, arguments.workers)
    ways: dict[str, tuple[int, Callable[[str], tuple[int, float]]]] = {
        "nothing": (arguments.rows, speed.alone),
        "one UPDATE": (arguments.rows, speed.single_update),
        **{f"{n} at work": (arguments.rows, started(n)) for n in WORKERS},
        **{f"{n} that wait": (arguments.waiting_rows, waiting(n)) for n in WORKERS},
    }
    all_ = defaultdict[str, list[Measured]](list)
    for n in range(arguments.rounds):
        for name, (rows, fill) in ways.items():
            all_[name].append(speed.measure(url, rows, fill))
            print(f"round {n + 1} of {arguments.rounds}: {name}", file=sys.stderr, flush=True)
    return told(all_)


def told(all_: dict[str, list[Measured]]) -> int:
    """Print rates and ratios, and whether they will do."""
    undisturbed = all_["nothing"]
    base = speed.median_of(undisturbed, "p99")
    for name, runs in all_.items():
        rate, p99 = speed.median_of(runs, "rate"), speed.median_of(runs, "p99")
        print(f"{name:16} {rate:>9,.0f} rows/s, client's p99 {p99 * 1000:7.1f} ms, {p99 / base:5.2f} times undisturbed")
    spread = (max(one.p99 for one in undisturbed) - min(one.p99 for one in undisturbed)) / base
    checks = [
        (f"{n} {what} over one", _over_one(all_, what, n), least, 1)
        for what, limits in (("at work", LEAST), ("that wait", LEAST_WAITING))
        for n, least in limits.items()
    ]
    checks.append(("times the client's p99", speed.median_of(all_["1 at work"], "p99") / base, MOST_P99 + spread, -1))
    for what, found, limit, sign in checks:
        reached = "" if sign * (found - limit) >= 0 else ": NOT REACHED"
        print(f"{found:6.2f} {what} ({'at least' if sign > 0 else 'at most'} {limit:.2f}{reached})")
    return 0 if all(sign * (found - limit) >= 0 for _, found, limit, sign in checks) else 1


def _over_one(all_: dict[str, list[Measured]], what: str, workers: int) -> float:
    return speed.median_of(all_[f"{workers} {what}"], "rate") / speed.median_of(all_[f"1 {what}"], "rate")


def started(workers: int) -> Callable[[str], tuple[int, float]]:
    """Run the runner in a process of its own, whose start and whose proof count."""

    def fill(database: str) -> tuple[int, float]:
        command = [sys.executable, __file__, "--as", str(workers)]
        environment = {**os.environ, "DATABASE_URL": database}
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if ended.returncode:
            sys.exit(f"the runner failed:\n{ended.stdout}{ended.stderr}")
        return json.loads(ended.stdout)["rows"], 1.0

    return fill


def waiting(workers: int) -> Callable[[str], tuple[int, float]]:
    """Do the same where a trigger sleeps, and batches are small."""

    def fill(database: str) -> tuple[int, float]:
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute(SLEEPS)
        speed.set_pace(database, NAMES, Steering(max_size=SMALL))
        return started(workers)(database)

    return fill


def runner(database: str, workers: int) -> int:
    """Run."""
    (result,) = run_all([NAMES], address(database, "the URL"), limits=Limits(3600, workers=workers))
    assert result.complete, str(result)
    print(json.dumps({"rows": result.counts.changed}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
