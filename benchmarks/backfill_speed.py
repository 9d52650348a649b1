"""Measure the backfill runner beside a client, against one UPDATE and the loops that projects write themselves.

    backfill_speed.py [--rows N] [--rounds N] [--seconds S] [--max-size N ...] [--pause S ...] [--waits]

DATABASE_URL names a server on which databases may be made and dropped; `make bench-backfill` starts one of its own, with
its default, durable settings. In each round, one after the other, each on a new table of the same rows:

- nothing: the client alone, which is what all others are compared with;
- the runner, with default settings; and once more for each `--max-size` and each `--pause`, which is set as a person does, and
  checked for nothing;
- one UPDATE of all rows, in one transaction, which is what a migration would do and must not;
- batches as they are written by hand: 200 rows found by the predicate, under SKIP LOCKED, 50 ms of sleep, until none is
  found. Each begins its search at the first row, so that they become slower and slower; they are stopped after some
  seconds, which favours them;
- a loop over the keys: 1,000 rows after the last key, without rest.

The client, a process of its own, changes one row at a time, at random, and takes the time of each statement. Rates and
times are told as ratios, of the medians of all rounds: the machine's own speed is of no interest. Exit code 1 if the
runner reaches less than a third of the rate of one UPDATE, is slower than the loop over the keys, keeps the client's
99th percentile more than 1.3 times as long as nothing does and the spread of that, or becomes slower towards its end.

With --waits it also says, for each way, what the client was waiting for whenever a statement of its had taken more than a
millisecond, as sampled in pg_stat_activity, which is one more who is at work; and, where the server is on the same Linux, which part
of the time of its slowest hundredth client and server process spent ready to run, without a processor.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
from psycopg import sql

from migration_guard.backfill import Backfill
from migration_guard.backfill.connect import address
from migration_guard.backfill.report import Reporter
from migration_guard.backfill.runner import prepare, run_all
from migration_guard.backfill.standing import Counts
from migration_guard.backfill.state import Store
from migration_guard.backfill.steering import Steering
from migration_guard.cli.backfill_desk import Desk

OURS = "migration-guard backfill run"
LEAST_OVER_UPDATE = 1 / 3
LEAST_OVER_KEYS = 1.0
MOST_P99 = 1.3
MOST_LAST_OVER_FIRST = 1.3
"""What the runner must reach."""

ALONE = 10.0
"""Seconds of a client that nobody disturbs."""
CLIENT_REST = 0.002
SAMPLE = 0.002
WAITING = """
SELECT COALESCE(wait_event_type || ' ' || wait_event, 'a processor') FROM pg_stat_activity
WHERE datname = current_database() AND state = 'active' AND query LIKE 'UPDATE leads SET hits%'
    AND clock_timestamp() - query_start > interval '1 ms'
