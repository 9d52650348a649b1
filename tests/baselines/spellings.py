"""Pairs of spellings of one change, and pairs of changes that differ in which rows are written: each stated beforehand."""

from __future__ import annotations

from baselines import everyday, further, further_rows, objects, refactorings, siblings

ALEMBIC = """import os

import sqlalchemy as sa
from alembic import op
from sqlalchemy import text

revision = "a36f"
down_revision = None
t = sa.table("t", sa.column("a"), sa.column("b"))
u = sa.table("u", sa.column("a"), sa.column("b"))


def upgrade():
"""
DJANGO = """from django.db import migrations


def forwards(apps, schema_editor):
    Lead = apps.get_model("crm", "Lead")
    Note = apps.get_model("crm", "Note")
"""
END = """

class Migration(migrations.Migration):
    operations = [migrations.RunPython(forwards)]
"""


def alembic(body: str) -> str:
    """The body of `upgrade`; what stands before a line of dashes stands at the top of the module."""
    before, dashes, inside = body.rpartition("---\n")
    indented = "".join(f"    {line}\n" for line in (inside if dashes else body).splitlines())
    return ALEMBIC.replace("\n\ndef upgrade", f"\n{before}\n\ndef upgrade") + indented


def django(body: str) -> str:
    before, dashes, inside = body.rpartition("---\n")
    indented = "".join(f"    {line}\n" for line in (inside if dashes else body).splitlines())
    return DJANGO.replace("\n\ndef forwards", f"\n{before}\n\ndef forwards") + indented + END


def script(body: str) -> str:
    return f"from sqlalchemy import text\n\n\ndef run(db):\n{''.join(f'    {line}' + chr(10) for line in body.splitlines())}"


def sql(body: str) -> str:
    return f"{body}\n"


SOURCES = {"alembic": alembic, "django": django, "script": script, "sql": sql}

