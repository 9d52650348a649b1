"""Our runner, started for a verification: twice on a scratch database, on a real server."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from backfill.server import Server

from migration_guard.verify.running import against_a_closed_port, refusal
from verify.project import Told, verified

DEFINITION = """from migration_guard.backfill import Backfill

LEADS = Backfill(key="leads", table="leads", where="{where}", update="UPDATE leads SET {set} WHERE id = ANY(:ids)")
"""
DEPLOY = "set -e\nalembic upgrade head\nmigration-guard backfill run --all\nsystemctl restart app\n"


def tried(folder: Path, server: Server, where: str, change: str) -> Told:
    (folder / ".git").mkdir()
    (folder / "migration-guard.toml").write_text('[backfill]\nmodules = ["backfills.py"]\n', encoding="utf-8")
    (folder / "backfills.py").write_text(DEFINITION.format(where=where, set=change), encoding="utf-8")
    (folder / "deploy.sh").write_text(DEPLOY, encoding="utf-8")
    migration = 'revision = "1"\ndown_revision = None\n\n\ndef upgrade():\n    pass\n'
    (folder / "m.py").write_text(migration, encoding="utf-8")
    with psycopg.connect(server.url("postgres"), autocommit=True) as console:
        console.execute("DROP DATABASE IF EXISTS verify_scratch")
        console.execute("CREATE DATABASE verify_scratch")
    with psycopg.connect(server.url("verify_scratch")) as console:
        console.execute("CREATE TABLE leads (id int PRIMARY KEY, status text, price int)")
        console.execute("INSERT INTO leads SELECT n, NULL, n FROM generate_series(1, 1200) n")
    return verified(folder, "--scratch-database-url", server.url("verify_scratch"))


def test_a_second_run_writes_nothing(tmp_path: Path, server: Server) -> None:
    told = tried(tmp_path, server, "status IS NULL", "status = 'new'")
    (second,) = [one for one in told.evidence(3) if one["what"] == "a second run on the scratch database"]
    assert (second["outcome"], second["found"]) == ("PASS", "no row written")
    assert (told.code, told.verdict) == (0, "GO")


def test_a_second_run_that_writes_is_no_go(tmp_path: Path, server: Server) -> None:
    told = tried(tmp_path, server, "price < 100000000", "price = price + 1")
    (second,) = [one for one in told.evidence(3) if one["what"] == "a second run on the scratch database"]
    assert (
        second["found"] == "2,400 writes to public.leads"
    )  # each of 1,200 rows, in the first pass and in the one that was to prove it
    assert (told.code, told.outcomes[2]) == (1, "FAIL")


@pytest.mark.parametrize(
    ("url", "refused"),
    [
        ("postgresql://db/crm_test", False),
        ("postgresql://db/scratch?sslmode=require", False),
        ("postgresql://u:p@db:5432/production_copy", False),
        ("postgresql://db/crm", True),
        ("postgresql://test@test/crm", True),
        ("postgresql://db/crm?application_name=test", True),
        ("postgresql://db", True),
    ],
)
def test_only_a_database_that_says_so_is_written_to(url: str, refused: bool) -> None:
    assert (refusal(url) is not None) is refused


def test_our_runner_survives_a_closed_port() -> None:
    (evidence,), problems = against_a_closed_port()
    assert problems == []
    assert (evidence.outcome.value, evidence.found) == ("PASS", "exit code 0 (NOTHING WAS RUN)")