"""
HAND_MADE_BATCH = 200
HAND_MADE_SLEEP = 0.05
KEY_BATCH = 1_000
PART = 0.05
"""Of the rows, at the beginning and at the end."""

TABLE = """
CREATE TABLE leads (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tenant_id integer NOT NULL, first_name text, last_name text,
    name text, notes text, hits integer NOT NULL DEFAULT 0
);
INSERT INTO leads (tenant_id, first_name, last_name, notes)
SELECT n %% 50, 'First ' || n, 'Last ' || n, 'Lead ' || md5(n::text) FROM generate_series(1, %(rows)s) AS n;
"""
FILL = "UPDATE leads SET name = first_name || ' ' || last_name"
HAND_MADE = f"""
{FILL} WHERE id IN (
    SELECT id FROM leads WHERE name IS NULL ORDER BY id LIMIT {HAND_MADE_BATCH} FOR UPDATE SKIP LOCKED
)
"""
NAMES = Backfill(key="names", table="leads", where="name IS NULL", update=f"{FILL} WHERE id = ANY(:ids)")
NEXT = f"SELECT max(id) FROM (SELECT id FROM leads WHERE id > %s ORDER BY id LIMIT {KEY_BATCH}) AS few"


@dataclass(frozen=True, slots=True)
class Measured:
    """What one way of filling came to, and what the client felt of it."""

    rate: float
    p50: float
    p95: float
    p99: float
    longest: float
    last_over_first: float = 1.0
    queued: float | None = None
    """The part of the time of the slowest hundredth in which there was no processor; None where nobody could look."""


def main() -> int:
    """Measure, and print ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=60.0, help="when the batches by hand are stopped")
    parser.add_argument(
        "--max-size", type=int, nargs="*", default=[], help="measure the runner with these sizes of batches as well"
    )
    parser.add_argument(
        "--pause", type=float, nargs="*", default=[], help="and with these seconds of rest after each batch"
    )
    parser.add_argument("--waits", action="store_true", help="say what the client waits for")
    parser.add_argument(
        "--as", dest="part", choices=["main", "client", "runner"], default="main", help=argparse.SUPPRESS
    )
    arguments = parser.parse_args()
    url = os.environ.get("DATABASE_URL")
    if not url:
        sys.exit("DATABASE_URL names no server; `make bench-backfill` starts one")
    if arguments.part == "client":
        return client(url, arguments.rows, queues=arguments.waits)
    if arguments.part == "runner":
        return runner(url)
    ways: dict[str, Callable[[str], tuple[int, float]]] = {
        "nothing": alone,
        OURS: guard,
        **{f"{OURS}, {size:,} rows": paced(Steering(max_size=size)) for size in arguments.max_size},
        **{f"{OURS}, pause {pause:g}": paced(Steering(pause=pause)) for pause in arguments.pause},
        "one UPDATE": single_update,
        "batches by hand": lambda database: hand_made(database, arguments.seconds),
        "a loop over the keys": by_keys,
    }
    all_ = defaultdict[str, list[Measured]](list)
    waits = defaultdict[str, Counter[str]](Counter)
    for n in range(arguments.rounds):
        for name, fill in ways.items():
            all_[name].append(measure(url, arguments.rows, fill, waits[name] if arguments.waits else None))
            print(f"round {n + 1} of {arguments.rounds}: {name}", file=sys.stderr, flush=True)
    for name, seen in waits.items():
        shares = ", ".join(f"{what} {times / seen.total():.0%}" for what, times in seen.most_common(4))
        parts = [one.queued for one in all_[name] if one.queued is not None]
        queued = f"; {statistics.median(parts):.0%} of its slowest hundredth for a processor" if parts else ""
        print(f"{name}: the client waited for {shares or 'nothing longer than a millisecond'}{queued}")
    return told(all_)


def told(all_: dict[str, list[Measured]]) -> int:
    """Print the ratios, and whether they will do."""
    undisturbed, ours = all_["nothing"], all_[OURS]
    base, rate = median_of(undisturbed, "p99"), median_of(ours, "rate")
    print(
        f"{'':42} {'rate':>8} {'p50':>8} {'p95':>8} {'p99':>8} {'longest':>8}   (times of the client alone; rate: ours is 1)"
    )
    for name, runs in all_.items():
        times = [median_of(runs, one) / median_of(undisturbed, one) for one in ("p50", "p95", "p99", "longest")]
        shown = f"{median_of(runs, 'rate') / rate:8.2f}" if name != "nothing" else " " * 8
        print(f"{name:42} {shown} " + " ".join(f"{one:8.2f}" for one in times))
    spread = (max(one.p99 for one in undisturbed) - min(one.p99 for one in undisturbed)) / base
    checks = (
        ("of the rate of one UPDATE", rate / median_of(all_["one UPDATE"], "rate"), LEAST_OVER_UPDATE, 1),
        (
            "of the rate of a loop over the keys",
            rate / median_of(all_["a loop over the keys"], "rate"),
            LEAST_OVER_KEYS,
            1,
        ),
        ("times the client's p99", median_of(ours, "p99") / base, MOST_P99 + spread, -1),
        ("last batches over first, per row", median_of(ours, "last_over_first"), MOST_LAST_OVER_FIRST, -1),
    )
    for what, found, limit, sign in checks:
        print(
            f"{found:6.2f} {what} ({'at least' if sign > 0 else 'at most'} {limit:.2f}{'' if sign * (found - limit) >= 0 else ': NOT REACHED'})"
        )
    return 0 if all(sign * (found - limit) >= 0 for _, found, limit, sign in checks) else 1


