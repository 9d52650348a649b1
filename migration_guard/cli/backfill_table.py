"""Lines under heads, as the backfill commands show them."""

from __future__ import annotations

import io
from collections.abc import Sequence

from migration_guard.report.sanitise import one_line

COUNTS = ("examined", "changed", "unchanged", "done_already", "locked", "quarantined")
"""Heads over numbers."""
Cells = tuple[Sequence[str], Sequence[Sequence[str]]]
"""Heads, and the rows under them."""


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Give lines under heads."""
    from rich.console import Console  # noqa: PLC0415 -- for commands that show a table
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, show_header=True)
    for head in heads:
        table.add_column(head, overflow="fold", justify="right" if head.replace(" ", "_") in COUNTS else "left")
    for row in rows:
        table.add_row(*(one_line(cell) for cell in row))
    console = Console(file=io.StringIO(), width=160, color_system=None, markup=False, emoji=False, highlight=False)
    with console.capture() as captured:
        console.print(table)
    return "\n".join(line.rstrip() for line in captured.get().rstrip("\n").split("\n"))
