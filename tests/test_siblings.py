"""Ways to slip a data change past the reader, a line each, all in one run: each of them is told, and the honest ones are not."""

from __future__ import annotations

import io
import json
import zipfile

import program
import pytest

HEAD = 'import sqlalchemy as sa\nfrom alembic import op\n{0}\nrevision = "2"\ndown_revision = "1"\n'
UPDATE = 'op.execute("UPDATE leads SET a = 1")'
GO = f"from alembic import op\ndef go():\n    {UPDATE}\n"
CREATE = 'op.execute("CREATE TABLE leads (a int)")'
Files = dict[str, str | bytes]


def upgrade(*lines: str, before: str = "") -> str:
    return HEAD.format(before) + "\n\ndef upgrade():\n" + "".join(f"    {line}\n" for line in lines)


NO_LONGER_NEW = {
    "inherits": 'op.execute("ALTER TABLE real INHERIT leads")',
    "partition": 'op.execute("ALTER TABLE leads ATTACH PARTITION real DEFAULT")',
    "other schema": 'op.execute("ALTER TABLE leads SET SCHEMA old")',
    "search path": 'op.execute("SET search_path TO b")',
    "search path, by a function": "op.execute(\"SELECT set_config('search_path', 'b', false)\")",
    "search path, by a name": "op.execute('SELECT set_config(x.name, x.value, true) FROM settings x')",
    "discard": 'op.execute("DISCARD TEMP")',
    "quotes": 'op.execute("CREATE TABLE \\"Leads\\" (a int)"); op.execute("DROP TABLE leads")',
    "rollback": 'op.execute("ROLLBACK")',
    "rollback to": 'op.execute("ROLLBACK TO SAVEPOINT a")',
    "rule": 'op.execute("CREATE RULE r AS ON UPDATE TO leads DO INSTEAD UPDATE real SET a = 1")',
}
"""After a table was created, what makes its name mean another one, or gives it other rows."""
TEMPORARY = 'op.execute("CREATE TEMP TABLE leads (a int)")'
NEVER_NEW = {
    "of the session": (TEMPORARY, 'op.execute("UPDATE public.leads SET a = 1")'),
    "of the session, of another schema": (TEMPORARY, 'op.execute("UPDATE crm.leads SET a = 1")'),
    "of the session, renamed": (TEMPORARY, 'op.execute("ALTER TABLE leads RENAME TO calls")', UPDATE),
    "remarks between": ('op.execute("CREATE TABLE IF/**/NOT -- x\\n EXISTS leads (a int)")', UPDATE),
    "renamed, or not": ('op.execute("CREATE TABLE calls (a int)")', 'op.execute("DO $$ BEGIN IF now() > x THEN ALTER TABLE calls RENAME TO leads; END IF; END $$")', UPDATE),
    "in the place of one": ('op.execute("CREATE TABLE leads (a int)")', "op.execute(\"SELECT 1 EXEC sp_rename 'leads', 'calls' EXEC sp_rename 'old', 'leads'\")", UPDATE),
    "written another way": ('op.create_table("leads")', 'sa.create_engine("postgresql://b/c").connect().execute(sa.text("UPDATE leads SET a = 1"))'),
    "created another way": ('sa.create_engine("postgresql://b/c").execute("CREATE TABLE leads (a int)")', UPDATE),
    "by a driver": ('op.create_table("leads")', '__import__("psycopg").connect("dbname=b").execute("UPDATE leads SET a = 1")'),
    "under another schema": ('op.create_table("leads")', 'op.get_bind().execution_options(schema_translate_map={None: "b"})', UPDATE),
    "a name that was free": ('op.drop_table("leads")', 'op.rename_table("old", "leads")', 'op.execute("CREATE TABLE IF NOT EXISTS leads (a int)")', UPDATE),
}  # fmt: skip
"""What looks as if it made a new table, and does not make the one that is written."""

