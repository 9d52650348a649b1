"""What lies beside migrations and is not read is named, in every report, and is a problem where that is wanted."""

from __future__ import annotations

import json
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
