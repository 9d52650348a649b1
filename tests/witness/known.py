"""Constructs that are known to be silent, told wrongly, or OPAQUE although they could be known: `known.txt`.

The list is held both ways: one that is not in it must be told, one that is in it and is told must leave it.
`python -m witness --write-known` (from `tests/`) brings it up to date; it is to be empty.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from witness.compare import Compared

LIST = Path(__file__).with_name("known.txt")


def known() -> set[str]:
    """Give the lines of the list, each `silent NAME` or `opaque NAME`."""
    return {line for line in LIST.read_text("utf-8").splitlines() if line and not line.startswith("#")}


def lines(results: Iterable[Compared]) -> set[str]:
    """Give the lines that results would have in the list."""
    found = set()
    for one in results:
        if one.bad:
            found.add(f"silent {one.program.name}")
        elif one.blind:
            found.add(f"opaque {one.program.name}")
    return found


def write(found: Iterable[str]) -> None:
    """Replace the list."""
    LIST.write_text("".join(f"{line}\n" for line in sorted(found)), "utf-8")