SAME = [
    *everyday.SAME,
    *siblings.SAME,
    *refactorings.SAME,
    *further.SAME,
    # how the statement is handed over
    ("alembic", "a variable for the statement", 'op.execute("UPDATE t SET a = 1")', 's = "UPDATE t SET a = 1"\nop.execute(s)'),
    ("alembic", "text() around it", 'op.execute("UPDATE t SET a = 1")', 'op.execute(sa.text("UPDATE t SET a = 1"))'),
    ("alembic", "text imported otherwise", 'op.execute(sa.text("UPDATE t SET a = 1"))', 'op.execute(text("UPDATE t SET a = 1"))'),
    ("alembic", "through the connection", "op.execute(t.update().values(a=1))", "op.get_bind().execute(t.update().values(a=1))"),
    ("alembic", "through a named connection", "op.execute(t.update().values(a=1))", "c = op.get_bind()\nc.execute(t.update().values(a=1))"),
    ("alembic", "through a session", "op.execute(t.update().values(a=1))",
     "from sqlalchemy.orm import Session\ns = Session(bind=op.get_bind())\ns.execute(t.update().values(a=1))"),
    ("alembic", "the verb as a function", "op.execute(t.update().values(a=1))", "op.execute(sa.update(t).values(a=1))"),
    ("alembic", "the verb imported", "op.execute(t.delete().where(t.c.a == 1))",
     "from sqlalchemy import delete\nop.execute(delete(t).where(t.c.a == 1))"),
    ("alembic", "clauses in another order", "op.execute(t.update().where(t.c.b == 1).values(a=1))",
     "op.execute(t.update().values(a=1).where(t.c.b == 1))"),
    ("alembic", "two conditions in one", "op.execute(t.delete().where(t.c.b == 1).where(t.c.a == 2))",
     "op.execute(t.delete().where(t.c.a == 2, t.c.b == 1))"),
    ("alembic", "a column as an item", "op.execute(t.delete().where(t.c.b == 1))", 'op.execute(t.delete().where(t.c["b"] == 1))'),
    ("alembic", "columns spelled out", "op.execute(t.delete().where(t.c.b == 1))", "op.execute(t.delete().where(t.columns.b == 1))"),
    ("alembic", "a column added to the table", "op.execute(t.delete().where(t.c.b == 1))",
     't = sa.table("t", sa.column("a"), sa.column("b"), sa.column("c"))\nop.execute(t.delete().where(t.c.b == 1))'),
    ("alembic", "a table of its own", "op.execute(t.delete().where(t.c.b == 1))",
     'x = sa.table("t", sa.column("b"))\nop.execute(x.delete().where(x.c.b == 1))'),
    ("alembic", "how rows are fetched", "op.execute(t.delete().where(t.c.b == 1))",
     "op.execute(t.delete().where(t.c.b == 1).execution_options(synchronize_session=False))"),
    # values
    ("alembic", "a literal that becomes a local", "op.execute(t.update().values(a=7))", "n = 7\nop.execute(t.update().values(a=n))"),
    ("alembic", "a literal that becomes a constant", "op.execute(t.update().values(a=7))",
     "N = 7\n---\nop.execute(t.update().values(a=N))"),
    ("alembic", "a literal in SQL that becomes a constant", 'op.execute("UPDATE t SET a = 7")',
     'N = 7\n---\nop.execute(f"UPDATE t SET a = {N}")'),
    ("alembic", "a table's name that becomes a constant", 'op.execute("DELETE FROM t")', 'T = "t"\n---\nop.execute("DELETE FROM " + T)'),
    ("alembic", "a literal that a function gives", "op.execute(t.update().values(a=7))",
     "def number():\n    return 7\n---\nop.execute(t.update().values(a=number()))"),
    ("alembic", "parameters in a variable", 'op.get_bind().execute(text("DELETE FROM t WHERE a = :x"), {"x": 1})',
     'p = {"x": 1}\nop.get_bind().execute(text("DELETE FROM t WHERE a = :x"), p)'),
    ("alembic", "a value with a name on the way", 'op.execute(t.update().values(a=os.environ["A"]))',
     'value = os.environ["A"]\nop.execute(t.update().values(a=value))'),
    ("alembic", "an unknown value with a name, in SQL", "op.execute(f\"UPDATE t SET a = '{os.environ['A']}'\")",
     "value = os.environ['A']\nop.execute(f\"UPDATE t SET a = '{value}'\")"),
    ("alembic", "the same bound on two paths", "x = 1\nop.execute(t.update().values(a=x))",
     "if op.get_context():\n    x = 1\nelse:\n    x = 1\nop.execute(t.update().values(a=x))"),
    ("alembic", "a helper called by another name", "def fill(c):\n    c.execute(t.delete())\n---\nfill(op.get_bind())",
     "def empty(conn):\n    conn.execute(t.delete())\n---\nempty(op.get_bind())"),
    ("alembic", "a helper for what stood there", "op.execute(t.delete())", "def go():\n    op.execute(t.delete())\n---\ngo()"),
    # SQL
    ("alembic", "not equal written otherwise", 'op.execute("DELETE FROM t WHERE a <> 2")', 'op.execute("DELETE FROM t WHERE a != 2")'),
    ("alembic", "case and layout", 'op.execute("DELETE FROM t WHERE a = 2")', 'op.execute("""\n  delete from T\n  where a=2""")'),
    ("alembic", "a CTE reflowed", 'op.execute("WITH x AS (SELECT 1) DELETE FROM t USING x")',
     'op.execute("""with x as (\n  select 1\n) delete from t using x""")'),
    ("alembic", "a comment in a block", 'op.execute("DO $$ BEGIN UPDATE t SET a = 1; END $$")',
     'op.execute("DO $$ BEGIN /* all */ UPDATE t SET a = 1; END $$")'),
    ("alembic", "another statement beside it in a block", 'op.execute("DO $$ BEGIN UPDATE t SET a = 1; END $$")',
     'op.execute("DO $$ BEGIN UPDATE t SET a = 1; UPDATE u SET a = 2; END $$")'),
    # blocks
    ("alembic", "if True", "op.execute(t.delete())", "if True:\n    op.execute(t.delete())"),
    ("alembic", "if 1, with an else", "op.execute(t.delete())", "if 1:\n    op.execute(t.delete())\nelse:\n    pass"),
    ("alembic", "try and finally", "op.execute(t.delete())", "try:\n    op.execute(t.delete())\nfinally:\n    print()"),
    ("alembic", "a block of its own", "op.execute(t.delete())", "with op.get_context().autocommit_block():\n    op.execute(t.delete())"),
    ("alembic", "an import inside", 'op.execute(text("DELETE FROM t"))', 'from sqlalchemy import text\nop.execute(text("DELETE FROM t"))'),
    ("alembic", "code beside it", "op.execute(t.delete())", "if op.get_context():\n    print('x')\nop.execute(t.delete())"),
    ("alembic", "a guard on whether it runs at all", "op.execute(t.delete())",
     'if op.get_bind().dialect.name != "postgresql":\n    return\nop.execute(t.delete())'),
    ("script", "an import of another block's own",
     'if db.a:\n    from sqlalchemy import text\n    db.execute(text("SELECT 1"))\nfor s in db.rows:\n    db.execute(text(f"UPDATE t SET a = {s}"))',
     'if db.b:\n    from sqlalchemy import text\n    db.execute(text("SELECT 1"))\nif db.a:\n    from sqlalchemy import text\n    db.execute(text("SELECT 1"))\nfor s in db.rows:\n    db.execute(text(f"UPDATE t SET a = {s}"))'),
    # the ORM of Django
    ("django", "iterator", "for x in Lead.objects.filter(a=1):\n    x.b = 1\n    x.save()",
     "for x in Lead.objects.filter(a=1).iterator():\n    x.b = 1\n    x.save()"),
    ("django", "iterator in chunks", "for x in Lead.objects.filter(a=1).iterator():\n    x.delete()",
     "for x in Lead.objects.filter(a=1).iterator(chunk_size=500):\n    x.delete()"),
    ("django", "all", "Lead.objects.filter(a=1).update(b=1)", "Lead.objects.all().filter(a=1).update(b=1)"),
    ("django", "select_related", "for x in Lead.objects.filter(a=1):\n    x.delete()",
     "for x in Lead.objects.select_related('note').filter(a=1):\n    x.delete()"),
    ("django", "a name for the rows", "Lead.objects.filter(a=1).update(b=1)", "rows = Lead.objects.filter(a=1)\nrows.update(b=1)"),
    ("django", "setattr", "for x in Lead.objects.all():\n    x.b = 1\n    x.save()",
     "for x in Lead.objects.all():\n    setattr(x, 'b', 1)\n    x.save()"),
    ("django", "a variable renamed", "for x in Lead.objects.all():\n    x.b = 1\n    x.save()",
     "for lead in Lead.objects.all():\n    lead.b = 1\n    lead.save()"),
    ("django", "a log line", "for x in Lead.objects.all():\n    x.b = 1\n    x.save()",
     "for x in Lead.objects.all():\n    x.b = 1\n    print(x)\n    x.save()"),
    ("django", "the loop in a function", "for x in Lead.objects.all():\n    x.b = 1\n    x.save()",
     "def fill(rows):\n    for x in rows:\n        x.b = 1\n        x.save()\n---\nfill(Lead.objects.all())"),
    ("django", "line ends of Windows", 'Lead.objects.filter(a="""x\ny""").update(b=1)', 'Lead.objects.filter(a="""x\r\ny""").update(b=1)'),
]  # fmt: skip

