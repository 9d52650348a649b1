"""Three new projects, from an empty folder to a backfill that ran, by what README and the program itself say.

Advice is taken as it is printed: the command of a `= try:` line, the lines of configuration that an error asks for.
Git, pre-commit, Alembic, Django and PostgreSQL are real.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import program
import psycopg
import pytest

ROOT = Path(__file__).parents[1]
PAGES = "".join((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/start.md", "docs/move.md"))


@dataclass(frozen=True, slots=True)
class Start:
    """What somebody has before the guard comes, and what they write then."""

    files: dict[str, str]
    migration: tuple[str, str]
    """The path of the file that changes rows, and its text."""
    migrate: tuple[str, ...]
    hot: str
    """The table, as the project speaks of it."""
    table: str


ALEMBIC_ENV = """\
import os

from alembic import context
from sqlalchemy import create_engine

with create_engine(os.environ["DATABASE_URL"].replace("://", "+psycopg://", 1)).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
ALEMBIC = Start(
    {
        "alembic.ini": "[alembic]\nscript_location = %(here)s/alembic\n",
        "alembic/env.py": ALEMBIC_ENV,
        "alembic/versions/a1_leads.py": """\
import sqlalchemy as sa
from alembic import op

revision = "a1"
down_revision = None


def upgrade():
    for table in ("people", "leads"):
        op.create_table(table, sa.Column("id", sa.BigInteger, primary_key=True), sa.Column("name", sa.Text))
    op.execute("INSERT INTO people SELECT n, 'person ' || n FROM generate_series(1, 1000) n")
    op.execute("INSERT INTO leads SELECT id, name FROM people")
""",
    },
    (
        "alembic/versions/b2_status.py",
        """\
import sqlalchemy as sa
from alembic import op

revision = "b2"
down_revision = "a1"


def upgrade():
    op.add_column("leads", sa.Column("status", sa.Text))
    op.execute("UPDATE leads SET status = 'new' WHERE status IS NULL")
""",
    ),
    ("alembic", "upgrade", "head"),
    "leads",
    "leads",
)
DJANGO = Start(
    {
        "manage.py": """\
import os
import sys

from django.core.management import execute_from_command_line

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
execute_from_command_line(sys.argv)
""",
        "settings.py": """\
import os
from urllib.parse import urlsplit

url = urlsplit(os.environ["DATABASE_URL"])
INSTALLED_APPS = ["crm"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": url.path[1:],
        "USER": url.username,
        "PASSWORD": url.password,
        "HOST": url.hostname,
        "PORT": url.port,
    }
}
""",
        "crm/__init__.py": "",
        "crm/migrations/__init__.py": "",
        "crm/migrations/0001_initial.py": """\
from django.db import migrations, models


def fill(apps, schema_editor):
    schema_editor.execute("INSERT INTO crm_person SELECT n, 'person ' || n FROM generate_series(1, 1000) n")
    schema_editor.execute("INSERT INTO crm_lead SELECT id, name FROM crm_person")


class Migration(migrations.Migration):
    initial = True
    operations = [
        migrations.CreateModel("Person", [("id", models.BigAutoField(primary_key=True)), ("name", models.TextField())]),
        migrations.CreateModel("Lead", [("id", models.BigAutoField(primary_key=True)), ("name", models.TextField())]),
        migrations.RunPython(fill),
    ]
""",
    },
    (
        "crm/migrations/0002_status.py",
        """\
from django.db import migrations, models


def fill(apps, schema_editor):
    apps.get_model("crm", "Lead").objects.filter(status=None).update(status="new")


class Migration(migrations.Migration):
    dependencies = [("crm", "0001_initial")]
    operations = [
        migrations.AddField("lead", "status", models.TextField(null=True)),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
""",
    ),
    ("python", "manage.py", "migrate"),
    "crm.Lead",
    "crm_lead",
)
BY_HAND = '''\
"""Brings the database up to date."""

import os

import psycopg


def migrate(connection):
    # Migration 1: leads
    connection.execute("CREATE TABLE IF NOT EXISTS people (id bigint PRIMARY KEY, name text)")
    connection.execute("INSERT INTO people SELECT n, 'person ' || n FROM generate_series(1, 1000) n ON CONFLICT DO NOTHING")
    connection.execute("CREATE TABLE IF NOT EXISTS leads (id bigint PRIMARY KEY, name text)")
    connection.execute("INSERT INTO leads SELECT id, name FROM people ON CONFLICT DO NOTHING")
    # Migration 2: notes
    connection.execute("ALTER TABLE leads ADD COLUMN IF NOT EXISTS note text")
    # Migration 3: status
    connection.execute("ALTER TABLE leads ADD COLUMN IF NOT EXISTS status text")
{more}

if __name__ == "__main__":
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        migrate(connection)
'''
SCRIPT = Start(
    {"db_migrate.py": BY_HAND.format(more="")},
    (
        "db_migrate.py",
        BY_HAND.format(
            more="""\
    # Migration 4: their first one
    connection.execute("UPDATE leads SET status = 'new' WHERE status IS NULL")
"""
        ),
    ),
    ("python", "db_migrate.py"),
    "leads",
    "leads",
)


