"""What stands behind an operation and in none of its statements: files of data, what classes of models do, limits.

Each is a project in which § is 1 before and 2 after; what is written is different then, or unknown as before.
"""

from __future__ import annotations

from baselines.projects import Edit, Files

_ALEMBIC = """import sqlalchemy as sa
from alembic import op
from pathlib import Path
import configparser, csv, gzip, io, json, os, pickle, tomllib, zipfile
import importlib.resources
revision = "a"
down_revision = None
t = sa.table("t", sa.column("a"))
HERE = Path(__file__).parent
{0}
def upgrade():
    {1}
"""
_DJANGO = """from django.db import migrations
from crm import models
from crm.models import Lead

def forwards(apps, schema_editor):
    {}

class Migration(migrations.Migration):
    operations = [migrations.RunPython(forwards)]
"""
_MODELS = """from django.db import models
from django.dispatch import receiver
from django.db.models.signals import pre_save

"""
_FILES = ("versions/rows.json", "app/rows.json", "versions/more/§.json")
_LISTED = "op.bulk_insert(t, {})"
_READS = {
    "a folder": 'for p in HERE.glob("*.json"):\n    op.bulk_insert(t, json.loads(p.read_text()))',
    "a folder that gets a file": 'for p in (HERE / "more").glob("*.json"):\n    op.bulk_insert(t, json.loads(p.read_text()))',
    "names of a folder": 'for n in sorted(os.listdir(HERE)):\n    if n.endswith("json"):\n'
    "        op.bulk_insert(t, json.load(open(os.path.join(HERE, n))))",
    "a resource": _LISTED.format('json.loads(importlib.resources.files("app").joinpath("rows.json").read_text())'),
    "a resource as text": _LISTED.format('json.loads(importlib.resources.read_text("app", "rows.json"))'),
    "a resource that is opened": 'with importlib.resources.open_text("app", "rows.json") as f:\n    op.bulk_insert(t, json.load(f))',
    "a compressed file": _LISTED.format('json.load(gzip.open(HERE / "rows.json"))'),
    "an archive": 'z = zipfile.ZipFile(HERE / "rows.json")\nop.bulk_insert(t, json.loads(z.read("a")))',
    "TOML": 'with open(HERE / "rows.json", "rb") as f:\n    d = tomllib.load(f)\nop.execute(t.update().values(a=d["a"]))',
    "a file that the module opens": "---DATA = json.loads((HERE / 'rows.json').read_text())---op.bulk_insert(t, DATA)",
    "a path with a name": "---ROWS = HERE / 'rows.json'---op.bulk_insert(t, json.loads(ROWS.read_text()))",
    "lines": 'with open(HERE / "rows.json") as f:\n    for line in f:\n        op.execute(t.update().values(a=line.strip()))',
    "parameters": 'with open(HERE / "rows.json", newline="") as f:\n    r = csv.reader(f)\n    for a, b in r:\n'
    '        op.get_bind().execute(sa.text("UPDATE t SET a = :a WHERE b = :b"), {"a": a, "b": b})',
    "an object that reads": "class L:\n    def __init__(self, n):\n        self.n = n\n    def rows(self):\n"
    '        return json.loads((HERE / self.n).read_text())\nop.bulk_insert(t, L("rows.json").rows())',
    "a pickle": _LISTED.format('pickle.load(open(HERE / "rows.json", "rb"))'),
    "a list of names": 'names = (HERE / "rows.json").read_text().split()\n'
    'op.execute(sa.text("DELETE FROM t WHERE a IN :n").bindparams(n=tuple(names)))',
    "a list in an f-string": 'names = (HERE / "rows.json").read_text().split()\nop.execute(f"DELETE FROM t WHERE a IN ({names})")',
    "rows beside the statement": 'op.get_bind().execute(t.insert(), json.loads((HERE / "rows.json").read_text()))',
    "COPY": 'with open(HERE / "rows.json") as f:\n    op.get_bind().connection.cursor().copy_expert("COPY t FROM STDIN", f)',
    "copy_from": 'with open(HERE / "rows.json") as f:\n    op.get_bind().connection.cursor().copy_from(f, "t")',
    "a frame": 'import pandas as pd\npd.read_csv(HERE / "rows.json").to_sql("t", op.get_bind())',
}
_SAVE = "for x in Lead.objects.all():\n    x.a = 1\n    x.save()"
_OLD = "class M(models.Manager):\n    def old(self):\n        return self.filter(a=§)\nclass Lead(models.Model):\n    objects = M()"
_DOES = {
    "an early end of save": (
        _SAVE,
        "class Lead(models.Model):\n    def save(self, *a):\n        if self.c == §:\n            return\n        super().save(*a)",
    ),
    "a condition on save": (
        _SAVE,
        "class Lead(models.Model):\n    def save(self):\n        if self.c == §:\n            super().save()",
    ),
    "arguments of save": (
        _SAVE,
        'class Lead(models.Model):\n    def save(self, *a, **k):\n        k["update_fields"] = ["a§"]\n        super().save(*a, **k)',
    ),
    "a function in save": (
        _SAVE,
        "def norm(x):\n    return x + §\nclass Lead(models.Model):\n    def save(self):\n        self.b = norm(self.a)\n        super().save()",
    ),
    "a function that save hands itself to": (
        _SAVE,
        "def norm(x):\n    x.b = §\nclass Lead(models.Model):\n    def save(self):\n        norm(self)\n        super().save()",
    ),
    "setattr in save": (
        _SAVE,
        'class Lead(models.Model):\n    def save(self):\n        setattr(self, "b", §)\n        super().save()',
    ),
    "__setattr__": (
        _SAVE,
        "class Lead(models.Model):\n    def __setattr__(self, n, v):\n        super().__setattr__(n, v + §)",
    ),
    "delete of a queryset": (
        "Lead.objects.all().delete()",
        (
            "class Q(models.QuerySet):\n    def delete(self):\n        return self.update(gone=§)\n"
            "class Lead(models.Model):\n    objects = Q.as_manager()"
        ),
    ),
    "delete of a row": (
        "for x in Lead.objects.all():\n    x.delete()",
        "class Lead(models.Model):\n    def delete(self):\n        self.gone = §\n        self.save()",
    ),
    "create of a manager": (
        "Lead.objects.create(a=1)",
        (
            'class M(models.Manager):\n    def create(self, **k):\n        k["b"] = §\n        return super().create(**k)\n'
            "class Lead(models.Model):\n    objects = M()"
        ),
    ),
    "a method of the class": (
        "Lead.make(1)",
        "class Lead(models.Model):\n    @classmethod\n    def make(cls, a):\n        return cls.objects.create(a=a, b=§)",
    ),
    "a model by its module": ("for x in models.Lead.objects.old():\n    x.delete()", _OLD),
    "what a field makes of itself": (
        "Lead.objects.create(a=1)",
        'class F(models.CharField):\n    def pre_save(self, instance, add):\n        return "§"\nclass Lead(models.Model):\n    b = F()',
    ),
    "what a field makes of values": (
        _SAVE,
        "class F(models.CharField):\n    def get_prep_value(self, value):\n        return value + §\nclass Lead(models.Model):\n    a = F()",
    ),
    "what is connected to a signal": (
        _SAVE,
        "class Lead(models.Model):\n    pass\ndef low(sender, instance, **k):\n    instance.b = §\npre_save.connect(low, sender=Lead)",
    ),
    "a setter": (
        "for x in Lead.objects.all():\n    x.low = 1\n    x.save()",
        (
            "class Lead(models.Model):\n    @property\n    def low(self):\n        return self.b\n    @low.setter\n"
            "    def low(self, v):\n        self.b = v + §"
        ),
    ),
    "which row is the first": (
        "x = Lead.objects.first()\nx.delete()",
        'class Lead(models.Model):\n    class Meta:\n        ordering = ["a§"]',
    ),
    "the column of a field": (
        "Lead.objects.update(a=1)",
        'class Lead(models.Model):\n    a = models.IntegerField(db_column="x§")',
    ),
    "a choice": (
        "Lead.objects.update(a=Lead.S.NEW)",
        'class Lead(models.Model):\n    class S(models.TextChoices):\n        NEW = "n§", "New"',
    ),
    "a constant": ("Lead.objects.update(a=Lead.NEW)", 'class Lead(models.Model):\n    NEW = "n§"'),
    "a default in a lambda": (
        "Lead.objects.create(a=1)",
        "class Lead(models.Model):\n    b = models.IntegerField(default=lambda: §)",
    ),
}
_FAR = "def f_§_0(c):\n    c.execute(q)\n" + "".join(f"def f_§_{n}(c):\n    f_§_{n - 1}(c)\n" for n in range(1, 80))
_LOADS = "import importlib, os\n"
_LED = {
    "the setting that names a module": (
        "from app.start import X",
        "pass",
        _LOADS + 'X = importlib.import_module(os.environ["A§"])',
    ),
    "when a module is loaded": (
        "from app.start import os",
        "pass",
        _LOADS + 'if os.environ["A§"]:\n    importlib.import_module(os.environ["B"])',
    ),
    "how an import is written": (
        "from app.start import X as X§",
        "pass",
        _LOADS + 'X = importlib.import_module(os.environ["A"])',
    ),
    "in which function of an import a limit is met": (
        "from app.start import start",
        "pass",
        f"from sqlalchemy import create_engine\n{_FAR}start = f_§_79(create_engine('x'))",
    ),
    "in which function of a call a limit is met": (
        "from app.start import go",
        "go(op.get_bind())",
        f"{_FAR}def go(c):\n    f_§_79(c)",
    ),
    "which module a call loads": (
        "from app.start import size",
        "print(size('x'))",
        _LOADS + 'def size(n):\n    return importlib.import_module(os.environ["A§"].lower()).SIZES[n]',
    ),
}
"""An import or a call that leads beyond a limit, or into a module that is not known, and what the application does on the way."""
_LEADS = {
    "what a call beyond a limit is given": (
        "from app.start import size",
        "print(size('x§'))",
        _LOADS + 'def size(n):\n    return importlib.import_module(os.environ["A"].lower()).SIZES[n]',
    ),
    "when a call leads beyond a limit": (
        "import os\nfrom app.start import go",
        "if os.environ['A§']:\n        go(op.get_bind())",
        f"{_FAR}def go(c):\n    f_§_79(c)",
    ),
    "which import leads beyond a limit": (
        "from app.start.x§ import X",
        "pass",
        _LOADS + 'X = importlib.import_module(os.environ["A"])',
    ),
}


