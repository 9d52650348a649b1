"""The commands, as their users run them: exit codes, last lines, and what is never said."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import program
import psycopg
import pytest

from backfill.process import free_port
from backfill.server import Server
from migration_guard.backfill.statements import VERSION

ROOT = Path(__file__).parents[2]
SECRET = "pa55/w:rd?&"
DEFINITIONS = """
from migration_guard.backfill import Backfill

STATUS = Backfill(
    key="status",
    table="leads",
    where="status IS NULL",
    update="UPDATE leads SET status = 'new' WHERE id = ANY(:ids)",
    description="Give every lead a status",
    migration="36",
)
NAMES = Backfill(
    key="names",
    table="leads",
    where="name IS NULL AND phone IS NOT NULL",
    update="UPDATE leads SET name = phone WHERE id = ANY(:ids)",
    priority="HIGH",
    per="tenant_id",
)
"""
MORE = """
RISKY = Backfill(key="risky", table="leads", where="false", update="DELETE FROM leads WHERE id = ANY(:ids)",
                 safe_to_run_online=False, priority="LOW")
OLD = Backfill(key="old", table="nowhere", where="false", update="DELETE FROM nowhere WHERE id = ANY(:ids)",
               status="deprecated")
"""
SLOW = """
import os
import re
import time
from migration_guard.backfill import Backfill

def apply(connection, ids):
    time.sleep(float(os.environ.get("NAP", "0.3")))
    connection.exec_driver_sql("UPDATE leads SET status = 'new' WHERE id = ANY(%s)", (ids,))