def median_of(runs: list[Measured], name: str) -> float:
    """Give the median of what several runs came to."""
    values: list[float] = [getattr(run, name) for run in runs]
    return statistics.median(values)


def measure(
    url: str, rows: int, fill: Callable[[str], tuple[int, float]], waits: Counter[str] | None = None
) -> Measured:
    """Fill a new table of its own, so that none finds what another left, beside a client, whose waits may be counted."""
    with fresh(url) as database:
        with psycopg.connect(database, autocommit=True) as connection:
            psycopg.ClientCursor(connection).execute(TABLE, {"rows": rows})
            connection.execute("VACUUM ANALYZE leads")
            connection.execute("CHECKPOINT")
        command = [
            sys.executable,
            __file__,
            "--as",
            "client",
            "--rows",
            str(rows),
            *(["--waits"] if waits is not None else []),
        ]
        beside = subprocess.Popen(
            command, env={**os.environ, "DATABASE_URL": database}, stdout=subprocess.PIPE, text=True
        )
        assert beside.stdout is not None
        beside.stdout.readline()  # it has begun
        begun = time.monotonic()
        with sampled(database, waits) if waits is not None else contextlib.nullcontext():
            done, ratio = fill(database)
        seconds = time.monotonic() - begun
        beside.send_signal(signal.SIGTERM)
        seen = sorted(json.loads(beside.communicate()[0]))
    p50, p95, p99 = (seen[min(int(len(seen) * part), len(seen) - 1)][0] for part in (0.5, 0.95, 0.99))
    slowest = seen[int(len(seen) * 0.99) :]
    queues = [time for _, time in slowest if time is not None]
    queued = sum(queues) / sum(time for time, _ in slowest) if queues else None
    return Measured(done / seconds, p50, p95, p99, seen[-1][0], ratio, queued)


@contextlib.contextmanager
def sampled(database: str, waits: Counter[str]) -> Iterator[None]:
    """Count what the client waits for, again and again, until the block ends."""
    over = threading.Event()

    def work() -> None:
        with psycopg.connect(database, autocommit=True) as connection:
            while not over.wait(SAMPLE):
                waits.update(what for (what,) in connection.execute(WAITING))

    with ThreadPoolExecutor(1) as pool:
        sampling = pool.submit(work)
        try:
            yield
        finally:
            over.set()
        sampling.result()  # who could not look has not seen that it waited for nothing


def client(database: str, rows: int, *, queues: bool) -> int:
    """Change one row at a time until told to end; print how long each took, and how long of that there was no processor."""
    times, over = list[tuple[float, float | None]](), list[int]()
    signal.signal(signal.SIGTERM, lambda number, _frame: over.append(number))
    chosen = random.Random(1)
    with psycopg.connect(database, autocommit=True) as connection:
        both = [Path(f"/proc/{pid}/schedstat") for pid in (os.getpid(), connection.info.backend_pid)]
        watched = both if queues and all(one.exists() for one in both) else []
        print("begun", flush=True)
        while not over:
            before, begun = queued(watched), time.monotonic()
            connection.execute("UPDATE leads SET hits = hits + 1 WHERE id = %s", (chosen.randint(1, rows),))
            times.append((time.monotonic() - begun, queued(watched) - before if watched else None))
            time.sleep(CLIENT_REST)
    print(json.dumps(times))
    return 0


