"""Measure how long a script of 10,000 lines takes to be read, beside what libcst takes to parse it.

    script.py [--runs N]

The script is the example's (`examples/crm/server/db_migrate.py`), with its blocks repeated, each time on tables of
their own. Parser and reader take turns, and the ratio of their medians, in seconds of a processor, is printed: with
numbered blocks, and with none. libcst's parser runs in an interpreter of its own that nobody has touched; the script is read as
readers do it, which import libcst with plainer classes and seldom look for garbage. Exit code 1 if either is over the budget. Below it are texts of SQL that
once took as long as the square of their length: each is read at one length and at twice that.
"""

from __future__ import annotations

import argparse
import gc
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from migration_guard.hurry import hurried
from migration_guard.operations import Job
from migration_guard.pool.limits import GC_THRESHOLD, RECURSION

with hurried():
    from migration_guard.reading.migration import forget, read

from migration_guard import sql

EXAMPLE = Path(__file__).parents[1] / "examples" / "crm" / "server" / "db_migrate.py"
LINES = 10_000
MOST = 4.0
"""Times as long as libcst's parser, at most."""
MARKER = r"# Migration (\d+[a-z]?):"
TABLES = re.compile(r"\b(?:call_log|business|settings|receipts|campaigns|leads|messages|appointments|dialler_queue)\b")
BLOCK = re.compile(r"^    # Migration \d+", re.MULTILINE)
TWICE = 2.6
"""Times as long as a text of half its length, at most: twice, and what a busy machine adds."""
TEXTS = {
    "semicolons": ";\n",
    "delimiters": "DELIMITER //\n",
    "copies": "COPY a FROM stdin;\n",
    "names in quotes": 'SELECT "a" FROM "b";\n',
    "strings": "UPDATE a SET x = 'b' || 'c';\n",
    "dollars": "DO $a$ BEGIN UPDATE a SET x = 1; END $a$;\n",
    "brackets": "UPDATE a SET x = (1) + (2) WHERE (b);\n",
    "comments": "-- a\n/* b */ UPDATE a SET x = 1;\n",
}


def script() -> bytes:
    """Give the example as it would be after some hundred deployments."""
    text = EXAMPLE.read_text("utf-8")
    first, last = BLOCK.search(text), text.index("\n    return applied")
    assert first is not None
    blocks = text[first.start() : last]
    made, number = text[: first.start()], 0
    while made.count("\n") + blocks.count("\n") < LINES:
        number += 1
        made += TABLES.sub(rf"\g<0>_{number}", blocks)
    return (made + text[last:]).encode()


def seconds(run: Callable[..., object], *arguments: object) -> float:
    begin = time.process_time()
    run(*arguments)
    return time.process_time() - begin


PARSES = """
import sys, time
import libcst
source = sys.stdin.buffer.read()
libcst.parse_module(source)
begin = time.process_time()
libcst.parse_module(source)
print(time.process_time() - begin)
"""


def plain_parse(source: bytes) -> float:
    """Seconds that libcst takes, the second time in an interpreter of its own."""
    return float(
        subprocess.run([sys.executable, "-c", PARSES], input=source, stdout=subprocess.PIPE, check=True).stdout
    )


def anew(text: str) -> float:
    """Seconds that a text of SQL takes that was not read before."""
    sql.forget()
    return seconds(sql.read_sql, text)


def main() -> int:
    """Print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    sys.setrecursionlimit(RECURSION)  # as in a reader
    gc.set_threshold(GC_THRESHOLD)
    source = script()
    over = []
    for name, marker in (("numbered blocks", MARKER), ("no blocks", None)):
        job = Job("/nowhere/db_migrate.py", "db_migrate.py", "/nowhere", "script", migration_marker=marker)
        told = len(read(job, source).operations)  # the first one loads what is loaded when it is needed
        pairs = []
        for _ in range(runs):
            forget()
            gc.collect(1)  # as between two files
            pairs.append((plain_parse(source), seconds(read, job, source)))
        parsing, reading = (median(times) for times in zip(*pairs))
        ratio = reading / parsing
        print(f"{name}: {len(source.splitlines()):,} lines, {told} data changes: {ratio:.2f} times libcst's parser")
        over += [name] if ratio > MOST else []
    for name, piece in TEXTS.items():
        short, long = (min(anew(piece * number) for _ in range(3)) for number in (1_000, 2_000))
        print(f"{name}: {long / short:.2f} times as long for twice the text")
        over += [name] if long > TWICE * short else []
    if over:
        print(f"over budget: {', '.join(over)}")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
