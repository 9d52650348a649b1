"""The page of how backfills have gone: its words after a real run, what it never says, and how a browser shows it."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from browsing import Elements, browsing, complaints, fits, needs_browser, seen_as
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from backfill import process
from backfill.test_batches import Database
from backfill.test_commands import Project
from migration_guard.backfill.standing import Counts, Happened, SetAside, Standing
from migration_guard.backfill.transitions import State
from migration_guard.watching.course import THINNED, Course, course
from migration_guard.watching.sheet import Sheet, rendered

DEFINITIONS = """
import time
from migration_guard.backfill import Backfill
from migration_guard.backfill.brake import brake

brake.PROGRESS, brake.EVERY = 0.1, (0.1, 0.1)

def slowly(connection, ids):
    time.sleep(0.1)
    connection.exec_driver_sql("UPDATE leads SET status = 'secret' WHERE id = ANY(%s)", (ids,))

STATUS = Backfill(key="status", table="leads", where="status IS NULL", apply=slowly, batch_size=20)
"""
BEGAN = datetime(2026, 11, 29, 22, tzinfo=timezone.utc)


@pytest.fixture
def db(database: str) -> Iterator[Database]:
    made = Database(database)
    made.leads(60)
    made("CREATE TABLE app (load numeric); INSERT INTO app VALUES (12)")
    made("ALTER TABLE leads ADD CHECK (id <> 7 OR status IS NULL)")
    yield made
    made.console.close()


@pytest.fixture
def project(tmp_path: Path, db: Database) -> Iterator[Project]:
    made = Project(tmp_path, db.url)
    (tmp_path / "backfills.py").write_text(DEFINITIONS)
    (tmp_path / "migration-guard.toml").write_text(
        '[backfill]\nmodules = ["backfills.py"]\n[backfill.brake]\nthrottle = "SELECT load FROM app"\nthrottle-above = 10\n'
    )
    yield made
    made.end()


GOLDEN = """
migration-guard
backfills at T UTC
This is what the state says, as
migration-guard backfill status
does; whether a backfill is complete says
migration-guard backfill gate KEY
, which looks at rows as well. All times are UTC.
How they stand
As status shows it
key | state | examined | changed | unchanged | done already | locked | quarantined | batches | reason
status | completed_with_quarantine | 60 | 59 | 0 | 0 | 0 | 1 | N | rows that cannot be changed are in quarantine
status
How many rows were examined and changed
examined
changed (dashed)
shaded: held
framed: nothing was written down
Rows examined a second, between two points
A pass that looks again counts as examined only the rows on which it finds something to do.
These numbers as a table
How far status was, the oldest first
at | pass | workers | examined | changed | unchanged | done already | locked | quarantined | rows/s since
…
T | 2 |  | 60 | 59 | 0 | 0 | 0 | 1 |
When batches were held
Holds of status: each is over when batches are let go, its run ends, or another begins
from | until | seconds | why
T | T | N | the throttle: 12, held from 10 on
Rows in quarantine now, by when they were last tried
Why rows of status cannot be changed
sqlstate | message | rows | last tried from | until
23514 | check violation: constraint leads_check, table leads | 1 | T | T
What led it from state to state until now
Steps of status, the oldest first
at | to | by | why
T | running | runner | by W; lock 60 s, statement 120 s, idle in transaction 120 s
T | incomplete | runner | stopped by a signal; held: the throttle: 12, held from 10 on
T | running | runner | by W; lock 60 s, statement 120 s, idle in transaction 120 s
T | completed_with_quarantine | runner | rows that cannot be changed are in quarantine
migration-guard V. Migrations change the schema, backfills change the data.
"""


def words(page: str) -> str:
    """Give what a person reads, with the cells of a row on one line, and without what differs from run to run."""
    page = re.sub(r"<svg.*?</svg>|<style>.*?</style>|<title>.*?</title>", "", page, flags=re.DOTALL)
    page = re.sub(r"</t[dh]><t[dh][^>]*>", " | ", page)
    page = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "T", page)
    page = re.sub(r"by [^ :|]+:\d+;", "by W;", re.sub(r"T \| T \| \d+ ", "T | T | N ", page))
    page = re.sub(r"\d+ \| rows that", "N | rows that", re.sub(r"guard \d[\d.]+\d", "guard V", page))
    return "\n".join(one.strip() for one in Elements(page).words if one.strip())


def is_held(db: Database) -> bool:
    """Say whether it is written down that batches are held."""
    there = "SELECT to_regclass('migration_guard.events') IS NOT NULL"
    return db(there) == [(True,)] and db("SELECT count(*) FROM migration_guard.events WHERE kind = 'hold'") > [(0,)]


def test_a_run(db: Database, project: Project) -> None:
    page = project.folder / "page.html"
    ran = project("status", "--html", "nowhere/page.html")
    assert (ran.returncode, ran.stderr.strip()) == (
        2, "Error: nowhere/page.html could not be written: there is no folder nowhere",
    )  # fmt: skip
    assert "--html goes with none of --json" in project("status", "--html", "page.html", "--json").stderr
    assert not page.exists()
    assert project("status", "--html", "page.html").returncode == 0
    assert "No backfill has been run." in words(page.read_text())

    held = project.start("run", "--only", "status")
    process.until(lambda: is_held(db), alive=lambda: held.poll() is None)
    held.send_signal(signal.SIGTERM)
    held.communicate(timeout=process.PATIENCE)
    assert project("status", "--html", "page.html").returncode == 0
    assert "incomplete" in words(page.read_text())
    assert "completed" not in words(page.read_text())
    db("UPDATE app SET load = 3")
    project("run", "--only", "status")
    assert project("status", "--html", "page.html").returncode == 0
    told = words(page.read_text())
    numbers = r"(?:^(?:T \| \d|nothing was written).*\n)*(?=T \| 2 \|  \|)"
    assert re.sub(numbers, "…\n", told, count=1, flags=re.MULTILINE) == GOLDEN.strip()
    assert "secret" not in page.read_text()
    assert "src=" not in page.read_text()

    with (project.folder / "backfills.py").open("a") as file:
        file.write('STATUS = Backfill(key="status", table="leads", where="name IS NULL", apply=slowly)\n')
    project("status", "--html", "page.html")
    assert "its definition has changed since" in words(page.read_text())
    (project.folder / "backfills.py").write_text("nonsense")
    project("status", "--html", "page.html")
    assert "Nothing here is compared with definitions: " in words(page.read_text())


# What is known, and what is not.


def standing(state: State = State.COMPLETED, examined: int = 900, *, alive: bool = False) -> Standing:
    counts = Counts(examined=examined, changed=examined)
    return Standing("k", state, None, counts, 9, None, None, 1, None, "w", None, alive, "f", ("9",))


def happened(*told: tuple[float, object]) -> tuple[Happened, ...]:
    """Give events: seconds, and how many rows were examined, or a kind."""
    return tuple(
        Happened(n, BEGAN + timedelta(seconds=at), "k", "runner", "progress", None, {"sweep": 1, "examined": what, "changed": what})
        if isinstance(what, int)
        else Happened(n, BEGAN + timedelta(seconds=at), "k", "runner", *str(what).partition(": ")[::2])
        for n, (at, what) in enumerate(told, 1)
    )  # fmt: skip


def stretches(of: Course) -> list[list[tuple[float, int]]]:
    return [[((one.at - BEGAN).total_seconds(), one.counts.examined) for one in some] for some in of.stretches]


@pytest.mark.parametrize(
    ("now", "events", "known"),
    [
        (standing(State.QUEUED), [], []),
        (standing(), [(0, "running"), (10, 100), (20, 200), (25, "completed")], [[(10, 100), (20, 200), (25, 900)]]),
        # Nothing was written down for a while, in one run and between two.
        (standing(), [(0, "running"), (10, 100), (90, 200), (95, "completed")], [[(10, 100)], [(90, 200), (95, 900)]]),
        (standing(), [(10, 1), (12, "incomplete"), (13, "running"), (23, 2), (24, "completed")], [[(10, 1)], [(23, 2), (24, 900)]]),
        # It was started anew: what was is no part of what is.
        (standing(State.QUEUED, 0), [(10, 100), (11, "completed"), (12, "queued")], [[(10, 100)], [(12, 0)]]),
        (standing(State.RUNNING, 50, alive=True), [(0, "running"), (10, 100), (20, 40)], [[(10, 100)], [(20, 40)], [(100, 50)]]),
        # Who was at it is gone: when he did what he did nobody knows.
        (standing(State.RUNNING, 150), [(0, "running"), (10, 100)], [[(10, 100)]]),
        # What is written down of its end is not there yet.
        (standing(), [(0, "completed"), (1, "running"), (10, 100)], [[(10, 100)]]),
    ],
)  # fmt: skip
def test_where_nothing_is_known(
    now: Standing, events: Sequence[tuple[float, object]], known: list[list[tuple[float, int]]]
) -> None:
    seen = course(now, happened(*events), (), BEGAN + timedelta(seconds=100))
    assert stretches(seen) == known


def test_what_was_thinned_is_no_silence() -> None:
    pauses = [160, 160, 80, 80, 40, 40, 20, 20, *[10] * THINNED]
    even = [(float(at), n) for n, at in enumerate(accumulate(pauses), 1)]
    silent = [(at + (700 if n > 4 else 0), n) for at, n in even]

    def begins(told: Sequence[tuple[float, int]]) -> list[float]:
        return [some[0][0] for some in stretches(course(standing(State.PAUSED), happened(*told), (), BEGAN))]

    assert begins(even) == [160]
    assert begins(silent) == [160, 1220]
    assert begins(even[:8]) == [160, 320, 400, 480], "so few are never thinned"


def test_holds_and_what_is_shown_of_the_events_of_others() -> None:
    told = [
        (0, "running"),
        (5, "hold: <b>: 3"),
        (9, "release: after 4 s"),
        (12, "hold: b"),
        (14, "failed"),
        (15, "note: row"),
    ]
    seen = course(standing(State.FAILED), happened(*told), (), BEGAN)
    assert [(one.told, one.until and (one.until - BEGAN).seconds) for one in seen.holds] == [("<b>: 3", 9), ("b", 14)]
    assert [one.kind for one in seen.steps] == ["running", "failed"]
    assert seen.silences == (
        (BEGAN, BEGAN + timedelta(seconds=14)),
        (BEGAN + timedelta(seconds=14), BEGAN + timedelta(seconds=15)),
    )


# In a browser.


def sheet() -> Sheet:
    long = "<b>'\u202e&\u001b[31m" + "x" * 90
    told = [(0, "running"), *((10 * n, 7 * n) for n in range(1, 60)), (200, "hold: standbys lag: 3"), (260, "release"),
            (900, f"failed: {long}"), (2000, "running"), (2010, 500), (2020, 700)]  # fmt: skip
    aside = [SetAside("k", None, (str(n),), "23514", long, 1, BEGAN + timedelta(seconds=50 * n)) for n in range(5)]
    now = BEGAN + timedelta(seconds=2030)
    seen = course(standing(State.RUNNING, alive=True), happened(*told), aside, now)
    rows = (("key", "state", "reason"), [("k", "running", long)])
    return Sheet(
        now,
        rows,
        (("key", "worker"), [("k", "3 of 9 done")]),
        (),
        (seen, course(replace(standing(), key="other"), (), (), now)),
    )


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with browsing(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


@needs_browser
@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (320, "dark"), (1920, "light"), (1920, "dark")])
def test_in_a_browser(browser: Chrome, tmp_path: Path, width: int, scheme: str) -> None:
    file = tmp_path / "page.html"
    file.write_text(rendered(sheet()), encoding="utf-8")
    seen_as(browser, width, scheme)
    browser.get(file.as_uri())
    assert fits(browser)
    assert complaints(browser) == []
    assert browser.find_elements(By.CSS_SELECTOR, "main b, script, img, a") == []
    assert all(one.size["height"] > 50 for one in browser.find_elements(By.TAG_NAME, "svg"))
    assert {one.accessible_name.split(" from ")[0] for one in browser.find_elements(By.TAG_NAME, "svg")} == {
        "Rows", "Rows examined a second", "Rows in quarantine",
    }  # fmt: skip
    reached: list[Any] = []
    for _ in range(30):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        at = browser.switch_to.active_element
        reached += [at] if at.tag_name == "summary" else []
    first = browser.find_elements(By.TAG_NAME, "summary")[0]
    assert first in reached, "what is folded is unfolded by the keyboard"
    first.send_keys(Keys.ENTER)
    assert browser.find_element(By.CSS_SELECTOR, "details table").is_displayed()
    assert fits(browser)
    names = [one.get_attribute("aria-label") for one in browser.find_elements(By.CSS_SELECTOR, "[role=region]")]
    assert all(names)
    assert len(set(names)) == len(names)
