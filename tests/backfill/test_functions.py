"""Functions of registries: their connections obey the policy, their claim holds as long as they may run, they can be ended."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import program
import psycopg
import pytest

from backfill import process
from backfill.pooler import Pooler
from backfill.test_commands import Project, last
from migration_guard.backfill import (
    BackfillUnfinished,
    LegacyBackfill,
    keeper,
    pace,
    proving,
    require_backfill,
    run,
)
from migration_guard.backfill.clock import Clock
from migration_guard.backfill.connect import address
from migration_guard.backfill.definition import Claim
from migration_guard.backfill.report import Reporter
from migration_guard.backfill.runner import run_all
from migration_guard.backfill.standing import Counts

SETTINGS = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
POLICY = ("1min", "2min", "2min")
HEAD = """
import time
from sqlalchemy import text

NOTE = "INSERT INTO seen (lock, statement, idle) SELECT " + ", ".join(
    f"current_setting('{name}')" for name in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
)
"""
TAIL = """
BACKFILL_DEFS = [{"key": "f", "tables": ["seen"], "function": f, "max_runtime_seconds": 400}]
"""
ENDLESS = """
def f(engine, batch_size, max_time_seconds):
    while True:
        try:
            with engine.begin() as connection:
                connection.execute(text(NOTE))
        except Exception:
            pass  # as functions do that mean to be patient
"""
BEGIN = """
def f(engine, batch_size, max_time_seconds):
    with engine.begin() as connection:
        connection.execute(text(NOTE))
    return 1, True
"""
RAW = """
def f(engine, batch_size, max_time_seconds):
    raw = engine.raw_connection()
    raw.cursor().execute(NOTE)
    raw.commit()
    return 1, True
"""
AUTOCOMMIT = """
def f(engine, batch_size, max_time_seconds):
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(NOTE))
    return 1, True
"""
SETS = """
def f(engine, batch_size, max_time_seconds):
    with engine.begin() as connection:
        connection.execute(text("SET lock_timeout = '7s'"))
        connection.execute(text("SET SESSION statement_timeout = 0"))
        connection.execute(text("SET ROLE postgres"))
        connection.execute(text("RESET ROLE"))
        connection.execute(text(NOTE))
    return 1, True
