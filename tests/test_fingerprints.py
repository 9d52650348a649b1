"""Fingerprints: golden vectors, which every version must keep, and what changes a fingerprint and what does not.

If a vector fails, baselines of users are worth nothing: the form has to be mended, never the vector.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from hashlib import sha256
from pathlib import Path

import pytest
from baselines.reading import findings
from program import ROOT

from migration_guard.forms.expressions import Expressions
from migration_guard.forms.remembered import Remembering
from migration_guard.forms.where import Where

ALEMBIC = """import os

import sqlalchemy as sa
from alembic import op
from app import settings

revision = "a36f"
down_revision = None
leads = sa.table("leads", sa.column("status"))

"""
DJANGO = """from django.db import migrations, models


def forwards(apps, schema_editor):
    Lead = apps.get_model("crm", "Lead")
{body}

class Migration(migrations.Migration):
    operations = [migrations.RunPython(forwards)]
"""
BATCHES = """while True:
    found = op.get_bind().execute(sa.text("UPDATE leads SET status = 'new' WHERE id IN (SELECT id FROM leads LIMIT 9)"))
    if not found.rowcount:
        break
"""


def indented(body: str) -> str:
    return "".join(f"    {line}" if line.strip() else line for line in body.splitlines(keepends=True))


def alembic(body: str, before: str = "") -> str:
    return f"{ALEMBIC}{before}\n\ndef upgrade():\n{indented(body)}\n"


def django(body: str) -> str:
    return DJANGO.format(body=indented(body) + "\n")


def prints(source: str, framework: str = "alembic") -> Counter[tuple[str, str]]:
    shown = {"django": "crm/migrations/0036_status.py", "sql": "db/0036_status.sql"}.get(framework, "versions/a36f.py")
    framework = "sql_file" if framework == "sql" else framework
    return Counter((one.code, one.fingerprint) for one in findings(source, framework, shown=shown))


VECTORS = [
    ("sql", "alembic", alembic('op.execute("UPDATE leads SET status = \'new\' WHERE status IS NULL")')),
    ("sql, one of two", "alembic", alembic('op.execute("DELETE FROM a; INSERT INTO b SELECT * FROM a")')),
    ("sql in a DO block", "alembic", alembic('op.execute("DO $$ BEGIN UPDATE leads SET status = 1; END $$")')),
    ("sql with parameters", "alembic", alembic(
        'op.get_bind().execute(sa.text("UPDATE leads SET status = :s, n = :n"), {"s": "new", "n": [1, 2.5, None]})'
    )),
    ("sql with something unknown", "alembic", alembic('op.execute(f"UPDATE leads SET status = \'{settings.NEW}\'")')),
    ("sql in a loop", "alembic", alembic('for table in ("a", "b"):\n    op.execute(f"UPDATE {table} SET status = 1")')),
    ("core", "alembic", alembic("older = leads.c.status == 'old'\nop.execute(leads.update().where(older).values(status=None))")),
    ("core through a helper", "alembic", alembic(
        "fill(op.get_bind(), 'new')",
        "def fill(connection, status, owner=None):\n    connection.execute(sa.update(leads).values(status=status, owner=owner))\n",
    )),
    ("bulk insert of rows", "alembic", alembic('op.bulk_insert(leads, [{"status": "new", "owner": b"\\xff"}])')),
    ("queryset", "django", django('Lead.objects.filter(status="old", score__lt=1.5).update(status="new", owner=None)')),
    ("delete of a queryset", "django", django("Lead.objects.exclude(pk__in=[1, 2, 3]).delete()")),
    ("save loop", "django", django("for lead in Lead.objects.all():\n    lead.status = lead.name.lower()\n    lead.save()")),
    ("bulk update", "django", django(
        'rows = [one for one in Lead.objects.all() if not one.status]\nLead.objects.bulk_update(rows, ["status"])'
    )),
    ("a function for a value", "alembic", alembic(
        "op.execute(leads.update().values(status=first()))", "def first():\n    return os.environ['FIRST']\n",
    )),
    ("schema and data", "alembic", alembic('op.add_column("leads", sa.Column("x"))\nop.execute("UPDATE leads SET x = 1")')),
    ("batches", "alembic", alembic(BATCHES)),
    ("marker", "alembic", alembic("# Backfill the status of leads\npass")),
    ("unknown SQL", "alembic", alembic('op.execute(os.environ["SQL"])')),
    ("downgrade", "alembic", f'{ALEMBIC}\ndef downgrade():\n    op.execute("UPDATE leads SET status = 1")\n'),
]  # fmt: skip
GOLDEN: dict[str, tuple[str, ...]] = {
    "sql": ("MG101 3:dd9492f4c248c9bc0a74",),
    "sql, one of two": ("MG102 3:815276492a945551f339", "MG103 3:e4e29b5a029da3b65621"),
    "sql in a DO block": ("MG101 3:1ce6e42cd4cd6cad0982",),
    "sql with parameters": ("MG101 3:22910fb5a583b9845f30",),
    "sql with something unknown": ("MG101 3:18547c37c92a26a29468",),
    "sql in a loop": ("MG101 3:67ebc98482b8f7e307a6",),
    "core": ("MG101 3:95fc3b7f653c80877726",),
    "core through a helper": ("MG101 3:54bd3003d474a3df7512",),
    "bulk insert of rows": ("MG108 3:ed76986a5bce109f68de",),
    "queryset": ("MG101 3:bc14e2403cda5896c8cb",),
    "delete of a queryset": ("MG103 3:c47b8ee19e026e8dbc55",),
    "save loop": ("MG101 3:00f5399eb4ead8009426",),
    "bulk update": ("MG101 3:eda8117538988f94ee7a",),
    "a function for a value": ("MG101 3:5402c80a9cda808cb5ee",),
    "schema and data": ("MG101 3:be29b0ce2da2035f5821", "MG301 3:99d332d19ce9553f8a33"),
    "batches": ("MG101 3:3331e384f03f90e2fdba", "MG302 3:c945e3a9d4eb42e5b33c"),
    "marker": ("MG201 3:4c9dbecee39e9bafdacf",),
    "unknown SQL": ("MG109 3:6e576b8c04b8ff6a8a55",),
    "downgrade": ("MG101 3:8fcbd965a6b0a400dcb5",),
}  # fmt: skip


@pytest.mark.parametrize(("name", "framework", "source"), VECTORS, ids=[name for name, _, _ in VECTORS])
def test_golden_vectors(name: str, framework: str, source: str) -> None:
    found = prints(source, framework)
    assert sorted(f"{code} {fingerprint}" for code, fingerprint in found.elements()) == sorted(GOLDEN[name])


SAME = [
    ("loop variable renamed", 'for v in ("a", "b"):\n    op.execute(f"UPDATE {v} SET s = 1")',
     'for t in ("a", "b"):\n    op.execute(f"UPDATE {t} SET s = 1")'),
    ("parameters in a variable renamed", 'p = {"s": settings.A}\nop.get_bind().execute(sa.text("UPDATE x SET s = :s"), p)',
     'q = {"s": settings.A}\nop.get_bind().execute(sa.text("UPDATE x SET s = :s"), q)'),
    ("what fills a hole renamed", "x = settings.NEW\nop.execute(f\"UPDATE leads SET s = '{x}'\")",
     "y = settings.NEW\nop.execute(f\"UPDATE leads SET s = '{y}'\")"),
    ("text with a hole reflowed", "op.execute(f\"UPDATE leads SET s = '{settings.NEW}' WHERE s = 1\")",
     "op.execute(f\"\"\"\n  update leads\n  set s = '{settings.NEW}'\n  where s=1\"\"\")"),
    ("texts joined otherwise", 'op.execute("UPDATE leads " + "SET s = 1")', 'op.execute("UPDATE leads "\n    "SET s = 1")'),
    ("text in a variable", 'op.execute("UPDATE leads SET s = 1")', 'sql = "UPDATE leads SET s = 1"\nop.execute(sql)'),
    ("a comment in SQL", "op.execute(\"UPDATE leads SET s = 1 -- don't\\n WHERE a = 1\")",
     'op.execute("UPDATE leads SET s = 1 /* all */ WHERE a = 1;")'),
    ("a name that needs no quotes", "op.execute('UPDATE \"leads\" SET s = 1')", "op.execute('update LEADS set s=1')"),
    ("a DO block reflowed", 'op.execute("DO $$ BEGIN UPDATE leads SET s = 1; END $$")',
     'op.execute("""DO $$\n BEGIN\n  UPDATE leads SET s = 1;\n END\n$$""")'),
    ("a comprehension's variable renamed", "op.bulk_insert(leads, [{'status': one} for one in settings.ALL])",
     "op.bulk_insert(leads, [{'status': each} for each in settings.ALL])"),
    ("keys in another order", "op.bulk_insert(leads, [{'status': 1, 'n': 2}])", "op.bulk_insert(leads, [{'n': 2, 'status': 1}])"),
    ("a number written otherwise", "op.execute(leads.update().values(n=1000))", "op.execute(leads.update().values(n=1_000))"),
    ("brackets", "op.execute(leads.update().values(n=1 + 2 + 3))", "op.execute((leads.update().values(n=((1 + 2) + 3))))"),
    ("another statement between", "x = 1\nop.execute(leads.update().values(n=x))",
     "x = 1\nlen(leads.columns)\nop.execute(leads.update().values(n=x))"),
    ("the variable used again below", "x = 1\nop.execute(leads.update().values(n=x))",
     "x = 1\nop.execute(leads.update().values(n=x))\nx = 2\nprint(x)"),
]  # fmt: skip
DIFFERENT = [
    ("one value more in a loop", "for v in ('a', 'b'):\n    op.execute(f\"UPDATE leads SET s = '{v}'\")",
     "for v in ('a', 'b', 'c'):\n    op.execute(f\"UPDATE leads SET s = '{v}'\")"),
    ("one table more in a loop", "for v in ('a', 'b'):\n    op.execute(f'UPDATE {v} SET s = 1')",
     "for v in ('a', 'b', 'c'):\n    op.execute(f'UPDATE {v} SET s = 1')"),
    ("one value more in a loop over Core", "for v in (1, 2):\n    op.execute(leads.update().values(s=v))",
     "for v in (1, 2, 3):\n    op.execute(leads.update().values(s=v))"),
    ("bound parameters", 'op.execute(sa.text("UPDATE leads SET s = :s").bindparams(s=1))',
     'op.execute(sa.text("UPDATE leads SET s = :s").bindparams(s=2))'),
    ("parameters", 'op.get_bind().execute(sa.text("UPDATE leads SET s = :s"), {"s": 1})',
     'op.get_bind().execute(sa.text("UPDATE leads SET s = :s"), {"s": 2})'),
    ("named parameters", 'op.get_bind().execute(sa.text("UPDATE leads SET s = :s"), s=1)',
     'op.get_bind().execute(sa.text("UPDATE leads SET s = :s"), s=2)'),
    ("an unknown parameter", 'op.get_bind().execute(sa.text("UPDATE leads SET s = :s"), {"s": settings.A})',
     'op.get_bind().execute(sa.text("UPDATE leads SET s = :s"), {"s": settings.B})'),
    ("what fills a hole", "op.execute(f\"UPDATE leads SET s = '{settings.A}'\")",
     "op.execute(f\"UPDATE leads SET s = '{settings.B}'\")"),
    ("one statement more in a text", 'op.execute("UPDATE leads SET s = 1; DELETE FROM x")',
     'op.execute("UPDATE leads SET s = 1; DELETE FROM x; DELETE FROM x")'),
    ("a condition that was a comment", 'op.execute("UPDATE leads SET s = 1 -- WHERE a = 1")',
     'op.execute("UPDATE leads SET s = 1\\n WHERE a = 1")'),
    ("case of a string", "op.execute(\"UPDATE leads SET s = 'A'\")", "op.execute(\"UPDATE leads SET s = 'a'\")"),
    ("white space in a string", "op.execute(\"UPDATE leads SET s = 'a  b'\")", "op.execute(\"UPDATE leads SET s = 'a b'\")"),
    ("a name that needs its quotes", "op.execute('UPDATE leads SET \"S\" = 1')", "op.execute('UPDATE leads SET s = 1')"),
    ("a variable assigned again", "x = 1\nop.execute(leads.update().values(n=x))",
     "x = 1\nx = 2\nop.execute(leads.update().values(n=x))"),
    ("an operator", "op.execute(leads.update().where(leads.c.n > 1))", "op.execute(leads.update().where(leads.c.n >= 1))"),
    ("grouping", "op.execute(leads.update().values(n=(1 + 2) * 3))", "op.execute(leads.update().values(n=1 + 2 * 3))"),
    ("an argument without a name", "op.execute(leads.update().values(a=sa.func.nullif(leads.c.a, leads.c.b)))",
     "op.execute(leads.update().values(a=sa.func.nullif(leads.c.b, leads.c.a)))"),
    ("bytes", "op.bulk_insert(leads, [{'s': b'a'}])", "op.bulk_insert(leads, [{'s': b'b'}])"),
    ("true for one", "op.bulk_insert(leads, [{'s': True}])", "op.bulk_insert(leads, [{'s': 1}])"),
]  # fmt: skip


def of(cases: list[tuple[str, str, str]]) -> list[object]:
    return [pytest.param(one, other, id=name) for name, one, other in cases]


@pytest.mark.parametrize(("one", "other"), of(SAME))
def test_another_spelling_is_the_same(one: str, other: str) -> None:
    assert prints(alembic(one))
    assert prints(alembic(one)) == prints(alembic(other))


@pytest.mark.parametrize(("one", "other"), of(DIFFERENT))
def test_another_change_is_another(one: str, other: str) -> None:
    assert prints(alembic(one))
    assert prints(alembic(one)) != prints(alembic(other))


def test_functions_and_constants_around_it_count_by_what_they_are() -> None:
    def made(
        before: str, body: str = "op.execute(leads.update().where(old()).values(n=N))"
    ) -> Counter[tuple[str, str]]:
        return prints(alembic(body, f"N = 1\n\n{before}"))

    first = made("def old():\n    return leads.c.n == 3\n")
    renamed = "def older():\n    return leads.c.n == 3\n"
    assert made(renamed, "op.execute(leads.update().where(older()).values(n=N))") == first
    assert made('def old():\n    """Say which."""\n    return leads.c.n == 3  # three\n') == first
    assert made("def old():\n    return leads.c.n == 4\n") != first
    assert made("N = 2\ndef old():\n    return leads.c.n == 3\n") != first


def test_a_helper_that_is_called_once_more_is_a_change() -> None:
    helper = "def fill(value):\n    op.execute(f'UPDATE leads SET s = {value}')\n"
    assert prints(alembic("fill(1)\nfill(2)", helper)) != prints(alembic("fill(1)", helper))
    helper = "def fill(value):\n    op.execute(leads.update().values(s=value))\n"
    assert prints(alembic("fill(1)\nfill(2)", helper)) != prints(alembic("fill(1)", helper))


def test_a_helper_that_is_given_the_same_statement_twice_runs_it_twice() -> None:
    helper = "def run(sql):\n    op.execute(sa.text(sql))\n"
    once = 'run("DELETE FROM leads WHERE n = 1")'
    assert prints(alembic(f"{once}\n{once}", helper)).total() == 2


def test_a_helper_in_another_file_counts_with_what_it_does(tmp_path: Path) -> None:
    source = alembic("import helpers\nhelpers.fill(op)")

    def made(body: str) -> Counter[tuple[str, str]]:
        folder = tmp_path / sha256(body.encode()).hexdigest()  # a reader reads each file once
        (folder / "versions").mkdir(parents=True)
        (folder / "versions" / "helpers.py").write_text(f"def fill(op):\n{indented(body)}\n", encoding="utf-8")
        return Counter((one.code, one.fingerprint) for one in findings(source, folder=folder))

    first = made('op.execute("UPDATE leads SET s = 1")')
    assert first
    assert made('x = 1\n\n\nop.execute("update leads set s=1")') == first
    assert made('op.execute("UPDATE leads SET s = 2")') != first
    assert made('op.execute("UPDATE leads SET s = 1")\nop.execute("UPDATE leads SET s = 2")') != first


def test_the_way_down_is_told_apart() -> None:
    statement = '    op.execute("UPDATE leads SET s = 1")\n'
    up = prints(f"{ALEMBIC}\ndef upgrade():\n{statement}\n\ndef downgrade():\n    pass\n")
    down = prints(f"{ALEMBIC}\ndef upgrade():\n    pass\n\n\ndef downgrade():\n{statement}")
    assert up != down


def test_schema_and_data_stay_known_when_the_first_change_is_mended() -> None:
    schema = 'op.add_column("leads", sa.Column("x"))\n'
    both = prints(alembic(f'{schema}op.execute("UPDATE leads SET x = 1")\nop.execute("DELETE FROM b")'))
    one = prints(alembic(f'{schema}op.execute("DELETE FROM b")'))
    assert [code for code, _ in one] == ["MG103", "MG301"]
    assert one <= both


def test_sums_and_names_that_nest_deeply_are_read() -> None:
    lines = ["x0 = settings.A", *(f"x{n + 1} = x{n} + {' + '.join(['1'] * 300)}" for n in range(40))]
    body = "\n".join([*lines, "op.execute(leads.update().values(n=x40))"])
    assert [code for code, _ in prints(alembic(body))] == ["MG101"]


def test_a_function_that_hands_on_to_itself_what_it_changes_is_read() -> None:
    before = """def convert(rows, root):
    for row in rows:
        root["ids"] = row
        convert(row, root)
