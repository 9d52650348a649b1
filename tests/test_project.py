"""What the project says of itself is true: its pages, its commands, what it loads, and what is committed."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from migration_guard.cli import COMMANDS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
PLACES = re.compile(r"`([\w./-]+(?:\.(?:py|md|toml|yml)|/))`")
SCHEMA_ONLY = """revision = "1"
down_revision = None

import sqlalchemy as sa
from alembic import op


def upgrade():
    op.add_column("leads", sa.Column("status", sa.Text()))


def downgrade():
    op.drop_column("leads", "status")
"""
DATA = SCHEMA_ONLY.replace("def downgrade", '    op.execute("UPDATE leads SET status = 1")\n\n\ndef downgrade')
DRIVERS = "alembic asyncpg django MySQLdb psycopg psycopg2 pymysql sqlite3 sqlalchemy".split()


def committed() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("this is no git repository, so nothing says what is committed")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


# What the pages say.


@pytest.mark.parametrize("place", sorted(set(PLACES.findall((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")))))
def test_places_that_the_architecture_names_exist(place: str) -> None:
    assert (ROOT / place).exists() or (ROOT / "migration_guard" / place).exists()


@pytest.mark.parametrize(
    "page", ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "docs/index.md", "benchmarks/README.md"]
)
def test_links_lead_to_files(page: str) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", (ROOT / page).read_text(encoding="utf-8"))
    missing = [link for link in links if "://" not in link and not (ROOT / page).parent.joinpath(link).exists()]
    assert not missing


def test_commands_that_the_readme_names_are_in_the_makefile() -> None:
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", README, re.MULTILINE))
    targets = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
    assert {"demo", "test", "score", "bench"} <= named <= targets


def test_commands_that_make_help_lists_are_in_the_makefile() -> None:
    listed = set(re.findall(r'"make ([a-z-]+) ', MAKEFILE))
    assert listed == set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE)) - {"help", "clean"}


def test_the_excerpt_in_the_readme_is_what_the_demo_prints() -> None:
    ran = guard("check", "--no-baseline", cwd=ROOT / "examples" / "crm")
    excerpt = re.search(r"```console\n\$ .*?\n(.*?)```", README, re.DOTALL)
    assert excerpt is not None
    assert excerpt[1] in ran.stdout


def test_every_rule_stands_in_the_readme() -> None:
    listed = [line.split()[:2] for line in guard("rule").stdout.splitlines()]
    assert [" ".join(words) for words in listed] == re.findall(r"^\| (MG\d+ [a-z-]+) \|", README, re.MULTILINE)


def test_generated_pages_are_up_to_date() -> None:
    ran = subprocess.run(
        [sys.executable, "docs/generate.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_pages_of_rules_hold_no_marks_of_the_tests() -> None:
    shown = guard("rule", "--all").stdout
    assert shown.count("# MG") > 30
    pages = [path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "rules").iterdir()]
    assert not [text for text in (shown, *pages) if "expect:" in text]


# What is loaded.


def guard(*arguments: str, cwd: Path = ROOT, before: str = "", after: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command line, with code of ours before and after it in the same process."""
    code = (
        f"import sys\n{before}\nfrom migration_guard.cli import run\ncode = run(sys.argv[1:])\n{after}\nsys.exit(code)"
    )
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, encoding="utf-8", check=False)


def loaded(names: list[str]) -> str:
    return f"print('loaded', sorted(set({names!r}) & sys.modules.keys()), file=sys.stderr)"


DEAR = ["asyncio", "libcst", "multiprocessing", "rich", "sqlglot", "tree_sitter", "yaml"]
"""What takes longer to load than a run without findings takes."""


def test_a_command_of_backfills_loads_neither_database_nor_what_shows_and_watches() -> None:
    watching = [f"migration_guard.watching.{name}" for name in ("exposed", "hooks", "lookout", "run", "spans")]
    apart = ["opentelemetry", "prometheus_client", "psycopg", "rich", "sqlalchemy", *watching]
    ran = guard("backfill", "gate", "--help", after=loaded(apart))
    assert (ran.returncode, "loaded []" in ran.stderr) == (0, True), ran.stderr


