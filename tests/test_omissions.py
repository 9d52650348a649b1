"""What migrations leave out that a team asks for: a limit for the wait for locks (MG304), a size of what is done at once (MG305)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from migration_guard.config import SettingsLoader
from migration_guard.pipeline import Request, check
from migration_guard.pipeline.laws import is_critical

ALEMBIC = (
    'from alembic import op\nimport sqlalchemy as sa\n\nrevision = "a1"\ndown_revision = None\n\n\ndef upgrade():\n'
)
DJANGO = "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n"
COLUMN = '    op.add_column("leads", sa.Column("status", sa.Text()))\n'
FIELD = '    operations = [migrations.AddField("lead", "status", models.TextField(null=True))]\n'
ENV = "from alembic import context\nfrom sqlalchemy import create_engine, text\n\n\ndef run_migrations_online():\n    engine = create_engine(URL{})\n"
RUN = "    with engine.connect() as connection:\n{}        context.run_migrations()\n\n\nrun_migrations_online()\n"
SET = "        connection.execute(text(\"SET lock_timeout = '5s'\"))\n"
MANAGE = 'import os\n\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'
OPTIONS = 'DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "OPTIONS": {"options": "-c lock_timeout=5000"}}}\n'

Project = dict[str, str]


def alembic(body: str, env: str = "", **more: str) -> Project:
    """A revision below an `env.py`."""
    files = {"versions/a1_leads.py": ALEMBIC + body, **{name.replace("__", "."): text for name, text in more.items()}}
    return {**files, "env.py": env} if env else files


def django(body: str, settings: str = "", **more: str) -> Project:
    files = {
        "crm/migrations/0002_status.py": DJANGO + body,
        **{name.replace("__", "."): text for name, text in more.items()},
    }
    return {**files, "manage.py": MANAGE, "shop/__init__.py": "", "shop/settings.py": settings} if settings else files


def sets(*statements: str, then: str = COLUMN) -> Project:
    return alembic("".join(f"    op.execute({one!r})\n" for one in statements) + then)


ASKED: Mapping[str, Project] = {
    "nothing is set": alembic(COLUMN),
    "statement_timeout is none": sets("SET LOCAL statement_timeout = '5s'"),
    "zero is no limit": sets("SET lock_timeout = 0"),
    "an hour is none either": sets("SET lock_timeout = '1h'"),
    "taken back": sets("SET lock_timeout = '5s'", "RESET lock_timeout"),
    "set to its default": sets("SET lock_timeout TO DEFAULT"),
    "in a comment": sets("SELECT 1; -- SET lock_timeout = '5s';"),
    "in a string": sets("SELECT 'SET lock_timeout = 5'"),
    "for other sessions": sets("ALTER ROLE app SET lock_timeout = '5s'"),
    "of a function": sets("CREATE FUNCTION f() RETURNS int LANGUAGE sql SET lock_timeout = '5s' AS 'SELECT 1'"),
    "after the change": alembic(COLUMN + "    op.execute(\"SET lock_timeout = '5s'\")\n"),
    "on one way only": alembic("    if sa.FLAG:\n        op.execute(\"SET lock_timeout = '5s'\")\n" + COLUMN),
    "local, and committed": sets("SET LOCAL lock_timeout = '5s'", "COMMIT"),
    "rolled back": sets("SET lock_timeout = '5s'", "ROLLBACK"),
    "local, outside of a transaction": alembic(
        "    with op.get_context().autocommit_block():\n        op.execute(\"SET LOCAL lock_timeout = '5s'\")\n    " + COLUMN
    ),
    "local, before a block that commits": alembic(
        "    op.execute(\"SET LOCAL lock_timeout = '5s'\")\n    with op.get_context().autocommit_block():\n    " + COLUMN
    ),
    "a foreign key to another table": alembic(
        '    op.create_table("calls", sa.Column("lead_id", sa.ForeignKey("leads.id")))\n'
    ),
    "a foreign key to a new table, and one to who knows which": alembic(
        '    op.create_table("a", sa.Column("id", sa.Integer()))\n'
        '    op.create_table("b", sa.Column("a_id", sa.ForeignKey("a.id")), sa.Column("c", sa.ForeignKey(sa.OTHER)))\n'
    ),
    "an index that blocks": alembic('    op.create_index("i", "leads", ["status"])\n'),
    "in a batch": alembic('    with op.batch_alter_table("leads") as batch:\n        batch.drop_column("status")\n'),
    "in a helper": alembic(
        "    from helper import add\n\n    add()\n",
        helper__py='from alembic import op\n\n\ndef add():\n    op.execute("ALTER TABLE leads ADD a int")\n',
    ),
    "env.py sets another one": alembic(COLUMN, ENV.format("") + RUN.format(SET.replace("lock_", "statement_"))),
    "env.py says it in a docstring": alembic(COLUMN, '"""SET lock_timeout = \'5s\'"""\n' + ENV.format("") + RUN.format("")),
    "env.py says it in a comment": alembic(COLUMN, ENV.format("") + RUN.format(SET.replace("connection", "# connection"))),
    "env.py sets it under a condition": alembic(
        COLUMN, ENV.format("") + RUN.format("        if FLAG:\n    " + SET)
    ),
    "env.py has a function that nobody calls": alembic(
        COLUMN, "def unused(connection):\n" + SET + "\n\n" + ENV.format("") + RUN.format("")
    ),
    "env.py sets it for the first of many transactions": alembic(
        COLUMN,
        ENV.format("")
        + RUN.format(SET.replace("SET lock", "SET LOCAL lock") + "        context.configure(transaction_per_migration=True)\n"),
    ),
    "the ini file has it in a comment": alembic(
        COLUMN, ENV.format("") + RUN.format(""), alembic__ini="# sqlalchemy.url = postgresql:///a?options=-clock_timeout%%3D5000\n"
    ),
    "Django, nothing set": django(FIELD),
    "Django, local without a transaction": django(
        "    atomic = False\n    operations = [\n        migrations.RunSQL(\"SET LOCAL lock_timeout = '5s'\"),\n"
        '        migrations.RemoveField("lead", "status"),\n    ]\n'
    ),
    "Django, other options": django(FIELD, OPTIONS.replace("lock_timeout", "statement_timeout")),
    "a file of SQL": {"migrations/0001_a.up.sql": "ALTER TABLE leads ADD COLUMN status text;\n"},
}  # fmt: skip
"""Each has one MG304."""

