"""Mutants of migrations through the real command: each is found, told, or certainly changed into something else.

`python tests/hostile/fuzz.py --mutants 20000 --state .fuzz.json` is the long form (`make fuzz`): it is seeded, goes on
where it was stopped, and prints a table. What each run has to hold:

- no crash, no traceback, no run beyond its time;
- every file is counted: as a migration, or by a problem that names it;
- exit code 2 if and only if there is a problem, 1 if and only if there is a new finding that fails, else 0;
- a file that nothing parses is a problem; one that this Python refuses may be of a newer one, which libcst knows;
- one whose UPDATE still stands first in `upgrade` has its finding, or a problem.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests")]
BATCH = 250
SECONDS_A_FILE = 10
CHECKED = ("crashes", "hangs", "tracebacks", "unaccounted", "wrong exit codes", "clean though unread", "lost")
FIXTURES = ROOT / "tests" / "fixtures" / "migrations"

Random = random.Random


@dataclass(frozen=True, slots=True)
class Mutant:
    """A file, and the table of the UPDATE that was put into it."""

    name: str
    source: bytes
    table: str


def seeds() -> list[bytes]:
    """Every migration of the fixtures and of the hostile set that has an `upgrade`."""
    from hostile.sources import all_sources
    from hostile.statements import all_statements

    fixtures = [path.read_bytes() for path in sorted(FIXTURES.rglob("*.py"))]
    hostile = [case.source for case in (*all_sources(), *all_statements()) if len(case.source) < 20_000]
    return [source for source in (*fixtures, *hostile) if b"def upgrade():\n" in source and b"import op" in source]


def _flip(source: bytes, chance: Random) -> bytes:
    at = chance.randrange(len(source))
    return source[:at] + bytes([source[at] ^ (1 << chance.randrange(8))]) + source[at + 1 :]


def _cut(source: bytes, chance: Random) -> bytes:
    start = chance.randrange(len(source))
    return source[:start] + source[start + chance.randrange(1, 60) :]


def _repeat(source: bytes, chance: Random) -> bytes:
    start = chance.randrange(len(source))
    piece = source[start : start + chance.randrange(1, 80)]
    return source[:start] + piece * chance.randrange(2, 40) + source[start:]


def _insert(source: bytes, chance: Random) -> bytes:
    at = chance.randrange(len(source))
    return source[:at] + chance.choice(TOKENS) * chance.choice((1, 1, 2, 30, 500)) + source[at:]


def _lines(source: bytes, chance: Random) -> bytes:
    lines = source.splitlines(keepends=True)
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"".join(lines)


def _indent(source: bytes, chance: Random) -> bytes:
    lines = source.splitlines(keepends=True)
    at = chance.randrange(len(lines))
    lines[at:] = [b"    " + line if chance.random() < 0.5 else line.removeprefix(b"    ") for line in lines[at:]]
    return b"".join(lines)


def _ends(source: bytes, chance: Random) -> bytes:
    return source.replace(b"\n", chance.choice((b"\r\n", b"\r", b"\n\r", b"\x0c\n", b" \\\n")))


def _encode(source: bytes, chance: Random) -> bytes:
    cookie = chance.choice(
        (b"utf-7", b"latin-1", b"utf-16", b"cp037", b"rot13", b"nothing", b"unicode_escape", b"utf-8-sig")
    )
    return chance.choice((b"", b"\xef\xbb\xbf")) + b"# coding: " + cookie + b"\n" + source


TOKENS = (
    b"(", b")", b"[", b"]", b"{", b"}", b"'", b'"""', b"\\", b"\n", b"\t", b"#", b";", b":", b"=", b"*", b"-", b"not ",
    b"lambda: ", b"f'{", b"\x00", b"\xff", b"\xe2\x80\xae", b"if x:\n", b"@", b"await ", b"yield ", b":=", b"0x", b"9",
    b"import os\n", b"from . import x\n", b"global op\n", b"del op\n", b"match x:\n case [[", b"${", b"{% x %}", b"<<<<<<< a\n",
)  # fmt: skip
MUTATIONS: tuple[Callable[[bytes, Random], bytes], ...] = (
    _flip, _cut, _repeat, _insert, _insert, _lines, _indent, _ends, _encode,
)  # fmt: skip


def mutants(seed: int, first: int, count: int) -> Iterator[Mutant]:
    """Give mutants by their numbers: the same seed and number give the same one."""
    known = seeds()
    for number in range(first, first + count):
        chance = Random(f"{seed}/{number}")
        table = f"fuzz_{number}"
        source = chance.choice(known)
        source = source.replace(
            b"def upgrade():\n", f"def upgrade():\n    op.execute('UPDATE {table} SET a = 1')\n".encode(), 1
        )
        for _ in range(chance.choice((1, 1, 2, 4))):
            source = chance.choice(MUTATIONS)(source, chance) or b"\n"
        yield Mutant(f"m{number}.py", source, table)


