"""How long reading a baseline of 5,000 entries takes, and how much of that is `json.loads` alone.

Prints the best of several rounds: `python benchmarks/baseline.py [ENTRIES]`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from time import process_time

from migration_guard.baseline import Entry, dump, parse
from migration_guard.rules import all_rules

ROUNDS = 30


def best(run: Callable[[], object]) -> float:
    """Give the milliseconds of the fastest round: the others measure the machine."""
    took = []
    for _ in range(ROUNDS):
        start = process_time()
        run()
        took.append(process_time() - start)
    return min(took) * 1000


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
    entries = (
        Entry(
            f"apps/app{n % 40}/migrations/{n:04}_change.py",
            f"app{n % 40}.{n:04}_change",
            "update-in-migration",
            "crm_lead",
            f"1:{n:020x}",
            1 + n % 2,
            "ran in 2019" if n % 5 == 0 else None,
            "sales" if n % 5 == 0 else None,
            date(2030, 1, 31) if n % 50 == 0 else None,
        )
        for n in range(number)
    )
    content = dump(entries).encode()
    names = [rule.name for rule in all_rules()]
    whole = best(lambda: parse(content, Path("baseline"), names))
    alone = best(lambda: json.loads(f"[{','.join(content.decode().splitlines())}]"))
    print(f"{number} entries: {whole:.1f} ms, {whole / alone:.1f} times json.loads alone ({alone:.1f} ms)")


if __name__ == "__main__":
    main()
