"""The sixth point: the guard is tried with the project's own configuration, and then on the project."""

from __future__ import annotations

from pathlib import Path

import pytest

from verify.project import change, copied, verified


def configured(folder: Path, line: str) -> None:
    config = folder / "migration-guard.toml"
    config.write_text(f"{line}\n{config.read_text(encoding='utf-8')}", encoding="utf-8")


@pytest.mark.parametrize(
    ("line", "outcome", "codes"),
    [
        ('ignore = ["MG103"]', "FAIL", {"MG103"}),
        (
            'select = ["MG101"]',
            "FAIL",
            {"MG102", "MG103", "MG104", "MG105", "MG106", "MG107", "MG109", "MG201", "MG301", "MG302"},
        ),
        ('ignore = ["backfill-marker"]', "PARTIAL", {"MG201"}),
        ('per-file-ignores = {"*" = ["MG104"]}', "FAIL", {"MG104"}),
        ('severity = {MG101 = "low"}', "PASS", set()),
    ],
)
def test_what_a_configuration_turns_off_is_not_found(line: str, outcome: str, codes: set[str], tmp_path: Path) -> None:
    folder = copied("after", tmp_path)
    configured(folder, line)
    told = verified(folder)
    assert told.outcomes[5] == outcome
    assert {one["code"] for one in told.evidence(6) if one["outcome"] != "PASS"} == codes


def test_a_new_data_change_in_the_project_is_no_go(tmp_path: Path) -> None:
    folder = copied("after", tmp_path)
    change(
        folder / "server" / "db_migrate.py",
        "        # Migration 36:",
        '        conn.execute(text("DELETE FROM leads WHERE phone IS NULL"))\n\n        # Migration 36:',
    )
    told = verified(folder)
    assert (told.code, told.outcomes[5]) == (1, "FAIL")
    found = [(one["path"], one["line"], one["code"]) for one in told.evidence(6) if one["outcome"] == "FAIL"]
    assert ("server/db_migrate.py", 25, "MG103") in found


def test_a_migration_that_cannot_be_checked_leaves_the_point_open(tmp_path: Path) -> None:
    folder = copied("after", tmp_path)
    (folder / "server" / "db_migrate.py").write_text("def migrate(:\n", encoding="utf-8")
    told = verified(folder)
    assert (told.code, told.verdict) == (2, "NOT JUDGED")
    assert told.unjudged(6)


def test_missing_fail_fast_of_schema_changes_is_a_remark(tmp_path: Path) -> None:
    folder = copied("after", tmp_path)
    change(folder / "server" / "db_migrate.py", "    conn.execute(text(\"SET LOCAL lock_timeout = '5s'\"))\n", "")
    told = verified(folder)
    assert (told.code, told.outcomes[4]) == (0, "PASS")
    (remark,) = [one for one in told.evidence(5) if one["what"] == "schema changes fail fast"]
    assert (remark["remark"], remark["found"]) == (True, "no lock_timeout is set")
