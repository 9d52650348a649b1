"""A later migration that takes away what a backfill needs waits for it: its gate, and Alembic's and Django's own runs."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from backfill.server import Server

from migration_guard.backfill import run
from migration_guard.move.lineage import Lineage
from migration_guard.move.plan import Move
from migration_guard.rewriting.gates import gated
from migration_guard.rewriting.reached import CannotRemove
from move.planning import planned, versions
from move.test_command import Project
from move.test_contracts import ENV, crm, migrate
from move.test_django import ROWS, django_project
from move.test_django import migrate as django_migrate
from move.test_shapes import connected, definitions

REVISION = (
    'import sqlalchemy as sa\nfrom alembic import op\n\nrevision = "{0}"\ndown_revision = {1!r}\n\n\ndef upgrade():\n'
)
ALEMBIC = "from alembic import op\n\n\ndef upgrade():\n    {}op.drop_column('leads', 'status')\n"
DJANGO = "from django.db import migrations\n\n\n# the last one\nclass Migration(migrations.Migration):\n    operations = {}\n"
GATE = 'require_backfill(op.get_bind(), "one")\n'
WAIT = 'def wait_for_data(apps, schema_editor):\n    require_backfill(schema_editor.connection, "one")\n'
FIRST = "migrations.RunPython(wait_for_data, migrations.RunPython.noop)"

GATES = (
    (ALEMBIC.format(""), f"def upgrade():\n    {GATE}    op.drop"),
    (ALEMBIC.format('"""Say it."""\n    '), f'"""Say it."""\n    {GATE}    op.drop'),
    (ALEMBIC.format("").replace("\n", "\r\n"), f"    {GATE}    op.drop".replace("\n", "\r\n")),
    (ALEMBIC.format("require_backfill(op.get_bind(), 'none')\n    "), f"'none')\n    {GATE}    op.drop"),
    (
        f"import os\n\n{ALEMBIC.format('')}",
        "from alembic import op\nfrom migration_guard.backfill import require_backfill\n\n",
    ),
    (
        f"{ALEMBIC.format('')}".replace("\n\n", "\nimport zoo\nfrom .here import x\n\n", 1),
        "zoo\nfrom migration_guard.backfill import require_backfill\nfrom .here",
    ),
    ("from alembic import op\ndef upgrade(): op.drop_table('x')\n", "is written in one line"),
    ("def upgrade(op):\n    op.drop_table('x')\n", "not written as migrations usually are"),
    (DJANGO.format("[]"), f"operations = [{FIRST}]\n"),
    (DJANGO.format("[migrations.DeleteModel('A')]"), f"operations = [{FIRST}, migrations.DeleteModel('A')]\n"),
    (
        DJANGO.format("[  # at last\n        migrations.DeleteModel('A'),\n    ]"),
        f"[  # at last\n        {FIRST},\n        migrations.DeleteModel('A'),\n    ]\n",
    ),
    (DJANGO.format("[]"), f"\n\n\n{WAIT}\n\n# the last one\nclass Migration"),
    (DJANGO.format("[*BEFORE]"), f"[{FIRST}, *BEFORE]"),
    (DJANGO.format("BEFORE + [migrations.DeleteModel('A')]"), "not written as migrations usually are"),
    (f"{DJANGO.format('[]')}\n\ndef wait_for_data():\n    pass\n", "not written as migrations usually are"),
    (DJANGO.format("[]").replace("from django.db import migrations", "from base import *"), "not written as"),
)


@pytest.mark.parametrize(("source", "outcome"), GATES)
def test_the_gate_is_the_first_step_and_all_else_stays(source: str, outcome: str) -> None:
    django = "class Migration" in source
    data = source.encode()
    try:
        after = gated(Path("later.py"), data, ("one",), django=django).decode()
    except CannotRemove as reason:
        assert outcome in str(reason)
        return
    assert outcome in after
    ast.parse(after)
    rest = iter(after)
    assert all(character in rest for character in source), "something was taken away"
    twice = gated(Path("later.py"), after.encode(), ("two",), django=django).decode()
    assert (twice.count("import require_backfill"), twice.count("RunPython(wait")) == (1, int(django))
    assert twice.index('"one"') < twice.index('"two"')


# --- Whole projects -----------------------------------------------------------------------------------------------------

CREATE = (
    REVISION.format("r0", None)
    + """    op.create_table("leads", sa.Column("id", sa.BigInteger(), primary_key=True), sa.Column("status", sa.Text()),
        sa.Column("kind", sa.Text()), sa.Column("note", sa.Text()))
    op.create_table("old", sa.Column("id", sa.BigInteger(), primary_key=True), sa.Column("kind", sa.Text()))
