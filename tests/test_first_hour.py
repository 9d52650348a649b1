"""Three new projects, from an empty folder to a backfill that ran, by README alone.

Every command of its section is run, in its order, and its lines of configuration are added. Only two things are the project's own:
the place that is moved, which the program prints, and the command that migrates. Git, pre-commit, Alembic, Django and PostgreSQL
are real.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SECTION = README.partition("## From nothing to a backfill that ran\n")[2].partition("\n## ")[0]
COMMANDS = re.findall(r"^\$ (.+?)(?: +#.*)?$", SECTION, re.MULTILINE)
(MODULES,) = re.findall(r"```toml\n(.+?)```", SECTION, re.DOTALL)
PLACE = "versions/b2_status.py:11"
MIGRATES = "alembic upgrade head"


@dataclass(frozen=True, slots=True)
class Start:
    """What somebody has before the guard comes, and what they write then."""

    files: dict[str, str]
    migration: tuple[str, str]
    """The path of the file that changes rows, and its text."""
    migrates: str
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
    MIGRATES,
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
    "python manage.py migrate",
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
    "python db_migrate.py",
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

    def run(self, command: str, code: int = 0) -> str:
        """Type a command, and give all that is said."""
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        said = done.stdout + done.stderr
        assert done.returncode == code, said
        return said

    def put(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def add(self, name: str, text: str) -> None:
        self.put(name, (self.folder / name).read_text(encoding="utf-8") + text)


@pytest.mark.parametrize("start", [ALEMBIC, DJANGO, SCRIPT], ids=["alembic", "django", "script"])
def test_from_an_empty_folder_to_a_backfill_that_ran(tmp_path: Path, database: str, start: Start) -> None:
    one = Newcomer(tmp_path, database)
    for name, text in start.files.items():
        one.put(name, text)
    one.put(".gitignore", "__pycache__/\n")
    one.run("git init --quiet --initial-branch=main && git add --all && git commit --quiet --message Start")
    assert "`migration-guard init`" in one.run("migration-guard", code=2) if start is SCRIPT else True
    page = iter(COMMANDS)

    # Look, and let the past rest.
    assert "created" in one.run(next(page))
    configuration = tmp_path / "migration-guard.toml"
    configuration.write_text(configuration.read_text().replace("hot-tables = []", f'hot-tables = ["{start.hot}"]'))
    assert "MG102" in one.run(next(page), code=1)
    assert "grandfathered" in one.run(next(page))
    one.run(next(page))
    one.run(next(page))

    # A migration that changes rows is refused; what is printed leads out of it.
    one.put(*start.migration)
    refused = one.run(next(page), code=1)
    (place,) = re.findall(r"= try: migration-guard move (\S+)", refused)
    assert "MG101" in refused
    assert "[high]" in refused
    shows, writes, commits = next(page), next(page), next(page)
    asked = one.run(shows.replace(PLACE, place), code=2)
    assert f"say in {configuration.name}, for instance:\n{MODULES}" in asked
    configuration.write_text(f"{configuration.read_text()}\n{MODULES}")
    assert "1 moved (shown" in one.run(shows.replace(PLACE, place))
    assert "1 moved (written" in one.run(writes.replace(PLACE, place))
    one.run(commits)

    # The deployment.
    assert next(page) == MIGRATES
    one.run(start.migrates)
    with psycopg.connect(database) as connection:
        left = f"SELECT count(*) FROM {start.table} WHERE status IS NULL"
        assert connection.execute(left).fetchone() == (1000,)
    assert "All complete: 1 of 1 backfills.\n" in one.run(next(page))
    with psycopg.connect(database) as connection:
        assert connection.execute(left).fetchone() == (0,)
    assert "completed" in one.run(next(page))
    assert not list(page), "every command of the section was followed"
