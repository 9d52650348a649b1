"""Random edits to a small repository: after each, a run that remembers, and one that reads all, say what a plain run says.

    python -m caches.edits [--sequences N] [--seed N] [--edits N] [--minutes N]

All files have the same size and the same time, so that only their contents can tell that something changed.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from migration_guard.cache import Cache
from migration_guard.config import SettingsLoader
from migration_guard.gating import Gate
from migration_guard.operations import Problem, Unread
from migration_guard.pipeline import Request, run
from migration_guard.pipeline.asked import ask
from migration_guard.pipeline.filed import file
from migration_guard.pipeline.found import find
from migration_guard.pipeline.judged import judge
from migration_guard.pipeline.read import read
from migration_guard.pipeline.shown import show
from migration_guard.pool import kept_readers

SIZE = 700
_HEAD = "from alembic import op\nrevision = '1'\ndown_revision = None\n"
_STEPS = "def upgrade():\n    change(op)\n"
_EACH = "def upgrade():\n    for one in Path(__file__).parent.glob('*.sql'):\n        op.execute(one.read_text())\n"
_DJANGO = "from django.db import migrations, models\n"
_OPERATIONS = "class Migration(migrations.Migration):\n    operations = [{}]\n"
ALEMBIC = (
    f"{_HEAD}def upgrade():\n    op.execute('UPDATE leads SET a = 1')\n",
    f"{_HEAD}def upgrade():\n    op.execute('SELECT leads AS a, 1')\n",
    f"from steps import change\n{_HEAD}{_STEPS}",
    f"from .steps import change\n{_HEAD}{_STEPS}",
    f"from lib.steps import change\n{_HEAD}{_STEPS}",
    f"import steps\n{_HEAD}def upgrade():\n    op.add_column('a', None)\n",
    f"import importlib\n{_HEAD}def upgrade():\n    importlib.import_module('lib.steps').change(op)\n",
    f"from pathlib import Path\n{_HEAD}def upgrade():\n    op.execute(Path(__file__).with_name('one.sql').read_text())\n",
    f"from pathlib import Path\n{_HEAD}{_EACH}",
    f"{_HEAD}def upgrade():\n    op.execute('SELECT made()')\n",
    f"{_HEAD}def upgrade():\n    op.alter_column('leads', 'a', nullable=False)\n",
)
DJANGO = (
    _DJANGO + _OPERATIONS.format("migrations.CreateModel('Lead', [], options={'db_table': 'old'})"),
    _DJANGO + _OPERATIONS.format("migrations.CreateModel('Lead', [])"),
    _DJANGO + _OPERATIONS.format("migrations.AlterModelTable('Lead', 'renamed')"),
    f"{_DJANGO}def run(apps, editor):\n    apps.get_model('app', 'Lead').objects.update(a=1)\n"
    + _OPERATIONS.format("migrations.RunPython(run)"),
    f"{_DJANGO}from app.models import Lead\ndef run(apps, editor):\n    Lead.objects.all().delete()\n"
    + _OPERATIONS.format("migrations.RunPython(run)"),
    f"{_DJANGO}from app.steps import change\ndef run(apps, editor):\n    change(editor)\n"
    + _OPERATIONS.format("migrations.RunPython(run)"),
)
STEPS = (
    "def change(op):\n    return 1\n",
    "def change(op):\n    op.execute('DELETE FROM leads')\n",
    "from more import change\n",
    "from lib.more import *\n",
    "import more\ndef change(op):\n    more.change(op)\n",
    "from alembic import op\nop.execute('DELETE FROM imported')\ndef change(op):\n    pass\n",
    "def change(op:\n",
)
MODELS = (
    "from django.db import models\nclass Lead(models.Model):\n    class Meta:\n        db_table = 'stated'\n",
    "from django.db import models\nclass Lead(models.Model):\n    pass\n",
    "class Lead:\n    pass\n",
)
SQL = (
    "UPDATE leads SET a = 1;",
    "SELECT 1;",
    "CREATE FUNCTION made() RETURNS int AS $$ DELETE FROM a; SELECT 1 $$ LANGUAGE sql;",
    "CREATE FUNCTION made() RETURNS int AS $$ SELECT 1 $$ LANGUAGE sql;",
)
INI = ("[alembic]\nprepend_sys_path = lib\n", "[alembic]\n")
FILES = {
    "versions/a.py": ALEMBIC,
    "versions/b.py": ALEMBIC,
    "versions/c.py": ALEMBIC,
    "app/migrations/0001_one.py": DJANGO,
    "app/migrations/0002_two.py": DJANGO,
    "app/migrations/__init__.py": ("", *STEPS[:2]),
    "app/models.py": MODELS,
    "app/models/__init__.py": MODELS,
    "app/apps.py": ("class A:\n    label = 'crm'\n", "class A:\n    pass\n"),
    "app/__init__.py": ("", "from app.steps import change\n"),
    **dict.fromkeys(("steps.py", "versions/steps.py", "lib/steps.py", "app/steps.py", "lib/more.py", "more.py"), STEPS),
    "steps/__init__.py": STEPS,
    "versions/one.sql": SQL,
    "versions/two.sql": SQL,
    "sql/made.sql": SQL,
    "alembic.ini": INI,
    "env.py": ("import sys\nsys.path.insert(0, 'lib')\n", ""),
}
SETTINGS: tuple[list[str], ...] = ([], [], [], ["dml-helpers=['change']"], ["dialect='mysql'"])


class Tree:
    """A repository that is edited."""

    def __init__(self, root: Path, chance: random.Random) -> None:
        self.root = root
        self._chance = chance
        (root / ".git").mkdir()
        self.put("versions/a.py", ALEMBIC[0])
        self.put("app/migrations/0001_one.py", DJANGO[0])

    def edit(self) -> str:
        """Make one change, and say which."""
        chance = self._chance
        name = chance.choice(list(FILES))
        path = self.root / name
        there = [one for one in FILES if (self.root / one).is_file()]
        kind = chance.choice(("write", "write", "write", "delete", "move", "link"))
        if kind == "delete" and len(there) > 2:
            name = chance.choice(there)
            (self.root / name).unlink()
            return f"delete {name}"
        if kind in ("move", "link") and there and not path.is_dir():
            other = self.root / chance.choice(there)
            if other != path:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.unlink(missing_ok=True)
                if kind == "move":
                    other.rename(path)
                else:
                    path.symlink_to(other)
                return f"{kind} {other.relative_to(self.root)} {name}"
        text = chance.choice(FILES[name])
        self.put(name, text)
        return f"write {name}: {text!r}"

    def put(self, name: str, text: str) -> None:
        path = self.root / name
        if path.is_dir():
            shutil.rmtree(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink():
            path.unlink()
        path.write_text(text.ljust(SIZE, "\n"), encoding="utf-8")
        os.utime(path, (1_000_000_000, 1_000_000_000))


@dataclass(slots=True)
class Tried:
    """What became of some sequences."""

    runs: int = 0
    files: int = 0
    remembered: int = 0
    cleared: int = 0
    """Files that the gate kept from being read."""
    wrong: list[str] = field(default_factory=list)

    def add(self, other: Tried) -> None:
        self.runs += other.runs
        self.files += other.files
        self.remembered += other.remembered
        self.cleared += other.cleared
        self.wrong += other.wrong


def tried(seed: int, edits: int) -> Tried:
    """Edit a repository; after each edit, check it three times, and stop where two of them differ."""
    chance = random.Random(seed)
    found = Tried()
    with tempfile.TemporaryDirectory() as folder, kept_readers(1):
        tree = Tree(Path(folder), chance)
        done: list[str] = []
        for _ in range(edits):
            done.append(tree.edit())
            stated = chance.choice(SETTINGS)
            plain, remembered = (said_of(tree.root, stated, cache) for cache in (None, Cache(tree.root / ".cache")))
            with patch.object(Gate, "needs_reading", lambda *_: True):
                every = said_of(tree.root, stated, None)
            found.add(Tried(3, remembered.files, remembered.hits, plain.cleared))
            if plain.said != remembered.said or plain.unread != remembered.unread:
                found.wrong.append(f"seed {seed}, after {done}: {plain} is remembered as {remembered}")
            if plain.said != every.said or not plain.unread >= every.unread:
                found.wrong.append(f"seed {seed}, after {done}: {plain} is {every} without the gate")
            if found.wrong:
                return found
    for what, number in (("remembered", found.remembered), ("cleared", found.cleared)):
        if edits > 10 and number in {0, found.files}:
            found.wrong.append(f"seed {seed}: {number} of {found.files} were {what}, so that nothing was tried")
    return found


class Said(NamedTuple):
    """What a run said, and how it came by that."""

    said: tuple[list[tuple[object, ...]], tuple[Problem, ...]]
    """Findings and problems."""
    unread: frozenset[Unread]
    """Where a file leads that the gate clears is not said, so that more is named with it than without."""
    hits: int
    files: int
    cleared: int


def said_of(root: Path, stated: list[str], cache: Cache | None, *, renders: bool = False) -> Said:
    """Check a repository. With `renders` every file is parsed by libcst; what it renders is not told here."""
    load = SettingsLoader(cwd=root, isolated=True, config=stated)
    seen = read(find(ask(Request((".",), root, load, 1, baseline=False, cache=cache, renders=renders), run)))
    report = show(file(judge(seen))).report
    findings: list[tuple[object, ...]] = [
        (
            one.path,
            one.code,
            one.span,
            one.severity,
            one.fingerprint,
            one.operation and replace(one.operation, rendition=None),
        )
        for one in report.findings
    ]
    return Said(
        (findings, report.problems), frozenset(report.unread), report.remembered or 0, report.files, len(seen.cleared)
    )


def main() -> int:
    """Try one sequence after the other until the time is over, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sequences", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0, help="of the first sequence")
    parser.add_argument("--edits", type=int, default=40, help="in each sequence")
    parser.add_argument("--minutes", type=float, default=10.0, help="after which no other sequence is begun")
    arguments = parser.parse_args()
    end = time.monotonic() + arguments.minutes * 60
    seeds = itertools.takewhile(
        lambda _: time.monotonic() < end, range(arguments.seed, arguments.seed + arguments.sequences)
    )
    print("| sequences | runs | files | remembered | cleared | wrong |\n|--:|--:|--:|--:|--:|--:|")
    every, number = Tried(), 0
    for number, seed in enumerate(seeds, 1):
        found = tried(seed, arguments.edits)
        every.add(found)
        for one in found.wrong:
            print(one)
        print(
            f"| {number} | {every.runs:,} | {every.files:,} | {every.remembered:,} | {every.cleared:,} | {len(every.wrong)} |",
            flush=True,
        )
    print(f"seeds {arguments.seed} to {arguments.seed + number - 1}: {len(every.wrong)} wrong")
    return 1 if every.wrong or not number else 0


if __name__ == "__main__":
    sys.exit(main())
