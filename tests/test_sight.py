"""Whoever reads migrations asks the file system at one door, where it is noted: past it an answer would be stale."""

from __future__ import annotations

import ast
import builtins
import io
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import migration_guard
from migration_guard import sight
from migration_guard.config import SettingsLoader
from migration_guard.discover import Candidate, discover
from migration_guard.gating import Gate
from migration_guard.operations import Job
from migration_guard.reading.migration import forget, read

HERE = Path(__file__).parent
PACKAGE = Path(migration_guard.__file__).parent
DOOR = {str(PACKAGE / "files.py"), str(PACKAGE / "sight" / "folders.py")}
READING = ("forms", "frameworks", "gate", "interpreter", "libraries", "reading", "rendition", "skim", "sql")
"""The packages that have a part in reading a migration."""
TOUCHING = {
    os: ("open", "stat", "lstat", "listdir", "scandir", "readlink", "access"),
    io: ("open",),
    builtins: ("open",),
}


@pytest.fixture
def touched(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What this thread touches below this folder or a temporary one, by whom, past the door."""
    past: list[str] = []
    me = threading.get_ident()

    def watched(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def touch(*arguments: Any, **named: Any) -> Any:
            place = arguments[0] if arguments else "."
            if threading.get_ident() == me and isinstance(place, (str, bytes, os.PathLike)):
                frames = list(_callers())
                if frames and frames[0].startswith(str(PACKAGE)) and not DOOR & set(frames):
                    past.append(f"{name}({os.fsdecode(place)}) by {os.path.relpath(frames[0], PACKAGE)}")
            return original(*arguments, **named)

        return touch

    for module, names in TOUCHING.items():
        for name in names:
            monkeypatch.setattr(module, name, watched(name, getattr(module, name)))
    yield past


def _callers() -> Iterator[str]:
    """The files of the program that led here, the nearest first."""
    frame = sys._getframe(2)
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(str(PACKAGE)) or name == __file__:
            yield name
        frame = frame.f_back  # type: ignore[assignment]


def candidates(root: Path) -> tuple[Candidate, ...]:
    return discover((str(root),), cwd=root, load=SettingsLoader(cwd=root, isolated=True)).candidates


def job(candidate: Candidate) -> Job:
    return Job(str(candidate.path), candidate.shown, str(candidate.root), candidate.framework)


REPOSITORY = {
    "alembic.ini": "[alembic]\nprepend_sys_path = lib\n",
    "lib/far.py": "def go(op):\n    op.execute('DELETE FROM a')\n",
    "app/__init__.py": "",
    "app/apps.py": "class A:\n    label = 'crm'\n",
    "app/models.py": "from django.db import models\nclass Lead(models.Model):\n    pass\n",
    "app/migrations/__init__.py": "",
    "app/migrations/0001_initial.py": (
        "from django.db import migrations, models\nclass Migration(migrations.Migration):\n    operations = ["
        "migrations.CreateModel('Lead', [('id', models.AutoField(primary_key=True))], options={'db_table': 'x'})]\n"
    ),
    "app/migrations/0002_more.py": (
        "from django.db import migrations\nfrom app.models import Lead\nfrom .helpers import go\n"
        "def run(apps, editor):\n    apps.get_model('app', 'Lead').objects.update(a=1)\n    Lead.objects.all().delete()\n"
        "    go(apps)\n"
        "class Migration(migrations.Migration):\n    operations = [migrations.RunPython(run)]\n"
    ),
    "app/migrations/helpers.py": "from lib.far import go\n",
    "versions/env.py": "import sys\nsys.path.insert(0, '.')\n",
    "versions/one.py": (
        "import glob, importlib, os, pkgutil\nfrom pathlib import Path\nfrom alembic import op\nfrom far import go\n"
        "import nowhere\nrevision = '1'\ndown_revision = None\nHERE = Path(__file__).parent\n"
        "def upgrade():\n    go(op)\n    op.execute((HERE / 'one.sql').read_text())\n"
        "    op.execute(open(os.path.join(os.path.dirname(__file__), 'two.sql')).read())\n"
        "    for one in sorted(HERE.glob('*.sql')):\n        op.execute(one.read_text())\n"
        "    for one in HERE.iterdir():\n        print(one.exists())\n"
        "    for name in os.listdir(HERE):\n        print(name)\n"
        "    for one in pkgutil.iter_modules([str(HERE)]):\n        importlib.import_module(one.name)\n"
        "    op.execute(pkgutil.get_data('lib', 'one.sql'))\n"
        "    op.execute('SELECT made()')\n    importlib.import_module('lib.far').go(op)\n"
    ),
    "versions/one.sql": "UPDATE a SET b = 1",
    "sql/made.sql": "CREATE FUNCTION made() RETURNS int AS $$ DELETE FROM a; SELECT 1 $$ LANGUAGE sql;",
    "migrations/sqitch.conf": "[core]\n",
    "migrations/deploy/a.sql": "UPDATE a SET b = 1;",
    "flyway/V1__a.sql": "UPDATE a SET b = 1;",
    "numbered/001_a.sql": "-- +goose Up\nUPDATE a SET b = 1;",
    "numbered/002_b.sql": "UPDATE a SET b = 1;",
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for name, text in REPOSITORY.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (tmp_path / ".git").mkdir()
    return tmp_path


@pytest.mark.parametrize("fixtures", [False, True])
def test_nothing_is_touched_past_the_door(repository: Path, touched: list[str], *, fixtures: bool) -> None:
    every = candidates(HERE / "fixtures" / "migrations" if fixtures else repository)
    gate = Gate(lambda: None, contracts=False)
    framework_names = {one.framework for one in every}
    for one in every if not fixtures else every[::4]:
        read(job(one), one.source)  # what is loaded on the way is not the repository's
    forget()
    touched.clear()
    for one in every if not fixtures else every[::4]:
        gate.needs_reading(one)
        read(job(one), one.source)
    assert touched == []
    assert len(framework_names) > 2


def test_every_answer_of_a_reading_can_be_asked_for_again(repository: Path) -> None:
    forget()
    names = set[object]()
    for one in candidates(repository):
        with sight.looking() as looks:
            read(job(one), one.source)
        known = dict(_every(looks))
        forget()
        assert {question: sight.answer(question) for question in known} == known
        names |= {question[0] for question in known}
    assert {"content", "skim.places._found", "skim.created.in_sight", "sight.folders.matching"} <= names


def _every(looks: sight.Looks) -> Iterator[tuple[sight.Question, str]]:
    yield from looks.own.items()
    for part in looks.parts.values():
        yield from _every(part)


FORBIDDEN = {
    "os": {"open", "stat", "lstat", "listdir", "scandir", "walk", "readlink", "access"},
    "os.path": {"exists", "isfile", "isdir", "islink", "lexists", "realpath", "getsize", "getmtime", "samefile"},
    "glob": {"glob", "iglob"},
}
METHODS = {
    "is_file",
    "is_dir",
    "exists",
    "iterdir",
    "rglob",
    "read_text",
    "read_bytes",
    "is_symlink",
    "resolve",
    "lstat",
}


@pytest.mark.parametrize("package", READING)
def test_no_reader_knows_another_door(package: str) -> None:
    past = []
    for path in sorted((PACKAGE / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_bytes())):
            match node:
                case ast.Call(func=ast.Name(id="open")):
                    past.append((path.name, node.lineno, "open"))
                case ast.Call(func=ast.Attribute(value=owner, attr=name)):
                    if name in FORBIDDEN.get(ast.unparse(owner), ()) or (
                        name in METHODS and ast.unparse(owner) != "folders"
                    ):
                        past.append((path.name, node.lineno, name))
    own = {("known.py", "read_text")}  # the program's own list of the database's functions
    assert [one for one in past if (one[0], one[2]) not in own] == []