"""
)
CHAIN = {
    "r1": ("r0", "op.execute(\"UPDATE leads SET kind = status WHERE status <> 'x'\")"),
    "a2": (
        "r1",
        "op.execute('UPDATE leads SET note = o.kind FROM old AS o WHERE o.id = leads.id AND o.kind IS NOT NULL')",
    ),
    "z3": ("a2", 'op.drop_column("leads", "status")'),
    "b4": ("z3", 'op.drop_table("old")'),
}


def chain(folder: Path, steps: dict[str, tuple[str, str]]) -> None:
    for revision, (before, body) in steps.items():
        text = REVISION.format(revision, before) + f"    {body}\n\n\ndef downgrade():\n    pass\n"
        (folder / f"{revision}.py").write_text(text)


def test_alembic_stops_before_what_is_still_needed_goes(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project(tmp_path)
    for name in ("1a", "2b", "3c"):
        (project.folder / "versions" / f"{name}.py").unlink()
    project.put("env.py", ENV)
    project.put("script.py.mako", "")
    project.put("versions/r0.py", CREATE)
    chain(project.folder / "versions", CHAIN)
    project.commit()
    monkeypatch.chdir(project.folder)
    rows = (
        "INSERT INTO leads SELECT n, (ARRAY['x', 'new', NULL])[1 + n % 3], NULL, NULL FROM generate_series(1, 90) AS n;"
        "INSERT INTO old SELECT n, (ARRAY['a', NULL])[1 + n % 2] FROM generate_series(1, 30) AS n"
    )
    with server.fresh() as template:
        migrate(server.url(template), "r0")
        server.execute(rows, template)
        with server.fresh(template) as old, server.fresh(template) as new:
            migrate(server.url(old), "head")
            done = project.guard("move", "--all", "--write")
            assert "z3.py takes leads.status away, and waits for it" in done.stdout + done.stderr, (
                done.stdout + done.stderr
            )
            assert "2 moved (written), 0 refused" in done.stdout, done.stdout + done.stderr
            url = server.url(new)
            migrate(url, "a2")
            with pytest.raises(Exception, match="has never been run"):
                migrate(url, "head")
            every = definitions((project.folder / "backfills.py").read_bytes())
            assert all(result.complete for result in run(every, url))
            migrate(url, "head")
            kinds = "SELECT kind, note FROM leads ORDER BY id"
            with connected(url) as one, connected(server.url(old)) as other:
                assert one.exec_driver_sql(kinds).all() == other.exec_driver_sql(kinds).all()
            checked = project.guard("check", "versions", "--no-baseline")
            assert "MG303" not in checked.stdout + checked.stderr, checked.stdout


KIND = """from django.db import migrations, models


def forwards(apps, schema_editor):
    Lead = apps.get_model("crm", "Lead")
    for lead in Lead.objects.exclude(name=None):
        lead.slug = lead.name.strip().title()
        lead.save()


class Migration(migrations.Migration):
    dependencies = [("crm", "0001_initial")]
    operations = [
        migrations.AddField("Lead", "slug", models.TextField(null=True)),
        migrations.RunPython(forwards, migrations.RunPython.noop),
    ]
"""
DROP = """from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ("crm", "0002_slugs"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="lead",
            name="name",
        ),
    ]
