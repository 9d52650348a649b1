"""The long run, from `tests/`: `python -m witness [KIND ...]`. It can be stopped at any time, and goes on where it was."""

from __future__ import annotations

import argparse
import sys
import warnings
from pathlib import Path

from witness import known
from witness.kinds import ALONE, MIXED, PAIRED, SAME
from witness.long import Options, run


def main() -> int:
    warnings.simplefilter("ignore")  # programs do what they like
    parser = argparse.ArgumentParser(prog="witness", description=__doc__)
    parser.add_argument(
        "kinds", nargs="*", metavar="KIND", help="alone, pair, mixed or same, or the whole name of a kind"
    )
    parser.add_argument("--count", type=int, default=10_000, help="random programs of each kind")
    parser.add_argument(
        "--pairs", type=int, default=1_500, help="pairs of each kind, and random programs that are spelled anew"
    )
    parser.add_argument("--minutes", type=float, default=60, help="end after so long; the next run goes on")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", type=Path, default=Path(".witness"), help="the folder of what is done")
    parser.add_argument("--list", type=Path, help="write what failed into this file")
    parser.add_argument("--write-known", action="store_true", help="bring known.txt up to date, from what stands alone")
    given = parser.parse_args()
    asked = given.kinds or ["alone", "pair", "mixed", "same"]
    kinds = [
        kind
        for kind in (*ALONE, *PAIRED, *MIXED, *SAME)
        if any(kind == one or kind.split(" ")[0] == one for one in asked)
    ]
    if given.write_known:
        kinds = ALONE
    options = Options(kinds, given.count, given.pairs, given.minutes, given.jobs, given.keep)
    done = run(options)
    print(done.table())
    if given.write_known:
        known.write(done.known)
    if given.list:
        given.list.write_text(done.listing(), "utf-8")
    return 1 if done.failing or not done.whole else 0


sys.exit(main())