NOT_ASKED: Mapping[str, Project] = {
    "local": sets("SET LOCAL lock_timeout = '5s'"),
    "for the session": sets("SET SESSION lock_timeout TO '5s'"),
    "in milliseconds": sets("SET lock_timeout = 5000"),
    "in one text": alembic("    op.execute(\"SET lock_timeout = '2s'; ALTER TABLE leads ADD COLUMN a int\")\n"),
    "by a function": sets("SELECT set_config('lock_timeout', '5s', true)"),
    "by a parameter": alembic('    op.execute(sa.text("SET lock_timeout = :limit"))\n' + COLUMN),
    "by a setting": alembic("    op.execute(f\"SET lock_timeout = '{sa.LIMIT}'\")\n" + COLUMN),
    "on both ways": alembic(
        "    if sa.FLAG:\n        op.execute(\"SET lock_timeout = '5s'\")\n    else:\n"
        "        op.execute(\"SET LOCAL lock_timeout = '2s'\")\n" + COLUMN
    ),
    "by a helper": alembic(
        "    from helper import patient\n\n    with patient():\n    " + COLUMN,
        helper__py="from contextlib import contextmanager\nfrom alembic import op\n\n\n@contextmanager\ndef patient():\n"
        "    op.execute(\"SET lock_timeout = '5s'\")\n    yield\n    op.execute('RESET lock_timeout')\n",
    ),
    "for the session, in a block that commits": alembic(
        "    op.execute(\"SET lock_timeout = '5s'\")\n    with op.get_context().autocommit_block():\n    " + COLUMN
    ),
    "concurrently": alembic(
        "    with op.get_context().autocommit_block():\n"
        '        op.create_index("i", "leads", ["status"], postgresql_concurrently=True)\n'
    ),
    "concurrently, in SQL": sets("CREATE INDEX CONCURRENTLY i ON leads (status)", then=""),
    "a new table": alembic('    op.create_table("calls", sa.Column("id", sa.Integer()))\n    op.create_index("i", "calls", ["id"])\n'),
    "a foreign key between new tables": alembic(
        '    op.create_table("a", sa.Column("id", sa.Integer()))\n'
        '    op.create_table("b", sa.Column("a_id", sa.ForeignKey("a.id")))\n'
    ),
    "no table": sets("CREATE EXTENSION citext", "CREATE TYPE t AS ENUM ('a')", "COMMENT ON TABLE leads IS 'x'", then=""),
    "only the way down": alembic("    pass\n\n\ndef downgrade():\n" + COLUMN),
    "env.py sets it": alembic(COLUMN, ENV.format("") + RUN.format(SET)),
    "env.py sets it for its one transaction": alembic(COLUMN, ENV.format("") + RUN.format(SET.replace("SET lock", "SET LOCAL lock"))),
    "env.py gives it to the driver": alembic(
        COLUMN, ENV.format(', connect_args={"options": "-c lock_timeout=5000"}') + RUN.format("")
    ),
    "env.py gives it to asyncpg": alembic(
        COLUMN, ENV.format(', connect_args={"server_settings": {"lock_timeout": "5000"}}') + RUN.format("")
    ),
    "env.py takes an engine that has it": alembic(
        COLUMN,
        "from alembic import context\nfrom db import engine\n\n\ndef run():\n" + RUN.format("").replace("run_migrations_online()", "run()"),
        db__py='from sqlalchemy import create_engine\n\nengine = create_engine(URL, connect_args={"options": "-c lock_timeout=5s"})\n',
    ),
    "the ini file has it": alembic(
        COLUMN, ENV.format("") + RUN.format(""), alembic__ini="sqlalchemy.url = postgresql:///a?options=-c%%20lock_timeout%%3D5000\n"
    ),
    "Django, an operation": django(
        "    operations = [\n        migrations.RunSQL(\"SET LOCAL lock_timeout = '5s'\", migrations.RunSQL.noop),\n"
        '        migrations.RemoveField("lead", "status"),\n    ]\n'
    ),
    "Django, for the session without a transaction": django(
        "    atomic = False\n    operations = [\n        migrations.RunSQL(\"SET lock_timeout = '5s'\"),\n"
        '        migrations.RemoveField("lead", "status"),\n    ]\n'
    ),
    "Django, the settings": django(FIELD, OPTIONS),
    "Django, the settings of another module": django(FIELD, "from .base import *\n", **{"shop/base__py": OPTIONS}),
    "Django, a new model": django('    operations = [migrations.CreateModel("Call", [("id", models.AutoField(primary_key=True))])]\n'),
    "Django, options that no server knows": django('    operations = [migrations.AlterModelOptions("lead", {"verbose_name": "x"})]\n'),
    "Django, concurrently": {
        "crm/migrations/0002_i.py": "from django.contrib.postgres.operations import AddIndexConcurrently\n"
        + DJANGO
        + '    atomic = False\n    operations = [AddIndexConcurrently("lead", models.Index(fields=["a"], name="i"))]\n'
    },
    "a file of SQL": {"migrations/0001_a.up.sql": "BEGIN;\nSET LOCAL lock_timeout = '5s';\nALTER TABLE leads ADD COLUMN a int;\nCOMMIT;\n"},
    "MySQL's own": {"migrations/0001_a.up.sql": "SET SESSION lock_wait_timeout = 5;\nALTER TABLE leads ADD COLUMN a int;\n"},
}  # fmt: skip

