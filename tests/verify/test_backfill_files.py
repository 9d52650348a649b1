"""Whole files of backfills with markers: each rule finds what a marker expects, and nothing else."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from migration_guard.config import SettingsLoader
from migration_guard.pipeline import Request, check
from migration_guard.report.model import Report

FOLDER = Path(__file__).parents[1] / "fixtures" / "verify" / "backfills"
MARKER = re.compile(r"# expect: (MG\d+(?:, MG\d+)*)")
TIMEOUTS = """
            connection.execute(text("SET LOCAL lock_timeout = '60s'"))
            connection.execute(text("SET LOCAL statement_timeout = '120s'"))
            connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = '120s'"))"""


def checked(folder: Path, *modules: str, config: tuple[str, ...] = ()) -> Report:
    named = ", ".join(f'"{name}"' for name in modules)
    load = SettingsLoader(cwd=folder, config=['select=["ALL"]', f"backfill.modules=[{named}]", *config], isolated=True)
    return check(Request(paths=modules, cwd=folder, load=load, workers=1, baseline=False))


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_findings_stand_where_markers_expect_them(path: Path, tmp_path: Path) -> None:
    shutil.copy(path, tmp_path)
    report = checked(tmp_path, path.name)
    assert report.problems == ()
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    expected = [(n, code) for n, line in lines if (found := MARKER.search(line)) for code in found[1].split(", ")]
    assert sorted((one.span.line, one.code) for one in report.new) == sorted(expected)


def write(folder: Path, name: str, body: str) -> None:
    (folder / name).write_text(f"import time\n\nfrom sqlalchemy import text\n\n\n{body}", encoding="utf-8")


def test_what_cannot_be_seen_is_a_problem(tmp_path: Path) -> None:
    write(
        tmp_path,
        "b.py",
        "def fill(engine):\n    with engine.begin() as connection:\n        connection.execute(build())\n",
    )
    (problem,) = checked(tmp_path, "b.py").problems
    assert (problem.path, problem.line) == ("b.py", 8)
    assert "cannot be judged" in problem.message


def test_an_orm_that_cannot_be_judged_is_a_problem(tmp_path: Path) -> None:
    source = "from crm.models import Lead\n\n\ndef fill(leads):\n    Lead.objects.bulk_update(leads, ['status'])\n"
    (tmp_path / "b.py").write_text(source, encoding="utf-8")
    (problem,) = checked(tmp_path, "b.py").problems
    assert problem.line == 5
    assert "django-orm" in problem.message


def test_a_module_of_backfills_without_any_is_no_error_of_a_check(tmp_path: Path) -> None:
    write(tmp_path, "b.py", "def count(engine):\n    return engine.connect().execute(text('SELECT 1')).scalar()\n")
    assert checked(tmp_path, "b.py").problems == ()
    load = SettingsLoader(cwd=tmp_path, config=['backfill.modules=["later.py"]'], isolated=True)
    (tmp_path / "versions").mkdir()
    (tmp_path / "versions" / "1.py").write_text(
        "from alembic import op\nrevision = '1'\ndown_revision = None\n\n\ndef upgrade():\n    op.drop_table('old')\n",
        encoding="utf-8",
    )
    assert check(Request(paths=[], cwd=tmp_path, load=load, workers=1, baseline=False)).problems == ()


def test_helpers_beside_backfills_in_a_folder_are_none(tmp_path: Path) -> None:
    (tmp_path / "backfills").mkdir()
    (tmp_path / "backfills" / "__init__.py").touch()
    source = (FOLDER / "declared.py").read_text(encoding="utf-8")
    (tmp_path / "backfills" / "leads.py").write_text(source, encoding="utf-8")
    report = checked(tmp_path, "backfills")
    assert report.problems == ()
    assert len(report.new) == 3


def test_a_registry_whose_functions_stand_elsewhere_needs_both_named(tmp_path: Path) -> None:
    write(tmp_path, "filling.py", "def fill(engine):\n    engine.execute(text('DELETE FROM leads WHERE id IN :ids'))\n")
    source = "from filling import fill\n\nBACKFILL_DEFS = [{'key': 'leads', 'function': fill, 'batch_size': 50}]\n"
    (tmp_path / "registry.py").write_text(source, encoding="utf-8")
    (problem,) = checked(tmp_path, "registry.py").problems
    assert "its function stands in filling.py, which `backfill.modules` must name too" in problem.message
    both = checked(tmp_path, "registry.py", "filling.py")
    assert both.problems == ()
    assert ("registry.py", "MG404") in [(one.path, one.code) for one in both.new]


@pytest.mark.parametrize(
    ("registry", "reason"),
    [
        ("BACKFILL_DEFS = load('registry.json')", "is no literal list"),
        ("BACKFILL_DEFS = [entry('leads')]", "is no literal dictionary"),
        ("BACKFILL_DEFS = [{'key': 'leads', 'function': missing}]", "its function cannot be found"),
    ],
)
def test_a_registry_that_cannot_be_read_is_a_problem(registry: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "b.py").write_text(f"{registry}\n", encoding="utf-8")
    assert any(reason in problem.message for problem in checked(tmp_path, "b.py").problems)


def test_a_remark_with_a_reason_sets_a_finding_aside(tmp_path: Path) -> None:
    source = (FOLDER / "range_without_locks.py").read_text(encoding="utf-8")
    ignored = source.replace(
        "# expect: MG401", "# migration-guard: ignore[no-skip-locked] -- the table is not written to"
    )
    (tmp_path / "b.py").write_text(ignored, encoding="utf-8")
    report = checked(tmp_path, "b.py")
    assert [one.status.value for one in report.findings] == ["ignored"]


def test_a_file_of_backfills_is_no_migration(tmp_path: Path) -> None:
    source = (FOLDER / "clean_delete.py").read_text(encoding="utf-8")
    (tmp_path / "b.py").write_text(source, encoding="utf-8")
    load = SettingsLoader(cwd=tmp_path, config=['select=["ALL"]'], isolated=True)
    as_migration = check(Request(paths=["b.py"], cwd=tmp_path, load=load, workers=1))
    assert "MG103" in {one.code for one in as_migration.new}
    assert checked(tmp_path, "b.py").new == ()


@pytest.mark.parametrize(
    ("setting", "codes"),
    [
        ("SET LOCAL lock_timeout = '30s'", []),
        ("SET LOCAL lock_timeout TO '2min'", []),
        ("SET LOCAL lock_timeout = 60000", []),
        ("SET LOCAL lock_timeout = '29s'", ["MG405"]),
        ("SET LOCAL lock_timeout = '121s'", ["MG405"]),
        ("SET LOCAL lock_timeout = 0", ["MG405"]),
        ("SET LOCAL lock_timeout = 60", ["MG405"]),
        ("SET SESSION lock_timeout = '60s'", ["MG408"]),
        ("SELECT set_config('lock_timeout', '60s', true)", []),
        ("SELECT set_config('lock_timeout', '60s', false)", ["MG408"]),
    ],
)
def test_time_outs_are_read_as_the_server_reads_them(setting: str, codes: list[str], tmp_path: Path) -> None:
    source = (FOLDER / "clean_copy.py").read_text(encoding="utf-8")
    changed = source.replace("SET LOCAL lock_timeout = '60s'", setting)
    assert changed != source or setting == "SET LOCAL lock_timeout = '60s'"
    (tmp_path / "b.py").write_text(changed, encoding="utf-8")
    assert [one.code for one in checked(tmp_path, "b.py").new] == codes
