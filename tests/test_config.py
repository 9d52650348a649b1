"""Configuration: the nearest file governs, and what it says wrongly is told with file, line and what was expected."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from migration_guard.config import ConfigError, Database, Settings, SettingsLoader, unknown_rules
from migration_guard.config.options import options
from migration_guard.findings import Severity


def load(folder: Path, *config: str, isolated: bool = False) -> Settings:
    return SettingsLoader(cwd=folder, config=config, isolated=isolated).for_folder(folder)


def test_every_option_is_read(tmp_path: Path) -> None:
    (tmp_path / "migration-guard.toml").write_text(
        """
        paths = ["server/db_migrate.py"]
        exclude = ["legacy/"]
        dialect = "mysql"
        hot-tables = ["leads", "call_log_*"]
        small-tables = ["settings"]
        dml-helpers = ["run_dml"]
        migration-marker = '# Migration (\\d+[a-z]?):'
        fail-on = "low"
        select = ["ALL"]
        ignore = ["MG201"]
        file-timeout = 5
        [per-file-ignores]
        "legacy/*" = ["MG1"]
        [severity]
        MG101 = "high"
        [databases.reports]
        paths = ["reports/"]
        [databases."old crm"]
        paths = ["old/*/versions"]
        dialect = "tsql"
        hot-tables = ["calls"]
        small-tables = ["leads"]
        """
    )
    settings = load(tmp_path)
    assert settings == Settings(
        root=tmp_path,
        source=tmp_path / "migration-guard.toml",
        paths=("server/db_migrate.py",),
        exclude=("legacy/",),
        dialect="mysql",
        hot_tables=("leads", "call_log_*"),
        small_tables=("settings",),
        dml_helpers=("run_dml",),
        migration_marker=r"# Migration (\d+[a-z]?):",
        fail_on=Severity.LOW,
        select=("ALL",),
        ignore=("MG201",),
        per_file_ignores=(("legacy/*", ("MG1",)),),
        severity=(("MG101", Severity.HIGH),),
        file_timeout=5.0,
        databases=(
            Database("reports", paths=("reports/",)),
            Database(
                "old crm",
                paths=("old/*/versions",),
                dialect="tsql",
                hot_tables=("calls",),
                small_tables=("leads",),
            ),
        ),
    )
    assert all(option.doc.endswith(".") for record in (Settings, Database) for option in options(record).values())


def test_nearest_file_governs_and_the_search_ends_at_the_repository(tmp_path: Path) -> None:
    (tmp_path / "migration-guard.toml").write_text('dialect = "oracle"')
    repository = tmp_path / "repository"
    inner = repository / "services" / "crm"
    deep = inner / "a" / "b"
    deep.mkdir(parents=True)
    (repository / ".git").mkdir()
    assert load(deep).dialect is None
    assert load(deep).root == repository
    (repository / "pyproject.toml").write_text('[tool.migration-guard]\ndialect = "mysql"')
    (inner / "pyproject.toml").write_text("[project]\nname = 'crm'")
    assert load(deep).dialect == "mysql"
    (inner / "pyproject.toml").write_text("[tool.migration-guard]\n")
    assert (load(deep).dialect, load(deep).root) == (None, inner)
    (inner / "migration-guard.toml").write_text('dialect = "sqlite"')
    loader = SettingsLoader(cwd=tmp_path)
    assert [loader.for_folder(folder).dialect for folder in (deep, inner, inner.parent, tmp_path)] == [
        "sqlite",
        "sqlite",
        "mysql",
        "oracle",
    ]


def test_a_worktree_is_a_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: elsewhere")
    (tmp_path / "a").mkdir()
    assert SettingsLoader(cwd=tmp_path).git_root(tmp_path / "a") == tmp_path


def test_without_any_file_the_working_directory_is_the_root(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    loader = SettingsLoader(cwd=tmp_path, isolated=True)
    assert loader.for_folder(tmp_path / "a") == Settings(root=tmp_path)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('\nhot_tables = ["a"]', 2, ["unknown key `hot_tables`", "did you mean `hot-tables`"]),
        ("zzz = 1", 1, ["unknown key `zzz`", "hot-tables"]),
        ("[databases.main]\npaths = []", 1, ["`databases.main`: expected `paths`"]),
        ("[databases.main]\ndialect = 'mysql'", 1, ["`databases.main`: expected `paths`, a list of folders"]),
        (
            "[databases.legacy]\npaths = ['main/']\n[databases.main]\npaths = ['app/']\ndialct = 'mysql'",
            5,
            ["unknown key `databases.main.dialct`; did you mean `dialect`"],
        ),
        (
            "dialect = 'mysql'\n[databases.a]\ndialect = 'mysql'\npaths = ['b']\n[databases.b]\ndialect = 'mssql'",
            6,
            ["`databases.b.dialect`: 'mssql' is none of", "did you mean `mysql`"],
        ),
        ("[databases.a]\nexclude = []", 2, ["unknown key `databases.a.exclude`", "paths, dialect, hot-tables, small-"]),
        ("[databases.a]\n\n# paths\npaths = 'a'", 4, ["`databases.a.paths`: expected a list of strings"]),
        ("[databases]\na = {paths = ['a']}\nb = {pats = ['b']}", 3, ["`databases.b.pats`; did you mean `paths`"]),
        ('[databases."a b"]\nzzz = 1', 2, ['unknown key `databases."a b".zzz`']),
        ("[databases]\npaths = ['a']", 2, ["`databases.paths`: expected a table of `paths`, `dialect`"]),
        ("[[databases]]\npaths = ['a']", 1, ["`databases`: expected a table whose values are each a table of `paths`"]),
        ("[databasse.a]\npaths = ['a']", 1, ["unknown key `databasse`; did you mean `databases`"]),
        ("[tool.migration-guard]\ndialect = 'mysql'", 1, ["without [tool.migration-guard]"]),
        ("# dialect\ndialect = 3", 2, ["`dialect`: expected one of", "postgres"]),
        ("dialect = 'postgresql'", 1, ["'postgresql' is none of", "did you mean `postgres`"]),
        ("fail-on = 'hihg'", 1, ["did you mean `high`"]),
        ("fail-on = 'HIGH'", 1, ["did you mean `high`"]),
        ("hot-tables = 'leads'", 1, ["`hot-tables`: expected a list of strings"]),
        ("hot-tables = ['leads', 3]", 1, ["found 3 in it"]),
        ("hot-tables = ['']", 1, ["not empty"]),
        ("migration-marker = '('", 1, ["no regular expression"]),
        ("migration-marker = '# Migration'", 1, ["expected one group", "found 0"]),
        (f"migration-marker = '{'(a)' * 400}'", 1, ["1200 characters, at most 500"]),
        ("file-timeout = true", 1, ["expected a number of seconds"]),
        ("file-timeout = inf", 1, ["expected a number of seconds"]),
        ("file-timeout = 0", 1, ["more than 0"]),
        ("severity = 'high'", 1, ["expected a table"]),
        ("[severity]\nMG101 = 'red'", 2, ["`severity.MG101`: 'red' is none of low, medium, high"]),
        ("[per-file-ignores]\n'*.py' = 'MG101'", 2, ['`per-file-ignores."*.py"`: expected a list of strings']),
        ("exclude = ['!']", 1, ["pattern as in .gitignore"]),
        ("dialect = 'mysql'\npaths = [", 2, ["is no TOML"]),
        ("a" * (1024 * 1024 + 1), None, ["cannot be read: larger than 1 MB"]),
        ("paths = " + "[" * 5000, None, ["is no TOML"]),
    ],
)
def test_errors_teach(tmp_path: Path, text: str, line: int | None, words: list[str]) -> None:
    path = tmp_path / "migration-guard.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as raised:
        load(tmp_path)
    assert (raised.value.path, raised.value.line) == (path, line)
    assert all(word in raised.value.message for word in words), raised.value.message


def test_lines_are_those_of_our_table(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.other]\nselct = 1\n\n[tool.migration-guard]\nselct = []\n")
    with pytest.raises(ConfigError, match="did you mean `select`") as raised:
        load(tmp_path)
    assert raised.value.line == 5


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "migration-guard.toml"
    path.write_bytes(b"\n# caf\xe9")
    with pytest.raises(ConfigError, match="byte 0xe9") as raised:
        load(tmp_path)
    assert raised.value.line == 2
    path.unlink()
    path.mkdir()
    with pytest.raises(ConfigError, match="a folder, not a regular file"):
        load(tmp_path)
    path.rmdir()
    os.mkfifo(path)
    with pytest.raises(ConfigError, match="a named pipe"):
        load(tmp_path)


def test_a_pyproject_of_others_may_be_anything(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"{% if x %}\xff")
    assert load(tmp_path).source is None
    (tmp_path / "pyproject.toml").write_text("tool = 'migration-guard'")
    assert load(tmp_path).source is None
    (tmp_path / "pyproject.toml").write_text("[tool]\nmigration-guard = 3")
    with pytest.raises(ConfigError, match="expected a table"):
        load(tmp_path)


def test_crlf_and_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "migration-guard.toml").write_bytes(b"\xef\xbb\xbfdialect = 'mysql'\r\nselect = ['ALL']\r\n")
    assert (load(tmp_path).dialect, load(tmp_path).select) == ("mysql", ("ALL",))


def test_command_line_overrides(tmp_path: Path) -> None:
    (tmp_path / "migration-guard.toml").write_text("dialect = 'mysql'\n[severity]\nMG102 = 'low'")
    settings = load(tmp_path, "dialect=sqlite", 'hot-tables=["leads"]', "severity.MG101=high", "file-timeout = 2")
    assert (settings.dialect, settings.hot_tables, settings.file_timeout) == ("sqlite", ("leads",), 2.0)
    assert settings.severity == (("MG102", Severity.LOW), ("MG101", Severity.HIGH))
    assert load(tmp_path, "dialect=sqlite", isolated=True).severity == ()


def test_overrides_reach_into_databases(tmp_path: Path) -> None:
    (tmp_path / "migration-guard.toml").write_text("[databases.a]\npaths = ['a']\n[databases.b]\npaths = ['b']")
    settings = load(
        tmp_path, "databases.b.dialect=mysql", 'databases.b.hot-tables=["leads"]', "databases.c.paths=['c']"
    )
    assert settings.databases == (
        Database("a", paths=("a",)),
        Database("b", paths=("b",), dialect="mysql", hot_tables=("leads",)),
        Database("c", paths=("c",)),
    )
    with pytest.raises(ConfigError, match=r"`databases\.bb`: expected `paths`.*; did you mean `b`") as raised:
        load(tmp_path, "databases.bb.dialect=mysql")
    assert raised.value.line is None


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("dialct=mysql", "did you mean `dialect`"),
        ("databases.b.dialct=mysql", r"unknown key `databases\.b\.dialct`; did you mean `dialect`"),
        ("databases.b=mysql", r"`databases\.b`: expected a table of `paths`"),
        ("hot-tables=leads", "expected a list of strings"),
        ("migration-gaurd.toml", "did you mean 'migration-guard.toml'"),
        ("other.toml", "there is no file"),
        ("=x", "there is no file"),
    ],
)
def test_wrong_overrides(tmp_path: Path, argument: str, words: str) -> None:
    (tmp_path / "migration-guard.toml").write_text("dialect = 'mysql'")
    with pytest.raises(ConfigError, match=words):
        load(tmp_path, argument)


def test_a_file_on_the_command_line_governs_everything(tmp_path: Path) -> None:
    (tmp_path / "ci").mkdir()
    (tmp_path / "ci" / "guard.toml").write_text("dialect = 'oracle'")
    (tmp_path / "migration-guard.toml").write_text("dialect = 'mysql'")
    settings = load(tmp_path, "ci/guard.toml", isolated=True)
    assert (settings.dialect, settings.root) == ("oracle", tmp_path / "ci")
    with pytest.raises(ConfigError, match="two files"):
        load(tmp_path, "ci/guard.toml", "migration-guard.toml")
    (tmp_path / "pyproject.toml").write_text("[project]")
    with pytest.raises(ConfigError, match=r"has no \[tool.migration-guard\] table"):
        load(tmp_path, "pyproject.toml")


def test_unknown_rules_are_told_with_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "migration-guard.toml").write_text(
        "select = ['ALL', 'MG1', 'update-in-migration']\nignore = ['MG999']\n[severity]\nupdate-in-migratoin = 'low'"
    )
    errors = unknown_rules(load(tmp_path), ["MG101", "MG102", "update-in-migration"])
    assert [(error.line, error.message) for error in errors] == [
        (2, "`ignore`: there is no rule `MG999`"),
        (4, "`severity`: there is no rule `update-in-migratoin`; did you mean `update-in-migration`?"),
    ]
