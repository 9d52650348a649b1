"""SQL as a migration executes it, read into Steps. The rest of the project never sees a token.

Which rows a statement writes is decided by its verbs and the names behind them, wherever a statement may begin: at the
root, in a CTE, in a block. That needs tokens and no grammar, so nothing here recurses over what it reads, no dialect is
refused, and half a statement (the rest is a hole) is read as well as a whole one. scan → statement → writes, ddl → reader.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from migration_guard.sql.reader import Reader
from migration_guard.sql.scan import masked
from migration_guard.sql.steps import (
    Change,
    Created,
    Dropped,
    FunctionCreated,
    Harmless,
    Renamed,
    Step,
    Transaction,
    Unknown,
)

__all__ = [
    "Change",
    "Created",
    "Dropped",
    "FunctionCreated",
    "Harmless",
    "Renamed",
    "Step",
    "Transaction",
    "Unknown",
    "read_sql",
]


def read_sql(
    text: str,
    holes: Sequence[tuple[int, int]] = (),
    *,
    dialect: str = "postgres",
    functions: Mapping[str, tuple[Change, ...]] = MappingProxyType({}),
) -> list[Step]:
    """What executing `text` would do, statement by statement, in the order in which it stands there."""
    steps = Reader(dialect, functions).read(masked(text, holes), 0, body=False)
    return sorted(steps, key=lambda step: step.start)