DIFFERENT = [
    *objects.DIFFERENT,
    *siblings.DIFFERENT,
    *refactorings.DIFFERENT,
    *further.DIFFERENT,
    *further_rows.DIFFERENT,
    ("alembic", "what a CTE selects", 'op.execute("WITH x AS (SELECT id FROM u WHERE z) DELETE FROM t USING x WHERE t.id = x.id")',
     'op.execute("WITH x AS (SELECT id FROM u) DELETE FROM t USING x WHERE t.id = x.id")'),
    ("alembic", "the loop of a block",
     'op.execute("DO $$ DECLARE r record; BEGIN FOR r IN SELECT id FROM u WHERE z LOOP UPDATE t SET a = 1 WHERE id = r.id; END LOOP; END $$")',
     'op.execute("DO $$ DECLARE r record; BEGIN FOR r IN SELECT id FROM u LOOP UPDATE t SET a = 1 WHERE id = r.id; END LOOP; END $$")'),
    ("alembic", "a condition in a block", 'op.execute("DO $$ BEGIN IF (SELECT a FROM u) = 1 THEN UPDATE t SET a = 1; END IF; END $$")',
     'op.execute("DO $$ BEGIN IF (SELECT a FROM u) = 2 THEN UPDATE t SET a = 1; END IF; END $$")'),
    ("alembic", "a function that is created and called",
     'op.execute("CREATE FUNCTION f() RETURNS void AS $$ BEGIN UPDATE t SET a = 1; END $$ LANGUAGE plpgsql; SELECT f()")',
     'op.execute("CREATE FUNCTION f() RETURNS void AS $$ BEGIN UPDATE t SET a = 2; END $$ LANGUAGE plpgsql; SELECT f()")'),
    ("alembic", "the function is created in another call",
     'op.execute("CREATE FUNCTION f() RETURNS void AS $$ UPDATE t SET a = 1 WHERE b $$ LANGUAGE sql")\nop.execute("SELECT f()")',
     'op.execute("CREATE FUNCTION f() RETURNS void AS $$ UPDATE t SET a = 1 $$ LANGUAGE sql")\nop.execute("SELECT f()")'),
    ("alembic", "a condition around", "if os.environ['A']:\n    op.execute(t.delete())", "if os.environ['B']:\n    op.execute(t.delete())"),
    ("alembic", "a condition added", "op.execute(t.delete())", "if os.environ['A']:\n    op.execute(t.delete())"),
    ("alembic", "the other branch", "if os.environ['A']:\n    op.execute(t.delete())\nelse:\n    pass",
     "if os.environ['A']:\n    pass\nelse:\n    op.execute(t.delete())"),
    ("alembic", "a condition around a helper", "def go():\n    op.execute(t.delete())\n---\ngo()",
     "def go():\n    op.execute(t.delete())\n---\nif os.environ['A']:\n    go()"),
    ("alembic", "the condition of an expression", "op.execute(t.delete()) if os.environ['A'] else None",
     "op.execute(t.delete()) if os.environ['B'] else None"),
    ("alembic", "a while", "while os.environ['A']:\n    op.execute(t.delete())", "while os.environ['B']:\n    op.execute(t.delete())"),
    ("alembic", "a value collected in a list", "x = []\nx.append(1)\nop.execute(t.delete().where(t.c.a.in_(x)))",
     "x = []\nx.append(2)\nop.execute(t.delete().where(t.c.a.in_(x)))"),
    ("alembic", "a value in a dictionary", 'd = {}\nd["a"] = 1\nop.execute(t.update().values(d))', 'd = {}\nd["a"] = 2\nop.execute(t.update().values(d))'),
    ("alembic", "a key in a dictionary", 'd = {}\nd["a"] = os.getpid()\nop.execute(t.update().values(d))',
     'd = {}\nd["b"] = os.getpid()\nop.execute(t.update().values(d))'),
    ("alembic", "a dictionary's update", "d = {}\nd.update(a=os.getpid())\nop.execute(t.update().values(d))",
     "d = {}\nd.update(a=os.getppid())\nop.execute(t.update().values(d))"),
    ("alembic", "the SELECT that feeds a parameter",
     'c = op.get_bind()\nids = [r.id for r in c.execute(text("SELECT id FROM u WHERE z"))]\nc.execute(text("DELETE FROM t WHERE id = ANY(:i)"), {"i": ids})',
     'c = op.get_bind()\nids = [r.id for r in c.execute(text("SELECT id FROM u"))]\nc.execute(text("DELETE FROM t WHERE id = ANY(:i)"), {"i": ids})'),
    ("alembic", "the filter of a comprehension that feeds a parameter",
     'c = op.get_bind()\nids = [r.id for r in c.execute(text("SELECT id FROM u")) if r.z]\nc.execute(text("DELETE FROM t WHERE id = ANY(:i)"), {"i": ids})',
     'c = op.get_bind()\nids = [r.id for r in c.execute(text("SELECT id FROM u"))]\nc.execute(text("DELETE FROM t WHERE id = ANY(:i)"), {"i": ids})'),
    ("alembic", "what a function gives", "def n():\n    return os.environ['A']\n---\nop.execute(t.update().values(a=n()))",
     "def n():\n    return os.environ['B']\n---\nop.execute(t.update().values(a=n()))"),
    ("alembic", "what a helper does with its argument", "def go(x):\n    op.execute(t.update().values(a=x))\n---\ngo(os.getpid())",
     "def go(x):\n    op.execute(t.update().values(a=x + 1))\n---\ngo(os.getpid())"),
    ("alembic", "rows bound in another branch", "x = 1\nif os.environ['A']:\n    x = 2\nop.execute(t.update().values(a=x))",
     "x = 1\nif os.environ['B']:\n    x = 2\nop.execute(t.update().values(a=x))"),
    ("alembic", "another table", "op.execute(t.delete())", "op.execute(u.delete())"),
    ("alembic", "an OR for an AND", "op.execute(t.delete().where(sa.and_(t.c.a == 1, t.c.b == 2)))",
     "op.execute(t.delete().where(sa.or_(t.c.a == 1, t.c.b == 2)))"),
    ("alembic", "text within quotes", "op.execute(\"UPDATE t SET a = 'x  y'\")", "op.execute(\"UPDATE t SET a = 'x y'\")"),
    ("django", "a value in bulk", "xs = []\nfor x in Lead.objects.all():\n    x.b = 1\n    xs.append(x)\nLead.objects.bulk_update(xs, ['b'])",
     "xs = []\nfor x in Lead.objects.all():\n    x.b = 2\n    xs.append(x)\nLead.objects.bulk_update(xs, ['b'])"),
    ("django", "what is collected in a set", "ids = set()\nfor x in Lead.objects.filter(a=1):\n    ids.add(x.id)\nLead.objects.filter(id__in=ids).delete()",
     "ids = set()\nfor x in Lead.objects.all():\n    ids.add(x.id)\nLead.objects.filter(id__in=ids).delete()"),
    ("django", "a guard with continue", "for x in Lead.objects.all():\n    if not x.spam:\n        continue\n    x.delete()",
     "for x in Lead.objects.all():\n    x.delete()"),
    ("django", "the condition of a guard", "for x in Lead.objects.all():\n    if not x.spam:\n        continue\n    x.delete()",
     "for x in Lead.objects.all():\n    if not x.old:\n        continue\n    x.delete()"),
    ("django", "a condition on the row", "for x in Lead.objects.all():\n    if x.spam:\n        x.delete()", "for x in Lead.objects.all():\n    x.delete()"),
    ("django", "a guard in a helper of the row", "def drop(x):\n    if not x.spam:\n        return\n    x.delete()\n---\nfor x in Lead.objects.all():\n    drop(x)",
     "def drop(x):\n    x.delete()\n---\nfor x in Lead.objects.all():\n    drop(x)"),
    ("django", "a value by setattr", "for x in Lead.objects.all():\n    setattr(x, 'b', 1)\n    x.save()",
     "for x in Lead.objects.all():\n    setattr(x, 'b', 2)\n    x.save()"),
    ("django", "a field by setattr", "for x in Lead.objects.all():\n    setattr(x, 'b', 1)\n    x.save()",
     "for x in Lead.objects.all():\n    setattr(x, 'c', 1)\n    x.save()"),
    ("django", "a value set by a helper", "def fill(x):\n    x.b = 1\n---\nfor x in Lead.objects.all():\n    fill(x)\n    x.save()",
     "def fill(x):\n    x.b = 2\n---\nfor x in Lead.objects.all():\n    fill(x)\n    x.save()"),
    ("django", "a mapping that is looked up", "M = {'a': 1}\n---\nfor x in Lead.objects.all():\n    x.b = M[x.a]\n    x.save()",
     "M = {'a': 2}\n---\nfor x in Lead.objects.all():\n    x.b = M[x.a]\n    x.save()"),
    ("django", "the filter", "Lead.objects.filter(a=1).update(b=1)", "Lead.objects.filter(a=2).update(b=1)"),
    ("django", "only some fields saved", "for x in Lead.objects.all():\n    x.save()", "for x in Lead.objects.all():\n    x.save(update_fields=['b'])"),
    ("django", "a slice", "for x in Lead.objects.all()[:10]:\n    x.delete()", "for x in Lead.objects.all()[:20]:\n    x.delete()"),
    ("django", "the condition in a comprehension", "[x.delete() for x in Lead.objects.all() if x.spam]", "[x.delete() for x in Lead.objects.all()]"),
    ("script", "a condition on the way", 'if db.a:\n    db.execute(text("DELETE FROM t"))', 'if db.b:\n    db.execute(text("DELETE FROM t"))'),
    ("script", "what fills a hole", 'n = db.execute(text("SELECT max(a) FROM u WHERE z")).scalar()\ndb.execute(text(f"UPDATE t SET a = {n}"))',
     'n = db.execute(text("SELECT max(a) FROM u")).scalar()\ndb.execute(text(f"UPDATE t SET a = {n}"))'),
]  # fmt: skip