"""


class Cut(BaseException):
    """The runner is gone in the middle of its proof, as if it had been killed."""


class Registry(Project):
    """A project with one function."""

    def define(self, function: str) -> None:
        (self.folder / "backfills.py").write_text(HEAD + function + TAIL)

    def seen(self) -> list[tuple[object, ...]]:
        with psycopg.connect(self.url) as console:
            return console.execute("SELECT lock, statement, idle FROM seen").fetchall()

    def running(self) -> program.Running:
        """Start a run, and return when the function has begun."""
        started = self.start("run", "--all")
        process.until(lambda: bool(self.seen()), alive=lambda: started.poll() is None)
        return started


@pytest.fixture
def project(tmp_path: Path, database: str) -> Iterator[Registry]:
    with psycopg.connect(database, autocommit=True) as console:
        console.execute("CREATE TABLE seen (lock text, statement text, idle text)")
    made = Registry(tmp_path, database)
    yield made
    made.end()


@pytest.mark.parametrize("function", [BEGIN, RAW, AUTOCOMMIT])
def test_the_policy_reaches_their_connections(project: Registry, function: str) -> None:
    project.define(function)
    ran = project("run", "--all")
    assert last(ran).startswith("NOT PROVEN: "), ran.stdout
    assert project.seen() == [POLICY]


def test_the_policy_reaches_them_through_a_pooler(project: Registry, pgbouncer: Pooler, database_name: str) -> None:
    project.define(BEGIN)
    ran = project("run", "--all", DATABASE_URL=pgbouncer.url(database_name))
    assert last(ran).startswith("NOT PROVEN: "), ran.stdout
    assert project.seen() == [POLICY]


def test_what_they_set_leaks_to_nobody(project: Registry, pgbouncer: Pooler, database_name: str) -> None:
    project.define(SETS)
    ran = project("run", "--all", DATABASE_URL=pgbouncer.url(database_name))
    assert last(ran).startswith("NOT PROVEN: "), ran.stdout
    assert project.seen() == [("7s", "0", "2min")]
    with psycopg.connect(pgbouncer.url(database_name)) as next_one:
        assert [next_one.execute(f"SHOW {name}".encode()).fetchone() for name in SETTINGS] == [("0",)] * 3


@pytest.mark.parametrize(
    ("function", "named"),
    [
        (RAW, "raw_connection"),
        (AUTOCOMMIT, "AUTOCOMMIT"),
        (BEGIN.replace("NOTE", "\"SELECT set_config('lock_timeout', '5s', false)\""), "set_config"),
        (BEGIN.replace("NOTE", '"SELECT pg_advisory_lock(1)"'), "pg_advisory_lock"),
        (ENDLESS.replace("text(NOTE)", 'text("LISTEN news")'), "LISTEN"),
    ],
)
def test_what_a_pooler_would_hand_on_is_refused(
    project: Registry, pgbouncer: Pooler, database_name: str, function: str, named: str
) -> None:
    project.define(function)
    ran = project("run", "--all", DATABASE_URL=pgbouncer.url(database_name))
    assert last(ran).startswith(f"WORK IS LEFT: 1 of 1 backfills not complete: f: failed (the function uses {named}")
    assert "through a pooler" in last(ran)
    assert project.seen() == []


def test_the_time_ends_them_between_batches(project: Registry) -> None:
    project.define(ENDLESS)
    for seconds in (1, 4, 16, 64):  # on a busy machine, the time may be over before the first batch
        ran = project("run", "--all", "--max-seconds", str(seconds))
        assert "f: incomplete (time: the run's time is over" in last(ran)
        if project.seen():
            break
    assert project.seen()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_them_between_batches(project: Registry, number: signal.Signals) -> None:
    project.define(ENDLESS)
    started = project.running()
    started.send_signal(number)
    out, _ = started.communicate(timeout=process.PATIENCE)
    assert (started.returncode, "f: incomplete (stopped by a signal)" in out.splitlines()[-1]) == (0, True)
    assert project.status()["f"]["state"] == "incomplete"


def test_a_person_ends_them_between_batches(project: Registry) -> None:
    project.define(ENDLESS)
    started = project.running()
    assert "asked to pause" in project("pause", "f").stdout
    out, _ = started.communicate(timeout=process.PATIENCE)
    assert "f: paused (asked by a person)" in out.splitlines()[-1]


def test_a_claim_holds_as_long_as_the_function_may_run(project: Registry) -> None:
    project.define(ENDLESS)
    project.running()
    with psycopg.connect(project.url, autocommit=True) as console:
        left = "SELECT round(extract(epoch FROM lease_until - claimed_since)) FROM migration_guard.backfills"
        assert console.execute(left).fetchone() == (460,)
        console.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    second = project("run", "--all")
    assert last(second).startswith("NOTHING WAS RUN: f: running (run by ")


def test_a_function_that_runs_longer_than_its_claim_stays_alone(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its max_runtime is over and its lease with it, and it works on, over connections that nobody can end."""
    monkeypatch.setattr(keeper, "BEAT", 0.05)
    others: list[str] = []
    with psycopg.connect(database, autocommit=True) as console:

        def beats() -> bool:
            found = console.execute("SELECT lease_until > clock_timestamp() FROM migration_guard.backfills").fetchone()
            return found == (True,)

        def function(*_: object) -> tuple[int, bool]:
            console.execute("UPDATE migration_guard.backfills SET lease_until = clock_timestamp() - interval '1 hour'")
            process.until(beats)
            if not others:
                others.append("")
                others[0] = str(run([definition], database)[0])
            return 1, True

        definition = LegacyBackfill(key="f", function_object=function, max_runtime=1.0)
        (result,) = run([definition], database)
    assert str(result).startswith("f: done_by_its_word")
    assert others[0].startswith("f: running (run by ")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("None", "NoneType"),
        ("True", "bool"),
        ("7", "int"),
        ("('many', True)", "(str, bool)"),
        ("(1, 'False')", "tuple"),
        ("(1, True, None)", "tuple"),
    ],
)
def test_what_is_no_word_is_no_success(project: Registry, given: str, said: str) -> None:
    project.define(f"def f(engine, batch_size, max_time_seconds):\n    return {given}\n")
    ran = project("run", "--all", "--strict")
    assert (ran.returncode, f"f: failed (its function returned {said}; expected (rows, completed)" in last(ran)) == (
        1,
        True,
    )


