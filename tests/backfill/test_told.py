"""Whatever ends a run, its last line tells the truth; and its lines are those of a log."""

from __future__ import annotations

import json
import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from backfill import process
from backfill.process import free_port
from backfill.test_commands import SLOW, Project, fill, last
from migration_guard.backfill.span import span
from migration_guard.backfill.standing import Counts, Holder, Standing
from migration_guard.backfill.steered import Steered
from migration_guard.backfill.transitions import State
from migration_guard.cli.backfill_output import Seen
from migration_guard.cli.backfill_watch import Courses

ENDS = ("NOTHING WAS RUN: ", "WORK IS LEFT: ", "STOPPED AT ONCE: ", "All complete: ")


@pytest.fixture
def project(tmp_path: Path, database: str) -> Iterator[Project]:
    fill(database, 3_000)
    made = Project(tmp_path, database)
    (tmp_path / "backfills.py").write_text(SLOW.replace("0.3", "0.02"))
    yield made
    made.end()


def listens(pid: int) -> bool:
    """Say whether a process has taken SIGTERM over: until then Python itself is being started."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("SigCgt:"):
            return bool(int(line.split()[1], 16) >> (signal.SIGTERM - 1) & 1)
    return False


def interrupted(project: Project, number: signal.Signals, after: float) -> str:
    """Send a signal so many seconds after the first moment; give the last line."""
    started = project.start("run", "--all")
    process.until(lambda: listens(started.pid), alive=lambda: started.poll() is None)
    time.sleep(after)
    started.send_signal(number)
    out, err = started.communicate(timeout=process.PATIENCE)
    assert started.returncode == 0, (out, err)
    assert "Traceback" not in err
    return out.splitlines()[-1]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_a_signal_at_any_moment_ends_with_a_last_line(project: Project) -> None:
    chance = random.Random(7)
    for n in range(14):
        number = chance.choice([signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
        line = interrupted(project, number, 0.0 if n < 3 else chance.uniform(0, 1.5))
        assert line.startswith(ENDS), line
    assert project.status().get("slow", {"state": "queued"})["state"] in {"incomplete", "queued", "completed"}


_INTERRUPTED_OUT_OF_OUR_HANDS = """
import os, signal, sys
import psycopg
from sqlalchemy import text
from migration_guard.backfill.connect import plain_engine
from migration_guard.stopping import STOPPING, Interrupted

class Interrupting(psycopg.Connection):
    def close(self):
        super().close()
        os.kill(os.getpid(), signal.SIGTERM)

class Finalised:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)

STOPPING.listen()
try:
    with plain_engine(lambda: Interrupting.connect(sys.argv[1])).connect() as connection:
        connection.execute(text("SELECT 1"))
except Interrupted:
    print("raised")
Finalised()
print("remembered" if STOPPING.asked.is_set() else "lost")
"""


def test_a_signal_while_a_pool_or_a_finaliser_is_at_work_is_no_traceback(database: str) -> None:
    command = [sys.executable, "-c", _INTERRUPTED_OUT_OF_OUR_HANDS, database]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=process.PATIENCE, check=False)
    assert (ran.stdout, ran.stderr) == ("raised\nremembered\n", "")


_INTERRUPTED_WHILE_A_STREAM_IS_SET_UP = """
import codecs, io, os, signal, sys

ascii = codecs.lookup("ascii")

def encoder(errors="strict"):
    if sys.argv[-1] == "--once":
        sys.argv.pop()
        os.kill(os.getpid(), signal.SIGTERM)
    return ascii.incrementalencoder(errors)

