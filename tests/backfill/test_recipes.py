"""The recipes of docs/engines.md: what can be loaded is loaded, and every command of ours is one."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from migration_guard.cli.backfill import run_command

PAGE = Path(__file__).parents[2] / "docs" / "engines.md"
MINUTE = re.compile(r"(\*/\d+|\*) \* \* \* \* ")


def recipe(title: str) -> str:
    """Give the block of a section."""
    section = PAGE.read_text().split(f"\n## {title}\n")[1].split("\n## ")[0]
    (block,) = re.findall(r"^```\w+\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    return str(block)


def accepted(command: list[str]) -> dict[str, object]:
    """Give what the command line understands of a command."""
    assert command[:3] == ["migration-guard", "backfill", "run"]
    with run_command.make_context("run", command[3:]) as context:
        return context.params


@pytest.mark.parametrize(
    ("title", "asks"),
    [
        ("Celery", "import shop; print(shop.app.tasks[shop.app.conf.beat_schedule['backfills']['task']].name)"),
        ("procrastinate", "import shop; print(shop.app.tasks['migration_guard.backfill'].name)"),
    ],
)
def test_the_engines_know_the_task(tmp_path: Path, title: str, asks: str) -> None:
    (tmp_path / "shop.py").write_text(recipe(title))
    told = subprocess.run(
        [sys.executable, "-W", "error::SyntaxWarning", "-c", asks],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert told.stdout == "migration_guard.backfill\n", told.stderr


def test_kubernetes() -> None:
    job = yaml.safe_load(recipe("Kubernetes"))
    spec = job["spec"]
    assert (job["apiVersion"], job["kind"], spec["parallelism"]) == ("batch/v1", "Job", 4)
    assert "completions" not in spec  # one that has seen the end is enough
    assert spec["template"]["spec"]["restartPolicy"] == "Never"  # a condition of podFailurePolicy
    (container,) = spec["template"]["spec"]["containers"]
    told = accepted(container["command"])
    assert (told["every"], told["max_minutes"], told["strict"]) == (True, 30, True)


def test_airflow() -> None:
    tree = ast.parse(recipe("Airflow"))
    (command,) = (
        one.value.value
        for one in ast.walk(tree)
        if isinstance(one, ast.keyword) and one.arg == "bash_command" and isinstance(one.value, ast.Constant)
    )
    assert accepted(shlex.split(str(command)))["strict"] is True


def test_cron() -> None:
    (line,) = recipe("cron").splitlines()
    assert "%" not in line  # cron would end the command there
    found = MINUTE.match(line)
    assert found
    command = line[found.end() :].split(" && ")[1].split(" >>")[0]
    assert accepted(shlex.split(command))["max_seconds"] == 290
