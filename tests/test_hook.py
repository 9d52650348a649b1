"""The hooks, from `git commit` to refusal: real git, real pre-commit and prek, the package installed as they do it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
HEADER = 'revision = "{0}"\ndown_revision = "1e5b"\nfrom alembic import op\n\n\ndef upgrade():\n'
CLEAN = f'{HEADER}    op.drop_column("leads", "status")\n'
BAD = f"{HEADER}    op.execute(\"UPDATE leads SET status = 'new' WHERE id = '{{0}}'\")\n"
REFUSAL = "MG101 update-in-migration [medium] UPDATE of leads runs inside the migration"
HOOKS = """repos:
- repo: {repo}
  rev: {rev}
  hooks:
  - id: migration-guard
"""

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run programs with caches and a git configuration of their own, and without what a hook around us has set."""
    home = tmp_path_factory.mktemp("home")
    (home / "gitconfig").write_text("[user]\nname = Ann\nemail = ann@example.com\n[init]\ndefaultBranch = main\n")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PRE_COMMIT", "PREK"))}
    own = {
        "GIT_CONFIG_GLOBAL": str(home / "gitconfig"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "NO_COLOR": "1",
        "PIP_NO_COMPILE": "1",
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "PREK_HOME": str(home / "prek"),
        "PRE_COMMIT_HOME": str(home / "pre-commit"),
    }

    def start(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        ran = subprocess.run(
            command, cwd=cwd, env={**kept, **own}, capture_output=True, encoding="utf-8", timeout=600, check=False
        )
        return subprocess.CompletedProcess(command, ran.returncode, ran.stdout + ran.stderr)

    return start


@pytest.fixture(scope="module")
def hooks(run: Run, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Give a repository that holds this project as it stands here, committed, and the revision."""
    repository = tmp_path_factory.mktemp("hooks")
    for name in (".pre-commit-hooks.yaml", "LICENSE", "README.md", "hatch_build.py", "pyproject.toml"):
        shutil.copy(ROOT / name, repository)
    shutil.copytree(ROOT / "docs" / "rules", repository / "docs" / "rules")
    shutil.copytree(
        ROOT / "migration_guard", repository / "migration_guard", ignore=shutil.ignore_patterns("__pycache__")
    )
    for command in ("init -q", "add -A", "commit -q -m Hooks"):
        assert run("git", *command.split(), cwd=repository).returncode == 0
    return repository, run("git", "rev-parse", "HEAD", cwd=repository).stdout.strip()


@pytest.fixture
def repository(run: Run, tmp_path: Path) -> Path:
    (tmp_path / "versions").mkdir()
    put(tmp_path, a=CLEAN)
    (tmp_path / "app.py").write_text("print('no migration')\n", encoding="utf-8")
    for command in ("init -q", "add -A", "commit -q -m First"):
        assert run("git", *command.split(), cwd=tmp_path).returncode == 0
    return tmp_path


@pytest.fixture
def guarded(run: Run, hooks: tuple[Path, str], repository: Path) -> Path:
    """Give a repository in which pre-commit guards each commit."""
    (repository / ".pre-commit-config.yaml").write_text(HOOKS.format(repo=hooks[0], rev=hooks[1]), encoding="utf-8")
    assert run("pre-commit", "install", cwd=repository).returncode == 0
    committed = commit(run, repository)
    assert committed.returncode == 0, committed.stdout
    return repository


def put(repository: Path, **sources: str) -> None:
    for name, source in sources.items():
        (repository / "versions" / f"{name}.py").write_text(source.format(name), encoding="utf-8")


def commit(run: Run, repository: Path) -> subprocess.CompletedProcess[str]:
    assert run("git", "add", "-A", cwd=repository).returncode == 0
    return run("git", "commit", "-m", "More", cwd=repository)


def subjects(run: Run, repository: Path) -> int:
    return len(run("git", "log", "--format=%s", cwd=repository).stdout.splitlines())


def test_try_repo(run: Run, hooks: tuple[Path, str], repository: Path) -> None:
    """It installs the hook anew each time, so it is asked once: that what is clean passes is seen with commits below."""
    put(repository, b=CLEAN, c=BAD)
    run("git", "add", "-A", cwd=repository)
    tried = ("pre-commit", "try-repo", str(hooks[0]), "migration-guard", "--verbose", "--files")
    bad = run(*tried, "versions/b.py", "versions/c.py", "app.py", cwd=repository)
    assert (bad.returncode, REFUSAL in bad.stdout) == (1, True), bad.stdout
    assert "2 migrations checked, 1 new" in bad.stdout


def test_a_clean_commit_passes_and_a_bad_one_is_refused(run: Run, guarded: Path) -> None:
    put(guarded, b=CLEAN)
    clean = commit(run, guarded)
    assert (clean.returncode, "Passed" in clean.stdout) == (0, True), clean.stdout
    before = subjects(run, guarded)
    put(guarded, c=BAD)
    refused = commit(run, guarded)
    assert (refused.returncode, REFUSAL in refused.stdout) == (1, True), refused.stdout
    assert "--> versions/c.py:7:17 (migration c)" in refused.stdout
    assert subjects(run, guarded) == before


def test_what_cannot_be_read_is_refused(run: Run, guarded: Path) -> None:
    put(guarded, b=f"{CLEAN}    op.execute(\n")
    refused = commit(run, guarded)
    assert (refused.returncode, "could not be checked: versions/b.py:8" in refused.stdout) == (1, True), refused.stdout


def test_other_files_and_other_migrations_are_left_alone(run: Run, guarded: Path) -> None:
    put(guarded, old=BAD)
    assert run("git", "add", "-A", cwd=guarded).returncode == 0
    assert run("git", "commit", "--no-verify", "-m", "Old", cwd=guarded).returncode == 0
    (guarded / "app.py").write_text("UPDATE = 'UPDATE leads SET status = 1'\n", encoding="utf-8")
    passed = commit(run, guarded)
    assert (passed.returncode, "Passed" in passed.stdout) == (0, True), passed.stdout


def test_grandfathered_renamed_and_deleted(run: Run, guarded: Path) -> None:
    put(guarded, b=BAD)
    assert run("migration-guard", "baseline", cwd=guarded).returncode == 0
    grandfathered = commit(run, guarded)
    assert grandfathered.returncode == 0, grandfathered.stdout
    put(guarded, b=f"# of last year\n{BAD}")
    edited = commit(run, guarded)
    assert edited.returncode == 0, edited.stdout
    assert run("git", "mv", "versions/b.py", "versions/0002_b.py", cwd=guarded).returncode == 0
    renamed = commit(run, guarded)
    assert renamed.returncode == 0, renamed.stdout
    put(guarded, c=BAD)
    assert commit(run, guarded).returncode == 1
    assert run("git", "rm", "-q", "-f", "versions/0002_b.py", "versions/c.py", cwd=guarded).returncode == 0
    deleted = commit(run, guarded)
    assert deleted.returncode == 0, deleted.stdout


def test_the_baseline_is_kept_true(run: Run, hooks: tuple[Path, str], guarded: Path) -> None:
    both = f"{HOOKS.format(repo=hooks[0], rev=hooks[1])}  - id: migration-guard-baseline\n"
    (guarded / ".pre-commit-config.yaml").write_text(both, encoding="utf-8")
    put(guarded, b=BAD)
    assert run("migration-guard", "baseline", cwd=guarded).returncode == 0
    grandfathered = commit(run, guarded)
    assert grandfathered.returncode == 0, grandfathered.stdout
    assert run("git", "rm", "-q", "versions/b.py", cwd=guarded).returncode == 0
    stale = commit(run, guarded)
    assert (stale.returncode, "migration guard baseline" in stale.stdout.replace("-", " ")) == (1, True), stale.stdout
    assert run("migration-guard", "baseline", cwd=guarded).returncode == 0
    pruned = commit(run, guarded)
    assert pruned.returncode == 0, pruned.stdout


def test_many_files_are_one_run(run: Run, guarded: Path) -> None:
    put(guarded, **{f"m{number}": CLEAN for number in range(79)}, bad=BAD)
    refused = commit(run, guarded)
    assert (refused.returncode, refused.stdout.count(REFUSAL)) == (1, 1), refused.stdout
    assert "80 migrations checked, 1 new" in refused.stdout


def test_prek_takes_the_same_hook(run: Run, hooks: tuple[Path, str], repository: Path) -> None:
    (repository / ".pre-commit-config.yaml").write_text(HOOKS.format(repo=hooks[0], rev=hooks[1]), encoding="utf-8")
    assert run("prek", "install", cwd=repository).returncode == 0
    put(repository, b=CLEAN)
    clean = commit(run, repository)
    assert (clean.returncode, "Passed" in clean.stdout) == (0, True), clean.stdout
    put(repository, c=BAD)
    refused = commit(run, repository)
    assert (refused.returncode, REFUSAL in refused.stdout) == (1, True), refused.stdout