SIZED = {
    'Lead.objects.bulk_update(leads, ["a"])': 1,
    'Lead.objects.bulk_update(leads, ["a"], batch_size=None)': 1,
    "Lead.objects.bulk_create(leads)": 1,
    "list(Lead.objects.iterator())": 1,
    "list(Lead.objects.filter(a=1).iterator(chunk_size=None))": 1,
    'Lead.objects.bulk_update(leads, ["a"], batch_size=500)': 0,
    'Lead.objects.bulk_update(leads, ["a"], 500)': 0,
    "Lead.objects.bulk_create(leads, batch_size=SIZE)": 0,
    "Lead.objects.bulk_create([Lead(a=1), Lead(a=2)])": 0,
    "list(Lead.objects.iterator(chunk_size=500))": 0,
    "list(Lead.objects.iterator(500))": 0,
    "list({}.iterator())": 0,
}
"""Statements of a RunPython, each with the number of its MG305."""


def found(root: Path, projects: Mapping[str, Project], code: str) -> dict[str, list[str]]:
    """Check projects in one run, each in a folder of its own; give the messages of a rule's findings."""
    names = {f"p{number}": name for number, name in enumerate(projects)}
    for folder, name in names.items():
        (root / folder / ".git").mkdir(parents=True)
        for path, text in projects[name].items():
            target = root / folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
    load = SettingsLoader(cwd=root, config=[f'select=["{code}"]'], isolated=True)
    report = check(Request(paths=sorted(names), cwd=root, load=load, workers=2))
    assert report.problems == ()
    messages: dict[str, list[str]] = {name: [] for name in projects}
    for one in report.new:
        if one.code == code:
            messages[names[one.path.partition("/")[0]]].append(one.message)
    return messages


