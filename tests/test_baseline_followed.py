"""Renamed, renumbered and merged: what an entry follows, and what it does not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from baselines.project import Project

from migration_guard.baseline import Entry, Sight, match

UPDATES = ("UPDATE o SET a = 1", "UPDATE p SET a = 1", "UPDATE q SET a = 1")


def alembic(revision: str, *statements: str) -> str:
    body = "".join(f"    op.execute({statement!r})\n" for statement in statements)
    return f'from alembic import op\n\nrevision = "{revision}"\ndown_revision = None\n\n\ndef upgrade():\n{body}'


def django(*fields: str) -> str:
    body = "".join(f"    L.objects.update({field})\n" for field in fields)
    return (
        "from django.db import migrations\n\n\ndef go(apps, schema_editor):\n    L = apps.get_model('crm', 'Lead')\n"
        f"{body}\n\nclass Migration(migrations.Migration):\n    operations = [migrations.RunPython(go)]\n"
    )


@pytest.fixture
def where(tmp_path: Path) -> Project:
    return Project.at(tmp_path / "work")


def counts(where: Project, *arguments: str) -> tuple[int, int, int]:
    """New changes, grandfathered ones, and stale entries."""
    found = json.loads(where.guard("check", "--output-format", "json", *arguments).stdout)["findings"]
    new = [one for one in found if one["status"] == "new"]
    stale = sum(one["code"] == "MG903" for one in new)
    return len(new) - stale, sum(one["status"] == "grandfathered" for one in found), stale


def renamed(where: Project, old: str, new: str, text: str) -> None:
    (where.root / old).unlink()
    where.write(new, text)


@pytest.mark.parametrize(
    ("old", "new", "statements", "expected"),
    [
        pytest.param("0209_fill", "0211_fill", UPDATES, (0, 3, 0), id="the id is the file's name"),
        pytest.param("0209_fill", "0211_fill_", UPDATES, (0, 3, 0), id="the name is cut"),
        pytest.param("0209_fill", "0211_fill", ("UPDATE o SET a = 2", *UPDATES[1:]), (1, 2, 1), id="with one edit"),
        pytest.param("0209_fill", "0211_fill", (*UPDATES, "DELETE FROM r"), (1, 3, 0), id="with one more"),
        pytest.param("0209_fill", "0211_fill", UPDATES[1:], (0, 2, 1), id="with one fewer"),
        pytest.param(
            "0209_fill", "0211_other", ("UPDATE z SET a = 2", *UPDATES[1:]), (3, 0, 3), id="another migration"
        ),
    ],
)
def test_alembic_renumbered(
    where: Project, old: str, new: str, statements: tuple[str, ...], expected: tuple[int, int, int]
) -> None:
    where.write(f"versions/{old}.py", alembic(old, *UPDATES))
    where.accept()
    renamed(where, f"versions/{old}.py", f"versions/{new}.py", alembic(new, *statements))
    assert counts(where) == expected


def test_an_alembic_id_that_is_not_the_files_name(where: Project) -> None:
    where.write("versions/a36f_fill.py", alembic("a36f0c1d2e3f", *UPDATES))
    where.accept()
    renamed(
        where, "versions/a36f_fill.py", "versions/b47f_fill.py", alembic("b47f0c1d2e3f", "DELETE FROM o", *UPDATES[1:])
    )
    assert counts(where) == (1, 2, 1)


@pytest.mark.parametrize("name", ["0003_x", "0003_merged_x"])
def test_django_renumbered_with_one_edit_beside_it(where: Project, name: str) -> None:
    where.write("crm/migrations/0002_x.py", django("a=1", "b=1", "c=1"))
    where.accept()
    renamed(where, "crm/migrations/0002_x.py", f"crm/migrations/{name}.py", django("a=1", "b=1", "c=2"))
    assert counts(where) == ((1, 2, 1) if name == "0003_x" else (3, 0, 3))


def test_two_migrations_that_change_places_are_both_followed(where: Project) -> None:
    where.write("crm/migrations/0002_x.py", django("a=1", "b=1"))
    where.write("crm/migrations/0003_y.py", django("c=1", "d=1"))
    where.accept()
    renamed(where, "crm/migrations/0002_x.py", "crm/migrations/0003_x.py", django("a=1", "b=1"))
    renamed(where, "crm/migrations/0003_y.py", "crm/migrations/0002_y.py", django("c=1", "d=2"))
    assert counts(where) == (1, 3, 1)


def test_an_old_name_that_a_new_file_takes(where: Project) -> None:
    where.write("db/migrations/002_more.sql", "DELETE FROM a WHERE b;\n")
    where.accept()
    renamed(where, "db/migrations/002_more.sql", "db/migrations/003_more.sql", "DELETE FROM a WHERE b;\n")
    where.write("db/migrations/002_more.sql", "UPDATE z SET y = 1;\n")
    assert counts(where) == (1, 1, 0)


def test_an_old_name_that_a_new_file_takes_with_the_same_change_is_new_once(where: Project) -> None:
    where.write("db/migrations/002_more.sql", "DELETE FROM a WHERE b;\n")
    where.accept()
    where.write("db/migrations/003_more.sql", "DELETE FROM a WHERE b;\n")
    assert counts(where) == (1, 1, 0)


def test_a_block_of_a_script_that_gets_another_number_is_new(where: Project) -> None:
    where.write("m.py", "def go(engine):\n    # Migration 36: x\n    engine.execute('UPDATE t SET a = 1')\n")
    where.write("migration-guard.toml", "migration-marker = '# Migration (\\d+):'\npaths = ['m.py']\n")
    where.accept()
    where.replace("m.py", "36", "37")
    assert counts(where) == (1, 0, 1)


def test_a_loop_over_tables_has_an_entry_for_each(where: Project) -> None:
    loop = alembic("r1").replace(
        "def upgrade():\n", "def upgrade():\n    for t in {0}:\n        op.execute(f'UPDATE {{t}} SET x = 1')\n"
    )
    where.write("versions/r1.py", loop.format(("a", "b", "c")))
    where.accept()
    where.write("versions/r1.py", loop.format(("a", "b")))
    assert counts(where) == (0, 1, 1)
    where.write("versions/r1.py", loop.format(("a", "b", "c", "d")))
    assert counts(where) == (1, 0, 0)


def test_what_two_branches_say_of_one_entry_is_kept_until_somebody_decides(where: Project) -> None:
    where.write("versions/r1.py", alembic("r1", UPDATES[0]))
    where.accept()
    where.commit()
    for branch, reason, owner in (("a", "one", "ann"), ("b", "two", "bob")):
        where.git("checkout", "-q", "-b", branch, "main")
        assert where.guard("baseline", "add", "versions/r1.py:8", "--reason", reason, "--owner", owner).returncode == 0
        where.commit()
    where.git("merge", "-q", "a", fails=True)
    assert counts(where) == (0, 1, 0)
    where.guard("baseline")
    assert '"reason":"two | one","owner":"bob | ann"' in where.baseline.read_text(encoding="utf-8")


READS = """from alembic import op
revision = "1"
down_revision = None
{0}