SLOW = Backfill(key="slow", table="leads", where="status IS NULL", apply=apply, batch_size=10)
"""


def untimed(line: str) -> str:
    """Give a line without its time, which it must have."""
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ ", line)
    return line[21:]


class Project:
    """A project with backfills, and the command line in it."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url
        self.started: list[program.Running] = []
        (folder / "backfills.py").write_text(DEFINITIONS)
        (folder / "migration-guard.toml").write_text('[backfill]\nmodules = ["backfills.py"]\n')

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(ROOT), "DATABASE_URL": self.url}

    def start(self, *arguments: str, **environment: str) -> program.Running:
        process = program.start("backfill", *arguments, cwd=self.folder, env={**self.environment, **environment})
        self.started.append(process)
        return process

    def end(self) -> None:
        """End what a test has left running."""
        for process in self.started:
            if process.poll() is None:
                process.kill()
                process.communicate()

    def __call__(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        ran = program.run("backfill", *arguments, cwd=self.folder, env={**self.environment, **environment})
        assert "Traceback" not in ran.stdout + ran.stderr
        assert SECRET not in ran.stdout + ran.stderr
        return ran

    def wait_for_batches(self, count: int, running: program.Running) -> None:
        with psycopg.connect(self.url, autocommit=True) as console:
            there = "SELECT to_regclass('migration_guard.events') IS NOT NULL"
            while console.execute(there).fetchone() != (True,):
                assert running.poll() is None
            done = "SELECT 1 FROM migration_guard.windows WHERE batches >= %s"
            while not console.execute(done, [count]).fetchall():
                assert running.poll() is None

    def status(self) -> dict[str, Any]:
        return {one["key"]: one for one in json.loads(self("status", "--json").stdout)}


def last(result: subprocess.CompletedProcess[str]) -> str:
    return result.stdout.rstrip("\n").split("\n")[-1]


def fill(url: str, count: int = 300) -> None:
    with psycopg.connect(url, autocommit=True) as console:
        console.execute("CREATE TABLE leads (id bigint PRIMARY KEY, tenant_id int, phone text, name text, status text)")
        console.execute("CREATE INDEX ON leads (tenant_id, id)")
        console.execute(
            "INSERT INTO leads SELECT n, nullif(n %% 3, 0), n::text FROM generate_series(1, %s) AS n", [count]
        )


@pytest.fixture
def project(tmp_path: Path, database: str) -> Iterator[Project]:
    fill(database)
    made = Project(tmp_path, database)
    yield made
    made.end()


@pytest.fixture
def far(tmp_path: Path) -> Project:
    """A project whose database nobody answers for."""
    return Project(tmp_path, f"postgresql://me@127.0.0.1:{free_port()}/crm")


# What works.


def test_a_whole_life(project: Project) -> None:
    assert project("status").stdout == "no backfill has been run\n"
    assert (project("gate", "status").returncode, project("gate", "status").stdout) == (
        1,
        "status: has never been run\n",
    )
    ran = project("run", "--all", "--strict")
    assert (ran.returncode, ran.stderr) == (0, "")
    lines = ran.stdout.splitlines()
    assert untimed(lines[0]).startswith("names: begins")
    assert lines[-1] == "All complete: 2 of 2 backfills."
    assert "status: completed; 300 rows examined: 300 changed" in map(untimed, lines)
    standing = project.status()
    assert standing["status"]["state"] == "completed"
    assert standing["status"]["tenants"] == []
    assert [(one["tenant"], one["changed"]) for one in standing["names"]["tenants"]] == [
        ("1", 100),
        ("2", 100),
        (None, 100),
    ]
    assert project("gate", "status").returncode == 0
    again = project("run", "--all", "--strict")
    assert (again.returncode, last(again)) == (0, "All complete: 2 of 2 backfills, 2 of them before.")
    assert "names  NULL" in project("status", "--by-tenant").stdout


def test_only_active_ones_and_what_is_safe(project: Project) -> None:
    with (project.folder / "backfills.py").open("a") as file:
        file.write(MORE)
    ran = project("run", "--all", "--strict")
    assert ran.returncode == 1
    assert last(ran).startswith("WORK IS LEFT: 1 of 3 backfills not complete: risky: not run (not safe beside")
    assert "old" not in ran.stdout
    assert project("run", "--all", "--strict", "--offline").returncode == 0
    assert last(project("run", "--only", "old")).startswith(
        "NOTHING WAS RUN: old: not run (its definition says deprecated)"
    )


def test_one_priority(project: Project) -> None:
    assert project("run", "--priority", "high").returncode == 0
    assert list(project.status()) == ["names"]


def test_list(far: Project) -> None:
    listed = json.loads(far("list", "--json").stdout)
    assert listed[0] == {
        "key": "status",
        "migration_number": "36",
        "description": "Give every lead a status",
        "tables": ["leads"],
        "batch_size": 500,
        "max_runtime_seconds": 600.0,
        "priority": "MEDIUM",
        "safe_to_run_online": True,
        "function": None,
        "status": "active",
    }
    assert "Give every lead a status" in far("list").stdout


def test_a_dry_run_writes_nothing(project: Project) -> None:
    ran = project("run", "--all", "--dry-run")
    assert (ran.returncode, last(ran)) == (0, "NOTHING WAS RUN: this was a dry run")
    for said in ("lock 60 s, statement 120 s, idle in transaction 120 s", "SKIP LOCKED", "Index", "500 rows at first"):
        assert said in ran.stdout
    with psycopg.connect(project.url) as console:
        assert console.execute("SELECT to_regnamespace('migration_guard'), count(status) FROM leads").fetchone() == (
            None,
            0,
        )


def test_pause_resume_cancel_retry(project: Project) -> None:
    assert project("pause", "status").returncode == 2
    assert project("run", "--only", "status", "--max-seconds", "0.000001").returncode == 0
    with psycopg.connect(project.url, autocommit=True) as console:
        console.execute("ALTER TABLE leads ADD CHECK (status IS NULL)")
        assert "failed" not in project("run", "--only", "names").stdout
    assert project("run", "--only", "status").returncode == 0
    assert project.status()["status"]["state"] == "failed"
    assert project("pause", "status").stdout == "status: is paused now\n"
    assert project("pause", "status").stdout == "status: is paused already\n"
    ran = project("run", "--all", "--strict")
    assert ran.returncode == 1
    assert "status: paused (paused; `migration-guard backfill resume` lets it go on)" in ran.stdout
    assert project("resume", "status").stdout == "status: is queued now\n"
    assert project("resume", "status").stdout.startswith("status: is queued")
    assert project("cancel", "status").stdout == "status: is cancelled now\n"
    assert "cancelled" in last(project("run", "--only", "status"))
    with psycopg.connect(project.url, autocommit=True) as console:
        console.execute("ALTER TABLE leads DROP CONSTRAINT leads_status_check")
    assert project("retry", "status").stdout == "status: is queued now\n"
    assert project("run", "--all", "--strict").returncode == 0
    refused = project("cancel", "status")
    assert refused.returncode == 2
    assert "it is completed; a person leads from there to queued" in refused.stderr
    with psycopg.connect(project.url) as console:
        steps = console.execute(
            "SELECT kind FROM migration_guard.events WHERE backfill = 'status' AND kind <> 'warning'"
        ).fetchall()
    assert [kind for (kind,) in steps if kind != "note"] == [
        "running", "failed", "paused", "queued", "cancelled", "queued", "running", "completed",
    ]  # fmt: skip


def test_a_definition_that_changed_waits_for_retry(project: Project) -> None:
    assert project("run", "--all").returncode == 0
    file = project.folder / "backfills.py"
    file.write_text(DEFINITIONS.replace("'new'", "'old'"))
    changed = project("run", "--only", "status", "--strict")
    assert changed.returncode == 1
    assert "its definition has changed since" in last(changed)
    gate = project("gate", "status")
    assert (gate.returncode, "its definition has changed since" in gate.stdout) == (1, True)
    assert "its definition has changed since" in project.status()["status"]["reason"]
    assert project("retry", "status").returncode == 0
    assert project("run", "--only", "status", "--strict").returncode == 0


def test_what_never_began_may_change(project: Project) -> None:
    file = project.folder / "backfills.py"
    file.write_text(DEFINITIONS.replace("SET status", "SET sttatus"))
    assert "sttatus" in last(project("run", "--only", "status"))
    file.write_text(DEFINITIONS)
    assert project("run", "--only", "status", "--strict").returncode == 0


def test_a_running_one_takes_requests_up_at_its_next_batch(project: Project) -> None:
    (project.folder / "backfills.py").write_text(SLOW)
    running = project.start("run", "--all", "--strict")
    project.wait_for_batches(2, running)
    second = project("run", "--all", "--strict")
    assert second.returncode == 1
    assert "slow: running (run by" in last(second)
    assert "asked to pause" in project("pause", "slow").stdout
    out, _ = running.communicate(timeout=30)
    assert (running.returncode, "slow: paused (asked by a person)" in out) == (1, True)
    project("resume", "slow")
    assert project("run", "--all", "--strict", NAP="0").returncode == 0
    assert project.status()["slow"]["changed"] == 300


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_first_signal_finishes_the_batch(project: Project, number: signal.Signals) -> None:
    (project.folder / "backfills.py").write_text(SLOW)
    running = project.start("run", "--all")
    project.wait_for_batches(2, running)
    running.send_signal(number)
    out, err = running.communicate(timeout=30)
    assert (running.returncode, err) == (0, "")
    assert out.splitlines()[-1].startswith(
        "WORK IS LEFT: 1 of 1 backfills not complete: slow: incomplete (stopped by a signal)"
    )
    standing = project.status()["slow"]
    with psycopg.connect(project.url) as console:
        assert console.execute("SELECT count(status) FROM leads").fetchone() == (standing["changed"],)


def test_the_second_signal_stops_at_once(project: Project) -> None:
    (project.folder / "backfills.py").write_text(
        SLOW.replace(
            'time.sleep(float(os.environ.get("NAP", "0.3")))', "connection.exec_driver_sql('SELECT pg_sleep(60)')"
        )
    )
    running = project.start("run", "--all")
    with psycopg.connect(project.url, autocommit=True) as console:
        while not console.execute("SELECT 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)'").fetchall():
            assert running.poll() is None
        running.send_signal(signal.SIGTERM)
        time.sleep(0.2)  # so that two signals are not taken for one
        running.send_signal(signal.SIGTERM)
        out, _ = running.communicate(timeout=20)
        assert running.returncode == 0
        assert out.splitlines()[-1].startswith("STOPPED AT ONCE")
        assert console.execute("SELECT count(status) FROM leads").fetchone() == (0,)
    assert project.status()["slow"]["state"] == "incomplete"


def test_the_configuration_may_name_the_variable_and_the_schema(project: Project) -> None:
    (project.folder / "migration-guard.toml").write_text(
        '[backfill]\nmodules = ["backfills"]\ndatabase-url-env = "CRM_URL"\nstate-schema = "Guard State"\n'
    )
    assert project("run", "--all", "--strict", DATABASE_URL="", CRM_URL=project.url).returncode == 0
    with psycopg.connect(project.url) as console:
        assert console.execute('SELECT count(*) FROM "Guard State".backfills').fetchone() == (2,)
    assert project("gate", "status", "--database-url-env", "OTHER", OTHER=project.url).returncode == 0


# What does not, and never fails a deployment.


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "expected one of --all, --only KEY and --priority"),
        (("--all", "--only", "status"), "expected one of"),
        (("--al",), "No such option"),
        (("--all", "--max-minutes", "0"), "--max-minutes"),
        (("--all", "--max-minutes", "-1"), "--max-minutes"),
        (("--all", "--max-seconds", "soon"), "--max-seconds"),
        (("--all", "--workers", "0"), "--workers"),
        (("--priority", "HIHG"), 'did you mean "HIGH"'),
        (("--only", "staus"), 'did you mean "status"'),
        (("--all", "--module", "no_such_module"), "no_such_module: cannot be imported"),
        (("--all", "--module", "backfils.py"), 'did you mean "backfills.py"'),
        (("--all", "--config", "backfill.modlues=[]"), "modlues"),
        (("--all", "--isolated"), "no backfill is defined anywhere"),
        (("--all",), "the server cannot be used"),
        (("--all", "--dry-run"), "the server cannot be used"),
    ],
)
def test_run_says_why_nothing_was_run(far: Project, arguments: tuple[str, ...], said: str) -> None:
    ran = far("run", *arguments)
    assert ran.returncode == 0
    assert last(ran).startswith("NOTHING WAS RUN: ")
    assert said in last(ran)
    assert far("run", *arguments, "--strict").returncode == 2


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "set the environment variable DATABASE_URL"),
        ("mysql://me:{0}@host/db", "is a URL of mysql; the runner needs PostgreSQL"),
        ("sqlite:///file.db", "is a URL of sqlite"),
        ("mssql+pyodbc://me:{0}@host/db", "is a URL of mssql+pyodbc"),
        ("postgresql://me:{0}@127.0.0.1:{1}/db", "the server cannot be used"),
        ("postgresql://me:{0}@127.0.0.1:no-port/db", ""),
        ("postgres me:{0}", "is no URL of a database"),
        ("host=127.0.0.1 port={1} password='{0}'", "the server cannot be used"),
        ("service=no_such_service", "no_such_service"),
        ("django:default", "Django's settings cannot be loaded"),
    ],
)
def test_addresses_that_do_not_work(far: Project, url: str, said: str) -> None:
    far.url = url.format(quote(SECRET, safe="") if "://" in url else SECRET, free_port())
    ran = far("run", "--all")
    assert (ran.returncode, last(ran)[:17]) == (0, "NOTHING WAS RUN: ")
    assert said in last(ran)
    for command in (("status",), ("gate", "status"), ("pause", "status"), ("init",)):
        assert far(*command).returncode == 2


