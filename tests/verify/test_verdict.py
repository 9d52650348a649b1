"""The two versions of one project, before and after its fixes, and what each single change does to the verdict."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from verify.project import change, copied, run, verified

SARIF = Path(__file__).parents[1] / "report" / "schemas"


def test_before_its_fixes_the_project_is_no_go(tmp_path: Path) -> None:
    told = verified(copied("before", tmp_path))
    assert (told.code, told.verdict) == (1, "NO-GO")
    assert told.outcomes == ["PASS", "FAIL", "PASS", "PARTIAL", "FAIL", "PASS"]
    assert told.codes(2, remark=False) == {"MG405"}
    assert told.codes(4, remark=False) == {"MG404"}
    assert told.codes(5, remark=False) == {"MG405", "MG406", "MG407"}


def test_after_its_fixes_it_is_go_and_what_was_missed_is_told(tmp_path: Path) -> None:
    told = verified(copied("after", tmp_path))
    assert (told.code, told.verdict) == (0, "GO")
    assert told.outcomes == ["PASS"] * 6
    assert told.codes(2, remark=True) == {"MG411", "MG413"}
    assert told.codes(3, remark=True) == {"MG410"}
    assert told.codes(5, remark=True) == {"MG408"}
    assert told.document["fixes"] == []
    page = run(tmp_path / "after").stdout
    reasons = "SET that outlives its transaction (MG408), completion by a row count (MG410)"
    assert f"Verdict: GO (with --strict NO-GO: {reasons})" in page


def test_what_was_missed_decides_when_it_is_strict(tmp_path: Path) -> None:
    told = verified(copied("after", tmp_path), "--strict")
    assert (told.code, told.verdict) == (1, "NO-GO")
    assert told.outcomes == ["PASS", "PASS", "PARTIAL", "PASS", "PARTIAL", "PASS"]


def test_evidence_names_file_line_value_found_and_value_required(tmp_path: Path) -> None:
    found = [one for one in verified(copied("before", tmp_path)).evidence(5) if one["code"] == "MG405"]
    (lock,) = found
    assert (lock["path"], lock["line"]) == ("server/db_backfills.py", 43)
    assert (lock["found"], lock["required"]) == ("lock_timeout = 5s", "30 to 120 s")


def test_the_fixes_lead_to_go(tmp_path: Path) -> None:
    folder = copied("before", tmp_path)
    source = (folder / "server" / "db_backfills.py").read_text(encoding="utf-8").splitlines()
    fixes = verified(folder).document["fixes"]
    assert [(one["line"], one["required"]) for one in fixes] == [(43, True), (103, False)]
    for one in reversed(fixes):
        first = one["line"] - 1
        assert source[first : first + len(one["before"])] == one["before"]
        source[first : first + len(one["before"])] = one["after"]
    (folder / "server" / "db_backfills.py").write_text("\n".join(source) + "\n", encoding="utf-8")
    told = verified(folder)
    assert (told.code, told.outcomes) == (0, ["PASS"] * 6)


def test_a_partial_point_is_go_unless_strict(tmp_path: Path) -> None:
    folder = copied("after", tmp_path)
    change(folder / "server" / "db_backfills.py", "'batch_size': 200", "'batch_size': 100")
    assert verified(folder).code == 0
    strict = verified(folder, "--strict")
    assert (strict.code, strict.verdict, strict.outcomes[3]) == (1, "NO-GO", "PARTIAL")


@pytest.mark.parametrize(
    ("old", "new", "number", "outcome"),
    [
        (" SKIP LOCKED", "", 2, "FAIL"),
        ("LIMIT :batch_size", "", 2, "FAIL"),
        ("ORDER BY id\n", "\n", 2, "PARTIAL"),
        ("AND last_call_direction IS NULL", "AND phone IS NOT NULL", 3, "FAIL"),
        ("LIMIT :batch_size", "LIMIT 500", 4, "PARTIAL"),
        ("            time.sleep(0.05)\n", "", 4, "PARTIAL"),
        ("'60s'", "'25s'", 5, "FAIL"),
        ("statement_timeout = '120s'", "statement_timeout = '30s'", 5, "PARTIAL"),
        ("statement_timeout = '120s'", "statement_timeout = '10s'", 5, "FAIL"),
        ("statement_timeout = '120s'", "statement_timeout = 0", 5, "PASS"),
    ],
)
def test_one_change_makes_one_point_fail(old: str, new: str, number: int, outcome: str, tmp_path: Path) -> None:
    folder = copied("after", tmp_path)
    change(folder / "server" / "db_backfills.py", old, new)
    told = verified(folder)
    assert told.outcomes[number - 1] == outcome
    assert told.code == (1 if outcome == "FAIL" else 0)


def test_rules_that_the_project_turns_off_are_verified_all_the_same(tmp_path: Path) -> None:
    folder = copied("before", tmp_path)
    config = folder / "migration-guard.toml"
    config.write_text('ignore = ["MG4"]\n' + config.read_text(encoding="utf-8"), encoding="utf-8")
    assert verified(folder).outcomes == ["PASS", "FAIL", "PASS", "PARTIAL", "FAIL", "PASS"]


def test_a_remark_with_a_reason_is_told_and_changes_the_verdict(tmp_path: Path) -> None:
    folder = copied("after", tmp_path)
    remark = "\n                    # migration-guard: ignore[MG405] -- nothing else writes here\n"
    change(
        folder / "server" / "db_backfills.py",
        "\n                    conn.execute(text(\"SET lock_timeout = '60s'\"))",
        f"{remark}                    conn.execute(text(\"SET lock_timeout = '5s'\"))",
    )
    told = verified(folder)
    assert told.outcomes[1] == "PASS"
    assert any("ignored by a remark" in one["what"] for one in told.evidence(2))


def test_without_backfills_nothing_is_green(tmp_path: Path) -> None:
    folder = copied("after", tmp_path)
    change(folder / "migration-guard.toml", '[backfill]\nmodules = ["server/db_backfills.py"]\n', "")
    told = verified(folder)
    assert (told.code, told.verdict) == (2, "NOT JUDGED")
    assert told.outcomes == ["PASS", "NOT JUDGED", "NOT JUDGED", "NOT JUDGED", "NOT JUDGED", "PASS"]
    assert "no backfills are named" in told.unjudged(2)[0]


def test_no_go_is_certain_whatever_else_could_not_be_judged(tmp_path: Path) -> None:
    folder = copied("before", tmp_path)
    (folder / "scripts" / "deploy_production.sh").write_text("if then fi ((\n", encoding="utf-8")
    told = verified(folder)
    assert (told.code, told.verdict) == (1, "NO-GO")
    assert any("no shell script that can be read" in one for one in told.unjudged(1))
    assert "Verdict: NO-GO (not judged: scripts/deploy_production.sh" in run(folder).stdout


def test_a_person_reads_points_summary_fixes_and_verdict(tmp_path: Path) -> None:
    said = run(copied("before", tmp_path)).stdout
    assert "2. SKIP LOCKED: FAIL" in said
    assert "found: lock_timeout = 5s; required: 30 to 120 s (server/db_backfills.py:43)" in said
    assert "Fixes required\n  server/db_backfills.py, line 43\n  BEFORE\n" in said
    assert (
        "+                     conn.execute(text(\"SET LOCAL idle_in_transaction_session_timeout = '120s'\"))" in said
    )
    assert said.endswith("Verdict: NO-GO\n")


def test_markdown_and_sarif(tmp_path: Path) -> None:
    folder = copied("before", tmp_path)
    markdown = run(folder, "--output-format", "markdown")
    assert markdown.stdout.startswith("### migration-guard verify: NO-GO\n")
    assert "| 4 | Small batches, commit per batch | PARTIAL |" in markdown.stdout
    sarif = run(folder, "--output-format", "sarif")
    assert (markdown.returncode, sarif.returncode) == (1, 1)
    log = json.loads(sarif.stdout)
    (schema,) = SARIF.glob("sarif*.json")
    jsonschema.validate(log, json.loads(schema.read_text(encoding="utf-8")))
    results = {(one["ruleId"], one["level"]) for one in log["runs"][0]["results"]}
    assert {("MG405", "error"), ("MG404", "warning"), ("MG410", "note")} <= results


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--output-format", "jsn"], 'did you mean "json"?'),
        (["--scratch-database-url", "postgresql://db/crm_production"], '"crm_production" is not written to'),
    ],
)
def test_wrong_usage_is_2(arguments: list[str], said: str, tmp_path: Path) -> None:
    ran = run(copied("after", tmp_path), *arguments)
    assert ran.returncode == 2
    assert said in ran.stderr
