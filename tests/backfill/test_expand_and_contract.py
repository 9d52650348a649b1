"""What a run of migrations does that comes to one which waits for a backfill: the advice that it is given works."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

PROGRAMS = Path(sys.executable).parent

BACKFILLS = """
from migration_guard.backfill import Backfill
NAME = Backfill(key="leads-name", table="leads", where="name IS NULL", update="UPDATE leads SET name = first WHERE id = ANY(:ids)")
"""
SETTINGS = '[backfill]\nmodules = ["backfills.py"]\n'
ENV = """
import os
from alembic import context
from sqlalchemy import create_engine, pool

url = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://")
if context.is_offline_mode():
    context.configure(url=url, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    with create_engine(url, poolclass=pool.NullPool).connect() as connection:
        context.configure(connection=connection, OPTION)
        with context.begin_transaction():
            context.run_migrations()
"""
VERSIONS = {
    "0001": 'op.execute("CREATE TABLE leads (id bigint PRIMARY KEY, first text)")\n'
    "    op.execute(\"INSERT INTO leads SELECT n, 'First ' || n FROM generate_series(1, 20) AS n\")",
    "0002": 'op.add_column("leads", sa.Column("name", sa.Text()))',
    "0003": 'require_backfill(op.get_bind(), "leads-name")\n    op.alter_column("leads", "name", nullable=False)',
}
HEAD = "import sqlalchemy as sa\nfrom alembic import op\n\nfrom migration_guard.backfill import require_backfill\n"
MODELS = """
from django.db import migrations, models

from migration_guard.backfill import require_backfill


def wait(apps, schema_editor):
    require_backfill(schema_editor.connection, "leads-name")


class Migration(migrations.Migration):
"""
DJANGO = {
    "0001": "    initial = True\n    operations = [migrations.CreateModel('Lead', [('id', models.BigAutoField(primary_key=True)), "
    "('first', models.TextField(null=True))], options={'db_table': 'leads'}), "
    "migrations.RunSQL(\"INSERT INTO leads (first) SELECT 'First ' || n FROM generate_series(1, 20) AS n\")]\n",
    "0002": "    dependencies = [('crm', '0001')]\n    operations = [migrations.AddField('lead', 'name', models.TextField(null=True))]\n",
    "0003": "    dependencies = [('crm', '0002')]\n    operations = [migrations.RunPython(wait, migrations.RunPython.noop), "
    "migrations.AlterField('lead', 'name', models.TextField())]\n",
}
CONFIGURED = """
import os
from urllib.parse import urlsplit

url = urlsplit(os.environ["DATABASE_URL"])
INSTALLED_APPS = ["crm"]
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": url.path[1:], "USER": url.username,
                         "PASSWORD": url.password or "", "HOST": url.hostname, "PORT": url.port}}
