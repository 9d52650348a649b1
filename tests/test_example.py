"""The example project shows what its README says: findings of every severity, and none where it promises none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CRM = ROOT / "examples" / "crm"
SCRIPT = "server/db_migrate.py"

EXPECTED = {
    ("0003_lead_owner", "MG101", "leads", "high"),
    ("0005_call_log_history", "MG102", "call_log_history", "high"),
    ("0005_call_log_history", "MG103", "call_log", "high"),
    ("0006_quiet_hours", "MG101", "business", "low"),
    ("0007_lead_tags", "MG101", "lead_tags", "medium"),
    ("0009_appointment_no_show", "MG101", "appointments", "low"),
    ("32", "MG101", "business", "low"),
    ("33", "MG103", "settings", "low"),
    ("34", "MG101", "receipts", "high"),
    ("35", "MG102", "campaigns", "medium"),
    ("36", "MG201", None, "low"),
    ("37", "MG201", None, "medium"),
    ("39", "MG101", "leads", "high"),
    ("40", "MG103", "appointments", "high"),
    ("41", "MG104", "dialler_queue", "medium"),
    ("42", "MG107", None, "high"),
    ("42a", "MG101", "business", "low"),
    ("45", "MG103", "messages", "high"),
}
"""(file of the Alembic history, or number of the script's block; rule; table; severity)"""


def found(finding: dict[str, object]) -> tuple[object, ...]:
    operation = finding["operation"]
    place = finding["migration"] if finding["path"] == SCRIPT else Path(str(finding["path"])).stem
    return (place, finding["code"], operation["table"] if isinstance(operation, dict) else None, finding["severity"])


@pytest.fixture(scope="module")
def run() -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "migration_guard", "--output-format", "json", "--no-baseline"],
        cwd=CRM,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
        encoding="utf-8",
        timeout=60,
    )


def test_findings_are_those_of_the_readme(run: subprocess.CompletedProcess[str]) -> None:
    findings = [f for f in json.loads(run.stdout)["findings"] if not f["code"].startswith("MG3")]
    assert {found(finding) for finding in findings} == EXPECTED
    assert len(findings) == len(EXPECTED)


def test_the_run_fails_and_nothing_was_left_unread(run: subprocess.CompletedProcess[str]) -> None:
    assert run.returncode == 1
    assert json.loads(run.stdout)["problems"] == []
