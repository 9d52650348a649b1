"""The action for GitHub: its steps are run by bash as GitHub would, with what a user may type as inputs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
INSTALL, CHECK = ACTION["runs"]["steps"]
HEADER = 'revision = "2f6c"\ndown_revision = "1e5b"\nfrom alembic import op\n\n\ndef upgrade():\n'
BAD = f"{HEADER}    op.execute(\"UPDATE leads SET status = 'new'\")\n"
CLEAN = f'{HEADER}    op.drop_column("leads", "status")\n'


@pytest.fixture
def runner(tmp_path: Path) -> Path:
    """Give a runner's folder for what lasts a job, in which the installing step has done its work."""
    programs = tmp_path / "runner" / "migration-guard" / "bin"
    programs.mkdir(parents=True)
    (programs / "migration-guard").symlink_to(Path(sys.executable).parent / "migration-guard")
    return tmp_path / "runner"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    for name, source in {"versions/a.py": CLEAN, "old ones/b.py": BAD}.items():
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(source, encoding="utf-8")
    (folder / ".git").mkdir()
    return folder


def check(repository: Path, runner: Path, paths: str = "", arguments: str = "") -> subprocess.CompletedProcess[str]:
    """Run the step as GitHub runs `shell: bash`."""
    own = {"RUNNER_TEMP": str(runner), "PATHS": paths, "ARGUMENTS": arguments}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", CHECK["run"]],
        cwd=repository,
        env={**inherited, **own},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def test_no_input_becomes_part_of_a_script() -> None:
    for step in (INSTALL, CHECK):
        assert "${{" not in step["run"]
    taken = {value for step in (INSTALL, CHECK) for value in step["env"].values()} | {CHECK["working-directory"]}
    assert {f"${{{{ inputs.{name} }}}}" for name in ACTION["inputs"]} <= taken
    assert "token" not in str(ACTION["inputs"])


def test_clean_passes_and_a_finding_fails_with_an_annotation(repository: Path, runner: Path) -> None:
    clean = check(repository, runner, paths="versions\n")
    assert clean.returncode == 0, clean.stdout + clean.stderr
    bad = check(repository, runner)
    assert bad.returncode == 1, bad.stdout + bad.stderr
    assert "file=old ones/b.py,line=7" in bad.stdout


def test_paths_with_spaces_and_further_arguments(repository: Path, runner: Path) -> None:
    assert check(repository, runner, paths="versions\nold ones\n").returncode == 1
    assert check(repository, runner, paths="old ones", arguments="--config\nfail-on=high\n").returncode == 0


@pytest.mark.parametrize("hostile", ["$(touch trace)", "`touch trace`", "; touch trace", "--exit-zero"])
def test_what_is_typed_as_a_path_is_a_path(repository: Path, runner: Path, hostile: str) -> None:
    ran = check(repository, runner, paths=hostile)
    assert (ran.returncode, "there is no" in ran.stderr) == (2, True), ran.stdout + ran.stderr
    assert not (repository / "trace").exists()


def test_the_installing_step_installs_this_very_version(tmp_path: Path) -> None:
    own = {"RUNNER_TEMP": str(tmp_path), "VERSION": "", "ACTION_PATH": str(ROOT), "PIP_NO_COMPILE": "1"}
    environment = {**os.environ, **own}
    subprocess.run(["bash", "-eo", "pipefail", "-c", INSTALL["run"]], env=environment, timeout=600, check=True)
    ran = subprocess.run(
        [tmp_path / "migration-guard" / "bin" / "migration-guard", "--version"], capture_output=True, check=True
    )
    assert ran.stdout.startswith(b"migration-guard ")
