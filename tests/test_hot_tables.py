"""`migration-guard hot-tables`: what a real PostgreSQL counted becomes severities and words, and no password is told."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import program
import psycopg
import pytest
from backfill.server import Server

from migration_guard.config import ConfigError, SettingsLoader
from migration_guard.config.tables import Heat, MeasuredTable, read_tables, rendered_tables
from migration_guard.hot_tables import Counted, Counts, Thresholds, classified
from migration_guard.hot_tables.server import CannotMeasure, measure

FILE = ".migration-guard-tables.toml"
LEADS = MeasuredTable("public.leads", Heat.HOT, 3_000_000, 900_000_000, 120_000)
MIGRATION = """revision = "2f6c"
down_revision = None
from alembic import op


def upgrade():
    op.execute("UPDATE leads SET status = 'new'")
    op.execute("DELETE FROM billing.invoices")
    op.execute("DELETE FROM countries")
    op.execute("DELETE FROM notes")
"""


def guard(cwd: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "DATABASE_URL"))}
    return program.run(*arguments, cwd=cwd, env={**inherited, **environment})


def findings(cwd: Path, *arguments: str) -> dict[str, tuple[str, str]]:
    ran = guard(cwd, "check", "--output-format", "json", *arguments)
    assert ran.stderr == ""
    found = json.loads(ran.stdout)["findings"]
    return {one["operation"]["table"]: (one["severity"], one["message"]) for one in found if one["operation"]}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "0001_leads.py").write_text(MIGRATION, encoding="utf-8")
    return tmp_path


@pytest.fixture
def crm(database: str) -> str:
    """A database in use: a large table, a partitioned one, one that is written all day, small ones, one never counted."""
    with psycopg.connect(database, autocommit=True) as connection:
        for statement in (
            "CREATE TABLE leads (id int PRIMARY KEY, status text)",
            "INSERT INTO leads SELECT i, 'old' FROM generate_series(1, 3000) i",
            "CREATE TABLE call_log (id int, at date) PARTITION BY RANGE (at)",
            "CREATE TABLE call_log_2024 PARTITION OF call_log FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')",
            "CREATE TABLE call_log_2025 PARTITION OF call_log FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')",
            "INSERT INTO call_log SELECT i, date '2024-06-01' + i % 500 FROM generate_series(1, 2000) i",
            "CREATE TABLE countries (code text)",
            "INSERT INTO countries VALUES ('de'), ('fr')",
            "CREATE SCHEMA billing",
            "CREATE TABLE billing.counters (n int)",
            "INSERT INTO billing.counters VALUES (0)",
            "CREATE TABLE notes AS SELECT i FROM generate_series(1, 99) i",
        ):
            connection.execute(statement)
        connection.execute("SELECT pg_stat_force_next_flush()")  # else ANALYZE counts the new rows twice
        connection.execute("ANALYZE")
        for _ in range(150):
            connection.execute("UPDATE billing.counters SET n = n + 1")
        connection.execute("SELECT pg_stat_force_next_flush()")
    return database


LOW = ("--hot-rows", "1500", "--hot-writes", "100", "--small-rows", "100", "--small-writes", "50")


def test_a_real_database_is_read(repository: Path, crm: str) -> None:
    ran = guard(repository, "hot-tables", "--database-url", crm, *LOW)
    assert ran.returncode == 0, ran.stderr
    assert "5 tables, statistics of " in ran.stdout
    rows = [line.split()[:4] for line in ran.stdout.splitlines()]
    assert ["hot", "public.leads", "3,000", "rows"] in rows
    assert ["hot", "public.call_log", "2,000", "rows"] in rows
    assert ["hot", "billing.counters", "1", "rows"] in rows
    assert ["small", "public.countries", "2", "rows"] in rows
    assert "call_log_2024" not in ran.stdout
    assert "151 writes a day" in ran.stdout
    assert "\n3 hot, 1 small, 1 neither.\n" in ran.stdout
    assert ran.stdout.endswith(f"--write stores the hot and the small ones in {FILE}.\n")
    assert "younger than a day" in ran.stderr
    assert not (repository / FILE).exists()


def test_what_was_stored_is_obeyed_offline(repository: Path, crm: str) -> None:
    ran = guard(repository, "hot-tables", "--database-url-env", "CRM", "--write", *LOW, CRM=crm)
    assert (ran.returncode, f"Written to {FILE}" in ran.stdout) == (0, True), ran.stderr
    assert {one.name: one.heat for one in read_tables(repository / FILE)}["public.leads"] is Heat.HOT
    found = findings(repository)
    assert found["leads"][0] == "high"
    assert found["leads"][1].endswith(" until it commits (public.leads: 3,000 rows, 3,000 writes a day)")
    assert found["countries"][0] == "low"
    assert found["billing.invoices"][0] == "medium"
    stored = (repository / FILE).read_bytes()
    again = guard(repository, "hot-tables", "--write", *LOW, DATABASE_URL=crm)
    assert (again.returncode, (repository / FILE).read_bytes()) == (0, stored)


def test_a_table_that_nobody_counted_is_never_small(repository: Path, database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CREATE TABLE restored AS SELECT i FROM generate_series(1, 5000) i")
        connection.execute("SELECT pg_stat_force_next_flush()")
        connection.execute("SELECT pg_stat_reset()")
    ran = guard(repository, "hot-tables", "--database-url", database)
    assert "0 hot, 0 small, 1 neither." in ran.stdout
    assert "1 table with rows that nobody has counted: run ANALYZE" in ran.stderr


def test_nothing_is_changed_in_the_database(crm: str) -> None:
    with psycopg.connect(crm, autocommit=True) as connection:
        connection.execute("ALTER DATABASE " + urlsplit(crm).path[1:] + " SET default_transaction_read_only = on")
    assert measure(crm).tables


def test_a_locked_table_is_told_and_not_waited_for(crm: str) -> None:
    with psycopg.connect(crm) as holder:
        holder.execute("LOCK TABLE leads IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(CannotMeasure, match="locked exclusively"):
            measure(crm)


# Passwords.


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ann:Tr0ub4dor@127.0.0.1:1/crm",
        "postgres://ann:Tr0ub4dor/x@127.0.0.1:1/crm",
        "postgresql://ann:Tr0ub4dor%zz@127.0.0.1:1/crm",
        "postgresql://ann:x@Tr0ub4dor@127.0.0.1:1/crm",
        "postgresql+psycopg://ann:Tr0ub4dor#1@127.0.0.1:1/crm",
        "ann:Tr0ub4dor@127.0.0.1/crm",
        "mysql://ann:Tr0ub4dor@127.0.0.1/crm",
        "host=127.0.0.1 port=1 password='Tr0ub4dor",
        "postgresql://ann:Tr0ub4dor@127.0.0.1:1/crm?Tr0ub4dor=1",
        "postgresql://ann:Tr0ub4dor@[127.0.0.1:1/crm",
    ],
)
def test_no_part_of_a_url_is_ever_told(repository: Path, url: str) -> None:
    ran = guard(repository, "hot-tables", DATABASE_URL=url)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("Error: the database ")
    assert "Tr0ub4dor" not in ran.stderr


def test_why_a_server_cannot_be_reached(server: Server, repository: Path) -> None:
    missing = guard(repository, "hot-tables", "--database-url", server.url("no_such_crm"))
    assert missing.stderr == "Error: the database server could not be reached: there is no such database\n"
    closed = guard(repository, "hot-tables", "--database-url", "postgresql://ann@127.0.0.1:1/crm")
    assert closed.stderr.endswith("nobody listens at this host and port\n")


# Usage.


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "the environment variable DATABASE_URL is empty"),
        (["--database-url-env", "CRM_URL"], "the environment variable CRM_URL is empty"),
        (["--database-url", "x", "--database-url-env", "Y"], "exclude each other"),
        (["--database-url", "x", "--hot-rows", "10"], "small must end below"),
        (["--database-url", "x", "--database", "billng"], 'did you mean "billing"?'),
        (["--database-url", "x", "--database", "billing"], 'databases.billing.tables-file = "billing-tables.toml"'),
    ],
)
def test_wrong_usage(repository: Path, arguments: list[str], said: str) -> None:
    (repository / "migration-guard.toml").write_text("[databases.billing]\npaths = ['.']\n", encoding="utf-8")
    ran = guard(repository, "hot-tables", *arguments)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert said in ran.stderr


def test_other_files_are_not_written_over(repository: Path) -> None:
    (repository / "migration-guard.toml").write_text('tables-file = "README.md"\n', encoding="utf-8")
    (repository / "README.md").write_text("# CRM\n", encoding="utf-8")
    ran = guard(repository, "hot-tables", "--database-url", "postgresql://127.0.0.1:1/crm", "--write")
    assert (ran.returncode, (repository / "README.md").read_text(encoding="utf-8")) == (2, "# CRM\n")
    assert "README.md is no tables file to replace" in ran.stderr


def test_a_file_that_is_named_may_be_written_the_first_time(repository: Path, crm: str) -> None:
    (repository / "migration-guard.toml").write_text(
        "[databases.crm]\npaths = ['*.py']\ntables-file = 'crm.toml'\n", encoding="utf-8"
    )
    early = guard(repository)
    assert (early.returncode, "crm.toml: is named as a `tables-file` and does not exist" in early.stderr) == (2, True)
    assert guard(repository, "hot-tables", "--database", "crm", "--database-url", crm, "--write", *LOW).returncode == 0
    assert findings(repository)["leads"][0] == "high"


# What the file means.


def store(folder: Path, *tables: MeasuredTable) -> None:
    (folder / FILE).write_text(rendered_tables(tables), encoding="utf-8")


def test_what_the_configuration_says_goes_first(repository: Path) -> None:
    store(repository, LEADS, MeasuredTable("public.notes", Heat.SMALL, 9, 8192, 0))
    assert {table: severity for table, (severity, _) in findings(repository).items()} == {
        "leads": "high",
        "billing.invoices": "medium",
        "countries": "medium",
        "notes": "low",
    }
    (repository / "migration-guard.toml").write_text('small-tables = ["leads"]\nhot-tables = ["n*"]\n')
    found = findings(repository)
    assert (found["leads"][0], found["notes"][0]) == ("low", "high")
    assert "3,000,000 rows, 120,000 writes a day" in found["leads"][1]


def test_a_schema_counts_where_both_name_one(repository: Path) -> None:
    store(repository, MeasuredTable("archive.invoices", Heat.HOT, 10**7, 10**9, 0))
    assert findings(repository)["billing.invoices"][0] == "medium"
    store(repository, MeasuredTable("billing.invoices", Heat.HOT, 10**7, 10**9, 0))
    assert findings(repository)["billing.invoices"][0] == "high"


def test_isolated_obeys_no_file_at_all(repository: Path) -> None:
    store(repository, LEADS)
    assert findings(repository, "--isolated")["leads"][0] == "medium"
    assert findings(repository, "--isolated", "--config", f"tables-file={FILE}")["leads"][0] == "high"


def test_the_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    tables = (LEADS, MeasuredTable('public.O"Brien ü', Heat.SMALL, 0, 0, 0))
    store(tmp_path, *tables)
    assert set(read_tables(tmp_path / FILE)) == set(tables)
    assert rendered_tables(tables) == rendered_tables(reversed(tables))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[tables]\nleads = 3", '`tables."leads"`: expected the keys heat, rows, bytes, writes-per-day'),
        ("[tables]\nleads = { heat = 'hot' }", "expected the keys"),
        (
            "[tables]\nleads = { heat = 'warm', rows = 1, bytes = 1, writes-per-day = 1 }",
            "'warm' is none of hot, small",
        ),
        ("[tables]\nleads = { heat = 'hot', rows = -1, bytes = 1, writes-per-day = 1 }", "expected a count as rows"),
        ("[tables]\nleads = { heat = 'hot', rows = true, bytes = 1, writes-per-day = 1 }", "expected a count as rows"),
        ("[table]\n", r"expected one table \[tables\]"),
        ("<<<<<<< HEAD\n", "is no TOML"),
    ],
)
def test_a_file_that_cannot_be_obeyed_stops_the_run(repository: Path, text: str, words: str) -> None:
    (repository / FILE).write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=words):
        SettingsLoader(cwd=repository).for_folder(repository)
    assert guard(repository).returncode == 2


# Classes.


@pytest.mark.parametrize(
    ("table", "heat"),
    [
        (Counted("big", 100_000, 0, 0), Heat.HOT),
        (Counted("busy", 5, 0, 300_000), Heat.HOT),
        (Counted("unknown_and_busy", None, 0, 300_000), Heat.HOT),
        (Counted("small", 1_000, 0, 0), Heat.SMALL),
        (Counted("empty", 0, 0, 0), Heat.SMALL),
        (Counted("unknown", None, 0, 0), None),
        (Counted("middle", 50_000, 0, 0), None),
        (Counted("few_but_contended", 10, 0, 60_000), None),
    ],
)
def test_classes(table: Counted, heat: Heat | None) -> None:
    found = classified(Counts("crm", 30.0, (table,)), Thresholds())
    assert [one.heat for one in found] == ([heat] if heat else [])


def test_minutes_of_statistics_say_nothing_of_a_day() -> None:
    counts = Counts("crm", 0.001, (Counted("leads", 5_000, 0, 100),))
    assert counts.writes_per_day(counts.tables[0]) == 100
