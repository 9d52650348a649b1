"""What cannot be seen is said: files that are named, long chains of calls, handles that leave the repository."""

from __future__ import annotations

import json
from pathlib import Path

import program
import pytest

ROOT = Path(__file__).parents[1]
HEADER = 'import sqlalchemy as sa\nfrom alembic import op\nrevision = "1"\ndown_revision = None\n'


def report(folder: Path, *names: str) -> tuple[int, dict[str, list[dict[str, object]]]]:
    done = program.run(
        "check",
        *names,
        "--select",
        "ALL",
        "--isolated",
        "--output-format",
        "json",
        cwd=folder,
    )
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


@pytest.mark.parametrize(
    "name", ["write", "get_or_fix", "check_and_repair", "go", "get_version", "verify_schema", "log"]
)
def test_a_handle_that_leaves_is_told(tmp_path: Path, name: str) -> None:
    source = (
        f"{HEADER}from elsewhere import thing\ndef upgrade():\n    thing.{name}(op.get_bind())\n    thing.run(op)\n"
    )
    (tmp_path / "a.py").write_text(source, encoding="utf-8")
    assert codes(report(tmp_path, "a.py")[1]) == ["MG109", "MG109"]


@pytest.mark.parametrize("name", ["has_table", "column_exists"])
def test_what_asks_for_a_part_of_the_schema_is_believed(tmp_path: Path, name: str) -> None:
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


DJANGO = """from django.db import migrations
from elsewhere import thing
def fill(apps, schema_editor):
    for row in apps.get_model("shop", "Lead").objects.all():
        {line}
class Migration(migrations.Migration):
    operations = [migrations.RunPython(fill)]
"""


def told_of_rows(folder: Path, line: str) -> list[object]:
    (folder / "migrations").mkdir()
    (folder / "migrations" / "0001_a.py").write_text(DJANGO.format(line=line), encoding="utf-8")
    return codes(report(folder, "migrations")[1])


@pytest.mark.parametrize(
    "line",
    [
        "thing(row)",
        "thing.sync([row])",
        'thing(row=row, name="x")',
        "thing({1: row})",
        "thing.append(row)",
        "thing.get_name(row)",
        "thing.log(row)",
        "thing.enqueue(row)",
    ],
)
def test_a_row_that_leaves_is_told(tmp_path: Path, line: str) -> None:
    assert told_of_rows(tmp_path, line) == ["MG109"]


@pytest.mark.parametrize(
    "line",
    [
        "x = thing(row.name)",
        'thing.groups["a"].append(row)',
        "thing.logger.info(row)",
        "print(row)",
        "str(row)",
        "thing.enqueue(row.pk)",
    ],
)
def test_a_row_that_is_only_read_is_not_told(tmp_path: Path, line: str) -> None:
    assert told_of_rows(tmp_path, line) == []


@pytest.mark.parametrize("line", ["save = row.save; save()", "thing(row.save)", 'getattr(row, "save")()'])
def test_a_bound_method_of_a_row_writes_when_it_is_called(tmp_path: Path, line: str) -> None:
    assert told_of_rows(tmp_path, line) == ["MG101"]


RELATIONS = """from django.db import migrations, models
def fill(apps, schema_editor):
    {line}
class Migration(migrations.Migration):
    operations = [
        migrations.CreateModel("Tag", [("name", models.TextField())]),
        migrations.CreateModel("Lead", [("tags", models.ManyToManyField("shop.Tag", related_name="leads"))]),
        migrations.CreateModel("Club", [("members", models.ManyToManyField("shop.Lead", through="shop.Member"))]),
        migrations.CreateModel("Deal", [("lead", models.ForeignKey("shop.Lead", models.CASCADE, related_name="deals"))]),
        migrations.CreateModel("Hot", [("heat", models.IntegerField())], bases=("shop.lead",)),
        migrations.CreateModel("Seen", [], options={{"proxy": True}}, bases=("shop.lead",)),
    ]
"""


@pytest.mark.parametrize(
    ("line", "tables"),
    [
        ('apps.get_model("shop", "Tag").objects.first().leads.add(1)', ["shop_lead_tags"]),
        ('apps.get_model("shop", "Club").objects.first().members.add(1)', ["shop_member"]),
        ('apps.get_model("shop", "Lead").objects.first().deals.clear()', ["shop_deal"]),
        ('apps.get_model("shop", "Hot").objects.first().save()', ["shop_hot", "shop_lead"]),
        ('apps.get_model("shop", "Hot").objects.update(heat=1)', ["shop_hot"]),
        ('apps.get_model("shop", "Seen").objects.update(name="x")', ["shop_lead"]),
        (
            'apps.get_model("shop", "Deal")._meta.get_field("lead").related_model.objects.update(name="x")',
            ["shop_lead"],
        ),
    ],
)
def test_relations_lead_to_the_tables_that_are_written(tmp_path: Path, line: str, tables: list[str]) -> None:
    folder = tmp_path / "shop" / "migrations"
    folder.mkdir(parents=True)
    (folder / "0001_a.py").write_text(RELATIONS.format(line="pass"), encoding="utf-8")
    source = DJANGO.replace('for row in apps.get_model("shop", "Lead").objects.all():\n        {line}', line)
    (folder / "0002_b.py").write_text(source, encoding="utf-8")
    found = report(tmp_path, "shop")[1]["findings"]
    assert [finding["operation"]["tables"] for finding in found] == [tables]  # type: ignore[index]
