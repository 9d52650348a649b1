"""`migration-guard config`: every value with its origin, and the schema that editors check it by."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import program
import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[1]
SCHEMA = json.loads((ROOT / "migration_guard" / "config" / "schema.json").read_text(encoding="utf-8"))
SHARED = """[project]
name = "crm"

[tool.migration-guard]
hot-tables = ["leads"]  # every request writes it
fail-on = "low"

[tool.migration-guard.severity]
MG103 = "high"

[tool.migration-guard.per-file-ignores]
"legacy/**" = ["MG2"]

[tool.migration-guard.databases.billing]
paths = ["billing/"]
dialect = "mysql"
hot-tables = ["invoices"]
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "pyproject.toml").write_text(SHARED, encoding="utf-8")
    for name in ("billing/0001.py", "legacy/0001.py"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    return tmp_path


def config(cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return program.run("config", *arguments, cwd=cwd)


def values(cwd: Path, *arguments: str) -> dict[str, tuple[object, list[tuple[str, str | None, int | None]]]]:
    ran = config(cwd, "--json", *arguments)
    assert (ran.returncode, ran.stderr) == (0, "")
    return {
        row["key"]: (row["value"], [(one["source"], one["path"], one["line"]) for one in row["origins"]])
        for row in json.loads(ran.stdout)["values"]
    }


def test_each_value_says_where_it_comes_from(repository: Path) -> None:
    shown = values(repository, "--config", "fail-on=high", "--config", "severity.MG101=low")
    assert shown["hot-tables"] == (["leads"], [("file", "pyproject.toml", 5)])
    assert shown["fail-on"] == ("high", [("command-line", None, None)])
    assert shown["severity.MG103"] == ("high", [("file", "pyproject.toml", 9)])
    assert shown["severity.MG101"] == ("low", [("command-line", None, None)])
    assert shown["databases.billing.dialect"] == ("mysql", [("file", "pyproject.toml", 16)])
    assert shown["dialect"] == (None, [("default", None, None)])
    assert shown["migration-marker"] == (None, [("default", None, None)])


def test_a_file_is_told_what_governs_it(repository: Path) -> None:
    shown = values(repository, "billing/0001.py")
    assert shown["dialect"] == ("mysql", [("file", "pyproject.toml", 16)])
    assert shown["hot-tables"] == (
        ["leads", "invoices"],
        [("file", "pyproject.toml", 5), ("file", "pyproject.toml", 17)],
    )
    assert not any(key.startswith("databases") for key in shown)
    ran = config(repository / "billing", "0001.py", "--config", "exclude=['billing/']")
    assert "configuration: ../pyproject.toml\nfile: 0001.py, excluded\ndatabase: billing\n" in ran.stdout
    assert '\nhot-tables                   = ["leads", "invoices"]  # ../pyproject.toml:5 and ' in ran.stdout


def test_the_rules_are_those_that_run_on_the_file(repository: Path) -> None:
    everywhere = json.loads(config(repository, "--json").stdout)["rules"]
    legacy = json.loads(config(repository, "--json", "legacy/0001.py").stdout)["rules"]
    assert set(everywhere) - set(legacy) == {"MG201"}


def test_without_a_configuration_everything_is_a_default(tmp_path: Path) -> None:
    ran = config(tmp_path)
    assert ran.stdout.startswith("configuration: none, only defaults\nrules: MG101, ")
    rows = ran.stdout.splitlines()[2:]
    assert all(row.endswith("  # default") for row in rows)
    assert len(rows) == len(SCHEMA["properties"])


def test_a_measured_file_beside_the_configuration_is_named(repository: Path) -> None:
    line = '"public.calls" = { heat = "hot", rows = 9000000, bytes = 1, writes-per-day = 3 }\n'
    (repository / ".migration-guard-tables.toml").write_text(f"[tables]\n{line}")
    name = ".migration-guard-tables.toml"
    assert values(repository)["tables-file"] == (name, [("found", name, None)])
    assert f'"{name}"  # {name} (found beside the configuration)' in config(repository).stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--config", "fail-no=low"], "did you mean `fail-on`"),
        (["--config", "select=['MG999']"], "there is no rule `MG999`"),
        (["biling/0001.py"], "did you mean 'billing/0001.py'"),
    ],
)
def test_what_is_wrong_is_told_as_in_a_run(repository: Path, arguments: list[str], said: str) -> None:
    ran = config(repository, *arguments)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert said in ran.stderr


def test_the_schema_is_shipped_and_takes_what_we_take(repository: Path) -> None:
    assert json.loads(config(repository, "--schema").stdout) == SCHEMA
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    jsonschema.validate(tomllib.loads(SHARED)["tool"]["migration-guard"], SCHEMA)
    example = tomllib.loads((ROOT / "examples" / "crm" / "pyproject.toml").read_text(encoding="utf-8"))
    jsonschema.validate(example["tool"]["migration-guard"], SCHEMA)


@pytest.mark.parametrize(
    "wrong",
    [
        {"hot_tables": ["leads"]},
        {"hot-tables": "leads"},
        {"hot-tables": [""]},
        {"dialect": "mssql"},
        {"fail-on": "HIGH"},
        {"file-timeout": 0},
        {"file-timeout": True},
        {"severity": {"MG101": "red"}},
        {"per-file-ignores": {"*.py": "MG101"}},
        {"databases": {"billing": {"exclude": []}}},
        {"databases": {"billing": {"dialect": "mysql"}}},
    ],
)
def test_the_schema_refuses_what_we_refuse(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, SCHEMA)
    ((key, value),) = wrong.items()
    assert config(tmp_path, "--config", f"{key}={_toml(value)}").returncode == 2


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {_toml(one)}" for key, one in value.items()) + "}"
    return json.dumps(value)