def test_the_extra_is_not_installed(far: Project) -> None:
    (far.folder / "psycopg.py").write_text("raise ImportError")
    code = (
        "import sys; sys.modules.update(psycopg=None, sqlalchemy=None); "
        "from migration_guard.cli import run; sys.exit(run(sys.argv[1:]))"
    )
    for arguments, exit_code in (
        (("run", "--all"), 0),
        (("run", "--all", "--strict"), 2),
        (("list",), 0),
        (("status",), 2),
    ):
        ran = subprocess.run(
            [sys.executable, "-c", code, "backfill", *arguments],
            cwd=far.folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ran.returncode == exit_code, ran
        if arguments[0] != "list":
            assert "pip install 'migration-guard[backfill]'" in ran.stdout + ran.stderr


@pytest.mark.parametrize("ending", [">&-", "| true", ">/dev/full"])
@pytest.mark.parametrize("arguments", ["--all", "--nonsense"])
def test_nobody_reads_the_output(project: Project, ending: str, arguments: str) -> None:
    command = f'"{sys.executable}" -m migration_guard backfill run {arguments}'
    ran = subprocess.run(
        ["/bin/bash", "-o", "pipefail", "-c", f"{command} {ending}"],
        cwd=project.folder, env={**os.environ, "PYTHONPATH": str(ROOT), "DATABASE_URL": project.url},
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert "Traceback" not in ran.stderr
    if arguments == "--all":
        assert {one["state"] for one in project.status().values()} == {"completed"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('table="leads"', 'table="leds"', 'there is no table leds; did you mean "leads"'),
        ("status IS NULL", "sttus IS NULL", 'where: column "sttus" does not exist (SQLSTATE 42703)'),
        ("SET status", "SET sttus", "update: column"),
        ("SET status", "SETT status", "42601"),
        ("leads SET status", "lads SET status", 'relation "lads" does not exist'),
        ('table="leads",', 'table="leads", key_column="uid",', "the table leads has no column uid"),
        ('table="leads",', 'table="leads", key_column="phone",', "phone may be NULL"),
        ('table="leads",', 'table="leads", key_columns=("tenant_id", "id"),', "may be NULL"),
        ('table="leads",', 'table="leads", per="tenant",', 'has no column tenant; did you mean "tenant_id"'),
        ('table="leads",', 'table="open_leads",', "no ordinary or partitioned table"),
        ('table="leads",', 'table="twice",', "no unique index of twice is over (id)"),
        ('table="leads",', 'table="later",', "deferrable"),
        ("SET status = 'new'", "SET made = 'x'", "made"),
        ('table="leads",', 'table="leads", role="nobody_there",', "nobody_there"),
    ],
)
def test_definitions_that_do_not_fit_the_database(project: Project, old: str, new: str, said: str) -> None:
    with psycopg.connect(project.url, autocommit=True) as console:
        console.execute("CREATE VIEW open_leads AS SELECT * FROM leads")
        console.execute("ALTER TABLE leads ADD made text GENERATED ALWAYS AS (phone || '!') STORED")
        console.execute("CREATE TABLE twice (id bigint NOT NULL, status text)")
        console.execute("CREATE TABLE later (id bigint PRIMARY KEY DEFERRABLE, status text)")
    (project.folder / "backfills.py").write_text(DEFINITIONS.replace(old, new, 1))
    for flag in ("--dry-run", "--strict"):
        ran = project("run", "--only", "status", flag)
        assert ran.returncode == (0 if flag == "--dry-run" else 1)
        assert said in ran.stdout
    assert project.status()["status"]["state"] == "failed"
    (project.folder / "backfills.py").write_text(DEFINITIONS)
    assert project("run", "--only", "status", "--strict").returncode == 0


def test_rights(project: Project, server: Server) -> None:
    name = project.url.rsplit("/", 1)[1]
    with psycopg.connect(project.url, autocommit=True) as console:
        console.execute("CREATE ROLE helper LOGIN")
        try:
            mine = project.url.replace("//postgres@", "//helper@")
            assert mine != project.url
            console.execute("GRANT SELECT ON leads TO helper")
            ran = project("run", "--all", DATABASE_URL=mine)
            assert ran.returncode == 0
            assert "backfill init --print-sql" in last(ran)
            made = project("init", "--print-sql", DATABASE_URL="")
            assert made.returncode == 0
            console.execute(made.stdout)
            console.execute("GRANT USAGE ON SCHEMA migration_guard TO helper")
            console.execute("GRANT ALL ON ALL TABLES IN SCHEMA migration_guard TO helper")
            ran = project("run", "--only", "status", "--strict", DATABASE_URL=mine)
            assert ran.returncode == 1
            assert "permission denied for table leads (SQLSTATE 42501); grant it to the role" in last(ran)
            console.execute("GRANT UPDATE ON leads TO helper")
            console.execute("ALTER TABLE leads ENABLE ROW LEVEL SECURITY")
            ran = project("run", "--only", "status", "--strict", DATABASE_URL=mine)
            assert "BYPASSRLS" in last(ran)
            console.execute("ALTER TABLE leads DISABLE ROW LEVEL SECURITY")
            ran = project("run", "--only", "status", "--strict", DATABASE_URL=mine)
            assert (ran.returncode, "superuser" in ran.stdout, "owner" in ran.stdout) == (0, False, False)
        finally:
            console.execute("DROP OWNED BY helper")
            console.execute("DROP ROLE helper")
    assert name


def test_a_role_of_the_definition(project: Project) -> None:
    with psycopg.connect(project.url, autocommit=True) as console:
        console.execute("CREATE ROLE writer")
        try:
            console.execute("GRANT SELECT, UPDATE ON leads TO writer")
            (project.folder / "backfills.py").write_text(
                DEFINITIONS.replace('table="leads",', 'table="leads", role="writer",')
            )
            assert project("run", "--all", "--strict").returncode == 0
        finally:
            console.execute("DROP OWNED BY writer")
            console.execute("DROP ROLE writer")


def test_a_state_of_a_later_version_is_left_alone(project: Project) -> None:
    assert project("init").returncode == 0
    assert project("init").returncode == 0
    with psycopg.connect(project.url, autocommit=True) as console:
        console.execute("INSERT INTO migration_guard.versions VALUES (%s)", [VERSION + 1])
    ran = project("run", "--all", "--strict")
    said = f"of version {VERSION + 1}, this migration-guard knows {VERSION}"
    assert (ran.returncode, said in last(ran)) == (2, True)
    assert f"version {VERSION + 1}" in project("status").stderr


def test_secrets_are_told_to_nobody(project: Project) -> None:
    with psycopg.connect(project.url, autocommit=True) as console:
        console.execute("ALTER TABLE leads ADD CONSTRAINT odd CHECK (status <> 'new' OR phone <> '7')")
        console.execute("UPDATE leads SET name = 'row secret' WHERE id = 7")
    ran = project("run", "--all")
    assert "row secret" not in ran.stdout + ran.stderr
    assert "completed_with_quarantine" in last(ran)
    assert project("gate", "status").returncode == 1
    with psycopg.connect(project.url) as console:
        told = str(console.execute("SELECT q::text FROM migration_guard.quarantine AS q").fetchall())
        told += str(console.execute("SELECT e::text FROM migration_guard.events AS e").fetchall())
    assert "row secret" not in told
    assert "23514" in told


def test_registries_of_dictionaries_run(project: Project) -> None:
    (project.folder / "backfills.py").write_text(
        """
from sqlalchemy import text

def fill(engine, batch_size=100, max_time_seconds=600):
    with engine.begin() as connection:
        rows = connection.execute(text("UPDATE leads SET status = 'new' WHERE status IS NULL")).rowcount
    return rows, True

def broken(engine, batch_size, max_time_seconds):
    raise RuntimeError("postgresql://me:secret@host")

BACKFILL_DEFS = [
    {'key': 'old', 'tables': ['leads'], 'batch_size': 200, 'function': fill, 'priority': 'HIGH'},
    {'key': 'broken', 'tables': ['leads'], 'function': broken},
]
"""
    )
    ran = project("run", "--all", "--strict")
    assert ran.returncode == 1
    assert "secret" not in ran.stdout
    assert "broken: failed (failed with RuntimeError)" in ran.stdout
    assert "old: note: its rows are counted by itself" in ran.stdout
    standing = project.status()["old"]
    assert (standing["state"], standing["reason"], standing["changed"]) == (
        "done_by_its_word",
        "nobody has proved it: it runs again with the next deployment",
        300,
    )
    assert project("gate", "old").returncode == 1
    assert last(project("run", "--only", "old")).startswith("NOT PROVEN: 1 of 1 backfills done by their own word: old")
    assert project("run", "--only", "old", "--strict").returncode == 1