@pytest.fixture(scope="module")
def limits(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, list[str]]:
    asked = {f"asked: {name}": project for name, project in ASKED.items()}
    return found(tmp_path_factory.mktemp("limits"), {**asked, **NOT_ASKED}, "MG304")


@pytest.mark.parametrize("name", ASKED)
def test_a_change_that_waits_without_a_limit_is_told_once(name: str, limits: Mapping[str, list[str]]) -> None:
    assert len(limits[f"asked: {name}"]) == 1


@pytest.mark.parametrize("name", NOT_ASKED)
def test_a_change_that_waits_for_nobody_or_not_for_long_is_clean(name: str, limits: Mapping[str, list[str]]) -> None:
    assert limits[name] == []


def test_what_is_done_at_once_has_a_size(tmp_path: Path) -> None:
    head = "from django.db import migrations\n\n\ndef fill(apps, schema_editor):\n"
    head += '    Lead = apps.get_model("crm", "Lead")\n    leads = list(Lead.objects.all())\n'
    tail = "\n\n\nclass Migration(migrations.Migration):\n    operations = [migrations.RunPython(fill)]\n"
    projects = {one: {"crm/migrations/0002_fill.py": f"{head}    {one}{tail}"} for one in SIZED}
    assert {one: len(messages) for one, messages in found(tmp_path, projects, "MG305").items()} == SIZED


def test_neither_is_asked_unless_it_is_selected(tmp_path: Path) -> None:
    for path, text in alembic(COLUMN).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    report = check(Request(paths=["."], cwd=tmp_path, load=SettingsLoader(cwd=tmp_path, isolated=True), workers=1))
    assert report.new == ()


@pytest.mark.parametrize(
    ("select", "asks"),
    [("ALL", False), ("MG3", False), ("MG30", False), ("MG304", True), ("bulk-change-without-size", True)],
)
def test_files_in_which_there_is_nothing_are_read_where_that_is_asked(select: str, asks: bool) -> None:
    load = SettingsLoader(cwd=Path.cwd(), config=[f'select=["{select}"]'], isolated=True)
    assert is_critical(load.for_folder(Path.cwd())) is asks
