"""Random edits of a migration, after each of which an editor is told what `check` says of the same text on the disk."""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psutil
from lsprotocol import types

from migration_guard.config import SettingsLoader
from migration_guard.findings import Severity
from migration_guard.pipeline import Request, check
from migration_guard.pool import kept_readers
from server.editor import Editor, editing

NAME = "migrations/versions/0001_leads.py"
START = '''"""A migration that somebody is writing."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.add_column("leads", sa.Column("status", sa.Text()))
    op.execute("UPDATE leads SET status = 'new'")


def downgrade():
    op.drop_column("leads", "status")
'''
LINES = (
    "    op.execute(\"DELETE FROM orders WHERE name = '🐘' OR name = 'ü'\")  # 🐘",
    "    conn = op.get_bind()",
    '    conn.execute(sa.text("UPDATE calls SET a = 1"))',
    "    op.create_index('ix', 'leads', ['status'])",
    "    if conn.dialect.name == 'postgresql':",
    "        op.execute('TRUNCATE leads')",
    "    for row in conn.execute(sa.text('SELECT id FROM leads')):",
    "        conn.execute(sa.text(f'UPDATE leads SET n = {row.id}'))",
    "    # migration-guard: ignore[update-in-migration] -- nine rows",
    "    op.execute(SOMETHING)",
    "\f",
    "    x = '''a\fb",
    "    '''; op.execute('DELETE FROM a')",
    "# coding: latin-1",
    "def helper(c):",
    "    return c.execute('INSERT INTO a SELECT * FROM b')",
    "    helper(op.get_bind())",
    "",
    "    )",
)
LEVELS = {Severity.HIGH: 1, Severity.MEDIUM: 2, Severity.LOW: 3}

Told = Counter[tuple[int, int, int, str]]


def edited(text: str, chance: random.Random) -> str:
    """Change a text as somebody does who types: a line, a character, a word."""
    lines = text.split("\n")
    at = chance.randrange(len(lines))
    match chance.randrange(6):
        case 0 | 1:
            lines.insert(at, chance.choice(LINES))
        case 2 if len(lines) > 5:
            del lines[at]
        case 3:
            column = chance.randrange(len(lines[at]) + 1)
            lines[at] = lines[at][:column] + chance.choice("'\"(): é🐘#x") + lines[at][column:]
        case 4 if lines[at]:
            column = chance.randrange(len(lines[at]))
            lines[at] = lines[at][:column] + lines[at][column + 1 :]
        case _:
            lines[at] = lines[at].replace("UPDATE", "DELETE FROM" if chance.random() < 0.5 else "SELECT", 1)
    joined = "\n".join(lines)
    return START if len(joined) > 3000 or chance.random() < 0.08 else joined


def texts(count: int, seed: int) -> Iterator[str]:
    """Give one text after the other, each an edit of the one before."""
    chance, text = random.Random(seed), START
    for _ in range(count):
        yield text
        text = edited(text, chance)


def as_checked(root: Path, text: str) -> Told | None:
    """What `check` says of a file on the disk; None for a text that its own encoding cannot hold."""
    path = root / NAME
    encoding = "latin-1" if any("coding: latin-1" in line for line in text.split("\n")[:2]) else "utf-8"
    try:
        path.write_bytes(text.encode(encoding))
    except UnicodeEncodeError:
        return None
    report = check(Request((NAME,), root, SettingsLoader(cwd=root), 1, force_exclude=True))
    lines = text.split("\n")
    told = Counter((one.line - 1 if one.line else 0, 0, 1, "") for one in report.problems)
    for one in report.new:
        before = lines[one.span.line - 1][: one.span.column - 1]
        units = len(before.encode("utf-16-le")) // 2
        told[one.span.line - 1, units, LEVELS[one.severity], one.code] += 1
    return told


def as_told(found: list[types.Diagnostic]) -> Told:
    return Counter(
        (one.range.start.line, one.range.start.character, int(one.severity or 0), str(one.code or "")) for one in found
    )


def prepare(root: Path) -> Path:
    (root / NAME).parent.mkdir(parents=True)
    (root / NAME).write_text(START)
    (root / "migration-guard.toml").write_text('hot-tables = ["orders"]\nsmall-tables = ["calls"]\n')
    (root / ".git").mkdir()
    return root


async def campaign(editor: Editor, folder: Path, count: int, seed: int) -> tuple[list[str], int, list[float]]:
    """Edit, and give the texts of which something else was told, how many were compared, and the memory it took."""
    editor.root, twin = prepare(folder / "shown"), prepare(folder / "twin")
    wrong, compared, memory = [], 0, []
    process = psutil.Process(editor.pid)
    await editor.open(NAME, START)
    with kept_readers(1):
        for number, text in enumerate(texts(count, seed)):
            told = as_told(await editor.type(NAME, text))
            wanted = as_checked(twin, text)
            if wanted is not None:
                compared += 1
                if told != wanted:
                    wrong.append(f"{text}\n--- told {sorted(told.items())}\n--- check {sorted(wanted.items())}\n")
            if number % 50 == 0:
                memory.append(sum(one.memory_info().rss for one in family(process)) / 1e6)
    return wrong, compared, memory


async def long_campaign(folder: Path, count: int, seed: int) -> tuple[list[str], int, list[float]]:
    """The same with a server of its own, of which nothing may be left."""
    async with editing(folder) as editor:
        wrong, compared, memory = await campaign(editor, folder, count, seed)
        everybody = family(psutil.Process(editor.pid))
    _, alive = psutil.wait_procs(everybody, timeout=20)
    return [*wrong, *(f"left behind: {one}" for one in alive)], compared, memory


def family(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--edits", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(os.path.realpath(folder))
        wrong, compared, memory = asyncio.run(long_campaign(root, arguments.edits, arguments.seed))
    for one in wrong[:5]:
        print(one)
    print(f"{arguments.edits} edits, {compared} compared, {len(wrong)} differ")
    print(f"memory of the server and its readers: {memory[0]:.0f} MB at first, {memory[-1]:.0f} MB in the end")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