codecs.register(lambda _: codecs.CodecInfo(ascii.encode, ascii.decode, incrementalencoder=encoder, name="interrupting"))
sys.stdout = io.TextIOWrapper(io.FileIO(1, "w"), encoding="interrupting")
sys.argv[1:] = ["backfill", "run", "--once"]
from migration_guard.__main__ import main
main()
"""


def test_a_signal_while_our_streams_are_set_up_ends_with_a_last_line() -> None:
    command = [sys.executable, "-c", _INTERRUPTED_WHILE_A_STREAM_IS_SET_UP]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=process.PATIENCE, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "NOTHING WAS RUN: stopped by a signal\n", "")


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="signals cannot be held back here")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_before_our_first_line_is_heard_where_it_is_held_back(tmp_path: Path, number: signal.Signals) -> None:
    """As `env --block-signal` does: Python itself would end by it while it starts."""
    project = Project(tmp_path, "postgresql://nobody@127.0.0.1:1/nothing")
    command = [sys.executable, "-m", "migration_guard", "backfill", "run", "--all"]  # started anew, and not forked warm
    held = signal.pthread_sigmask(signal.SIG_BLOCK, [number])
    try:
        started = subprocess.Popen(
            command, cwd=tmp_path, env=project.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
    started.send_signal(number)
    out, err = started.communicate(timeout=process.PATIENCE)
    assert (started.returncode, out.strip()) == (0, "NOTHING WAS RUN: stopped by a signal"), err


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_a_signal_while_no_server_answers(tmp_path: Path) -> None:
    far = Project(tmp_path, f"postgresql://me@127.0.0.1:{free_port()}/crm?connect_timeout=5")
    assert interrupted(far, signal.SIGTERM, 0.0).startswith("NOTHING WAS RUN: ")


def test_lines_as_json(project: Project) -> None:
    ran = project("run", "--all", "--log-format", "json", NAP="0")
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [line["event"] for line in lines if line["event"] not in {"note", "pass"}] == ["begin", "end", "last"]
    assert lines[-1]["message"] == "All complete: 1 of 1 backfills."
    end = lines[-2]
    assert (end["key"], end["state"], end["changed"], end["time"][-1]) == ("slow", "completed", 3_000, "Z")
    wrong = project("run", "--log-format", "json")
    assert json.loads(last(wrong))["message"].startswith("NOTHING WAS RUN: ")


def test_a_function_that_prints_to_nobody_does_not_fail(project: Project) -> None:
    (project.folder / "backfills.py").write_text(
        "def f(engine, batch_size, max_time_seconds):\n"
        "    for n in range(100_000):\n        print('line', n)\n    return 1, True\n"
        "BACKFILL_DEFS = [{'key': 'f', 'tables': ['leads'], 'function': f}]\n"
    )
    command = f'"{sys.executable}" -m migration_guard backfill run --all | head -n 1'
    ran = subprocess.run(
        ["/bin/bash", "-o", "pipefail", "-c", command],
        cwd=project.folder, env=project.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (0, "")
    assert project.status()["f"]["state"] == "done_by_its_word"


def test_status_tells_a_runner_that_is_gone(project: Project) -> None:
    running = project.start("run", "--all", NAP="0.3")
    project.wait_for_batches(2, running)
    assert project.status()["slow"]["alive"]
    assert f":{running.pid} since " in project("status").stdout
    running.kill()
    running.communicate()
    process.until(lambda: not project.status()["slow"]["alive"])
    assert f"connection of {socket.gethostname()}:{running.pid} is gone; the next run goes on" in " ".join(
        project("status").stdout.split()
    )


def test_status_is_watched_until_nothing_runs(project: Project) -> None:
    with psycopg.connect(project.url) as counting:
        counting.execute("ANALYZE")
    running = project.start("run", "--all", NAP="0.1")
    project.wait_for_batches(2, running)
    project("set", "slow", "--max-size", "50")
    shown = project("status", "--watch").stdout
    assert re.search(r"^slow: \[#+\.+\] \d+ %, [\d,]+ rows/s, about \d+ s left$", shown, re.MULTILINE), shown
    assert re.findall(r"^slow +(\w+)", shown, re.MULTILINE)[-1] == "completed"
    assert running.wait(process.PATIENCE) == 0


def test_what_is_left_is_foretold_by_rows_or_by_ranges_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    now, courses = [0.0], Courses()
    monkeypatch.setattr("migration_guard.cli.backfill_watch.time.monotonic", lambda: now[0])

    def told(examined: int, sweep: int, *done: bool, rows: int | None = None) -> str:
        one = Standing(
            "k",
            State.RUNNING,
            None,
            Counts(examined),
            9,
            None,
            None,
            sweep,
            None,
            "w",
            None,
            True,
            "f",
            None,
            steered=Steered(measured=0.0),
            rows=rows,
        )
        ranges = [
            Holder("k", n, "part", None, None, False, is_done, None, None, 0, None) for n, is_done in enumerate(done)
        ]
        now[0] += 10
        return courses.told(
            Seen([one], [*ranges, Holder("k", 99, "end", None, None, False, False, None, None, 0, None)])
        )

    assert told(100, 1, rows=1_000) == "k: [##..................] 10 %"
    assert told(200, 1, rows=1_000) == "k: [####................] 20 %, 10 rows/s, about 80 s left"
    assert told(300, 1, rows=1_000).endswith("30 %, 10 rows/s, about 70 s left")
    assert told(1_200, 1, rows=1_000) == "k: 37 rows/s"  # there are more rows than were counted: nobody knows how many
    assert (
        told(900_000, 2, True, False) == "k: pass 2, [##########..........] 50 %"
    )  # a new pass is reckoned from its beginning
    assert told(900_000, 2, True, False) == "k: pass 2, [##########..........] 50 %, 0 rows/s"
    assert told(900_000, 2, True, True, False, False, False) == "k: pass 2, [########............] 40 %, 0 rows/s"
    assert told(900_000, 3) == "k: pass 3"


@pytest.mark.parametrize(
    ("kind", "low", "middle", "high"),
    [
        ("bigint", "1", "51", "101"),
        ("numeric(10,2)", "-1.5", "0", "1.5"),
        ("uuid", "00000000-0000-0000-0000-000000000000", "80000000-0000-0000-0000-000000000000", "f" * 32),
        ("timestamp with time zone", "2026-01-01 00:00:00+00", "2026-01-02 00:00:00.5+00", "2026-01-03 00:00:01+00"),
        ("date", "2026-01-01", "2026-01-02", "2026-01-03"),
        ("text", "lead-a", "lead-m", "lead-z"),
    ],
)
def test_how_far_a_key_is(kind: str, low: str, middle: str, high: str) -> None:
    found = span(kind, (low,), (high,))
    assert found is not None
    assert found.part((low,)) == 0
    assert found.part((high,)) == 1
    assert found.part((middle,)) == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize(("kind", "low", "high"), [("bytea", "a", "b"), ("bigint", "7", "7"), ("date", "x", "y")])
def test_what_has_no_length(kind: str, low: str, high: str) -> None:
    assert span(kind, (low,), (high,)) is None


def test_a_runner_that_stands_still_in_its_batch_keeps_no_other_waiting(project: Project) -> None:
    """It may hold its row in the state: who comes then says so, and waits no lock's patience."""
    assert project("init").returncode == 0
    with psycopg.connect(project.url) as stopped:
        stopped.execute(
            "INSERT INTO migration_guard.backfills (key, fingerprint, table_name) VALUES ('slow', '', 'leads')"
        )
        stopped.commit()
        stopped.execute("UPDATE migration_guard.backfills SET state = 'running', claimed_by = 'other:1'")
        ran = project("run", "--all", NAP="0")
    assert last(ran).startswith("NOTHING WAS RUN: slow: running (run by ")


@pytest.mark.parametrize("state", ["queued", "incomplete", "failed", "done_by_its_word"])
def test_what_is_being_claimed_is_not_told_as_ended(project: Project, state: str) -> None:
    assert project("init").returncode == 0
    with psycopg.connect(project.url) as beginning:
        beginning.execute(
            "INSERT INTO migration_guard.backfills (key, fingerprint, table_name, state) VALUES ('slow', '', 'leads', %s)",
            [state],
        )
        beginning.commit()
        beginning.execute("UPDATE migration_guard.backfills SET state = 'running', claimed_by = 'other:1'")
        ran = project("run", "--all", NAP="0")
    assert "slow: running (run by another runner, which has begun just now)" in last(ran)