def _reading(name: str, text: str) -> Edit:
    _, before, body = text.split("---") if text.startswith("---") else ("", "", text)
    migration = _ALEMBIC.format(before, body.replace("\n", "\n    "))
    sides: list[Files] = [
        {"app/__init__.py": "", "versions/a.py": migration}
        | {path.replace("§", n): f'[{{"a": {n}}}]' for path in _FILES}
        for n in ("1", "2")
    ]
    return Edit("alembic", f"{name}, read", *sides)


def _doing(name: str, body: str, model: str) -> Edit:
    files = {"crm/__init__.py": "", "versions/a.py": _DJANGO.format(body.replace("\n", "\n    "))}
    return Edit("django", name, *(files | {"crm/models.py": _MODELS + model.replace("§", n)} for n in ("1", "2")))


def _leading(name: str, imported: str, body: str, application: str) -> Edit:
    migration = (
        f"from alembic import op\n{imported}\nrevision = 'a'\ndown_revision = None\ndef upgrade():\n    {body}\n"
    )
    sides: list[Files] = [
        {"app/__init__.py": "", "versions/a.py": migration.replace("§", n)}
        | {f"app/start{place}.py": application.replace("§", n) for place in ("", "/x1", "/x2")}
        for n in ("1", "2")
    ]
    return Edit("alembic", name, *sides)


SAME = [_leading(name, *texts) for name, texts in _LED.items()]
DIFFERENT = [
    *(_reading(name, text) for name, text in _READS.items()),
    *(_doing(name, *texts) for name, texts in _DOES.items()),
    *(_leading(name, *texts) for name, texts in _LEADS.items()),
]
