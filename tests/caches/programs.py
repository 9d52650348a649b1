"""Whole programs of the witness in one repository: what is said of them does not depend on how it was come by.

    python -m caches.programs [--rounds N] [--seed N] [--programs N] [--minutes N]

Each round draws programs and reads them plainly, remembering, remembered, without the gate, and with every file parsed by
libcst. Then programs change places, and files that they lead to are emptied, swapped, and taken away: all keep their size
and their time. After each of these edits, what is remembered is held to what is read anew.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from pathlib import Path
from unittest.mock import patch

from witness.kinds import ALONE, MIXED, PAIRED, programs, size
from witness.program import Program
from witness.witness import PLACES

from caches.edits import Said, Tried, said_of
from migration_guard.cache import Cache
from migration_guard.gating import Gate
from migration_guard.pool import kept_readers

KINDS = (*ALONE, *PAIRED, *MIXED)
_PROGRAMS = 1_000
"""Of each kind, from which are drawn; of those that stand alone there are fewer."""
_EDITS = 4


class Shelf:
    """A repository of programs."""

    def __init__(self, root: Path, drawn: list[Program], chance: random.Random) -> None:
        self._chance = chance
        self._programs: list[Path] = []
        self._helpers: list[Path] = []
        (root / ".git").mkdir()
        for number, one in enumerate(drawn):
            folder = root / PLACES[one.framework] / f"p{number}"
            self._programs.append(folder / f"{one.name}.py")
            self._helpers += (folder / name for name, _ in one.files)
            for path, text in ((self._programs[-1], one.source), *((folder / name, text) for name, text in one.files)):
                path.parent.mkdir(parents=True, exist_ok=True)
                _write(path, text)

    def edit(self) -> str:
        """Change some files, and say how."""
        kind = self._chance.choice(("swap programs", "swap helpers", "empty helpers", "delete helpers"))
        paths = [one for one in (self._programs if kind == "swap programs" else self._helpers) if one.is_file()]
        some = self._chance.sample(paths, len(paths) // 3 // 2 * 2)
        for one, other in zip(some[::2], some[1::2]):
            if kind.startswith("swap"):
                texts = one.read_text(), other.read_text()
                _write(one, texts[1])
                _write(other, texts[0])
            elif kind == "empty helpers":
                _write(one, "")
            else:
                one.unlink()
        return kind


def _write(path: Path, text: str) -> None:
    path.write_text(text.ljust(20_000, "\n"), encoding="utf-8")
    os.utime(path, (1_000_000_000, 1_000_000_000))


def tried(seed: int, number: int) -> Tried:
    """Try one round of so many programs; its seed tells which."""
    chance = random.Random(seed)
    found = Tried()
    with tempfile.TemporaryDirectory() as folder, kept_readers(1):
        root = Path(folder).resolve()
        shelf = Shelf(root, [_drawn(chance) for _ in range(number)], chance)
        plain = said_of(root, [], None)
        said_of(root, [], Cache(root / ".cache"))
        _hold(found, seed, "remembered", plain, said_of(root, [], Cache(root / ".cache")))
        with patch.object(Gate, "needs_reading", lambda *_: True):
            _hold(found, seed, "read without the gate", plain, said_of(root, [], None))
        _hold(found, seed, "parsed by libcst", plain, said_of(root, [], None, renders=True))
        for _ in range(_EDITS):
            kind = shelf.edit()
            remembered = said_of(root, [], Cache(root / ".cache"))
            _hold(found, seed, f"remembered after {kind}", said_of(root, [], None), remembered)
    return found


def _drawn(chance: random.Random) -> Program:
    kind = chance.choice(KINDS)
    number = chance.randrange(size(kind, _PROGRAMS))
    return programs(kind, number, number + 1)[0]


def _hold(found: Tried, seed: int, how: str, plain: Said, other: Said) -> None:
    found.add(Tried(2, other.files, other.hits, plain.cleared))
    if plain.said != other.said:
        findings = [{*one.said[0]} for one in (plain, other)]
        problems = [{*one.said[1]} for one in (plain, other)]
        lost, more = findings[0] - findings[1], findings[1] - findings[0]
        found.wrong.append(f"seed {seed}, {how}: not said {lost}, said besides {more}; problems {problems}")


def main() -> int:
    """Try one round after the other until the time is over, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0, help="of the first round")
    parser.add_argument("--programs", type=int, default=60, help="in each round")
    parser.add_argument("--minutes", type=float, default=10.0, help="after which no other round is begun")
    arguments = parser.parse_args()
    end = time.monotonic() + arguments.minutes * 60
    print("| rounds | runs | files | remembered | cleared | wrong |\n|--:|--:|--:|--:|--:|--:|")
    every, number = Tried(), 0
    for number in range(1, arguments.rounds + 1):
        found = tried(arguments.seed + number - 1, arguments.programs)
        every.add(found)
        for one in found.wrong:
            print(one)
        counts = (number, every.runs, every.files, every.remembered, every.cleared, len(every.wrong))
        print("| " + " | ".join(f"{one:,}" for one in counts) + " |", flush=True)
        if time.monotonic() > end:
            break
    print(f"seeds {arguments.seed} to {arguments.seed + number - 1}: {len(every.wrong)} wrong")
    return 1 if every.wrong or not every.remembered else 0


if __name__ == "__main__":
    sys.exit(main())
