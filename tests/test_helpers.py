"""A helper of the repository that cannot be read is told where it is called; so is an entry point out of sight."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from program import run

HEAD = "import sqlalchemy as sa\nfrom alembic import op\nrevision = '2'\ndown_revision = '1'\n"
GO = "from alembic import op\ndef go():\n    op.execute('UPDATE leads SET a = 1')\n"


def codes(folder: Path, migration: str, name: str = "v/2.py") -> list[tuple[str, int]]:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(migration)
    (folder / ".git").mkdir(exist_ok=True)
    done = run("check", name, "--isolated", "--no-baseline", "--select", "MG1", "--output-format", "json", cwd=folder)
    found = json.loads(done.stdout)
    assert found["problems"] == []
    return [(one["code"], one["line"]) for one in found["findings"]]


@pytest.mark.parametrize(
    "helper",
    [
        GO + "print 'x'\n",
        GO + "# x\n" * 200_000,
        GO + "match 1:\n    case " + "[" * 30 + "a" + "]" * 30 + ": pass\n",
        GO.encode() + b"x = '\xff'\n",
        b"# coding: nothing\n" + GO.encode(),
        GO + "x = " + "(" * 900 + ")" * 900 + "\n",
        GO + "<<<<<<< ours\n",
        "import sys, other\nsys.modules[__name__] = other\ndef go():\n    pass\nclass Thing:\n    go = go\n",
    ],
    ids=["syntax", "size", "pattern", "byte", "cookie", "depth", "conflict", "replaced"],
)
@pytest.mark.parametrize(
    ("line", "body"),
    [
        ("from helper import go", "go()"),
        ("import helper", "helper.go()"),
        ("from helper import *", "go()"),
        ("from helper import go as other", "x = other\n    x()"),
        ("import helper as h", "getattr(h, 'go')()"),
        ("from helper import Thing", "Thing().go()"),
    ],
)
def test_what_cannot_be_read_is_told_where_it_is_called(
    tmp_path: Path, helper: str | bytes, line: str, body: str
) -> None:
    (tmp_path / "helper.py").write_bytes(helper if isinstance(helper, bytes) else helper.encode())
    found = codes(tmp_path, f"{HEAD}{line}\ndef upgrade():\n    {body}\n")
    assert found and {code for code, _ in found} == {"MG109"}


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("migrations.RunSQL(FILL_SQL)", True),
        ("migrations.RunSQL(sql=SQL)", True),
        ("migrations.RunSQL(*FILL_SQL)", True),
        ("migrations.RunPython(*FILL)", True),
        ("migrations.AddField('lead', 'call', modelcluster.fields.ParentalKey(related_name=CALLS_NAME))", False),
    ],
)
def test_what_stands_beside_models_out_of_sight_is_no_model(tmp_path: Path, body: str, told: bool) -> None:
    head = "from django.db import migrations\nimport modelcluster.fields\nfrom shop.models import CALLS_NAME, FILL, FILL_SQL, SQL\n"
    read = "    print(FILL_SQL.objects)\n" if not told else ""  # so that the gate has it read, too
    text = f"{head}def none(apps, editor):\n    pass\nclass Migration(migrations.Migration):\n    operations = [{body}]\n{read}"
    assert bool(codes(tmp_path, text, "crm/migrations/0002_a.py")) == told


@pytest.mark.parametrize(("last", "told"), [("from end import go as f0", True), ("from end import rest as f0", False)])
def test_a_chain_that_is_too_long_ends_in_another_file(tmp_path: Path, last: str, told: bool) -> None:
    chain = "".join(f"def f{n}():\n    f{n - 1}()\n" for n in range(1, 31))
    (tmp_path / "helper.py").write_text(f"{last}\n{chain}")
    (tmp_path / "end.py").write_text(f"{GO}def rest():\n    print(1)\n")
    found = codes(tmp_path, f"{HEAD}from helper import f30\ndef upgrade():\n    f30()\n")
    assert bool(found) == told


def test_a_helper_that_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "helper.py")
    assert codes(tmp_path, f"{HEAD}from helper import go\ndef upgrade():\n    go()\n") == [("MG109", 5), ("MG109", 7)]


@pytest.mark.parametrize("folder", [False, True])
def test_a_helper_behind_a_link_out_of_the_repository(tmp_path: Path, folder: bool) -> None:
    root = tmp_path / "r"
    root.mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "helper.py").write_text(GO.replace("leads", "secret"))
    place = root / ("lib" if folder else "helper.py")
    place.symlink_to(tmp_path / "outside" / ("" if folder else "helper.py"))
    name = "lib.helper" if folder else "helper"
    assert codes(root, f"{HEAD}from {name} import go\ndef upgrade():\n    go()\n") == [("MG109", 5), ("MG109", 7)]
    report = run(
        "check", "v/2.py", "--isolated", "--no-baseline", "--select", "ALL", "--output-format", "json", cwd=root
    )
    assert "secret" not in report.stdout + report.stderr


LAZY = "def __getattr__(name):\n    return 1\n"


@pytest.mark.parametrize(
    ("helper", "body"),
    [
        (f"{GO}def run():\n    globals()['go']()\n", "helper.run()"),
        (GO, "[f() for name, f in vars(helper).items() if name == 'go']"),
        (GO, "[f() for f in vars(helper).values() if callable(f)]"),
        (f"{LAZY}def run(op):\n    exec('op.execute(\"UPDATE leads SET a = 1\")')\n", "helper.run(op)"),
    ],
    ids=["globals", "items", "values", "builtins beside __getattr__"],
)
def test_names_of_a_helper_that_nothing_has_asked_for_yet(tmp_path: Path, helper: str, body: str) -> None:
    (tmp_path / "helper.py").write_text(helper)
    assert codes(tmp_path, f"{HEAD}import helper\ndef upgrade():\n    {body}\n") == [("MG101", 7)]


@pytest.mark.parametrize("name", ["platform", "calendar", "test", "site", "statistics"])
def test_a_package_that_is_named_like_one_of_the_standard_library(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").touch()
    (tmp_path / name / "db.py").write_text(GO)
    assert codes(tmp_path, f"{HEAD}from {name}.db import go\ndef upgrade():\n    go()\n") == [("MG101", 7)]


def test_what_stands_where_python_does_not_look_is_not_taken_for_the_library(tmp_path: Path) -> None:
    (tmp_path / "v").mkdir()
    (tmp_path / "v" / "statistics.py").write_text("def mean(x):\n    raise ValueError\n")
    (tmp_path / "json.py").write_text("def loads(x):\n    op.execute('DELETE FROM a')\n")
    source = f"{HEAD}import json\nfrom statistics import mean\ndef upgrade():\n    mean([1])\n    json.loads('1')\n"
    assert codes(tmp_path, source) == []


@pytest.mark.parametrize(
    "line",
    [
        "from corp_tools import upgrade",
        "from corp_tools import x as upgrade",
        "import corp_tools\nupgrade = corp_tools.up",
    ],
)
def test_an_upgrade_out_of_sight_is_told(tmp_path: Path, line: str) -> None:
    assert [code for code, _ in codes(tmp_path, f"{HEAD}{line}\n")] == ["MG109"]


def test_an_upgrade_of_another_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text(GO.replace("go", "upgrade"))
    assert codes(tmp_path, f"{HEAD}from helper import upgrade\n") == [("MG101", 5)]


DJANGO = "from django.db import migrations\n"
RUN = "[migrations.RunSQL('UPDATE leads SET a = 1')]"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (f"class Migration(migrations.Migration):\n    def __init__(self, *a):\n        super().__init__(*a)\n        self.operations = {RUN}\n", "MG101"),
        (f"class Migration(migrations.Migration):\n    operations = []\nMigration.operations = {RUN}\n", "MG101"),
        (f"class Migration(migrations.Migration):\n    @property\n    def operations(self):\n        return {RUN}\n", "MG101"),
        (f"class Migration(migrations.Migration):\n    operations = []\n    operations += {RUN}\n", "MG101"),
        (f"class Migration(migrations.Migration):\n    operations = []\nMigration.operations.extend({RUN})\n", "MG101"),
        (f"class Base(migrations.Migration):\n    operations = {RUN}\nclass Migration(Base):\n    pass\n", "MG101"),
        (f"if True:\n    class Migration(migrations.Migration):\n        operations = {RUN}\n", "MG101"),
        (f"class Other(migrations.Migration):\n    operations = {RUN}\nMigration = Other\n", "MG101"),
        ("class Migration(migrations.Migration):\n    def apply(self, state, schema_editor, collect_sql=False):\n        schema_editor.execute('UPDATE leads SET a = 1')\n        return super().apply(state, schema_editor, collect_sql)\n", "MG101"),
        ("class Migration(migrations.Migration):\n    def unapply(self, state, editor, collect_sql=False):\n        editor.execute('DELETE FROM leads')\n", "MG103"),
        (f"class Base:\n    operations = {RUN}\nclass Migration(Base, migrations.Migration):\n    pass\n", "MG101"),
        (f"class M(type):\n    def __new__(m, n, b, d):\n        d['operations'] = {RUN}\n        return type.__new__(m, n, b, d)\nclass Migration(migrations.Migration, metaclass=M):\n    operations = []\n", "MG109"),
        ("from corp import Migration\n", "MG109"),
        ("from corp import Base\nclass Migration(Base):\n    pass\n", "MG109"),
    ],
)  # fmt: skip
def test_operations_are_found_however_a_migration_comes_by_them(tmp_path: Path, source: str, expected: str) -> None:
    assert [code for code, _ in codes(tmp_path, DJANGO + source, "shop/migrations/0002_x.py")] == [expected]


def test_a_migration_without_operations_has_none(tmp_path: Path) -> None:
    assert (
        codes(tmp_path, f"{DJANGO}class Migration(migrations.Migration):\n    pass\n", "shop/migrations/0002_x.py")
        == []
    )
