"""Arrays as the server reads them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def joined(arrays: Sequence[str]) -> str:
    """Put texts of arrays together to one."""
    return "{" + ",".join(one[1:-1] for one in arrays if one != "{}") + "}"


def array(values: Iterable[str]) -> str:
    """Spell an array of texts, as the server reads it."""
    escaped = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return "{" + ",".join(f'"{value}"' for value in escaped) + "}"