"""
    body = """found = settings.ROWS
root = {}
convert(found, root)
op.execute(leads.update().values(n=root["ids"]))
"""
    assert [code for code, _ in prints(alembic(body, before))] == ["MG101"]


def test_parameters_that_are_bound_elsewhere_in_the_file_change_nothing() -> None:
    beside = "op.execute(sa.text('DELETE FROM x WHERE n = :n').bindparams(n=1))"
    for body in ("op.execute('UPDATE leads SET s = 1')", "op.execute('UPDATE leads SET s = X'.replace('X', '1'))"):
        assert prints(alembic(body)) <= prints(alembic(f"{body}\n{beside}"))
    bound = "s = sa.text('DELETE FROM x WHERE n = :n').bindparams(n={})\nop.execute(s)"
    assert prints(alembic(bound.format(1))) != prints(alembic(bound.format(2)))


_PASSES = """def renamed(old):
    return NAMES.get(old, settings.NAMES[old])


for (table, old), new in NAMES.items():
    if table in SKIPPED and renamed(old) != old:
        continue
    for one in new:
        op.execute(leads.update().where(leads.c.status == renamed(old)).values(status=one))
        op.get_bind().execute(sa.delete(leads).where(leads.c.status.in_(NAMES)))
"""


def test_what_is_remembered_of_a_name_changes_no_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each pass of a loop has forms of its own, which ask for the same names of the module."""
    names = ", ".join(f'("t{n}", settings.OLD_{n}): [settings.NEW_{n}, "{n}"]' for n in range(9))
    source = alembic(_PASSES, f"SKIPPED = [*settings.SKIPPED]\nNAMES = {{{names}}}\n")
    remembered = prints(source)
    asked: list[str] = []
    said_anew = Expressions._looked_up

    def looked_up(self: Remembering, name: str, there: Where) -> str:
        asked.append(name)
        return said_anew(self, name, there)

    monkeypatch.setattr(Remembering, "_looked_up", looked_up)
    assert prints(source) == remembered
    assert asked.count("NAMES") > 5


def test_the_seed_of_hashes_changes_nothing() -> None:
    """Sets of names come in another order in each process: no form may be made by it."""
    command = [sys.executable, "-m", "migration_guard", "--no-cache", "--no-baseline", "--output-format", "json"]
    told = {
        subprocess.run(
            [*command, "tests/fixtures/migrations"],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            capture_output=True,
            check=False,
        ).stdout
        for seed in range(3)
    }
    assert len(told) == 1
    assert b'"fingerprint"' in told.pop()