RUNS = {
    "a handle of nobody": ("from app import engine", "with engine.begin() as x:\n        x('UPDATE leads SET a = 1')"),
    "run_path": ("import runpy", 'runpy.run_path("helper.py")["go"]()'),
    "run_module": ("import runpy", 'runpy.run_module("helper")["go"]()'),
    "sys.modules": ("import sys\nimport helper\nsys.modules['x'] = helper\nfrom x import go", "go()"),
    "sys.modules of a finder": (
        "import sys\nfrom finder import F\nsys.modules['x.y'] = F()\nimport x.y as z",
        "z.go()",
    ),
    "post_migrate": (
        "from django.db.models.signals import post_migrate\nfrom helper import go\npost_migrate.connect(go)",
        "pass",
    ),
    "a submodule that its package takes": ("import packed", "packed.sub.go()"),
    "a module that is taken around": ("import packed", "packed.other.go()"),
    "a getter of a path": ("import packed\nfrom operator import attrgetter", "attrgetter('sub.go')(packed)()"),
    "files of a folder that is not here": ("import glob", "[op.execute(open(f).read()) for f in glob.glob('v/*.txt')]"),
    "a text that is timed": (
        "import timeit",
        "timeit.timeit(\"op.execute('UPDATE leads SET a = 1')\", globals=globals(), number=1)",
    ),
    "a text that is profiled": ("import cProfile", "cProfile.run(\"op.execute('UPDATE leads SET a = 1')\")"),
    "a pickle": ("import pickle", "pickle.load(open('fill.p', 'rb'))()"),
    "machine code": ("import ctypes", "ctypes.CDLL('./fill.so').fill()"),
    "a Python of its own": ("import subprocess, sys", "subprocess.run([sys.executable, 'helper.py'])"),
    "a Python by its name": ("import os", "os.system('python3 helper.py --all')"),
    "a command that somebody runs": ("from invoke import run", "run(\"psql -c 'UPDATE leads SET a = 1'\")"),
    "a default of a dictionary": ("import collections\nfrom helper import go", "collections.defaultdict(go)['x']"),
    "something lazy": (
        "from django.utils.functional import SimpleLazyObject as S\nfrom helper import go",
        "str(S(go))",
    ),
    "quoted, not folded": ("", 'op.execute("CREATE TABLE leads (a int)"); op.execute(\'UPDATE "Leads" SET a = 1\')'),
    "folded, not quoted": ("", 'op.execute(\'CREATE TABLE "Leads" (a int)\'); op.execute("UPDATE leads SET a = 1")'),
    "created in Python": (
        "",
        'op.create_table("Leads", sa.Column("a", sa.Integer)); op.execute("UPDATE leads SET a = 1")',
    ),
    "until the commit": (
        "",
        'op.execute("CREATE TEMP TABLE leads (a int) ON COMMIT DROP; COMMIT; UPDATE leads SET a = 1")',
    ),
    "until the connection's commit": (
        "",
        'op.execute("CREATE TEMP TABLE leads (a int) ON COMMIT DROP"); op.get_bind().commit(); ' + UPDATE,
    ),
    "a default": ("", 'op.execute("ALTER TABLE leads ADD b int DEFAULT fill_leads()")'),
    "a new type": ("", 'op.execute("ALTER TABLE leads ALTER a TYPE int USING fill_leads(a)")'),
    "a check": ("", 'op.execute("ALTER TABLE leads ADD CHECK (fill_leads() > 0)")'),
}
"""What a migration itself imports, and what its `upgrade` says."""

