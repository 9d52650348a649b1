"""Projects in which what is written passes through modules, classes, models and managers of the application.

§ is 1 before and 2 after. What formatters, reviews and other functions beside leave in these modules changes nothing.
"""

from __future__ import annotations

import re

from baselines.projects import Edit, Files

_FRAMES = {
    "alembic": ("app", "versions/a.py", 'import sqlalchemy as sa\nfrom alembic import op\nimport os\n{imp}\nrevision = "a"\ndown_revision = None\nt = sa.table("t", sa.column("a"), sa.column("b"))\n\ndef upgrade():\n    {body}\n'),
    "django": ("crm", "versions/a.py", "from django.db import migrations\n{imp}\n\ndef go(apps, schema_editor):\n    {body}\n\nclass Migration(migrations.Migration):\n    operations = [migrations.RunPython(go)]\n"),
}  # fmt: skip
_CASES: list[tuple[str, str, str, str, dict[str, str]]] = [
    ("alembic", "a class in a helper module", "from app.h import C", "op.execute(t.update().values(a=C().a))",
     {"h": 'import os\nclass C:\n    def __init__(self):\n        self.a = os.environ["A§"]\n'}),
    ("alembic", "a class body loop in a module", "from app.h import C", "op.execute(t.delete().where(t.c.a.in_(C.X)))",
     {"h": "class C:\n    X = []\n    for i in (1, §):\n        X.append(i)\n"}),
    ("alembic", "a base in another module", "from app.h import C", "op.execute(t.update().values(a=C().get()))",
     {"h": "from app.g import B\nclass C(B):\n    pass\n", "g": 'import os\nclass B:\n    def get(self):\n        return os.environ["A§"]\n'}),
    ("alembic", "super of a base in another module", "from app.h import C", "op.execute(t.update().values(a=C().get()))",
     {"h": 'from app.g import B\nclass C(B):\n    def get(self):\n        return super().get() + "x"\n', "g": 'import os\nclass B:\n    def get(self):\n        return os.environ["A§"]\n'}),
    ("alembic", "a registry in a module", "from app.h import F", 'op.execute(t.update().values(a=F["a"]()))',
     {"h": 'import os\nF = {}\ndef reg(f):\n    F[f.__name__] = f\n    return f\n@reg\ndef a():\n    return os.environ["A§"]\n'}),
    ("alembic", "a constant re-exported", "from app import N", "op.execute(t.update().values(a=N))",
     {"c": "N = §\n", "__init__": "from app.c import N\n"}),
    ("alembic", "a star import", "from app.c import *", "op.execute(t.update().values(a=N))",
     {"c": "N = §\n"}),
    ("alembic", "an alias of a module", "import app.c as k", "op.execute(t.update().values(a=k.N))",
     {"c": "N = §\n"}),
    ("alembic", "a dictionary in a module", "from app.c import M", 'op.execute(t.update().values(a=M["x"]["y"]))',
     {"c": 'M = {"x": {"y": §}}\n'}),
    ("alembic", "a module value that its own module fills", "from app.c import X", "op.execute(t.delete().where(t.c.a.in_(X)))",
     {"c": "X = []\nfor i in (1, §):\n    X.append(i)\n"}),
    ("alembic", "a conditional constant", "from app.c import X", "op.execute(t.update().values(a=X))",
     {"c": 'import os\nif os.environ.get("A§"):\n    X = 1\nelse:\n    X = 2\n'}),
    ("alembic", "a constant by try", "from app.c import X", "op.execute(t.update().values(a=X))",
     {"c": 'import os\ntry:\n    X = os.environ["A"]\nexcept KeyError:\n    X = "§"\n'}),
    ("alembic", "a function by a module attribute two deep", "import app.p.q", "op.execute(t.update().values(a=app.p.q.f()))",
     {"p/__init__": "", "p/q": 'import os\ndef f():\n    return os.environ["A§"]\n'}),
    ("alembic", "lazy import in a helper", "from app.h import f", "op.execute(t.update().values(a=f()))",
     {"h": "def f():\n    from app.c import N\n    return N\n", "c": "N = §\n"}),
    ("alembic", "a helper that is given a helper", "from app.h import run, f", "op.execute(t.update().values(a=run(f)))",
     {"h": 'import os\ndef run(g):\n    return g()\ndef f():\n    return os.environ["A§"]\n'}),
    ("alembic", "a dataclass in a module", "from app.h import C", "op.execute(t.update().values(a=C().x))",
     {"h": "from dataclasses import dataclass\n@dataclass\nclass C:\n    x: int = §\n"}),
    ("alembic", "an enum in a module looped", "from app.h import S", "for s in S:\n        op.execute(t.update().where(t.c.a == s.value).values(b=1))",
     {"h": 'from enum import Enum\nclass S(Enum):\n    A = "a§"\n'}),
    ("alembic", "an ORM helper session", "from app.h import fill\nfrom sqlalchemy.orm import Session", "fill(Session(op.get_bind()))",
     {"m": 'import sqlalchemy as sa\nfrom sqlalchemy.orm import declarative_base\nB = declarative_base()\nclass T(B):\n    __tablename__ = "t"\n    id = sa.Column(sa.Integer, primary_key=True)\n    a = sa.Column(sa.Integer)\n    @property\n    def twice(self):\n        return self.a * §\n', "h": "from app.m import T\ndef fill(s):\n    for r in s.query(T):\n        r.a = r.twice\n    s.commit()\n"}),
    ("alembic", "a hybrid/classmethod query", "from app.m import T\nfrom sqlalchemy.orm import Session", "s = Session(op.get_bind())\n    for r in T.old(s):\n        s.delete(r)\n    s.commit()",
     {"m": 'import sqlalchemy as sa\nfrom sqlalchemy.orm import declarative_base\nB = declarative_base()\nclass T(B):\n    __tablename__ = "t"\n    id = sa.Column(sa.Integer, primary_key=True)\n    a = sa.Column(sa.Integer)\n    @classmethod\n    def old(cls, s):\n        return s.query(cls).filter(cls.a == §)\n'}),
    ("alembic", "the column name of a model", "from app.m import T", "op.execute(sa.update(T).values({T.x: 1}))",
     {"m": 'import sqlalchemy as sa\nfrom sqlalchemy.orm import declarative_base\nB = declarative_base()\nclass T(B):\n    __tablename__ = "t"\n    id = sa.Column(sa.Integer, primary_key=True)\n    x = sa.Column("a§", sa.Integer)\n'}),
    ("django", "Meta.db_table", "from crm.models import Lead", "Lead.objects.update(a=1)",
     {"models": 'from django.db import models\nclass Lead(models.Model):\n    a = models.IntegerField()\n    class Meta:\n        db_table = "t§"\n'}),
    ("django", "Meta of a base", "from crm.models import Lead", "x = Lead.objects.first()\n    x.delete()",
     {"models": 'from django.db import models\nclass Base(models.Model):\n    class Meta:\n        abstract = True\n        ordering = ["a§"]\nclass Lead(Base):\n    a = models.IntegerField()\n'}),
    ("django", "default_manager_name", "from crm.models import Lead", "Lead._default_manager.update(a=1)",
     {"models": 'from django.db import models\nclass M(models.Manager):\n    def get_queryset(self):\n        return super().get_queryset().filter(a=§)\nclass Lead(models.Model):\n    objects = models.Manager()\n    live = M()\n    class Meta:\n        default_manager_name = "live"\n'}),
    ("django", "a manager in another module", "from crm.models import Lead", "Lead.objects.old().delete()",
     {"models": "from django.db import models\nfrom crm.managers import M\nclass Lead(models.Model):\n    objects = M()\n", "managers": "from django.db import models\nclass M(models.Manager):\n    def old(self):\n        return self.filter(a=§)\n"}),
    ("django", "a queryset method through a base", "from crm.models import Lead", "Lead.objects.old().delete()",
     {"models": "from django.db import models\nclass Q0(models.QuerySet):\n    def old(self):\n        return self.filter(a=§)\nclass Q(Q0):\n    pass\nclass Lead(models.Model):\n    objects = Q.as_manager()\n"}),
    ("django", "a mixin save", "from crm.models import Lead", "for x in Lead.objects.all():\n        x.save()",
     {"models": "from django.db import models\nclass Mix:\n    def save(self, *a, **k):\n        self.a = §\n        super().save(*a, **k)\nclass Lead(Mix, models.Model):\n    a = models.IntegerField()\n"}),
    ("django", "a constant used in save from another module", "from crm.models import Lead", "for x in Lead.objects.all():\n        x.save()",
     {"models": "from django.db import models\nfrom crm import const\nclass Lead(models.Model):\n    def save(self, *a, **k):\n        self.a = const.N\n        super().save(*a, **k)\n", "const": "N = §\n"}),
    ("django", "a service of the app", "from crm.services import fill", "fill()",
     {"models": "from django.db import models\nclass Lead(models.Model):\n    a = models.IntegerField()\n", "services": "from crm.models import Lead\ndef fill():\n    for x in Lead.objects.filter(a=1):\n        x.a = rate(x)\n        x.save()\ndef rate(x):\n    return x.a * §\n"}),
    ("django", "a service class with a strategy", "from crm.services import Fill", "Fill().run()",
     {"models": "from django.db import models\nclass Lead(models.Model):\n    a = models.IntegerField()\n", "services": "from crm.models import Lead\nclass Base:\n    def run(self):\n        for x in self.rows():\n            x.a = 1\n            x.save()\nclass Fill(Base):\n    def rows(self):\n        return Lead.objects.filter(a=§)\n"}),
    ("django", "a bulk_create of a factory", "from crm.services import make", "make()",
     {"models": "from django.db import models\nclass Lead(models.Model):\n    a = models.IntegerField()\n", "services": "from crm.models import Lead\ndef one(i):\n    return Lead(a=i * §)\ndef make():\n    Lead.objects.bulk_create([one(i) for i in range(3)])\n"}),
    ("django", "a helper with apps", "from crm.h import fill", "fill(apps)",
     {"h": 'def fill(apps):\n    L = apps.get_model("crm", "Lead")\n    for x in L.objects.all():\n        x.a = slug(x.b)\n        x.save()\ndef slug(v):\n    return v.lower()[:§]\n'}),
]  # fmt: skip


def _files(case: tuple[str, str, str, str, dict[str, str]], number: str) -> Files:
    kind, _, imported, body, modules = case
    package, migration, frame = _FRAMES[kind]
    texts = {f"{package}/{name}.py": text for name, text in modules.items()}
    files = {f"{package}/__init__.py": "", migration: frame.format(imp=imported, body=body)} | texts
    return {name: text.replace("§", number) for name, text in files.items()}


def _left(name: str, text: str) -> str:
    """A module as a formatter, a type checker and a colleague may leave it."""
    if name.startswith("versions"):
        return text
    said = re.sub(
        r"^( *)(def \w+\([^)]*\)):\n( +)", r'\1\2 -> object:\n\3"""Says what it does."""\n\3', text, flags=re.MULTILINE
    )
    return f"{said}\n\ndef unused(x):\n    return x + 1\n\n\nUNUSED = 5\n".replace("\n", "\r\n")


DIFFERENT = [Edit(case[0], case[1], _files(case, "1"), _files(case, "2")) for case in _CASES]
SAME = [
    Edit(
        edit.kind,
        f"{edit.name}, left otherwise",
        edit.before,
        {name: _left(name, text) for name, text in edit.before.items()},
    )
    for edit in DIFFERENT
]
