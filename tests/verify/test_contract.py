"""MG303: a migration that relies on a column waits for the backfill that fills it."""

from __future__ import annotations

from pathlib import Path

import pytest

from migration_guard.config import SettingsLoader
from migration_guard.pipeline import Request, check

BACKFILLS = """from migration_guard.backfill import Backfill

STATUS = Backfill(
    key="leads-status",
    table="public.leads",
    where="status IS NULL",
    update="UPDATE leads SET status = old_state WHERE id = ANY(:ids)",
)
"""
HEADER = """revision = "2f6c"
down_revision = "1e5b"

import sqlalchemy as sa
from alembic import op
from migration_guard.backfill import require_backfill


def upgrade():
"""
DJANGO = """from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("crm", "0001_initial")]
    operations = [{}]
"""


def found(folder: Path, *lines: str, paths: tuple[str, ...] = ("2f6c_x.py",)) -> list[tuple[int, str]]:
    (folder / "backfills.py").write_text(BACKFILLS, encoding="utf-8")
    body = "".join(f"    {line}\n" for line in lines)
    (folder / "2f6c_x.py").write_text(HEADER + body, encoding="utf-8")
    load = SettingsLoader(cwd=folder, config=['backfill.modules=["backfills.py"]'], isolated=True)
    report = check(Request(paths=paths, cwd=folder, load=load, workers=1))
    assert report.problems == ()
    return [(one.span.line - HEADER.count("\n"), one.code) for one in report.new if one.path.endswith("_x.py")]


@pytest.mark.parametrize(
    "line",
    [
        'op.alter_column("leads", "status", nullable=False)',
        'op.alter_column(table_name="leads", column_name="status", existing_type=sa.Text(), nullable=False)',
        'op.drop_column("leads", "old_state")',
        'op.drop_column("leads", "old_state", schema="public")',
        'op.execute("ALTER TABLE leads ALTER COLUMN status SET NOT NULL")',
        'op.execute("alter table only public.leads alter status set not null")',
        'op.execute("ALTER TABLE leads DROP COLUMN IF EXISTS old_state, ADD COLUMN x text")',
        'op.execute("ALTER TABLE leads VALIDATE CONSTRAINT status_is_there")',
        'op.execute("ALTER TABLE leads ADD CONSTRAINT c CHECK (status IS NOT NULL)")',
        'op.create_check_constraint("c", "leads", "status IS NOT NULL")',
        'with op.batch_alter_table("leads") as batch: batch.alter_column("status", nullable=False)',
    ],
)
def test_relying_on_a_column_that_is_being_filled(line: str, tmp_path: Path) -> None:
    assert found(tmp_path, line) == [(1, "MG303")]


@pytest.mark.parametrize(
    "line",
    [
        'op.alter_column("leads", "status", nullable=True)',
        'op.alter_column("leads", "phone", nullable=False)',
        'op.alter_column("customers", "status", nullable=False)',
        'op.drop_column("leads", "phone")',
        'op.add_column("leads", sa.Column("status", sa.Text()))',
        'op.execute("ALTER TABLE leads ALTER COLUMN status DROP NOT NULL")',
        'op.execute("ALTER TABLE leads DROP CONSTRAINT status_is_there")',
        'op.execute("ALTER TABLE leads ADD CONSTRAINT c CHECK (status IS NOT NULL) NOT VALID")',
        'op.create_check_constraint("c", "leads", "status IS NOT NULL", postgresql_not_valid=True)',
        "op.execute(\"COMMENT ON COLUMN leads.status IS 'DROP COLUMN'\")",
    ],
)
def test_what_relies_on_nothing(line: str, tmp_path: Path) -> None:
    assert found(tmp_path, line) == []


def test_requiring_the_backfill_is_enough_and_another_one_is_not(tmp_path: Path) -> None:
    contract = 'op.alter_column("leads", "status", nullable=False)'
    assert found(tmp_path, 'require_backfill(op.get_bind(), "leads-status")', contract) == []
    assert found(tmp_path, 'require_backfill(op.get_bind(), "leads-phone")', contract) == [(2, "MG303")]


def test_the_way_down_relies_on_nothing(tmp_path: Path) -> None:
    down = "\n\ndef downgrade():\n    op.drop_column('leads', 'status')"
    assert found(tmp_path, f"op.add_column('leads', sa.Column('status', sa.Text())){down}") == []


def test_backfills_are_known_whichever_files_are_checked(tmp_path: Path) -> None:
    line = 'op.drop_column("leads", "old_state")'
    assert (
        found(tmp_path, line, paths=()) == found(tmp_path, line, paths=("2f6c_x.py", "backfills.py")) == [(1, "MG303")]
    )


@pytest.mark.parametrize(
    ("operation", "codes"),
    [
        ('migrations.AlterField("leads", "status", models.CharField(max_length=9))', ["MG303"]),
        ('migrations.AlterField("leads", "status", models.CharField(max_length=9, null=True))', []),
        ('migrations.RemoveField("leads", "old_state")', ["MG303"]),
        ('migrations.RunSQL("ALTER TABLE crm_leads ALTER status SET NOT NULL", migrations.RunSQL.noop)', ["MG303"]),
    ],
)
def test_django(operation: str, codes: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "crm" / "migrations"
    folder.mkdir(parents=True)
    (tmp_path / "backfills.py").write_text(
        BACKFILLS.replace("public.leads", "crm_leads").replace("UPDATE leads", "UPDATE crm_leads")
    )
    (folder / "0002_x.py").write_text(DJANGO.format(operation), encoding="utf-8")
    load = SettingsLoader(cwd=tmp_path, config=['backfill.modules=["backfills.py"]'], isolated=True)
    report = check(Request(paths=["crm"], cwd=tmp_path, load=load, workers=1))
    assert [one.code for one in report.new] == codes