class Newcomer:
    """A folder, and somebody who types commands in it."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        commands = str(Path(sys.executable).parent)
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "DJANGO_"))},
            "PATH": os.pathsep.join((commands, os.environ["PATH"])),
            "PYTHONPATH": str(ROOT),
            "DATABASE_URL": url,
            **{f"GIT_{who}_{what}": "a@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
        }

    def guard(self, *arguments: str, code: int = 0) -> str:
        """Run a command of the guard that the pages name, and give all that it says."""
        assert f"migration-guard {arguments[0]}" in PAGES if arguments else "$ migration-guard\n" in PAGES
        return self._told(program.run(*arguments, cwd=self.folder, env=self._environment), code)

    def run(self, *command: str, code: int = 0) -> str:
        done = subprocess.run(
            command, cwd=self.folder, env=self._environment, capture_output=True, encoding="utf-8", check=False
        )
        return self._told(done, code)

    def put(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def add(self, name: str, text: str) -> None:
        self.put(name, (self.folder / name).read_text(encoding="utf-8") + text)

    def commit(self, code: int = 0) -> str:
        self.run("git", "add", "--all")
        return self.run("git", "commit", "--message", "next", code=code)

    @staticmethod
    def _told(done: subprocess.CompletedProcess[str], code: int) -> str:
        said = done.stdout + done.stderr
        assert done.returncode == code, said
        return said


def advised(said: str, before: str) -> Sequence[str]:
    """The arguments of the command that stands behind some words."""
    (command,) = re.findall(rf"{re.escape(before)}migration-guard (.+)", said)
    return shlex.split(command)


@pytest.mark.parametrize("start", [ALEMBIC, DJANGO, SCRIPT], ids=["alembic", "django", "script"])
def test_from_an_empty_folder_to_a_backfill_that_ran(tmp_path: Path, database: str, start: Start) -> None:
    one = Newcomer(tmp_path, database)
    for name, text in start.files.items():
        one.put(name, text)
    one.put(".gitignore", "__pycache__/\n")
    one.run("git", "init", "--quiet", "--initial-branch=main")
    one.commit()

    # Look, and let the past rest.
    if start is SCRIPT:
        said = one.guard(code=2)
        assert "migration-guard init" in said
    one.guard("init", "--write")
    configuration = "migration-guard.toml"
    one.put(configuration, (tmp_path / configuration).read_text().replace("[]", f'["{start.hot}"]'))
    assert "MG102" in one.guard(code=1)
    one.guard("baseline")
    one.guard()
    one.run("pre-commit", "install")
    one.commit()

    # A migration that changes rows is refused; what is printed leads out of it.
    one.put(*start.migration)
    refused = one.commit(code=1)
    assert "MG101" in refused
    assert "[high]" in refused
    move = advised(refused, "= try: ")
    said = one.guard(*move, code=2)
    lines = said.split("for instance:\n")[1]
    assert f"say in {configuration}" in said
    one.add(configuration, f"\n{lines}")
    assert "1 moved (shown" in one.guard(*move)
    one.guard(*move, "--write")
    one.commit()

    # The deployment.
    one.run(*start.migrate)
    with psycopg.connect(database) as connection:
        left = f"SELECT count(*) FROM {start.table} WHERE status IS NULL"
        assert connection.execute(left).fetchone() == (1000,)
    assert "All complete: 1 of 1 backfills.\n" in one.guard("backfill", "run", "--all")
    with psycopg.connect(database) as connection:
        assert connection.execute(left).fetchone() == (0,)
    assert "completed" in one.guard("backfill", "status")
    one.guard()
