"""The guard from within Django, Alembic and pytest, each for real in a project of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEADER = 'revision = "2f6c"\ndown_revision = None\nfrom alembic import op\n\n\ndef upgrade():\n'
BAD = f"{HEADER}    op.execute(\"UPDATE leads SET status = 'new'\")\n"
CLEAN = f'{HEADER}    op.drop_column("leads", "status")\n'
SETTINGS = 'SECRET_KEY = "x"\nINSTALLED_APPS = ["migration_guard.integrations.django"]\n'
MANAGE = """import os
import sys

from django.core.management import execute_from_command_line

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
execute_from_command_line(sys.argv)
"""


def ran(cwd: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command], cwd=cwd, capture_output=True, encoding="utf-8", timeout=120, check=False
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "versions").mkdir()
    (tmp_path / "versions" / "a.py").write_text(CLEAN, encoding="utf-8")
    return tmp_path


def spoil(project: Path) -> None:
    (project / "versions" / "a.py").write_text(BAD, encoding="utf-8")


def test_django_has_a_command(project: Path) -> None:
    (project / "settings.py").write_text(SETTINGS, encoding="utf-8")
    (project / "manage.py").write_text(MANAGE, encoding="utf-8")
    manage = ("manage.py", "migration_guard", "--output-format", "concise")
    assert ran(project, *manage).returncode == 0
    spoil(project)
    found = ran(project, *manage)
    assert found.returncode == 1
    assert "versions/a.py:7:17: MG101" in found.stdout


def test_pytest_has_one_test_more_where_it_is_wanted(project: Path) -> None:
    (project / "test_own.py").write_text("def test_own():\n    pass\n", encoding="utf-8")
    pytest_ = ("-m", "pytest", "-q", "-p", "no:cacheprovider")
    assert "1 passed" in ran(project, *pytest_).stdout
    assert "2 passed" in ran(project, *pytest_, "--migration-guard").stdout
    spoil(project)
    found = ran(project, *pytest_, "--migration-guard")
    assert "1 failed, 1 passed" in found.stdout
    assert "--> versions/a.py:7:17" in found.stdout
    assert "FAILED ::migration-guard - MG101 update-in-migration" in found.stdout
    (project / "pytest.ini").write_text("[pytest]\nmigration_guard = true\n", encoding="utf-8")
    assert "1 failed, 1 passed" in ran(project, *pytest_).stdout


def test_alembic_checks_what_it_has_just_written(project: Path) -> None:
    made = ran(project, "-m", "alembic", "init", "db")
    assert made.returncode == 0, made.stderr
    ini = project / "alembic.ini"
    text = ini.read_text(encoding="utf-8").replace("driver://user:pass@localhost/dbname", "sqlite:///x.db")
    hook = "[post_write_hooks]\nhooks = guard\nguard.type = console_scripts\nguard.entrypoint = migration-guard\n"
    hook += "guard.options = check --force-exclude REVISION_SCRIPT_FILENAME\n\n[loggers]"
    assert "[post_write_hooks]" in text
    lines = text.replace("[post_write_hooks]", "", 1).replace("[loggers]", hook, 1)
    ini.write_text(lines, encoding="utf-8")
    template = project / "db" / "script.py.mako"
    clean = template.read_text(encoding="utf-8")
    written = ran(project, "-m", "alembic", "revision", "-m", "one")
    assert written.returncode == 0, written.stderr
    assert "1 migration checked, 0 new" in written.stdout
    template.write_text(
        clean.replace('${upgrades if upgrades else "pass"}', 'op.execute("DELETE FROM leads")'), encoding="utf-8"
    )
    warned = ran(project, "-m", "alembic", "revision", "-m", "two")
    assert "DELETE from leads" in warned.stdout
