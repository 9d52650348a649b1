"""The example's deployment, as it is run: only a migration may stop it."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from backfill.process import free_port
from backfill.server import Server

CRM = Path(__file__).parents[2] / "examples" / "crm"
PROGRAMS = Path(sys.executable).parent
FIRST_REVISIONS = "5b7d90e4c812"
IN_SERVICE = "Step 3.7"

CUSTOMERS = """
ALTER TABLE leads ADD first_name text, ADD last_name text, ADD name text, ADD last_call_direction text;
INSERT INTO business (name) VALUES ('One'), ('Two');
INSERT INTO leads (tenant_id, phone, first_name, last_name)
SELECT 1 + n % 2, '+49 30 ' || n, 'First ' || n, 'Last ' || n FROM generate_series(1, 1000) AS n;
INSERT INTO call_log (lead_id, direction, created_at)
SELECT id, 'outbound', timestamp '2026-01-01' + id * interval '1 minute' FROM leads WHERE id > 200;
"""
"""What the history and the older script have made of the database over the years, shortened."""


@pytest.fixture(scope="module")
def template(server: Server) -> Any:
    with server.fresh() as name:
        alembic = (str(PROGRAMS / "alembic"), "--config", str(CRM / "alembic.ini"))
        environment = {**os.environ, "DATABASE_URL": of_the_application(server.url(name))}
        subprocess.run([*alembic, "upgrade", FIRST_REVISIONS], env=environment, check=True, capture_output=True)
        server.execute(CUSTOMERS, name)
        subprocess.run([*alembic, "stamp", "head"], env=environment, check=True, capture_output=True)
        yield name


def of_the_application(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://")


def deploy(url: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Deploy; the password in the URL must not be seen whatever happens."""
    environment = {
        **os.environ,
        "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}",
        "DATABASE_URL": url,
        **variables,
    }
    ran = subprocess.run(
        [str(CRM / "deploy" / "deploy.sh")], env=environment, capture_output=True, text=True, check=False
    )
    assert "hunter2" not in ran.stdout + ran.stderr
    return ran


def closed() -> str:
    return f"postgresql+psycopg://crm:hunter2@127.0.0.1:{free_port()}/crm"


def test_a_deployment_migrates_builds_indexes_and_fills_rows(database: str) -> None:
    ran = deploy(of_the_application(database))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "ix_call_log_lead_created: built" in ran.stdout
    assert "All complete" in ran.stdout
    assert IN_SERVICE in ran.stdout
    with psycopg.connect(database) as connection:
        unfilled = "SELECT count(*) FILTER (WHERE name IS NULL), count(*) FILTER (WHERE last_call_direction IS NULL)"
        assert connection.execute(f"{unfilled} FROM leads").fetchone() == (0, 200)


def test_the_next_deployment_finds_nothing_to_do(database: str) -> None:
    deploy(of_the_application(database))
    ran = deploy(of_the_application(database))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "built" not in ran.stdout
    assert "All complete" in ran.stdout


def test_backfills_that_cannot_run_do_not_stop_it(database: str) -> None:
    ran = deploy(closed(), MIGRATION_DATABASE_URL=of_the_application(database))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "NOTHING WAS RUN" in ran.stdout + ran.stderr
    assert IN_SERVICE in ran.stdout


def test_a_migration_that_fails_stops_it() -> None:
    ran = deploy(closed())
    assert ran.returncode == 1
    assert "nothing is deployed" in ran.stderr
    assert "Step 3.5" not in ran.stdout


def test_without_a_url_it_says_what_is_missing() -> None:
    ran = deploy("")
    assert ran.returncode != 0
    assert "DATABASE_URL: is not set" in ran.stderr


def test_a_runner_that_is_not_installed_does_not_stop_it(database: str, tmp_path: Path) -> None:
    for program in ("alembic", "python"):
        tmp_path.joinpath(program).write_text(f'#!/bin/sh\nexec {shlex.quote(str(PROGRAMS / program))} "$@"\n')
        tmp_path.joinpath(program).chmod(0o755)
    ran = deploy(of_the_application(database), PATH=f"{tmp_path}:/usr/bin:/bin")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "could not be run" in ran.stderr
    assert IN_SERVICE in ran.stdout


def test_an_index_left_half_built_is_built_again(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CREATE INDEX ix_receipts_lead ON receipts (lead_id)")
        connection.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix_receipts_lead'::regclass")
        ran = deploy(of_the_application(database))
        assert "ix_receipts_lead: built" in ran.stdout
        valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix_receipts_lead'::regclass"
        assert connection.execute(valid).fetchone() == (True,)


def test_an_index_that_cannot_be_built_does_not_stop_it(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("DROP TABLE receipts")
    ran = deploy(of_the_application(database))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "ix_receipts_lead: UndefinedTable" in ran.stderr
    assert "All complete" in ran.stdout


def test_the_containers_take_the_same_steps() -> None:
    services = yaml.safe_load((CRM / "deploy" / "compose.yml").read_text(encoding="utf-8"))["services"]
    script = (CRM / "deploy" / "deploy.sh").read_text(encoding="utf-8").replace('"${BACKFILL_MINUTES:-10}"', "10")
    assert shlex.join(services["migrate"]["command"]) in script
    assert shlex.join(services["backfill"]["command"]) in script
    assert "python deploy/build_indexes.py" in shlex.join(services["indexes"]["command"])
    assert list(services["web"]["depends_on"]) == ["migrate"]
    assert "backfill" not in {on for service in services.values() for on in service.get("depends_on", ())}
