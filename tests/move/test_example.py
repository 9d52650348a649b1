"""The example project hands a finding over: the backfill leaves the table as the old migration did."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from backfill.server import Server

from move.test_shapes import checksum_of, connected, definitions, upgrade

ROOT = Path(__file__).resolve().parents[2]
CRM = ROOT / "examples" / "crm"
VERSIONS = Path("alembic", "versions")
MOVED = VERSIONS / "0006_quiet_hours.py"
ROWS = """
INSERT INTO business (name, time_zone)
SELECT 'Business ' || mod(n, 100), CASE WHEN mod(n, 3) = 0 THEN 'Europe/Paris' ELSE 'UTC' END FROM generate_series(1, 10000) AS n
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The example in a repository of its own, all of it committed."""
    shutil.copytree(CRM, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "core.autocrlf=false")
    for command in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "example"]):
        subprocess.run(["git", *identity, *command], cwd=tmp_path, check=True)
    return tmp_path


def guard(folder: Path, *arguments: str, **environment: str) -> str:
    command = [sys.executable, "-m", "migration_guard", *arguments]
    stated = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", **environment}
    done = subprocess.run(command, cwd=folder, env=stated, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def deployed(url: str, project: Path) -> None:
    """Migrate as far as the moved migration, with rows that were there before it."""
    migrations = sorted((project / VERSIONS).glob("000[1-6]_*.py"))
    with connected(url) as connection:
        for migration in migrations:
            if migration.name == MOVED.name:
                connection.exec_driver_sql(ROWS)
            upgrade(connection, migration.read_text(encoding="utf-8"))


def content(url: str) -> str:
    with connected(url) as connection:
        return checksum_of(connection, "business")


def test_what_is_moved_does_what_the_migration_did(project: Path, server: Server) -> None:
    with server.fresh() as name:
        url = server.url(name)
        deployed(url, project)
        wanted = content(url)

    known = definitions((project / "backfills.py").read_bytes())
    guard(project, "move", f"{MOVED.as_posix()}:18", "--write")
    (moved,) = [one for one in definitions((project / "backfills.py").read_bytes()) if one not in known]
    assert moved.where == "quiet_from IS NULL"
    assert moved.key in (project / MOVED).read_text(encoding="utf-8")
    assert re.search(r"\b0 new, 21 grandfathered\b", guard(project, "check"))

    with server.fresh() as name:
        url = server.url(name)
        deployed(url, project)
        before = content(url)
        assert "10,000 changed" in guard(project, "backfill", "run", "--only", moved.key, DATABASE_URL=url)
        assert content(url) == wanted != before
        guard(project, "backfill", "retry", moved.key, DATABASE_URL=url)
        assert " changed" not in guard(project, "backfill", "run", "--only", moved.key, DATABASE_URL=url)
        assert content(url) == wanted
