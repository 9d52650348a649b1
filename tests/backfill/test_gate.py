"""The gate: a migration that needs a backfill passes where it is complete, or where there is nothing to fill."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

from migration_guard.backfill import Backfill, BackfillUnfinished, require_backfill, run
from migration_guard.backfill.offline import write_check

STATUS = Backfill(
    key="status",
    table="leads",
    where="status IS NULL",
    update="UPDATE leads SET status = 'new' WHERE id = ANY(:ids)",
)
SOURCE = """
from migration_guard.backfill import Backfill
b = Backfill(key="status", table="leads", where="status IS NULL", update="DELETE FROM leads WHERE id = ANY(:ids)")
"""
SAME = SOURCE.replace("DELETE FROM leads", "UPDATE leads SET status = 'new'")


@pytest.fixture
def console(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection]:
    monkeypatch.chdir(tmp_path)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CREATE TABLE leads (id bigint PRIMARY KEY, status text)")
        yield connection


@pytest.fixture
def bind(console: psycopg.Connection, database: str) -> Iterator[Connection]:
    """What `op.get_bind()` gives an Alembic migration."""
    engine = create_engine(database.replace("postgresql://", "postgresql+psycopg://"), poolclass=NullPool)
    with engine.connect() as connection:
        yield connection


def test_a_fresh_installation_passes(bind: Connection, console: psycopg.Connection, tmp_path: Path) -> None:
    require_backfill(bind, STATUS)
    require_backfill(console, "status", table="leads")
    (tmp_path / "backfills.py").write_text(SOURCE)
    (tmp_path / "migration-guard.toml").write_text('[backfill]\nmodules = ["backfills.py"]\n')
    require_backfill(bind, "status")


def test_work_that_was_never_done_does_not(bind: Connection, console: psycopg.Connection) -> None:
    console.execute("INSERT INTO leads VALUES (1)")
    for connection in (bind, console):
        with pytest.raises(BackfillUnfinished, match="status has never been run; first: migration-guard backfill run"):
            require_backfill(connection, "status", table="public.leads")


def test_only_verified_work_passes(
    bind: Connection, console: psycopg.Connection, database: str, tmp_path: Path
) -> None:
    console.execute("INSERT INTO leads SELECT generate_series(1, 20)")
    run([STATUS], database, max_seconds=0.000001)
    console.execute("ALTER TABLE leads ADD CONSTRAINT odd CHECK (id <> 5 OR status IS NULL)")
    run([STATUS], database)
    with pytest.raises(BackfillUnfinished, match="completed_with_quarantine"):
        require_backfill(bind, "status")
    bind.rollback()  # its transaction has looked at the table
    console.execute("ALTER TABLE leads DROP CONSTRAINT odd")
    console.execute("DROP SCHEMA migration_guard CASCADE")
    run([STATUS], database)
    for connection in (bind, console):
        require_backfill(connection, STATUS)
    bind.rollback()
    with pytest.raises(BackfillUnfinished, match="but nobody can say of what: no configuration names its module"):
        require_backfill(bind, "status")
    (tmp_path / "backfills.py").write_text(SAME)
    (tmp_path / "migration-guard.toml").write_text('[backfill]\nmodules = ["backfills.py"]\n')
    for connection in (bind, console):
        require_backfill(connection, "status")
    bind.rollback()
    console.execute("UPDATE migration_guard.backfills SET state = 'done_by_its_word'")
    with pytest.raises(BackfillUnfinished, match="done_by_its_word"):
        require_backfill(bind, "status")


def test_what_nobody_knows_is_refused(bind: Connection) -> None:
    with pytest.raises(BackfillUnfinished, match="no backfill has the key staus"):
        require_backfill(bind, "staus")
    with pytest.raises(BackfillUnfinished, match="there is no table"):
        require_backfill(bind, "status", table="leds")
    with pytest.raises(BackfillUnfinished, match="offline"):
        require_backfill(None, "status", table="leads")


@pytest.mark.parametrize(
    ("hides", "name", "said"),
    [
        ("CREATE TEMP TABLE leads (id bigint PRIMARY KEY, status text)", "leads", "no ordinary or partitioned table"),
        (
            "CREATE VIEW open_leads AS SELECT * FROM leads WHERE id > 1",
            "open_leads",
            "no ordinary or partitioned table",
        ),
        (
            "ALTER TABLE leads ENABLE ROW LEVEL SECURITY; CREATE ROLE {role}; GRANT SELECT ON leads TO {role}; SET ROLE {role}",
            "leads",
            "InsufficientPrivilege",
        ),
    ],
)
def test_what_hides_the_rows_is_no_fresh_installation(
    console: psycopg.Connection, hides: str, name: str, said: str
) -> None:
    """Neither for a migration that runs, nor for one that was written into a script."""
    role = f"blind_{uuid4().hex[:8]}"
    scripts = list[str]()
    write_check(SimpleNamespace(execute=scripts.append), "status", name, "migration_guard", None)
    console.execute("INSERT INTO leads VALUES (1)")
    console.execute(hides.format(role=role).encode())
    try:
        with pytest.raises(BackfillUnfinished, match=said):
            require_backfill(console, STATUS, table=name)
        with pytest.raises(psycopg.Error):
            console.execute(scripts[0].encode())
        assert console.execute("SHOW row_security").fetchone() == ("on",)
    finally:
        console.execute("RESET ROLE")
        if "ROLE" in hides:
            console.execute(f"DROP OWNED BY {role}; DROP ROLE {role}".encode())


def test_a_question_that_is_cut_off_proves_nothing(
    console: psycopg.Connection, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another session keeps the state's tables, as a dump that is restored does."""
    console.execute("INSERT INTO leads VALUES (1)")
    run([STATUS], database)
    monkeypatch.setenv("PGOPTIONS", "-c statement_timeout=100")
    with console.transaction(), psycopg.connect(database) as asking:
        console.execute("LOCK migration_guard.versions")
        with pytest.raises(BackfillUnfinished, match="status cannot be verified: QueryCanceled"):
            require_backfill(asking, STATUS)
