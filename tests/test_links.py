"""Through a link that leads out of the repository nothing is written and nothing is read; that is said by name."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from program import run

ALEMBIC = "from alembic import op\nrevision = '1'\ndown_revision = None\ndef upgrade():\n    {}\n"
SECRET = "hunter2"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "r"
    (root / "versions").mkdir(parents=True)
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    (root / "versions" / "1.py").write_text(ALEMBIC.format("op.execute('UPDATE leads SET a = 1')"))
    return root


@pytest.mark.parametrize("there", [False, True], ids=["dangling", "to a file"])
@pytest.mark.parametrize(
    ("link", "arguments"),
    [
        (".migration-guard-baseline.jsonl", ("baseline",)),
        ("report.json", ("check", "--output", "json=report.json")),
        ("reports", ("check", "--output", "json=reports/report.json")),
        ("migration-guard.toml", ("init", "--write")),
    ],
)
def test_nothing_is_written_through_a_link(project: Path, there: bool, link: str, arguments: tuple[str, ...]) -> None:
    outside = project.parent / "outside"
    if link == "reports":
        outside.mkdir()
    elif there:
        outside.write_text("")
    (project / link).symlink_to(outside)
    done = run(*arguments, cwd=project)
    assert done.returncode == 2
    assert "symbolic link" in done.stderr and link in done.stderr
    assert (project / link).is_symlink()
    assert list(outside.iterdir()) == [] if outside.is_dir() else not outside.exists() or outside.read_text() == ""


def test_nothing_is_written_into_gits_own_files(project: Path) -> None:
    (project / ".migration-guard-baseline.jsonl").symlink_to(project / ".git" / "hooks" / "pre-commit")
    done = run("baseline", cwd=project)
    assert (done.returncode, (project / ".git" / "hooks" / "pre-commit").exists()) == (2, False)
    assert "git's own files" in done.stderr


def test_a_link_within_the_repository_stays_one(project: Path) -> None:
    (project / "ci").mkdir()
    (project / ".migration-guard-baseline.jsonl").symlink_to(project / "ci" / "baseline.jsonl")
    assert run("baseline", cwd=project).returncode == 0
    assert (project / ".migration-guard-baseline.jsonl").is_symlink()
    assert (project / "ci" / "baseline.jsonl").read_text().startswith('{"format"')


def test_a_report_may_go_wherever_the_command_line_says(project: Path) -> None:
    assert run("check", "--output", "json=../report.json", cwd=project).returncode == 1
    assert (project.parent / "report.json").exists()


@pytest.mark.parametrize("key", ["baseline", "tables-file"])
@pytest.mark.parametrize("place", ["../profile", "/elsewhere/profile"])
def test_a_configuration_names_no_file_outside(project: Path, key: str, place: str) -> None:
    (project / "migration-guard.toml").write_text(f"{key} = '{place}'")
    done = run("baseline", cwd=project)
    assert done.returncode == 2
    assert f"`{key}`" in done.stderr and "leads out of the repository" in done.stderr


@pytest.mark.parametrize(
    "name", ["migration-guard.toml", ".migration-guard-baseline.jsonl", ".migration-guard-tables.toml"]
)
def test_what_governs_is_not_read_through_a_link(project: Path, name: str) -> None:
    outside = project.parent / "outside"
    outside.write_text(f"{SECRET} = [")
    (project / name).symlink_to(outside)
    done = run("check", cwd=project)
    assert done.returncode == 2
    assert "leads out of the repository" in done.stderr
    assert SECRET not in done.stdout + done.stderr
