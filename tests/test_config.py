"""Configuration: the nearest file governs, and what it says wrongly is told with file, line and what was expected."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from migration_guard.config import ConfigError, Settings, SettingsLoader, options, unknown_rules
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
    )
    assert all(option.doc.endswith(".") for option in options().values())


def test_nearest_file_governs_and_the_search_ends_at_the_repository(tmp_path: Path) -> None:
    (tmp_path / "migration-guard.toml").write_text('dialect = "oracle"')
    repository = tmp_path / "repository"
    inner = repository / "services" / "crm"
    deep = inner / "a" / "b"
    deep.mkdir(parents=True)
    (repository / ".git").mkdir()
    assert load(deep).dialect == "postgres"
    assert load(deep).root == repository
    (repository / "pyproject.toml").write_text('[tool.migration-guard]\ndialect = "mysql"')
    (inner / "pyproject.toml").write_text("[project]\nname = 'crm'")
    assert load(deep).dialect == "mysql"
    (inner / "pyproject.toml").write_text("[tool.migration-guard]\n")
    assert (load(deep).dialect, load(deep).root) == ("postgres", inner)
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
        ("[databases.main]\npaths = []", 1, ["unknown key `databases`"]),
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
        ("[severity]\nMG101 = 'red'", 1, ["MG101: 'red' is none of low, medium, high"]),
        ("[per-file-ignores]\n'*.py' = 'MG101'", 1, ["*.py: expected a list of strings"]),
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


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("dialct=mysql", "did you mean `dialect`"),
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
