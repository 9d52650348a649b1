"""How long after a keystroke an editor is told what is wrong, in a migration of 300 lines, by a real editor's messages.

What the server and its reader spend of a processor is told beside it: a busy machine makes one wait, and spends no more.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import psutil
from server.editor import editing
from server.edits import NAME, family, prepare

KEYSTROKES = 200
_HEAD = [
    '"""A long migration."""',
    "",
    "import sqlalchemy as sa",
    "from alembic import op",
    "",
    "revision = '1'",
    "down_revision = None",
    "",
    "",
    "def upgrade():",
]


def long_migration(lines: int = 300) -> list[str]:
    """Write a migration with a data change every twelve lines."""
    text = list(_HEAD)
    while len(text) < lines - 4:
        number = len(text)
        if number % 12 == 0:
            text.append(f'    op.execute("UPDATE leads SET c{number} = 1 WHERE id > {number}")')
        elif number % 3 == 0:
            text.append(f'    op.create_index("ix_{number}", "leads", ["c{number}"])')
        else:
            text.append(f'    op.add_column("leads", sa.Column("c{number}", sa.Text()))')
    return [*text, "", "", "def downgrade():", "    pass", ""]


def spent(server: int) -> float:
    """The processor time of a server and its readers, in milliseconds."""
    times = [one.cpu_times() for one in family(psutil.Process(server))]
    return 1000 * sum(one.user + one.system for one in times)


async def measure(root: Path) -> tuple[list[float], float]:
    """Type a word, one letter after the other, and wait each time for what is said of it.

    Gives how long each took and how much processor time one took on average, in milliseconds.
    """
    lines, took = long_migration(), []
    async with editing(root) as editor:
        await editor.open(NAME, "\n".join(lines))
        before = spent(editor.pid)
        for number in range(KEYSTROKES):
            lines[20] += "x" if number else "  # "
            begun = time.perf_counter()
            found = await editor.type(NAME, "\n".join(lines))
            took.append((time.perf_counter() - begun) * 1000)
            assert found
        each = (spent(editor.pid) - before) / KEYSTROKES
    return sorted(took), each


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        took, each = asyncio.run(measure(prepare(Path(os.path.realpath(folder)) / "work")))
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0
    at = {share: took[min(int(len(took) * share / 100), len(took) - 1)] for share in (50, 95, 99)}
    told = ", ".join(f"p{share} {value:.0f} ms" for share, value in at.items())
    print(f"{len(took)} keystrokes in {len(long_migration())} lines: {told}; {each:.0f} ms of a processor each")
    print(f"load {load:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
