"""What lies beside migrations and is not read is named, in every report, and is a problem where that is wanted."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from program import run

ALEMBIC = "from alembic import op\n{}\nrevision = '{}'\ndown_revision = None\ndef upgrade():\n    {}\n"
HELPER = "def fill(c):\n    c.execute('UPDATE leads SET a = 1')\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "versions").mkdir()
    (tmp_path / "versions" / "1.py").write_text(ALEMBIC.format("", "1", "op.add_column('a', x)"))
    (tmp_path / "versions" / "notes.py").write_text(HELPER)
    (tmp_path / "versions" / "fill.sql").write_text("DELETE FROM leads;")
    return tmp_path


def report(folder: Path, *arguments: str) -> tuple[int, dict[str, list[dict[str, object]]]]:
    done = run("check", ".", "--isolated", "--output-format", "json", *arguments, cwd=folder)
    return done.returncode, json.loads(done.stdout)


def test_it_is_named(project: Path) -> None:
    code, found = report(project)
    assert code == 0
    assert [one["path"] for one in found["unread"]] == ["versions/fill.sql", "versions/notes.py"]
    assert "no migration" in str(found["unread"][0]["reason"])
    for form in ("full", "concise"):
        shown = run("check", ".", "--isolated", "--output-format", form, cwd=project).stdout
        assert "2 files beside migrations unread" in shown
        assert "unread: versions/fill.sql" in shown


def test_it_is_a_problem_where_that_is_wanted(project: Path) -> None:
    code, found = report(project, "--strict-discovery")
    assert code == 2
    assert [one["path"] for one in found["problems"]] == ["versions/fill.sql", "versions/notes.py"]


def test_what_a_migration_leads_to_is_read(project: Path) -> None:
    text = ALEMBIC.format(
        "from notes import fill\nimport pathlib", "2",
        "fill(op.get_bind())\n    op.execute((pathlib.Path(__file__).parent / 'fill.sql').read_text())",
    )  # fmt: skip
    (project / "versions" / "2.py").write_text(text)
    code, found = report(project, "--strict-discovery")
    assert (code, found["unread"], found["problems"]) == (1, [], [])
    assert [one["code"] for one in found["findings"]] == ["MG101", "MG103"]


def test_a_folder_that_paths_names_is_read(project: Path) -> None:
    (project / "migration-guard.toml").write_text("paths = ['versions']")
    done = run("check", "--output-format", "json", "--no-baseline", cwd=project)
    found = json.loads(done.stdout)
    assert (done.returncode, found["unread"]) == (1, [])
    assert [(one["path"], one["code"]) for one in found["findings"]] == [
        ("versions/fill.sql", "MG103"), ("versions/notes.py", "MG101"),
    ]  # fmt: skip


RECEIVERS = {
    "apps.py": "from django.db.models.signals import post_migrate\nfrom .fill import fill\n\n"
    "class Shop:\n    def ready(self):\n        post_migrate.connect(fill, sender=self)\n",
    "fill.py": "def fill(**named):\n    Lead.objects.update(a=1)\n",
    "signals.py": "from django.db.models import signals\nfrom django.dispatch import receiver\n\n"
    "@receiver([signals.post_save, signals.pre_migrate])\ndef fill(**named):\n    Lead.objects.update(a=1)\n",
    "quiet.py": "from django.db.models.signals import post_migrate\npost_migrate.connect(print)\n",
    "saved.py": "from django.db.models.signals import post_save\npost_save.connect(lambda **n: Lead.objects.update(a=1))\n",
}


def test_what_a_signal_runs_with_every_migration_is_named(project: Path) -> None:
    (project / "shop").mkdir()
    for name, text in RECEIVERS.items():
        (project / "shop" / name).write_text(text)
    _, found = report(project)
    named = {str(one["path"]): str(one["reason"]) for one in found["unread"]}
    assert [path for path in named if path.startswith("shop")] == ["shop/apps.py", "shop/signals.py"]
    assert "with every migration" in named["shop/apps.py"]


def test_what_fills_a_new_database_is_named(project: Path) -> None:
    for name in ("supabase/seed.sql", "hasura/seeds/default/1_a.sql", "seeds/schema.sql", "docs/a.sql"):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text("SELECT 1;" if "schema" in name else "UPDATE leads SET a = 1;")
    _, found = report(project)
    named = [one["path"] for one in found["unread"] if "versions" not in str(one["path"])]
    assert named == ["hasura/seeds/default/1_a.sql", "supabase/seed.sql"]


CHANGE = '"changeSet": {"id": 1, "changes": [{"update": {"tableName": "leads"}}]}'
ELSEWHERE = {
    "db/main.xml": '<?xml version="1.0"?>\n<databaseChangeLog>\n<update tableName="leads"/>\n</databaseChangeLog>',
    "db/main.yaml": "databaseChangeLog:\n- changeSet:\n    changes:\n    - update:\n        tableName: leads\n",
    "db/main.json": f'{{"databaseChangeLog": [{{{CHANGE}}}]}}',
    "db/main.groovy": "databaseChangeLog {\n  changeSet(id: 1) {\n    update(tableName: 'leads')\n  }\n}\n",
    "db/schema.xml": '<databaseChangeLog><createTable tableName="leads"/></databaseChangeLog>',
    "data/other.json": f"{{{CHANGE}}}",
    "shop/migrations/__init__.py": "__path__ = [real]\n",
    "calls/migrations/__init__.py": "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n",
}


def test_what_settings_and_tools_load_from_elsewhere_is_named(project: Path) -> None:
    """Change logs whatever they are called, archives with migrations in them, packages that say where their modules lie."""
    for name, text in ELSEWHERE.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    for name, inner in {"lib.zip": "shop/migrations/0001_x.py", "data.zip": "migrations.txt"}.items():
        with zipfile.ZipFile(project / name, "w") as archive:
            archive.writestr(inner, "x")
    _, found = report(project)
    named = [one["path"] for one in found["unread"] if "versions" not in str(one["path"])]
    assert named == [
        "db/main.groovy", "db/main.json", "db/main.xml", "db/main.yaml", "lib.zip", "shop/migrations/__init__.py",
    ]  # fmt: skip
