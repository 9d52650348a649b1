"""The closed form: baseline, remarks and configuration as of the base branch, so that no branch judges itself."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from program import run

HEAD = "from alembic import op\nrevision = '{0}'\ndown_revision = None\n\n\ndef upgrade():\n"
UPDATE = "    op.execute('UPDATE leads SET a = 1')\n"
CLOSED = ("--baseline-from", "main", "--config-from", "main", "--no-inline-ignores-since", "main", "--strict-discovery")


class Project:
    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "versions").mkdir(parents=True)
        self.git("init", "-q", "-b", "main")
        self.write("versions/1.py", HEAD.format("1") + UPDATE)
        self.write("migration-guard.toml", "hot-tables = ['leads']\n")
        assert run("baseline", cwd=root).returncode == 0
        self.commit()
        self.git("checkout", "-q", "-b", "branch")

    def git(self, *arguments: str) -> None:
        identity = ("-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *identity, *arguments], cwd=self.root, check=True)

    def write(self, name: str, text: str) -> None:
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text)

    def commit(self) -> None:
        self.git("add", "-A", "-f")
        self.git("commit", "-q", "-m", "x")

    def check(self) -> int:
        return run("check", *CLOSED, cwd=self.root).returncode


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "r")


NEW = HEAD.format("2") + UPDATE


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("migration-guard.toml", "exclude = ['versions/2.py']"),
        ("migration-guard.toml", "fail-on = 'high'\nsmall-tables = ['leads']"),
        ("migration-guard.toml", "ignore = ['MG101']"),
        ("migration-guard.toml", "[per-file-ignores]\n'*' = ['MG1']"),
        ("migration-guard.toml", "paths = ['other']"),
        ("migration-guard.toml", "[severity]\nMG101 = 'low'"),
        ("migration-guard.toml", "[grandfather]\n'versions' = ['2']"),
        ("migration-guard.toml", "baseline = 'other.jsonl'"),
        ("versions/migration-guard.toml", "ignore = ['ALL']"),
        ("versions/pyproject.toml", "[tool.migration-guard]\nexclude = ['*']"),
        (".migration-guard-tables.toml", "[tables]\n"),
        (".gitignore", "versions/2.py"),
        ("versions/pyvenv.cfg", "home = x"),
        ("versions/.gitignore", "*"),
        (".gitattributes", "versions/2.py -diff linguist-generated filter=x"),
        (".gitmodules", "[submodule 'versions']\npath = versions\nurl = x"),
        ("alembic.ini", "[alembic]\nscript_location = nowhere"),
        (
            "migration-guard.toml",
            "hot-tables = ['leads']\n[databases.x]\npaths = ['versions']\nsmall-tables = ['leads']",
        ),
        ("migration-guard.toml", "dialect = 'mysql'"),
        ("migration-guard.toml", "file-timeout = 0.01"),
        ("migration-guard.toml", "select = ['MG901']"),
        ("migration-guard.toml", "tables-file = 'versions/2.py'"),
        ("versions/.migration-guard-baseline.jsonl", '{"format":1}'),
        (".migration-guard-baseline.jsonl", '<<<<<<< a\n{"format":1}\n=======\n{"format":1}\n>>>>>>> b'),
        (".migration-guard-cache/x", ""),
        ("json.py", "raise SystemExit(0)"),
        ("migration_guard/__init__.py", "raise SystemExit(0)"),
        ("sitecustomize.py", "import os\nos._exit(0)"),
        ("other/1.py", HEAD.format("3") + "    pass\n"),
    ],
)
def test_what_a_branch_says_of_itself_does_not_count(project: Project, name: str, text: str) -> None:
    assert project.check() == 0
    project.write("versions/2.py", NEW)
    project.write(name, text)
    project.commit()
    assert project.check() == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("versions/2.py", HEAD.format("2") + "    # migration-guard: ignore[MG101] -- so\n" + UPDATE),
        ("versions/2.py", "# migration-guard: file-ignore[MG101] -- so\n" + NEW),
        ("versions/1.py", HEAD.format("1") + UPDATE + UPDATE),
        ("versions/1b.py", HEAD.format("1b") + UPDATE),
        ("venv/versions/2.py", NEW),
        (".hidden/versions/2.py", NEW),
        ("__pycache__/2.py", NEW),
    ],
)
def test_nor_does_where_and_how_it_says_it(project: Project, name: str, text: str) -> None:
    project.write(name, text)
    project.commit()
    assert project.check() == 1


def test_a_baseline_that_the_branch_writes_does_not_count(project: Project) -> None:
    project.write("versions/2.py", NEW)
    assert run("baseline", "--accept-new", cwd=project.root).returncode == 0
    project.commit()
    assert run("check", cwd=project.root).returncode == 0
    assert project.check() == 1


def test_a_statement_changed_under_an_old_remark_is_new(project: Project) -> None:
    remark = "    # migration-guard: ignore[MG101] -- agreed\n"
    project.write("versions/2.py", HEAD.format("2") + remark + UPDATE)
    project.commit()
    project.git("branch", "-f", "main")
    assert project.check() == 0
    project.write("versions/2.py", HEAD.format("2") + remark + UPDATE.replace("a = 1", "a = 2"))
    project.commit()
    assert project.check() == 1


def test_what_governed_and_was_deleted_governs(project: Project) -> None:
    project.write("versions/2.py", NEW)
    (project.root / "migration-guard.toml").unlink()
    project.commit()
    assert project.check() == 1


def test_a_wrong_revision_is_told(project: Project) -> None:
    done = run("check", "--config-from", "nowhere", cwd=project.root)
    assert done.returncode == 2
    assert "--config-from: there is no revision 'nowhere'" in done.stderr