def upgrade():
    c = op.get_bind()
    for r in c.execute({1}):
        c.execute("UPDATE leads SET a = %s", (r.id,))
"""
MULTILINE = '''from django.db import migrations


def f(x):
    return f"""A:
{x.a}
"""


def forwards(apps, schema_editor):
    Lead = apps.get_model("shop", "Lead")
    for lead in Lead.objects.all():
        lead.text = f(lead)
        lead.save()


class Migration(migrations.Migration):
    operations = [migrations.RunPython(forwards)]
'''


def test_a_read_that_moves_into_a_constant_and_line_ends_of_windows(where: Project) -> None:
    where.write("versions/a.py", READS.format("", '"SELECT id FROM x"'))
    where.write("shop/migrations/0001_x.py", MULTILINE)
    where.accept()
    where.write("versions/a.py", READS.format('Q = "SELECT id FROM x"\n', "Q"))
    where.write("shop/migrations/0001_x.py", MULTILINE.replace("\n", "\r\n"))
    assert counts(where) == (0, 2, 0)


def test_what_could_not_be_read_then_is_not_told_by_guessing(tmp_path: Path) -> None:
    """An entry of an earlier scheme whose file was broken when the baseline was written keeps what people said of it."""
    where = Project.at(tmp_path)
    text = 'from alembic import op\nrevision = "a"\ndown_revision = None\ndef upgrade():\n    op.execute("UPDATE t SET a = 1")\n'
    entry = (
        '{"file":"versions/a.py","migration":"a","rule":"update-in-migration","at":"t","fp":"1:00000000000000000000"'
    )
    where.write("versions/a.py", text + "def (:\n")
    where.write(where.baseline.name, f'{{"format":1}}\n{entry},"reason":"agreed"}}\n')
    where.commit()
    where.write("versions/a.py", text)
    where.commit()
    refused = where.guard("check")
    assert refused.returncode == 2
    assert "versions/a.py could not be read as it was in" in refused.stderr
    assert where.guard("baseline", "--tool-upgrade").returncode == 0
    assert '"reason":"agreed"' in where.baseline.read_text(encoding="utf-8")


@pytest.mark.parametrize("digest", ["the same", "another"])
def test_two_schemes_of_one_finding_are_one_entry_and_lose_no_reason(where: Project, digest: str) -> None:
    """As after a merge of a branch whose tool was newer: the same finding, once in each scheme. A second copy is new."""
    where.write("versions/a.py", alembic("a", "UPDATE o SET a = 1"))
    where.accept()
    (kept,) = where.baseline.read_text(encoding="utf-8").splitlines()[1:]
    new = json.loads(kept) | {"reason": "newer", "until": "2031-01-01"}
    told = new["fp"].partition(":")[2] if digest == "the same" else 20 * "0"
    old = new | {"fp": f"2:{told}", "reason": "older", "owner": "ann", "until": "2030-01-01"}
    where.write(where.baseline.name, "".join(f"{json.dumps(one)}\n" for one in ({"format": 1}, new, old)))
    where.commit()
    assert counts(where) == (0, 1, 0)
    where.write("versions/a.py", alembic("a", "UPDATE o SET a = 1", "UPDATE o SET a = 1"))
    assert counts(where) == (1, 1, 0)
    assert where.guard("baseline").returncode == 0
    (one,) = map(json.loads, where.baseline.read_text(encoding="utf-8").splitlines()[1:])
    assert "count" not in one
    assert (*sorted(one["reason"].split(" | ")), one["owner"], one["until"]) == ("newer", "older", "ann", "2030-01-01")


def test_a_finding_of_an_old_entry_beside_one_that_holds_is_its_own(where: Project) -> None:
    where.write("versions/a.py", alembic("a", "UPDATE o SET a = 1", "UPDATE o SET a = 2"))
    where.accept()
    one, other = map(json.loads, where.baseline.read_text(encoding="utf-8").splitlines()[1:])
    old = other | {"fp": f"2:{20 * '0'}", "reason": "older"}
    where.write(where.baseline.name, "".join(f"{json.dumps(each)}\n" for each in ({"format": 1}, one, old)))
    where.commit()
    assert counts(where) == (0, 2, 0)


def test_each_entry_is_looked_at_a_few_times_however_many_are_stale() -> None:
    """Staleness costs no more for each entry of a large baseline than of a small one."""

    def looks(number: int) -> int:
        entries = [
            Entry(f"versions/{n // 10}.py", f"m{n // 10}", "update-in-migration", "t", f"3:{n:020x}")
            for n in range(number)
        ]
        seen = list[Entry]()

        def sight(entry: Entry) -> Sight:
            seen.append(entry)
            return Sight.GONE

        assert len(match(entries, (), sight).stale) == number
        return len(seen)

    assert looks(4_000) == 10 * looks(400)