"""


def run(folder: Path, database: str, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(folder),
        "DATABASE_URL": database,
        "DJANGO_SETTINGS_MODULE": "configured",
    }
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def alembic(folder: Path, *, option: str = "") -> None:
    (folder / "versions").mkdir()
    (folder / "alembic.ini").write_text("[alembic]\nscript_location = .\n")
    (folder / "env.py").write_text(ENV.replace("OPTION", option))
    (folder / "backfills.py").write_text(BACKFILLS)
    (folder / "migration-guard.toml").write_text(SETTINGS)
    before = None
    for revision, body in VERSIONS.items():
        names = f"revision = {revision!r}\ndown_revision = {before!r}\n\n\ndef upgrade():\n    {body}\n"
        (folder / "versions" / f"{revision}.py").write_text(HEAD + names)
        before = revision


def django(folder: Path) -> None:
    (folder / "crm" / "migrations").mkdir(parents=True)
    for empty in ("crm/__init__.py", "crm/migrations/__init__.py"):
        (folder / empty).touch()
    (folder / "configured.py").write_text(CONFIGURED)
    (folder / "backfills.py").write_text(BACKFILLS)
    (folder / "migration-guard.toml").write_text(SETTINGS)
    (folder / "manage.py").write_text(
        "import sys\nfrom django.core.management import execute_from_command_line\nexecute_from_command_line(sys.argv)\n"
    )
    for name, body in DJANGO.items():
        (folder / "crm" / "migrations" / f"{name}.py").write_text(MODELS + body)


def required(database: str) -> bool:
    """Whether every lead has a name, and has to have one."""
    with psycopg.connect(database) as connection:
        found = connection.execute(
            "SELECT attnotnull FROM pg_attribute WHERE attrelid = 'leads'::regclass AND attname = 'name'"
        )
        row = found.fetchone()
    return row is not None and bool(row[0])


def columns(database: str) -> list[str]:
    with psycopg.connect(database) as connection:
        found = connection.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'leads' ORDER BY 1"
        )
        return [name for (name,) in found]


def test_one_transaction_for_all_is_told_and_steps_lead_on(database: str, tmp_path: Path) -> None:
    alembic(tmp_path)
    ran = run(tmp_path, database, "alembic", "upgrade", "head")
    assert ran.returncode != 0
    assert "transaction_per_migration=True" in ran.stderr
    assert "alembic upgrade 0002, the backfill, alembic upgrade head" in ran.stderr
    assert columns(database) == []
    for command in ("alembic upgrade 0002", "migration-guard backfill run --only leads-name", "alembic upgrade head"):
        ran = run(tmp_path, database, *command.split())
        assert ran.returncode == 0, ran.stderr
    assert required(database)


def test_what_came_before_is_kept_with_a_transaction_for_each(database: str, tmp_path: Path) -> None:
    alembic(tmp_path, option="transaction_per_migration=True")
    ran = run(tmp_path, database, "alembic", "upgrade", "head")
    assert ran.returncode != 0
    assert columns(database) == ["first", "id", "name"]
    told = ran.stderr.rpartition("in a script, `")[2].partition("`")[0]
    assert told.startswith("alembic upgrade head || {")
    ran = run(tmp_path, database, "sh", "-e", "-c", f"{told}\necho deployed")
    assert ran.stdout.endswith("deployed\n"), ran.stderr
    assert required(database)


def test_a_script_of_sql_asks_when_it_is_run(database: str, tmp_path: Path) -> None:
    alembic(tmp_path)
    assert run(tmp_path, database, "alembic", "upgrade", "0002").returncode == 0
    script = run(tmp_path, database, "alembic", "upgrade", "0002:head", "--sql")
    assert script.returncode == 0, script.stderr
    with psycopg.connect(database, autocommit=True) as connection:
        with pytest.raises(
            psycopg.errors.RaiseException,
            match=r"leads-name is not complete; first: migration-guard .*is one transaction",
        ):
            connection.execute(script.stdout)
        connection.execute("ROLLBACK")
        assert run(tmp_path, database, "migration-guard", "backfill", "run", "--all").returncode == 0
        connection.execute(script.stdout)
    assert required(database)


def test_a_script_of_sql_passes_a_table_without_rows(database: str, tmp_path: Path) -> None:
    alembic(tmp_path)
    assert run(tmp_path, database, "alembic", "upgrade", "0002").returncode == 0
    script = run(tmp_path, database, "alembic", "upgrade", "0002:head", "--sql").stdout
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("TRUNCATE leads")
        connection.execute(script)
    assert required(database)


def test_django_stops_and_its_advice_leads_on(database: str, tmp_path: Path) -> None:
    django(tmp_path)
    ran = run(tmp_path, database, "python", "manage.py", "migrate")
    assert ran.returncode != 0
    assert "backfill leads-name has never been run; first:" in ran.stderr
    assert "alembic" not in ran.stderr.rpartition("BackfillUnfinished")[2]
    assert columns(database) == ["first", "id", "name"]
    told = ran.stderr.rpartition("in a script, `")[2].partition("`")[0]
    assert told.startswith("python manage.py migrate || {")
    ran = run(tmp_path, database, "sh", "-e", "-c", f"{told}\necho deployed")
    assert ran.stdout.endswith("deployed\n"), ran.stderr
    assert required(database)
