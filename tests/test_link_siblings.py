"""Links of all kinds, where files of all kinds are expected: each reads nothing outside unsaid, and writes nothing there."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from program import run

UPDATE = "from alembic import op\nrevision = '{0}'\ndown_revision = None\ndef upgrade():\n    op.execute('UPDATE leads SET a = 1')\n"
PLAIN = "from alembic import op\nimport sqlalchemy as sa\nrevision = '1'\ndown_revision = None\ndef upgrade():\n    op.create_table('t', sa.Column('a', sa.Integer))\n"
CALLS = "from alembic import op\nfrom app.helper import fill\nrevision = '2'\ndown_revision = '1'\ndef upgrade():\n    fill(op.get_bind())\n"
READS = "from alembic import op\nfrom pathlib import Path\nrevision = '2'\ndown_revision = '1'\ndef upgrade():\n    op.execute((Path(__file__).parent / 'fill.sql').read_text())\n"
FILL = "def fill(c):\n    c.execute('UPDATE leads SET a = 1')\n"
DJANGO = "from django.db import migrations\nclass Migration(migrations.Migration):\n    operations = [migrations.RunSQL('UPDATE leads SET a = 1')]\n"
SECRET = "hunter2"
OUTSIDE = {
    "update.py": UPDATE.format(SECRET), "helper.py": FILL, "fill.sql": "UPDATE leads SET a = 1;", "folder/2.py": UPDATE.format("2"),
    "app/helper.py": FILL, "app/__init__.py": "", "empty": "", "settings.toml": f"hot-tables = ['{SECRET}']\nnonsense = 1\n", "crm/0001_a.py": DJANGO,
    "alembic.ini": f"[alembic]\nscript_location = {SECRET}\n",
}  # fmt: skip
READ = {
    # what is linked, and to what; other files; the exit codes that are right; what must be said
    "a migration": ({"versions/2.py": "update.py"}, {}, {2}, "versions/2.py"),
    "a folder that nothing calls one of migrations": ({"more": "folder"}, {"more.txt": ""}, {0}, ""),
    "a folder in the folder of migrations": ({"versions/more": "folder"}, {}, {2}, "versions/more"),
    "a migration twice": ({"versions/2.py": "update.py", "versions/3.py": "update.py"}, {}, {2}, "versions/3.py"),
    "a migration through two links": ({"versions/2.py": "@versions/x", "versions/x": "update.py"}, {}, {2}, "versions/2.py"),
    "a migration that is not there": ({"versions/2.py": "nowhere.py"}, {}, {2}, "versions/2.py"),
    "a migration that is itself": ({"versions/2.py": "@versions/2.py"}, {}, {2}, "versions/2.py"),
    "a folder that holds itself": ({"versions/all": "@versions"}, {}, {0}, ""),
    "a folder that leads up": ({"versions/up": "@."}, {}, {0}, ""),
    "a migration within": ({"versions/2.py": "@kept/2.py"}, {"kept/2.py": UPDATE.format("2")}, {1}, "MG101"),
    "a migration for where its link lies": (
        {"db/migrations/0001_a.sql": "@a/fill.sql"}, {"a/fill.sql": "UPDATE leads SET a = 1;"}, {1}, "db/migrations/0001_a.sql"
    ),
    "a migration for where the folder of its link lies": (
        {"db/migrations": "@a"}, {"a/0001_a.sql": "UPDATE leads SET a = 1;"}, {1}, "db/migrations/0001_a.sql"
    ),
    "Alembic's, for where its link lies": (
        {"versions/2.py": "@a/2.py"}, {"a/2.py": UPDATE.format("2").replace("revision", "x")}, {1}, "versions/2.py"
    ),
    "what lies beside migrations by its link": ({"versions/fill.sql": "@a/fill.sql"}, {"a/fill.sql": "UPDATE leads SET a = 1;"}, {0}, "versions/fill.sql"),
    "a folder within": ({"linked": "@kept"}, {"kept/2.py": UPDATE.format("2")}, {1}, "MG101"),
    "a device": ({"versions/2.py": "/dev/zero"}, {}, {2}, "versions/2.py"),
    "a helper": ({"app/helper.py": "helper.py"}, {"versions/2.py": CALLS, "app/__init__.py": ""}, {1, 2}, "versions/2.py"),
    "the package of a helper": ({"app": "app"}, {"versions/2.py": CALLS}, {1, 2}, "versions/2.py"),
    "a helper within": ({"app/helper.py": "@lib/h.py"}, {"versions/2.py": CALLS, "app/__init__.py": "", "lib/h.py": FILL}, {1}, "MG101"),
    "a helper that is not there": ({"app/helper.py": "nowhere.py"}, {"versions/2.py": CALLS, "app/__init__.py": ""}, {1, 2}, "versions/2.py"),
    "SQL that is read": ({"versions/fill.sql": "fill.sql"}, {"versions/2.py": READS}, {1, 2}, "versions/2.py"),
    "SQL that is read, within": ({"versions/fill.sql": "@sql/f"}, {"versions/2.py": READS, "sql/f": "UPDATE leads SET a = 1"}, {1}, "MG101"),
    "a folder of SQL": ({"db/migrations": "folder"}, {"atlas.hcl": ""}, {2}, "db/migrations"),
    "an app of Django": ({"crm/migrations": "crm"}, {"manage.py": "", "crm/__init__.py": ""}, {2}, "crm/migrations"),
    "a migration of Django": ({"crm/migrations/0001_a.py": "crm/0001_a.py"}, {"crm/migrations/__init__.py": ""}, {2}, "crm/migrations/0001_a.py"),
    "settings": ({"migration-guard.toml": "settings.toml"}, {}, {2}, "leads out of the repository"),
    "settings in a folder": ({"versions/migration-guard.toml": "settings.toml"}, {}, {2}, "leads out of the repository"),
    "pyproject.toml": ({"pyproject.toml": "settings.toml"}, {}, {2}, "leads out of the repository"),
    "settings within": ({"migration-guard.toml": "@ci/mg.toml"}, {"ci/mg.toml": "hot-tables = ['leads']"}, {0}, ""),
    "alembic.ini": ({"alembic.ini": "alembic.ini"}, {}, {0, 2}, ""),
    ".gitignore": ({".gitignore": "empty"}, {}, {0, 2}, ""),
    "CODEOWNERS": ({"CODEOWNERS": "empty"}, {}, {0, 2}, ""),
    "the folder of git's own": ({"versions/2.py": "@.git/config"}, {}, {0, 2}, ""),
}  # fmt: skip
WRITTEN = {
    "a baseline": (".migration-guard-baseline.jsonl", "baseline"),
    "a folder of a baseline": ("ci", "baseline --config baseline='ci/b.jsonl'"),
    "a report": ("report.json", "check --output json=report.json"),
    "a page": ("report.html", "check --output html=report.html"),
    "a folder of reports": ("reports", "check --output sarif=reports/a/b.sarif"),
    "settings that init writes": ("migration-guard.toml", "init --write"),
    "attributes that init writes": (".gitattributes", "init --write"),
    "hooks that init writes": (".pre-commit-config.yaml", "init --write"),
    "workflows that init writes": (".github", "init --write"),
    "a folder of workflows": (".github/workflows", "init --write"),
    "a remark": ("versions/2.py", "check versions/2.py --add-ignores --reason so"),
    "a module of backfills": ("backfills.py", "move versions/3.py:5 --write"),
    "a migration that is moved": ("versions/2.py", "move versions/2.py:5 --write"),
    "a cache": (".migration-guard-cache", "check --cache-dir .migration-guard-cache"),
    "tables": (".migration-guard-tables.toml", "check"),
}


def project(tmp_path: Path, links: dict[str, str], files: dict[str, str]) -> Path:
    root, outside = tmp_path / "r", tmp_path / "outside"
    root.mkdir()
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    for folder, held in ((outside, OUTSIDE), (root, {"versions/1.py": PLAIN, **files})):
        for name, text in held.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
    for name, target in links.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        there = (
            root / target[1:]
            if target.startswith("@")
            else Path(target)
            if target.startswith("/")
            else outside / target
        )
        (root / name).symlink_to(there)
    return root


def held(folder: Path) -> dict[str, str]:
    return {str(one.relative_to(folder)): one.read_text() for one in sorted(folder.rglob("*")) if one.is_file()}


@pytest.mark.parametrize("name", READ)
def test_what_is_read_through_a_link(tmp_path: Path, name: str) -> None:
    links, files, codes, said = READ[name]
    done = run("check", "--no-baseline", cwd=project(tmp_path, links, files))
    told = done.stdout + done.stderr
    assert done.returncode in codes, told
    assert said in told
    assert SECRET not in told
    assert "Traceback" not in told


@pytest.mark.parametrize("there", [True, False], ids=["there", "not there"])
@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_written_stays_within(tmp_path: Path, name: str, there: bool) -> None:
    link, command = WRITTEN[name]
    target = (
        "folder"
        if not Path(link).suffix and link != ".gitattributes"
        else "update.py"
        if link.endswith(".py")
        else "empty"
    )
    files = {"versions/3.py": UPDATE.format("3"), "own.toml": ""}
    if "move" in command:
        files["migration-guard.toml"] = "[backfill]\nmodules = ['backfills.py']\n"
    root = project(tmp_path, {link: target if there else f"new/{target}"}, files)
    before = held(tmp_path / "outside")
    done = run(*command.split(), cwd=root)
    told = done.stdout + done.stderr
    assert held(tmp_path / "outside") == before, told
    assert (root / link).is_symlink()
    assert done.returncode != 0 or command.startswith("init"), told  # which writes what it may
    assert "Traceback" not in told