def test_a_proof_that_is_cut_off_goes_on(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither is its function called again for that, nor is taken for read what was not."""
    monkeypatch.setattr(proving, "FIRST_SIZE", 10)
    monkeypatch.setattr(pace, "GROWN", 10)
    called: list[int] = []
    with psycopg.connect(database, autocommit=True) as console:
        console.execute("CREATE TABLE leads (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, status text)")
        console.execute("INSERT INTO leads (status) SELECT 'x' FROM generate_series(1, 100)")

        def function(*_: object) -> tuple[int, bool]:
            called.append(1)
            return 0, True

        claim = Claim("f", "leads", "status IS NULL")
        definition = LegacyBackfill(key="f", function_object=function, proved_by=claim)
        cuts = iter([3, 2])
        original = proving.Proof._read

        def cut_off(self: proving.Proof, *arguments: object) -> object:
            left[0] -= 1
            if not left[0]:
                raise Cut
            return original(self, *arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(proving.Proof, "_read", cut_off)
        for cut in cuts:
            left = [cut]
            with pytest.raises(Cut):
                run([definition], database)
        assert (called, console.execute("SELECT cursor_key FROM migration_guard.windows").fetchone()) == (
            [1],
            (["30"],),
        )
        assert console.execute("SELECT swept, floor FROM migration_guard.backfills").fetchone() == (False, None)
        with pytest.raises(BackfillUnfinished):
            require_backfill(console, definition)
        console.execute("UPDATE leads SET status = NULL WHERE id = 77")
        left = [1000]
        assert "its function has left work: rows after key 70" in str(run([definition], database)[0])
        assert called == [1]
        console.execute("UPDATE leads SET status = 'y' WHERE id = 77")
        (result,) = run([definition], database)
        assert (called, result.complete) == ([1, 1], True)
        require_backfill(console, definition)
        assert str(run([definition], database)[0]) == "f: completed (completed before)"


@pytest.mark.parametrize("how", ["signal", "time", "pause"])
def test_a_proof_ends_when_it_is_told_to(database: str, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    monkeypatch.setattr(proving, "FIRST_SIZE", 10)
    monkeypatch.setattr(pace, "GROWN", 10)
    stop = threading.Event()
    with psycopg.connect(database, autocommit=True) as console:
        console.execute("CREATE TABLE leads (id int PRIMARY KEY, status text)")
        console.execute("INSERT INTO leads SELECT n, 'x' FROM generate_series(1, 100) AS n")
        claim = Claim("f", "leads", "status IS NULL")
        definition = LegacyBackfill(key="f", function_object=lambda *_: (0, True), proved_by=claim)

        class Ends(Reporter):
            def batch(
                self,
                counts: Counts,
                seconds: float,
                size: int,
                passed: int = 0,
                at: tuple[str, ...] = (),
                *,
                batches: int = 1,
            ) -> None:
                if at == ("30",):
                    if how == "signal":
                        stop.set()
                    elif how == "pause":
                        console.execute("UPDATE migration_guard.backfills SET request = 'pause'")
                    else:
                        monkeypatch.setattr(Clock, "left", property(lambda _: 0.0))

        (result,) = run_all([definition], address(database, "the URL"), stop=stop, reporter=Ends())
        monkeypatch.undo()
        assert str(result).startswith(
            "f: paused" if how == "pause" else f"f: incomplete ({'stopped by a' if how == 'signal' else ''}"
        )
        assert how == "pause" or "its proof goes on with the next run" in str(result)
        assert result.passes == (how != "pause")  # an engine's next task goes on
        if how == "pause":
            console.execute("UPDATE migration_guard.backfills SET state = 'queued'")
        assert run([definition], database)[0].complete


def test_who_has_lost_its_claim_commits_nothing_more_and_says_that_it_ran(project: Registry) -> None:
    project.define(ENDLESS)
    started = project.running()
    with psycopg.connect(project.url, autocommit=True) as console:
        console.execute("UPDATE migration_guard.backfills SET token = token + 1")
        seen = project.seen()
    out, _ = started.communicate(timeout=process.PATIENCE)
    assert "f: ran (another runner has taken it over" in out.splitlines()[-1]
    assert "not run" not in out
    assert project.seen() == seen


@pytest.mark.parametrize("how", ["raise SystemExit(3)", "import sys; sys.exit()", "raise KeyError('row 7')"])
def test_a_function_that_ends_the_program_ends_only_itself(project: Registry, how: str) -> None:
    project.define(f"def f(engine, batch_size, max_time_seconds):\n    {how}\n")
    ran = project("run", "--all")
    assert "f: failed (failed with" in last(ran)
    assert "row 7" not in ran.stdout


def test_their_log_lines_are_shown(project: Registry) -> None:
    project.define(
        "import logging\nLOG = logging.getLogger(__name__)\n"
        "def f(engine, batch_size, max_time_seconds):\n"
        "    LOG.info('tenant %s', 7)\n    print('printed')\n    LOG.debug('never')\n    return 1, False\n"
    )
    ran = project("run", "--all")
    assert "f: tenant 7" in ran.stdout
    assert "printed" in ran.stdout
    assert "never" not in ran.stdout


FILLS = """
def f(engine, batch_size, max_time_seconds):
    with engine.begin() as connection:
        rows = connection.execute(text("UPDATE leads SET status = 'x' WHERE status IS NULL AND id <= 20")).rowcount
    return rows, True

BACKFILL_DEFS = [{"key": "f", "tables": ["leads"], "function": f, "table": "leads", "where": "status IS NULL"}]
"""


def test_an_entry_with_table_and_where_is_proved(project: Registry) -> None:
    with psycopg.connect(project.url, autocommit=True) as console:
        console.execute("CREATE TABLE leads (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, status text)")
        console.execute("INSERT INTO leads (status) SELECT NULL FROM generate_series(1, 30)")
    (project.folder / "backfills.py").write_text(HEAD + FILLS)
    ran = project("run", "--all", "--strict")
    assert (ran.returncode, "f: incomplete (its function has left work" in last(ran)) == (1, True), ran.stdout
    assert project("gate", "f").returncode == 1
    with psycopg.connect(project.url, autocommit=True) as console:
        console.execute("UPDATE leads SET status = 'by hand' WHERE status IS NULL")
    ran = project("run", "--all", "--strict")
    assert (ran.returncode, last(ran)) == (0, "All complete: 1 of 1 backfills.")
    assert project("gate", "f").returncode == 0
    assert "1 of them before" in last(project("run", "--all", "--strict"))
    with psycopg.connect(project.url, autocommit=True) as console:
        console.execute("INSERT INTO leads (status) VALUES (NULL)")
    assert project("gate", "f").returncode == 1
    assert "f: incomplete" in last(project("run", "--all"))


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ('"table": "leads"', "where: expected text, as both table and where"),
        ('"table": "leads", "where": "status ="; drop', ""),
        ('"table": "leads", "where": "a; b"', "where: holds a semicolon"),
        ('"table": "leads", "where": "a", "key_columns": "id"', "key_columns: expected a list of names"),
    ],
)
def test_what_an_entry_is_proved_by_is_checked(project: Registry, entry: str, said: str) -> None:
    project.define("def f(engine, batch_size, max_time_seconds):\n    return 0, True\n")
    file = project.folder / "backfills.py"
    file.write_text(file.read_text().replace('"function": f', f'"function": f, {entry}'))
    assert said in last(project("run", "--all"))
    assert last(project("run", "--all")).startswith("NOTHING WAS RUN: ")


def test_what_has_come_somewhere_by_its_own_word_goes_on_and_what_has_not_waits_for_somebody(database: str) -> None:
    """An engine follows a task by another where that is of use; counts that nobody has made are no progress."""
    with psycopg.connect(database, autocommit=True) as console:
        for rows, goes_on in ((7, True), (0, False)):

            def word(engine: Any, _size: int, _seconds: float, rows: int = rows) -> tuple[int, bool]:
                for _ in range(2):
                    with engine.begin() as connection:
                        connection.exec_driver_sql("SELECT 1")
                return rows, False

            (result,) = run([LegacyBackfill(key=f"word {rows}", function_object=word, tables=("leads",))], database)
            assert (result.goes_on, result.state.value if result.state else "") == (goes_on, "incomplete")
        kinds = console.execute("SELECT DISTINCT kind FROM migration_guard.events").fetchall()
        assert ("progress",) not in kinds
