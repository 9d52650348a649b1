"""What an error advises works: each is followed, and what was refused, or not found, then is done."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import program
import pytest

MIGRATION = "from alembic import op\nrevision = '1'\ndown_revision = None\ndef upgrade():\n    op.execute('UPDATE leads SET a = 1')\n"
FILES = {
    "versions/1.py": MIGRATION,
    "db_migrate.py": "def m1(connection):\n    connection.execute('DELETE FROM calls')\n",
    "other/none.txt": "",
    "linked/versions/2.py": MIGRATION,
    "settings.toml": "fail-on = 'high'\n",
}
CONFIGURATION = "migration-guard.toml"
BACKFILLS = "[backfill]\nmodules = ['backfills.py']\n"


@dataclass(frozen=True)
class Advice:
    """An error, the words that advise something, and what following them is: other arguments, or other files."""

    arguments: str
    said: str
    """A pattern; its groups are what the advice names."""
    follows: str
    """The arguments of whoever follows it, with the groups in them."""
    code: int = 1
    files: dict[str, str] = field(default_factory=dict)
    changes: dict[str, str] = field(default_factory=dict)
    """Files as they are when the advice was followed, with the groups in them."""
    refused: int = 2


CASES = {
    "a mistyped rule": Advice("check --select MG1O1", r'did you mean "(MG101)"', "check --select {0}"),
    "a mistyped rule by its name": Advice(
        "check --ignore update-in-migrations", r'did you mean "(update-in-migration)"', "check versions --ignore {0}", code=0
    ),
    "a mistyped option": Advice("check --exit-zer", r"(--exit-zero)", "check {0}", code=0),
    "a mistyped format": Advice("check --output-format jsn", r'did you mean "(json)"', "check --output-format {0}"),
    "a mistyped level": Advice("check --fail-on hihg", r"(high)", "check --fail-on {0}", code=0),
    "a mistyped command": Advice("chekc", r'the command "(check)"', "{0}"),
    "a mistyped folder": Advice("check verions", r"did you mean '(versions)'", "check {0}"),
    "a mistyped file": Advice("check versions/11.py", r"did you mean '(versions/1\.py)'", "check {0}"),
    "a mistyped folder of a file": Advice("check verions/1.py", r"did you mean '(versions/1\.py)'", "check {0}"),
    "a mistyped file to explain": Advice("explain versions/11.py", r"did you mean '(versions/1\.py)'", "explain {0}", code=0),
    "a mistyped file of settings": Advice("check --config seting.toml", r"did you mean '(settings\.toml)'", "check --config {0}", code=0),
    "a mistyped key": Advice(
        "check --config hot-table=['leads']", r"did you mean `(hot-tables)`", "check --config {0}=['leads']"
    ),
    "a mistyped dialect": Advice("check --config dialect='postgre'", r"did you mean `(postgres)`", "check --config dialect='{0}'"),
    "a mistyped key of a file": Advice(
        "check", r"did you mean `(fail-on)`", "check", code=0, files={CONFIGURATION: "fail-onn = 'high'\n"},
        changes={CONFIGURATION: "{0} = 'high'\n"},
    ),
    "a mistyped path of a file": Advice(
        "check", r"did you mean '(versions)'", "check", files={CONFIGURATION: "paths = ['version']\n"},
        changes={CONFIGURATION: "paths = ['{0}']\n"},
    ),
    "a mistyped rule of a file": Advice(
        "check", r"did you mean [\"`](MG101|update-in-migration)[\"`]", "check", code=0,
        files={CONFIGURATION: "ignore = ['update-in-migratio']\n"}, changes={CONFIGURATION: "ignore = ['{0}']\n"},
    ),
    "no migration here": Advice("check other", r"name the folder that holds them", "check versions"),
    "no migration here, but a script": Advice(
        "check other", r"let `migration-guard (init)` look for scripts", "{0}", code=0
    ),
    "statistics instead": Advice(
        "check --statistics --output-format json", r"(--output json)=FILE", "check --statistics {0}=report.json"
    ),
    "one file for two reports": Advice(
        "check --output json=a --output sarif=a", r"a file of its own", "check --output json=a --output sarif=b"
    ),
    "remarks without a reason": Advice("check --add-ignores", r"takes (--reason) TEXT", "check --add-ignores {0} later", code=0),
    "there is no --fix": Advice(
        "check --fix", r"`migration-guard (move) PATH:LINE`", "{0} versions/1.py:5 --skeleton", code=0,
        files={CONFIGURATION: BACKFILLS},
    ),
    "no module for backfills": Advice(
        "move versions/1.py:5 --skeleton", r"say in (migration-guard\.toml), for instance: (\[backfill\]) (modules = \[.*?\])",
        "move versions/1.py:5 --skeleton", code=0, changes={CONFIGURATION: "{1}\n{2}\n"},
    ),
    "a baseline that is not there": Advice(
        "check --baseline own.jsonl", r"`migration-guard (baseline)` writes it", "{0} --baseline own.jsonl", code=0
    ),
    "a remark that names no rule": Advice(
        "check", r"expected `(migration-guard: ignore)\[rule-name, …\] (-- reason)`", "check versions", code=0,
        files={"versions/1.py": MIGRATION.rstrip() + "  # migration-guard: ignore\n"},
        changes={"versions/1.py": MIGRATION.rstrip() + "  # {0}[update-in-migration] {1}\n"},
    ),
    "a remark that names a wrong rule": Advice(
        "check versions", r'did you mean "(MG101)"', "check versions", code=0,
        files={"versions/1.py": MIGRATION.rstrip() + "  # migration-guard: ignore[MG1O1] -- so\n"},
        changes={"versions/1.py": MIGRATION.rstrip() + "  # migration-guard: ignore[{0}] -- so\n"},
    ),
    "nothing to move": Advice(
        "move", r"or else (--all) or", "move {0} --skeleton", code=0, files={CONFIGURATION: BACKFILLS}
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_who_follows_it_gets_on(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    (tmp_path / ".git").mkdir()
    for file, text in {**FILES, **case.files}.items():
        path = tmp_path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    refused = program.run(*case.arguments.split(), cwd=tmp_path)
    said = " ".join((refused.stdout + refused.stderr).split())
    assert refused.returncode == case.refused, said
    found = re.search(case.said, said)
    assert found is not None, said
    for file, text in case.changes.items():
        (tmp_path / file).write_text(text.format(*found.groups()), encoding="utf-8")
    followed = program.run(*case.follows.format(*found.groups()).split(), cwd=tmp_path)
    assert followed.returncode == case.code, followed.stdout + followed.stderr


def test_a_link_that_leads_out_is_read_if_it_is_named(tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside.py", tmp_path / "project" / "versions"
    outside.write_text(MIGRATION)
    inside.mkdir(parents=True)
    (inside / "0001_a.py").symlink_to(outside)
    refused = program.run("check", cwd=inside.parent)
    assert refused.returncode == 2
    assert "name the file to have it read" in refused.stdout
    assert program.run("check", "versions/0001_a.py", cwd=inside.parent).returncode == 1
