"""What cannot be seen is said: files that are named, long chains of calls, handles that leave the repository."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEADER = 'import sqlalchemy as sa\nfrom alembic import op\nrevision = "1"\ndown_revision = None\n'


def report(folder: Path, *names: str) -> tuple[int, dict[str, list[dict[str, object]]]]:
    command = [sys.executable, "-c", "from migration_guard.cli import main; main()", "check", *names]
    command += ["--select", "ALL", "--isolated", "--output-format", "json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, json.loads(done.stdout)


def codes(found: dict[str, list[dict[str, object]]]) -> list[object]:
    return [finding["code"] for finding in found["findings"]]


@pytest.mark.parametrize("name", ["patch.sql", "PATCH.SQL"])
def test_an_sql_file_that_is_named_is_read(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("SELECT 1;\nUPDATE leads SET a = 1;\n", encoding="utf-8")
    code, found = report(tmp_path, name)
    assert code == 1
    assert [(f["code"], f["line"]) for f in found["findings"]] == [("MG101", 2)]


def test_a_chain_of_calls_is_followed_to_its_end_or_told(tmp_path: Path) -> None:
    for length in (40, 90):
        chain = "".join(f"def f{n}():\n    f{n + 1}()\n" for n in range(length))
        source = (
            f'{HEADER}def f{length}():\n    op.execute("UPDATE leads SET a = 1")\n{chain}def upgrade():\n    f0()\n'
        )
        (tmp_path / f"{length}.py").write_text(source, encoding="utf-8")
    code, found = report(tmp_path, "40.py", "90.py")
    assert code == 2
    assert [f["path"] for f in found["findings"]] == ["40.py"]
    assert [p["path"] for p in found["problems"]] == ["90.py"]


@pytest.mark.parametrize("name", ["write", "get_or_fix", "list_and_delete", "check_and_repair", "go"])
def test_a_handle_that_leaves_is_told(tmp_path: Path, name: str) -> None:
    source = (
        f"{HEADER}from elsewhere import thing\ndef upgrade():\n    thing.{name}(op.get_bind())\n    thing.run(op)\n"
    )
    (tmp_path / "a.py").write_text(source, encoding="utf-8")
    assert codes(report(tmp_path, "a.py")[1]) == ["MG109", "MG109"]


@pytest.mark.parametrize("name", ["get_version", "has_table", "is_empty", "verify_schema"])
def test_a_name_that_only_reads_is_believed(tmp_path: Path, name: str) -> None:
    source = f"{HEADER}from elsewhere import thing\ndef upgrade():\n    thing.{name}(op.get_bind())\n"
    (tmp_path / "a.py").write_text(source, encoding="utf-8")
    assert codes(report(tmp_path, "a.py")[1]) == []


def test_djangos_own_tables_have_their_own_names(tmp_path: Path) -> None:
    (tmp_path / "migrations").mkdir()
    source = """from django.db import migrations
def fill(apps, schema_editor):
    apps.get_model("contenttypes", "ContentType").objects.update(model="x")
class Migration(migrations.Migration):
    operations = [migrations.RunPython(fill)]
"""
    (tmp_path / "migrations" / "0001_a.py").write_text(source, encoding="utf-8")
    (finding,) = report(tmp_path, "migrations")[1]["findings"]
    assert (finding["severity"], finding["operation"]["table"]) == ("low", "django_content_type")  # type: ignore[index]


def test_a_package_in_src_is_in_sight(tmp_path: Path) -> None:
    for folder in (".git", "src/shop", "alembic/versions"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "src/shop/__init__.py").touch()
    (tmp_path / "src/shop/fill.py").write_text(
        'def fill(connection):\n    connection.exec_driver_sql("DELETE FROM calls")\n', encoding="utf-8"
    )
    source = f"{HEADER}from shop.fill import fill\ndef upgrade():\n    fill(op.get_bind())\n"
    (tmp_path / "alembic/versions/1.py").write_text(source, encoding="utf-8")
    (finding,) = report(tmp_path, "alembic/versions")[1]["findings"]
    assert finding["operation"]["via"] == "src/shop/fill.py:2"  # type: ignore[index]
