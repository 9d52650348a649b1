"""Histories of a repository that are made up, so that what each commit changes is known.

    python -m baselines.histories [--first SEED] [--number N] [--commits N] [--minutes M] [--keep DIR] [--state FILE]

Each commit spells changes otherwise, makes other changes of them, adds, removes, renames and renumbers migrations, gives the
name of one to another, edits, splits and moves a helper that migrations call, or merges a branch. The baseline of the commit
before must call new, and stale, exactly what is. Kept, the repositories can be given to `replay.py`.
"""

from __future__ import annotations

import argparse
import ast
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from baselines.project import Project, only
from baselines.sequences import PAIRS, Slot, alone, written

KINDS = ("alembic", "numbered", "django", "sql")
SPELT = {"numbered": "alembic"}
"""Alembic with ids that are the files' names."""
HELPERS = 2
FEWEST = 2
"""Migrations that are left."""
Prints = Counter[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Migration:
    """One file."""

    uid: int
    kind: str
    number: int
    slug: str
    slots: tuple[Slot, ...]
    helper: int | None = None
    layout: int = 0

    @property
    def spelt(self) -> str:
        return SPELT.get(self.kind, self.kind)

    @property
    def path(self) -> str:
        match self.kind:
            case "alembic":
                return f"db/versions/{self.revision}_{self.slug}.py"
            case "numbered":
                return f"db/versions/{self.number:04}_{self.slug}.py"
            case "django":
                return f"crm/migrations/{self.number:04}_{self.slug}.py"
        return f"sql/migrations/{self.number:04}_{self.slug}.sql"

    @property
    def revision(self) -> str:
        return f"{self.uid:04x}c0ffee12" if self.kind == "alembic" else f"{self.number:04}_{self.slug}"

    def prints(self, helpers: list[int]) -> Prints:
        """What is found in it, each as it is found alone."""
        found = sum((alone(self.spelt, slot) for slot in self.slots), Prints())
        if self.helper is not None:
            found["helper", f"{self.helper} {helpers[self.helper]}"] += 1
        return found


@dataclass
class History:
    """A repository, drawn by one number."""

    seed: int
    project: Project
    migrations: list[Migration] = field(default_factory=list)
    helpers: list[int] = field(default_factory=lambda: [0] * HELPERS)
    module: str = "helpers"
    split: bool = False
    log: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    commits: int = 0
    unchanged: int = 0
    changed: int = 0
    accepted: set[int] = field(default_factory=set)
    """Migrations of branches that were merged, which grandfathered them."""
    _draw: random.Random = field(default_factory=random.Random)
    _uid: int = 0

    def run(self, commits: int) -> None:
        self._draw.seed(self.seed)
        for _ in range(4):
            self.add()
        self._write()
        self.project.accept()
        self.project.commit("begin")
        for _ in range(commits):
            before = self._prints()
            edit = self._draw.choice(EDITS)
            self.log.append(edit.__name__)
            self.accepted.clear()
            edit(self)
            before.update((one.uid, one.prints(self.helpers)) for one in self.migrations if one.uid in self.accepted)
            self._write()
            self._check(before)
            self.project.accept()
            self.project.commit(edit.__name__)
            self.commits += 1

    def _prints(self) -> dict[int, Prints]:
        return {one.uid: one.prints(self.helpers) for one in self.migrations}

    def _check(self, before: dict[int, Prints]) -> None:
        """What is new in each file and what is stale, beside what must be."""
        now = self._prints()
        paths = {one.uid: one.path for one in self.migrations}
        expected = Counter({paths[uid]: (found - before.get(uid, Prints())).total() for uid, found in now.items()})
        gone = sum((found - now.get(uid, Prints())).total() for uid, found in before.items())
        run = self.project.run()
        assert not run.report.problems, run.report.problems
        matching = only(run).matching
        new = Counter(one.file for one in matching.new if one.finding.code < "MG2")
        stale = sum(count for entry, count in matching.stale if entry.rule not in UPKEEP)
        self.unchanged += sum((now[uid] & before.get(uid, Prints())).total() for uid in now)
        self.changed += expected.total()
        if new != +expected or stale != gone:
            self.wrong.append(
                f"seed {self.seed}, {self.log}: new {dict(new)} for {dict(+expected)}, stale {stale} for {gone}"
            )

    # --- Files -------------------------------------------------------------------------------------------------------

    def _write(self) -> None:
        there = {self.project.root / one.path for one in self.migrations}
        for folder in ("db/versions", "crm/migrations", "sql/migrations", "app"):
            for old in (self.project.root / folder).glob("*"):
                if old.is_file() and old not in there:
                    old.unlink()
        for one in self.migrations:
            self.project.write(one.path, self._source(one))
        self.project.write("app/__init__.py", "")
        self.project.write(f"app/{self.module}.py", self._helpers())
        self.project.write("migration-guard.toml", 'select = ["ALL"]\n')
        self.project.write(".gitattributes", ".migration-guard-baseline.jsonl merge=union\n")

    def _source(self, one: Migration) -> str:
        source = written(one.spelt, one.slots).replace('revision = "a36f"', f'revision = "{one.revision}"', 1)
        if one.helper is not None:
            source = f"{source}    fill_{one.helper}(op.get_bind())\n".replace(
                "import os\n", f"import os\n\nfrom app.{self.module} import fill_{one.helper}\n", 1
            )
        match one.layout:
            case 1 if one.kind != "sql":
                return ast.unparse(ast.parse(source)) + "\n"
            case 2:
                return source.replace("\r\n", "\n").replace("\n", "\r\n")
            case 3:
                return f"{'--' if one.kind == 'sql' else '#'} One more line.\n{source}"
        return source

    def _helpers(self) -> str:
        text = "from sqlalchemy import text\n"
        for number, value in enumerate(self.helpers):
            statement = f"UPDATE helped_{number} SET a = {value}"
            if self.split:
                text += f'\n\ndef _run(connection, sql):\n    connection.execute(text(sql))\n\n\ndef fill_{number}(conn):\n    statement = "{statement}"\n    _run(conn, statement)\n'
            else:
                text += f'\n\ndef fill_{number}(c):\n    c.execute(text("{statement}"))\n'
        return text

    # --- Edits -------------------------------------------------------------------------------------------------------

    def _some(self) -> int:
        return self._draw.randrange(len(self.migrations))

    def _slot(self, kind: str, number: int) -> Slot:
        return Slot(number, self._draw.randrange(len(PAIRS[SPELT.get(kind, kind)])), self._draw.randrange(2))

    def _made(self, number: int | None = None, kind: str | None = None) -> Migration:
        self._uid += 1
        kind = kind or self._draw.choice(KINDS)
        slots = tuple(self._slot(kind, index) for index in range(self._draw.randint(1, 3)))
        helper = (
            self._draw.randrange(HELPERS) if SPELT.get(kind, kind) == "alembic" and self._draw.random() < 0.5 else None
        )
        number = number or 1 + max((one.number for one in self.migrations), default=0)
        return Migration(self._uid, kind, number, f"{self._draw.choice(WORDS)}{self._uid}", slots, helper)

    def add(self) -> None:
        self.migrations.append(self._made())

    def remove(self) -> None:
        if len(self.migrations) > FEWEST:
            self.migrations.pop(self._some())

    def turn(self) -> None:
        """One of its changes in its other spelling, or another change."""
        index = self._some()
        self.migrations[index] = self._turned(self.migrations[index])

    def _turned(self, one: Migration) -> Migration:
        slots = list(one.slots)
        at = self._draw.randrange(len(slots))
        slots[at] = replace(slots[at], side=1 - slots[at].side)
        return replace(one, slots=tuple(slots))

    def respell(self) -> None:
        """An editor or a formatter goes over all files."""
        self.migrations = [replace(one, layout=self._draw.randrange(4)) for one in self.migrations]

    def grow(self) -> None:
        index = self._some()
        one = self.migrations[index]
        number = 1 + max(slot.number for slot in one.slots)
        self.migrations[index] = replace(one, slots=(*one.slots, self._slot(one.kind, number)))

    def shuffle(self) -> None:
        index = self._some()
        one = self.migrations[index]
        self.migrations[index] = replace(one, slots=tuple(self._draw.sample(one.slots, len(one.slots))))

    def rename(self) -> None:
        """People call it otherwise; what it is to its tool stays, or all of its findings do."""
        index = self._some()
        self.migrations[index] = replace(self.migrations[index], slug=f"{self._draw.choice(WORDS)}_renamed_{self._uid}")

    def renumber(self) -> None:
        """Another branch was merged first; something small is mended on the way, if most of it stays."""
        index = self._some()
        one = self.migrations[index]
        moved = replace(one, number=1 + max(other.number for other in self.migrations))
        mended = self._turned(moved)
        was, now = one.prints(self.helpers), mended.prints(self.helpers)
        self.migrations[index] = mended if 2 * (was & now).total() >= was.total() else moved

    def take_its_name(self) -> None:
        """One is renumbered, and another one takes its old name."""
        index = self._some()
        one = self.migrations[index]
        if one.kind == "alembic":
            return
        self.migrations[index] = replace(one, number=1 + max(other.number for other in self.migrations))
        made = replace(self._made(one.number, one.kind), slug=one.slug)
        shared = made.prints(self.helpers) & one.prints(self.helpers)
        if not shared:
            self.migrations.append(made)

    def change_helper(self) -> None:
        self.helpers[self._draw.randrange(HELPERS)] += 1

    def split_helper(self) -> None:
        self.split = not self.split

    def move_helper(self) -> None:
        self.module = {"helpers": "filling", "filling": "helpers"}[self.module]

    def merge(self) -> None:
        """Two branches add a migration each, and each accepts its own."""
        project = self.project
        self._write()
        project.commit("before two branches")
        ours, theirs = self._made(), self._made()
        project.git("checkout", "--quiet", "-B", "topic")
        for one, branch in ((theirs, "topic"), (ours, "main")):
            project.git("checkout", "--quiet", branch)
            project.write(one.path, self._source(one))
            project.accept()
            project.commit(f"{branch} adds one")
        project.git("merge", "--quiet", "--no-edit", "topic")
        self.migrations += [ours, theirs]
        self.accepted = {ours.uid, theirs.uid}


WORDS = ("status", "owner", "score", "names", "ids")
UPKEEP = frozenset({"ddl-and-dml-mixed", "batches-in-one-transaction", "backfill-marker"})
"""Rules about a migration as a whole."""
EDITS: tuple[Callable[[History], None], ...] = (
    History.add, History.remove, History.turn, History.turn, History.respell, History.grow, History.shuffle,
    History.rename, History.renumber, History.renumber, History.take_its_name, History.change_helper,
    History.split_helper, History.move_helper, History.merge,
)  # fmt: skip


def histories(asked: argparse.Namespace) -> Iterator[History]:
    until = time.monotonic() + 60 * asked.minutes
    for seed in range(asked.first, asked.first + asked.number):
        if time.monotonic() > until:
            return
        with tempfile.TemporaryDirectory() as folder:
            where = Path(asked.keep) / f"made-{seed}" if asked.keep else Path(folder) / "work"
            history = History(seed, Project.at(where))
            history.run(asked.commits)
            yield history


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--number", type=int, default=40)
    parser.add_argument("--commits", type=int, default=12)
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--state", type=Path)
    asked = parser.parse_args()
    total, wrong = Counter[str](), list[int]()
    for one in histories(asked):
        total.update(histories=1, commits=one.commits, unchanged=one.unchanged, changed=one.changed)
        for line in one.wrong:
            print(line, flush=True)
        wrong += [one.seed] if one.wrong else []
        if asked.state is not None:
            asked.state.write_text(json.dumps({**total, "wrong": wrong}))
    print(", ".join(f"{count} {what}" for what, count in total.items()), f"; {len(wrong)} wrong {wrong or ''}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