"""


def test_django_stops_before_what_is_still_needed_goes(tmp_path: Path, server: Server) -> None:
    project = django_project(tmp_path)
    project.put("crm/migrations/0002_slugs.py", KIND)
    project.put("crm/migrations/0003_no_name.py", DROP)
    project.commit()
    with server.fresh() as template:
        django_migrate(project, server.url(template), "crm", "0001")
        server.execute(ROWS.replace("3000", "120"), template)
        with server.fresh(template) as old, server.fresh(template) as new:
            django_migrate(project, server.url(old))
            moved = project.guard("move", "crm/migrations/0002_slugs.py:8", "--write")
            assert moved.returncode == 0, moved.stdout + moved.stderr
            django_migrate(project, server.url(new), "crm", "0002_slugs")
            with pytest.raises(AssertionError, match="has never been run"):
                django_migrate(project, server.url(new))
            environment = {
                "DATABASE_URL": server.url(new),
                "DJANGO_SETTINGS_MODULE": "settings",
                "PYTHONPATH": str(project.folder),
            }
            done = project.guard("backfill", "run", "--all", "--strict", **environment)
            assert done.returncode == 0, done.stdout + done.stderr
            django_migrate(project, server.url(new))
            assert crm(server.url(new)) == crm(server.url(old))


def test_what_is_dropped_elsewhere_is_told_by_the_order_of_migrations(tmp_path: Path) -> None:
    """By no order of names: a drop that came before is none, and one beside it may be either."""
    folder = versions(tmp_path, CREATE)
    (folder / "r0000.py").rename(folder / "r0.py")
    update = "op.execute(\"UPDATE leads SET kind = 'a' WHERE kind IS NULL\")"
    chain(
        folder,
        {
            "z1": ("r0", 'op.drop_column("leads", "kind")'),
            "a2": ("z1", 'op.add_column("leads", sa.Column("kind", sa.Text()))'),
            "m3": ("a2", update),
            "b4": ("m3", 'op.drop_column("leads", "kind")'),
            "y5": ("b4", 'op.drop_table("leads")'),
            "c6": ("r0", "op.execute(\"UPDATE old SET kind = 'a' WHERE kind IS NULL\")"),
            "c7": ("r0", 'op.drop_table("old")'),
        },
    )
    told = {
        name: [path.name for path in outcome.files] if isinstance(outcome, Move) else outcome.reason
        for name, _, outcome in planned(tmp_path)
    }
    assert told == {
        "m3": ["backfills.py", "b4.py", "m3.py"],
        "c6": "old is dropped or renamed in c7.py, and which of the two runs first is not said; leave it where it is",
    }


GONE = (
    'op.rename_table("leads", "people")',
    'op.alter_column("leads", "status", new_column_name="state")',
    'op.execute("DROP TABLE IF EXISTS x, leads CASCADE")',
    'op.execute("ALTER TABLE leads RENAME status TO state")',
    "with op.batch_alter_table('leads') as batch_op:\n        batch_op.drop_column('status')",
)


def test_what_is_renamed_is_gone_by_its_name(tmp_path: Path) -> None:
    for number, body in enumerate(GONE):
        root = tmp_path / str(number)
        root.mkdir()
        folder = versions(root, CREATE)
        (folder / "r0000.py").rename(folder / "r0.py")
        chain(folder, {"r1": CHAIN["r1"], "a2": ("r1", body)})
        ((_, _, outcome),) = planned(root)
        assert isinstance(outcome, Move), body
        assert [path.name for path in outcome.files] == ["backfills.py", "a2.py", "r1.py"], body


def test_squashed_migrations_stand_for_those_that_they_replace(tmp_path: Path) -> None:
    folder = tmp_path / "crm" / "migrations"
    folder.mkdir(parents=True)
    base = "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n"
    told = {
        "0001_one": "",
        "0002_two": '    dependencies = [("crm", "0001_one")]\n',
        "0001_squashed_0002": '    replaces = [("crm", "0001_one"), ("crm", "0002_two")]\n',
        "0003_three": '    dependencies = [("crm", "0001_squashed_0002")]\n',
        "0003_aside": "    dependencies = [*BEFORE]\n",
    }
    for name, line in told.items():
        (folder / f"{name}.py").write_text(f"{base}{line}    operations = []\n")
    lineage = Lineage(folder / "0001_one.py", tmp_path, django=True)
    names = [
        f"{one}>{two}" for one in told for two in told if lineage.follows(folder / f"{one}.py", folder / f"{two}.py")
    ]
    assert names == ["0002_two>0001_one", *(f"0003_three>{name}" for name in list(told)[:3])]
    assert lineage.is_instead(folder / "0001_squashed_0002.py", folder / "0002_two.py")
