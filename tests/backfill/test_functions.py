"""Functions of registries: their connections obey the policy, their claim holds as long as they may run, they can be ended."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from backfill import process
from backfill.pooler import Pooler
from backfill.test_commands import Project, last

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


class Registry(Project):
    """A project with one function."""

    def define(self, function: str) -> None:
        (self.folder / "backfills.py").write_text(HEAD + function + TAIL)

    def seen(self) -> list[tuple[object, ...]]:
        with psycopg.connect(self.url) as console:
            return console.execute("SELECT lock, statement, idle FROM seen").fetchall()

    def running(self) -> subprocess.Popen[str]:
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
    ran = project("run", "--all", "--max-seconds", "1")
    assert "f: incomplete (time: the run's time is over" in last(ran)
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
