"""The pace that a person sets: what may be set, who obeys it and when, and what is said of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import click
import pytest

from backfill.process import until
from backfill.test_batches import Database
from backfill.test_commands import Project, last
from migration_guard.backfill.pace import AIM, GROWN
from migration_guard.backfill.steering import FREE, Steering, SteeringError, hours, known_zone, steering_of
from migration_guard.backfill.worker import QUICK
from migration_guard.cli.backfill_pace import set_pace

DEFINITIONS = """
import os, time
from migration_guard.backfill import Backfill, ranges

ranges.SMALLEST, ranges.ALONE = 100, 300

def slowly(connection, ids):
    with open(f"sizes.{os.getpid()}", "a") as sizes:
        sizes.write(f"{len(ids)}\\n")
    if not os.path.exists("hurry"):
        time.sleep(0.2)
    connection.exec_driver_sql("UPDATE leads SET status = 'new' WHERE id = ANY(%s)", (ids,))

STATUS = Backfill(key="status", table="leads", where="status IS NULL", apply=slowly, batch_size=100)
"""


@pytest.fixture
def db(database: str) -> Iterator[Database]:
    made = Database(database)
    made.leads(20_000)
    made("ANALYZE leads")
    yield made
    made.console.close()


@pytest.fixture
def project(tmp_path: Path, db: Database) -> Iterator[Project]:
    made = Project(tmp_path, db.url)
    (tmp_path / "backfills.py").write_text(DEFINITIONS)
    yield made
    made.end()


@pytest.mark.parametrize(
    ("text", "now", "opens"),
    [
        ("22:00-06:00", "21:59", "29 22:00"),
        ("22:00-06:00", "22:00", None),
        ("22:00-06:00", "05:59", None),
        ("22:00-06:00", "06:00", "29 22:00"),
        ("09:30-17:00", "17:00", "30 09:30"),
        ("09:30-17:00", "09:00", "29 09:30"),
        ("9:30 - 24:00", "23:59", None),
        ("0:00-06:00", "12:00", "30 00:00"),
    ],
)
def test_hours(text: str, now: str, opens: str | None) -> None:
    at = datetime.fromisoformat(f"2026-11-29 {now}")
    until_ = hours(text).closed_until(at)
    assert (until_ and f"{until_:%d %H:%M}") == opens


def test_what_may_be_set() -> None:
    for given, why in (
        ({"target_ms": 5}, "target-ms: expected 10 to 1,000 milliseconds, found 5; nearest: 10"),
        ({"target_ms": float("nan")}, "target-ms: expected 10 to 1,000 milliseconds, found nan; nearest: 10"),
        ({"pause": 90}, "pause: expected 0 to 60 seconds, found 90; nearest: 60"),
        ({"max_size": 1}, "max-size: expected 10 to 10,000 rows, found 1; nearest: 10"),
        ({"workers": 0}, "workers: expected 1 to 1,024 workers, found 0; nearest: 1"),
    ):
        with pytest.raises(SteeringError, match=re.escape(why)):
            Steering(**given)
    for text in ("22-6", "25:00-06:00", "22:00-22:00", "22:61-06:00", "22:00-06:00 Europe/Berlin x", ""):
        with pytest.raises(SteeringError, match=r"^window: expected hours such as"):
            hours(text)
    zones = ["UTC", "Europe/Berlin"]
    assert known_zone(hours("22:00-06:00 europe/berlin"), zones).zone == "Europe/Berlin"
    with pytest.raises(SteeringError, match='no time zone "Europe/Belin"; did you mean "Europe/Berlin"'):
        known_zone(hours("22:00-06:00 Europe/Belin"), zones)
    steering = Steering(100, 0.5, 2000, hours("22:00-06:00 Europe/Berlin"), 4)
    assert steering_of(json.loads(json.dumps(steering.fields))) == steering
    assert steering_of({**FREE.fields, "of_a_later_version": 1}) == FREE
    assert str(steering) == "target-ms 100, pause 0.5, max-size 2000, window 22:00-06:00 Europe/Berlin, workers 4"


def sizes(project: Project) -> dict[str, list[int]]:
    return {one.name: [int(line) for line in one.read_text().split()] for one in project.folder.glob("sizes.*")}


def test_the_command_names_what_is_so_if_nothing_is_set() -> None:
    told = {one.name: one.help or "" for one in set_pace.params if isinstance(one, click.Option)}
    assert told["target_ms"].endswith(f"; {AIM * 1000:.0f}.")
    assert told["max_size"].endswith(f"; {GROWN:,}, or {QUICK} where they follow each other on the server.")


def test_a_pace_is_set_and_taken_back_while_it_runs(db: Database, project: Project) -> None:
    assert "`migration-guard backfill init` makes the tables" in project("set", "status", "--pause", "1").stderr
    project("init")
    ran = project("set", "status", "--max-size", "50", "--window", "00:00-24:00")
    assert "which is no time at all" in ran.stderr
    ran = project("set", "status", "--max-size", "50", "--pause", "0", "--target-ms", "1000")
    assert ran.stdout == "status: pace: target-ms 1000, pause 0, max-size 50; taken up at the next batch\n"
    assert "did you mean" in project("set", "statis", "--max-size", "50").stderr
    running = project.start("run", "--only", "status", "--workers", "2")
    project.wait_for_batches(3, running)
    until(lambda: len(sizes(project)) == 2, alive=lambda: running.poll() is None)
    assert {size for some in sizes(project).values() for size in some} == {50}
    shown = project.status()["status"]
    assert shown["pace"] == {"target_ms": 1000, "pause": 0, "max_size": 50}
    role = db("SELECT session_user::text")[0][0]
    assert re.fullmatch(rf"{role}, \S+ on \S+", shown["pace_set_by"])
    assert "pace: target-ms 1000" in project("status").stdout

    assert project("set", "status", "--workers", "1").returncode == 0
    alone = (
        "SELECT count(DISTINCT claimed_by) = 1 FROM migration_guard.windows WHERE claimed_by IS NOT NULL AND NOT done"
    )
    until(lambda: db(alone) == [(True,)], alive=lambda: running.poll() is None)
    before = sizes(project)
    until(lambda: sum(map(len, sizes(project).values())) > sum(map(len, before.values())) + 6)
    after = sizes(project)
    assert sum(len(after[one]) > len(before[one]) + 1 for one in after) == 1  # the other is waiting

    assert "nothing is set any more" in project("set", "status", "--reset").stdout
    (project.folder / "hurry").touch()
    out, err = running.communicate(timeout=60)
    assert last_line(out) == "All complete: 1 of 1 backfills.", err
    assert "pace: target-ms 1000, pause 0, max-size 50" in out
    assert max(size for some in sizes(project).values() for size in some) > 50
    events = db("SELECT actor, detail, data FROM migration_guard.events WHERE kind = 'pace' ORDER BY id")
    assert [actor for actor, _, _ in events] == ["person"] * 3
    assert events[1][1].startswith("target-ms 1000, pause 0, max-size 50, workers 1; by ")
    assert events[1][2] == {"target_ms": 1000, "pause": 0, "max_size": 50, "workers": 1}
    assert db("SELECT count(*) FROM leads WHERE status IS NULL") == [(0,)]


def last_line(text: str) -> str:
    return text.rstrip("\n").split("\n")[-1]


def test_outside_of_its_hours_it_holds_and_says_until_when(db: Database, project: Project) -> None:
    project("init")
    (project.folder / "hurry").touch()
    (now,) = db("SELECT timezone('Asia/Tokyo', now())")[0]
    begins, ends = (now.hour + 3) % 24, (now.hour + 4) % 24
    ran = project("set", "status", "--window", f"{begins:02}:00-{ends:02}:00 asia/tokyo")
    assert f"window {begins:02}:00-{ends:02}:00 Asia/Tokyo" in ran.stdout
    ran = project("run", "--only", "status", "--max-seconds", "1.5")
    why = f"held: outside of its hours, {begins:02}:00-{ends:02}:00 Asia/Tokyo: held until "
    assert why in last(ran)
    assert ran.returncode == 0
    assert project.status()["status"]["changed"] == 0
    running = project.start("run", "--only", "status")
    until(
        lambda: "running" in str(db("SELECT state FROM migration_guard.backfills")),
        alive=lambda: running.poll() is None,
    )
    ran = project("set", "status", "--window", f"{(now.hour - 2) % 24:02}:00-{begins:02}:00 Asia/Tokyo")
    out, _ = running.communicate(timeout=60)
    assert last_line(out) == "All complete: 1 of 1 backfills."
    assert "(no time zone was named: UTC)" in project("set", "status", "--window", "22:00-06:00").stdout
