"""What an import runs is told at the import: modules that act when they are imported, however they come to be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from program import run

from migration_guard import sight
from migration_guard.interpreter.calls import MAX_STEPS_AWAY
from migration_guard.interpreter.importing import MAX_NEAR_STEPS
from migration_guard.interpreter.repository import MAX_NEAR_BYTES
from migration_guard.skim.acting import Acting
from migration_guard.skim.outline import Import
from migration_guard.skim.reach import may_reach_database

HEAD = "import sqlalchemy as sa\nfrom alembic import op\nrevision = '2'\ndown_revision = '1'\n"
CLEAN = "def upgrade():\n    op.add_column('leads', sa.Column('a', sa.Text))\n"
WRITE = "engine.execute(sa.text('UPDATE leads SET a = 1'))"
ENGINE = "import sqlalchemy as sa\nengine = sa.create_engine('postgresql://')\n"
FILL = f"{ENGINE}def fill():\n    {WRITE}\n"


def lay(folder: Path, files: dict[str, str]) -> None:
    (folder / ".git").mkdir(exist_ok=True)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def codes(folder: Path, files: dict[str, str], *names: str) -> list[tuple[str, int]]:
    lay(folder, files)
    done = run("check", *names, "--isolated", "--no-baseline", "--select", "MG1", "--output-format", "json", cwd=folder)
    found = json.loads(done.stdout)
    assert found["problems"] == []
    return [(one["code"], one["line"]) for one in found["findings"]]


ACTS = {
    "statement": f"{ENGINE}{WRITE}\n",
    "call": f"{FILL}fill()\n",
    "assignment": f"{FILL}DONE = fill()\n",
    "annotated": f"{FILL}DONE: object = fill()\n",
    "condition": f"{FILL}if True:\n    fill()\n",
    "unknown condition": f"import os\n{FILL}if os.environ.get('X'):\n    pass\nelse:\n    fill()\n",
    "try": f"{FILL}try:\n    fill()\nexcept Exception:\n    pass\n",
    "finally": f"{FILL}try:\n    pass\nfinally:\n    fill()\n",
    "with": f"{ENGINE}with engine.begin() as c:\n    c.execute(sa.text('UPDATE leads SET a = 1'))\n",
    "loop": f"{FILL}for f in (fill,):\n    f()\n",
    "while": f"{FILL}while fill():\n    pass\n",
    "comprehension": f"{FILL}[f() for f in [fill]]\n",
    "class body": f"{FILL}class A:\n    fill()\n",
    "class attribute": f"{FILL}class A:\n    done = fill()\n",
    "default": f"{FILL}def g(x=fill()):\n    pass\n",
    "decorator": f"{ENGINE}def now(f):\n    f()\n    return f\n@now\ndef fill():\n    {WRITE}\n",
    "decorator called": f"{ENGINE}def now(n):\n    def inner(f):\n        return f()\n    return inner\n@now(1)\ndef fill():\n    {WRITE}\n",
    "lambda decorator": f"{ENGINE}@(lambda f: f())\ndef fill():\n    {WRITE}\n",
    "object": f"{ENGINE}class A:\n    def __init__(self):\n        {WRITE}\nA()\n",
    "method": f"{ENGINE}class A:\n    def go(self):\n        {WRITE}\nA().go()\n",
    "operator": f"{ENGINE}class A:\n    def __add__(self, other):\n        {WRITE}\na = A()\na + 1\n",
    "context": f"{ENGINE}class A:\n    def __enter__(self):\n        {WRITE}\n    def __exit__(self, *a):\n        pass\nwith A():\n    pass\n",
    "item": f"{ENGINE}class A:\n    def __getitem__(self, k):\n        {WRITE}\na = A()\na[0]\n",
    "subclass": f"{ENGINE}class A:\n    def __init_subclass__(cls):\n        {WRITE}\nclass B(A):\n    pass\n",
    "metaclass": f"{ENGINE}class M(type):\n    def __new__(m, *a):\n        {WRITE}\n        return type.__new__(m, *a)\nclass B(metaclass=M):\n    pass\n",
    "registry": f"{FILL}R = {{'a': fill}}\nR['a']()\n",
    "map": f"{FILL}list(map(lambda x: fill(), [1]))\n",
    "alias": f"{FILL}g = fill\ng()\n",
    "partial": f"import functools\n{FILL}functools.partial(fill)()\n",
    "asyncio": f"import asyncio\n{ENGINE}async def fill():\n    {WRITE}\nasyncio.run(fill())\n",
    "thread": f"import threading\n{FILL}threading.Thread(target=fill).start()\n",
    "atexit": f"import atexit\n{FILL}atexit.register(fill)\n",
    "walrus": f"{FILL}(x := fill())\n",
    "semicolon": f"{FILL}x = 1; fill()\n",
    "star": f"{FILL}print(*[fill()])\n",
    "text": f"{FILL}f'{{fill()}}'\n",
    "psql": "import subprocess\nsubprocess.run(['psql', '-c', 'UPDATE leads SET a = 1'])\n",
    "helper of a helper": "from deeper import fill\nfill()\n",
    "import of an acting one": "import deeper_acting\n",
    "deferred import": "def go():\n    from deeper import fill\n    fill()\ngo()\n",
    "exec": f"exec({f'{ENGINE}{WRITE}'!r})\n",
}  # fmt: skip
DEEPER = {"deeper.py": FILL, "deeper_acting.py": f"{FILL}fill()\n"}


@pytest.mark.parametrize("kind", ACTS)
def test_a_module_that_acts_when_it_is_imported(tmp_path: Path, kind: str) -> None:
    files = {"helper.py": ACTS[kind], "v/2.py": f"{HEAD}import helper\n{CLEAN}", **DEEPER}
    found = codes(tmp_path, files, "v/2.py")
    assert found in ([("MG101", 5)], [("MG109", 5)], [("MG107", 5)])
    assert found == [("MG101", 5)] or kind == "exec"


IMPORTS = {
    "import": "import helper",
    "from": "from helper import x",
    "star": "from helper import *",
    "alias": "import helper as h",
    "package": "import pack.helper",
    "from package": "from pack import helper",
    "relative": "from . import helper",
    "relative module": "from .helper import x",
    "relative above": "from ..lib.helper import x",
    "init": "import acting_pack.quiet",
    "name of init": "from acting_pack import quiet",
    "try": "try:\n    import helper\nexcept ImportError:\n    pass",
    "condition": "if 1:\n    import helper",
    "import_module": "import importlib\nimportlib.import_module('helper')",
    "import_module by name": "from importlib import import_module\nimport_module('helper')",
    "import_module relative": "import importlib\nimportlib.import_module('.helper', 'pack')",
    "import_module assembled": "import importlib\nimportlib.import_module('hel' + 'per')",
    "dunder": "__import__('helper')",
    "dunder through builtins": "import builtins\nbuiltins.__import__('helper')",
    "run_module": "import runpy\nrunpy.run_module('helper')",
    "run_path": "import runpy, pathlib\nrunpy.run_path(str(pathlib.Path(__file__).parent / 'helper.py'))",
    "spec": "import importlib.util as u\ns = u.spec_from_file_location('h', 'v/helper.py')\nm = u.module_from_spec(s)\ns.loader.exec_module(m)",
    "loader": "from importlib.machinery import SourceFileLoader\nSourceFileLoader('h', 'v/helper.py').load_module()",
    "iter_modules": "import pkgutil, importlib\nfor one in pkgutil.iter_modules(['pack']):\n    importlib.import_module('pack.' + one.name)",
    "continued": "import \\\n  helper",
    "semicolon": "x = 1; import helper",
    "several": "import os, helper",
    "exec": "exec('import helper')",
    "through sys.path": "import sys\nsys.path.insert(0, 'far/away')\nimport distant",
    "through a package": "import through",
    "circular": "import circle_a",
    "a package that imports itself": "import itself",
    "import_string": "from django.utils.module_loading import import_string\nimport_string('helper.fill')",
    "resolve_name": "import pkgutil\npkgutil.resolve_name('helper:fill')",
    "unknown": "import importlib, os\nimportlib.import_module(os.environ['X'])",
    "unknown dunder": "import os\n__import__(os.environ['X'])",
    "unknown path": "import runpy, os\nrunpy.run_path(os.environ['X'])",
}
ACTING = f"x = 1\n{FILL}fill()\n"
PLACES = {
    **dict.fromkeys(
        ("helper.py", "pack/helper.py", "v/helper.py", "lib/helper.py", "acting_pack/__init__.py", "far/away/distant.py"),
        ACTING,
    ),
    "pack/__init__.py": "",
    "acting_pack/quiet.py": "",
    "through/__init__.py": "from .inner import y\n",
    "through/inner.py": "from ..helper import x\ny = x\n",
    "itself/__init__.py": f"import itself\n{FILL}itself.fill()\n",
    "circle_a.py": "import circle_b\ndef go(): circle_b.go()\n",
    "circle_b.py": f"import circle_a\n{FILL}def go(): fill()\ngo()\n",
}  # fmt: skip


@pytest.mark.parametrize("inside", [False, True], ids=["at the top", "in upgrade"])
@pytest.mark.parametrize("kind", IMPORTS)
def test_every_way_to_import_it(tmp_path: Path, kind: str, inside: bool) -> None:
    line = IMPORTS[kind]
    body = f"def upgrade():\n    {line.replace(chr(10), chr(10) + '    ')}\n" if inside else f"{line}\n{CLEAN}"
    if inside and kind == "star":
        pytest.skip("Python refuses it")
    found = codes(tmp_path, {**PLACES, "v/2.py": HEAD + body}, "v/2.py")
    assert found
    assert {code for code, _ in found} <= {"MG101", "MG109"}
    assert "MG101" in {code for code, _ in found} or kind.startswith("unknown") or kind == "exec"


def test_it_counts_where_a_module_is_asked_for_what_it_does_not_define(tmp_path: Path) -> None:
    helper = f"{FILL}def __getattr__(name):\n    fill()\n    return 1\n"
    files = {"helper.py": helper, "v/2.py": f"{HEAD}from helper import anything\n{CLEAN}"}
    assert codes(tmp_path, files, "v/2.py") == [("MG101", 5)]


def test_modules_that_only_take_a_class_from_each_other(tmp_path: Path) -> None:
    body = "from one import Made\ndef upgrade():\n    op.execute('DELETE FROM leads WHERE a = ' + str(Made().value))\n"
    files = {"one.py": "from two import Made\n", "two.py": "from one import Made\n", "v/2.py": f"{HEAD}{body}"}
    assert codes(tmp_path, files, "v/2.py") == [("MG103", 7)]


MIGRATION = "from django.db import migrations\nclass Migration(migrations.Migration):\n    operations = []\n"
TOUCH = "from django.db import connection\nwith connection.cursor() as c:\n    c.execute('UPDATE leads SET a = 1')\n"


@pytest.mark.parametrize("place", ["shop/__init__.py", "shop/migrations/__init__.py"])
def test_the_packages_in_which_a_django_migration_lies(tmp_path: Path, place: str) -> None:
    files = {"shop/__init__.py": "", "shop/migrations/__init__.py": "", "shop/migrations/0002_x.py": MIGRATION}
    files[place] = TOUCH
    assert codes(tmp_path, files, "shop/migrations/0002_x.py") == [("MG101", 1)]


def test_a_module_of_alembic_is_loaded_by_its_path(tmp_path: Path) -> None:
    files = {"v/__init__.py": ACTING, "v/2.py": HEAD + CLEAN}
    assert codes(tmp_path, files, "v/2.py") == []


QUIET = {
    "connection of a queue": "import django_rq\nfrom redis import get_connection as connect\nqueue = django_rq.get_connection()\nqueue.ping()\nconnect().rename('a', 'b')\n",
    "definitions": FILL,
    "main guard": f"{FILL}if __name__ == '__main__':\n    fill()\n",
    "logger": f"import logging\n{FILL}logger = logging.getLogger(__name__)\n",
    "session maker": f"from sqlalchemy.orm import sessionmaker, scoped_session\n{ENGINE}Session = scoped_session(sessionmaker(bind=engine))\nBase = sa.orm.declarative_base()\nBase.query = Session.query_property()\n",
    "flask": f"from flask import Flask\nfrom flask_sqlalchemy import SQLAlchemy\n{FILL}app = Flask(__name__)\ndb = SQLAlchemy(app)\n@app.route('/')\ndef index():\n    fill()\napp.add_url_rule('/x', view_func=fill)\n",
    "celery": f"from celery import Celery\n{FILL}tasks = Celery('x')\n@tasks.task\ndef later():\n    fill()\n",
    "signals": f"from django.dispatch import receiver\nfrom django.db.models.signals import post_save\n{FILL}@receiver(post_save)\ndef heard(**k):\n    fill()\npost_save.connect(fill)\n",
    "dictionary": "names = {}\nnames.update(a=1)\nnames.setdefault('x', set()).add(1)\n",
    "hashes": "import hashlib\nh = hashlib.sha256()\nh.update(b'x')\n",
    "models": "from django.db import models\nclass A(models.Model):\n    name = models.TextField()\n    objects = models.Manager()\n    def save(self, *a, **k):\n        super().save(*a, **k)\n",
    "constants": "import re, os\nURL = os.environ.get('DATABASE_URL', 'x').replace('a', 'b')\nWORDS = re.compile('update')\n",
    "reads": f"{ENGINE}COUNT = engine.execute(sa.text('SELECT 1')).scalar()\n",
    "schema": f"{ENGINE}engine.execute(sa.text('CREATE TABLE x (a int)'))\n",
    "plugins": "import pkgutil, importlib\nfor one in pkgutil.iter_modules(['plugins']):\n    importlib.import_module('plugins.' + one.name)\n",
    "type checking": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import acting\n",
    "cache": f"import functools\n{FILL}@functools.lru_cache\ndef f():\n    fill()\n",
    "lazy": f"{FILL}lazy = lambda: fill()\n",
    "dataclass": f"import dataclasses\n{FILL}@dataclasses.dataclass\nclass A:\n    run: object = fill\n",
}  # fmt: skip


@pytest.mark.parametrize("kind", QUIET)
def test_a_module_that_only_defines_is_quiet(tmp_path: Path, kind: str) -> None:
    files = {"helper.py": QUIET[kind], "plugins/__init__.py": "", "plugins/one.py": "x = 1\n", "acting.py": ACTING}
    assert codes(tmp_path, {**files, "v/2.py": f"{HEAD}import helper\n{CLEAN}"}, "v/2.py") == []


def test_several_modules_of_a_name_behind_sys_path_are_not_told_apart(tmp_path: Path) -> None:
    quiet, loud = "def go():\n    pass\n", f"{FILL}def go():\n    fill()\n"
    files = {"a/tool.py": quiet, "b/tool.py": loud}
    files["v/2.py"] = f"import sys\nsys.path[:0] = [X]\n{HEAD}import tool\ndef upgrade():\n    tool.go()\n"
    assert [code for code, _ in codes(tmp_path, files, "v/2.py")] == ["MG109"]


def test_what_alembic_puts_before_is_looked_into(tmp_path: Path) -> None:
    files = {"alembic.ini": "[alembic]\nscript_location = v\nprepend_sys_path = tools\n", "tools/fixes.py": FILL}
    files["v/versions/2.py"] = f"{HEAD}import fixes\ndef upgrade():\n    fixes.fill()\n"
    assert codes(tmp_path, files, "v/versions/2.py") == [("MG101", 7)]


def test_what_imports_run_is_followed_so_far_and_then_told(tmp_path: Path) -> None:
    line = f"quiet(fill{', 1' * 18})\n"
    helper = f"{FILL}def quiet(x, *others):\n    return x\n" + line * (MAX_NEAR_STEPS // 20) + "fill()\n"
    body = f"{HEAD}import helper\nimport acting\n{CLEAN}"
    files = {"helper.py": helper, "acting.py": ACTING, "v/2.py": body}
    assert codes(tmp_path, files, "v/2.py") == [("MG109", 5), ("MG109", 6)]


def test_what_imports_run_takes_no_room_from_what_the_migration_calls(tmp_path: Path) -> None:
    large = f"# {'x' * (MAX_NEAR_BYTES // 4)}\n{FILL}def quiet(x):\n    return x\nquiet(fill)\n"
    files = {f"large{n}.py": large for n in range(4)} | {"helper.py": f"{FILL}def go():\n    fill()\n"}
    files["v/2.py"] = f"{HEAD}import large0, large1, large2, large3\nimport helper\ndef upgrade():\n    helper.go()\n"
    assert sorted(codes(tmp_path, files, "v/2.py")) == [("MG101", 8), ("MG109", 5)]


def test_what_is_far_from_a_write_takes_no_room_from_what_is_near(tmp_path: Path) -> None:
    guessed = "class A:\n    def one(self, x):\n        x.two()\nclass B:\n    def two(self):\n        fill()\ndef go(x):\n    x.one()\n"
    large = f"# {'x' * (MAX_NEAR_BYTES // 4)}\n{FILL}{guessed}go(1)\n"
    files = {f"large{n}.py": large for n in range(4)} | {"acting.py": ACTING}
    files["v/2.py"] = f"{HEAD}import large0, large1, large2, large3\nimport acting\n{CLEAN}"
    assert codes(tmp_path, files, "v/2.py") == [("MG101", 6)]


@pytest.mark.parametrize("end", ["pass", WRITE])
def test_a_chain_of_definitions_is_followed_to_its_end(tmp_path: Path, end: str) -> None:
    chain = "".join(f"def f{n}():\n    f{n + 1}()\n" for n in range(1_000))
    lay(tmp_path, {"helper.py": f"{ENGINE}{chain}def f1000():\n    {end}\nf0()\nf500()\n"})
    found = [one.statements for one in Acting(tmp_path).run_by(Import("helper"), tmp_path / "v" / "2.py")]
    assert found == ([] if end == "pass" else [(1003, 1004)])


@pytest.mark.parametrize("way", ["from m{} import fill\n", "from m{} import *\n"])
def test_a_name_is_followed_through_all_modules_that_take_it_from_each_other(tmp_path: Path, way: str) -> None:
    files = {f"m{n}.py": way.format(n + 1) for n in range(12)}
    lay(tmp_path, {**files, "m12.py": FILL, "helper.py": "from m0 import fill\nfill()\n"})
    found = [one.statements for one in Acting(tmp_path).run_by(Import("helper"), tmp_path / "v" / "2.py")]
    assert found == [(1,)]


@pytest.mark.parametrize(
    "text",
    [
        f"from models import Lead\nLead.objects.filter(name__in={['a' * 60] * 5!r}).delete()\n",
        f"import signal\n{FILL}signal.hook = kept = fill\n",
        f"import signal\n{FILL}signal.hook: object = fill\n",
        f"import signal\n{FILL}signal.hooks += fill\n",
    ],
    ids=["far from its manager", "put into two places", "annotated", "added"],
)
def test_nothing_is_too_long_to_be_seen(tmp_path: Path, text: str) -> None:
    lay(tmp_path, {"models.py": "", "helper.py": text})
    assert list(Acting(tmp_path).run_by(Import("helper"), tmp_path / "v" / "2.py"))


BEHIND = {
    "plugins": "import importlib, os\ndef load(name):\n    return importlib.import_module(name)\nBACKEND = load(os.environ['BACKEND'])\n",
    "a program": "import os, subprocess\ndef ask(command):\n    return subprocess.check_output(command)\nSECRET = ask(os.environ['COMMAND'])\n",
    "a decorator that is made of settings": "from unseen import Settings\nfrom django.db import models\nsettings = Settings('shop')\n@settings.add(name='x')\nclass Lead(models.Model):\n    def save(self, *a, **k):\n        super().save(*a, **k)\n",
}
"""What an application does whenever it is imported, and what nobody can know."""


@pytest.mark.parametrize("kind", BEHIND)
def test_what_every_process_of_an_application_loads_is_no_news(tmp_path: Path, kind: str) -> None:
    assert codes(tmp_path, {"helper.py": BEHIND[kind], "v/2.py": f"{HEAD}import helper\n{CLEAN}"}, "v/2.py") == []


def test_what_a_loader_loads_is_followed_where_its_name_is_known(tmp_path: Path) -> None:
    files = {"helper.py": BEHIND["plugins"].replace("os.environ['BACKEND']", "'acting'"), "acting.py": ACTING}
    assert codes(tmp_path, {**files, "v/2.py": f"{HEAD}import helper\n{CLEAN}"}, "v/2.py") == [("MG101", 5)]


def test_guesses_over_guesses_lead_nowhere(tmp_path: Path) -> None:
    steps = "".join(f"class C{n}:\n    def go{n}(self):\n        C{n + 1}().go{n + 1}()\n" for n in range(4))
    far = f"{ENGINE}{steps}class C4:\n    def go4(self):\n        {WRITE}\nC0().go0()\nC3().go3()\n"
    lay(tmp_path, {"helper.py": far})
    (found,) = Acting(tmp_path).run_by(Import("helper"), tmp_path / "v" / "2.py")
    assert (found.statements, found.near) == ((8,), ())


def test_what_keeps_functions_at_a_limit_does_not_run_them_in_every_order(tmp_path: Path) -> None:
    kept = "".join(f"@bus.on('{n}')\ndef heard{n}():\n    x = bus.send('{n}', {n})\n    f{n}()\n" for n in range(9))
    chain = "".join(f"def f{n}():\n    f{n + 1}()\n    x = bus.send('f', {n})\n" for n in range(12))
    helper = f"from unseen import bus\n{chain}def f12():\n    x = bus.send('end')\n{kept}"
    body = f"{HEAD}import helper\ndef upgrade():\n    helper.f0()\n"
    assert codes(tmp_path, {"helper.py": helper, "v/2.py": body}, "v/2.py") == []


@pytest.mark.parametrize("way", ["from b import fill\n", "from b import *\n", "from c import *\n"])
def test_behind_a_limit_names_are_followed_through_star_imports(tmp_path: Path, way: str) -> None:
    lay(tmp_path, {"a.py": f"{way}def go():\n    fill()\n", "b.py": FILL, "c.py": "from b import *\n"})
    assert may_reach_database(tmp_path / "a.py", "", "go", tmp_path)
    lay(tmp_path, {"b.py": "def fill():\n    pass\n"})
    sight.forget()
    assert not may_reach_database(tmp_path / "a.py", "", "go", tmp_path)


LOADER = """import importlib, os
LOADED = {}
def module():
    if 'x' not in LOADED:
        LOADED['x'] = importlib.import_module(os.environ['POLICY'] + '.schema')
    return LOADED['x']