IMPORTED = {
    "annotation": GO + "x: go() = 1\n",
    "annotation of a parameter": GO + "def f(x: list[go()]): pass\n",
    "annotation of a star": GO + "def f(*x: go(), **y: int): pass\n",
    "annotation of a result": GO + "def f() -> go(): pass\n",
    "default": GO + "def f(x=go()): pass\n",
    "default by name": GO + "f = lambda *, x=go(): 1\n",
    "descriptor": GO + "class D:\n    def __get__(self, o, t):\n        go()\nclass X:\n    d = D()\nX.d\n",
    "in": GO + "def g():\n    go()\n    yield 1\n1 in g()\n",
    "enum": GO + "import enum\nclass X(enum.Enum):\n    A = 1\n    def __init__(self, v):\n        go()\n",
    "missing of an enum": GO
    + "import enum\nclass X(enum.Enum):\n    A = 1\n    @classmethod\n    def _missing_(cls, v):\n        go()\nX(2)\n",
    "a guard that is none": GO + "TYPE_CHECKING = True\nif TYPE_CHECKING:\n    go()\n",
    "event of every engine": "from sqlalchemy import event\nfrom sqlalchemy.engine import Engine\n"
    "@event.listens_for(Engine, 'before_cursor_execute')\ndef f(c, *a):\n    c.exec_driver_sql('UPDATE leads SET a = 1')\n",
    "signal of Django": GO
    + "from django.db.models.signals import post_migrate\npost_migrate.connect(lambda **k: go())\n",
    "star": "from other import *\ngo()\n",
    "lambda": GO + "(lambda: go())()\n",
    "a method under another name": 'from alembic import op\nrun = op.execute\nrun("UPDATE leads SET a = 1")\n',
    "a method by its name": 'from alembic import op\ngetattr(op, "exec" + "ute")("UPDATE leads SET a = 1")\n',
    "methodcaller": 'from alembic import op\nfrom operator import methodcaller as m\nm("execute", "UPDATE leads SET a = 1")(op)\n',
    "a function of nobody": 'from corp import q\nq("UPDATE leads SET a = 1")\n',
    "a program": 'from subprocess import check_call as c\nc(["psql", "-c", "UPDATE leads SET a = 1"])\n',
    "a shell": "from os import system as s\ns('psql -f fill.sql')\n",
    "a program of asyncio": "import asyncio\nasyncio.run(asyncio.create_subprocess_shell('psql -f fill.sql'))\n",
    "a thread": GO + "from threading import Thread as T\nT(target=go).start()\n",
    "trace": GO + "import sys\nsys.settrace(lambda *a: go())\n",
    "signal": GO + "import signal\nsignal.signal(signal.SIGALRM, lambda *a: go())\n",
    "hook": GO + "import sys\nsys.excepthook = lambda *a: go()\n",
    "op": GO + "op.add_column = lambda *a: go()\n",
    "setattr": GO + "setattr(op, 'add_column', lambda *a: go())\n",
    "json": GO + "import json\njson.loads = go\n",
    "finder": GO + "import sys\nclass F:\n    def find_spec(self, *a):\n        go()\nsys.meta_path.insert(0, F())\n",
}
"""What a helper does when it is imported, or has others do later."""

HERE = {
    "builtins": "import builtins\nfrom helper import go\nbuiltins.print = go\n",
    "json": "import json\nfrom helper import go\njson.loads = lambda x: go()\n",
    "op": "from helper import go\nop.add_column = lambda *a: go()\n",
    "finder": "import sys\nfrom finder import F\nsys.meta_path.append(F())\n",
    "finders": "import sys\nfrom finder import F\nsys.meta_path.extend([F()])\n",
    "a module by default": "import sys\nfrom finder import F\nsys.modules.setdefault('x', F())\n",
    "modules": "import sys\nfrom finder import F\nsys.modules.update({'x': F()})\n",
}
PACKED = {
    "packed/__init__.py": "from . import sub\nfrom .around import other\n", "packed/sub.py": GO,
    "packed/around.py": "from . import other\n", "packed/other.py": "from .sub import go\n",
}  # fmt: skip
FINDER = "class F:\n    def __getattr__(self, name):\n        return go\n"
OUT_OF_SIGHT = {
    "star": "from corp import *\n",
    "globals": "globals().update(make())\n",
    "setattr": "import sys\nsetattr(sys.modules[__name__], 'up' + 'grade', lambda: op.execute('UPDATE x SET a = 1'))\n",
}
"""Where `upgrade` comes from that stands nowhere."""

COMPILED = {"pyc": "helper.pyc", "so": "helper.cpython-311-x86_64-linux-gnu.so"}


