"""What a baseline costs by its size: reading it, matching it, finding what is stale, writing it, each in time and memory.

    python benchmarks/baseline.py [--write] [ENTRIES …]

For each number of entries (5,000 and 50,000) as many findings come as there are entries, of which some are new, some have
moved to another file, some were renumbered and some are gone. `--write` puts the table into docs/baseline.md. Fails if ten
times the entries take more than twice ten times as long, as they would if anything were quadratic.
"""

from __future__ import annotations

import json
import sys
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from time import process_time

from migration_guard.baseline import Entry, Filed, Matching, Sight, dump, match, parse, updated
from migration_guard.findings import SCHEME, Finding, Severity
from migration_guard.operations import Span
from migration_guard.rules import all_rules

PAGE = Path(__file__).parents[1] / "docs" / "baseline.md"
BEGIN, END = "<!-- size: written by benchmarks/baseline.py -->\n", "<!-- /size -->"
SIZES = (5_000, 50_000)
ROUNDS = 5
PER_FILE = 4
SLACK = 2
"""How much more than its share the larger baseline may take: caches are smaller than it."""
NAMES = [rule.name for rule in all_rules()]


@dataclass(frozen=True, slots=True)
class Cost:
    """A row of the table: milliseconds, and bytes for each entry at the highest."""

    entries: int
    read: float
    alone: float
    """What `json.loads` alone takes of it."""
    matched: float
    written: float
    memory: int

    def row(self) -> str:
        times = f"{self.read:.0f} ms ({self.alone:.0f} ms of it `json.loads`) | {self.matched:.0f} ms | {self.written:.0f} ms"
        return f"| {self.entries:,} | {times} | {self.memory / 2**20:.1f} MB |"


def entries(number: int) -> list[Entry]:
    return [
        Entry(
            f"apps/app{n // PER_FILE % 40}/migrations/{n // PER_FILE:05}_change.py",
            f"app{n // PER_FILE % 40}.{n // PER_FILE:05}_change",
            "update-in-migration",
            "crm_lead",
            f"{SCHEME}:{n:020x}",
            1 + n % 2,
            "ran in 2019" if n % 5 == 0 else None,
            "sales" if n % 5 == 0 else None,
            date(2030, 1, 31) if n % 50 == 0 else None,
        )
        for n in range(number)
    ]


def findings(known: list[Entry]) -> list[Filed]:
    """What is found: of every ten files one is gone, one was renumbered, one moved, and one has something new."""
    found: list[Filed] = []
    for n, entry in enumerate(known):
        file, migration, what = entry.file, entry.migration or "", n // PER_FILE % 10
        if what == 0:
            continue
        if what == 1:
            file = file.replace("_change", "1_change")
            migration = migration.replace("_change", "1_change")
        if what == 2:
            file = f"lib/{file}"
        prints = [entry.fp] * entry.count
        prints += [entry.fp[:-4] + "ffff"] if what == 3 and n % PER_FILE == 0 else []
        found += (Filed(_finding(file, migration, one), file) for one in prints)
    return found


def _finding(file: str, migration: str, fingerprint: str) -> Finding:
    span = Span(1, 1, 1, 1)
    return Finding("MG101", "update-in-migration", Severity.HIGH, file, span, "", "", migration, None, fingerprint)


def best(run: Callable[[], object]) -> float:
    """Give the milliseconds of the fastest round: the others measure the machine."""
    took = []
    for _ in range(ROUNDS):
        start = process_time()
        run()
        took.append(process_time() - start)
    return min(took) * 1000


def measured(number: int) -> Cost:
    known = entries(number)
    found = findings(known)
    there = {one.file for one in found}
    content = dump(known).encode()

    def read() -> tuple[Entry, ...]:
        return parse(content, Path("baseline"), NAMES).entries

    def matched() -> Matching:
        return match(known, found, lambda entry: Sight.CHECKED if entry.file in there else Sight.GONE)

    matching = matched()
    assert matching.stale
    assert matching.new
    tracemalloc.start()
    kept = (read(), matched())
    _, memory = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del kept
    return Cost(
        number,
        best(read),
        best(lambda: json.loads(f"[{','.join(content.decode().splitlines())}]")),
        best(matched),
        best(lambda: dump(updated(known, matching, matching.new).entries)),
        memory,
    )


def table(costs: list[Cost]) -> str:
    head = "| entries | read | matched with as many findings | brought up to date and written | memory at most |\n"
    return f"{head}|---|---|---|---|---|\n" + "".join(f"{cost.row()}\n" for cost in costs)


def main() -> int:
    sizes = [int(word) for word in sys.argv[1:] if word.isdigit()] or SIZES
    costs = [measured(number) for number in sizes]
    print(table(costs), end="")
    if "--write" in sys.argv[1:]:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        _, _, after = rest.partition(END)
        PAGE.write_text(f"{before}{BEGIN}\n{table(costs)}\n{END}{after}", encoding="utf-8")
    first, last = costs[0], costs[-1]
    share = SLACK * last.entries / first.entries
    slow = [
        what for what in ("read", "matched", "written", "memory") if getattr(last, what) > share * getattr(first, what)
    ]
    if slow:
        print(f"not linear: {', '.join(slow)}")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