def named(name):
    return importlib.import_module('steps.' + name)
"""


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("sa.String(length=settings.module().SCOPE_LENGTH)", []),
        ("sa.String(length=getattr(settings.module(), 'SCOPE_LENGTH').strip())", []),
        ("settings.module().get_length()", []),
        ("settings.module().fill()", ["MG109"]),
        ("settings.module().Fill().go()", ["MG109"]),
        ("getattr(settings.module(), 'fill')()", ["MG109"]),
        ("[step() for step in settings.module().STEPS]", ["MG109"]),
        ("settings.module().steps.run()", ["MG109"]),
        ("settings.module().get_backend().fill()", ["MG109"]),
        ("[step() for step in settings.module().get_steps()]", ["MG109"]),
        ("settings.module().STEPS.get('x')()", ["MG109"]),
        ("settings.module().BACKEND.fill()", ["MG109"]),
        ("settings.module().copy_rows()", ["MG109"]),
        ("settings.module().NAME.replace('a', 'b').lower()", []),
        ("settings.module().LOGGER.info('a')", []),
        ("settings.module().get_length(op.get_bind())", ["MG109"]),
        ("settings.named(__import__('os').environ['X'])", ["MG109"]),
        ("import importlib, os; importlib.import_module(os.environ['X'])", ["MG109"]),
    ],
)
def test_what_settings_name_may_be_loaded_and_is_told_where_it_is_called(
    tmp_path: Path, line: str, told: list[str]
) -> None:
    files = {"settings.py": LOADER, "v/2.py": f"{HEAD}import settings\ndef upgrade():\n    {line}\n"}
    assert [code for code, _ in codes(tmp_path, files, "v/2.py")] == told


def test_names_that_a_module_binds_unspelled_are_bound_once(tmp_path: Path) -> None:
    body = "    len\n" * (MAX_STEPS_AWAY // 2)
    helper = f"globals()['a'] = 1\ndef go(run):\n{body}    inner(run)\ndef inner(run):\n"
    files = {"helper.py": f"{helper}    run('UPDATE leads SET a = 1')\n"}
    files["v/2.py"] = f"{HEAD}import helper\ndef upgrade():\n    helper.go(op.execute)\n"
    assert codes(tmp_path, files, "v/2.py") == [("MG101", 7)]


LOADS = "X = importlib.import_module({})\n"
OPTIONAL = """try:
    X = importlib.import_module({})