def zipped(name: str, content: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr(name, content)
    return held.getvalue()


IN_DJANGO = "from django.db import connection, migrations\ndef go():\n    connection.cursor().execute('UPDATE leads SET a = 1')\n"
_MIGRATION = "class Migration(migrations.Migration):\n    operations = "
_OPERATION = "class Op(migrations.RunSQL):\n    def __init__(self): super().__init__('SELECT 1')\n"
OF_DJANGO = {
    "what an operation does with the state": f"{_OPERATION}    def state_forwards(self, a, s): go()\n{_MIGRATION}[Op()]\n",
    "what an operation says of itself": f"{_OPERATION}    @property\n    def atomic(self): go()\n{_MIGRATION}[Op()]\n",
    "what a migration says of itself": f"{_MIGRATION}[]\n    @property\n    def atomic(self): go()\n",
    "what a migration depends on": f"class D(list):\n    def __iter__(self):\n        go()\n        return iter(())\n{_MIGRATION}[]\n    dependencies = D()\n",
}
"""What Django asks, and calls, beside what runs operations."""


def told_cases() -> dict[str, Files]:
    cases: dict[str, Files] = {
        **{f"no longer new, {name}": {"v/2.py": upgrade(CREATE, line, UPDATE)} for name, line in NO_LONGER_NEW.items()},
        **{f"never new, {name}": {"v/2.py": upgrade(*lines)} for name, lines in NEVER_NEW.items()},
    }
    block = "DO $$ BEGIN IF now() > '2030-01-01' THEN CREATE TABLE leads (a int); END IF; END $$"
    cases["behind a table that may be there"] = {
        "v/2.py": upgrade('op.execute("CREATE TABLE IF NOT EXISTS leads (a int); CALL fill()")')
    }
    cases["no longer new, a block"] = {"v/2.py": upgrade(f'op.execute("{block}")', UPDATE)}
    for name, helper in IMPORTED.items():
        cases[f"imported, {name}"] = {"v/2.py": upgrade("pass", before="import helper"), "helper.py": helper}
        cases[f"imported, {name}"]["other.py"] = GO
    for name, (before, body) in RUNS.items():
        cases[f"runs, {name}"] = {
            "v/2.py": upgrade(body, before=before),
            "helper.py": GO,
            "finder.py": GO + FINDER,
            **PACKED,
        }
    cases["a default of a new field"] = {
        "shop/migrations/0002_x.py": "from django.db import connection, migrations, models\ndef fill():\n"
        "    connection.cursor().execute('UPDATE leads SET a = 1')\nclass Migration(migrations.Migration):\n"
        "    operations = [migrations.AddField('lead', 'x', models.IntegerField(default=fill))]\n"
    }
    for name, lines in OF_DJANGO.items():
        cases[f"django, {name}"] = {"shop/migrations/0002_x.py": IN_DJANGO + lines}
    archive = "import sys\nsys.path.insert(0, 'lib.zip')\n"
    for name, content in {"read": zipped("packed/__init__.py", GO), "broken": b"PK"}.items():
        cases[f"archive, {name}"] = {
            "v/2.py": upgrade("go()", before=archive + "from packed import go"), "lib.zip": content,
        }  # fmt: skip
    cases["archive, acts"] = {
        "v/2.py": upgrade("pass", before=archive + "import packed"), "lib.zip": zipped("packed.py", GO + "go()\n"),
    }  # fmt: skip
    cases["numbered methods"] = {
        "m.py": "class M:\n    async def m001_x(self, db):\n        await db.execute('UPDATE leads SET a = 1')\n"
    }
    cases["hooks of an addon"] = {
        "shop/__manifest__.py": "{'post_init_hook': 'fill'}",
        "shop/hooks.py": "def fill(env):\n    env.cr.execute('UPDATE leads SET a = 1')\n",
    }
    finder = f"from alembic import op\nclass F:\n    def find_spec(self, *a):\n        {UPDATE}\n"
    for name, lines in HERE.items():
        cases[f"put, {name}"] = {"v/2.py": upgrade("pass", before=lines), "helper.py": GO, "finder.py": finder}
    for name, lines in OUT_OF_SIGHT.items():
        cases[f"upgrade, {name}"] = {"v/2.py": HEAD.format("") + lines}
    for name, file in COMPILED.items():
        cases[f"compiled, {name}"] = {"v/2.py": upgrade("go()", before="from helper import go"), file: b"\0"}
    return cases


HONEST: dict[str, Files] = {
    "a new table": {"v/2.py": upgrade(CREATE, UPDATE)},
    "a new table in a block": {
        "v/2.py": upgrade('op.execute("DO $$ BEGIN CREATE TABLE leads (a int); END $$")', UPDATE)
    },
    "a search path first": {"v/2.py": upgrade('op.execute("SET search_path TO b")', CREATE, UPDATE)},
    "another table renamed": {"v/2.py": upgrade(CREATE, 'op.execute("ALTER TABLE x SET SCHEMA y")', UPDATE)},
    "nothing put": {
        "v/2.py": upgrade("pass", before="import helper"),
        "helper.py": "import json, logging\nfrom alembic import op\nlogging.getLogger('x').info('delete from cache')\n"
        "def f(x):\n    return x\njson.loads = f\nQ = 'UPDATE leads SET a = 1'\n",
    },
    "a temporary table, in time": {
        "v/2.py": upgrade('op.execute("CREATE TEMP TABLE leads (a int) ON COMMIT DROP")', UPDATE)
    },
    "a temporary table, by its schema": {
        "v/2.py": upgrade(TEMPORARY, 'op.execute("UPDATE pg_temp.leads SET a = 1")', 'op.execute("DELETE FROM LEADS")')
    },
    "a setting of another name": {
        "v/2.py": upgrade(CREATE, "op.execute(\"SELECT set_config('lock_timeout', '1s', true)\")", UPDATE)
    },
    "a new table by another name": {
        "v/2.py": upgrade(CREATE, 'op.rename_table("leads", "calls")', 'op.execute("UPDATE calls SET a = 1")')
    },
    "a table without quotes, in capitals": {
        "v/2.py": upgrade('op.execute("CREATE TABLE LEADS (a int)")', 'op.execute("UPDATE Leads SET a = 1")')
    },
    "a table in quotes": {
        "v/2.py": upgrade("op.execute('CREATE TABLE \"Leads\" (a int)')", "op.execute('UPDATE \"Leads\" SET a = 1')")
    },
    "a default that is known": {"v/2.py": upgrade('op.execute("ALTER TABLE leads ADD b timestamp DEFAULT now()")')},
    "an archive of other things": {
        "v/2.py": upgrade("x = go()", before="import sys\nsys.path.append('x')\nfrom corp import go"),
        "data.zip": zipped("other.py", GO),
    },
    "a star of what is known": {"v/2.py": HEAD.format("from sqlalchemy import *")},
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The rules that each case breaks, unless it is about a table that is new."""
    top = tmp_path_factory.mktemp("siblings")
    names: dict[str, str] = {}
    for number, (name, files) in enumerate({**told_cases(), **HONEST}.items()):
        names[f"c{number}"] = name
        (top / f"c{number}" / ".git").mkdir(parents=True)
        for file, content in files.items():
            path = top / f"c{number}" / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
    ran = program.run(
        "check",
        ".",
        "--isolated",
        "--no-baseline",
        "--select",
        "MG1",
        "--exit-zero",
        "--output-format",
        "json",
        cwd=top,
    )
    report = json.loads(ran.stdout)
    assert report["problems"] == []
    found: dict[str, set[str]] = {name: set() for name in names.values()}
    for one in report["findings"]:
        if not one["operation"]["created_here"]:
            found[names[one["path"].partition("/")[0]]].add(one["code"])
    return found


@pytest.mark.parametrize("name", told_cases())
def test_it_is_told(name: str, told: dict[str, set[str]]) -> None:
    assert told[name] & {"MG101", "MG107", "MG109"}


@pytest.mark.parametrize("name", HONEST)
def test_what_is_honest_is_not(name: str, told: dict[str, set[str]]) -> None:
    assert told[name] == set()
