"""Run many texts, go on where it was stopped, and print a table."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from backfill.server import configured

from .texts import Texts
from .witness import Seen, Verdict, Witness, witness

DIALECTS = ("postgres", "unknown")
_BLOCK = 500
"""Texts of one seed: what is done is noted after each."""
_FIRST_SEED = 1_000


def main(arguments: Sequence[str]) -> int:
    """Exit with 1 if something was written and not told."""
    parser = argparse.ArgumentParser(prog="sql.witness", description=__doc__)
    parser.add_argument("--texts", type=int, default=20_000, help="how many, for each dialect")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--state", type=Path, default=Path(".witness/sql.json"))
    options = parser.parse_args(arguments)
    state: dict[str, dict[str, int]] = json.loads(options.state.read_text("utf-8")) if options.state.is_file() else {}
    until = time.monotonic() + options.minutes * 60
    with configured() as server, server.fresh() as name, witness(server.url(name)) as seen:
        for dialect in DIALECTS:
            for number in range(-(-options.texts // _BLOCK)):
                key = f"{dialect} {_FIRST_SEED + number}"
                if key not in state and time.monotonic() < until:
                    state[key] = _block(seen, dialect, _FIRST_SEED + number)
                    options.state.parent.mkdir(parents=True, exist_ok=True)
                    options.state.write_text(json.dumps(state), encoding="utf-8")
    return _table(state)


def _block(witness: Witness, dialect: str, seed: int) -> dict[str, int]:
    texts = Texts(seed)
    verdicts: Counter[str] = Counter()
    for _ in range(_BLOCK):
        text = texts.text()
        seen = witness.see(text, dialect)
        verdicts[seen.verdict.name] += 1
        if seen.verdict in {Verdict.MISSED, Verdict.ALARM}:
            _show(dialect, seed, text, seen)
    return dict(verdicts)


def _show(dialect: str, seed: int, text: str, seen: Seen) -> None:
    both = f"written {sorted(seen.written)}, told {sorted(seen.told)}"
    print(f"{seen.verdict.name} as {dialect}, seed {seed}: {both}\n    {text!r}", flush=True)


def _table(state: dict[str, dict[str, int]]) -> int:
    totals = {dialect: Counter[str]() for dialect in DIALECTS}
    for key, verdicts in state.items():
        totals[key.split()[0]].update(verdicts)
    print(f"\n{'':54}" + "".join(f"{dialect:>10}" for dialect in DIALECTS))
    for verdict in Verdict:
        print(f"{verdict.value:54}" + "".join(f"{totals[dialect][verdict.name]:10}" for dialect in DIALECTS))
    print(f"{'texts':54}" + "".join(f"{totals[dialect].total():10}" for dialect in DIALECTS))
    return 1 if any(total[Verdict.MISSED.name] for total in totals.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