except {}:
    X = None
"""


@pytest.mark.parametrize(
    ("loads", "name", "told"),
    [
        (LOADS, "os.environ['A']", [("MG109", 5)]),
        (OPTIONAL.format("{}", "ImportError"), "os.environ['A']", []),
        (OPTIONAL.format("{}", "(KeyError, ModuleNotFoundError)"), "os.environ['A']", []),
        (OPTIONAL.format("{}", "KeyError"), "os.environ['A']", [("MG109", 5)]),
        (OPTIONAL.format("{}", "ImportError"), "'steps.' + os.environ['A']", [("MG109", 5)]),
        (OPTIONAL.format("{}", "ImportError") + LOADS, "os.environ['A']", [("MG109", 5)]),
        (OPTIONAL.format("{}", "ImportError") + "X.fill()\n", "os.environ['A']", [("MG109", 5)]),
    ],
)
def test_what_a_module_loads_when_it_is_imported_is_told_unless_it_can_do_without(
    tmp_path: Path, loads: str, name: str, told: list[tuple[str, int]]
) -> None:
    files = {"helper.py": f"import importlib, os\n{loads.replace('{}', name)}"}
    files["v/2.py"] = f"{HEAD}from helper import X\n{CLEAN}"
    assert codes(tmp_path, files, "v/2.py") == told


def test_what_a_migration_loads_by_a_name_of_settings_is_told_also_where_it_can_do_without(tmp_path: Path) -> None:
    loads = OPTIONAL.format("os.environ['A']", "ImportError")
    assert codes(tmp_path, {"v/2.py": f"{HEAD}import importlib, os\n{loads}{CLEAN}"}, "v/2.py") == [("MG109", 7)]


FACTORY = """import importlib
from django.db import connection, models
from shop.models import Kind
MADE = {}
def make(kind):
    if kind.name not in MADE:
        MADE[kind.name] = getattr(importlib.import_module(kind.module), kind.cls)(GIVEN)
    return MADE[kind.name]
