"""Several databases in one repository: each file is judged by the one that it belongs to, from wherever one looks."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import program
import pytest

from migration_guard.config import ConfigError, SettingsLoader
from migration_guard.discover import Discovery, discover

HEADER = 'revision = "2f6c"\ndown_revision = "1e5b"\nfrom alembic import op\n\n\ndef upgrade():\n'
LEADS = "UPDATE leads SET status = 1"
JOIN = "UPDATE calls JOIN leads ON calls.lead = leads.id SET calls.status = 1"
CONDITIONAL = "/*!50100 UPDATE invoices SET paid = 1 */"
COMMENTED = "SELECT 1 # 2; DELETE FROM calls"
"""A comment in MySQL, and an operator and a DELETE in PostgreSQL."""
CONFIGURATION = """
[tool.migration-guard]
hot-tables = ["invoices"]
fail-on = "low"

[tool.migration-guard.databases.main]
paths = ["crm/migrations"]
hot-tables = ["leads"]

[tool.migration-guard.databases.legacy]
paths = ["billing/*/versions", "scripts/upgrade.py"]
dialect = "mysql"
small-tables = ["leads"]
"""

Write = Callable[..., Path]
Finding = tuple[str, str, str, str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(name: str, *statements: str, header: str = HEADER) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(header + "".join(f"    op.execute({one!r})\n" for one in statements), encoding="utf-8")
        return path

    return write


@pytest.fixture
def repository(tmp_path: Path, write: Write) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "pyproject.toml").write_text(CONFIGURATION, encoding="utf-8")
    write("crm/migrations/0001_leads.py", LEADS, COMMENTED)
    write("billing/eu/versions/a.py", LEADS, JOIN, CONDITIONAL, COMMENTED)
    write("scripts/upgrade.py", header="def main(cursor):\n    cursor.execute('UPDATE leads SET status = 2')\n")
    return tmp_path


def guard(cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return program.run(*arguments, cwd=cwd)


def findings(repository: Path, cwd: str = ".", *arguments: str) -> list[Finding]:
    """Run the command line somewhere, and give what it finds: file from the root on, rule, severity, table."""
    result = guard(repository / cwd, "check", "--output-format", "json", *arguments)
    assert result.returncode == 1, result.stdout + result.stderr
    report = json.loads(result.stdout)
    assert report["problems"] == []
    return sorted(
        (
            os.path.relpath(repository / cwd / one["path"], repository),
            one["code"],
            one["severity"],
            one["operation"]["table"],
        )
        for one in report["findings"]
    )


MAIN = [
    ("crm/migrations/0001_leads.py", "MG101", "high", "leads"),
    ("crm/migrations/0001_leads.py", "MG103", "medium", "calls"),
]
LEGACY = [
    ("billing/eu/versions/a.py", "MG101", "high", "invoices"),
    ("billing/eu/versions/a.py", "MG101", "low", "leads"),
    ("billing/eu/versions/a.py", "MG101", "medium", "calls"),
]
SCRIPT = [("scripts/upgrade.py", "MG101", "low", "leads")]


def find(cwd: Path, *paths: str, config: tuple[str, ...] = ()) -> Discovery:
    return discover(paths, cwd=cwd, load=SettingsLoader(cwd=cwd, config=config))


def dialects(found: Discovery) -> dict[str, str | None]:
    return {one.shown: one.settings.dialect for one in found.candidates}


# The command line.


@pytest.mark.parametrize(
    ("cwd", "paths", "expected"),
    [
        (".", (), [*LEGACY, *MAIN, *SCRIPT]),
        ("billing", (), [*LEGACY, *MAIN, *SCRIPT]),
        ("crm/migrations", (), [*LEGACY, *MAIN, *SCRIPT]),
        (".", (".", "scripts/upgrade.py"), [*LEGACY, *MAIN, *SCRIPT]),
        (".", ("billing",), LEGACY),
        ("billing", (".",), LEGACY),
        ("billing/eu", ("../../crm",), MAIN),
        (".", ("billing/eu/versions/a.py",), LEGACY),
        ("billing/eu/versions", ("a.py",), LEGACY),
        ("crm", ("../billing/eu/versions/a.py", "migrations/0001_leads.py"), [*LEGACY, *MAIN]),
        ("scripts", ("upgrade.py",), SCRIPT),
    ],
)
def test_findings_are_the_same_from_wherever(
    repository: Path, cwd: str, paths: tuple[str, ...], expected: list[Finding]
) -> None:
    assert findings(repository, cwd, *paths) == expected


def test_what_a_database_says_can_be_overridden(repository: Path) -> None:
    override = ("--config", "databases.legacy.small-tables=[]", "--config", 'databases.legacy.hot-tables=["call*"]')
    found = findings(repository, "billing", *override, "eu")
    assert [(severity, table) for _, _, severity, table in found] == [
        ("high", "calls"),
        ("high", "invoices"),
        ("medium", "leads"),
    ]
    swapped = ("--config", "databases.legacy.dialect=postgres", "--config", "databases.main.dialect=mysql")
    commented = ("billing/eu/versions/a.py", "MG103", "medium", "calls")
    assert findings(repository, ".", *swapped) == [*LEGACY[1:], commented, MAIN[0], *SCRIPT]


def test_what_is_wrong_with_a_database_is_told(repository: Path) -> None:
    stated = repository / "pyproject.toml"
    stated.write_text(CONFIGURATION.replace("small-tables", "smal-tables"), encoding="utf-8")
    result = guard(repository / "crm")
    assert result.returncode == 2
    expected = "../pyproject.toml:13: unknown key `databases.legacy.smal-tables`; did you mean `small-tables`?"
    assert expected in result.stderr
    stated.write_text(CONFIGURATION, encoding="utf-8")
    result = guard(repository, "--config", "databases.legacy.dialect=mysq")
    assert result.returncode == 2
    assert "`databases.legacy.dialect`: 'mysq' is none of" in result.stderr
    assert "did you mean `mysql`?" in result.stderr


# Which database a file belongs to.


def test_the_first_database_that_fits_wins(tmp_path: Path, write: Write) -> None:
    for name in ("a/versions/1.py", "a/special/2.py", "b/3.py", "c.py", "other/4.py"):
        write(name)
    stated = tmp_path / "migration-guard.toml"
    special = "[databases.special]\ndialect = 'oracle'\npaths = ['**/special', './c.py']\n"
    rest = "[databases.rest]\ndialect = 'mysql'\npaths = ['a/', 'b/*.py']\n"
    stated.write_text(f"dialect = 'sqlite'\n{special}{rest}", encoding="utf-8")
    expected = {
        "a/special/2.py": "oracle",
        "a/versions/1.py": "mysql",
        "b/3.py": "mysql",
        "c.py": "oracle",
        "other/4.py": "sqlite",
    }
    assert dialects(find(tmp_path, ".")) == expected
    assert dialects(find(tmp_path)) == {name: one for name, one in expected.items() if name != "other/4.py"}
    stated.write_text(f"paths = ['other']\ndialect = 'sqlite'\n{rest}{special}", encoding="utf-8")
    assert dialects(find(tmp_path)) == {**expected, "a/special/2.py": "mysql"}


@pytest.mark.parametrize("path", [".", "./", "**", "../{name}", "{root}", "a/..", "[db]", "a/../[[]db]"])
def test_ways_to_name_a_folder(tmp_path: Path, write: Write, path: str) -> None:
    write("[db]/versions/1.py")
    stated = path.format(name=tmp_path.name, root=tmp_path)
    config = (f"databases.main.paths=['{stated}']", "databases.main.dialect=mysql")
    assert dialects(find(tmp_path, config=config)) == {"[db]/versions/1.py": "mysql"}


def test_a_name_is_no_prefix(tmp_path: Path, write: Write) -> None:
    write("crm/1.py")
    write("crm2/2.py")
    config = ("databases.main.paths=['crm']", "databases.main.dialect=mysql")
    assert dialects(find(tmp_path, ".", config=config)) == {"crm/1.py": "mysql", "crm2/2.py": None}


def test_what_is_unsaid_comes_from_the_top(tmp_path: Path, write: Write) -> None:
    write("a/1.py")
    write("a/2.py")
    write("b/3.py")
    (tmp_path / "migration-guard.toml").write_text(
        "dialect = 'mysql'\nhot-tables = ['leads']\nsmall-tables = ['flags']\nselect = ['ALL']\n"
        "[databases.a]\npaths = ['a']\nhot-tables = ['calls']\n[databases.b]\npaths = ['b']\n",
        encoding="utf-8",
    )
    first, second, third = (one.settings for one in find(tmp_path).candidates)
    assert first is second
    assert (first.dialect, first.hot_tables, first.small_tables) == ("mysql", ("leads", "calls"), ("flags",))
    assert first.select == ("ALL",)
    assert third == SettingsLoader(cwd=tmp_path).for_folder(tmp_path)
    assert hash(third) == hash(SettingsLoader(cwd=tmp_path).for_folder(tmp_path))


def test_the_nearest_configuration_has_the_databases(repository: Path) -> None:
    (repository / "billing" / "migration-guard.toml").write_text("dialect = 'oracle'", encoding="utf-8")
    assert dialects(find(repository))["billing/eu/versions/a.py"] == "oracle"
    assert dialects(find(repository / "billing")) == {"eu/versions/a.py": "oracle"}


def test_paths_of_databases_must_exist(repository: Path) -> None:
    with pytest.raises(ConfigError, match=r"`databases\.main\.paths`: there is no 'crn'; did you mean 'crm'") as raised:
        find(repository, config=("databases.main.paths=['crn']",))
    assert raised.value.path == repository / "pyproject.toml"
    assert find(repository, config=("databases.main.paths=['crm/*.sql']",)).asked == ("crm/*.sql",)
