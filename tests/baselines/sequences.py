"""Sequences of edits of one file of many changes: each edit changes the fingerprints of what it is about, and no other.

    python -m baselines.sequences [--first SEED] [--number N] [--minutes M] [--state FILE]

A file is put together from the pairs in `spellings.py`, a function for each. An edit spells one of them otherwise, makes
another change of it, adds or removes one, moves them, or writes the whole file anew. After each edit, what is found must be
exactly what each of them is found to be alone. With a file of state it goes on where it was stopped.
"""

from __future__ import annotations

import argparse
import ast
import json
import random
import re
import sys
import textwrap
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from baselines.reading import findings
from baselines.spellings import ALEMBIC, DIFFERENT, DJANGO, SAME
from migration_guard.baseline.match import Filed

SHOWN = {
    "alembic": ("alembic", "versions/a36f.py"),
    "django": ("django", "crm/migrations/0036_status.py"),
    "script": ("script", "server/db_migrate.py"),
    "sql": ("sql_file", "db/0036_status.sql"),
}
MOST = 5
"""Changes of one file."""
EDITS = 6
_SHARED = re.compile(
    r"global |CREATE (?:TEMP|VIEW|TABLE|PROCEDURE|MATERIALIZED|TRIGGER)|SET LOCAL|FUNCTION [gh]\b|search_path|set_config|\\set |PREPARE|\ufeff"
)
PAIRS = {
    kind: [
        (one, other)
        for of, _, one, other in (*SAME, *DIFFERENT)
        if of == kind and not _SHARED.search(one + other) and (kind == "sql" or "CREATE FUNCTION" not in one)
    ]
    for kind in SHOWN
}
"""What is global in a file of its own, and functions of the database, would be shared in one of many."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One change: a pair of `spellings.py`, in its first or its second spelling."""

    number: int
    pair: int
    side: int = 0

    def body(self, kind: str) -> str:
        return PAIRS[kind][self.pair][self.side]


def written(kind: str, slots: tuple[Slot, ...], word: str = "step") -> str:
    """Put a file together."""
    if kind == "sql":
        bodies = [slot.body(kind).replace(" f(", f" f{slot.number}(").rstrip() for slot in slots]
        return "".join(f"{body}\n" if body.endswith(";") else f"{body}\n;\n" for body in bodies)
    names = [f"{word}_{slot.number}" for slot in slots]
    inside = {name: _indented(slot.body(kind)) for name, slot in zip(names, slots)}
    match kind:
        case "alembic":
            head, _, _ = ALEMBIC.rpartition("\n\ndef upgrade")
            functions = "".join(f"\n\ndef {name}():\n{body}" for name, body in inside.items())
            return f"{head}{functions}\n\ndef upgrade():\n    pass\n" + "".join(f"    {name}()\n" for name in names)
        case "django":
            head, _, rows = DJANGO.partition("\n\n\ndef forwards(apps, schema_editor):\n")
            functions = "".join(
                f"\n\n\ndef {name}(apps, schema_editor):\n{rows}{body}" for name, body in inside.items()
            )
            steps = ", ".join(f"migrations.RunPython({name})" for name in names)
            return f"{head}\n{functions}\n\nclass Migration(migrations.Migration):\n    operations = [{steps}]\n"
        case _:
            functions = "".join(f"\n\ndef {name}(db):\n{body}" for name, body in inside.items())
            calls = "".join(f"    {name}(db)\n" for name in names)
            return f"from sqlalchemy import text\n{functions}\n\ndef run(db):\n    pass\n{calls}"


def _indented(body: str) -> str:
    before, _, inside = body.rpartition("---\n")
    return textwrap.indent(f"{before}{inside}\n", "    ", lambda line: bool(line.strip()))


def prints(kind: str, source: str) -> Counter[tuple[str, str]]:
    """What entries stand for: of a loop over tables, one for each of them."""
    framework, shown = SHOWN[kind]
    every = (one for found in findings(source, framework, shown=shown) for one in Filed.each(found, shown))
    return Counter((one.finding.code, one.fingerprint) for one in every if one.finding.code < "MG2")


@cache
def alone(kind: str, slot: Slot) -> Counter[tuple[str, str]]:
    """What is found of one change in a file of its own."""
    return prints(kind, written(kind, (slot,)))


@dataclass
class Sequence:
    """A file under edits, drawn by one number."""

    seed: int
    kind: str = ""
    slots: list[Slot] = field(default_factory=list)
    word: str = "step"
    log: list[str] = field(default_factory=list)
    _draw: random.Random = field(default_factory=random.Random)

    def __post_init__(self) -> None:
        self._draw.seed(self.seed)
        self.kind = self._draw.choice([*SHOWN, "alembic", "django"])
        for _ in range(3):
            self.add()

    def run(self) -> Iterator[str]:
        """Edit, and give what is wrong after an edit."""
        for _ in range(EDITS):
            edit = self._draw.choice((self.turn, self.turn, self.turn, self.add, self.remove, self.move, self.rename))
            edit()
            self.log.append(edit.__name__)
            yield from self.check()

    def check(self) -> Iterator[str]:
        expected = sum((alone(self.kind, slot) for slot in self.slots), Counter[tuple[str, str]]())
        source = self._respelt(written(self.kind, tuple(self.slots), self.word))
        found = prints(self.kind, source)
        if found != expected:
            yield f"seed {self.seed}, {self.kind}, {self.log}: {found - expected} for {expected - found}\n{source}"

    def _respelt(self, source: str) -> str:
        """The same file, as an editor or a formatter may leave it."""
        how = self._draw.randrange(4)
        if how == 0 and self.kind != "sql":
            return ast.unparse(ast.parse(source)) + "\n"
        if how == 1:
            return source.replace("\r\n", "\n").replace("\n", "\r\n")
        comment = "--" if self.kind == "sql" else "#"
        return f"{comment} One more line.\n{source}" if how == 2 else source

    # --- Edits -------------------------------------------------------------------------------------------------------

    def turn(self) -> None:
        index = self._draw.randrange(len(self.slots))
        one = self.slots[index]
        self.slots[index] = Slot(one.number, one.pair, 1 - one.side)

    def add(self) -> None:
        free = [number for number in range(MOST) if all(slot.number != number for slot in self.slots)]
        if free:
            slot = Slot(free[0], self._draw.randrange(len(PAIRS[self.kind])), self._draw.randrange(2))
            self.slots.insert(self._draw.randrange(len(self.slots) + 1), slot)

    def remove(self) -> None:
        if len(self.slots) > 1:
            self.slots.pop(self._draw.randrange(len(self.slots)))

    def move(self) -> None:
        self._draw.shuffle(self.slots)

    def rename(self) -> None:
        self.word = self._draw.choice(("step", "part", "change"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--number", type=int, default=2_000)
    parser.add_argument("--minutes", type=float, default=120)
    parser.add_argument("--state", type=Path)
    asked = parser.parse_args()
    done, wrong = 0, list[int]()
    if asked.state is not None and asked.state.exists():
        before = json.loads(asked.state.read_text())
        if before["first"] == asked.first and before["done"] < asked.number:
            done, wrong = before["done"], before["wrong"]
    until = time.monotonic() + 60 * asked.minutes
    while done < asked.number and time.monotonic() < until:
        for line in Sequence(asked.first + done).run():
            wrong.append(asked.first + done)
            print(line, flush=True)
            break
        done += 1
        if asked.state is not None:
            asked.state.write_text(json.dumps({"first": asked.first, "done": done, "wrong": wrong}))
    print(f"{done} of {asked.number} sequences of {EDITS} edits, {len(wrong)} wrong {wrong or ''}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
