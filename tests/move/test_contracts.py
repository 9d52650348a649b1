"""What builds on a data change goes to a later migration: Alembic's own run of both histories ends with the same schema and rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from backfill.server import Server

from migration_guard.backfill import run
from migration_guard.move.neighbours import is_revision, other_versions
from migration_guard.rewriting.graph import follower
from migration_guard.rewriting.reached import CannotRemove
from move.test_command import Project
from move.test_django import ROWS as DJANGO_ROWS
from move.test_django import django_project
from move.test_django import migrate as django_migrate
from move.test_shapes import connected, definitions

ENV = """
from alembic import context
from sqlalchemy import NullPool, create_engine

engine = create_engine(context.config.get_main_option("url"), poolclass=NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
"""
HEAD = 'import sqlalchemy as sa\nfrom alembic import op\n\nrevision = "{0}"\ndown_revision = {1!r}\nbranch_labels = None\n{2}\n\n'


@dataclass(frozen=True)
class Shape:
    """A migration of a table of its own."""

    name: str
    up: str
    down: str
    module: str = ""
    waits: bool = True
    """Whether a later migration is made."""


SHAPES = (
    Shape(
        "not_null",
        """
        op.add_column("not_null", sa.Column("owner", sa.Integer()))
        op.execute("UPDATE not_null SET owner = id % 7")

        # everybody has an owner now
        op.alter_column("not_null", "owner", existing_type=sa.Integer(), nullable=False)
        """,
        'op.drop_column("not_null", "owner")',
    ),
    Shape(
        "batch",
        """
        with op.batch_alter_table("batch", schema=None) as batch_op:
            batch_op.add_column(sa.Column("kind", sa.String(20)))
        op.execute("UPDATE batch SET kind = 'plain' WHERE status = 'new'")
        op.execute("UPDATE batch SET kind = 'other' WHERE status <> 'new' OR status IS NULL")
        with op.batch_alter_table("batch", schema=None) as batch_op:
            batch_op.add_column(sa.Column("later", sa.Text()))
            batch_op.alter_column("kind", existing_type=sa.String(20), nullable=False)
            batch_op.create_index(batch_op.f("batch_kind"), ["kind"], unique=False)
        """,
        """
        with op.batch_alter_table("batch", schema=None) as batch_op:
            batch_op.drop_index(batch_op.f("batch_kind"))
            batch_op.drop_column("later")
            batch_op.drop_column("kind")
        """,
    ),
    Shape(
        "renamed",
        """
        op.add_column("renamed", sa.Column("state", sa.Text()))
        op.execute("UPDATE renamed SET state = status")
        op.drop_column("renamed", "status")
        """,
        """
        op.add_column("renamed", sa.Column("status", sa.Text()))
        op.execute("UPDATE renamed SET status = state")
        op.drop_column("renamed", "state")
        """,
    ),
    Shape(
        "two",
        """
        op.add_column("two", sa.Column("a", sa.Integer()))
        op.add_column("two", sa.Column("b", sa.Integer()))
        op.execute("UPDATE two SET a = 1")
        op.execute("UPDATE two SET b = 2")
        with op.batch_alter_table("two") as batch_op:
            batch_op.alter_column("a", nullable=False)
            batch_op.alter_column("b", nullable=False)
        """,
        """
        op.alter_column("two", "b", nullable=True)
        op.alter_column("two", "a", nullable=True)
        op.drop_column("two", "b")
        op.drop_column("two", "a")
        """,
    ),
    Shape(
        "reference",
        """
        op.add_column("reference", sa.Column("parent", sa.BigInteger()))
        op.execute("UPDATE reference SET parent = id - 1 WHERE id > 1")
        op.create_foreign_key("reference_parent", "reference", "reference", ["parent"], ["id"], ondelete="CASCADE")
        op.create_table("reference_other", sa.Column("id", sa.BigInteger(), primary_key=True))
        """,
        """
        op.drop_table("reference_other")
        op.drop_constraint("reference_parent", "reference", type_="foreignkey")
        op.drop_column("reference", "parent")
        """,
    ),
    Shape(
        "indexed",
        """
        op.add_column("indexed", sa.Column("owner", sa.Integer()))
        op.execute("UPDATE indexed SET owner = 7")
        op.create_index("indexed_owner", "indexed", ["owner"], unique=False)
        """,
        'op.drop_column("indexed", "owner")',
        waits=False,
    ),
    Shape(
        "text",
        """
        op.execute("UPDATE text SET status = 'new' WHERE status IS NULL")
        op.execute("ALTER TABLE text ALTER COLUMN status SET NOT NULL")
        op.alter_column("text", "status", existing_type=KIND, comment="known")
        op.create_check_constraint("text_status", "text", "status <> 'nothing'")
        """,
        'op.drop_constraint("text_status", "text")',
        module="KIND = sa.Text()\n",
    ),
    Shape(
        "cascading",
        """
        op.add_column("cascading", sa.Column("kind", sa.Text()))
        op.add_column("cascading", sa.Column("old", sa.BigInteger(), sa.ForeignKey("settings.id", ondelete="CASCADE")))
        op.execute("UPDATE cascading SET kind = 'old ' || coalesce(old, 0)")
        op.drop_column("cascading", "old")
        op.execute("DELETE FROM settings")
        """,
        """
        op.add_column("cascading", sa.Column("old", sa.BigInteger()))
        op.drop_column("cascading", "old")
        op.drop_column("cascading", "kind")
        """,
        waits=False,
    ),
    Shape(
        "left_out",
        """
        op.add_column("left_out", sa.Column("kind", sa.Text()))
        op.add_column("left_out", sa.Column("old", sa.Integer(), server_default="3", nullable=False))
        op.execute("UPDATE left_out SET kind = 'old ' || old")
        op.drop_column("left_out", "old")
        """,
        """
        op.add_column("left_out", sa.Column("old", sa.Integer(), server_default="3", nullable=False))
        op.drop_column("left_out", "old")
        op.drop_column("left_out", "kind")
        """,
    ),
    Shape(
        "emptied",
        """
        with op.batch_alter_table("emptied", schema=None) as batch_op:
            batch_op.add_column(sa.Column("old", sa.Integer(), server_default="3", nullable=False))
            batch_op.add_column(sa.Column("kind", _Kind()))
        op.execute("UPDATE emptied SET kind = 'old ' || old")
        op.create_check_constraint("kind", "emptied", f"kind <> '{_Kind.nothing}'")
        with op.batch_alter_table("emptied", schema=None) as batch_op:
            batch_op.drop_column("old")
        op.add_column("settings", sa.Column("sort", _Kind()))
        """,
        """
        op.drop_column("settings", "sort")
        with op.batch_alter_table("emptied", schema=None) as batch_op:
            batch_op.add_column(sa.Column("old", sa.Integer(), server_default="3", nullable=False))
            batch_op.drop_column("old")
            batch_op.drop_column("kind")
        """,
        module="class _Kind(sa.Text):\n    nothing = 'nothing'\n",
    ),
)
CREATE = "\n".join(
    f'    op.create_table("{name}", sa.Column("id", sa.BigInteger(), primary_key=True), sa.Column("status", sa.Text()))'
    for name in (*(shape.name for shape in SHAPES), "settings")
)
ROWS = "; ".join(
    f"INSERT INTO {shape.name} SELECT n, CASE n % 3 WHEN 0 THEN 'new' WHEN 1 THEN 'won' END FROM generate_series(1, 60) AS n"
    for shape in SHAPES
)


def _body(text: str) -> str:
    lines = text.strip("\n").splitlines()
    margin = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return "\n".join(f"    {line[margin:]}".rstrip() for line in lines if line.strip())


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    for stem in ("1a", "2b", "3c"):
        (tmp_path / "versions" / f"{stem}.py").unlink()
    project.put("env.py", ENV)
    project.put(
        "versions/0.py", HEAD.format("0", None, "") + f"def upgrade():\n{CREATE}\n\n\ndef downgrade():\n    pass\n"
    )
    before = "0"
    for shape in SHAPES:
        text = f"def upgrade():\n{_body(shape.up)}\n\n\ndef downgrade():\n{_body(shape.down)}\n"
        project.put(f"versions/{shape.name}.py", HEAD.format(shape.name, before, shape.module) + text)
        before = shape.name
    project.commit()
    return project


def test_both_histories_end_with_the_same(project: Project, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.folder)
    with server.fresh() as template:
        migrate(server.url(template), "0")
        server.execute(ROWS, template)
        with server.fresh(template) as old, server.fresh(template) as new:
            migrate(server.url(old), "head")
            wanted = whole(server.url(old))
            done = project.guard("move", "--all", "--write")
            assert "12 moved (written), 2 refused" in done.stdout, done.stdout + done.stderr
            url = server.url(new)
            steps = history()
            names = ((shape.name, *[f"{shape.name}_contract"] * shape.waits) for shape in SHAPES)
            assert steps == ["0", *(name for both in names for name in both)]
            backfills = definitions((project.folder / "backfills.py").read_bytes())
            for revision in steps[1:]:
                if revision.endswith("_contract"):
                    with pytest.raises(Exception, match="has never been run"):
                        migrate(url, revision)
                    own = [one for one in backfills if one.migration == revision.removesuffix("_contract")]
                    assert all(result.complete for result in run(own, url)), revision
                migrate(url, revision)
            assert all(result.complete for result in run([one for one in backfills if one.migration == "indexed"], url))
            assert whole(url) == wanted
            migrate(url, "-1")
            migrate(url, "head")
            assert whole(url) == wanted
            checked = project.guard("check", "versions", "--no-baseline")
            assert "MG303" not in checked.stdout + checked.stderr, checked.stdout
            assert "MG201" not in checked.stdout, checked.stdout
            migrate(url, "0")
            back(project, server.url(old), "0")
            assert whole(url) == whole(server.url(old))


def back(project: Project, url: str, revision: str) -> None:
    """Go back by the history as it was."""
    project.git("stash", "--quiet", "--include-untracked")
    migrate(url, revision)
    project.git("stash", "pop", "--quiet")


def config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path.cwd()))
    config.set_main_option("url", url.replace("postgresql://", "postgresql+psycopg://").replace("%", "%%"))
    return config


def migrate(url: str, revision: str) -> None:
    if revision == "head" or not goes_back(url, revision):
        command.upgrade(config(url), revision)
    else:
        command.downgrade(config(url), revision)


def goes_back(url: str, revision: str) -> bool:
    with connected(url) as connection:
        if revision.startswith("-"):
            return True
        if connection.exec_driver_sql("SELECT to_regclass('alembic_version')").scalar() is None:
            return False
        known = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return revision == "0" and known != "0"


def history() -> list[str]:
    script = ScriptDirectory.from_config(config("postgresql://x"))
    return [one.revision for one in script.walk_revisions()][::-1]


def whole(url: str) -> list[object]:
    """Schema and rows."""
    return list(_whole(url))


def crm(url: str) -> list[object]:
    """Schema and rows of Django's tables."""
    with connected(url) as connection:
        columns = connection.exec_driver_sql(
            "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns "
            "WHERE table_schema = 'public' AND table_name ~ '^(leads|crm_)' ORDER BY 1, 2"
        ).all()
        indexes = connection.exec_driver_sql(
            "SELECT indexdef FROM pg_indexes WHERE tablename = 'leads' ORDER BY 1"
        ).all()
        rows = connection.exec_driver_sql("SELECT id, slug, status, email FROM leads ORDER BY id").all()
    return [columns, indexes, rows]


def _whole(url: str) -> Iterator[object]:
    names = [*(shape.name for shape in SHAPES), "reference_other"]
    with connected(url) as connection:
        for query in (
            """SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns
            WHERE table_schema = 'public' AND table_name <> 'alembic_version' ORDER BY 1, 2""",
            """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
            WHERE connamespace = 'public'::regnamespace AND contype <> 'n' ORDER BY 1, 2""",
            "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
        ):
            yield connection.exec_driver_sql(query).all()
        for name in names:
            columns = connection.exec_driver_sql(
                f"SELECT string_agg(column_name, ', ' ORDER BY column_name) FROM information_schema.columns WHERE table_name = '{name}'"
            ).scalar()
            if columns:
                yield connection.exec_driver_sql(f"SELECT {columns} FROM {name} ORDER BY id").all()


SLUGS = """from django.db import migrations, models


def forwards(apps, schema_editor):
    Lead = apps.get_model("crm", "Lead")
    for lead in Lead.objects.all():
        lead.slug = (lead.name or lead.kind).lower().strip()
        lead.save(update_fields=["slug"])


class Migration(migrations.Migration):
    dependencies = [("crm", "0001_initial")]
    operations = [
        migrations.AddField("Lead", "kind", models.TextField(default="nobody")),
        migrations.AddField("Lead", "slug", models.TextField(null=True)),
        migrations.RunPython(forwards, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="Lead",
            name="slug",
            field=models.TextField(),  # everybody has one
        ),
        migrations.AddField("Call", "kind", models.TextField(null=True)),
        migrations.AlterModelOptions("Lead", {"ordering": ["slug"]}),
        migrations.RemoveField("Lead", "kind"),
        # so far
        migrations.RemoveField("Lead", "name"), migrations.AddIndex("Lead", models.Index(fields=["slug"], name="lead_slug")),
    ]
"""
LATER = """from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("crm", "0002_slugs")]
    operations = [migrations.AlterField("Lead", "slug", models.CharField(max_length=40))]
"""


def test_django_waits_for_its_backfills(tmp_path: Path, server: Server) -> None:
    project = django_project(tmp_path)
    project.put("crm/migrations/0002_slugs.py", SLUGS)
    project.put("crm/migrations/0003_later.py", LATER)
    project.commit()
    with server.fresh() as template:
        django_migrate(project, server.url(template), "crm", "0001")
        server.execute(DJANGO_ROWS.replace("3000", "120"), template)
        with server.fresh(template) as old, server.fresh(template) as new:
            django_migrate(project, server.url(old))
            moved = project.guard("move", "crm/migrations/0002_slugs.py:8", "--write")
            assert moved.returncode == 0, moved.stdout + moved.stderr
            later = project.text("crm/migrations/0002a_contract_of_slugs.py")
            assert 'dependencies = [("crm", "0002a_contract_of_slugs")]' in project.text("crm/migrations/0003_later.py")
            assert "# everybody has one" in later
            assert "MG201" not in project.guard("check").stdout
            django_migrate(project, server.url(new), "crm", "0002_slugs")
            for name in (old, new):  # what the next code writes, which knows no kind any more
                server.execute("INSERT INTO leads (id, slug) VALUES (9000, 'next')", name)
            environment = {
                "DATABASE_URL": server.url(new),
                "DJANGO_SETTINGS_MODULE": "settings",
                "PYTHONPATH": str(project.folder),
            }
            done = project.guard("backfill", "run", "--all", "--strict", **environment)
            assert done.returncode == 0, done.stdout + done.stderr
            django_migrate(project, server.url(new))
            assert crm(server.url(new)) == crm(server.url(old))


FOLLOWERS = (
    ('down_revision = "1a"', None, b"new"),
    ('down_revision = ("1a", "9z")', None, b"new"),
    ('"""Next\n\nRevision ID: 9\nRevises: 1a\nCreate Date: 2026\n"""\ndown_revision = "1a"', None, b"new"),
    ("down_revision = None  # not 1a", None, None),
    ("BEFORE = '1a'\ndown_revision = BEFORE", None, "not written out"),
    ("class Migration:\n    dependencies = [('crm', '1a'), swappable_dependency(USER)]", "crm", b"new"),
    ("class Migration:\n    dependencies = [('hr', '1a')]", "crm", None),
    ("class Migration:\n    dependencies = [('crm', BEFORE)]  # 1a", "crm", "not written out"),
    ("class Migration:\n    dependencies = [*BEFORE]  # 1a", "crm", "not written out"),
)


@pytest.mark.parametrize(("source", "app", "outcome"), FOLLOWERS)
def test_a_follower_is_changed_or_told(source: str, app: str | None, outcome: bytes | str | None) -> None:
    if isinstance(outcome, str):
        with pytest.raises(CannotRemove, match=outcome):
            follower(Path("next.py"), source.encode(), "1a", "new", app)
        return
    after = follower(Path("next.py"), source.encode(), "1a", "new", app)
    assert after == (None if outcome is None else source.encode().replace(b"1a", outcome))


def test_followers_in_other_folders_and_names_that_are_taken_are_seen(tmp_path: Path) -> None:
    (tmp_path / "alembic.ini").write_text("[alembic]\nversion_locations = one/versions two/versions\n")
    for name in ("one", "two", "node_modules"):
        (tmp_path / name / "versions").mkdir(parents=True)
        (tmp_path / name / "versions" / f"{name}.py").write_text(f"revision: str = '{name}'\ndown_revision = '1a'\n")
    found = list(other_versions(tmp_path / "one" / "versions", tmp_path))
    assert [path.name for path in found] == ["one.py", "two.py"]
    assert [is_revision(path, "two") for path in found] == [False, True]
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = one\n")
    assert list(other_versions(tmp_path / "one" / "versions", tmp_path)) == []


def test_a_follower_that_cannot_be_read_is_told(project: Project) -> None:
    (project.folder / "versions" / "unlike.py").symlink_to("nowhere.py")
    done = project.guard("move", f"versions/{SHAPES[0].name}.py:{_update_in(project)}")
    assert "unlike.py, which may follow it, is not read" in done.stdout + done.stderr, done.stdout + done.stderr


def test_a_name_of_which_nobody_knows_where_it_comes_from_does_not_wait(project: Project) -> None:
    path = f"versions/{SHAPES[0].name}.py"
    text = project.text(path).replace("from alembic import op\n", "from alembic import op\nfrom elsewhere import *\n")
    project.put(path, text.replace("existing_type=sa.Integer()", "existing_type=Slug()"))
    done = project.guard("move", f"{path}:{_update_in(project)}")
    assert "where Slug comes from" in done.stdout + done.stderr, done.stdout + done.stderr


def _update_in(project: Project) -> int:
    lines = project.text(f"versions/{SHAPES[0].name}.py").splitlines()
    return next(number for number, line in enumerate(lines, 1) if "UPDATE" in line)


BESIDE = """from django.db import migrations, models


def forwards(apps, schema_editor):
    Lead = apps.get_model("crm", "Lead")
    for lead in Lead.objects.all():
        lead.slug = str(lead.owner_id)
        lead.save(update_fields=["slug"])


def beside(apps, schema_editor):
    {change}


class Migration(migrations.Migration):
    dependencies = [("crm", "0001_initial")]
    operations = [
        migrations.AddField("Lead", "slug", models.TextField(null=True)),
        migrations.RunPython(forwards, migrations.RunPython.noop),
        migrations.RemoveField("Lead", "owner"),
        migrations.RunPython(beside, migrations.RunPython.noop),
    ]
"""


@pytest.mark.parametrize(
    ("change", "moved"),
    [
        ("apps.get_model('crm', 'Call').objects.update(note='x')", True),
        ("apps.get_model('crm', 'Owner').objects.filter(name='x').delete()", False),
    ],
)
def test_what_stays_behind_a_field_that_is_there_for_longer(change: str, moved: bool, tmp_path: Path) -> None:
    project = django_project(tmp_path)
    project.put("crm/migrations/0002_slugs.py", BESIDE.replace("{change}", change))
    project.commit()
    ran = project.guard("move", "crm/migrations/0002_slugs.py:8")
    assert (ran.returncode == 0) is moved, ran.stdout + ran.stderr
    assert moved or "would have to follow" in ran.stderr + ran.stdout