def must_be_found(mutant: Mutant) -> bool:
    """Say whether the UPDATE certainly runs: it is still the first statement of the only `upgrade`, and `op` Alembic's."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(mutant.source)
    except (SyntaxError, ValueError, RecursionError, MemoryError, LookupError):
        return False
    bound = Counter(
        name
        for node in ast.walk(tree)
        if not isinstance(node, ast.alias)
        for name in (
            [alias.asname or alias.name for alias in node.names]
            if isinstance(node, (ast.Import, ast.ImportFrom))
            else [node.id]
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
            else [getattr(node, "name", None) or ""]
        )
    )
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "upgrade"]
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == "alembic"]
    if bound["op"] != 1 or bound["upgrade"] != 1 or len(functions) != 1 or not imports or functions[0].decorator_list:
        return False
    wanted = ast.dump(ast.parse(f"op.execute('UPDATE {mutant.table} SET a = 1')").body[0])
    # What stands above may end the module before `upgrade` is there, or be a generator.
    whole = any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in ast.walk(functions[0]))
    return not whole and ast.dump(functions[0].body[0]) == wanted


def judged(batch: list[Mutant], folder: Path, seconds: float) -> Counter[str]:
    """Lint a batch, and count what is wrong with what is said of it."""
    wrong: Counter[str] = Counter()
    (folder / "versions").mkdir()
    (folder / "alembic.ini").write_text("[alembic]\nscript_location = .\n")
    for mutant in batch:
        (folder / "versions" / mutant.name).write_bytes(mutant.source)
    command = [sys.executable, "-m", "migration_guard", "check", ".", "--no-baseline", "--isolated", "--select", "ALL"]
    command += ["--output-format", "json", "--config", f"file-timeout={SECONDS_A_FILE}"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    try:
        run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return Counter(hangs=1)
    wrong["tracebacks"] += b"Traceback" in run.stderr + run.stdout
    try:
        report = json.loads(run.stdout)
    except ValueError:
        return wrong + Counter(crashes=1)
    told = {Path(one["path"]).name for one in report["problems"]}
    written = {table for one in report["findings"] for table in (one["operation"] or {}).get("tables", ())}
    read = {Path(one["path"]).name for one in report["findings"]}
    failing = any(one["status"] == "new" and one["severity"] != "low" for one in report["findings"])
    wrong["wrong exit codes"] += run.returncode != (2 if told else 1 if failing else 0)
    unread = {Path(one["path"]).name for one in report["unread"]}
    outside = sum(one["message"].startswith("cannot be read") for one in report["problems"])
    wrong["unaccounted"] += abs(report["summary"]["files"] + outside + len(unread) - len(batch))
    for mutant in batch:
        if mutant.name not in told:
            unread_here = (
                mutant.name not in read
                and not _parses(mutant.source)
                and not _is_newer(folder / "versions" / mutant.name)
            )
            lost = must_be_found(mutant) and mutant.table not in written
            wrong["clean though unread"] += unread_here
            wrong["lost"] += lost
            if os.environ.get("FUZZ_SHOW") and (unread_here or lost):
                print(mutant.name, mutant.source.decode("latin-1"), sep="\n")
    return wrong


def _parses(source: bytes) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError, LookupError):
        return False
    return True


def _is_newer(path: Path) -> bool:
    """Say whether a file that this Python refuses is read all the same; in a process of its own, for it may crash."""
    code = "import sys, libcst; libcst.parse_module(open(sys.argv[1], 'rb').read())"
    try:
        run = subprocess.run([sys.executable, "-c", code, path], capture_output=True, timeout=60, check=False)
    except subprocess.TimeoutExpired:
        return False
    return run.returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--mutants", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=120)
    parser.add_argument("--state", type=Path, default=Path(".fuzz.json"))
    asked = parser.parse_args()
    done, wrong = 0, Counter[str]()
    if asked.state.exists():
        before = json.loads(asked.state.read_text())
        if before["seed"] == asked.seed and before["done"] < asked.mutants:
            done, wrong = before["done"], Counter(before["wrong"])
    until = time.monotonic() + 60 * asked.minutes
    while done < asked.mutants and time.monotonic() < until:
        batch = list(mutants(asked.seed, done, min(BATCH, asked.mutants - done)))
        with tempfile.TemporaryDirectory() as folder:
            wrong += judged(batch, Path(folder), seconds=SECONDS_A_FILE * len(batch))
        done += len(batch)
        asked.state.write_text(json.dumps({"seed": asked.seed, "done": done, "wrong": wrong}))
    print(f"{'mutants':20} {done:6} of {asked.mutants}, seed {asked.seed}, from {len(seeds())} migrations")
    for name in CHECKED:
        print(f"{name:20} {wrong[name]:6}")
    return 1 if any(wrong.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