@pytest.mark.parametrize("asked", ["--version", "--help", "check --help"])
def test_asking_for_help_loads_next_to_nothing(asked: str) -> None:
    rooms = ["migration_guard.backfill", "migration_guard.page", "migration_guard.watching"]
    ran = guard(*asked.split(), after=loaded([*DEAR, *rooms]))
    assert (ran.returncode, "loaded []" in ran.stderr) == (0, True), ran.stderr


def test_the_list_of_commands_says_what_they_say_themselves() -> None:
    said = {name: import_module(f"migration_guard.cli.{name.replace('-', '_')}").command for name in COMMANDS}
    assert {name: command.get_short_help_str(1_000) for name, command in said.items()} == COMMANDS


def test_with_nothing_to_read_no_reader_is_started(tmp_path: Path) -> None:
    tmp_path.joinpath("0001_status.py").write_text(SCHEMA_ONLY, encoding="utf-8")
    sentinel = (
        "import subprocess\n"
        "def refuse(*a, **k): raise AssertionError('a process was started')\n"
        "subprocess.Popen = refuse"
    )
    rules = ["migration_guard.rules.update_in_migration", "migration_guard.pool.readers"]
    ran = guard("check", ".", cwd=tmp_path, before=sentinel, after=loaded([*DEAR, *rules]))
    assert (ran.returncode, "loaded []" in ran.stderr) == (0, True), ran.stdout + ran.stderr
    assert "1 migration checked" in ran.stdout


def test_a_reader_loads_sqlglot_for_sql_only() -> None:
    code = "import migration_guard.reading.migration, sys; print('sqlglot' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"


@pytest.mark.parametrize("form", ["full", "concise", "json", "github"])
def test_what_was_read_before_is_told_without_readers_and_parsers(tmp_path: Path, form: str) -> None:
    (tmp_path / "migration-guard.toml").write_text("dialect = 'postgres'\n", encoding="utf-8")
    written = SCHEMA_ONLY.replace("def upgrade():\n", "def upgrade():\n    op.execute('UPDATE leads SET a = 1')\n")
    tmp_path.joinpath("0001_status.py").write_text(written, encoding="utf-8")
    first, again = (guard("check", ".", "--output-format", form, cwd=tmp_path, after=loaded(DEAR)) for _ in range(2))
    assert "MG101" in first.stdout, first.stderr
    assert (again.stdout, again.returncode, "loaded []" in again.stderr) == (first.stdout, 1, True), again.stderr


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks Linux which files a process has mapped or open")
def test_no_process_of_a_run_imports_a_driver(tmp_path: Path) -> None:
    """Each driver is replaced by a module that leaves a trace; nothing may step on it."""
    traps = tmp_path / "traps"
    traps.mkdir()
    for name in DRIVERS:
        traps.joinpath(f"{name}.py").write_text(
            f"open({str(tmp_path / 'trace')!r}, 'a').write({name!r})\n", encoding="utf-8"
        )
    folder = tmp_path / "versions"
    folder.mkdir()
    folder.joinpath("0001_status.py").write_text(DATA, encoding="utf-8")
    ran = guard(
        "check", ".", cwd=folder, before=f"sys.path.insert(0, {str(traps)!r})", after=loaded(["libcst", "sqlglot"])
    )
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "UPDATE of leads" in ran.stdout
    assert "loaded []" in ran.stderr
    assert not tmp_path.joinpath("trace").exists()


# What is committed.


def test_nothing_committed_names_a_path_of_a_machine_or_a_package_host() -> None:
    private = re.compile(
        rb"(?<![\w.*/}-])/(?:work|root|home|opt|Users)/[\w.]|files\.pythonhosted|pypi\.org|--(?:extra-)?index-url|find-links"
    )
    hostile = ROOT / "tests" / "hostile"
    found = [
        f"{path.relative_to(ROOT)}: {match[0].decode(errors='replace')}"
        for path in committed()
        if hostile not in path.parents and path != Path(__file__).resolve()
        if (match := private.search(path.read_bytes()))
    ]
    assert not found


def test_modules_keep_their_size() -> None:
    long = {
        f"{path.relative_to(ROOT)}: {lines} lines"
        for path in (ROOT / "migration_guard").rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 1000
    }
    assert not long
