"""The baseline as a debt that is paid off: its history, its ceiling, its goals, and entries of an earlier scheme."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from baselines.project import Project

MIGRATION = 'from alembic import op\n\nrevision = "{0}"\ndown_revision = None\n\n\ndef upgrade():\n{1}'


def put(where: Project, name: str, *statements: str) -> None:
    body = "".join(f'    op.execute("{statement}")\n' for statement in statements)
    path = where.root / "versions" / f"{name}.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(MIGRATION.format(name, body), encoding="utf-8")


@pytest.fixture
def where(tmp_path: Path) -> Project:
    project = Project.at(tmp_path)
    put(project, "a1", "UPDATE leads SET a = 1", "DELETE FROM plans")
    put(project, "b2", "UPDATE calls SET a = 1")
    assert project.guard("baseline").returncode == 0
    project.commit()
    return project


def outdated(where: Project, note: str = "") -> None:
    """Make its entries those of an earlier version, whose hashes nobody knows any more."""
    text = re.sub(r'"fp":"3:[0-9a-f]{8}', '"fp":"1:00000000', where.baseline.read_text(encoding="utf-8"))
    where.baseline.write_text(text.replace('"at":"leads"', f'"at":"leads"{note}') if note else text, encoding="utf-8")


def test_entries_of_an_earlier_scheme_are_told_by_their_history(where: Project) -> None:
    text = where.baseline.read_text(encoding="utf-8").splitlines()
    lines = [json.loads(line) for line in text[1:]]
    lines[0] |= {"reason": "agreed", "owner": "ann", "until": "2099-01-01"}
    where.baseline.write_text("\n".join([text[0], *map(json.dumps, lines)]) + "\n", encoding="utf-8")
    outdated(where)
    where.commit()
    put(where, "a1", "UPDATE leads SET a = 2", "DELETE FROM plans")
    ran = where.guard("check", "--output-format", "concise")
    assert ran.returncode == 1
    assert [line for line in ran.stdout.splitlines() if "MG101" in line and "leads" in line]
    assert "MG103" not in ran.stdout.replace("MG103 [low] The finding", "")
    put(where, "a1", "UPDATE leads SET a = 1", "DELETE FROM plans")
    assert where.guard("check").returncode == 0
    assert where.guard("baseline", "--tool-upgrade").returncode == 0
    after = where.baseline.read_text(encoding="utf-8")
    assert '"fp":"1:' not in after
    assert next(json.loads(line) for line in after.splitlines() if "agreed" in line)["until"] == "2099-01-01"


def test_without_their_history_they_are_an_error_that_names_the_way_out(where: Project, tmp_path: Path) -> None:
    outdated(where)
    where.commit()
    put(where, "c3", "UPDATE x SET a = 1")
    where.commit()
    shallow = tmp_path / "shallow"
    where.git("clone", "-q", "--depth", "1", f"file://{where.root}", str(shallow))
    other = Project(shallow)
    ran = other.guard("check")
    assert ran.returncode == 2
    assert "`migration-guard baseline --tool-upgrade`" in ran.stderr
    assert other.guard("baseline", "--tool-upgrade").returncode == 0
    assert other.guard("check").returncode in {0, 1}


def test_an_entry_of_a_newer_version_is_an_error(where: Project) -> None:
    text = where.baseline.read_text(encoding="utf-8")
    where.baseline.write_text(text.replace('"fp":"3:', '"fp":"9:'), encoding="utf-8")
    ran = where.guard("check")
    assert ran.returncode == 2
    assert "was written by a newer version of migration-guard (scheme 9" in ran.stderr


def test_a_baseline_above_its_ceiling_fails(where: Project) -> None:
    settings = where.root / "migration-guard.toml"
    settings.write_text("[baseline-ceiling]\nmedium = 3\nMG101 = 2\ntotal = 3\n", encoding="utf-8")
    assert where.guard("check").returncode == 0
    settings.write_text("[baseline-ceiling]\nMG101 = 1\n", encoding="utf-8")
    ran = where.guard("check", "--output-format", "concise")
    assert ran.returncode == 1
    assert "MG905 [high] 2 findings of MG101 are grandfathered, the ceiling is 1" in ran.stdout
    settings.write_text("[baseline-ceiling]\nMG11 = 1\n", encoding="utf-8")
    ran = where.guard("check")
    assert ran.returncode == 2
    assert "`baseline-ceiling`: there is no rule `MG11`" in ran.stderr


def test_the_history_shows_the_trend_and_the_goals(where: Project) -> None:
    put(where, "b2", "UPDATE calls SET b = 1; UPDATE more SET c = 2")
    assert where.guard("baseline", "--accept-new").returncode == 0
    (where.root / "migration-guard.toml").write_text(
        '[baseline-goals]\n"2020-01-01" = 1\n"2099-01-01" = 9\n', encoding="utf-8"
    )
    where.commit()
    ran = where.guard("baseline", "history")
    assert ran.returncode == 0
    assert "from 3 to 4" in ran.stdout
    assert "goal: 1 by 2020-01-01: missed, 3 too many" in ran.stdout
    assert "goal: 9 by 2099-01-01: reached" in ran.stdout
    told = json.loads(where.guard("baseline", "history", "--json").stdout)
    assert [point["total"] for point in told["points"]] == [3, 4]


def test_what_is_not_in_the_baseline_fails_its_check(where: Project) -> None:
    assert where.guard("baseline", "--check").returncode == 0
    put(where, "c3", "UPDATE leads SET a = 1")
    assert where.guard("baseline", "--check").returncode == 1


def test_a_loop_over_tables_has_an_entry_for_each(where: Project) -> None:
    path = where.root / "versions" / "d4.py"
    loop = '    for table in ({0}):\n        op.execute(f"UPDATE {{table}} SET x = 1")\n'
    path.write_text(MIGRATION.format("d4", loop.format('"a", "b", "c"')), encoding="utf-8")
    assert where.guard("baseline", "--accept-new").returncode == 0
    assert len(where.baseline.read_text(encoding="utf-8").splitlines()) == 1 + 3 + 3
    path.write_text(MIGRATION.format("d4", loop.format('"a", "b"')), encoding="utf-8")
    assert where.guard("check").returncode == 0
    path.write_text(MIGRATION.format("d4", loop.format('"a", "b", "c", "d"')), encoding="utf-8")
    assert where.guard("check").returncode == 1


def test_status_counts_by_table_and_by_the_owners_of_the_code(where: Project) -> None:
    (where.root / "CODEOWNERS").write_text("* @all\nversions/b2.py @calls @more\n", encoding="utf-8")
    told = json.loads(where.guard("baseline", "status", "--json").stdout)
    assert told["table"] == {"leads": 1, "plans": 1, "calls": 1}
    assert told["codeowner"] == {"@all": 2, "@calls @more": 1}


def test_two_branches_that_say_different_things_are_both_heard(where: Project) -> None:
    text = where.baseline.read_text(encoding="utf-8").splitlines()
    twice = [{**json.loads(text[1]), "reason": reason} for reason in ("one", "two")]
    where.baseline.write_text("\n".join([text[0], *map(json.dumps, twice), *text[2:]]) + "\n", encoding="utf-8")
    assert where.guard("baseline").returncode == 0
    assert '"reason":"one | two"' in where.baseline.read_text(encoding="utf-8")


def test_a_run_in_which_no_rule_is_left_is_an_error(where: Project) -> None:
    ran = where.guard("check", "--select", "MG101", "--ignore", "MG1")
    assert ran.returncode == 2
    assert "no rule is left" in ran.stderr