def queued(processes: list[Path]) -> float:
    """Give the seconds that processes have been ready to run without a processor, by the kernel's account."""
    return sum(int(one.read_text().split()[1]) for one in processes) / 1e9


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


def alone(_database: str) -> tuple[int, float]:
    """Let the client be alone."""
    time.sleep(ALONE)
    return 0, 1.0


def single_update(database: str) -> tuple[int, float]:
    """Do it all at once."""
    with psycopg.connect(database) as connection:
        return connection.execute(FILL).rowcount, 1.0


def hand_made(database: str, seconds: float) -> tuple[int, float]:
    """Find, lock and change a few rows at a time, sleeping in between, until none is found or the time is over."""
    rows, begun = 0, time.monotonic()
    with psycopg.connect(database, autocommit=True) as connection:
        while time.monotonic() - begun < seconds:
            changed = connection.execute(HAND_MADE).rowcount
            if not changed:
                break
            rows += changed
            time.sleep(HAND_MADE_SLEEP)
    return rows, 1.0


def by_keys(database: str) -> tuple[int, float]:
    """Go over the keys, and remember the last one: as fast as it goes, and nothing is known afterwards."""
    with psycopg.connect(database, autocommit=True) as connection:
        return fill_by_keys(connection), 1.0


def fill_by_keys(connection: psycopg.Connection) -> int:
    """Do that over a connection, and give how many rows were changed."""
    rows, key = 0, 0
    while (last := (connection.execute(NEXT, (key,)).fetchone() or (None,))[0]) is not None:
        where = "WHERE id > %s AND id <= %s AND name IS NULL"
        rows += connection.execute(f"{FILL} {where}", (key, last)).rowcount
        key = last
    return rows


def guard(database: str) -> tuple[int, float]:
    """Run the runner in a process of its own, whose start and whose proof count."""
    command = [sys.executable, __file__, "--as", "runner"]
    environment = {**os.environ, "DATABASE_URL": database}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if ended.returncode:
        sys.exit(f"the runner failed:\n{ended.stdout}{ended.stderr}")
    told_by_it = json.loads(ended.stdout)
    return told_by_it["rows"], told_by_it["last_over_first"]


def paced(pace: Steering) -> Callable[[str], tuple[int, float]]:
    """Do the same at a pace that a person has set."""

    def fill(database: str) -> tuple[int, float]:
        set_pace(database, NAMES, pace)
        return guard(database)

    return fill


def set_pace(database: str, definition: Backfill, pace: Steering) -> None:
    """Set the pace of a backfill before its first run, as a person does."""
    store = Store()
    prepare(address(database, "the URL"), store)
    os.environ["BENCHMARK_URL"] = database
    with contextlib.closing(Desk("BENCHMARK_URL", store)) as desk:
        desk.pace(definition.key, lambda _: pace, definition)


def runner(database: str) -> int:
    """Run, and take the time of the batches: what is reported may be several of them."""
    reported = list[tuple[int, float]]()

    class Timed(Reporter):
        def batch(self, counts: Counts, seconds: float, *_: object, **__: object) -> None:
            if counts.changed:
                reported.append((counts.changed, seconds))

    (result,) = run_all([NAMES], address(database, "the URL"), reporter=Timed())
    assert result.complete, str(result)
    ratio = per_row(reversed(reported), result.counts.changed) / per_row(reported, result.counts.changed)
    print(json.dumps({"rows": result.counts.changed, "last_over_first": ratio}))
    return 0


def per_row(reported: Iterable[tuple[int, float]], rows: int) -> float:
    """Give the seconds that a row took in those reports that come first, until a part of all rows is in them."""
    changed, took = 0, 0.0
    for some, seconds in reported:
        if changed >= rows * PART:
            break
        changed += some
        took += seconds
    return took / changed


if __name__ == "__main__":
    sys.exit(main())
