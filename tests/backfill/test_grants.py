"""What `backfill init --print-sql --role NAME` prints is all that a role needs, and no more than that."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from backfill.test_commands import Project, last
from migration_guard.backfill import Backfill
from migration_guard.backfill.grants import grants

DEFINITIONS = """
from migration_guard.backfill import Backfill

NAMES = Backfill(
    key="names", table="crm.leads", where="name IS NULL",
    update="UPDATE crm.leads SET name = p.name FROM crm.people AS p WHERE p.id = person AND leads.id = ANY(:ids)",
)
OLD = Backfill(key="old", table="crm.leads", where="old", update="DELETE FROM crm.leads WHERE id = ANY(:ids)")
COPIES = Backfill(
    key="copies", table="crm.leads", target="crm.copies",
    where="NOT EXISTS (SELECT FROM crm.copies AS c WHERE c.id = leads.id)",
    update="INSERT INTO crm.copies SELECT id, name FROM crm.leads WHERE id = ANY(:ids)",
)
"""
TABLES = """
CREATE SCHEMA crm;
CREATE TABLE crm.people (id int PRIMARY KEY, name text);
CREATE TABLE crm.leads (id bigserial PRIMARY KEY, person int, name text, old boolean NOT NULL, phone text);
CREATE TABLE crm.copies (id bigint PRIMARY KEY, name text);
INSERT INTO crm.people SELECT n, 'n' || n FROM generate_series(1, 30) AS n;
INSERT INTO crm.leads SELECT n, n %% 30 + 1, NULL, n %% 10 = 0 FROM generate_series(1, 300) AS n;
SELECT setval('crm.leads_id_seq', 300);
REVOKE CONNECT ON DATABASE "{database}" FROM PUBLIC;
CREATE ROLE "{role}" LOGIN
"""


@pytest.fixture
def role(database: str) -> Iterator[str]:
    name = f"Helper {uuid4().hex[:8]}"
    with psycopg.connect(database, autocommit=True) as console:
        made = TABLES.replace("{role}", name).replace("{database}", database.rsplit("/", 1)[1]).replace("%%", "%")
        console.execute(made.encode())
        try:
            yield name
        finally:
            console.execute(f'DROP OWNED BY "{name}"; DROP ROLE "{name}"'.encode())


def test_a_whole_backfill_with_just_that(tmp_path: Path, database: str, role: str) -> None:
    project = Project(tmp_path, database)
    (tmp_path / "backfills.py").write_text(DEFINITIONS)
    printed = project("init", "--print-sql", "--role", role, DATABASE_URL="")
    assert (printed.returncode, printed.stderr) == (0, "")
    with psycopg.connect(database, autocommit=True) as console:
        console.execute(printed.stdout.encode())
        assert console.execute(
            "SELECT has_column_privilege(%s, 'crm.leads', 'phone', 'UPDATE'), has_table_privilege(%s, 'crm.people', 'UPDATE')",
            [role, role],
        ).fetchone() == (False, False)
    project.url = database.replace("//postgres@", f"//{role.replace(' ', '%20')}@")
    ran = project("run", "--all", "--strict")
    assert (ran.returncode, last(ran)) == (0, "All complete: 3 of 3 backfills."), ran.stdout
    assert "superuser" not in ran.stdout
    assert project("gate", "names").returncode == 0
    # What counts the keys is seen, so that they are known to grow; what asks other rows is looked at everywhere nevertheless.
    with psycopg.connect(database) as console:
        floors = console.execute("SELECT key, floor IS NOT NULL FROM migration_guard.backfills ORDER BY key").fetchall()
        assert floors == [("copies", False), ("names", True), ("old", True)]
    assert project("retry", "names").returncode == 0
    assert project("pause", "names").returncode == 0
    assert project("resume", "names").returncode == 0
    assert project("run", "--all", "--strict").returncode == 0
    assert [one["state"] for one in project.status().values()] == ["completed"] * 3


def test_without_a_role_it_says_how_one_is_named(tmp_path: Path, database: str, role: str) -> None:
    project = Project(tmp_path, database.replace("//postgres@", f"//{role.replace(' ', '%20')}@"))
    printed = project("init", "--print-sql", "--isolated")
    assert "--role NAME" in printed.stdout
    with psycopg.connect(database, autocommit=True) as console:
        console.execute(printed.stdout.encode())
        console.execute(f'GRANT CONNECT ON DATABASE "{database.rsplit("/", 1)[1]}" TO "{role}"'.encode())
    ran = project("run", "--all")
    assert f"`migration-guard backfill init --print-sql --role {role}` prints what lets the role run" in last(ran)
    assert project("init", "--role", "x").returncode == 2


@pytest.mark.parametrize(
    ("update", "tables"),
    [
        ("UPDATE t SET a = b.a FROM b, s.c AS x WHERE b.id = t.id AND t.id = ANY(:ids)", ["b", "s.c"]),
        ("UPDATE t SET a = (SELECT max(a) FROM b JOIN d USING (id)) WHERE id = ANY(:ids)", ["b", "d"]),
        ("UPDATE t SET a = extract(year FROM made), b = trim(both ' ' FROM c) WHERE id = ANY(:ids)", []),
        ("UPDATE t SET a = 1 WHERE a IS DISTINCT FROM b AND id = ANY(:ids)", []),
        ("WITH n AS (SELECT * FROM b) UPDATE t SET a = n.a FROM n WHERE n.id = t.id AND t.id = ANY(:ids)", ["b"]),
        ("UPDATE t SET a = g FROM generate_series(1, 2) AS g WHERE id = ANY(:ids)", []),
        ("DELETE FROM t USING b WHERE b.id = t.id AND t.id = ANY(:ids)", ["b"]),
    ],
)
def test_what_an_update_reads(update: str, tables: list[str]) -> None:
    printed = grants("state", "r", [Backfill(key="k", table="t", where="a IS NULL", update=update)])
    read = [
        line.split(" ON ")[1].split(" TO ")[0] for line in printed.splitlines() if line.startswith("GRANT SELECT ON")
    ]
    assert read == tables