for one in Kind.objects.all():
    make(one)
"""


@pytest.mark.parametrize(("given", "told"), [("kind", []), ("connection", ["MG109"])])
def test_a_plugin_is_made_of_a_row_by_every_process_and_told_where_it_is_given_a_connection(
    tmp_path: Path, given: str, told: list[str]
) -> None:
    files = {
        "shop/models.py": "from django.db import models\nclass Kind(models.Model):\n    pass\n",
        "shop/__init__.py": "",
    }
    files["helper.py"] = FACTORY.replace("GIVEN", given)
    files["v/2.py"] = f"{HEAD}import helper\n{CLEAN}"
    assert [code for code, _ in codes(tmp_path, files, "v/2.py")] == told


@pytest.mark.parametrize("end", ["", "fill()\n"])
def test_types_of_later_versions_of_python_hide_nothing(tmp_path: Path, end: str) -> None:
    helper = f"type Kind = int | str\ntype Pair[T] = tuple[T, T]\n{FILL}def first[T](many: list[T]) -> T:\n    return many[0]\n"
    files = {"helper.py": f"{helper}class Box[T]:\n    pass\n{end}", "v/2.py": f"{HEAD}import helper\n{CLEAN}"}
    assert [code for code, _ in codes(tmp_path, files, "v/2.py")] == (["MG101"] if end else [])


@pytest.mark.parametrize(("end", "told"), [("pass", []), (WRITE, [("MG101", 5)])])
def test_calls_are_counted_from_the_module_that_is_run_and_not_from_who_imports_it_first(
    tmp_path: Path, end: str, told: list[tuple[str, int]]
) -> None:
    six = "".join(f"def f{n}():\n    f{n + 1}()\n" for n in range(6))
    inner = f"{ENGINE}{six}def f6():\n    {end}\nDONE = f0()\nOTHER = lambda: {WRITE}\n"
    files = {"inner.py": inner, "helper.py": f"{six}def f6():\n    import inner\nf0()\n"}
    files["v/2.py"] = f"{HEAD}import helper\n{CLEAN}"
    assert codes(tmp_path, files, "v/2.py") == told


@pytest.mark.parametrize(("count", "told"), [(1_500, []), (3_000, ["MG109"])])
@pytest.mark.parametrize("last", ["quiet(fill)", "fill()"])
def test_models_of_an_application_are_gone_through_and_what_acts_behind_them_is_found(
    tmp_path: Path, count: int, told: list[str], last: str
) -> None:
    models = "def quiet(*a, **k):\n    return a\n" + "".join(
        f"class M{n}:\n    name = quiet(fill, length={n})\n    other = quiet(fill)\n" for n in range(count)
    )
    files = {"helper.py": f"{FILL}{models}{last}\n", "v/2.py": f"{HEAD}import helper\n{CLEAN}"}
    expected = told or (["MG101"] if last == "fill()" else [])
    assert [code for code, _ in codes(tmp_path, files, "v/2.py")] == expected


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ("kind and False", False),
        ("not kind and NEVER", False),
        ("not (kind or True)", False),
        ("(kind and None) or NEVER", False),
        ("kind or False", True),
        ("kind and True", True),
        ("not (kind and False)", True),
        ("kind or True", True),
    ],
)
def test_a_condition_is_decided_by_the_side_that_decides_it(tmp_path: Path, condition: str, told: bool) -> None:
    body = f"{HEAD}import os\nNEVER = False\ndef upgrade():\n    kind = os.environ.get('X')\n    if {condition}:\n        op.execute('UPDATE leads SET a = 1')\n"
    assert [code for code, _ in codes(tmp_path, {"v/2.py": body}, "v/2.py")] == ["MG101"] * told
