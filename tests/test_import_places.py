"""A helper is found wherever in the repository it lies, whether anything here says that Python looks there or not."""

from __future__ import annotations

import json
from collections.abc import Mapping

import program
import pytest

HEAD = "from alembic import op\nrevision = '2'\ndown_revision = '1'\n"
GO = "from alembic import op\ndef go():\n    op.execute('UPDATE leads SET a = 1')\n"
NONE = "def go():\n    pass\n"
TOLD, HIDDEN, CLEAN = ["MG101"], ["MG109"], list[str]()

CASES: Mapping[str, tuple[str, Mapping[str, str], list[str]]] = {
    "backend/app beside alembic/": ("app.db", {"backend/app/__init__.py": "", "backend/app/db.py": GO}, TOLD),
    "a namespace package": ("app.db", {"services/api/app/db.py": GO}, TOLD),
    "a module of a folder that is no package": ("fixes", {"tools/db/fixes.py": GO}, TOLD),
    "a package of packages": ("corp.app.db", {"libs/corp-app/corp/app/db.py": GO}, TOLD),
    "PYTHONPATH of a Makefile": ("app.db", {"Makefile": "run:\n\tPYTHONPATH=x/y alembic upgrade head\n", "x/y/app/db.py": GO}, TOLD),
    "PYTHONPATH of a Dockerfile": ("app.db", {"Dockerfile": "ENV PYTHONPATH=/srv/code\n", "code/app/db.py": GO}, TOLD),
    "an editable requirement": ("app.db", {"requirements.txt": "-e ./pkgs/app\n", "pkgs/app/app/db.py": GO}, TOLD),
    "a src folder of a member": ("app.db", {"members/one/src/app/db.py": GO}, TOLD),
    "the nearer of two": ("app.db", {"v/x/app/db.py": GO, "other/app/db.py": NONE}, TOLD),
    "two, none of them nearer": ("app.db", {"one/app/db.py": NONE, "two/app/db.py": GO}, HIDDEN),
    "a package that lies in another": ("db", {"tools/__init__.py": "", "tools/db.py": GO}, HIDDEN),
    "a package in a folder that is one, too": ("app.db", {"back/__init__.py": "", "back/app/__init__.py": "", "back/app/db.py": GO}, TOLD),
    "a part of a package that is called as a library is": (
        "flask.session", {"shop/__init__.py": "", "shop/web/__init__.py": "", "shop/web/flask/session.py": NONE}, HIDDEN,
    ),
    "one that does not parse": ("app.db", {"backend/app/db.py": "def go(:\n"}, HIDDEN),
    "a library of that name": ("celery", {"deploy/celery.py": GO}, CLEAN),
    "one of Python's own": ("statistics", {"tools/statistics.py": GO}, CLEAN),
    "an environment": ("app.db", {"venv/lib/app/db.py": GO}, HIDDEN),
}  # fmt: skip
"""A module's name, what the repository holds beside a migration of `v/`, and what is told of it."""
LINES = {"from {} import go": "go()", "import {} as helper": "helper.go()"}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Mapping[tuple[str, str], list[str]]:
    """What one run says of all of them, each a repository of its own."""
    top = tmp_path_factory.mktemp("places")
    cases = {f"p{at:03}": (name, line) for at, (name, line) in enumerate((n, one) for n in CASES for one in LINES)}
    for folder, (name, line) in cases.items():
        module, files, _ = CASES[name]
        migration = f"{HEAD}{line.format(module)}\ndef upgrade():\n    {LINES[line]}\n"
        (top / folder / ".git").mkdir(parents=True)
        for file, text in {**files, "v/2.py": migration}.items():
            (top / folder / file).parent.mkdir(parents=True, exist_ok=True)
            (top / folder / file).write_text(text, encoding="utf-8")
    ran = program.run("check", ".", "--isolated", "--exit-zero", "--select", "MG1", "--output-format", "json", cwd=top)
    found: dict[tuple[str, str], list[str]] = {one: [] for one in cases.values()}
    for one in json.loads(ran.stdout)["findings"]:
        folder, _, file = one["path"].partition("/")
        assert file == "v/2.py"
        found[cases[folder]].append(one["code"])
    return found


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("name", CASES)
def test_a_helper_is_found_or_told(name: str, line: str, told: Mapping[tuple[str, str], list[str]]) -> None:
    expected = CASES[name][2]
    assert told[name, line] == expected or (expected == HIDDEN and set(told[name, line]) == {"MG109"})
