"""One run on several databases: a state in each, one last line, and one order for all."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from backfill.server import Server
from backfill.test_batches import Database, define
from backfill.test_commands import Project, last
from migration_guard.backfill.errors import CannotRun
from migration_guard.backfill.registry import Definition
from migration_guard.backfill.report import Result
from migration_guard.backfill.transitions import State
from migration_guard.cli.backfill_databases import across

CONFIGURATION = """
[backfill]
modules = ["backfills.py"]
[backfill.databases]
east = "EAST_URL"
west = "WEST_URL"
gone = "GONE_URL"
"""
DEFINITIONS = """
import time
from migration_guard.backfill import Backfill, ranges

ranges.SMALLEST, ranges.ALONE = 100, 300

def slowly(connection, ids):
    time.sleep(0.02)
    connection.exec_driver_sql("UPDATE leads SET status = coalesce(status, '') || 'x' WHERE id = ANY(%s)", (ids,))

LOW = Backfill(key="low", table="leads", where="phone IS NULL", priority="LOW",
               update="UPDATE leads SET phone = '1' WHERE id = ANY(:ids)")
NEXT = Backfill(key="next", table="leads", where="name IS NULL", after="first",
                update="UPDATE leads SET name = 'n' WHERE id = ANY(:ids)")
FIRST = Backfill(key="first", table="leads", where="status IS NULL", apply=slowly, batch_size=50, priority="HIGH")
"""
ROWS = 1_000
BOTH = ("--database", "east", "--database", "west")
FINISHED = "SELECT max(at) FROM migration_guard.events WHERE backfill = %s AND kind = 'completed'"
BEGUN = "SELECT min(at) FROM migration_guard.events WHERE backfill = %s AND kind = 'running'"


@pytest.fixture
def databases(server: Server) -> Iterator[tuple[Database, Database]]:
    with server.fresh() as east, server.fresh() as west:
        both = Database(server.url(east)), Database(server.url(west))
        for one in both:
            one.leads(ROWS)
            one("UPDATE leads SET phone = NULL")
            one("ANALYZE leads")
        yield both
        for one in both:
            one.console.close()


@pytest.fixture
def project(tmp_path: Path, databases: tuple[Database, Database], monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    east, west = databases
    made = Project(tmp_path, east.url)
    (tmp_path / "migration-guard.toml").write_text(CONFIGURATION)
    (tmp_path / "backfills.py").write_text(DEFINITIONS)
    urls = {"EAST_URL": east.url, "WEST_URL": west.url, "GONE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    for name, url in urls.items():
        monkeypatch.setenv(name, url)
    yield made
    made.end()


def test_what_waits_waits_and_what_is_first_is_first_for_three_runs_on_two_databases(
    project: Project, databases: tuple[Database, Database]
) -> None:
    runs = [project.start("run", "--all", *BOTH) for _ in range(3)]
    told = [one.communicate(timeout=120)[0].rstrip().split("\n")[-1] for one in runs]
    assert any(line.startswith("All complete: 6 of 6 backfills") for line in told), told
    high = databases[1](BEGUN, "first")[0][0]
    for one in databases:
        assert one("SELECT status, name, phone, count(*) FROM leads GROUP BY 1, 2, 3") == [("x", "n", "1", ROWS)]
        assert one(FINISHED, "first")[0][0] < one(BEGUN, "next")[0][0]
        assert one(BEGUN, "next")[0][0] < one(BEGUN, "low")[0][0]
        assert high < one(BEGUN, "low")[0][0]


def test_a_database_that_cannot_be_had_keeps_nobody_from_the_others(
    project: Project, databases: tuple[Database, Database]
) -> None:
    ended = project("run", "--only", "first", "--database", "gone", *BOTH, "--strict")
    told = last(ended)
    assert told.startswith(
        "WORK IS LEFT: 1 of 3 backfills not complete: first on gone: not run (the server cannot be used"
    )
    assert ended.returncode == 1
    assert project("run", "--only", "first", "--database", "gone").returncode == 0
    ended = project("run", "--only", "first", "--database", "gone", "--strict")
    assert last(ended).startswith("NOTHING WAS RUN: gone: the server cannot be used")
    assert ended.returncode == 2
    assert project("gate", "first", *BOTH).returncode == 0
    databases[1]("INSERT INTO leads (id, tenant_id) VALUES (5000, 1)")
    passed = project("gate", "first", *BOTH)
    assert passed.returncode == 1
    assert "database east:\nfirst: is completed" in passed.stdout
    assert "database west:\nfirst: was completed" in passed.stdout
    assert project("gate", "first", *BOTH, "--database", "gone").returncode != 0
    assert project("gate", "first", "--database", "east").stdout.startswith("database east:\nfirst: is completed")
    for given, said in (
        (("--database", "eastt"), '--database eastt: there is none; did you mean "east"?'),
        (("--database", "east", "--database-url-env", "X"), "expected --database or --database-url-env, found both"),
    ):
        assert said in last(project("run", "--all", *given))


def test_what_programs_read_is_about_one_database_and_nothing_stands_beside_it(project: Project) -> None:
    wholes = (("init", "--print-sql"), ("status", "--json"), ("quarantine", "export", "first"))
    for words in wholes:
        assert "is about one database: expected one --database" in project(*words, *BOTH).stderr
        assert "database east" not in project(*words, "--database", "east").stdout
    assert project("init", "--print-sql", "--database", "east").stdout == project("init", "--print-sql").stdout
    assert "--watch goes with neither --json nor --by-tenant" in project("status", "--watch", "--json").stderr


def test_what_was_run_before_all_were_lost_is_told() -> None:
    definitions = (define(key="first", priority="HIGH"), define(key="next"))
    done = Result("first", State.COMPLETED)

    def run(name: str, some: tuple[Definition, ...], seconds: float) -> tuple[Result, ...]:
        if some == definitions[:1]:
            return (done,)
        raise CannotRun("it is away")

    told = [str(one) for one in across(("east", "west"), definitions, 60, run, as_json=False)]
    assert told == [
        "first on east: completed",
        "first on west: completed",
        "next on east: not run (it is away)",
        "next on west: not run (it is away)",
    ]
    with pytest.raises(CannotRun, match="east: it is away; west: it is away"):
        across(("east", "west"), definitions[1:], 60, run, as_json=False)


def test_metrics_and_hooks_tell_databases_apart(project: Project) -> None:
    (project.folder / "hook.py").write_text(
        "import json\ndef note(event):\n    print(json.dumps(event), file=open('told', 'a'))\n"
    )
    file = project.folder / "mg.prom"
    with (project.folder / "migration-guard.toml").open("a") as configuration:
        configuration.write('\n[backfill.hooks]\non-complete = "hook:note"\n')
    ran = project("run", "--all", *BOTH, "--metrics-file", str(file))
    assert last(ran).startswith("All complete: 6 of 6 backfills")
    families = text_string_to_metric_families(file.read_text())
    samples = [sample for family in families for sample in family.samples]
    series = Counter((one.name, *sorted(one.labels.items())) for one in samples)
    assert max(series.values()) == 1, "who reads it refuses the whole if a series is there twice"
    found = {
        (one.labels["database"], one.labels["key"]): one.value
        for one in samples
        if one.name == "migration_guard_backfill_rows_examined_total"
    }
    every = {(database, key) for database in ("east", "west") for key in ("first", "next", "low")}
    assert found == dict.fromkeys(every, ROWS)
    told = [json.loads(line) for line in (project.folder / "told").read_text().splitlines()]
    assert {(one["database"], one["key"]) for one in told} == every
    assert len(told) == len(every)
