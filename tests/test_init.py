"""`migration-guard init`: what it proposes for real trees, and that it never harms what is there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import program
import pytest
import yaml

from migration_guard import __version__
from migration_guard.config import SettingsLoader
from migration_guard.init.source import Source, told

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ALEMBIC = 'revision = "1"\ndown_revision = None\nfrom alembic import op\n\n\ndef upgrade():\n    op.drop_table("a")\n'
DJANGO = "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n    operations = []\n"
SCRIPT = """import psycopg


def run(connection):
    # Migration 1: leads
    connection.execute("CREATE TABLE leads (id int)")
    # Migration 2: status
    connection.execute("ALTER TABLE leads ADD COLUMN status text")
    # Migration 2a: owner
    connection.execute("ALTER TABLE leads ADD COLUMN owner int")
"""
PYPROJECT = '[project]\nname = "crm"\ndependencies = ["psycopg"]\n'


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", "."], cwd=tmp_path, check=True)
    return tmp_path


def put(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")


def init(cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return program.run("init", *arguments, cwd=cwd)


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }


def test_it_proposes_and_writes_nothing(repository: Path) -> None:
    put(repository, **{"pyproject.toml": PYPROJECT, "versions/1.py": ALEMBIC})
    before = tree(repository)
    ran = init(repository)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "Found 1 migration of alembic.\n" in ran.stdout
    assert "pyproject.toml: would get, at its end\n" in ran.stdout
    assert "    [tool.migration-guard]\n" in ran.stdout
    assert ".pre-commit-config.yaml: would be created\n" in ran.stdout
    assert ran.stdout.endswith("Nothing was written; `migration-guard init --write` does it.\n")
    assert tree(repository) == before


def test_what_it_writes_governs_and_is_proposed_once(repository: Path) -> None:
    put(repository, **{"pyproject.toml": PYPROJECT, "versions/1.py": ALEMBIC, ".github/CODEOWNERS": "* @ann\n"})
    assert init(repository, "--write").returncode == 0
    assert (repository / "pyproject.toml").read_text().startswith(f"{PYPROJECT}\n[tool.migration-guard]\n")
    assert SettingsLoader(cwd=repository).for_folder(repository).source == repository / "pyproject.toml"
    hook = yaml.safe_load((repository / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"][0]
    assert (hook["id"], hook["entry"]) == ("migration-guard", "migration-guard check --force-exclude")
    job = yaml.safe_load((repository / ".github" / "workflows" / "migration-guard.yml").read_text())
    run = job["jobs"]["migration-guard"]["steps"][-1]["run"]
    assert run.startswith("migration-guard check")
    closed = (
        "--baseline-from origin/main --config-from origin/main --no-inline-ignores-since origin/main --strict-discovery"
    )
    assert closed in run
    written = tree(repository)
    again = init(repository, "--write")
    assert (again.returncode, "Everything is set up." in again.stdout) == (0, True)
    assert tree(repository) == written


def test_parts_with_configurations_of_their_own_get_no_third(repository: Path) -> None:
    """Where one part has none, one is proposed for it; the nearest file governs, so the others keep theirs."""
    put(repository, **{f"{part}/versions/1.py": ALEMBIC for part in ("crm", "shop")})
    put(repository, **{f"{part}/migration-guard.toml": 'hot-tables = ["leads"]\n' for part in ("crm", "shop")})
    said = init(repository).stdout
    assert "Configured in crm/migration-guard.toml.\nConfigured in shop/migration-guard.toml.\n" in said
    assert "migration-guard.toml: would be created" not in said
    assert ".pre-commit-config.yaml: would be created" in said
    put(repository, **{"billing/versions/1.py": ALEMBIC})
    assert "\nmigration-guard.toml: would be created" in init(repository).stdout


def test_a_subfolder_means_its_repository(repository: Path) -> None:
    put(repository, **{"crm/migrations/0001_initial.py": DJANGO})
    ran = init(repository / "crm", "--write")
    assert "../migration-guard.toml: created\n" in ran.stdout
    assert (repository / "migration-guard.toml").exists()


def test_a_script_written_by_hand_is_found_with_its_marker(repository: Path) -> None:
    put(
        repository, **{"server/db_migrate.py": SCRIPT, "tests/test_db_migrate.py": SCRIPT, "crm/versions/1.py": ALEMBIC}
    )
    assert "a script that looks like migrations: server/db_migrate.py." in init(repository, "--write").stdout
    settings = SettingsLoader(cwd=repository).for_folder(repository)
    assert settings.paths == (".", "server/db_migrate.py")
    assert settings.migration_marker == r"# ?Migration (\d+[a-z]?):"
    ran = program.run(cwd=repository)
    assert (ran.returncode, "2 migrations checked, 0 new" in ran.stdout) == (0, True), ran.stdout + ran.stderr


@pytest.mark.parametrize(
    ("requirements", "dialect"),
    [("mysqlclient==2\n", "mysql"), ("psycopg2\nmysqlclient\n", None), ("flask\n", None)],
)
def test_the_dialect_is_that_of_the_only_driver(repository: Path, requirements: str, dialect: str | None) -> None:
    put(repository, **{"requirements.txt": requirements, "versions/1.py": ALEMBIC})
    init(repository, "--write")
    assert SettingsLoader(cwd=repository).for_folder(repository).dialect == dialect


def test_nothing_is_proposed_that_is_there(repository: Path) -> None:
    put(
        repository,
        **{
            "migration-guard.toml": "",
            ".pre-commit-config.yaml": "repos:\n- repo: local\n  hooks:\n  - id: migration-guard\n",
            ".gitattributes": ".migration-guard-baseline.jsonl merge=union\n",
            ".github/workflows/lint.yml": "jobs: {lint: {steps: [{run: migration-guard}]}}\n",
            "versions/1.py": ALEMBIC,
        },
    )
    before = tree(repository)
    ran = init(repository, "--write")
    assert "Configured in migration-guard.toml.\n\nEverything is set up.\n" in ran.stdout
    assert tree(repository) == before


VCS = {
    "url": "https://example.com/guard.git",
    "vcs_info": {"vcs": "git", "commit_id": "c0ffee", "requested_revision": "main"},
}


@pytest.mark.parametrize(
    ("noted", "expected"),
    [
        (None, Source(f"migration-guard=={__version__}")),
        (VCS, Source("migration-guard @ git+https://example.com/guard.git@c0ffee")),
        (
            {**VCS, "subdirectory": "lint"},
            Source("migration-guard @ git+https://example.com/guard.git@c0ffee#subdirectory=lint"),
        ),
        (
            {"url": "https://example.com/migration_guard.whl", "archive_info": {}},
            Source("migration-guard @ https://example.com/migration_guard.whl"),
        ),
        ({"url": "file:///elsewhere/guard", "dir_info": {}}, Source(f"migration-guard=={__version__}", anywhere=False)),
        (
            {**VCS, "url": "file:///elsewhere/guard"},
            Source(f"migration-guard=={__version__}", anywhere=False),
        ),
        (
            {"url": "file:///repository/wheels/the%20guard.whl", "archive_info": {}},
            Source("./wheels/the guard.whl", beside=True),
        ),
    ],
)
def test_others_install_what_this_copy_came_from(noted: dict[str, object] | None, expected: Source) -> None:
    assert told(None if noted is None else json.dumps(noted), Path("/repository")) == expected


def test_the_hook_of_a_copy_that_no_index_has_runs(repository: Path) -> None:
    """This copy came from a folder, so that pre-commit takes the one that the developer has."""
    put(repository, **{"versions/1.py": ALEMBIC.replace('op.drop_table("a")', 'op.execute("UPDATE a SET b = 1")')})
    assert init(repository, "--write").returncode == 0
    folder = str(Path(sys.executable).parent)
    environment = {**os.environ, "PATH": os.pathsep.join((folder, os.environ["PATH"]))}
    for command, code in ((("git", "add", "."), 0), (("pre-commit", "run"), 1)):
        ran = subprocess.run(command, cwd=repository, env=environment, capture_output=True, text=True, check=False)
        assert ran.returncode == code, ran.stdout + ran.stderr
    assert "MG101 update-in-migration" in ran.stdout


# Files that are there.


@pytest.mark.parametrize(
    "hooks",
    [
        "repos:\n- repo: https://example.com/a\n  rev: '1'\n  hooks:\n  - id: a\n",
        "# ours\ndefault_stages: [pre-commit]\nrepos:\n  # first\n  - repo: meta\n    hooks:\n      - id: identity",
        "repos:\r\n  - repo: meta\r\n    hooks:\r\n      - id: identity\r\n",
    ],
)
def test_a_plain_list_of_hooks_is_added_to(repository: Path, hooks: str) -> None:
    put(repository, **{"versions/1.py": ALEMBIC, ".pre-commit-config.yaml": hooks})
    ran = init(repository, "--write")
    assert ".pre-commit-config.yaml: added at the end\n" in ran.stdout
    with open(repository / ".pre-commit-config.yaml", encoding="utf-8", newline="") as file:
        text = file.read()
    assert text.startswith(hooks)
    assert ("\r\n" in hooks) == ("\r\n" in text)
    assert "\n" not in text.replace("\r\n", "") or "\r\n" not in hooks
    was, now = yaml.safe_load(hooks), yaml.safe_load(text)
    assert now["repos"][:-1] == was["repos"]
    assert now["repos"][-1]["hooks"][0]["id"] == "migration-guard"


@pytest.mark.parametrize(
    "hooks",
    [
        "repos: [{repo: meta, hooks: [{id: identity}]}]\n",
        "repos:\n- repo: meta\n  hooks: []\nfail_fast: true\n",
        "repos:\n- repo: meta\n  hooks: []\n...\n",
        "repos:\n",
        "",
    ],
)
def test_other_hooks_are_left_alone_and_told(repository: Path, hooks: str) -> None:
    put(repository, **{"versions/1.py": ALEMBIC, ".pre-commit-config.yaml": hooks})
    ran = init(repository, "--write")
    assert ".pre-commit-config.yaml: add this yourself" in ran.stdout
    assert "    - repo: local\n" in ran.stdout
    assert (repository / ".pre-commit-config.yaml").read_text() == hooks


@pytest.mark.parametrize("text", ["tool = {}\n", "[project\n", "tool.black.line-length = 120\n[tool]\n"])
def test_a_pyproject_that_takes_no_section_is_left_alone(repository: Path, text: str) -> None:
    put(repository, **{"versions/1.py": ALEMBIC, "pyproject.toml": text})
    ran = init(repository, "--write")
    assert ran.returncode == 0
    assert "pyproject.toml: add this yourself" in ran.stdout
    assert (repository / "pyproject.toml").read_text() == text


def test_a_pyproject_keeps_its_form(repository: Path) -> None:
    text = "\ufeff[project]\r\nname = 'crm'  # ours\r\n[tool.black]\r\nline-length = 120"
    put(repository, **{"versions/1.py": ALEMBIC, "shared/pyproject.toml": text})
    (repository / "pyproject.toml").symlink_to("shared/pyproject.toml")
    (repository / "shared" / "pyproject.toml").chmod(0o640)
    assert init(repository, "--write").returncode == 0
    written = (repository / "shared" / "pyproject.toml").read_bytes().decode("utf-8")
    assert written.startswith(f"{text}\r\n\r\n[tool.migration-guard]\r\n")
    assert "\n" not in written.replace("\r\n", "")
    assert tomllib.loads(written[1:])["tool"].keys() == {"black", "migration-guard"}
    assert (repository / "pyproject.toml").is_symlink()
    assert os.stat(repository / "pyproject.toml").st_mode & 0o777 == 0o640


def test_a_pipeline_of_gitlab_is_told(repository: Path) -> None:
    put(repository, **{"versions/1.py": ALEMBIC, ".gitlab-ci.yml": "stages: [test]\n"})
    ran = init(repository, "--write")
    assert ".gitlab-ci.yml: add this yourself" in ran.stdout
    assert (repository / ".gitlab-ci.yml").read_text() == "stages: [test]\n"


def test_the_job_that_is_proposed_stands_before_zizmor(repository: Path) -> None:
    put(repository, **{"versions/1.py": ALEMBIC, ".github/CODEOWNERS": "* @ann\n"})
    assert init(repository, "--write").returncode == 0
    zizmor = str(Path(sys.executable).with_name("zizmor"))
    looked = (
        zizmor,
        "--offline",
        "--quiet",
        "--no-progress",
        str(repository / ".github" / "workflows" / "migration-guard.yml"),
    )
    looks = subprocess.run(looked, capture_output=True, encoding="utf-8", check=False)
    assert looks.returncode == 0, looks.stdout + looks.stderr


# What cannot be done.


def test_no_migration_is_an_error(repository: Path) -> None:
    put(repository, **{"app.py": "print()\n"})
    ran = init(repository, "--write")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == "Error: no migration was found in .; name them in `paths` of migration-guard.toml\n"
    assert set(tree(repository)) == {"app.py"}


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("migration-guard.toml", b"dialct = 'mysql'\n", "did you mean `dialect`"),
        ("pyproject.toml", b"# caf\xe9\n", "pyproject.toml cannot be read"),
        (".pre-commit-config.yaml", b"# caf\xe9\n", ".pre-commit-config.yaml cannot be read"),
    ],
)
def test_what_cannot_be_read_is_not_treated_as_missing(repository: Path, name: str, text: bytes, said: str) -> None:
    put(repository, **{"versions/1.py": ALEMBIC})
    (repository / name).write_bytes(text)
    before = tree(repository)
    ran = init(repository, "--write")
    assert (ran.returncode, said in ran.stderr) == (2, True), ran.stderr
    assert tree(repository) == before


def test_a_dangling_link_is_not_written_through(repository: Path) -> None:
    put(repository, **{"versions/1.py": ALEMBIC})
    (repository / "migration-guard.toml").symlink_to("elsewhere.toml")
    ran = init(repository, "--write")
    assert (ran.returncode, "could not be written: File exists" in ran.stderr) == (2, True), ran.stderr
    assert not (repository / "elsewhere.toml").exists()


FIRST_RUNS = {
    "alembic": ("versions/1.py", ALEMBIC.replace('drop_table("a")', 'execute("UPDATE leads SET a = 1")'), "versions/1.py:7: MG101"),
    "frappe": ("crm/patches/fill.py", "import frappe\n\n\ndef execute():\n    frappe.db.set_value('Lead', {}, 'hot', 0)\n", "MG101"),
    "odoo": ("a/migrations/16.0.1.0.0/pre-a.py", "def migrate(cr, version):\n    cr.execute('DELETE FROM a')\n", "MG103"),
    "numbered module": ("db/001_fill.py", "def upgrade(connection):\n    connection.execute('DELETE FROM a')\n", "MG103"),
    "sql file": ("migrations/001_a.sql", "UPDATE leads SET a = 1;\n", "migrations/001_a.sql:1: MG101"),
}  # fmt: skip


@pytest.mark.parametrize("framework", FIRST_RUNS)
def test_it_shows_what_a_first_run_would_say(framework: str, repository: Path) -> None:
    name, text, worst = FIRST_RUNS[framework]
    (repository / name).parent.mkdir(parents=True)
    (repository / name).write_text(text, encoding="utf-8")
    said = program.run("init", cwd=repository).stdout
    assert f"Found 1 migration of {framework}." in said
    assert "A first run would say: 1 finding (1 medium) in 1 migration." in said
    assert worst in said


SCRIPTS = {
    "pony": "from pony.orm import db_session\nfrom app import Lead\n\nwith db_session:\n    Lead[1].delete()\n",
    "playhouse": "from playhouse.migrate import migrate, SqliteMigrator\n\nSqliteMigrator(db).database.execute_sql('DELETE FROM leads')\n",
}


@pytest.mark.parametrize("name", [*FIRST_RUNS, *SCRIPTS])
def test_what_it_proposes_works(name: str, repository: Path) -> None:
    path, text, _ = FIRST_RUNS.get(name, ("scripts/migrate_leads.py", SCRIPTS.get(name, ""), ""))
    (repository / path).parent.mkdir(parents=True)
    (repository / path).write_text(text, encoding="utf-8")
    assert init(repository, "--write").returncode == 0
    said = program.run("check", cwd=repository)
    assert (said.returncode, said.stdout.count("1 migration checked, 1 new")) == (1, 1), said.stdout
    assert program.run("baseline", cwd=repository).returncode == 0
    assert program.run("check", cwd=repository).returncode == 0


def test_a_first_run_hides_neither_what_is_unread_nor_what_cannot_be_checked(repository: Path) -> None:
    for name, text in {
        "versions/1.py": ALEMBIC,
        "versions/2.py": f"{ALEMBIC}(",
        "app/migrations.py": "x.execute('DELETE FROM a')\n",
    }.items():
        (repository / name).parent.mkdir(exist_ok=True)
        (repository / name).write_text(text, encoding="utf-8")
    said = program.run("init", cwd=repository).stdout
    assert "1 file could not be checked: versions/2.py" in said
    assert "1 file beside migrations may change data and is not read: app/migrations.py" in said
